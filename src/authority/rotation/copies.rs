//! Who has a copy of a signing key: giving one, taking one away, and putting another in its place.
//!
//! Taking a copy away deletes a file. Whoever made a copy of that file before, and knows its passphrase, still signs: only a
//! new signing key ends that.

use crate::authority::signer::Signer;
use crate::authority::{Actor, Authority, Error, Mode, find};
use crate::keyring::{KeyringError, Protection};
use crate::ledger::{Fact, KeyState, SigningKeyRecord, Tables};
use crate::license::{Role, Slug, Timestamp};
use crate::token::Kid;

/// A copy that was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether its file was there to be deleted.
    pub deleted: bool,
    /// Whether nobody who may issue has a copy any more.
    pub last: bool,
}

impl Authority {
    /// Refuses, before a passphrase is asked for, a copy that could not be given.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::NoSuchOperator`], a viewer (who may not sign); [`Error::KeyState`] of a key that
    /// signs no more; [`Error::HasCopy`].
    pub fn check_give(&self, actor: &Actor, slug: &Slug, kid: &Kid) -> Result<(), Error> {
        check_give(&self.read(), actor, slug, kid)
    }

    /// Takes an operator's copy of a signing key away: the file is deleted, and the ledger says so.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::UnknownKey`], [`Error::NoSuchOperator`], [`Error::NothingToTake`];
    /// [`Error::LastCopy`] of a key that signs or is to sign, unless `force` is given; a file that cannot be deleted.
    pub fn take_copy(
        &mut self,
        actor: &Actor,
        slug: &Slug,
        kid: &Kid,
        force: bool,
        at: Timestamp,
        mode: Mode,
    ) -> Result<Taken, Error> {
        let keyring = self.keyring.clone();
        self.change(mode, |tx| {
            actor.require(Role::Admin, "take signing keys away", &tx.read())?;
            let key = find::signing_key(&tx.read(), kid.as_str())?;
            let there = keyring.copies(kid)?.contains(slug);
            if !key.has_copy(slug) {
                find::operator(&tx.read(), slug)?;
                if !there {
                    return Err(Error::NothingToTake { operator: slug.clone(), kid: *kid });
                }
            }
            let last = is_last_copy(&tx.read(), &key, slug)?;
            if last && !force {
                return Err(Error::LastCopy { operator: slug.clone(), kid: *kid, state: key.state, purpose: key.purpose });
            }
            tx.record(at, actor.slug(), &Fact::SigningKeyCopyRemoved { kid: *kid, operator: slug.clone() })?;
            if mode == Mode::Commit && there {
                keyring.remove_copy(kid, slug)?;
            }
            Ok(Taken { deleted: there, last })
        })
    }

    /// Puts the actor's own copy under a new passphrase, or under none.
    ///
    /// The file is replaced before the ledger says so: cut off in between, the new passphrase holds, and the ledger does not
    /// know when it was changed.
    ///
    /// # Errors
    /// A copy that is not there; a passphrase that is too short; a file that cannot be written.
    pub fn change_passphrase(
        &mut self,
        actor: &Actor,
        signer: &Signer,
        protection: Protection<'_>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let keyring = self.keyring.clone();
        self.change(Mode::Commit, |tx| {
            let kid = *signer.kid();
            let key = find::signing_key(&tx.read(), kid.as_str())?;
            if !key.has_copy(actor.slug()) {
                return Err(KeyringError::NoCopy { kid, operator: actor.slug().clone() }.into());
            }
            let protected = matches!(protection, Protection::Passphrase { .. });
            tx.record(at, actor.slug(), &Fact::SigningKeyCopied { kid, operator: actor.slug().clone(), protected })?;
            keyring.replace_copy(signer.key(), actor.slug(), protection)?;
            Ok(())
        })
    }
}

/// Refuses a copy that may not be given.
pub(in crate::authority) fn check_give(tables: &Tables<'_>, actor: &Actor, slug: &Slug, kid: &Kid) -> Result<(), Error> {
    actor.require(Role::Admin, "give out signing keys", tables)?;
    let operator = find::operator(tables, slug)?;
    if operator.role == Role::Viewer {
        return Err(Error::Invalid(format!("operator '{slug}' is a viewer and does not sign")));
    }
    let key = find::signing_key(tables, kid.as_str())?;
    if !key.purpose.signs_licenses() {
        return Err(Error::Invalid(format!("signing key {kid} signs no licenses: nobody needs a copy of it")));
    }
    if !matches!(key.state, KeyState::Active | KeyState::Next) {
        return Err(Error::KeyState { kid: *kid, state: key.state, wanted: "given to anybody" });
    }
    if key.has_copy(slug) { Err(Error::HasCopy { operator: slug.clone(), kid: *kid }) } else { Ok(()) }
}

/// Whether nobody else who may issue has a copy of a key that signs or is to sign.
pub(in crate::authority) fn is_last_copy(tables: &Tables<'_>, key: &SigningKeyRecord, slug: &Slug) -> Result<bool, Error> {
    if !matches!(key.state, KeyState::Active | KeyState::Next) {
        return Ok(false);
    }
    let others = tables.operators()?.into_iter().filter(|other| other.role >= Role::Issuer && other.slug != *slug);
    Ok(!others.into_iter().any(|other| key.has_copy(&other.slug)))
}
