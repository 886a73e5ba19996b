//! The machines of licenses: which hold a seat, what they are called, and how a seat is given back.

use std::collections::{BTreeMap, BTreeSet};

use super::customers::check_line;
use super::issue::Issued;
use super::planned::Current;
use super::revise::{Extra, Next, revise};
use super::signer::Signers;
use super::{Actor, Authority, Error, Mode, limits};
use crate::guard::{InvalidText, Label, Receipt};
use crate::ledger::{ActivationRecord, Fact, Tables, Transaction};
use crate::license::{LicenseId, MachineId, Occasion, Role, Slug, Terms, Timestamp};

/// A machine to be taken off a license.
#[derive(Debug, Clone, PartialEq)]
pub struct Deactivation {
    /// The license.
    pub license: LicenseId,
    /// The machine.
    pub machine: MachineId,
    /// Why.
    pub reason: Option<String>,
    /// The machine's own receipt.
    pub receipt: Option<Receipt>,
}

impl Authority {
    /// The machine of a license that is meant: by its ID, also one that still matches, by the beginning of it, or by its label.
    ///
    /// # Errors
    /// [`Error::NoSuchMachine`], naming the license that has it where that is another one; [`Error::AmbiguousMachine`].
    pub fn find_machine(&self, license: LicenseId, name: &str) -> Result<MachineId, Error> {
        let tables = self.read();
        let terms = Current::read(&tables, license)?.terms;
        find_machine(&tables, license, &terms, name)
    }

    /// What a receipt gives back, where the machine that asked for the seat signed it.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for an edited receipt; [`Error::UnknownReceipt`]; [`Error::GivenBackBefore`].
    pub fn read_receipt(&self, pasted: &[u8]) -> Result<Deactivation, Error> {
        let proof = Receipt::read(pasted)?;
        let (license, nonce) = proof.claimed();
        let record = self.read().activation_by_request(nonce.as_str())?.filter(|record| record.license == license);
        let record = record.ok_or(Error::UnknownReceipt(license))?;
        let key = record.receipt_key.as_deref().ok_or(Error::UnknownReceipt(license))?;
        let receipt = proof.check(key)?;
        if let Some(ended) = record.ended_at {
            return Err(Error::GivenBackBefore { license, at: ended });
        }
        let reason = Some(format!("given back on {}", receipt.made.date()));
        Ok(Deactivation { license, machine: record.machine, reason, receipt: Some(receipt) })
    }

    /// The machines that hold seats, of one license or of all; those bound when a license was issued only with their license.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn machines(&self, license: Option<LicenseId>) -> Result<Vec<ActivationRecord>, Error> {
        let tables = self.read();
        let mut found = tables.activations(license)?;
        let Some(license) = license else { return Ok(found) };
        let record = tables.license(license)?.ok_or_else(|| Error::UnknownLicense(license.to_string()))?;
        let terms = tables.terms(license, record.rev)?.ok_or_else(|| Error::UnknownLicense(license.to_string()))?;
        for machine in terms.machines.bound {
            if found.iter().all(|known| known.machine != machine) {
                found.push(ActivationRecord {
                    license,
                    customer: record.customer.clone(),
                    product: terms.product.clone(),
                    machine,
                    label: None,
                    activated_at: record.issued_at,
                    receipt_key: None,
                    ended_at: None,
                });
            }
        }
        Ok(found)
    }

    /// Checks that a machine may be taken off.
    ///
    /// # Errors
    /// A machine that holds no seat; a role or limits that do not cover it.
    pub fn check_deactivation(&self, actor: &Actor, wish: &Deactivation) -> Result<Terms, Error> {
        check(&self.read(), actor, wish)
    }

    /// Takes a machine off a license. Gives the new revision.
    ///
    /// # Errors
    /// As [`Authority::check_deactivation`].
    pub fn deactivate(&mut self, actor: &Actor, wish: &Deactivation, signers: &Signers, at: Timestamp) -> Result<Issued, Error> {
        self.change(Mode::Commit, |tx| {
            let actor = actor.as_of(&tx.read())?;
            let terms = check(&tx.read(), &actor, wish)?;
            take_off(tx, &actor, wish, &terms, signers, at)
        })
    }

    /// Gives a machine another label, or takes it away.
    ///
    /// # Errors
    /// A machine that holds no seat; a role that does not cover it.
    pub fn rename_machine(
        &mut self,
        actor: &Actor,
        license: LicenseId,
        machine: &MachineId,
        label: Option<&Label>,
        at: Timestamp,
        mode: Mode,
    ) -> Result<(), Error> {
        self.change(mode, |tx| {
            let actor = actor.as_of(&tx.read())?;
            actor.require(Role::Issuer, "rename machines", &tx.read())?;
            let terms = Current::read(&tx.read(), license)?.terms;
            held(&terms, license, machine)?;
            let label = label.map(ToString::to_string);
            tx.record(at, actor.slug(), &Fact::MachineRenamed { license, machine: machine.clone(), label })?;
            Ok(())
        })
    }
}

