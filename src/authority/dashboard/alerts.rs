//! The alerts: what each counts, and the command that shows more of it.
//!
//! An alert goes by facts of the ledger alone, and by no guess. What was refused is remembered for some days, so that it is seen by
//! somebody who looks once a month, and forgotten once it is settled.

use std::collections::{BTreeMap, BTreeSet};

use super::Dashboard;
use crate::authority::{Error, machines};
use crate::ledger::report::{Group, Grouping, Only};
use crate::ledger::{Event, EventFilter, EventNumber, Fact, LedgerError, LicenseFilter, Tables};
use crate::license::{Doubt, LicenseId, Occasion, RefusedFor, Standing, Status, Timestamp};

/// How long a refusal and a doubted key are told of, in days.
pub const REMEMBERED_DAYS: i64 = 90;
/// How many licenses an alert names.
const NAMED: usize = 3;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// Keys were seen that were not issued here.
    UnknownSigner,
    /// Machines have seats of several customers, or asked for one.
    ClonedMachines,
    /// Machines asked for more seats than a license has.
    OverUsed,
    /// Licenses that are revoked or suspended were renewed, or were to be.
    RenewedWhileOff,
    /// Licenses end soon, or have just ended.
    Expiring,
}

impl AlertKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSigner => "unknown-signer",
            Self::ClonedMachines => "cloned-machines",
            Self::OverUsed => "over-used",
            Self::RenewedWhileOff => "renewed-while-off",
            Self::Expiring => "expiring",
        }
    }
}

/// Something that is wrong, or about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// Whether it may be an attack, or the loss of a signing key.
    pub grave: bool,
    /// How many licenses, keys or machines.
    pub count: u64,
    /// What was found, in words.
    pub what: String,
    /// The command that shows more.
    pub next: String,
    /// The licenses that it is about, the first few.
    pub licenses: Vec<LicenseId>,
}

/// Every alert that there is cause for.
pub(super) fn alerts(tables: &Tables<'_>, board: &Dashboard, as_of: Option<Timestamp>) -> Result<Vec<Alert>, Error> {
    let at = board.at;
    let events = tables.alerting_events(at.plus_days(-REMEMBERED_DAYS), at)?;
    let open = open_refusals(tables, &events, at)?;
    let mut alerts = Vec::new();
    alerts.extend(unknown_signer(&events));
    alerts.extend(cloned_machines(tables, &open, as_of)?);
    alerts.extend(over_used(tables, &open, &LicenseFilter { as_of, ..LicenseFilter::new(at) })?);
    alerts.extend(renewed_while_off(tables, &open, at)?);
    alerts.extend(expiring(board));
    Ok(alerts)
}

