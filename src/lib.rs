//! `lic`: a software vendor's license authority, and the verifier that a vendor's product takes in.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(any(feature = "authority", test))]
pub mod audit;
#[cfg(feature = "authority")]
pub mod authority;
#[cfg(feature = "authority")]
pub mod cli;
#[cfg(feature = "machine")]
pub mod guard;
#[cfg(feature = "authority")]
pub mod keyring;
#[cfg(feature = "authority")]
pub mod ledger;
pub mod license;
#[cfg(feature = "machine")]
pub mod machine;
#[cfg(feature = "authority")]
pub mod mail;
#[cfg(feature = "authority")]
pub mod render;
pub mod token;
#[cfg(feature = "authority")]
pub mod world;
