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

    /// Adds up `columns` of every license `l` that fits, and fits these conditions as well, group by group.
    pub(super) fn count<T: AddAssign + Copy + Default>(
        &self,
        filter: &LicenseFilter,
        by: Grouping,
        columns: &[&str],
        conditions: &[&str],
        add: impl Fn(&mut T, &rusqlite::Row<'_>) -> Result<(), LedgerError>,
    ) -> Result<Vec<(Group, T)>, LedgerError> {
        let mut counts: Counts<Key, T> = Counts::default();
        let pass = self.pass(filter, by, &columns.join(", "), conditions)?;
        self.each_row(&pass, |row| add(counts.of(by.key(row, columns.len())?), row))?;
        self.named(by, counts)
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
        if by == Grouping::Customer {
            names.expect_customers(counts.all.len())?;
        }
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
/// place than before, and waits for memory each time: the counts stand close together, apart from what finds them.
pub(super) struct Counts<K, T> {
    /// The places of keys that are small numbers, as those of rows are: one more than the place, and 0 where there is none.
    small: Vec<u32>,
    /// The places of all others.
    others: HashMap<K, usize, RandomState>,
    /// In the order in which they were first met.
    pub all: Vec<(K, T)>,
}

/// A number, or several, by which things are told apart.
pub(super) trait Number: Copy + Eq + Hash {
    /// The key as one number that may be small, where it is one.
    fn one(self) -> Option<i64>;
}

impl Number for i64 {
    fn one(self) -> Option<i64> {
        Some(self)
    }
}

impl Number for Key {
    fn one(self) -> Option<i64> {
        (self.1 == 0).then_some(self.0)
    }
}

impl Number for (i64, Key) {
    fn one(self) -> Option<i64> {
        None
    }
}

/// Up to where a number is small: its place takes four bytes, whether others below it are met or not.
const SMALL: usize = 1 << 20;

impl<K, T> Default for Counts<K, T> {
    fn default() -> Self {
        Self { small: Vec::new(), others: HashMap::default(), all: Vec::new() }
    }
}

impl<K: Number, T: Default> Counts<K, T> {
    /// What is counted of one of them; nothing, where it is met for the first time.
    pub fn of(&mut self, key: K) -> &mut T {
        let place = self.place(key).unwrap_or_else(|| self.meet(key));
        &mut self.all[place].1
    }

    /// What is counted of one of them, where it was met.
    pub fn get(&self, key: K) -> Option<&T> {
        self.place(key).map(|place| &self.all[place].1)
    }

    fn place(&self, key: K) -> Option<usize> {
        match small(key) {
            Some(small) => (*self.small.get(small)? as usize).checked_sub(1),
            None => self.others.get(&key).copied(),
        }
    }

    /// Gives it a place.
    fn meet(&mut self, key: K) -> usize {
        let place = self.all.len();
        self.all.push((key, T::default()));
        match small(key) {
            Some(small) => {
                self.small.resize(self.small.len().max(small + 1), 0);
                // No ledger has as many licenses as there are such numbers.
                self.small[small] = place as u32 + 1;
            }
            None => {
                self.others.insert(key, place);
            }
        }
        place
    }
}

fn small<K: Number>(key: K) -> Option<usize> {
    usize::try_from(key.one()?).ok().filter(|number| *number < SMALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_apart_by_all_its_numbers() {
        let last = SMALL as i64 - 1;
        let keys: Vec<Key> =
            [0, 1, 7, last, last + 1, i64::MAX, -1].into_iter().flat_map(|number| [(number, 0), (number, 1)]).collect();
        let mut counts: Counts<Key, u64> = Counts::default();
        for round in 1..=2 {
            for (key, number) in keys.iter().zip(1..) {
                *counts.of(*key) += number;
                assert_eq!(counts.get(*key), Some(&(number * round)), "{key:?}");
            }
        }
        assert_eq!(counts.all.iter().map(|(key, _)| *key).collect::<Vec<_>>(), keys);
        assert_eq!((counts.get((2, 0)), counts.get((2, 1))), (None, None));
    }
}
