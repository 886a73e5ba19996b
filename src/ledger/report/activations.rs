//! Machines that took seats and gave them back in a span of time.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::fold::{COLUMNS, Row};
use super::group::{Group, Grouping, Key};
use crate::ledger::select::{Query, all_of};
use crate::ledger::{LedgerError, LicenseFilter, Tables};
use crate::license::Timestamp;

/// How many machines came and went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turnover {
    /// Machines that were activated, and took a seat.
    pub activated: u64,
    /// Machines that gave their seat back.
    pub given_back: u64,
}

impl AddAssign for Turnover {
    fn add_assign(&mut self, other: Self) {
        self.activated += other.activated;
        self.given_back += other.given_back;
    }
}

impl Tables<'_> {
    /// How many machines of the licenses that fit were activated, and how many gave their seat back, from one moment until before another, group by
    /// group. Groups in which nothing happened are left out.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn turnover(
        &self,
        filter: &LicenseFilter,
        by: Grouping,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Group, Turnover)>, LedgerError> {
        let mut query = Query::default();
        let (first, last) = (query.bind(from.seconds()), query.bind(to.seconds()));
        // Who was named when a license was issued has a row here only once it is given a label, by another kind of event. Events are
        // many and large: only those of machines that count are looked at.
        let columns = format!(
            "{COLUMNS}, a.activated_at, a.ended_at, a.given_back, a.activated_at >= {first} AND a.activated_at < {last}
             AND (SELECT e.kind = 'machine.activated' FROM events e WHERE e.number = a.event)"
        );
        let licenses = filter.source(&mut query);
        let conditions = all_of(&filter.conditions(&mut query, *self)?);
        query.sql =
            format!("SELECT {columns} FROM activations a CROSS JOIN {licenses} ON l.status_index = a.license{conditions}");
        let mut counts: HashMap<Key, Turnover> = HashMap::new();
        let within = |moment: Option<i64>| moment.is_some_and(|moment| moment >= from.seconds() && moment < to.seconds());
        self.each_row_of(&query, |columns| {
            let turnover = Turnover {
                activated: u64::from(within(columns.get(14)?) && columns.get(17)?),
                given_back: u64::from(within(columns.get(15)?) && columns.get(16)?),
            };
            if turnover != Turnover::default() {
                let row = Row::read(columns)?;
                *counts.entry(by.key(&row, filter.at)).or_default() += turnover;
            }
            Ok(())
        })?;
        self.named(by, counts)
    }
}
