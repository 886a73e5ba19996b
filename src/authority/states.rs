//! Keys in every state a program can meet, for the product's own test suite.
//!
//! They are signed with the test signing key and recorded as test licenses of the internal customer, except for those
//! that no ledger can know: the tampered one, the one of an unknown signer, and the one for another product.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::SigningKey;

use super::issue::{permitted_plan, record_license};
use super::order::{End, Order, Plan};
use super::revise::Extra;
use super::signer::Signer;
use super::{Actor, Authority, Error, Mode};
use crate::ledger::Fact;
use crate::license::{LicenseId, LicenseType, MachineId, Period, Slug, Timestamp};
use crate::token::{Claims, Grant, Reason, sign};
use crate::world::Entropy;

/// The machine that a `wrong-machine` key is bound to. No real machine has this ID.
pub const OTHER_MACHINE: &str = "TEST-MACHINE-THAT-DOES-NOT-EXIST";

const GRACE_DAYS: u32 = 14;
const WARN_DAYS: u32 = 30;

/// A state that a program can meet a key in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyCondition {
    /// Good.
    Valid,
    /// Good, and inside its warning window.
    Expiring,
    /// Past its end, inside its grace days.
    Grace,
    /// Past its end, without grace.
    Expired,
    /// Starts in the future.
    NotYetValid,
    /// Taken back: the ledger and status lists say so, the key itself cannot.
    Revoked,
    /// Switched off: the ledger and status lists say so, the key itself cannot.
    Suspended,
    /// For another product.
    WrongProduct,
    /// Bound to a machine that does not exist.
    WrongMachine,
    /// Changed after it was signed.
    Tampered,
    /// Signed by a key that nobody trusts.
    UnknownSigner,
}

impl KeyCondition {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Valid,
        Self::Expiring,
        Self::Grace,
        Self::Expired,
        Self::NotYetValid,
        Self::Revoked,
        Self::Suspended,
        Self::WrongProduct,
        Self::WrongMachine,
        Self::Tampered,
        Self::UnknownSigner,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expiring => "expiring",
            Self::Grace => "grace",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::WrongProduct => "wrong-product",
            Self::WrongMachine => "wrong-machine",
            Self::Tampered => "tampered",
            Self::UnknownSigner => "unknown-signer",
        }
    }

    /// The reason code that a verifier of the product gives; `None` where it takes the key. What only a ledger or a
    /// status list can tell is named too.
    #[must_use]
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Valid | Self::Expiring | Self::Grace => None,
            Self::Expired => Some(Reason::Expired),
            Self::NotYetValid => Some(Reason::NotYetValid),
            Self::Revoked => Some(Reason::Revoked),
            Self::Suspended => Some(Reason::Suspended),
            Self::WrongProduct => Some(Reason::WrongProduct),
            Self::WrongMachine => Some(Reason::WrongMachine),
            Self::Tampered => Some(Reason::BadSignature),
            Self::UnknownSigner => Some(Reason::UnknownKey),
        }
    }
}

impl fmt::Display for KeyCondition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for KeyCondition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|condition| condition.as_str() == text)
            .ok_or_else(|| format!("must be one of {}, or all", Self::ALL.map(Self::as_str).join(", ")))
    }
}

/// A key in one state.
#[derive(Debug, Clone)]
pub struct ConditionKey {
    /// The state.
    pub condition: KeyCondition,
    /// The license, as the key names it.
    pub id: LicenseId,
    /// The signed key.
    pub key: String,
}

