//! The rows that the facts of one transaction refer to again and again, each looked up once.
//!
//! Customers, tiers, operators and signing keys are never removed, and none of them gets another number: what was found once in a
//! transaction stays true to its end, whatever the facts after it say.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::ledger::LedgerError;
use crate::license::Slug;
use crate::token::Kid;

/// How many customers are remembered: a replay goes through the events of all of them.
const MOST_CUSTOMERS: usize = 20_000;

/// The numbers of rows that were looked up.
#[derive(Default)]
pub(in crate::ledger) struct Known {
    customers: HashMap<Slug, i64>,
    /// These are few: they are gone through.
    tiers: Vec<(Slug, Slug, i64)>,
    keys: Vec<(Kid, i64)>,
    operators: Vec<(Slug, i64)>,
    /// The place in the status lists that the next new license gets.
    next_place: Option<i64>,
}

impl Known {
    pub fn customer(&mut self, db: &Connection, slug: &Slug) -> Result<i64, LedgerError> {
        if let Some(id) = self.customers.get(slug) {
            return Ok(*id);
        }
        let id = super::customer(db, slug)?;
        if self.customers.len() >= MOST_CUSTOMERS {
            self.customers.clear();
        }
        self.customers.insert(slug.clone(), id);
        Ok(id)
    }

    pub fn tier(&mut self, db: &Connection, product: &Slug, slug: &Slug) -> Result<i64, LedgerError> {
        if let Some((_, _, id)) = self.tiers.iter().find(|(p, s, _)| s == slug && p == product) {
            return Ok(*id);
        }
        let id = super::tier(db, product, slug)?;
        self.tiers.push((product.clone(), slug.clone(), id));
        Ok(id)
    }

    /// A signing key that signs licenses.
    pub fn license_key(&mut self, db: &Connection, kid: &Kid) -> Result<i64, LedgerError> {
        if let Some((_, id)) = self.keys.iter().find(|(known, _)| known == kid) {
            return Ok(*id);
        }
        let id = super::license_key(db, kid)?;
        self.keys.push((*kid, id));
        Ok(id)
    }

    /// The place in the status lists that the next new license gets.
    pub fn next_place(&mut self, db: &Connection) -> rusqlite::Result<i64> {
        match self.next_place {
            Some(place) => Ok(place),
            None => Ok(*self.next_place.insert(super::licenses::next_status_index(db)?)),
        }
    }

    /// A new license got its place.
    pub fn place_is_taken(&mut self) {
        self.next_place = self.next_place.map(|place| place + 1);
    }

    /// An operator, whether removed meanwhile or not.
    pub fn operator(&mut self, db: &Connection, slug: &Slug) -> Result<i64, LedgerError> {
        if let Some((_, id)) = self.operators.iter().find(|(known, _)| known == slug) {
            return Ok(*id);
        }
        let id = super::operator(db, slug)?;
        self.operators.push((slug.clone(), id));
        Ok(id)
    }
}
