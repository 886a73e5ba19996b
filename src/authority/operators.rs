//! Keeping operators, and who has a copy of the signing keys.
//!
//! Taking an operator's copy away deletes the file. Whoever made a copy of that file before still has it: after somebody
//! leaves in anger, rotate the signing key.

use super::customers::check_line;
use super::difference::{Difference, differences};
use super::rotation::{check_give, is_last_copy};
use super::signer::Signer;
use super::{Actor, Authority, Error, Mode, find};
use crate::keyring::Protection;
use crate::ledger::{Fact, KeyState, Tables, TierFilter};
use crate::license::{Operator, Role, Slug, Timestamp};
use crate::mail::address;

impl Authority {
    /// Adds an operator. A copy of the signing keys is given by [`Authority::give_copy`].
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], bad texts or mail addresses, a role that does not cover it.
    pub fn add_operator(&mut self, actor: &Actor, operator: &Operator, at: Timestamp, mode: Mode) -> Result<(), Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "add operators", &tx.read())?;
            check(operator)?;
            check_tiers(&tx.read(), operator)?;
            if tx.read().operator(&operator.slug)?.is_some() {
                return Err(Error::AlreadyExists { what: "operator", name: operator.slug.to_string() });
            }
            tx.record(at, actor.slug(), &Fact::OperatorAdded(operator.clone()))?;
            Ok(())
        })
    }

    /// Changes an operator as `edit` says. Gives what changed; nothing is recorded where nothing changes.
    ///
    /// # Errors
    /// [`Error::NoSuchOperator`], [`Error::LastAdmin`], bad texts or mail addresses, a role that does not cover it.
    pub fn edit_operator(
        &mut self,
        actor: &Actor,
        slug: &Slug,
        edit: impl FnOnce(&mut Operator),
        at: Timestamp,
        mode: Mode,
    ) -> Result<(Operator, Vec<Difference>), Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "change operators", &tx.read())?;
            let before = find::operator(&tx.read(), slug)?;
            let mut after = before.clone();
            edit(&mut after);
            check(&after)?;
            check_tiers(&tx.read(), &after)?;
            if before.role == Role::Admin && after.role != Role::Admin {
                keep_an_admin(&tx.read(), slug)?;
            }
            let changes = differences(&before, &after);
            if !changes.is_empty() {
                tx.record(at, actor.slug(), &Fact::OperatorChanged(after.clone()))?;
            }
            Ok((after, changes))
        })
    }

    /// Removes an operator and the operator's copies of the signing keys. What they did stays in the audit log.
    ///
    /// # Errors
    /// [`Error::NoSuchOperator`], [`Error::LastAdmin`], [`Error::LastCopy`], a role that does not cover it; a copy that cannot
    /// be deleted.
    pub fn remove_operator(&mut self, actor: &Actor, slug: &Slug, at: Timestamp, mode: Mode) -> Result<Operator, Error> {
        let keyring = self.keyring.clone();
        self.change(mode, |tx| {
            actor.require(Role::Admin, "remove operators", &tx.read())?;
            let operator = find::operator(&tx.read(), slug)?;
            if operator.role == Role::Admin {
                keep_an_admin(&tx.read(), slug)?;
            }
            for key in tx.read().signing_keys()?.into_iter().filter(|key| key.has_copy(slug)) {
                if is_last_copy(&tx.read(), &key, slug)? {
                    let (operator, kid) = (slug.clone(), key.kid);
                    return Err(Error::LastCopy { operator, kid, state: key.state, purpose: key.purpose });
                }
                tx.record(at, actor.slug(), &Fact::SigningKeyCopyRemoved { kid: key.kid, operator: slug.clone() })?;
                if mode == Mode::Commit {
                    keyring.remove_copy(&key.kid, slug)?;
                }
            }
            tx.record(at, actor.slug(), &Fact::OperatorRemoved { operator: slug.clone() })?;
            Ok(operator)
        })
    }

    /// Gives an operator a copy of a signing key, under the operator's own passphrase.
    ///
    /// # Errors
    /// [`Error::NoSuchOperator`], a viewer (who may not sign), [`Error::HasCopy`], [`Error::KeyState`] of a key that signs no
    /// more, a role that does not cover it.
    pub fn give_copy(
        &mut self,
        actor: &Actor,
        slug: &Slug,
        signer: &Signer,
        protection: Protection<'_>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let keyring = self.keyring.clone();
        self.change(Mode::Commit, |tx| {
            check_give(&tx.read(), actor, slug, signer.kid())?;
            let protected = matches!(protection, Protection::Passphrase { .. });
            let copied = Fact::SigningKeyCopied { kid: *signer.kid(), operator: slug.clone(), protected };
            tx.record(at, actor.slug(), &copied)?;
            // Last, so that a refused event leaves no file. A commit that then fails leaves a copy that the ledger does
            // not know; it opens with the operator's passphrase only, and giving the copy again says that it is there.
            keyring.write_copy(signer.key(), slug, protection)?;
            Ok(())
        })
    }

    /// Whether an operator has a copy of any signing key.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn has_keys(&self, slug: &Slug) -> Result<bool, Error> {
        Ok(self.read().signing_keys()?.iter().any(|key| key.has_copy(slug)))
    }

    /// The signing keys that still sign licenses and that an operator has no copy of.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn keys_without(&self, slug: &Slug) -> Result<Vec<crate::ledger::SigningKeyRecord>, Error> {
        let mut keys = self.read().signing_keys()?;
        keys.retain(|key| {
            key.purpose.signs_licenses() && matches!(key.state, KeyState::Active | KeyState::Next) && !key.has_copy(slug)
        });
        Ok(keys)
    }
}

/// Refuses limits to tiers that are not there: the operator could issue nothing.
fn check_tiers(tables: &Tables<'_>, operator: &Operator) -> Result<(), Error> {
    let known = tables.tiers(&TierFilter::default())?;
    let missing = operator.limits.tiers.iter().find(|tier| known.iter().all(|known| known.slug != **tier));
    let Some(missing) = missing else { return Ok(()) };
    let close = find::closest(missing.as_str(), known.iter().map(|tier| tier.slug.as_str()));
    Err(Error::UnknownTier { name: missing.to_string(), close: close.into_iter().map(str::to_owned).collect() })
}

fn keep_an_admin(tables: &Tables<'_>, leaving: &Slug) -> Result<(), Error> {
    let another = tables.operators()?.into_iter().any(|other| other.role == Role::Admin && other.slug != *leaving);
    if another { Ok(()) } else { Err(Error::LastAdmin(leaving.clone())) }
}

pub(super) fn check(operator: &Operator) -> Result<(), Error> {
    if let Some(name) = &operator.name {
        check_line("operator's name", name)?;
    }
    if let Some(mail) = &operator.mail {
        address::check(mail).map_err(|why| Error::Invalid(format!("mail address {mail}: {why}")))?;
    }
    Ok(())
}
