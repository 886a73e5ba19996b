//! A license's signed form: claims, the strict JWS verifier, armour, key sets and verdicts.
//!
//! Everything here is pure: no clock, no file, no network. What a license *is* belongs in `license`; where signing keys
//! rest belongs in `keyring`; whether a key stands in the ledger belongs in `authority`.
//!
//! # A product checks its license
//!
//! The vendor's public key is compiled into the program; the key comes from the customer. Nothing else is needed:
//!
//! ```
//! use lic::token::{KeySet, Verifier};
//! # use lic::license::{Status, Timestamp};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now: Timestamp = "2027-06-01T09:30:00Z".parse()?;
//! let trusted = KeySet::parse(include_str!("../../keys.example/vendor.pem"))?;
//! let pasted = std::fs::read("keys.example/acme-pro.lic")?;
//! let license = Verifier::new(trusted, "cockpit".parse()?).verify(&pasted, now)?;
//! assert!(license.has_feature("reports"));
//! println!("licensed to {}, {} days left", license.customer(), license.days_left(now).unwrap_or(i64::MAX));
//! # assert_eq!(license.customer(), "Acme GmbH");
//! # assert_eq!(license.days_left(now), Some(174));
//! # assert_eq!(license.status(now), Status::Active);
//! # assert_eq!((license.seats(), license.limit("api_requests_per_hour")), (Some(12), Some(10_000)));
//! # Ok(())
//! # }
//! ```
//!
//! `now` is an argument, so that tests of the product can stand anywhere in a license's life; in earnest it is
//! `Timestamp::try_from(std::time::SystemTime::now())?`.
//!
//! # Why a key is refused
//!
//! A [`Refusal`] has a stable [`Reason`] for the program and a line for people; [`Verifier::examine`] makes every check:
//!
//! ```
//! use lic::token::{Check, KeySet, Reason, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trusted = KeySet::parse(include_str!("../../keys.example/vendor.pem"))?;
//! let verifier = Verifier::new(trusted, "autopilot".parse()?);
//! let pasted = include_str!("../../keys.example/acme-pro.lic");
//!
//! let refusal = verifier.verify(pasted, "2027-12-24".parse()?).unwrap_err();
//! assert_eq!(refusal.reason, Reason::WrongProduct);
//! assert_eq!(refusal.to_string(), "product check failed: for cockpit, not for autopilot");
//!
//! let verdict = verifier.examine(pasted, "2027-12-24".parse()?);
//! let term = verdict.result(Check::Term).unwrap();
//! assert_eq!(term.detail, "ended 2027-11-22, 32 days ago; grace ran out 2027-11-25");
//! # Ok(())
//! # }
//! ```

//! # A license may be revoked
//!
//! A program that can fetch a file now and then learns from the vendor's status list who was revoked or suspended. The keys for
//! lists come with those for licenses, in one JWKS; `seen` is kept with the program's own state, so that nobody hands it a
//! list from before:
//!
//! ```
//! use lic::token::{KeySet, Reason, SeenLists, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let now = "2027-06-01".parse()?;
//! let trusted = KeySet::parse(include_str!("../../keys.example/all-keys.json"))?;
//! let pasted = std::fs::read("keys.example/vectors/list-revoked.lic")?;
//! let list = std::fs::read("keys.example/status/valid.jwt")?;
//! let mut seen: SeenLists = serde_json::from_str("{}")?;
//!
//! let verifier = Verifier::new(trusted, "cockpit".parse()?).seen(seen.clone()).status_list(&list);
//! assert_eq!(verifier.verify(&pasted, now).unwrap_err().reason, Reason::Revoked);
//! verifier.status_lists().for_each(|list| seen.note(list));
//! assert_eq!(serde_json::to_string(&seen)?, r#"{"https://licenses.example.com/status/0.jwt":12}"#);
//! # Ok(())
//! # }
//! ```
//!
//! A license with `offline_days` is refused as [`Reason::Stale`] without a list that is young enough.

pub mod armour;
mod base64url;
mod claims;
mod describe;
mod evidence;
mod json;
mod jws;
mod keyfile;
mod keys;
mod kid;
mod license;
mod machine;
mod meta;
mod reason;
mod released;
mod seen;
#[cfg(any(feature = "authority", test))]
mod sign;
mod status_list;
mod statuses;
mod verdict;
mod verify;

pub use claims::{Claims, Grant, LARGEST_META, StatusRef, VERSION};
pub use jws::{Header, LARGEST_TEXT, TYPE, inspect};
pub use keys::{InvalidKey, KeySet, PublicKey};
pub use kid::{InvalidKid, Kid};
pub use license::License;
pub use meta::meta_size;
#[cfg(any(feature = "authority", test))]
pub use meta::read_meta;
pub use reason::{Check, Reason, Refusal};
pub use released::{MOST_RELEASED, MachineDigest, Released};
pub use seen::SeenLists;
#[cfg(any(feature = "authority", test))]
pub use sign::{sign, sign_as, sign_list};
pub use status_list::{CLOCK_SKEW, ListClaims, STATUS_LIST_TYPE, StatusList};
pub use statuses::{NoStanding, SHARD, Statuses, Tally};
pub use verdict::{CheckResult, Outcome, Verdict};
pub use verify::Verifier;
