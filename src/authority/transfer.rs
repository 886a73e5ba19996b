//! Transferring a license to another customer. Its history stays under its id.

use super::issue::Issued;
use super::planned::{Current, Planned};
use super::revise::{Extra, Next, revise};
use super::signer::Signers;
use super::{Actor, Authority, Error, Mode, find, limits};
use crate::ledger::Tables;
use crate::license::{LicenseId, Occasion, Role, Slug, Timestamp};

/// What somebody asked for.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The license.
    pub license: LicenseId,
    /// The customer who gets it.
    pub to: Slug,
    /// Whether machines that are bound are let go.
    pub force: bool,
    /// A note for the ledger, in place of the one there is.
    pub note: Option<String>,
}

impl Authority {
    /// What a transfer would come to.
    ///
    /// # Errors
    /// [`Error::Revoked`]; [`Error::Bound`] where machines are bound and nobody forces it, which only an admin may; an unknown
    /// or archived customer, or the one who has it; a role or limits that do not cover it.
    pub fn plan_transfer(&self, actor: &Actor, transfer: &Transfer) -> Result<Planned, Error> {
        plan(&self.read(), actor, transfer)
    }

    /// Transfers a license as planned.
    ///
    /// # Errors
    /// As [`Authority::plan_transfer`]; [`Error::Changed`] where it is no longer as it was shown.
    pub fn transfer(
        &mut self,
        actor: &Actor,
        transfer: &Transfer,
        shown: &Planned,
        signers: &Signers,
        at: Timestamp,
    ) -> Result<Issued, Error> {
        self.change(Mode::Commit, |tx| {
            let actor = actor.as_of(&tx.read())?;
            shown.check_unchanged(&tx.read())?;
            let plan = plan(&tx.read(), &actor, transfer)?;
            let (customer, terms) = (&plan.customer, &plan.terms);
            let extra = Extra { note: transfer.note.clone(), request: None, unusual: None };
            let next = Next { license: transfer.license, customer, terms, occasion: Occasion::Transfer, extra };
            revise(tx, actor.slug(), next, signers.of(terms.kind)?, at)
        })
    }
}

fn plan(tables: &Tables<'_>, actor: &Actor, transfer: &Transfer) -> Result<Planned, Error> {
    actor.require(Role::Issuer, "transfer licenses", tables)?;
    let Current { record, terms: before, customer } = Current::read(tables, transfer.license)?;
    let to = find::customer(tables, transfer.to.as_str())?;
    if to.slug == customer.slug {
        return Err(Error::Invalid(format!("license {} belongs to customer '{}' already", record.id, to.slug)));
    }
    if to.archived {
        return Err(Error::ArchivedCustomer(to.slug));
    }
    limits::check(tables, actor, "transfer", |operator| limits::outside(operator, before.kind, &before.tier))?;
    let mut terms = before.clone();
    if !before.machines.bound.is_empty() {
        if !transfer.force {
            return Err(Error::Bound { license: record.id, count: before.machines.bound.len() });
        }
        actor.require(Role::Admin, "let go the machines of a license", tables)?;
        terms.machines.bound.clear();
    }
    Ok(Planned { record, before, customer: to, terms, unusual: Vec::new() })
}
