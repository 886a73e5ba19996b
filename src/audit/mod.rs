//! The Merkle tree over the events, its proofs (RFC 6962, RFC 9162), and the signed texts that carry them to others (C2SP).
//!
//! Everything here is pure: hashes and text in, hashes and text out. What an event is and where it is kept belongs in `ledger`.

pub mod checkpoint;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod proof_file;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use merkle::{Frontier, Hash, InvalidFrontier, leaf_hash, node_hash};
pub use note::VerifierKey;
pub use proof::{ProofError, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
pub use proof_file::{ProofFile, ProofFileError};
