//! The Merkle tree over the events, its proofs and checkpoints (RFC 6962).
