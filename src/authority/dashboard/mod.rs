//! The state of the whole authority at a moment, as one screen shows it: counts, what ends soon, what is new, what is wrong.
//!
//! Nothing is decided here that another command would decide otherwise: a status is told by the rule there is for it, and each alert
//! names the command that lists what it counts.

mod alerts;

use super::customers::INTERNAL;
use super::{Authority, Error};
use crate::ledger::report::{Group, Grouping, StatusCounts, Tally};
use crate::ledger::{CustomerFilter, LicenseFilter, LicenseRecord, Tables, TierFilter};
use crate::license::{Date, Slug, Status, Timestamp};

pub use alerts::{Alert, AlertKind, REMEMBERED_DAYS};

/// How many weeks are looked ahead.
pub const WEEKS: u32 = 12;
/// How many of the newest licenses are told.
pub const NEWEST: u32 = 6;

/// Everything that the dashboard shows.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The vendor's name.
    pub vendor: String,
    /// The moment it is told for.
    pub at: Timestamp,
    /// The licenses of every tier that has some, by status.
    pub tiers: Vec<TierCount>,
    /// How many licenses end in each of the next weeks.
    pub weeks: Vec<Week>,
    /// The licenses issued last, the newest first.
    pub newest: Vec<LicenseRecord>,
    /// What is wrong, or about to be; the gravest first.
    pub alerts: Vec<Alert>,
    /// What to do first, where there are no licenses.
    pub begin: Option<Begin>,
}

/// The licenses of a tier, counted by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierCount {
    /// The product.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// The tier's display name, as it is today.
    pub name: String,
    /// How many licenses there are of each status.
    pub statuses: StatusCounts,
}

/// Where there are no licenses: what to do first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// Add a tier.
    Tier,
    /// Add a customer.
    Customer,
    /// Issue a license.
    License,
    /// Look at another moment: there were none at this one.
    Later,
}

/// A week, and the licenses that end in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// How many licenses have their last day in it, and are neither suspended nor revoked.
    pub licenses: u64,
}

impl Dashboard {
    /// How many licenses have this status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        self.tiers.iter().map(|tier| tier.statuses.of(status)).sum()
    }

    /// How many licenses there are.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.tiers.iter().map(|tier| tier.statuses.total()).sum()
    }
}

impl Authority {
    /// The dashboard for a moment. With one of the past, the ledger is read as it then was.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn dashboard(&self, at: Timestamp, now: Timestamp) -> Result<Dashboard, Error> {
        self.ledger.snapshot(|tables| {
            let as_of = (at < now).then_some(at);
            let everything = LicenseFilter { as_of, ..LicenseFilter::new(at) };
            let tally = tables.tally(&everything, Grouping::Tier)?;
            let tiers = tally.into_iter().filter_map(tier_count).collect();
            let counts = tables.ends_by_week(at, as_of, WEEKS)?;
            let begin = at.date().start();
            let weeks = counts.iter().zip(0..).map(|(licenses, number)| {
                let first = begin.plus_days(7 * number);
                Week { first: first.date(), last: first.plus_days(6).date(), licenses: *licenses }
            });
            let vendor = tables.authority()?.map(|authority| authority.name).unwrap_or_default();
            let mut board = Dashboard {
                vendor,
                at,
                tiers,
                weeks: weeks.collect(),
                newest: tables.newest_licenses(as_of, NEWEST)?,
                alerts: Vec::new(),
                begin: None,
            };
            if board.all() == 0 {
                board.begin = Some(if as_of.is_some() { Begin::Later } else { first_step(&tables)? });
            }
            board.alerts = alerts::alerts(&tables, &board, as_of)?;
            Ok(board)
        })
    }
}

fn tier_count((group, tally): (Group, Tally)) -> Option<TierCount> {
    match group {
        Group::Tier { product, tier, name, .. } => Some(TierCount { product, tier, name, statuses: tally.statuses }),
        _ => None,
    }
}

/// What an authority without licenses needs next.
fn first_step(tables: &Tables<'_>) -> Result<Begin, Error> {
    if tables.tiers(&TierFilter { retired: Some(false), ..TierFilter::default() })?.is_empty() {
        return Ok(Begin::Tier);
    }
    let customers = tables.customers(&CustomerFilter { archived: Some(false), ..CustomerFilter::default() })?;
    let any = customers.iter().any(|customer| customer.slug.as_str() != INTERNAL);
    Ok(if any { Begin::License } else { Begin::Customer })
}
