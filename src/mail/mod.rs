//! Mail: addresses, messages, templates and transports.
//!
//! Nothing here knows whom to write to or why; that is `authority::notify`. Nothing here keeps a record of what was sent;
//! that is the ledger's.

pub mod address;
pub mod message;
pub mod sheet;
pub mod template;
pub mod transport;

pub use address::{InvalidAddress, Mailbox};
pub use message::{Attachment, Draft, InvalidMessage, Message};
pub use template::{Part, TemplateError, Templates};
pub use transport::{Outcome, Transport, TransportError};
