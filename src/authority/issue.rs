//! Issuing: an order becomes a signed license in one transaction.

use std::sync::Arc;

use serde::Serialize;

use super::order::{MOST_LICENSES, Order, Plan};
use super::request::Named;
use super::revise::{Extra, Revision, record_revision};
use super::signer::Signer;
use super::unusual::{unusual, without_list};
use super::{Actor, Authority, Error, Mode, limits};
use crate::ledger::{Tables, Transaction};
use crate::license::{Customer, LicenseId, Role, Slug, Terms, Timestamp};
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
    /// For whom: one customer may stand behind many licenses.
    pub customer: Arc<Customer>,
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

    /// The request, where it has a name.
    pub(super) fn named(&self, order: &Order) -> Result<Option<Named<'_>>, Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            count: u32,
            order: &'a Order,
        }
        self.request.as_ref().map(|id| Named::new(id, &Whole { count: self.count, order })).transpose()
    }

    fn check(&self) -> Result<(), Error> {
        if !(1..=MOST_LICENSES).contains(&self.count) {
            return Err(Error::Invalid(format!("the count must be between 1 and {MOST_LICENSES}")));
        }
        Ok(())
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
        let mut notes = unusual(&tables, &plan, at)?;
        notes.extend(without_list(&plan.terms, self.settings.status.uri.as_deref()));
        Ok((plan, notes))
    }

    /// The licenses that an earlier call with the same request id issued, if there was one.
    ///
    /// # Errors
    /// [`Error::RequestReused`] when that call ordered something else.
    pub fn issued_before(&self, order: &Order, batch: &Batch) -> Result<Option<Vec<Issued>>, Error> {
        batch.check()?;
        batch.named(order)?.map_or(Ok(None), |named| named.answered(&self.read()))
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
        let named = batch.named(order)?;
        self.change(Mode::Commit, |tx| {
            let earlier = named.as_ref().map_or(Ok(None), |named| named.answered(&tx.read()))?;
            if let Some(earlier) = earlier {
                return Ok(earlier);
            }
            let plan = permitted_plan(&tx.read(), actor, order, at)?;
            let mut notes = unusual(&tx.read(), &plan, at)?;
            notes.extend(without_list(&plan.terms, signer.status()));
            let unusual = (!notes.is_empty()).then(|| notes.join("; "));
            (0..batch.count)
                .map(|place| {
                    let extra = Extra {
                        note: plan.note.clone(),
                        request: named.as_ref().map(|named| named.at(place as usize)),
                        unusual: unusual.clone(),
                    };
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
    let first =
        Revision { license, rev: 1, customer: &plan.customer, terms: plan.terms.clone(), alone: None, occasion: None, extra };
    record_revision(tx, by, first, signer, at)
}

pub(super) fn free_id(tables: &Tables<'_>, entropy: &mut dyn Entropy) -> Result<LicenseId, Error> {
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

/// The plan of an order, where the operator's role and limits cover it.
pub(super) fn permitted_plan(tables: &Tables<'_>, actor: &Actor, order: &Order, at: Timestamp) -> Result<Plan, Error> {
    actor.require(Role::Issuer, "issue licenses", tables)?;
    let plan = order.plan(tables, at)?;
    within_limits(tables, actor, &plan.terms)?;
    Ok(plan)
}

/// Refuses terms that the operator's own limits do not cover.
pub(super) fn within_limits(tables: &Tables<'_>, actor: &Actor, terms: &Terms) -> Result<(), Error> {
    limits::check(tables, actor, "issue", |operator| limits::beyond(operator, terms))
}
