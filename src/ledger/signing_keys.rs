//! Reads of the signing keys that the authority has, and of who has copies of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use base64ct::{Base64UrlUnpadded, Encoding};

use super::{LedgerError, Tables, column};
use crate::license::{Slug, Timestamp};
use crate::token::{Kid, PublicKey};

/// What a signing key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Licenses that customers run.
    License,
    /// Licenses for the product's own test suite.
    Test,
    /// Status lists.
    Status,
    /// Checkpoints of the audit log.
    Log,
}

/// Where a signing key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, not yet used.
    Next,
    /// Signs.
    Active,
    /// Verifies, no longer signs.
    Retired,
    /// Refused.
    Compromised,
}

/// The text is not the word for a purpose or a state of a signing key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownKeyWord {
    /// Not a purpose.
    #[error("a signing key's purpose is license, test, status or log")]
    Purpose,
    /// Not a state.
    #[error("a signing key's state is next, active, retired or compromised")]
    State,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::License, Self::Test, Self::Status, Self::Log];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Test => "test",
            Self::Status => "status",
            Self::Log => "log",
        }
    }

    /// Whether a key of this purpose signs licenses. The others are the authority's own and open without a passphrase: a
    /// license that one of them signed is a forgery.
    #[must_use]
    pub fn signs_licenses(self) -> bool {
        matches!(self, Self::License | Self::Test)
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for KeyPurpose {
    type Err = UnknownKeyWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(UnknownKeyWord::Purpose)
    }
}

impl KeyState {
    /// Every state, in the order of a key's life.
    pub const ALL: [Self; 4] = [Self::Next, Self::Active, Self::Retired, Self::Compromised];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Compromised => "compromised",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for KeyState {
    type Err = UnknownKeyWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownKeyWord::State)
    }
}

/// A signing key as the ledger knows it: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// The name of the key.
    pub kid: Kid,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// Where it stands.
    pub state: KeyState,
    /// The public key: the JWK's `x`, 32 bytes as base64url.
    pub public: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in its state; `None`: since it was made.
    pub changed_at: Option<Timestamp>,
    /// Why it is in its state.
    pub reason: Option<String>,
    /// Who has a copy of the secret, by name.
    pub copies: Vec<KeyCopy>,
}

impl SigningKeyRecord {
    /// The public key, ready to verify with.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] where the ledger holds no valid key there.
    pub fn public_key(&self) -> Result<PublicKey, LedgerError> {
        let bytes: Option<[u8; 32]> = Base64UrlUnpadded::decode_vec(&self.public).ok().and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
        key.filter(|key| key.kid() == self.kid).ok_or_else(|| LedgerError::odd("public key", &self.public))
    }

    /// Whether an operator has a copy of the secret.
    #[must_use]
    pub fn has_copy(&self, operator: &Slug) -> bool {
        self.copies.iter().any(|copy| copy.operator == *operator)
    }
}

/// An operator's copy of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCopy {
    /// Whose copy.
    pub operator: Slug,
    /// Whether a passphrase protects it.
    pub protected: bool,
    /// When it was made.
    pub made_at: Timestamp,
}

