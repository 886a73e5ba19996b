//! Counts of licenses, group by group.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::fold::Counts;
use super::group::{Group, Grouping, Key};
use super::statuses::StatusCounts;
use crate::ledger::names::Names;
use crate::ledger::select::STATUS;
use crate::ledger::{LedgerError, LicenseFilter, Tables, column};
use crate::license::{Slug, Timestamp};

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

/// What is read of a license for a [`Tally`], at `$at`.
const COLUMNS: [&str; 5] = [STATUS, "l.seats", "l.ends", "l.machines_bound", "l.machines_max"];

impl Tally {
    /// Adds the license in a row that begins with [`COLUMNS`]. What does not count is not read.
    fn add(&mut self, row: &rusqlite::Row<'_>, at: Timestamp) -> Result<(), LedgerError> {
        let status = column::status_of_number(row.get(0)?)?;
        let seats: Option<u32> = row.get(1)?;
        self.all.add(seats);
        self.statuses.add(status);
        if !status.is_usable() {
            return Ok(());
        }
        self.usable.add(seats);
        if let Some(end) = column::moment_if_any(row, 2)?.filter(|end| *end > at) {
            self.next_end = Some(self.next_end.map_or(end, |next| next.min(end)));
        }
        let bound: u32 = row.get(3)?;
        if bound > 0 {
            let over = seats.map_or(0, |seats| bound.saturating_sub(seats));
            self.bound += u64::from(bound);
            self.over_used += u64::from(over > 0);
            self.over += u64::from(over);
        }
        if let Some(max) = row.get::<_, Option<u32>>(4)? {
            self.limited += 1;
            self.limit += u64::from(max);
            self.limited_bound += u64::from(bound);
            self.full += u64::from(bound >= max);
        }
        Ok(())
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
    /// What tells those that count, and no others.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::All => &[],
            Self::Working => &[WORKS],
            Self::Bound => &["(l.machines_max IS NOT NULL OR l.machines_bound > 0)"],
            Self::Full => &["l.machines_bound >= l.machines_max", WORKS],
            // As the index has it that holds these alone.
            Self::OverUsed => &["l.machines_bound > l.seats", WORKS],
        }
    }
}

/// `Status::is_usable` as a condition. The plus keeps the database from going through an index of ends, which would lead to the licenses
/// one by one.
const WORKS: &str = "+l.standing = 0 AND l.starts <= $at AND (+l.stops > $at OR +l.stops IS NULL)";
/// What licenses in force have in common; for the plus, see [`WORKS`].
const IN_FORCE: &str = "+l.standing = 0 AND l.starts <= $at AND (+l.ends > $at OR +l.ends IS NULL)";

/// What is in force of a tier in a group: it has begun, has not come to its end, and is neither suspended nor revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sold {
    /// The licenses with an end.
    pub terms: Amount,
    /// The licenses without one.
    pub perpetual: Amount,
}

/// What is in force, by tier and group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sales {
    /// The tiers of which something is in force, by product and short name.
    pub tiers: Vec<(Slug, Slug)>,
    /// Of each group what is in force of which tier, by its place in `tiers`. Both groups and tiers are in order.
    pub groups: Vec<(Group, Vec<(usize, Sold)>)>,
}

impl Tables<'_> {
    /// Counts the licenses that fit, group by group.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tally(&self, filter: &LicenseFilter, by: Grouping, only: Only) -> Result<Vec<(Group, Tally)>, LedgerError> {
        let mut counts: Counts<Key, Tally> = Counts::default();
        let pass = self.pass(filter, by, &COLUMNS.join(", "), only.conditions())?;
        self.each_row(&pass, |row| counts.of(by.key(row, COLUMNS.len())?).add(row, filter.at))?;
        self.named(by, counts)
    }

    /// Counts the licenses that fit and are in force, group by group and in each by tier.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn sold(&self, filter: &LicenseFilter, by: Grouping) -> Result<Sales, LedgerError> {
        let mut counts: Counts<(i64, Key), Sold> = Counts::default();
        let pass = self.pass(filter, by, "l.tier, l.seats, l.ends IS NULL", &[IN_FORCE])?;
        self.each_row(&pass, |row| {
            let sold = counts.of((row.get(0)?, by.key(row, 3)?));
            if row.get(2)? { &mut sold.perpetual } else { &mut sold.terms }.add(row.get(1)?);
            Ok(())
        })?;
        let mut names = Names::new(self.db);
        let mut tiers: Vec<((Slug, Slug), i64)> = Vec::new();
        for ((tier, _), _) in &counts.all {
            if !tiers.iter().any(|(_, known)| known == tier) {
                let named = names.tier(*tier)?;
                tiers.push(((named.product.clone(), named.slug.clone()), *tier));
            }
        }
        tiers.sort_unstable();
        let places: HashMap<i64, usize> = tiers.iter().enumerate().map(|(place, (_, tier))| (*tier, place)).collect();
        let mut all: Vec<(Key, usize, Sold)> =
            counts.all.into_iter().filter_map(|((tier, key), sold)| Some((key, *places.get(&tier)?, sold))).collect();
        all.sort_unstable_by_key(|(key, place, _)| (*key, *place));
        let mut groups: Vec<(Group, Vec<(usize, Sold)>)> = Vec::new();
        for of_group in all.chunk_by(|one, other| one.0 == other.0) {
            let group = by.group(of_group[0].0, &mut names)?;
            groups.push((group, of_group.iter().map(|(_, place, sold)| (*place, *sold)).collect()));
        }
        groups.sort_by(|one, other| one.0.cmp(&other.0));
        // The tiers of one product have a key each, and are one group.
        groups.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.append(&mut next.1);
                kept.1.sort_unstable_by_key(|(place, _)| *place);
            }
            same
        });
        Ok(Sales { tiers: tiers.into_iter().map(|(named, _)| named).collect(), groups })
    }
}
