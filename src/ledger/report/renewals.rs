//! Which agreed ends were renewed in time.
//!
//! An end is due when it comes: the end of a revision that either came while that revision was the newest, or was put off by a renewal.
//! A renewal is a revision signed as such that ends later than the one before, or has no end; one that is older than the records
//! of occasions counts as well. An end that something else moved (`lic change`) before it came was never due; where it was moved
//! after it had come, it counts as renewed late. An end at which the license was suspended or revoked was not due either.

use std::ops::AddAssign;

use super::fold::Counts;
use super::group::{Group, Grouping, Key};
use crate::ledger::select::{Query, all_of};
use crate::ledger::{LedgerError, LicenseFilter, Tables};
use crate::license::Timestamp;

/// What became of the ends that were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Renewals {
    /// Renewed before the end came.
    pub on_time: u64,
    /// Renewed once it had come.
    pub late: u64,
    /// Not renewed, and still inside the days of grace.
    pub grace: u64,
    /// Not renewed, and past the days of grace.
    pub lapsed: u64,
}

impl Renewals {
    /// How many ends were due.
    #[must_use]
    pub fn due(&self) -> u64 {
        self.on_time + self.late + self.grace + self.lapsed
    }
}

impl AddAssign for Renewals {
    fn add_assign(&mut self, other: Self) {
        self.on_time += other.on_time;
        self.late += other.late;
        self.grace += other.grace;
        self.lapsed += other.lapsed;
    }
}

impl Tables<'_> {
    /// What became, by the moment of the filter, of the ends that came after one moment, up to and including another. The filter
    /// and the groups look at what was granted until that end.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn renewals(
        &self,
        filter: &LicenseFilter,
        by: Grouping,
        after: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Group, Renewals)>, LedgerError> {
        let mut counts: Counts<Key, Renewals> = Counts::default();
        let to = to.min(filter.at);
        self.each_row(&[self.renewed(filter, by, after, to)?], |row| {
            let count = counts.of(by.key(row, 1)?);
            *if row.get(0)? { &mut count.on_time } else { &mut count.late } += 1;
            Ok(())
        })?;
        self.each_row(&self.ended(filter, by, after, to)?, |row| {
            let count = counts.of(by.key(row, 1)?);
            *if row.get(0)? { &mut count.grace } else { &mut count.lapsed } += 1;
            Ok(())
        })?;
        self.named(by, counts)
    }

    /// The revisions whose ends were put off, with whether they were before they came.
    fn renewed(&self, filter: &LicenseFilter, by: Grouping, after: Timestamp, to: Timestamp) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let (after, to) = (query.bind(after.seconds()), query.bind(to.seconds()));
        let at = query.bind(filter.at.seconds());
        let columns =
            "n.status_index, n.number, p.customer, p.tier, p.kind, p.internal, p.starts, p.ends, p.stops, p.warn_days, p.seats,
            0 AS standing, n.issued_at, n.issued_by, p.machines_max, p.machines_bound, x.signed_at, n.note";
        let renewal = format!(
            "x.signed_at <= {at} AND p.ends > {after} AND p.ends <= {to} AND (x.ends > p.ends OR x.ends IS NULL)
             AND (x.occasion = 'renewal' OR x.occasion IS NULL OR x.signed_at >= p.ends)"
        );
        let source = format!(
            "(SELECT {columns} FROM revisions x CROSS JOIN revisions p ON p.license = x.license AND p.rev = x.rev - 1
                CROSS JOIN licenses n ON n.status_index = x.license WHERE x.rev > 1 AND {renewal}
              UNION ALL
              SELECT {columns} FROM foreign_licenses p CROSS JOIN revisions x ON x.license = p.license AND x.rev = 2
                CROSS JOIN licenses n ON n.status_index = x.license WHERE {renewal}) l"
        );
        let conditions = all_of(&filter.conditions(&mut query, *self)?);
        let key = query.at(filter.at, by.columns());
        query.sql = format!("SELECT l.signed_at < l.ends, {key} FROM {source}{conditions}");
        Ok(query)
    }

    /// The licenses that came to their end, with whether they are in their days of grace.
    fn ended(&self, filter: &LicenseFilter, by: Grouping, after: Timestamp, to: Timestamp) -> Result<Vec<Query>, LedgerError> {
        let ended = format!("l.ends > {} AND l.ends <= {}", after.seconds(), to.seconds());
        // How it stood when the end came; what was decided later does not matter.
        let good = "coalesce((SELECT s.standing FROM standings s WHERE s.license = l.status_index AND s.at < l.ends
            ORDER BY s.event DESC LIMIT 1), 0) = 0";
        self.pass(filter, by, "l.stops > $at", &[&ended, good])
    }
}
