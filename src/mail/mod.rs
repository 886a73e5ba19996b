//! Mail: addresses, messages and transports.

pub mod address;

pub use address::{InvalidAddress, Mailbox};