/// `1 license`, `2 licenses`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The first few, and how many more there are.
fn few(licenses: &BTreeSet<LicenseId>) -> String {
    let named: Vec<String> = licenses.iter().take(NAMED).map(ToString::to_string).collect();
    let more = licenses.len().saturating_sub(NAMED);
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

/// The command about the only license, or the one about all.
fn next(licenses: &BTreeSet<LicenseId>, one: impl Fn(&LicenseId) -> String, all: &str) -> String {
    match licenses.first() {
        Some(only) if licenses.len() == 1 => one(only),
        _ => all.to_owned(),
    }
}

fn first(licenses: BTreeSet<LicenseId>) -> Vec<LicenseId> {
    licenses.into_iter().take(NAMED).collect()
}

/// A refusal that nothing settled since.
struct OpenRefusal {
    license: LicenseId,
    why: RefusedFor,
    asked: Occasion,
}

/// The refusals of licenses that are still revoked, or got no new revision since.
fn open_refusals(tables: &Tables<'_>, events: &[Event], at: Timestamp) -> Result<Vec<OpenRefusal>, Error> {
    let mut courses = BTreeMap::new();
    let mut open = Vec::new();
    for event in events {
        let Fact::LicenseRefused { license, asked, why, .. } = &event.fact else { continue };
        let course = match courses.get(license) {
            Some(known) => known,
            None => courses.entry(*license).or_insert(course(tables, *license, at)?),
        };
        let settled = match why {
            RefusedFor::Revoked => course.standing != Standing::Revoked,
            _ => course.revised > event.number || course.standing == Standing::Revoked,
        };
        if !settled {
            open.push(OpenRefusal { license: *license, why: *why, asked: *asked });
        }
    }
    Ok(open)
}

/// How a license stood at a moment, and its newest revision of then.
struct Course {
    standing: Standing,
    revised: EventNumber,
}

fn course(tables: &Tables<'_>, license: LicenseId, at: Timestamp) -> Result<Course, Error> {
    let mut course: Option<Course> = None;
    let filter =
        EventFilter { license: Some(license), before: Some(at.plus_seconds(1)), oldest_first: true, ..EventFilter::default() };
    tables.for_each_event::<LedgerError>(&filter, |found| {
        let standing = course.as_ref().map_or(Standing::Good, |course| course.standing);
        let revised = course.as_ref().map_or(found.event.number, |course| course.revised);
        let number = found.event.number;
        course = Some(match found.event.fact {
            Fact::LicenseIssued { .. } => Course { standing, revised: number },
            Fact::LicenseSuspended { .. } => Course { standing: Standing::Suspended, revised },
            Fact::LicenseRevoked { .. } => Course { standing: Standing::Revoked, revised },
            Fact::LicenseReinstated { .. } => Course { standing: Standing::Good, revised },
            _ => Course { standing, revised },
        });
        Ok(())
    })?;
    course.ok_or_else(|| Error::UnknownLicense(license.to_string()))
}

/// Keys put on record as not issued here. One that the signing key signed is the gravest of all.
fn unknown_signer(events: &[Event]) -> Option<Alert> {
    let (mut keys, mut signed) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        if let Fact::KeyDoubted { why, digest, .. } = &event.fact {
            keys.insert(digest);
            if *why == Doubt::NotInLedger {
                signed.insert(digest);
            }
        }
    }
    if keys.is_empty() {
        return None;
    }
    let seen = format!("{} seen that were not issued here", count(keys.len(), "key"));
    let seen = if keys.len() == 1 { "1 key seen that was not issued here".to_owned() } else { seen };
    let what = match signed.len() {
        0 => seen,
        signed if signed == keys.len() => format!("{seen}, with a good signature: the signing key may be stolen"),
        signed => format!("{seen}, {signed} with a good signature: the signing key may be stolen"),
    };
    Some(Alert {
        kind: AlertKind::UnknownSigner,
        grave: true,
        count: keys.len() as u64,
        what,
        next: "lic audit log --kind key.doubted".into(),
        licenses: Vec::new(),
    })
}

/// Machines with seats of several customers, and those that were refused one for that.
fn cloned_machines(tables: &Tables<'_>, open: &[OpenRefusal], as_of: Option<Timestamp>) -> Result<Option<Alert>, Error> {
    let seats = machines::clones(tables.machines_seated_twice(as_of)?);
    let cloned: BTreeSet<_> = seats.iter().map(|seat| &seat.machine).collect();
    let held: BTreeSet<LicenseId> = seats.iter().map(|seat| seat.license).collect();
    let refused: BTreeSet<LicenseId> =
        open.iter().filter(|one| one.why == RefusedFor::MachineElsewhere).map(|one| one.license).collect();
    let parts: Vec<String> = [
        (!cloned.is_empty())
            .then(|| format!("{} with seats of several customers ({})", count(cloned.len(), "machine"), few(&held))),
        (!refused.is_empty()).then(|| format!("machines of other customers asked for seats of {}", few(&refused))),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return Ok(None);
    }
    let next = if cloned.is_empty() {
        next(&refused, |one| format!("lic audit log --license {one}"), "lic audit log --kind license.refused")
    } else {
        "lic machine list --clones".into()
    };
    Ok(Some(Alert {
        kind: AlertKind::ClonedMachines,
        grave: true,
        count: (cloned.len() + refused.len()) as u64,
        what: parts.join("; "),
        next,
        licenses: first(held.union(&refused).copied().collect()),
    }))
}

