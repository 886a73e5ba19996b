//! One pass over the licenses that a filter lets through.
//!
//! The database hands over what a report adds up, and no column more: each costs as much as leaving out a row. What does not count is
//! left out by the statement.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::AddAssign;

use foldhash::fast::RandomState;
use rusqlite::params_from_iter;

use super::group::{Group, Grouping, Key};
use crate::ledger::names::Names;
use crate::ledger::select::{Query, all_of};
use crate::ledger::{LedgerError, LicenseFilter, Tables};

impl Tables<'_> {
    /// The statements that together read `columns` of every license `l` that fits, and fits these conditions as well; after them, what
    /// tells its group ([`Grouping::key`]). `$at` stands for the moment of the filter.
    pub(super) fn pass(
        &self,
        filter: &LicenseFilter,
        by: Grouping,
        columns: &str,
        conditions: &[&str],
    ) -> Result<Vec<Query>, LedgerError> {
        let mut query = Query::default();
        let sources = filter.sources(&mut query, *self)?;
        let mut all = filter.conditions(&mut query, *self)?;
        all.extend(conditions.iter().map(|condition| query.at(filter.at, condition)));
        let columns = query.at(filter.at, &format!("{columns}, {}", by.columns()));
        let all = all_of(&all);
        let one = |source| Query { sql: format!("SELECT {columns} FROM {source}{all}"), values: query.values.clone() };
        Ok(sources.iter().map(one).collect())
    }

    /// Hands every row of each statement to `take`.
    pub(super) fn each_row(
        &self,
        queries: &[Query],
        mut take: impl FnMut(&rusqlite::Row<'_>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        for query in queries {
            let mut statement = self.db.prepare_cached(&query.sql)?;
            let mut rows = statement.query(params_from_iter(&query.values))?;
            while let Some(row) = rows.next()? {
                take(row)?;
            }
        }
        Ok(())
    }

    /// The groups behind the numbers, in order. The tiers of one product are one group where products are asked for.
    pub(super) fn named<T: AddAssign + Copy>(
        &self,
        by: Grouping,
        counts: Counts<Key, T>,
    ) -> Result<Vec<(Group, T)>, LedgerError> {
        let mut names = Names::new(self.db);
        // Counts are larger than their places: these are sorted.
        let named = counts.all.iter().enumerate().map(|(place, (key, _))| Ok((by.group(*key, &mut names)?, place)));
        let mut order: Vec<(Group, usize)> = named.collect::<Result<_, LedgerError>>()?;
        order.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let mut groups: Vec<(Group, T)> = Vec::with_capacity(order.len());
        for (group, place) in order {
            let count = counts.all[place].1;
            match groups.last_mut().filter(|last| last.0 == group) {
                Some(last) => last.1 += count,
                None => groups.push((group, count)),
            }
        }
        Ok(groups)
    }
}

/// What is counted of each of many things, which are told apart by numbers. A report adds to it a million times, mostly at another
/// place than before: the counts stand close together, apart from the table that finds them.
pub(super) struct Counts<K, T> {
    places: HashMap<K, usize, RandomState>,
    /// In the order in which they were first met.
    pub all: Vec<(K, T)>,
}

impl<K, T> Default for Counts<K, T> {
    fn default() -> Self {
        Self { places: HashMap::default(), all: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, T: Default> Counts<K, T> {
    /// What is counted of one of them; nothing, where it is met for the first time.
    pub fn of(&mut self, key: K) -> &mut T {
        let place = *self.places.entry(key).or_insert_with(|| {
            self.all.push((key, T::default()));
            self.all.len() - 1
        });
        &mut self.all[place].1
    }

    /// What is counted of one of them, where it was met.
    pub fn get(&self, key: K) -> Option<&T> {
        self.places.get(&key).map(|place| &self.all[*place].1)
    }
}