impl Tables<'_> {
    /// Every signing key, the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, LedgerError> {
        let mut keys = self.db.prepare_cached(
            "SELECT kid, purpose, state, public, created_at, id, changed_at, reason FROM signing_keys ORDER BY id",
        )?;
        let mut copies = self.db.prepare_cached(
            "SELECT o.slug, c.protected, c.made_at FROM signing_key_copies c JOIN operators o ON o.id = c.operator
             WHERE c.signing_key = ? ORDER BY o.slug",
        )?;
        let mut records = Vec::new();
        let mut rows = keys.query([])?;
        while let Some(row) = rows.next()? {
            let mut record = SigningKeyRecord {
                kid: column::parsed(row, 0)?,
                purpose: column::parsed(row, 1)?,
                state: column::parsed(row, 2)?,
                public: row.get(3)?,
                created_at: column::moment(row, 4)?,
                changed_at: column::moment_if_any(row, 6)?,
                reason: row.get(7)?,
                copies: Vec::new(),
            };
            let mut owners = copies.query([row.get::<_, i64>(5)?])?;
            while let Some(row) = owners.next()? {
                record.copies.push(KeyCopy {
                    operator: column::parsed(row, 0)?,
                    protected: row.get(1)?,
                    made_at: column::moment(row, 2)?,
                });
            }
            records.push(record);
        }
        Ok(records)
    }

    /// Where a signing key stands.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn signing_key_state(&self, kid: &Kid) -> Result<Option<KeyState>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT state FROM signing_keys WHERE kid = ?")?;
        let mut rows = statement.query([kid.as_str()])?;
        rows.next()?.map(|row| column::parsed(row, 0)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{day, issue, kid, ledger, record, slug};

    #[test]
    fn a_signing_key_is_listed_with_everyone_who_has_a_copy() {
        let mut ledger = ledger();
        let copied = |operator: &str, protected| Fact::SigningKeyCopied { kid: kid(), operator: slug(operator), protected };
        record(&mut ledger, 4, &[copied("ben", true), copied("anna", false)]);
        let keys = ledger.read().signing_keys().unwrap();
        assert_eq!((keys.len(), &keys[0].kid), (1, &kid()));
        assert_eq!((keys[0].purpose, keys[0].state, keys[0].public.as_str()), (KeyPurpose::License, KeyState::Active, "AAAA"));
        let copies: Vec<(&str, bool)> = keys[0].copies.iter().map(|copy| (copy.operator.as_str(), copy.protected)).collect();
        assert_eq!(copies, [("anna", false), ("ben", true)]);
        assert_eq!(keys[0].copies[1].made_at, day(4));
        record(&mut ledger, 5, &[Fact::SigningKeyCopyRemoved { kid: kid(), operator: slug("anna") }]);
        assert_eq!(ledger.read().signing_keys().unwrap()[0].copies.len(), 1);
    }

    #[test]
    fn a_signing_key_tells_since_when_and_why_it_is_in_its_state() {
        let mut ledger = ledger();
        let change =
            |state, reason: Option<&str>| Fact::SigningKeyStateChanged { kid: kid(), state, reason: reason.map(str::to_owned) };
        assert_eq!(ledger.read().signing_keys().unwrap()[0].changed_at, None);
        record(&mut ledger, 4, &[change(KeyState::Compromised, Some("laptop stolen"))]);
        let key = &ledger.read().signing_keys().unwrap()[0];
        assert_eq!((key.state, key.changed_at), (KeyState::Compromised, Some(day(4))));
        assert_eq!(key.reason.as_deref(), Some("laptop stolen"));
        assert_eq!(ledger.read().signing_key_state(&kid()).unwrap(), Some(KeyState::Compromised));
    }

    #[test]
    fn no_event_takes_a_compromised_key_back() {
        let mut ledger = ledger();
        let change = |state| Fact::SigningKeyStateChanged { kid: kid(), state, reason: None };
        record(&mut ledger, 4, &[change(KeyState::Compromised)]);
        for state in KeyState::ALL {
            let refused = ledger.write(|transaction| transaction.record(day(5), &slug("anna"), &change(state))).unwrap_err();
            assert_eq!(refused.to_string(), format!("this cannot be recorded: signing key {} is compromised for good", kid()));
        }
    }

    #[test]
    fn no_license_is_recorded_under_a_key_that_signs_none() {
        let mut ledger = ledger();
        for (name, purpose) in [("StatusStatusStat", KeyPurpose::Status), ("LogLogLogLogLogL", KeyPurpose::Log)] {
            let kid: Kid = name.parse().unwrap();
            let created = Fact::SigningKeyCreated { kid, purpose, state: KeyState::Active, public: "AAAA".into() };
            record(&mut ledger, 4, &[created]);
            let mut fact = issue(1, "acme", |_| {});
            let Fact::LicenseIssued { kid: signed, .. } = &mut fact else { panic!("no license") };
            *signed = kid;
            let refused = ledger.write(|transaction| transaction.record(day(5), &slug("anna"), &fact)).unwrap_err();
            assert_eq!(refused.to_string(), format!("the ledger knows no signing key for licenses {kid}"));
        }
    }

    #[test]
    fn every_word_reads_back() {
        for purpose in KeyPurpose::ALL {
            assert_eq!(purpose.to_string().parse(), Ok(purpose));
        }
        for state in KeyState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
    }
}
