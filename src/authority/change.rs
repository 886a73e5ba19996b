//! Changing what a license grants: its tier, seats, features, limits, machines, dates. The id stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::difference::{Difference, differences};
use super::issue::Issued;
use super::order::{End, Quantity};
use super::planned::{Current, Planned};
use super::renew::{last_term, take_terms};
use super::revise::{Extra, Next, revise};
use super::signer::Signers;
use super::unusual::unusual_next;
use super::{Actor, Authority, Error, Mode, find, limits};
use crate::ledger::{Fact, Tables};
use crate::license::terms::LARGEST_LIMIT;
use crate::license::{Date, LicenseId, Occasion, Role, Slug, Terms, Timestamp};
use crate::token::{LARGEST_META, meta_size};

/// What somebody asked for. What is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Another tier of the same product; everything that the tier decides comes from it. The tier it has: its terms of today.
    pub tier: Option<String>,
    /// The license count.
    pub seats: Option<Quantity>,
    /// The end: a period counts from the start.
    pub end: Option<End>,
    /// The first day.
    pub from: Option<Date>,
    /// Features to add.
    pub features: BTreeSet<Slug>,
    /// Features to take away.
    pub without_features: BTreeSet<Slug>,
    /// Limits to set; `None` lifts the limit.
    pub limits: BTreeMap<Slug, Option<u64>>,
    /// How many machines may be bound.
    pub max_machines: Option<Quantity>,
    /// Grace days.
    pub grace_days: Option<u32>,
    /// The vendor's own payload; an inner `None` takes it away.
    pub meta: Option<Option<Value>>,
    /// The note for the ledger; an inner `None` takes it away.
    pub note: Option<Option<String>>,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePlan {
    /// The next revision.
    pub next: Planned,
    /// The note from now on.
    pub note: Option<String>,
    /// Field by field; empty: there is nothing to change.
    pub differences: Vec<Difference>,
}

impl ChangePlan {
    /// Whether a new key is signed. A note stands in no key.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.next.before != self.next.terms
    }

    /// The ranks of the tiers, before and after, where the tier changes.
    #[must_use]
    pub fn ranks(&self) -> Option<(u32, u32)> {
        let (before, after) = (&self.next.before, &self.next.terms);
        (before.tier != after.tier).then_some((before.rank, after.rank))
    }
}

impl Authority {
    /// What a change would come to.
    ///
    /// # Errors
    /// [`Error::Revoked`], contradictions, an end that is past, a role or limits that do not cover it.
    pub fn plan_change(&self, actor: &Actor, license: LicenseId, change: &Change, at: Timestamp) -> Result<ChangePlan, Error> {
        plan(&self.read(), actor, license, change, at)
    }

    /// Changes a license as planned. `signers` may be absent where no key is needed. Gives the new revision, where there is one.
    ///
    /// # Errors
    /// As [`Authority::plan_change`]; [`Error::Changed`] where it is no longer as it was shown.
    pub fn change_license(
        &mut self,
        actor: &Actor,
        change: &Change,
        shown: &ChangePlan,
        signers: Option<&Signers>,
        at: Timestamp,
    ) -> Result<Option<Issued>, Error> {
        self.change(Mode::Commit, |tx| {
            let actor = actor.as_of(&tx.read())?;
            shown.next.check_unchanged(&tx.read())?;
            let plan = plan(&tx.read(), &actor, shown.next.record.id, change, at)?;
            if plan.differences != shown.differences {
                return Err(Error::Changed(format!("what the change of {} comes to", plan.next.record.id)));
            }
            let (license, noted) = (plan.next.record.id, plan.note != plan.next.record.note);
            let mut issued = None;
            if plan.needs_key() {
                let signers = signers.ok_or(Error::NoSigningKey("these"))?;
                // A revision takes a note along, but cannot take one away.
                let note = plan.note.clone().filter(|_| noted);
                let extra = Extra { note, request: None, unusual: plan.next.told() };
                let (customer, terms) = (&plan.next.customer, &plan.next.terms);
                let next = Next { license, customer, terms, occasion: Occasion::Change, extra };
                issued = Some(revise(tx, actor.slug(), next, signers.of(terms.kind)?, at)?);
            }
            if noted && (issued.is_none() || plan.note.is_none()) {
                tx.record(at, actor.slug(), &Fact::LicenseNoted { license, note: plan.note.clone() })?;
            }
            Ok(issued)
        })
    }
}

fn plan(tables: &Tables<'_>, actor: &Actor, id: LicenseId, change: &Change, at: Timestamp) -> Result<ChangePlan, Error> {
    actor.require(Role::Issuer, "change licenses", tables)?;
    let Current { record, terms: before, customer } = Current::read(tables, id)?;
    let terms = apply(tables, change, &before, at)?;
    if terms != before && customer.archived {
        return Err(Error::ArchivedCustomer(customer.slug));
    }
    let today = at.date();
    limits::check(tables, actor, "change", |operator| limits::beyond_with_end(operator, &before, &terms, today))?;
    let note = change.note.clone().unwrap_or_else(|| record.note.clone());
    let mut differences = differences(&told(&before, record.note.as_deref()), &told(&terms, note.as_deref()));
    for limit in differences.iter_mut().filter(|one| one.field.starts_with("limits.")) {
        let unlimited = |text: &mut Option<String>| *text = text.take().or_else(|| Some("unlimited".to_owned()));
        unlimited(&mut limit.before);
        unlimited(&mut limit.after);
    }
    let usual = last_term(&tables.revisions(id)?);
    let unusual = unusual_next(&before, &terms, usual, terms.starts.date(), at);
    Ok(ChangePlan { next: Planned { record, before, customer, terms, unusual }, note, differences })
}

