//! The names behind the numbers by which rows refer to customers, tiers and operators, each looked up once.

use std::collections::HashMap;

use rusqlite::Connection;

use super::{LedgerError, column};
use crate::license::{Slug, Tier};

/// Names that were looked up. Looking them up by hand, rather than joining, leaves the database one table to choose an
/// index for, and pays for the rows of a page alone.
pub(super) struct Names<'c> {
    db: &'c Connection,
    customers: HashMap<i64, (Slug, String)>,
    tiers: HashMap<i64, Tier>,
    operators: HashMap<i64, Slug>,
}

impl<'c> Names<'c> {
    pub fn new(db: &'c Connection) -> Self {
        Self { db, customers: HashMap::new(), tiers: HashMap::new(), operators: HashMap::new() }
    }

    /// The short name and the display name of a customer.
    pub fn customer(&mut self, id: i64) -> Result<&(Slug, String), LedgerError> {
        let db = self.db;
        look_up(&mut self.customers, id, || {
            let mut statement = db.prepare_cached("SELECT slug, name FROM customers WHERE id = ?")?;
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(|| LedgerError::odd("customer", id))?;
            Ok((column::parsed(row, 0)?, row.get(1)?))
        })
    }

    /// A tier.
    pub fn tier(&mut self, id: i64) -> Result<&Tier, LedgerError> {
        let db = self.db;
        look_up(&mut self.tiers, id, || {
            let mut statement = db.prepare_cached("SELECT definition FROM tiers WHERE id = ?")?;
            let mut rows = statement.query([id])?;
            column::json(rows.next()?.ok_or_else(|| LedgerError::odd("tier", id))?, 0)
        })
    }

    /// The short name of an operator, whether removed or not.
    pub fn operator(&mut self, id: i64) -> Result<&Slug, LedgerError> {
        let db = self.db;
        look_up(&mut self.operators, id, || {
            let mut statement = db.prepare_cached("SELECT slug FROM operators WHERE id = ?")?;
            let mut rows = statement.query([id])?;
            column::parsed(rows.next()?.ok_or_else(|| LedgerError::odd("operator", id))?, 0)
        })
    }
}

fn look_up<T>(known: &mut HashMap<i64, T>, id: i64, read: impl FnOnce() -> Result<T, LedgerError>) -> Result<&T, LedgerError> {
    use std::collections::hash_map::Entry;
    match known.entry(id) {
        Entry::Occupied(entry) => Ok(entry.into_mut()),
        Entry::Vacant(entry) => Ok(entry.insert(read()?)),
    }
}
