//! Issuing: an order becomes a signed license in one transaction.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::order::{MOST_LICENSES, Order, Plan};
use super::revise::{Extra, Revision, record_revision};
use super::signer::Signer;
use super::unusual::unusual;
use super::{Actor, Authority, Error, Mode};
use crate::ledger::{Request, Tables, Transaction};
use crate::license::{Customer, LicenseId, Operator, Role, Slug, Terms, Timestamp};
use crate::world::Entropy;

/// How often a new id may meet one that is taken. With a million licenses out, one draw in 34,000 does.
const DRAWS: u32 = 16;

/// A license that was issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Its id.
    pub id: LicenseId,
    /// The number of the revision, from 1.
    pub rev: u32,
    /// For whom.
    pub customer: Customer,
    /// What was granted.
    pub terms: Terms,
    /// The signed key.
    pub key: String,
    /// Whether it was issued by an earlier call with the same request id.
    pub repeated: bool,
}

/// What the caller says about an issue beside the order.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// How many licenses of the same terms; at least one.
    pub count: u32,
    /// A name for this request: the same name twice gives the same licenses.
    pub request: Option<String>,
}

impl Batch {
    /// One license, without a request id.
    #[must_use]
    pub fn one() -> Self {
        Self { count: 1, request: None }
    }

    /// What stands in the ledger for license number `place` (from 0) of this batch.
    fn request_for(&self, place: u32, order: &Order) -> Option<Request> {
        let id = self.request.as_ref()?;
        let id = if place == 0 { id.clone() } else { format!("{id}#{}", place + 1) };
        Some(Request { id, digest: self.digest(order) })
    }

    /// SHA-256 over the order and the count, by which a repeated request is told from another one of the same name.
    fn digest(&self, order: &Order) -> String {
        #[derive(Serialize)]
        struct Whole<'a> {
            count: u32,
            order: &'a Order,
        }
        // An order is plain data: turning it into JSON cannot fail.
        let text = serde_json::to_string(&Whole { count: self.count, order }).unwrap_or_default();
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn check(&self) -> Result<(), Error> {
        if !(1..=MOST_LICENSES).contains(&self.count) {
            return Err(Error::Invalid(format!("the count must be between 1 and {MOST_LICENSES}")));
        }
        match &self.request {
            Some(id) if id.is_empty() || id.len() > 128 || !id.bytes().all(|b| b.is_ascii_graphic() && b != b'#') => {
                Err(Error::Invalid("a request id has 1 to 128 printable ASCII characters, no blanks and no '#'".into()))
            }
            _ => Ok(()),
        }
    }
}

impl Authority {
    /// What an order would come to, and what is unusual about it.
    ///
    /// # Errors
    /// What [`Order::plan`] refuses, and what the operator may not issue.
    pub fn plan(&self, actor: &Actor, order: &Order, at: Timestamp) -> Result<(Plan, Vec<String>), Error> {
        let tables = self.read();
        let plan = permitted_plan(&tables, actor, order, at)?;
        let notes = unusual(&tables, &plan, at)?;
        Ok((plan, notes))
    }

    /// The licenses that an earlier call with the same request id issued, if there was one.
    ///
    /// # Errors
    /// [`Error::RequestReused`] when that call ordered something else.
    pub fn issued_before(&self, order: &Order, batch: &Batch) -> Result<Option<Vec<Issued>>, Error> {
        batch.check()?;
        repeated(&self.read(), order, batch)
    }

