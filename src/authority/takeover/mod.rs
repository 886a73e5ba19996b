//! Taking over the licenses of an older system: recorded here under ids of our own, without a signature of ours.
//!
//! A license is known again by the name of the system and its number there, so that the same file taken over twice changes
//! nothing. A key of ours is its second revision, signed when the vendor wants it; until then it is foreign.

pub mod mapping;
pub mod rows;

use super::csv_import::Problem;
use super::issue::{Issued, free_id};
use super::limits;
use super::order::{End, Order, Quantity};
use super::revise::{Extra, Next, revise};
use super::signer::Signer;
use super::{Actor, Authority, Error, Mode, customers, find};
use crate::ledger::{CustomerFilter, Fact, Foreign, LedgerError, Tables, Transaction};
use crate::license::{Customer, CustomerKind, LicenseId, Occasion, Role, Slug, Standing, Terms, Tier, Timestamp};
use crate::world::Entropy;
use mapping::{CustomerBy, Mapping};
use rows::ForeignRow;

/// What became of one license of the older system.
#[derive(Debug, Clone)]
pub struct TakenOver {
    /// Its id here.
    pub id: LicenseId,
    /// Its number there.
    pub reference: String,
    /// Whose it is.
    pub customer: Customer,
    /// What it grants.
    pub terms: Terms,
    /// Whether it was taken over before; nothing of it changed now.
    pub known: bool,
    /// Whether its customer was added for it.
    pub customer_added: bool,
    /// The key that was signed for it.
    pub issued: Option<Issued>,
    /// Whether a key is to be signed for it: it has none of ours, and is neither over nor revoked.
    pub wants_key: bool,
}

/// Why a file was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum TakeoverError {
    /// Rows that cannot be taken, in the order of their lines.
    #[error("{} rows cannot be taken over", .0.len())]
    Rows(Vec<Problem>),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<LedgerError> for TakeoverError {
    fn from(error: LedgerError) -> Self {
        Self::Other(error.into())
    }
}

/// How a file is to be taken over.
pub struct Takeover<'a> {
    /// What its words mean.
    pub mapping: &'a Mapping,
    /// Its licenses.
    pub rows: &'a [ForeignRow],
    /// What signs a key for each that has none of ours.
    pub signer: Option<&'a Signer>,
}

impl Authority {
    /// Refuses who may not take licenses over.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn check_may_take_over(&self, actor: &Actor) -> Result<(), Error> {
        actor.require(Role::Admin, "take over the licenses of another system", &self.read())
    }

    /// Takes licenses over, all of them or none; those that are known already stay as they are.
    ///
    /// # Errors
    /// [`TakeoverError::Rows`] for unknown customers and tiers, each with its place; a role that does not cover it.
    pub fn take_over(
        &mut self,
        actor: &Actor,
        takeover: &Takeover<'_>,
        at: Timestamp,
        mode: Mode,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<TakenOver>, TakeoverError> {
        self.check_may_take_over(actor)?;
        self.change(mode, |tx| {
            let mut people = People::of(&tx.read(), takeover.mapping)?;
            let (mut taken, mut problems) = (Vec::new(), Vec::new());
            for row in takeover.rows {
                match one(tx, actor, takeover, row, &mut people, at, entropy) {
                    Ok(one) => taken.push(one),
                    Err(Refused::Row(problem)) => problems.push(problem),
                    Err(Refused::Other(error)) => return Err(error.into()),
                }
            }
            if problems.is_empty() { Ok(taken) } else { Err(TakeoverError::Rows(problems)) }
        })
    }
}

enum Refused {
    Row(Problem),
    Other(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        Self::Other(error.into())
    }
}

