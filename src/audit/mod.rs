//! The Merkle tree over the events, and its proofs (RFC 6962, RFC 9162).
//!
//! Everything here is pure: hashes in, hashes out. What an event is and where it is kept belongs in `ledger`.

pub mod merkle;
pub mod proof;

pub use merkle::{Frontier, Hash, InvalidFrontier, leaf_hash, node_hash};
pub use proof::{ProofError, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion};
