//! Signing a revision of a license: the first, and every later one, whatever it is for.
//!
//! The one place where the claims of a key are put together, signed, read back and recorded. What a revision may grant is
//! the business of the use case that asks for it; that a revoked license gets none is the rule here.

use std::sync::Arc;

use super::Error;
use super::issue::Issued;
use super::signer::Signer;
use super::status;
use crate::ledger::{Fact, KeyState, Request, Tables, Transaction};
use crate::license::{Customer, LicenseId, MachineId, Occasion, Slug, Standing, Terms, Timestamp};
use crate::token::{Claims, Grant, KeySet, PublicKey, StatusRef, Verifier, sign_as};

/// What is recorded with a revision beside what it grants.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// Anything worth knowing; absent: the license keeps the note it has.
    pub note: Option<String>,
    /// The request it answers.
    pub request: Option<Request>,
    /// What was unusual about the terms.
    pub unusual: Option<String>,
}

/// The next revision of a license that there is.
#[derive(Debug)]
pub(super) struct Next<'a> {
    /// The license.
    pub license: LicenseId,
    /// Whose it is from now on.
    pub customer: &'a Customer,
    /// What it grants from now on.
    pub terms: &'a Terms,
    /// Why it is signed.
    pub occasion: Occasion,
    /// What is recorded with it.
    pub extra: Extra,
}

/// Signs the next revision of a license and records it.
///
/// # Errors
/// [`Error::UnknownLicense`]; [`Error::Revoked`]: what was taken back is never signed again.
pub(super) fn revise(tx: &Transaction<'_>, by: &Slug, next: Next<'_>, signer: &Signer, at: Timestamp) -> Result<Issued, Error> {
    revise_for(tx, by, next, None, signer, at)
}

/// The same, with a key for one machine alone: the answer to its request.
///
/// What is recorded as granted stays whole, every bound machine included: the next revision starts from there. Only the key's
/// own claims name the one machine, so that nobody else can use the file that it is sent in. The ledger holds the key as it was
/// signed, so that a key found later is compared with that.
///
/// # Errors
/// As [`revise`].
pub(super) fn revise_for(
    tx: &Transaction<'_>,
    by: &Slug,
    next: Next<'_>,
    alone: Option<&MachineId>,
    signer: &Signer,
    at: Timestamp,
) -> Result<Issued, Error> {
    let Next { license, customer, terms, occasion, extra } = next;
    let record = tx.read().license(license)?.ok_or_else(|| Error::UnknownLicense(license.to_string()))?;
    if record.standing == Standing::Revoked {
        return Err(Error::Revoked(license));
    }
    let rev = record.rev.saturating_add(1);
    let revision = Revision { license, rev, customer, terms: terms.clone(), alone, occasion: Some(occasion), extra };
    record_revision(tx, by, revision, signer, at)
}

/// One revision, the first or a later one.
#[derive(Debug)]
pub(super) struct Revision<'a> {
    /// The license.
    pub license: LicenseId,
    /// Its number, from 1.
    pub rev: u32,
    /// For whom.
    pub customer: &'a Customer,
    /// What it grants.
    pub terms: Terms,
    /// The one machine that the key is for; `None`: every machine that the terms name.
    pub alone: Option<&'a MachineId>,
    /// Why it is signed; `None` for the first.
    pub occasion: Option<Occasion>,
    /// What is recorded with it.
    pub extra: Extra,
}

/// Signs a revision and records it.
pub(super) fn record_revision(
    tx: &Transaction<'_>,
    by: &Slug,
    revision: Revision<'_>,
    signer: &Signer,
    at: Timestamp,
) -> Result<Issued, Error> {
    check_active(&tx.read(), signer)?;
    let customer = Arc::new(revision.customer.clone());
    let status = status_reference(tx, revision.license, signer)?;
    let fact = sign_revision(revision, status, &SelfCheck::of(signer)?, at)?;
    tx.record(at, by, &fact)?;
    issued(fact, customer)
}

/// What was given out, of the fact that was recorded.
pub(super) fn issued(fact: Fact, customer: Arc<Customer>) -> Result<Issued, Error> {
    match fact {
        Fact::LicenseIssued { license: id, rev, terms, key, .. } => Ok(Issued { id, rev, customer, terms, key, repeated: false }),
        _ => Err(Error::SelfCheck("something else was signed".into())),
    }
}

/// Refuses a signing key that another process has taken out of use since it was unlocked.
pub(super) fn check_active(tables: &Tables<'_>, signer: &Signer) -> Result<(), Error> {
    match tables.signing_key_state(signer.kid())? {
        Some(KeyState::Active) => Ok(()),
        Some(state) => Err(Error::KeyState { kid: *signer.kid(), state, wanted: "used to sign" }),
        None => Err(Error::UnknownKey(signer.kid().to_string())),
    }
}

/// Signs a revision, and has the independent verifier read what was signed: the fact to be recorded, which holds the key.
///
/// Needs no ledger, so that many can be signed at once. Whatever is not recorded afterwards was never issued.
pub(super) fn sign_revision(
    revision: Revision<'_>,
    status: Option<StatusRef>,
    check: &SelfCheck<'_>,
    at: Timestamp,
) -> Result<Fact, Error> {
    let Revision { license: id, rev, customer, terms, alone, occasion, extra } = revision;
    let signer = check.signer;
    let grant = Grant { issuer: signer.issuer(), customer: &customer.slug, customer_name: &customer.name, id, rev, at, status };
    let mut claims = Claims::new(grant, &terms);
    if let Some(machine) = alone {
        claims.machines.bound = vec![machine.clone()];
    }
    let key = check.sign(&claims)?;
    Ok(Fact::LicenseIssued {
        license: id,
        customer: customer.slug.clone(),
        terms,
        rev,
        kid: *signer.kid(),
        key,
        note: extra.note,
        request: extra.request,
        unusual: extra.unusual,
        occasion,
    })
}

/// Where the status of a license is published, whether it is there already or is about to be recorded.
fn status_reference(tx: &Transaction<'_>, license: LicenseId, signer: &Signer) -> Result<Option<StatusRef>, Error> {
    let Some(base) = signer.status() else { return Ok(None) };
    let tables = tx.read();
    let index = match tables.license(license)? {
        Some(record) => record.status_index,
        None => tables.next_status_index()?,
    };
    Ok(Some(status::reference(base, index)))
}

/// A signer, with the independent verifier that reads what was signed before anybody else does.
pub(super) struct SelfCheck<'s> {
    signer: &'s Signer,
    verifier: Verifier,
}

impl<'s> SelfCheck<'s> {
    /// A verifier that trusts the signer's key alone, as the ledger knows it.
    pub fn of(signer: &'s Signer) -> Result<Self, Error> {
        let mut keys = KeySet::new();
        keys.insert(PublicKey::try_from(signer.key().verifying_key()).map_err(|why| Error::SelfCheck(why.to_string()))?);
        // Product and customer are compared with all other claims.
        Ok(Self { signer, verifier: Verifier::for_any_product(keys).any_machine().without_status_list() })
    }

    fn sign(&self, claims: &Claims) -> Result<String, Error> {
        let key = sign_as(claims, self.signer.kid(), self.signer.key());
        let license = self.verifier.verify(&key, claims.nbf).map_err(|refusal| Error::SelfCheck(refusal.to_string()))?;
        if license.claims() == claims { Ok(key) } else { Err(Error::SelfCheck("it reads back differently".into())) }
    }
}
