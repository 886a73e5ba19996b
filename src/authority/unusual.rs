//! Terms that are worth a second look: ten years where the last three licenses ran for one.

use super::Error;
use super::order::Plan;
use crate::ledger::Tables;
use crate::license::time::DAY;
use crate::license::{Date, LicenseType, Period, Term, Terms, Timestamp};

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
    let mut before = tables.latest_terms(&plan.customer.slug, LOOK_BACK)?;
    before.retain(|earlier| earlier.kind == terms.kind);
    let mut notes = Vec::new();
    if let Some(end) = terms.ends.filter(|end| *end <= at) {
        notes.push(format!("it ended {}: only grace days are left", end.last_day()));
    }
    let usual = if before.is_empty() { tier_term(tables, terms)? } else { longest(&before) };
    if let Some(note) = usual.and_then(|usual| longer(terms, usual, before.len())) {
        notes.push(note);
    }
    // What the tier itself grants is the price list, not an exception.
    let own = tables.tier(&terms.product, &terms.tier)?.map(|tier| tier.seats);
    if own == Some(terms.seats) {
        return Ok(notes);
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
    Ok(notes)
}

/// What to say of a key that asks for a status list where none is published: every program would refuse it.
#[must_use]
pub fn without_list(plan: &Plan, address: Option<&str>) -> Option<String> {
    let days = plan.terms.offline_days.filter(|_| address.is_none())?;
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

/// The tier's own term in days; `None` where that is for ever, or where the tier is gone.
fn tier_term(tables: &Tables<'_>, terms: &Terms) -> Result<Option<u64>, Error> {
    let tier = tables.tier(&terms.product, &terms.tier)?;
    Ok(tier.and_then(|tier| match tier.term {
        Term::Perpetual => None,
        Term::For(period) => Some(u64::from(period.about_days())),
    }))
}

/// The longest of these in days; `None` where one runs for ever.
fn longest(earlier: &[Terms]) -> Option<u64> {
    earlier.iter().map(days).collect::<Option<Vec<u64>>>()?.into_iter().max()
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
