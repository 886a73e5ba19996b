//! One pass over the licenses that a filter lets through.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::AddAssign;

use rusqlite::params_from_iter;

use super::group::{Group, Grouping, Key};
use crate::ledger::names::Names;
use crate::ledger::select::{Query, all_of};
use crate::ledger::{LedgerError, LicenseFilter, Tables, column};
use crate::license::{LicenseType, Standing, Status, Timestamp, Validity};

/// What a pass reads of a license.
pub(super) const COLUMNS: &str = "l.number, l.customer, l.tier, l.issued_by, l.kind, l.starts, l.ends, l.stops,
    l.warn_days, l.seats, l.standing, l.issued_at, l.machines_max, l.machines_bound";

/// A license in a pass, with numbers in place of names.
pub(super) struct Row {
    pub number: i64,
    pub customer: i64,
    pub tier: i64,
    pub operator: i64,
    pub kind: LicenseType,
    pub starts: Timestamp,
    pub ends: Option<Timestamp>,
    pub stops: Option<Timestamp>,
    pub warn_days: u32,
    pub seats: Option<u32>,
    pub standing: Standing,
    pub issued_at: Timestamp,
    pub machines_max: Option<u32>,
    pub machines_bound: u32,
}

impl Row {
    /// Reads the [`COLUMNS`] of a row.
    pub fn read(row: &rusqlite::Row<'_>) -> Result<Self, LedgerError> {
        Ok(Self {
            number: row.get(0)?,
            customer: row.get(1)?,
            tier: row.get(2)?,
            operator: row.get(3)?,
            kind: column::license_type(row, 4)?,
            starts: column::moment(row, 5)?,
            ends: column::moment_if_any(row, 6)?,
            stops: column::moment_if_any(row, 7)?,
            warn_days: row.get(8)?,
            seats: row.get(9)?,
            standing: column::standing(row, 10)?,
            issued_at: column::moment(row, 11)?,
            machines_max: row.get(12)?,
            machines_bound: row.get(13)?,
        })
    }

    /// The status at a moment.
    pub fn status(&self, at: Timestamp) -> Status {
        let validity = Validity { starts: self.starts, ends: self.ends, stops: self.stops, warn_days: self.warn_days };
        validity.status(self.standing, at)
    }
}

impl Tables<'_> {
    /// Hands every license that fits, and fits this condition as well, to `take`. A row that the database leaves out costs a fifth of one
    /// that is handed over.
    pub(super) fn each_row(
        &self,
        filter: &LicenseFilter,
        condition: Option<&str>,
        mut take: impl FnMut(&Row) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut query = Query::default();
        let licenses = filter.source(&mut query);
        let mut conditions = filter.conditions(&mut query, *self)?;
        conditions.extend(condition.map(|condition| query.at(filter.at, condition)));
        query.sql = format!("SELECT {COLUMNS} FROM {licenses}{}", all_of(&conditions));
        self.each_row_of(&query, |row| take(&Row::read(row)?))
    }

    /// Hands every row of a statement to `take`.
    pub(super) fn each_row_of(
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
    pub(super) fn named<T: AddAssign>(&self, by: Grouping, counts: HashMap<Key, T>) -> Result<Vec<(Group, T)>, LedgerError> {
        let mut names = Names::new(self.db);
        let mut groups: BTreeMap<Group, T> = BTreeMap::new();
        for (key, count) in counts {
            match groups.entry(by.group(key, &mut names)?) {
                Entry::Vacant(entry) => {
                    entry.insert(count);
                }
                Entry::Occupied(mut entry) => *entry.get_mut() += count,
            }
        }
        Ok(groups.into_iter().collect())
    }
}
