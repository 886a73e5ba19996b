//! Machines that took seats and gave them back in a span of time.

use std::ops::AddAssign;

use super::fold::Counts;
use super::group::{Group, Grouping, Key};
use crate::ledger::select::Query;
use crate::ledger::{LedgerError, LicenseFilter, Tables};
use crate::license::Timestamp;

/// Up to how many licenses are looked up one by one.
const FEW: usize = 20_000;

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
        let activated = format!("activated AND activated_at >= {first} AND activated_at < {last}");
        let given_back = format!("given_back AND ended_at >= {first} AND ended_at < {last}");
        query.sql =
            format!("SELECT license, {activated}, coalesce({given_back}, 0) FROM activations WHERE {activated} OR {given_back}");
        let mut turned: Counts<i64, Turnover> = Counts::default();
        self.each_row(&[query], |row| {
            let one = |place| row.get::<_, bool>(place).map(u64::from);
            *turned.of(row.get(0)?) += Turnover { activated: one(1)?, given_back: one(2)? };
            Ok(())
        })?;
        // Few licenses are looked up; of many, a pass over all is faster.
        let few = (turned.all.len() < FEW).then(|| {
            let licenses: Vec<i64> = turned.all.iter().map(|(license, _)| *license).collect();
            format!("l.status_index IN (SELECT value FROM json_each('{licenses:?}'))")
        });
        let conditions: Vec<&str> = few.iter().map(String::as_str).collect();
        let mut counts: Counts<Key, Turnover> = Counts::default();
        self.each_row(&self.pass(filter, by, "l.status_index", &conditions)?, |row| {
            if let Some(turnover) = turned.get(row.get(0)?) {
                *counts.of(by.key(row, 1)?) += *turnover;
            }
            Ok(())
        })?;
        self.named(by, counts)
    }
}
