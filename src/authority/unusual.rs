//! Terms that are worth a second look: ten years where the last three licenses ran for one.

use super::Error;
use super::order::Plan;
use crate::ledger::Tables;
use crate::license::time::DAY;
use crate::license::{Date, LicenseType, Period, Slug, Term, Terms, Tier, Timestamp};

/// How many earlier licenses of the customer are looked at.
const LOOK_BACK: usize = 3;
/// How many times longer, or larger, than before is unusual.
const FACTOR: u64 = 3;
/// A difference below these is never unusual.
const FEW_DAYS: u64 = 92;
const FEW_SEATS: u64 = 10;

/// What is unusual about a plan, each in a few words; empty where nothing is.
///
/// The customer's last three licenses of the same type are the measure; for a new customer, the tier's own term is.
///
/// # Errors
/// When the ledger cannot be read.
pub fn unusual(tables: &Tables<'_>, plan: &Plan, at: Timestamp) -> Result<Vec<String>, Error> {
    let terms = &plan.terms;
    if terms.kind == LicenseType::Test {
        return Ok(Vec::new());
    }
    let before: Vec<Earlier> = earlier(tables, &plan.customer.slug)?;
    let tier = tables.tier(&terms.product, &terms.tier)?;
    Ok(unusual_beside(terms, &before, tier.as_ref(), at))
}

/// What a license counts for where the next one is measured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earlier {
    kind: LicenseType,
    /// How long it runs; `None`: for ever.
    days: Option<u64>,
    /// `None`: unlimited.
    seats: Option<u32>,
}

impl Earlier {
    pub fn of(terms: &Terms) -> Self {
        Self { kind: terms.kind, days: days(terms), seats: terms.seats }
    }
}

/// The newest licenses of a customer that a new one is measured by, the newest first.
pub(super) fn earlier(tables: &Tables<'_>, customer: &Slug) -> Result<Vec<Earlier>, Error> {
    Ok(tables.latest_terms(customer, LOOK_BACK)?.iter().map(Earlier::of).collect())
}

/// Notes a license down as the newest of a customer.
pub(super) fn note_down(earlier: &mut Vec<Earlier>, terms: &Terms) {
    earlier.insert(0, Earlier::of(terms));
    earlier.truncate(LOOK_BACK);
}

/// The same, where the customer's newest licenses and the tier are known.
pub(super) fn unusual_beside(terms: &Terms, earlier: &[Earlier], tier: Option<&Tier>, at: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if terms.kind == LicenseType::Test {
        return notes;
    }
    let before: Vec<&Earlier> = earlier.iter().filter(|earlier| earlier.kind == terms.kind).collect();
    if let Some(end) = terms.ends.filter(|end| *end <= at) {
        notes.push(format!("it ended {}: only grace days are left", end.last_day()));
    }
    let usual = if before.is_empty() { tier.and_then(tier_term) } else { longest(&before) };
    if let Some(note) = usual.and_then(|usual| longer(terms, usual, before.len())) {
        notes.push(note);
    }
    // What the tier itself grants is the price list, not an exception.
    if tier.map(|tier| tier.seats) == Some(terms.seats) {
        return notes;
    }
    let most = before.iter().filter_map(|earlier| earlier.seats).max().map(u64::from);
    let all_counted = before.iter().all(|earlier| earlier.seats.is_some());
    if let Some(most) = most.filter(|_| all_counted) {
        match terms.seats.map(u64::from) {
            None => notes.push(format!("unlimited seats, where the most so far were {most}")),
            Some(seats) if seats > most * FACTOR && seats > most + FEW_SEATS => {
                notes.push(format!("{seats} seats, where the most so far were {most}"));
            }
            Some(_) => {}
        }
    }
    notes
}

/// What to say of a key that asks for a status list where none is published: every program would refuse it.
#[must_use]
pub fn without_list(terms: &Terms, address: Option<&str>) -> Option<String> {
    let days = terms.offline_days.filter(|_| address.is_none())?;
    Some(format!("programs ask for a status list of the last {days} days, and lic.toml has no address for lists under [status]"))
}

/// What is unusual about the next terms of a license, beside those it has. `usual` is the term last granted, and `first` the
/// day from which a new term counts.
#[must_use]
pub fn unusual_next(before: &Terms, after: &Terms, usual: Option<Period>, first: Date, at: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if after.kind == LicenseType::Test {
        return notes;
    }
    if let Some(end) = after.ends.filter(|end| *end <= at) {
        notes.push(format!("it ended {}: only grace days are left", end.last_day()));
    }
    if before.ends != after.ends {
        let usual = usual.map_or(0, |usual| u64::from(usual.about_days()));
        let added = after.ends.map(|end| u64::try_from(end.last_day().days_since(first)).unwrap_or(0));
        notes.extend(beyond_usual(added, usual, "the last term was"));
    }
    match (before.seats, after.seats) {
        (Some(most), None) => notes.push(format!("unlimited seats, where it had {most}")),
        (Some(most), Some(seats))
            if u64::from(seats) > u64::from(most) * FACTOR && u64::from(seats) > u64::from(most) + FEW_SEATS =>
        {
            notes.push(format!("{seats} seats, where it had {most}"));
        }
        _ => {}
    }
    notes
}

fn longer(terms: &Terms, usual: u64, seen: usize) -> Option<String> {
    let measure = match seen {
        0 => "the tier's own term is".to_owned(),
        1 => "the last license ran for".to_owned(),
        several => format!("the last {several} ran for at most"),
    };
    beyond_usual(days(terms), usual, &measure)
}

/// `now` and `usual` are days; `None` is for ever.
fn beyond_usual(now: Option<u64>, usual: u64, measure: &str) -> Option<String> {
    match now {
        None => Some(format!("perpetual, where {measure} {}", about(usual))),
        Some(now) if now > usual * FACTOR && now > usual + FEW_DAYS => {
            Some(format!("{}, where {measure} {}", about(now), about(usual)))
        }
        Some(_) => None,
    }
}

/// The tier's own term in days; `None` where that is for ever.
fn tier_term(tier: &Tier) -> Option<u64> {
    match tier.term {
        Term::Perpetual => None,
        Term::For(period) => Some(u64::from(period.about_days())),
    }
}

/// The longest of these in days; `None` where one runs for ever.
fn longest(earlier: &[&Earlier]) -> Option<u64> {
    earlier.iter().map(|earlier| earlier.days).collect::<Option<Vec<u64>>>()?.into_iter().max()
}

/// The length in days; `None` for ever.
fn days(terms: &Terms) -> Option<u64> {
    let end = terms.ends?;
    u64::try_from((end.seconds() - terms.starts.seconds()) / DAY).ok()
}

fn about(days: u64) -> String {
    match days {
        0..=92 => format!("{days} days"),
        360..=370 => "1 year".into(),
        93..=720 => format!("{} months", (days + 15) * 12 / 365),
        _ => format!("{} years", (days + 30) / 365),
    }
}
