//! The log: appending events, and its Merkle head.
//!
//! The head is read once for a transaction, grows in memory, and is written once before the commit.

use rusqlite::Connection;

use super::event::NewEvent;
use super::project::Columns;
use super::{Event, EventNumber, Fact, LedgerError, Spelled};
use crate::audit::{Frontier, Hash, leaf_hash};
use crate::license::{Slug, Timestamp};

/// The log of a transaction.
pub(super) struct Log {
    head: Frontier,
    /// How many events the log had when the transaction began.
    saved: u64,
    /// The body of the latest event; kept for its memory alone.
    body: Vec<u8>,
}

/// An event that was spelled out and is ready to be appended.
pub(super) struct Pending<'l> {
    pub number: EventNumber,
    event: NewEvent<'l>,
    log: (&'l mut Frontier, &'l [u8]),
    /// The hash of the body, where it was made before.
    leaf: Option<Hash>,
}

/// The head that is written in the ledger.
pub(super) fn head(db: &Connection) -> Result<Frontier, LedgerError> {
    let mut statement = db.prepare_cached("SELECT frontier FROM log_head")?;
    let bytes: Vec<u8> = statement.query_row([], |row| row.get(0))?;
    Frontier::from_bytes(&bytes).map_err(|error| LedgerError::Damaged(error.to_string()))
}

impl Log {
    pub fn load(db: &Connection) -> Result<Self, LedgerError> {
        let head = head(db)?;
        Ok(Self { saved: head.size(), head, body: Vec::new() })
    }

    pub fn head(&self) -> &Frontier {
        &self.head
    }

    /// Spells out the next event. Nothing is written, and nothing has changed where this fails.
    pub fn next<'l>(&'l mut self, at: Timestamp, by: &'l Slug, fact: &'l Fact) -> Result<Pending<'l>, LedgerError> {
        let number = EventNumber::after(self.head.size());
        let event = NewEvent { number, at, by, fact };
        event.write(&mut self.body)?;
        Ok(Pending { number, event, log: (&mut self.head, &self.body), leaf: None })
    }

    /// Takes over an event as it was written elsewhere, byte by byte. Nothing has changed where this fails.
    pub fn written<'l>(&'l mut self, event: &'l Event, body: &str) -> Result<Pending<'l>, LedgerError> {
        let number = EventNumber::after(self.head.size());
        if event.number != number {
            return Err(LedgerError::Unrecordable(format!("event {} stands where event {number} belongs", event.number)));
        }
        self.body.clear();
        self.body.extend_from_slice(body.as_bytes());
        let Event { at, by, fact, .. } = event;
        Ok(Pending { number, event: NewEvent { number, at: *at, by, fact }, log: (&mut self.head, &self.body), leaf: None })
    }

    /// Takes an event that was spelled out before its turn. Nothing has changed where this fails.
    pub fn spelled<'l>(&'l mut self, event: &'l Spelled) -> Result<Pending<'l>, LedgerError> {
        let number = EventNumber::after(self.head.size());
        let Spelled { at, by, fact, body, leaf, .. } = event;
        if event.number != number {
            return Err(LedgerError::Unrecordable(format!("event {} stands where event {number} belongs", event.number)));
        }
        Ok(Pending { number, event: NewEvent { number, at: *at, by, fact }, log: (&mut self.head, body), leaf: Some(*leaf) })
    }

    /// Writes the head, where it has grown.
    pub fn save(&self, db: &Connection) -> Result<(), LedgerError> {
        if self.head.size() > self.saved {
            db.prepare_cached("UPDATE log_head SET frontier = ?")?.execute([self.head.to_bytes()])?;
        }
        Ok(())
    }
}

impl Pending<'_> {
    /// Appends the event to the table and its leaf to the tree.
    pub fn append(self, db: &Connection, columns: Columns) -> Result<(), LedgerError> {
        let (head, body) = self.log;
        let leaf: Hash = self.leaf.unwrap_or_else(|| leaf_hash(body));
        let body = std::str::from_utf8(body).map_err(|error| LedgerError::Unrecordable(error.to_string()))?;
        let NewEvent { number, at, by, fact } = self.event;
        db.prepare_cached(
            "INSERT INTO events (number, at, operator, kind, license, customer, leaf, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            number.column(),
            at.seconds(),
            by.as_str(),
            fact.kind(),
            columns.license,
            columns.customer,
            leaf.as_slice(),
            body,
        ))?;
        head.append(leaf);
        Ok(())
    }
}