fn apply(tables: &Tables<'_>, change: &Change, before: &Terms, at: Timestamp) -> Result<Terms, Error> {
    let mut terms = before.clone();
    if let Some(name) = &change.tier {
        let tier = find::tier(tables, name, Some(&before.product))?;
        if tier.product != before.product {
            let why = format!("the license is for product {}: issue a new one for {}", before.product, tier.product);
            return Err(Error::Invalid(why));
        }
        if tier.retired && tier.slug != before.tier {
            return Err(Error::RetiredTier(tier.full_name()));
        }
        terms.tier.clone_from(&tier.slug);
        terms.machines.max = tier.machines;
        take_terms(&mut terms, &tier);
    }
    if let Some(seats) = change.seats {
        terms.seats = seats.into_option();
    }
    dates(change, &mut terms, at)?;
    features(change, &mut terms)?;
    for (name, limit) in &change.limits {
        match limit {
            Some(limit) if *limit > LARGEST_LIMIT => {
                return Err(Error::Invalid(format!("limit '{name}' is larger than {LARGEST_LIMIT}")));
            }
            Some(limit) => terms.limits.insert(name.clone(), *limit),
            None => terms.limits.remove(name),
        };
    }
    if let Some(max) = change.max_machines {
        terms.machines.max = max.into_option();
    }
    let bound = terms.machines.bound.len();
    if let Some(max) = terms.machines.max.filter(|max| bound > *max as usize) {
        return Err(Error::Invalid(format!("{bound} machines are bound, and at most {max} could be: set --max-machines")));
    }
    if let Some(meta) = &change.meta {
        if meta.as_ref().is_some_and(|meta| meta_size(meta) > LARGEST_META) {
            return Err(Error::Invalid("the meta data is larger than 64 KiB".into()));
        }
        terms.meta.clone_from(meta);
    }
    Ok(terms)
}

fn dates(change: &Change, terms: &mut Terms, at: Timestamp) -> Result<(), Error> {
    let before = terms.clone();
    if let Some(first) = change.from {
        terms.starts = first.start();
    }
    let first = terms.starts.date();
    terms.ends = match change.end {
        None => terms.ends,
        Some(End::Perpetual) => None,
        Some(End::Until(last)) => Some(last.end()),
        Some(End::For(period)) => {
            let last = period.after(first);
            Some(last.ok_or_else(|| Error::Invalid(format!("{period} from {first} ends after the year 9999")))?.end())
        }
    };
    if let Some(end) = terms.ends.filter(|end| *end <= terms.starts) {
        return Err(Error::Invalid(format!("the end ({}) lies before the start ({first})", end.last_day())));
    }
    match (change.grace_days, terms.ends) {
        (Some(days), None) if days > 0 => return Err(Error::Invalid("a perpetual license has no grace days".into())),
        (Some(days), _) => terms.grace_days = days,
        (None, None) => terms.grace_days = 0,
        (None, Some(_)) => {}
    }
    let moved = (before.starts, before.ends) != (terms.starts, terms.ends);
    if moved && terms.stops().is_some_and(|stop| stop <= at) {
        let why = format!("the end lies in the past: today is {}; 'lic revoke' ends a license at once", at.date());
        return Err(Error::Invalid(why));
    }
    Ok(())
}

fn features(change: &Change, terms: &mut Terms) -> Result<(), Error> {
    if let Some(both) = change.features.intersection(&change.without_features).next() {
        return Err(Error::Invalid(format!("feature '{both}' is both added and taken away")));
    }
    for feature in &change.without_features {
        if !terms.features.remove(feature) {
            return Err(Error::Invalid(format!("feature '{feature}' cannot be taken away: the license does not have it")));
        }
    }
    terms.features.extend(change.features.iter().cloned());
    Ok(())
}

/// Terms as a person reads them: the words of the flags, dates for moments, and what is absent by its meaning.
fn told(terms: &Terms, note: Option<&str>) -> Value {
    let number = |number: Option<u32>| number.map_or_else(|| "unlimited".to_owned(), |number| number.to_string());
    let mut told = json!({
        "tier": terms.tier,
        "tier name": terms.tier_name,
        "rank": terms.rank,
        "from": terms.starts.date(),
        "until": terms.ends.map_or_else(|| "never".to_owned(), |end| end.last_day().to_string()),
        "grace days": terms.grace_days,
        "warn days": terms.warn_days,
        "seats": number(terms.seats),
        "max machines": number(terms.machines.max),
        "features": terms.features,
        "limits": terms.limits,
    });
    let more = [
        ("offline days", terms.offline_days.map(Value::from)),
        // On one line, whatever is in it.
        ("meta", terms.meta.as_ref().map(|meta| Value::from(meta.to_string()))),
        ("note", note.map(Value::from)),
    ];
    if let Some(members) = told.as_object_mut() {
        members.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    told
}
