//! What a license is: names, ids, times, terms, and the status of a license at a moment.
//!
//! Everything here is pure: no clock, no file, no signature. Time comes in as an argument. The signed form of a license
//! belongs in `token`, its record in `ledger`, and the rules of who may grant what in `authority`.

#[cfg(feature = "authority")]
pub mod calendar;
pub mod crockford;
#[cfg(feature = "authority")]
pub mod customer;
pub mod environment;
pub mod factor;
pub mod fingerprint;
pub mod id;
pub mod machine_id;
pub mod name;
#[cfg(feature = "authority")]
pub mod occasion;
#[cfg(feature = "authority")]
pub mod operator;
pub mod period;
#[cfg(feature = "authority")]
pub mod price;
#[cfg(feature = "authority")]
pub mod refusal;
#[cfg(feature = "authority")]
pub mod revocation;
pub mod status;
pub mod terms;
pub mod text;
#[cfg(feature = "authority")]
pub mod tier;
pub mod time;

#[cfg(feature = "authority")]
pub use calendar::Calendar;
#[cfg(feature = "authority")]
pub use customer::{Contact, Customer, CustomerKind};
pub use environment::{Environment, MachineKind};
pub use fingerprint::{Comparison, Factor, Fingerprint};
pub use id::LicenseId;
pub use machine_id::MachineId;
pub use name::Slug;
#[cfg(feature = "authority")]
pub use occasion::Occasion;
#[cfg(feature = "authority")]
pub use operator::{Operator, OperatorLimits, Role};
pub use period::Period;
#[cfg(feature = "authority")]
pub use price::Price;
#[cfg(feature = "authority")]
pub use refusal::{Doubt, RefusedFor};
#[cfg(feature = "authority")]
pub use revocation::RevocationReason;
pub use status::{Standing, Status, Validity};
pub use terms::{LicenseType, MachineTerms, Terms};
#[cfg(feature = "authority")]
pub use tier::{Term, Tier};
pub use time::{Date, Timestamp};
