//! Machines that took seats and gave them back in a span of time.

use std::collections::HashMap;
use std::ops::AddAssign;

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
        // Who was named when a license was issued may have a row here as well, and was not activated.
        let activated = format!("a.activated AND a.activated_at >= {first} AND a.activated_at < {last}");
        let given_back = format!("a.given_back AND a.ended_at >= {first} AND a.ended_at < {last}");
        let licenses = filter.source(&mut query, *self)?;
        let mut conditions = filter.conditions(&mut query, *self)?;
        conditions.push(format!("({activated} OR {given_back})"));
        let columns = query.at(filter.at, &format!("{activated}, coalesce({given_back}, 0), {}", by.columns()));
        query.sql = format!(
            "SELECT {columns} FROM activations a CROSS JOIN {licenses} ON l.status_index = a.license{}",
            all_of(&conditions)
        );
        let mut counts: HashMap<Key, Turnover> = HashMap::new();
        self.each_row(&query, |row| {
            let one = |place| row.get::<_, bool>(place).map(u64::from);
            *counts.entry(by.key(row, 2)?).or_default() += Turnover { activated: one(0)?, given_back: one(1)? };
            Ok(())
        })?;
        self.named(by, counts)
    }
}
