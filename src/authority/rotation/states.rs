//! What a signing key may become: next, then active, then retired; and compromised from anywhere, for good.

use ed25519_dalek::Signer as _;

use crate::authority::customers::check_line;
use crate::authority::signer::{Signer, no_copy};
use crate::authority::{Actor, Authority, Error, Mode, find};
use crate::ledger::{Fact, KeyState, SigningKeyRecord, Tables};
use crate::license::{Role, Slug, Timestamp};
use crate::token::Kid;

/// What it comes to when a key is activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// The key, as it was before.
    pub key: SigningKeyRecord,
    /// The key that signed until then, and is retired.
    pub former: Option<Kid>,
    /// Who may issue licenses, could sign with the former key, and has no copy of the new one.
    pub left_behind: Vec<Slug>,
}

/// What it comes to when a key is compromised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compromise {
    /// The key, as it was before.
    pub key: SigningKeyRecord,
    /// The key of the same purpose that is ready to take its place.
    pub next: Option<Kid>,
}

impl Authority {
    /// What activating a key would come to.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::UnknownKey`]; [`Error::KeyState`] of a key that signs already or is compromised;
    /// [`Error::NoCopy`] of an actor who could not prove that the key opens.
    pub fn activation(&self, actor: &Actor, kid: &Kid) -> Result<Activation, Error> {
        activation(&self.read(), actor, kid)
    }

    /// Lets a key sign from now on, and retires the one that did. That the key opens is proven by the signer: what nobody can
    /// open would leave nobody who signs.
    ///
    /// A retired key may come back the same way, for the day on which the new one turns out to be unknown to the products.
    ///
    /// # Errors
    /// As [`Authority::activation`]; [`Error::SelfCheck`] of a key that does not sign.
    pub fn activate_key(&mut self, actor: &Actor, signer: &Signer, at: Timestamp) -> Result<Activation, Error> {
        self.change(Mode::Commit, |tx| {
            let activation = activation(&tx.read(), actor, signer.kid())?;
            prove(signer, &activation.key)?;
            let change = |kid, state| Fact::SigningKeyStateChanged { kid, state, reason: None };
            if let Some(former) = activation.former {
                tx.record(at, actor.slug(), &change(former, KeyState::Retired))?;
            }
            tx.record(at, actor.slug(), &change(*signer.kid(), KeyState::Active))?;
            Ok(activation)
        })
    }

    /// Takes a key out of use that is not the one that signs. What it signed stays good.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::UnknownKey`], [`Error::KeyState`]; [`Error::OnlyActive`] of the key that signs:
    /// activating another retires it.
    pub fn retire_key(&mut self, actor: &Actor, kid: &Kid, at: Timestamp, mode: Mode) -> Result<SigningKeyRecord, Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "retire signing keys", &tx.read())?;
            let key = find::signing_key(&tx.read(), kid.as_str())?;
            match key.state {
                KeyState::Next => {}
                KeyState::Active => return Err(Error::OnlyActive { kid: *kid, purpose: key.purpose }),
                KeyState::Retired => return Err(Error::KeyState { kid: *kid, state: key.state, wanted: "retired again" }),
                KeyState::Compromised => return Err(Error::KeyState { kid: *kid, state: key.state, wanted: "retired" }),
            }
            tx.record(at, actor.slug(), &Fact::SigningKeyStateChanged { kid: *kid, state: KeyState::Retired, reason: None })?;
            Ok(key)
        })
    }

    /// Marks a key as compromised: whatever it signed, and will be made to sign, is refused. Cannot be undone.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::UnknownKey`]; [`Error::KeyState`] where it is compromised already; a bad reason.
    pub fn compromise_key(
        &mut self,
        actor: &Actor,
        kid: &Kid,
        reason: Option<&str>,
        at: Timestamp,
        mode: Mode,
    ) -> Result<Compromise, Error> {
        if let Some(reason) = reason {
            check_line("reason", reason)?;
        }
        self.change(mode, |tx| {
            actor.require(Role::Admin, "mark signing keys as compromised", &tx.read())?;
            let key = find::signing_key(&tx.read(), kid.as_str())?;
            if key.state == KeyState::Compromised {
                return Err(Error::KeyState { kid: *kid, state: key.state, wanted: "marked as compromised again" });
            }
            let ready = |other: &SigningKeyRecord| other.purpose == key.purpose && other.state == KeyState::Next;
            let next = tx.read().signing_keys()?.into_iter().filter(|other| other.kid != *kid).find(ready).map(|next| next.kid);
            let reason = reason.map(str::to_owned);
            tx.record(at, actor.slug(), &Fact::SigningKeyStateChanged { kid: *kid, state: KeyState::Compromised, reason })?;
            Ok(Compromise { key, next })
        })
    }
}

fn activation(tables: &Tables<'_>, actor: &Actor, kid: &Kid) -> Result<Activation, Error> {
    actor.require(Role::Admin, "activate signing keys", tables)?;
    let key = find::signing_key(tables, kid.as_str())?;
    if !matches!(key.state, KeyState::Next | KeyState::Retired) {
        let wanted = if key.state == KeyState::Active { "activated again" } else { "activated" };
        return Err(Error::KeyState { kid: *kid, state: key.state, wanted });
    }
    let service = !key.purpose.signs_licenses();
    if !service && !key.has_copy(actor.slug()) {
        return Err(no_copy(tables, actor, &key));
    }
    let mut keys = tables.signing_keys()?;
    keys.retain(|other| other.purpose == key.purpose && other.state == KeyState::Active);
    let former = keys.pop();
    let issuers = tables.operators()?.into_iter().filter(|operator| operator.role >= Role::Issuer);
    let signed = |operator: &Slug| former.as_ref().is_none_or(|former| former.has_copy(operator));
    let lacks = |operator: &Slug| !service && signed(operator) && !key.has_copy(operator);
    let left_behind = issuers.map(|operator| operator.slug).filter(lacks).collect();
    Ok(Activation { left_behind, former: former.map(|former| former.kid), key })
}

/// Has the key sign something that is no license, and the public key of the ledger check it.
fn prove(signer: &Signer, record: &SigningKeyRecord) -> Result<(), Error> {
    let message = format!("lic: {} opens", record.kid);
    let signature = signer.key().sign(message.as_bytes());
    let checked = record.public_key()?.verifying().verify_strict(message.as_bytes(), &signature);
    checked.map_err(|_| Error::SelfCheck(format!("signing key {} does not sign", record.kid)))
}
