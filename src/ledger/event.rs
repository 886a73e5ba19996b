//! Events: the facts of the audit log, and their one spelling as JSON.
//!
//! A fact is whole: replaying the facts alone rebuilds every other table. A fact that was once written must stay readable for
//! ever, so a member may be added only where its absence means what it meant before, and a kind is never given a new meaning.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LedgerError;
use super::signing_keys::{KeyPurpose, KeyState};
use crate::license::{Customer, Doubt, LicenseId, MachineId, Occasion, Operator, RefusedFor, Slug, Terms, Tier, Timestamp};
use crate::token::Kid;

/// How deep the vendor's own JSON may nest. A reader of JSON gives up at 128, and the event wraps a few levels around it.
const DEEPEST_META: usize = 100;

/// The place of an event in the log, counted from 1: a log of `n` events ends with number `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventNumber(u64);

impl EventNumber {
    /// The number of the event at a place in the log, from 1; `None` for 0 and for what no log reaches.
    #[must_use]
    pub fn new(place: u64) -> Option<Self> {
        i64::try_from(place).ok().filter(|place| *place > 0).map(|_| Self(place))
    }

    /// The number that an event gets in a log of `size` events.
    #[must_use]
    pub(super) fn after(size: u64) -> Self {
        Self(size + 1)
    }

    /// The number itself, from 1.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The place of its leaf in the Merkle tree, from 0.
    #[must_use]
    pub fn leaf_index(self) -> u64 {
        self.0 - 1
    }

    pub(super) fn from_column(number: i64) -> Result<Self, LedgerError> {
        u64::try_from(number).ok().filter(|number| *number > 0).map(Self).ok_or_else(|| LedgerError::odd("event number", number))
    }

    pub(super) fn column(self) -> i64 {
        // A log holds its numbers in 63 bits: see `Frontier::from_bytes`.
        self.0 as i64
    }
}

impl fmt::Display for EventNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its place in the log.
    pub number: EventNumber,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: an operator.
    pub by: Slug,
    /// What happened.
    pub fact: Fact,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", deny_unknown_fields)]
