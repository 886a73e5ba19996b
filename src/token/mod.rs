//! A license's signed form: claims, the strict JWS verifier, armour, key sets and verdicts.
//!
//! Everything here is pure: no clock, no file, no network. What a license *is* belongs in `license`; where signing keys
//! rest belongs in `keyring`; whether a key stands in the ledger belongs in `authority`.

pub mod armour;
mod claims;
mod describe;
mod json;
mod jws;
mod keyfile;
mod keys;
mod kid;
mod license;
mod reason;
#[cfg(feature = "authority")]
mod sign;
mod verdict;
mod verify;

pub use claims::{Claims, Grant, LARGEST_META, StatusRef, VERSION, meta_size};
pub use jws::{Header, LARGEST_TEXT, TYPE, inspect};
pub use keys::{InvalidKey, KeySet, PublicKey};
pub use kid::{InvalidKid, Kid};
pub use license::License;
pub use reason::{Check, Reason, Refusal};
#[cfg(feature = "authority")]
pub use sign::sign;
pub use verdict::{CheckResult, Outcome, Verdict};
pub use verify::Verifier;
