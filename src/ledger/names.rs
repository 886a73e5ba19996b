//! The names behind the numbers by which rows refer to customers, tiers and operators, each looked up once.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rusqlite::Connection;

use super::{LedgerError, column};
use crate::license::{Slug, Tier};

/// How many customers are looked up one by one, whatever the number of all.
const PATIENCE: usize = 1_000;
/// Looking up one customer takes about as long as reading so many in a pass.
const ONE_IN: usize = 8;

/// Names that were looked up. Looking them up by hand, rather than joining, leaves the database one table to choose an
/// index for, and pays for the rows of a page alone.
///
/// Who looks up many customers one by one soon has paid for reading all of them in one pass. That is then done.
pub(super) struct Names<'c> {
    db: &'c Connection,
    customers: HashMap<i64, (Slug, String), RandomState>,
    /// How many customers to look up before it is asked how many there are.
    patience: usize,
    tiers: HashMap<i64, Tier, RandomState>,
    operators: HashMap<i64, Slug, RandomState>,
}

impl<'c> Names<'c> {
    pub fn new(db: &'c Connection) -> Self {
        Self { db, customers: HashMap::default(), patience: PATIENCE, tiers: HashMap::default(), operators: HashMap::default() }
    }

    /// The short name and the display name of a customer.
    pub fn customer(&mut self, id: i64) -> Result<&(Slug, String), LedgerError> {
        let db = self.db;
        self.expect_customers(self.customers.len())?;
        look_up(&mut self.customers, id, || {
            let mut statement = db.prepare_cached("SELECT slug, name FROM customers WHERE id = ?")?;
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(|| LedgerError::odd("customer", id))?;
            Ok((column::parsed(row, 0)?, row.get(1)?))
        })
    }

    /// The names of a customer who is not asked for again: they need not be copied.
    pub fn take_customer(&mut self, id: i64) -> Result<(Slug, String), LedgerError> {
        self.customer(id)?;
        self.customers.remove(&id).ok_or_else(|| LedgerError::odd("customer", id))
    }

    /// Prepares for looking up so many customers.
    pub fn expect_customers(&mut self, number: usize) -> Result<(), LedgerError> {
        if number >= self.patience { self.read_customers(number) } else { Ok(()) }
    }

    /// Reads the names of all customers, where so many are a good part of them.
    fn read_customers(&mut self, number: usize) -> Result<(), LedgerError> {
        let all: i64 = self.db.prepare_cached("SELECT count(*) FROM customers")?.query_row([], |row| row.get(0))?;
        let worth = usize::try_from(all).unwrap_or(usize::MAX) / ONE_IN;
        if number < worth {
            self.patience = worth;
            return Ok(());
        }
        self.patience = usize::MAX;
        let mut statement = self.db.prepare_cached("SELECT id, slug, name FROM customers")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.customers.insert(row.get(0)?, (column::parsed(row, 1)?, row.get(2)?));
        }
        Ok(())
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

fn look_up<T>(
    known: &mut HashMap<i64, T, RandomState>,
    id: i64,
    read: impl FnOnce() -> Result<T, LedgerError>,
) -> Result<&T, LedgerError> {
    use std::collections::hash_map::Entry;
    match known.entry(id) {
        Entry::Occupied(entry) => Ok(entry.into_mut()),
        Entry::Vacant(entry) => Ok(entry.insert(read()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;

    #[test]
    fn names_are_the_same_whether_read_one_by_one_or_together() {
        let ledger = Ledger::in_memory().unwrap();
        let many = i64::try_from(PATIENCE).unwrap() * 3 / 2;
        let insert = "INSERT INTO customers (id, slug, name, kind, contacts, archived, added_at) VALUES (?1, ?2, ?3, 'customer', '[]', 0, 0)";
        for id in 1..=many {
            ledger.db.prepare_cached(insert).unwrap().execute((id, format!("c{id}"), format!("Customer {id}"))).unwrap();
        }
        let mut names = Names::new(&ledger.db);
        let mut expected = Names::new(&ledger.db);
        expected.expect_customers(PATIENCE).unwrap();
        assert_eq!(expected.customers.len(), many as usize);
        for id in 1..=many {
            let expected = (format!("c{id}").parse().unwrap(), format!("Customer {id}"));
            assert_eq!(*names.customer(id).unwrap(), expected);
            let together = names.customers.len() == many as usize;
            assert_eq!(together, id > PATIENCE as i64, "{id}");
        }
        assert!(names.customer(many + 1).is_err());
    }
}
