//! Who acts, and what their role covers.
//!
//! A role is a promise among people who share a home: whoever can write `ledger.db` with other tools is not stopped by
//! it, though the audit log shows what was not recorded. Signing is different: without a copy of the signing key and
//! its passphrase nobody signs.

use super::{Authority, Error};
use crate::ledger::Tables;
use crate::license::{Operator, Role, Slug};

/// An operator of the ledger, about to act.
#[derive(Debug, Clone)]
pub struct Actor {
    operator: Operator,
}

impl Actor {
    /// An operator who was looked up.
    pub(super) fn of(operator: Operator) -> Self {
        Self { operator }
    }

    /// The first operator, before there is a ledger to ask.
    pub(super) fn founder(operator: Operator) -> Self {
        Self { operator }
    }

    /// The operator's short name.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.operator.slug
    }

    /// The operator.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The operator as the ledger has them now: a question may have stood on a terminal for hours.
    ///
    /// # Errors
    /// [`Error::UnknownOperator`] for one who was removed meanwhile.
    pub(super) fn as_of(&self, tables: &Tables<'_>) -> Result<Self, Error> {
        let operator = tables.operator(self.slug())?.ok_or_else(|| Error::UnknownOperator(self.slug().to_string()))?;
        Ok(Self { operator })
    }

    /// Refuses what the role does not cover; `action` completes "may not …".
    ///
    /// # Errors
    /// [`Error::NotAllowed`], naming who may.
    pub fn require(&self, least: Role, action: &'static str, tables: &Tables<'_>) -> Result<(), Error> {
        if self.operator.role >= least {
            return Ok(());
        }
        let who_can = tables.operators()?.into_iter().filter(|other| other.role >= least).map(|other| other.slug).collect();
        Err(Error::NotAllowed { operator: self.slug().clone(), role: self.operator.role, action, who_can })
    }
}

impl Authority {
    /// The operator of this name, ready to act.
    ///
    /// # Errors
    /// [`Error::UnknownOperator`] for a name that is not an operator's.
    pub fn actor(&self, name: &str) -> Result<Actor, Error> {
        let unknown = || Error::UnknownOperator(name.to_owned());
        let slug: Slug = name.to_ascii_lowercase().parse().map_err(|_| unknown())?;
        let operator = self.read().operator(&slug)?.ok_or_else(unknown)?;
        Ok(Actor { operator })
    }
}
