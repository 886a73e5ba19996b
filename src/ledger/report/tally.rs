//! Counts of licenses, group by group: how many, in which status, for how many seats.

use std::ops::AddAssign;

use super::group::{Group, Grouping};
use super::statuses::StatusCounts;
use crate::ledger::select::STATUS;
use crate::ledger::{LedgerError, LicenseFilter, Tables, column};
use crate::license::Timestamp;

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
    pub(super) fn add(&mut self, seats: Option<u32>) {
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

/// What there is of a group of licenses. `usable` and `next_end` tell of those alone that work: active, expiring or in grace.
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
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.all += other.all;
        self.statuses += other.statuses;
        self.usable += other.usable;
        self.next_end = [self.next_end, other.next_end].into_iter().flatten().min();
    }
}

impl Tables<'_> {
    /// How many licenses fit, and for how many seats, group by group.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn amounts(&self, filter: &LicenseFilter, by: Grouping) -> Result<Vec<(Group, Amount)>, LedgerError> {
        self.count(filter, by, &["l.seats"], &[], |amount: &mut Amount, row| {
            amount.add(row.get(0)?);
            Ok(())
        })
    }

    /// What there is of the licenses that fit, group by group.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tally(&self, filter: &LicenseFilter, by: Grouping) -> Result<Vec<(Group, Tally)>, LedgerError> {
        self.count(filter, by, &[STATUS, "l.seats", "l.ends"], &[], |tally: &mut Tally, row| {
            let status = column::status_of_number(row.get(0)?)?;
            let seats: Option<u32> = row.get(1)?;
            tally.all.add(seats);
            tally.statuses.add(status);
            if !status.is_usable() {
                return Ok(());
            }
            tally.usable.add(seats);
            if let Some(end) = column::moment_if_any(row, 2)?.filter(|end| *end > filter.at) {
                tally.next_end = Some(tally.next_end.map_or(end, |next| next.min(end)));
            }
            Ok(())
        })
    }
}