/// The machines whose ID several customers use, those with one ID together.
#[must_use]
pub fn clones(machines: Vec<ActivationRecord>) -> Vec<ActivationRecord> {
    let mut users: BTreeMap<MachineId, BTreeSet<Slug>> = BTreeMap::new();
    for one in &machines {
        users.entry(one.machine.clone()).or_default().insert(one.customer.clone());
    }
    let mut cloned = machines;
    cloned.retain(|one| users.get(&one.machine).is_some_and(|users| users.len() > 1));
    cloned.sort_by(|one, other| one.machine.cmp(&other.machine));
    cloned
}

fn held(terms: &Terms, license: LicenseId, machine: &MachineId) -> Result<(), Error> {
    if terms.machines.bound.contains(machine) {
        return Ok(());
    }
    Err(Error::NoSuchMachine { name: machine.to_string(), license, elsewhere: None })
}

fn check(tables: &Tables<'_>, actor: &Actor, wish: &Deactivation) -> Result<Terms, Error> {
    actor.require(Role::Issuer, "deactivate machines", tables)?;
    let Current { terms, .. } = Current::read(tables, wish.license)?;
    limits::check(tables, actor, "deactivate machines of", |operator| limits::outside(operator, terms.kind, &terms.tier))?;
    held(&terms, wish.license, &wish.machine)?;
    if let Some(reason) = &wish.reason {
        check_line("reason", reason)?;
    }
    Ok(terms)
}

fn take_off(
    tx: &Transaction<'_>,
    actor: &Actor,
    wish: &Deactivation,
    before: &Terms,
    signers: &Signers,
    at: Timestamp,
) -> Result<Issued, Error> {
    let Current { customer, .. } = Current::read(&tx.read(), wish.license)?;
    let fact = Fact::MachineDeactivated {
        license: wish.license,
        machine: wish.machine.clone(),
        reason: wish.reason.clone(),
        receipt: wish.receipt.as_ref().map(|receipt| receipt.text().to_owned()),
    };
    tx.record(at, actor.slug(), &fact)?;
    let mut terms = before.clone();
    terms.machines.bound.retain(|bound| *bound != wish.machine);
    let extra = Extra { note: None, request: None, unusual: None };
    let next = Next { license: wish.license, customer: &customer, terms: &terms, occasion: Occasion::Deactivation, extra };
    revise(tx, actor.slug(), next, signers.of(terms.kind)?, at)
}

fn find_machine(tables: &Tables<'_>, license: LicenseId, terms: &Terms, name: &str) -> Result<MachineId, Error> {
    let bound = &terms.machines.bound;
    let read: Option<MachineId> = name.parse().ok();
    if let Some(read) = &read {
        if bound.contains(read) {
            return Ok(read.clone());
        }
        if let Some(known) = super::activate::same_machine(terms, read) {
            return Ok(known);
        }
    }
    let known = tables.activations(Some(license))?;
    let label = |machine: &&MachineId| {
        known
            .iter()
            .any(|one| one.machine == **machine && one.label.as_deref().is_some_and(|label| label.eq_ignore_ascii_case(name)))
    };
    let beginning = |machine: &&MachineId| name.len() >= 5 && machine.as_str().starts_with(&name.to_ascii_uppercase());
    let mut fits: Vec<&MachineId> = bound.iter().filter(label).collect();
    if fits.is_empty() {
        fits = bound.iter().filter(beginning).collect();
    }
    match fits.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let other = tables.activations(None)?.into_iter().find(|one| Some(&one.machine) == read.as_ref());
            let elsewhere = other.map(|one| (one.license, one.customer));
            Err(Error::NoSuchMachine { name: name.to_owned(), license, elsewhere })
        }
        several => {
            Err(Error::AmbiguousMachine { name: name.to_owned(), fits: several.iter().map(ToString::to_string).collect() })
        }
    }
}

impl From<InvalidText> for Error {
    fn from(why: InvalidText) -> Self {
        Self::Unreadable(why)
    }
}