pub enum Fact {
    /// The authority was set up.
    #[serde(rename = "authority.created")]
    AuthorityCreated {
        /// The vendor's name.
        name: String,
        /// What stands in the keys as `iss`.
        issuer: String,
    },
    /// A signing key was made.
    #[serde(rename = "signing-key.created")]
    SigningKeyCreated {
        /// The name of the key.
        kid: Kid,
        /// What it signs.
        purpose: KeyPurpose,
        /// Where it stands.
        state: KeyState,
        /// The public key: the JWK's `x`, 32 bytes as base64url.
        public: String,
    },
    /// A signing key is in another state: activated, retired, or compromised for good.
    #[serde(rename = "signing-key.state-changed")]
    SigningKeyStateChanged {
        /// The name of the key.
        kid: Kid,
        /// Where it stands from now on.
        state: KeyState,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An operator got a copy of a signing key, or a new one in place of the old.
    #[serde(rename = "signing-key.copied")]
    SigningKeyCopied {
        /// The name of the key.
        kid: Kid,
        /// Whose copy it is.
        operator: Slug,
        /// Whether a passphrase protects it.
        protected: bool,
    },
    /// An operator's copy of a signing key was taken away.
    #[serde(rename = "signing-key.copy-removed")]
    SigningKeyCopyRemoved {
        /// The name of the key.
        kid: Kid,
        /// Whose copy it was.
        operator: Slug,
    },
    /// An operator was added, or came back.
    #[serde(rename = "operator.added")]
    OperatorAdded(Operator),
    /// An operator's role, limits or address changed.
    #[serde(rename = "operator.changed")]
    OperatorChanged(Operator),
    /// An operator may no longer act.
    #[serde(rename = "operator.removed")]
    OperatorRemoved {
        /// Who.
        operator: Slug,
    },
    /// A customer was added.
    #[serde(rename = "customer.added")]
    CustomerAdded(Customer),
    /// Anything of a customer but the short name changed; being archived is a change.
    #[serde(rename = "customer.changed")]
    CustomerChanged(Customer),
    /// A tier was added.
    #[serde(rename = "tier.added")]
    TierAdded(Tier),
    /// Anything of a tier but its product and short name changed; being retired is a change.
    #[serde(rename = "tier.changed")]
    TierChanged(Tier),
    /// A revision of a license was signed: revision 1 makes the license, a later one takes the place of the one before.
    #[serde(rename = "license.issued")]
    LicenseIssued {
        /// The id.
        license: LicenseId,
        /// Who gets it.
        customer: Slug,
        /// What it grants.
        terms: Terms,
        /// The number of the revision, from 1.
        rev: u32,
        /// The signing key.
        kid: Kid,
        /// The signed key itself.
        key: String,
        /// Anything worth knowing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// What asked for it, where asking again must give the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Request>,
        /// Why its terms are out of the ordinary.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unusual: Option<String>,
        /// Why it was signed; absent: it is the first, or was recorded before occasions were.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        occasion: Option<Occasion>,
    },
    /// A license of an older system was taken over: its revision 1 is what that system granted, and has no key of ours.
    #[serde(rename = "license.taken-over")]
    LicenseTakenOver {
        /// The id that it has from now on.
        license: LicenseId,
        /// Whose it is.
        customer: Slug,
        /// What it grants.
        terms: Terms,
        /// Where it comes from.
        foreign: Foreign,
        /// Anything worth knowing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A license was switched off for a while.
    #[serde(rename = "license.suspended")]
    LicenseSuspended {
        /// The id.
        license: LicenseId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A license was taken back.
    #[serde(rename = "license.revoked")]
    LicenseRevoked {
        /// The id.
        license: LicenseId,
        /// Why: one word of a list.
        reason: String,
        /// Anything worth knowing about the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A suspended or revoked license is good again.
    #[serde(rename = "license.reinstated")]
    LicenseReinstated {
        /// The id.
        license: LicenseId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A machine took a seat of a license, or the one that holds it showed itself again.
    #[serde(rename = "machine.activated")]
    MachineActivated {
        /// The license.
        license: LicenseId,
        /// The machine.
        machine: MachineId,
        /// The ID that the same machine had before a part of it was swapped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<MachineId>,
        /// What people call it; absent: as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
        /// The request that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<String>,
        /// The public key that signs for the machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// A machine was taken off a license.
    #[serde(rename = "machine.deactivated")]
    MachineDeactivated {
        /// The license.
        license: LicenseId,
        /// The machine.
        machine: MachineId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The machine's own receipt, where it gave the seat back itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
    },
    /// What people call a machine changed.
    #[serde(rename = "machine.renamed")]
    MachineRenamed {
        /// The license.
        license: LicenseId,
        /// The machine.
        machine: MachineId,
        /// The new label; absent: it has none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    },
    /// The note of a license changed, and nothing that its key says.
    #[serde(rename = "license.noted")]
    LicenseNoted {
        /// The id.
        license: LicenseId,
        /// The new note; absent: it has none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The status lists were published.
    #[serde(rename = "status-list.published")]
    StatusListPublished {
        /// The number of the publication, which only grows.
        number: u64,
        /// The address below which the lists are.
        uri: String,
        /// How many lists there were.
        lists: u32,
        /// The status key that signed them.
        kid: Kid,
        /// When they stop to count.
        expires: Timestamp,
        /// How many licenses they call revoked.
        revoked: u64,
        /// How many licenses they call suspended.
        suspended: u64,
    },
    /// Something was asked for a license and refused. Nothing of the license changed.
    #[serde(rename = "license.refused")]
    LicenseRefused {
        /// The id.
        license: LicenseId,
        /// What was asked for.
        asked: Occasion,
        /// Why it was refused.
        why: RefusedFor,
        /// The machine that it was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        machine: Option<MachineId>,
    },
    /// A key was seen that this authority did not issue. What it says of itself is its own word.
    #[serde(rename = "key.doubted")]
    KeyDoubted {
        /// What is wrong with it.
        why: Doubt,
        /// The SHA-256 digest of its text, in hexadecimal, so that one key is counted once.
        digest: String,
        /// The signing key that it names.
        kid: String,
        /// The license that it names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claims_license: Option<LicenseId>,
        /// The customer that it names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claims_customer: Option<Slug>,
    },
}

/// A caller's own name for what it asked for (`--request-id`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name, unique in the ledger.
    pub id: String,
    /// A digest of what was asked for, so that another wish under the same name is noticed.
    pub digest: String,
}

/// What a license was in an older system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foreign {
    /// What the older system is called.
    pub system: String,
    /// The number of the license there, unique in that system.
    pub reference: String,
    /// Its key there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Fact {
    /// The name of this kind of fact in the log: `license.issued`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AuthorityCreated { .. } => "authority.created",
            Self::SigningKeyCreated { .. } => "signing-key.created",
            Self::SigningKeyStateChanged { .. } => "signing-key.state-changed",
            Self::SigningKeyCopied { .. } => "signing-key.copied",
            Self::SigningKeyCopyRemoved { .. } => "signing-key.copy-removed",
            Self::OperatorAdded(_) => "operator.added",
            Self::OperatorChanged(_) => "operator.changed",
            Self::OperatorRemoved { .. } => "operator.removed",
            Self::CustomerAdded(_) => "customer.added",
            Self::CustomerChanged(_) => "customer.changed",
            Self::TierAdded(_) => "tier.added",
            Self::TierChanged(_) => "tier.changed",
            Self::LicenseIssued { .. } => "license.issued",
            Self::LicenseTakenOver { .. } => "license.taken-over",
            Self::LicenseSuspended { .. } => "license.suspended",
            Self::LicenseRevoked { .. } => "license.revoked",
            Self::LicenseReinstated { .. } => "license.reinstated",
            Self::MachineActivated { .. } => "machine.activated",
            Self::MachineDeactivated { .. } => "machine.deactivated",
            Self::MachineRenamed { .. } => "machine.renamed",
            Self::LicenseNoted { .. } => "license.noted",
            Self::StatusListPublished { .. } => "status-list.published",
            Self::LicenseRefused { .. } => "license.refused",
            Self::KeyDoubted { .. } => "key.doubted",
        }
    }

    /// The license it is about.
    #[must_use]
    pub fn license(&self) -> Option<LicenseId> {
        match self {
            Self::LicenseIssued { license, .. }
            | Self::LicenseTakenOver { license, .. }
            | Self::LicenseSuspended { license, .. }
            | Self::LicenseRevoked { license, .. }
            | Self::LicenseReinstated { license, .. }
            | Self::MachineActivated { license, .. }
            | Self::MachineDeactivated { license, .. }
            | Self::MachineRenamed { license, .. }
            | Self::LicenseNoted { license, .. }
            | Self::LicenseRefused { license, .. } => Some(*license),
            _ => None,
        }
    }
}

/// An [`Event`] that borrows its fact, to be written.
#[derive(Serialize)]
pub(super) struct NewEvent<'a> {
    pub number: EventNumber,
    pub at: Timestamp,
    pub by: &'a Slug,
    pub fact: &'a Fact,
}

impl NewEvent<'_> {
    /// Writes the one spelling of the event: JSON without blanks, members in the order of declaration, what is absent left
    /// out, and the vendor's own JSON sorted by member name.
    pub fn write(&self, body: &mut Vec<u8>) -> Result<(), LedgerError> {
        if let Fact::LicenseIssued { terms, .. } = self.fact
            && terms.meta.as_ref().is_some_and(|meta| is_deeper(meta, DEEPEST_META))
        {
            return Err(LedgerError::Unrecordable(format!("meta is nested more than {DEEPEST_META} levels deep")));
        }
        body.clear();
        serde_json::to_writer(body, self).map_err(|error| LedgerError::Unrecordable(error.to_string()))
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return value.is_array() || value.is_object() };
    match value {
        Value::Array(items) => items.iter().any(|item| is_deeper(item, below)),
        Value::Object(members) => members.values().any(|member| is_deeper(member, below)),
        _ => false,
    }
}

impl Event {
    /// Reads the body of an event.
    pub(super) fn read(body: &str) -> Result<Self, LedgerError> {
        serde_json::from_str(body).map_err(|error| LedgerError::Damaged(format!("an event cannot be read: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing;

    fn body(fact: &Fact) -> String {
        let by = "anna".parse().unwrap();
        let at = Timestamp::from_seconds(1_784_246_400).unwrap();
        let mut body = Vec::new();
        NewEvent { number: EventNumber::after(6), at, by: &by, fact }.write(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn an_event_has_one_spelling() {
        let fact = Fact::LicenseRevoked { license: LicenseId::from_random(7), reason: "refund".into(), note: None };
        assert_eq!(
            body(&fact),
            format!(
                r#"{{"number":7,"at":1784246400,"by":"anna","fact":{{"kind":"license.revoked","data":{{"license":"{}","reason":"refund"}}}}}}"#,
                LicenseId::from_random(7)
            )
        );
    }

    #[test]
    fn every_fact_reads_back_and_is_named_in_the_log_as_in_the_code() {
        for fact in testing::one_fact_of_each_kind() {
            let body = body(&fact);
            let event = Event::read(&body).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), body);
            assert!(body.contains(&format!(r#""fact":{{"kind":"{}","data""#, fact.kind())), "{body}");
            assert_eq!(event.fact, fact);
        }
    }

    #[test]
    fn meta_too_deep_to_be_read_back_is_refused() {
        let nested = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let by = "anna".parse().unwrap();
        let at = Timestamp::from_seconds(0).unwrap();
        for (levels, accepted) in [(DEEPEST_META, true), (DEEPEST_META + 1, false)] {
            let fact = testing::issue(1, "acme", |terms| terms.meta = Some(nested(levels)));
            let mut body = Vec::new();
            let written = NewEvent { number: EventNumber::after(0), at, by: &by, fact: &fact }.write(&mut body);
            assert_eq!(written.is_ok(), accepted);
            if accepted {
                assert!(Event::read(std::str::from_utf8(&body).unwrap()).is_ok());
            }
        }
    }
}
