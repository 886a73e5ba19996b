//! Counts of licenses, group by group.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::fold::Row;
use super::group::{Group, Grouping, Key};
use super::statuses::StatusCounts;
use crate::ledger::names::Names;
use crate::ledger::{LedgerError, LicenseFilter, Tables};
use crate::license::{Slug, Status, Timestamp};

/// How many licenses there are, and for how many seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// The licenses.
    pub licenses: u64,
    /// Their seats, where they are limited.
    pub seats: u64,
    /// How many of the licenses are for any number of seats.
    pub unlimited: u64,
}

impl Amount {
    fn add(&mut self, seats: Option<u32>) {
        self.licenses += 1;
        match seats {
            Some(seats) => self.seats += u64::from(seats),
            None => self.unlimited += 1,
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.licenses += other.licenses;
        self.seats += other.seats;
        self.unlimited += other.unlimited;
    }
}

/// What is counted of a group. All but `all` and `statuses` count the licenses alone that work: those active, expiring or in grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Every license of the group.
    pub all: Amount,
    /// How many are in which status.
    pub statuses: StatusCounts,
    /// The licenses that work.
    pub usable: Amount,
    /// The next of their ends.
    pub next_end: Option<Timestamp>,
    /// The machines that are bound.
    pub bound: u64,
    /// How many licenses have more machines bound than seats.
    pub over_used: u64,
    /// How many machines there are more than seats, license by license.
    pub over: u64,
    /// How many licenses are for a limited number of machines.
    pub limited: u64,
    /// How many machines may be bound to those.
    pub limit: u64,
    /// The machines that are bound to those.
    pub limited_bound: u64,
    /// How many of those can have no other machine.
    pub full: u64,
}

impl Tally {
    fn add(&mut self, row: &Row, at: Timestamp) {
        let status = row.status(at);
        self.all.add(row.seats);
        self.statuses.add(status);
        if !status.is_usable() {
            return;
        }
        self.usable.add(row.seats);
        if let Some(end) = row.ends.filter(|end| *end > at) {
            self.next_end = Some(self.next_end.map_or(end, |next| next.min(end)));
        }
        self.bound += u64::from(row.machines_bound);
        self.over_used += u64::from(over(row) > 0);
        self.over += u64::from(over(row));
        if let Some(max) = row.machines_max {
            self.limited += 1;
            self.limit += u64::from(max);
            self.limited_bound += u64::from(row.machines_bound);
            self.full += u64::from(is_full(row));
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.statuses += other.statuses;
        self.usable += other.usable;
        self.next_end = [self.next_end, other.next_end].into_iter().flatten().min();
        self.bound += other.bound;
        self.over_used += other.over_used;
        self.over += other.over;
        self.limited += other.limited;
        self.limit += other.limit;
        self.limited_bound += other.limited_bound;
        self.full += other.full;
    }
}

/// How many more machines are bound than there are seats.
fn over(row: &Row) -> u32 {
    row.seats.map_or(0, |seats| row.machines_bound.saturating_sub(seats))
}

fn is_full(row: &Row) -> bool {
    row.machines_max.is_some_and(|max| row.machines_bound >= max)
}

/// Which licenses are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    All,
    /// Those that work: active, expiring or in grace.
    Working,
    /// Those that have something to do with machines: they are bound, or their number is limited.
    Bound,
    /// Those that work, and can have no other machine.
    Full,
    /// Those that work, and have more machines bound than seats.
    OverUsed,
}

impl Only {
    /// What the rows that count have in common, for the database to leave others out. The plus keeps it from going through an index of
    /// ends, which would lead to the licenses one by one.
    fn condition(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Working => Some("+l.standing = 0 AND l.starts <= $at AND (+l.stops > $at OR +l.stops IS NULL)"),
            Self::Bound => Some("(l.machines_max IS NOT NULL OR l.machines_bound > 0)"),
            Self::Full => Some("l.machines_bound >= l.machines_max"),
            Self::OverUsed => Some("l.machines_bound > l.seats"),
        }
    }

    fn counts(self, row: &Row, at: Timestamp) -> bool {
        match self {
            Self::All => true,
            Self::Working => row.status(at).is_usable(),
            Self::Bound => row.machines_max.is_some() || row.machines_bound > 0,
            Self::Full => is_full(row) && row.status(at).is_usable(),
            Self::OverUsed => over(row) > 0 && row.status(at).is_usable(),
        }
    }
}

/// What is in force of a tier in a group: it has begun, has not come to its end, and is neither suspended nor revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sold {
    /// The licenses with an end.
    pub terms: Amount,
    /// The licenses without one.
    pub perpetual: Amount,
}

impl AddAssign for Sold {
    fn add_assign(&mut self, other: Self) {
        self.terms += other.terms;
        self.perpetual += other.perpetual;
    }
}

/// What licenses in force have in common: see [`Only::condition`].
const IN_FORCE: &str = "+l.standing = 0 AND l.starts <= $at AND (+l.ends > $at OR +l.ends IS NULL)";

impl Tables<'_> {
    /// Counts the licenses that fit, group by group.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tally(&self, filter: &LicenseFilter, by: Grouping, only: Only) -> Result<Vec<(Group, Tally)>, LedgerError> {
        let mut counts: HashMap<Key, Tally> = HashMap::new();
        self.each_row(filter, only.condition(), |row| {
            if only.counts(row, filter.at) {
                counts.entry(by.key(row, filter.at)).or_default().add(row, filter.at);
            }
            Ok(())
        })?;
        self.named(by, counts)
    }

    /// Counts the licenses that fit and are in force, group by group and in each by tier (product and short name).
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn sold(&self, filter: &LicenseFilter, by: Grouping) -> Result<Vec<(Group, Slug, Slug, Sold)>, LedgerError> {
        let mut counts: HashMap<i64, HashMap<Key, Sold>> = HashMap::new();
        self.each_row(filter, Some(IN_FORCE), |row| {
            if matches!(row.status(filter.at), Status::Active | Status::Expiring) {
                let sold = counts.entry(row.tier).or_default().entry(by.key(row, filter.at)).or_default();
                if row.ends.is_some() { &mut sold.terms } else { &mut sold.perpetual }.add(row.seats);
            }
            Ok(())
        })?;
        let mut names = Names::new(self.db);
        let mut all = Vec::new();
        for (tier, counts) in counts {
            let tier = names.tier(tier)?;
            let named = self.named(by, counts)?.into_iter();
            all.extend(named.map(|(group, sold)| (group, tier.product.clone(), tier.slug.clone(), sold)));
        }
        all.sort_by(|one, other| (&one.0, &one.1, &one.2).cmp(&(&other.0, &other.1, &other.2)));
        Ok(all)
    }
}