fn one(
    tx: &Transaction<'_>,
    actor: &Actor,
    takeover: &Takeover<'_>,
    row: &ForeignRow,
    people: &mut People,
    at: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<TakenOver, Refused> {
    let Takeover { mapping, signer, .. } = takeover;
    let known = tx.read().license_by_foreign_reference(&mapping.system, &row.reference.value)?;
    let mut taken = match known {
        Some(id) => as_known(&tx.read(), id, &row.reference.value, at)?,
        None => record(tx, actor, mapping, row, people, at, entropy)?,
    };
    if taken.wants_key
        && let Some(signer) = signer
    {
        limits::check(&tx.read(), actor, "take over", |operator| limits::beyond(operator, &taken.terms))?;
        let next = Next {
            license: taken.id,
            customer: &taken.customer,
            terms: &taken.terms,
            occasion: Occasion::Reissue,
            extra: Extra::default(),
        };
        taken.issued = Some(revise(tx, actor.slug(), next, signer, at)?);
    }
    Ok(taken)
}

/// A license that was taken over before.
fn as_known(tables: &Tables<'_>, id: LicenseId, reference: &str, at: Timestamp) -> Result<TakenOver, Error> {
    let unknown = || Error::UnknownLicense(id.to_string());
    let record = tables.license(id)?.ok_or_else(unknown)?;
    let customer = tables.customer(&record.customer)?.ok_or_else(unknown)?;
    let terms = tables.terms(id, record.rev)?.ok_or_else(unknown)?;
    let runs = terms.stops().is_none_or(|stops| stops > at) && record.standing != Standing::Revoked;
    let wants_key = record.foreign.is_some() && runs;
    let reference = reference.to_owned();
    Ok(TakenOver { id, reference, customer, terms, known: true, customer_added: false, issued: None, wants_key })
}

fn record(
    tx: &Transaction<'_>,
    actor: &Actor,
    mapping: &Mapping,
    row: &ForeignRow,
    people: &mut People,
    at: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<TakenOver, Refused> {
    let tier = tier(&tx.read(), mapping, row)?;
    let terms = terms(&tier, row, at)?;
    let (customer, customer_added) = people.find_or_add(tx, actor, mapping, row, at)?;
    let id = free_id(&tx.read(), entropy)?;
    let reference = row.reference.value.clone();
    let foreign = Foreign { system: mapping.system.clone(), reference: reference.clone(), key: row.key.clone() };
    let fact = Fact::LicenseTakenOver {
        license: id,
        customer: customer.slug.clone(),
        terms: terms.clone(),
        foreign,
        note: row.note.clone(),
    };
    tx.record(at, actor.slug(), &fact)?;
    let wants_key = terms.stops().is_none_or(|stops| stops > at);
    Ok(TakenOver { id, reference, customer, terms, known: false, customer_added, issued: None, wants_key })
}

/// The tier of a row. One that is no longer offered will do: old licenses are of old tiers. A word of the file must be the whole
/// name of a tier: in a thousand rows nobody would notice what a beginning was taken for.
fn tier(tables: &Tables<'_>, mapping: &Mapping, row: &ForeignRow) -> Result<Tier, Refused> {
    let word = &row.tier.value;
    let unknown = || Refused::Row(row.tier.problem(format!("no tier for '{word}': say which in [tiers]")));
    let Some(named) = mapping.tiers.get(word) else {
        let found = find::tier(tables, word, mapping.product.as_ref()).map_err(|_| unknown())?;
        let whole = [found.slug.to_string(), found.full_name()].contains(&word.to_lowercase());
        return if whole { Ok(found) } else { Err(unknown()) };
    };
    find::tier(tables, named, mapping.product.as_ref()).map_err(|error| {
        let why = match error {
            Error::UnknownTier { .. } => "there is no such tier".to_owned(),
            Error::AmbiguousTier { fits, .. } => format!("that fits several tiers: {}", fits.join(", ")),
            other => return Refused::Other(other),
        };
        Refused::Row(row.tier.problem(format!("[tiers] says that '{word}' is '{named}', and {why}")))
    })
}

/// What a row grants. It may be over already.
fn terms(tier: &Tier, row: &ForeignRow, at: Timestamp) -> Result<Terms, Refused> {
    // The customer stands in the order alone.
    let nobody: Slug = customers::INTERNAL.parse().map_err(|_| Error::Invalid("no customer".into()))?;
    let mut order = Order::new(nobody, tier.slug.as_str());
    order.kind = row.kind;
    order.seats = row.seats.map(|seats| seats.map_or(Quantity::Unlimited, Quantity::Count));
    let today = at.date();
    let first = row.starts.or(row.until.flatten().filter(|until| *until < today)).unwrap_or(today);
    order.from = Some(first);
    order.end = row.until.map(|until| until.map_or(End::Perpetual, End::Until));
    // As of its first day: it is recorded, not issued, and may lie in the past.
    order.terms(tier, first.start().min(at)).map_err(|error| match error {
        Error::Invalid(why) => Refused::Row(row.place.problem(why)),
        other => Refused::Other(other),
    })
}

/// The customers there are, by what the file calls them.
struct People {
    by: CustomerBy,
    known: std::collections::HashMap<String, Customer>,
}

impl People {
    fn of(tables: &Tables<'_>, mapping: &Mapping) -> Result<Self, LedgerError> {
        let mut people = Self { by: mapping.customers.by, known: std::collections::HashMap::new() };
        for customer in tables.customers(&CustomerFilter::default())? {
            people.take(customer);
        }
        Ok(people)
    }

    fn take(&mut self, customer: Customer) {
        let called = match self.by {
            CustomerBy::Slug => Some(customer.slug.to_string()),
            CustomerBy::Reference => customer.reference.clone(),
            CustomerBy::Name => Some(customer.name.to_lowercase()),
        };
        if let Some(called) = called {
            self.known.insert(called, customer);
        }
    }

    fn find_or_add(
        &mut self,
        tx: &Transaction<'_>,
        actor: &Actor,
        mapping: &Mapping,
        row: &ForeignRow,
        at: Timestamp,
    ) -> Result<(Customer, bool), Refused> {
        let word = &row.customer.value;
        let called = if self.by == CustomerBy::Reference { word.clone() } else { word.to_lowercase() };
        if let Some(known) = self.known.get(&called) {
            return Ok((known.clone(), false));
        }
        let refused = |message: String| Refused::Row(row.customer.problem(message));
        if !mapping.customers.create {
            return Err(refused(format!("no customer '{word}': add it first, or set create = true in [customers]")));
        }
        let name = match &row.customer_name {
            Some(name) => name.value.clone(),
            None => word.clone(),
        };
        let suggested = if self.by == CustomerBy::Slug { word.to_lowercase().parse().ok() } else { Slug::suggest(&name) };
        let suggested = suggested.ok_or_else(|| refused(format!("no short name can be made of '{word}'")))?;
        let customer = Customer {
            slug: customers::free_slug(&tx.read(), &suggested)?,
            name,
            kind: CustomerKind::Customer,
            contacts: row.contact.clone().into_iter().collect(),
            owner: None,
            reference: (self.by == CustomerBy::Reference).then(|| word.clone()),
            notes: None,
            archived: false,
        };
        match customers::add(tx, actor, &customer, at) {
            Err(Error::Invalid(why)) => return Err(refused(why)),
            other => other?,
        }
        self.take(customer.clone());
        Ok((customer, true))
    }
}