    /// Issues the licenses of an order: all of them, or none.
    ///
    /// In one transaction the order is planned on the ledger as it then is, signed, checked by the verifier that
    /// customers use, and recorded. With a request id seen before, the licenses issued then are given back.
    ///
    /// # Errors
    /// Whatever [`Authority::plan`] refuses; [`Error::RequestReused`]; a full disk or a locked ledger. Nothing is left behind.
    pub fn issue(
        &mut self,
        actor: &Actor,
        order: &Order,
        batch: &Batch,
        signer: &Signer,
        at: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Issued>, Error> {
        batch.check()?;
        self.change(Mode::Commit, |tx| {
            if let Some(earlier) = repeated(&tx.read(), order, batch)? {
                return Ok(earlier);
            }
            let plan = permitted_plan(&tx.read(), actor, order, at)?;
            let notes = unusual(&tx.read(), &plan, at)?;
            let unusual = (!notes.is_empty()).then(|| notes.join("; "));
            (0..batch.count)
                .map(|place| {
                    let extra =
                        Extra { note: plan.note.clone(), request: batch.request_for(place, order), unusual: unusual.clone() };
                    record_license(tx, actor.slug(), &plan, extra, signer, at, entropy)
                })
                .collect()
        })
    }
}

/// Signs the first revision of a license under an id of its own, and records it.
pub(super) fn record_license(
    tx: &Transaction<'_>,
    by: &Slug,
    plan: &Plan,
    extra: Extra,
    signer: &Signer,
    at: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Issued, Error> {
    let license = free_id(&tx.read(), entropy)?;
    let first = Revision { license, rev: 1, customer: &plan.customer, terms: &plan.terms, occasion: None, extra };
    record_revision(tx, by, first, signer, at)
}

fn free_id(tables: &Tables<'_>, entropy: &mut dyn Entropy) -> Result<LicenseId, Error> {
    for _ in 0..DRAWS {
        let mut bytes = [0; 8];
        entropy.fill(&mut bytes).map_err(Error::Entropy)?;
        let id = LicenseId::from_random(u64::from_le_bytes(bytes));
        if tables.license(id)?.is_none() {
            return Ok(id);
        }
    }
    Err(Error::Invalid("no free license id was found: the system's random bytes repeat".into()))
}

fn repeated(tables: &Tables<'_>, order: &Order, batch: &Batch) -> Result<Option<Vec<Issued>>, Error> {
    let mut earlier = Vec::new();
    for place in 0..batch.count {
        let Some(request) = batch.request_for(place, order) else { return Ok(None) };
        let Some(known) = tables.license_by_request(&request.id)? else { break };
        if known.digest != request.digest {
            return Err(Error::RequestReused { request: request.id, license: known.license });
        }
        earlier.push(as_answered(tables, known.license, known.rev)?);
    }
    Ok((!earlier.is_empty()).then_some(earlier))
}

/// A license as it was when a request was answered with it.
fn as_answered(tables: &Tables<'_>, id: LicenseId, rev: u32) -> Result<Issued, Error> {
    let unknown = || Error::UnknownLicense(id.to_string());
    let record = tables.license(id)?.ok_or_else(unknown)?;
    let customer = tables.customer(&record.customer)?.ok_or_else(unknown)?;
    let terms = tables.terms(id, rev)?.ok_or_else(unknown)?;
    let key = tables.key_text(id, rev)?.ok_or_else(unknown)?;
    Ok(Issued { id, rev, customer, terms, key, repeated: true })
}

/// The plan of an order, where the operator's role and limits cover it.
pub(super) fn permitted_plan(tables: &Tables<'_>, actor: &Actor, order: &Order, at: Timestamp) -> Result<Plan, Error> {
    actor.require(Role::Issuer, "issue licenses", tables)?;
    let plan = order.plan(tables, at)?;
    if let Some(why) = beyond_limits(actor.operator(), &plan.terms) {
        let who_can = tables
            .operators()?
            .into_iter()
            .filter(|other| other.role >= Role::Issuer && beyond_limits(other, &plan.terms).is_none())
            .map(|other| other.slug)
            .collect();
        return Err(Error::BeyondLimits { operator: actor.slug().clone(), why, who_can });
    }
    Ok(plan)
}

/// Which of an operator's own limits a license would go beyond.
fn beyond_limits(operator: &Operator, terms: &Terms) -> Option<String> {
    let limits = &operator.limits;
    if !limits.types.is_empty() && !limits.types.contains(&terms.kind) {
        return Some(format!("{} licenses are outside the types allowed", terms.kind));
    }
    if !limits.tiers.is_empty() && !limits.tiers.contains(&terms.tier) {
        return Some(format!("tier '{}' is outside the tiers allowed", terms.tier));
    }
    let longest = limits.longest?;
    // The limit counts from the start of the license. A period that leads past the calendar's end limits nothing.
    let last = longest.after(terms.starts.date())?.end();
    match terms.ends {
        None => Some(format!("perpetual is longer than the {longest} allowed")),
        Some(end) if end > last => Some(format!("until {} is longer than the {longest} allowed", end.last_day())),
        Some(_) => None,
    }
}