impl Authority {
    /// Keys in these states, made from one test order: all of them, or none.
    ///
    /// # Errors
    /// What [`Order::plan`] refuses; a role that does not cover it.
    pub fn keys_in_conditions(
        &mut self,
        actor: &Actor,
        conditions: &[KeyCondition],
        order: &Order,
        signer: &Signer,
        at: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<ConditionKey>, Error> {
        self.change(Mode::Commit, |tx| {
            let base = permitted_plan(&tx.read(), actor, &test_order(order), at)?;
            let mut made = Vec::new();
            for &condition in conditions {
                let plan = in_condition(&base, condition, at)?;
                let unrecorded = |id, key: &SigningKey| {
                    let customer = &plan.customer;
                    let grant = Grant {
                        issuer: signer.issuer(),
                        customer: &customer.slug,
                        customer_name: &customer.name,
                        id,
                        rev: 1,
                        at,
                        status: None,
                    };
                    sign(&Claims::new(grant, &plan.terms), key)
                };
                let mut random = [0; 40];
                entropy.fill(&mut random).map_err(Error::Entropy)?;
                let (seed, rest) = random.split_at(32);
                let id = LicenseId::from_random(rest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
                let (id, key) = match condition {
                    KeyCondition::WrongProduct => (id, unrecorded(id, signer.key())),
                    KeyCondition::Tampered => (id, tamper(&unrecorded(id, signer.key()))?),
                    KeyCondition::UnknownSigner => {
                        let stranger = SigningKey::from_bytes(seed.try_into().unwrap_or(&[7; 32]));
                        (id, unrecorded(id, &stranger))
                    }
                    _ => {
                        let extra = Extra { note: plan.note.clone(), ..Extra::default() };
                        let issued = record_license(tx, actor.slug(), &plan, extra, signer, at, entropy)?;
                        (issued.id, issued.key)
                    }
                };
                let reason = || Some("made to be tested".to_owned());
                let fact = match condition {
                    KeyCondition::Revoked => Some(Fact::LicenseRevoked { license: id, reason: "other".into(), note: reason() }),
                    KeyCondition::Suspended => Some(Fact::LicenseSuspended { license: id, reason: reason() }),
                    _ => None,
                };
                if let Some(fact) = fact {
                    tx.record(at, actor.slug(), &fact)?;
                }
                made.push(ConditionKey { condition, id, key });
            }
            Ok(made)
        })
    }
}

/// The order of a test license that the keys of all states are made from.
#[must_use]
pub fn test_order(order: &Order) -> Order {
    let end = Some(End::For(Period::days(365)));
    Order { kind: LicenseType::Test, end, ..order.clone() }
}

/// The plan of a key in this state.
fn in_condition(base: &Plan, condition: KeyCondition, at: Timestamp) -> Result<Plan, Error> {
    let mut plan = base.clone();
    let terms = &mut plan.terms;
    let today = at.date().start();
    terms.grace_days = 0;
    terms.warn_days = WARN_DAYS;
    terms.starts = today.plus_days(-1);
    plan.note = Some(format!("made to be tested: {condition}"));
    match condition {
        KeyCondition::Expiring => terms.ends = Some(today.plus_days(7)),
        KeyCondition::Grace => {
            terms.starts = today.plus_days(-365);
            terms.ends = Some(today);
            terms.grace_days = GRACE_DAYS;
        }
        KeyCondition::Expired => {
            terms.starts = today.plus_days(-365);
            terms.ends = Some(today.plus_days(-1));
        }
        KeyCondition::NotYetValid => terms.starts = today.plus_days(30),
        KeyCondition::WrongProduct => terms.product = other_product(&terms.product)?,
        KeyCondition::WrongMachine => {
            let machine: MachineId = OTHER_MACHINE.parse().map_err(|_| Error::Invalid("no such machine ID".into()))?;
            terms.machines.bound = vec![machine];
            terms.machines.max = terms.machines.max.or(Some(1));
        }
        KeyCondition::Valid
        | KeyCondition::Revoked
        | KeyCondition::Suspended
        | KeyCondition::Tampered
        | KeyCondition::UnknownSigner => {}
    }
    Ok(plan)
}

fn other_product(product: &Slug) -> Result<Slug, Error> {
    let mut name = format!("not-{product}");
    name.truncate(Slug::LONGEST);
    name.trim_end_matches(['-', '_', '.']).parse().map_err(|why| Error::Invalid(format!("product: {why}")))
}

/// A key with one byte of its claims changed after signing: the last digit of the moment it was issued.
///
/// # Errors
/// [`Error::SelfCheck`] for what is no key.
pub fn tamper(key: &str) -> Result<String, Error> {
    let broken = |what: &str| Error::SelfCheck(format!("the key has no {what}"));
    let mut segments = key.split('.');
    let (Some(header), Some(claims), Some(signature)) = (segments.next(), segments.next(), segments.next()) else {
        return Err(broken("three segments"));
    };
    let mut claims = Base64UrlUnpadded::decode_vec(claims).map_err(|_| broken("readable claims"))?;
    let name = br#""iat":"#;
    let start =
        claims.windows(name.len()).position(|window| window == name).ok_or_else(|| broken("moment of issue"))? + name.len();
    let digits = claims[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let last = claims.get_mut(start..start + digits).and_then(<[u8]>::last_mut).ok_or_else(|| broken("moment of issue"))?;
    *last = if *last == b'9' { b'0' } else { *last + 1 };
    Ok(format!("{header}.{}.{signature}", Base64UrlUnpadded::encode_string(&claims)))
}