/// Licenses that more machines are bound to than they have seats, and those for which a machine asked for a seat that there is not.
fn over_used(tables: &Tables<'_>, open: &[OpenRefusal], everything: &LicenseFilter) -> Result<Option<Alert>, Error> {
    let over = tables.usage(everything, Grouping::License, Only::OverUsed)?;
    let bound: BTreeSet<LicenseId> = over
        .iter()
        .filter_map(|(group, _)| match group {
            Group::License { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    let why = |one: &&OpenRefusal| matches!(one.why, RefusedFor::NoSeat | RefusedFor::TooManyTransfers);
    let asked: BTreeSet<LicenseId> = open.iter().filter(why).map(|one| one.license).collect();
    let parts: Vec<String> = [
        (!bound.is_empty()).then(|| format!("{} more machines than seats ({})", has(bound.len()), few(&bound))),
        (!asked.is_empty()).then(|| format!("machines asked for more seats than {} ({})", has(asked.len()), few(&asked))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let all: BTreeSet<LicenseId> = bound.union(&asked).copied().collect();
    if all.is_empty() {
        return Ok(None);
    }
    let list = if bound.is_empty() { "lic audit log --kind license.refused" } else { "lic machine list" };
    Ok(Some(Alert {
        kind: AlertKind::OverUsed,
        grave: false,
        count: all.len() as u64,
        what: parts.join("; "),
        next: next(&all, |one| format!("lic machine list {one}"), list),
        licenses: first(all),
    }))
}

fn has(licenses: usize) -> String {
    if licenses == 1 { "1 license has".into() } else { format!("{licenses} licenses have") }
}

/// Licenses that are off, and were renewed since or were to be.
fn renewed_while_off(tables: &Tables<'_>, open: &[OpenRefusal], at: Timestamp) -> Result<Option<Alert>, Error> {
    let renewed: BTreeSet<LicenseId> = tables.renewed_while_off(at)?.iter().map(|one| one.license).collect();
    let mut asked = [(Occasion::Renewal, BTreeSet::new()), (Occasion::Activation, BTreeSet::new())];
    for one in open.iter().filter(|one| one.why == RefusedFor::Revoked) {
        let part = asked.iter_mut().find(|(occasion, _)| *occasion == one.asked);
        part.into_iter().for_each(|(_, licenses)| {
            licenses.insert(one.license);
        });
    }
    let [(_, renewal), (_, activation)] = &asked;
    let parts: Vec<String> = [
        (!renewed.is_empty())
            .then(|| format!("{} renewed while switched off ({})", count(renewed.len(), "license"), few(&renewed))),
        (!renewal.is_empty())
            .then(|| format!("renewal asked for {} ({})", count(renewal.len(), "revoked license"), few(renewal))),
        (!activation.is_empty())
            .then(|| format!("activation asked for {} ({})", count(activation.len(), "revoked license"), few(activation))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let all: BTreeSet<LicenseId> = renewed.iter().chain(renewal).chain(activation).copied().collect();
    if all.is_empty() {
        return Ok(None);
    }
    let list =
        if renewed.is_empty() { "lic audit log --kind license.refused" } else { "lic list --status suspended --status revoked" };
    Ok(Some(Alert {
        kind: AlertKind::RenewedWhileOff,
        grave: false,
        count: all.len() as u64,
        what: parts.join("; "),
        next: next(&all, |one| format!("lic show {one} --history"), list),
        licenses: first(all),
    }))
}

/// Licenses inside their warning window, or in their grace days.
fn expiring(board: &Dashboard) -> Option<Alert> {
    let (soon, grace) = (board.of(Status::Expiring), board.of(Status::Grace));
    let what = match (soon, grace) {
        (0, 0) => return None,
        (soon, 0) => format!("{} soon", ends(soon)),
        (0, grace) => format!("{} and will soon stop working", ended(grace)),
        (soon, grace) => format!("{} soon; {} and will soon stop working", ends(soon), ended(grace)),
    };
    Some(Alert {
        kind: AlertKind::Expiring,
        grave: false,
        count: soon + grace,
        what,
        next: "lic list --status expiring --status grace".into(),
        licenses: Vec::new(),
    })
}

fn ends(licenses: u64) -> String {
    if licenses == 1 { "1 license ends".into() } else { format!("{licenses} licenses end") }
}

fn ended(licenses: u64) -> String {
    if licenses == 1 { "1 has ended".into() } else { format!("{licenses} have ended") }
}
