//! Unlocking a signing key: the operator's own copy, with the operator's own passphrase.

use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;

use super::{Actor, Authority, Error};
use crate::keyring::{KeyringError, Passphrase};
use crate::ledger::{KeyPurpose, KeyState, SigningKeyRecord, Tables};
use crate::license::{LicenseType, Operator, Role, Slug};
use crate::token::Kid;

/// How often a person may mistype a passphrase.
const TRIES: u32 = 3;

/// An unlocked signing key, the issuer in whose name it signs, and where the status of what it signs is published.
pub struct Signer {
    key: SigningKey,
    kid: Kid,
    issuer: String,
    status: Option<String>,
}

impl Signer {
    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// What stands in the keys as their issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The address below which status lists are published; `None`: they are not.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }
}

/// The unlocked signing keys for licenses of several types.
pub struct Signers(Vec<(KeyPurpose, Signer)>);

impl Signers {
    /// The one that signs licenses of a type.
    pub(super) fn of(&self, kind: LicenseType) -> Result<&Signer, Error> {
        let wanted = purpose(kind);
        let found = self.0.iter().find(|(purpose, _)| *purpose == wanted);
        found.map(|(_, signer)| signer).ok_or(Error::NoSigningKey(wanted.as_str()))
    }
}

/// Where passphrases come from.
pub trait Passphrases {
    /// The passphrase for an operator's copy of a signing key; `None` where there is none to be had. `attempt` counts
    /// from 1.
    ///
    /// # Errors
    /// Whatever keeps the source from answering.
    fn get(&mut self, kid: &Kid, operator: &Slug, attempt: u32) -> Result<Option<Passphrase>, Error>;

    /// Whether asking again can bring another answer.
    fn asks(&self) -> bool {
        false
    }
}

/// No passphrase at all, for keys that have none.
pub struct NoPassphrase;

impl Passphrases for NoPassphrase {
    fn get(&mut self, _: &Kid, _: &Slug, _: u32) -> Result<Option<Passphrase>, Error> {
        Ok(None)
    }
}

/// The purpose of the key that signs licenses of a type.
#[must_use]
pub fn purpose(kind: LicenseType) -> KeyPurpose {
    match kind {
        LicenseType::Test => KeyPurpose::Test,
        LicenseType::Commercial | LicenseType::Trial => KeyPurpose::License,
    }
}

impl Authority {
    /// Refuses an operator who could not issue licenses of a type, before anything is asked.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::NoSigningKey`], [`Error::NoCopy`].
    pub fn check_may_issue(&self, actor: &Actor, kind: LicenseType) -> Result<(), Error> {
        actor.require(Role::Issuer, "issue licenses", &self.read())?;
        let record = self.active_key(purpose(kind))?;
        if record.has_copy(actor.slug()) { Ok(()) } else { Err(no_copy(&self.read(), actor, &record)) }
    }

    /// Refuses an operator who has no copy of the signing keys that licenses of these types need, before anything is asked.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`], [`Error::NoCopy`].
    pub fn check_may_sign(&self, actor: &Actor, kinds: impl IntoIterator<Item = LicenseType>) -> Result<(), Error> {
        let purposes: BTreeSet<KeyPurpose> = kinds.into_iter().map(purpose).collect();
        for purpose in purposes {
            let record = self.active_key(purpose)?;
            if !record.has_copy(actor.slug()) {
                return Err(no_copy(&self.read(), actor, &record));
            }
        }
        Ok(())
    }

    /// Unlocks the operator's copy of the active signing key of a purpose.
    ///
    /// # Errors
    /// [`Error::NoSigningKey`], [`Error::NoCopy`], [`Error::Locked`], and what the keyring says of a damaged copy.
    pub fn unlock(&self, actor: &Actor, purpose: KeyPurpose, passphrases: &mut dyn Passphrases) -> Result<Signer, Error> {
        let record = self.active_key(purpose)?;
        self.unlock_copy(actor, &record, passphrases)
    }

    /// Unlocks the operator's copies of the active signing keys that licenses of these types need.
    ///
    /// # Errors
    /// As [`Authority::unlock`].
    pub fn unlock_for(
        &self,
        actor: &Actor,
        kinds: impl IntoIterator<Item = LicenseType>,
        passphrases: &mut dyn Passphrases,
    ) -> Result<Signers, Error> {
        let mut signers: Vec<(KeyPurpose, Signer)> = Vec::new();
        for purpose in kinds.into_iter().map(purpose) {
            if signers.iter().all(|(known, _)| *known != purpose) {
                signers.push((purpose, self.unlock(actor, purpose, passphrases)?));
            }
        }
        Ok(Signers(signers))
    }

    /// Unlocks the operator's copy of one signing key, or one of the authority's own keys.
    ///
    /// # Errors
    /// [`Error::NoCopy`], [`Error::Locked`], and what the keyring says of a damaged copy.
    pub fn unlock_copy(
        &self,
        actor: &Actor,
        record: &SigningKeyRecord,
        passphrases: &mut dyn Passphrases,
    ) -> Result<Signer, Error> {
        let (kid, operator) = (&record.kid, actor.slug());
        let expected = *record.public_key()?.verifying();
        let issuer = self.settings.authority.issuer.clone();
        let signer = |key| Signer { key, kid: *kid, issuer: issuer.clone(), status: self.settings.status.uri.clone() };
        if !record.purpose.signs_licenses() {
            // The authority's own keys open without anybody's passphrase.
            return Ok(signer(self.keyring.open_service(&expected)?));
        }
        let protected = match self.keyring.is_protected(kid, operator) {
            Err(KeyringError::NoCopy { .. }) if record.has_copy(operator) => {
                return Err(Error::CopyMissing { operator: operator.clone(), kid: *kid });
            }
            Err(KeyringError::NoCopy { .. }) => return Err(no_copy(&self.read(), actor, record)),
            other => other?,
        };
        if !protected {
            let key = self.keyring.open(kid, operator, None, &expected)?;
            return Ok(signer(key));
        }
        let mut attempt = 1;
        loop {
            let locked = || Error::Locked { operator: operator.clone(), kid: *kid };
            let passphrase = passphrases.get(kid, operator, attempt)?.ok_or_else(locked)?;
            match self.keyring.open(kid, operator, Some(&passphrase), &expected) {
                Err(KeyringError::WrongPassphrase { .. }) if attempt < TRIES && passphrases.asks() => attempt += 1,
                other => return Ok(signer(other?)),
            }
        }
    }

    pub(super) fn active_key(&self, purpose: KeyPurpose) -> Result<SigningKeyRecord, Error> {
        let keys = self.read().signing_keys()?;
        let active = keys.into_iter().find(|key| key.purpose == purpose && key.state == KeyState::Active);
        active.ok_or(Error::NoSigningKey(purpose.as_str()))
    }
}

/// The error of an operator without a copy; it names the admins who can give one.
pub(super) fn no_copy(tables: &Tables<'_>, actor: &Actor, record: &SigningKeyRecord) -> Error {
    let operators = tables.operators().unwrap_or_default();
    let can = |operator: &Operator| operator.role == Role::Admin && record.has_copy(&operator.slug);
    let who_can = operators.into_iter().filter(can).map(|operator| operator.slug).collect();
    Error::NoCopy { operator: actor.slug().clone(), kid: record.kid, who_can }
}
