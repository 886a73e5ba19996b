//! Switching licenses off and on: suspended for a while, revoked, reinstated.
//!
//! The ledger knows at once. A customer's program that works offline learns of it from the next status list.

use super::customers::check_line;
use super::planned::each;
use super::{Actor, Authority, Error, Mode, limits};
use crate::ledger::{Fact, LicenseRecord, Tables};
use crate::license::{LicenseId, RevocationReason, Role, Standing, Timestamp};

/// What is decided about licenses.
#[derive(Debug, Clone)]
pub enum Decision {
    /// Switch them off for a while.
    Suspend {
        /// Why.
        reason: Option<String>,
    },
    /// Take them back.
    Revoke {
        /// Why.
        reason: RevocationReason,
        /// Anything worth knowing about the reason.
        note: Option<String>,
    },
    /// Make them good again.
    Reinstate {
        /// Why.
        reason: Option<String>,
    },
}

impl Decision {
    fn action(&self) -> &'static str {
        match self {
            Self::Suspend { .. } => "suspend",
            Self::Revoke { .. } => "revoke",
            Self::Reinstate { .. } => "reinstate",
        }
    }

    fn allowed(&self) -> &'static str {
        match self {
            Self::Suspend { .. } => "suspend licenses",
            Self::Revoke { .. } => "revoke licenses",
            Self::Reinstate { .. } => "reinstate licenses",
        }
    }

    fn fact(&self, license: LicenseId) -> Fact {
        match self {
            Self::Suspend { reason } => Fact::LicenseSuspended { license, reason: reason.clone() },
            Self::Revoke { reason, note } => {
                Fact::LicenseRevoked { license, reason: reason.as_str().to_owned(), note: note.clone() }
            }
            Self::Reinstate { reason } => Fact::LicenseReinstated { license, reason: reason.clone() },
        }
    }

    fn check(&self) -> Result<(), Error> {
        let text = match self {
            Self::Suspend { reason } | Self::Reinstate { reason } => reason.as_deref().map(|text| ("reason", text)),
            Self::Revoke { note, .. } => note.as_deref().map(|text| ("note", text)),
        };
        text.map_or(Ok(()), |(what, text)| check_line(what, text))
    }
}

impl Authority {
    /// Decides about licenses: all of them, or none. Gives each as it was before.
    ///
    /// # Errors
    /// [`Error::WrongStanding`] for a license that stands so already; [`Error::RevokedForGood`]; [`Error::NotAllowed`] for an
    /// issuer who would undo a revocation; a role or limits that do not cover it. [`Error::Several`] where there are several.
    pub fn decide(
        &mut self,
        actor: &Actor,
        licenses: &[LicenseId],
        decision: &Decision,
        at: Timestamp,
        mode: Mode,
    ) -> Result<Vec<LicenseRecord>, Error> {
        self.change(mode, |tx| {
            let actor = actor.as_of(&tx.read())?;
            actor.require(Role::Issuer, decision.allowed(), &tx.read())?;
            decision.check()?;
            each(
                licenses,
                |id| **id,
                |id| {
                    let record = may_decide(&tx.read(), &actor, *id, decision)?;
                    tx.record(at, actor.slug(), &decision.fact(*id))?;
                    Ok(record)
                },
            )
        })
    }
}

fn may_decide(tables: &Tables<'_>, actor: &Actor, id: LicenseId, decision: &Decision) -> Result<LicenseRecord, Error> {
    let record = tables.license(id)?.ok_or_else(|| Error::UnknownLicense(id.to_string()))?;
    let wrong = |standing| Err(Error::WrongStanding { license: id, standing });
    match (decision, record.standing) {
        (Decision::Suspend { .. }, Standing::Suspended) => return wrong("already suspended"),
        (Decision::Suspend { .. }, Standing::Revoked) => return wrong("revoked, which is more than suspended"),
        (Decision::Revoke { .. }, Standing::Revoked) => return wrong("already revoked"),
        (Decision::Reinstate { .. }, Standing::Good) => return wrong("not suspended"),
        (Decision::Reinstate { .. }, Standing::Revoked) => may_undo_revocation(tables, actor, &record)?,
        _ => {}
    }
    limits::check(tables, actor, decision.action(), |operator| limits::outside(operator, record.kind, &record.tier))?;
    Ok(record)
}

fn may_undo_revocation(tables: &Tables<'_>, actor: &Actor, record: &LicenseRecord) -> Result<(), Error> {
    let reason = tables.standing(record.id)?.and_then(|newest| newest.reason).and_then(|word| word.parse().ok());
    if let Some(reason) = reason.filter(|reason: &RevocationReason| reason.is_final()) {
        return Err(Error::RevokedForGood { license: record.id, customer: record.customer.clone(), reason });
    }
    actor.require(Role::Admin, "undo a revocation", tables)
}
