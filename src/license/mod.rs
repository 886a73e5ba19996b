//! What a license is: names, ids, times, terms, and the status of a license at a moment.
//!
//! Everything here is pure: no clock, no file, no signature. Time comes in as an argument. The signed form of a license
//! belongs in `token`, its record in `ledger`, and the rules of who may grant what in `authority`.

#[cfg(any(feature = "authority", test))]
pub mod calendar;
pub mod crockford;
#[cfg(any(feature = "authority", test))]
pub mod customer;
pub mod environment;
pub mod factor;
pub mod fingerprint;
pub mod id;
pub mod machine_id;
pub mod name;
#[cfg(any(feature = "authority", test))]
pub mod occasion;
#[cfg(any(feature = "authority", test))]
pub mod operator;
pub mod period;
#[cfg(any(feature = "authority", test))]
pub mod price;
#[cfg(any(feature = "authority", test))]
pub mod refusal;
#[cfg(any(feature = "authority", test))]
pub mod revocation;
pub mod status;
pub mod terms;
pub mod text;
#[cfg(any(feature = "authority", test))]
pub mod tier;
pub mod time;

#[cfg(any(feature = "authority", test))]
pub use calendar::Calendar;
#[cfg(any(feature = "authority", test))]
pub use customer::{Contact, Customer, CustomerKind};
pub use environment::{Environment, MachineKind};
pub use fingerprint::{Comparison, Factor, Fingerprint};
pub use id::LicenseId;
pub use machine_id::MachineId;
pub use name::Slug;
#[cfg(any(feature = "authority", test))]
pub use occasion::Occasion;
#[cfg(any(feature = "authority", test))]
pub use operator::{Operator, OperatorLimits, Role};
pub use period::Period;
#[cfg(any(feature = "authority", test))]
pub use price::Price;
#[cfg(any(feature = "authority", test))]
pub use refusal::{Doubt, RefusedFor};
#[cfg(any(feature = "authority", test))]
pub use revocation::RevocationReason;
pub use status::{Standing, Status, Validity};
pub use terms::{LicenseType, MachineTerms, Terms};
#[cfg(any(feature = "authority", test))]
pub use tier::{Term, Tier};
pub use time::{Date, Timestamp};
