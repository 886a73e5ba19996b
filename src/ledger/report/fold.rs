//! One pass over the licenses that a filter lets through.
//!
//! The database hands over what a report adds up, and no column more: each costs as much as leaving out a row. What does not count is
//! left out by the statement.

use std::collections::HashMap;
use std::ops::AddAssign;

use rusqlite::params_from_iter;

use super::group::{Group, Grouping, Key};
use crate::ledger::names::Names;
use crate::ledger::select::{Query, all_of};
use crate::ledger::{LedgerError, LicenseFilter, Tables};

impl Tables<'_> {
    /// The statement that reads `columns` of every license `l` that fits, and fits these conditions as well; after them, what tells its
    /// group ([`Grouping::key`]). `$at` stands for the moment of the filter.
    pub(super) fn pass(
        &self,
        filter: &LicenseFilter,
        by: Grouping,
        columns: &str,
        conditions: &[&str],
    ) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let licenses = filter.source(&mut query, *self)?;
        let mut all = filter.conditions(&mut query, *self)?;
        all.extend(conditions.iter().map(|condition| query.at(filter.at, condition)));
        let columns = query.at(filter.at, &format!("{columns}, {}", by.columns()));
        query.sql = format!("SELECT {columns} FROM {licenses}{}", all_of(&all));
        Ok(query)
    }

    /// Hands every row of a statement to `take`.
    pub(super) fn each_row(
        &self,
        query: &Query,
        mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut statement = self.db.prepare_cached(&query.sql)?;
        let mut rows = statement.query(params_from_iter(&query.values))?;
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// The groups behind the numbers, in order. The tiers of one product are one group where products are asked for.
    pub(super) fn named<T: AddAssign + Copy>(
        &self,
        by: Grouping,
        counts: HashMap<Key, T>,
    ) -> Result<Vec<(Group, T)>, LedgerError> {
        let mut names = Names::new(self.db);
        let named = counts.into_iter().map(|(key, count)| Ok((by.group(key, &mut names)?, count)));
        let mut groups: Vec<(Group, T)> = named.collect::<Result<_, LedgerError>>()?;
        groups.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        groups.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Ok(groups)
    }
}
