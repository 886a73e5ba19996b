//! What is used of what was granted: the machines that are bound to the licenses that work, group by group.

use std::ops::AddAssign;

use super::group::{Group, Grouping};
use super::tally::Amount;
use crate::ledger::{LedgerError, LicenseFilter, Tables};

/// The machines of a group of licenses, each of which works: it is active, expiring or in grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The licenses.
    pub licenses: Amount,
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

impl Usage {
    fn add(&mut self, seats: Option<u32>, bound: u32, max: Option<u32>) {
        self.licenses.add(seats);
        let over = seats.map_or(0, |seats| bound.saturating_sub(seats));
        self.bound += u64::from(bound);
        self.over_used += u64::from(over > 0);
        self.over += u64::from(over);
        if let Some(max) = max {
            self.limited += 1;
            self.limit += u64::from(max);
            self.limited_bound += u64::from(bound);
            self.full += u64::from(bound >= max);
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.licenses += other.licenses;
        self.bound += other.bound;
        self.over_used += other.over_used;
        self.over += other.over;
        self.limited += other.limited;
        self.limit += other.limit;
        self.limited_bound += other.limited_bound;
        self.full += other.full;
    }
}

/// Which of the licenses that work are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    Working,
    /// Those that have something to do with machines: they are bound, or their number is limited.
    Bound,
    /// Those that can have no other machine.
    Full,
    /// Those that have more machines bound than seats.
    OverUsed,
}

impl Only {
    /// What tells those that count, and no others.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::Working => &[WORKS],
            Self::Bound => &["(l.machines_max IS NOT NULL OR l.machines_bound > 0)", WORKS],
            Self::Full => &["l.machines_bound >= l.machines_max", WORKS],
            // As the index has it that holds these alone.
            Self::OverUsed => &["l.machines_bound > l.seats", WORKS],
        }
    }
}

/// `Status::is_usable` as a condition. The plus keeps the database from going through an index of ends, which would lead to the licenses
/// one by one.
const WORKS: &str = "+l.standing = 0 AND l.starts <= $at AND (+l.stops > $at OR +l.stops IS NULL)";

impl Tables<'_> {
    /// The machines of the licenses that fit, group by group.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn usage(&self, filter: &LicenseFilter, by: Grouping, only: Only) -> Result<Vec<(Group, Usage)>, LedgerError> {
        let columns = ["l.seats", "l.machines_bound", "l.machines_max"];
        self.count(filter, by, &columns, only.conditions(), |usage: &mut Usage, row| {
            usage.add(row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(())
        })
    }
}
