//! The ledger: the database of customers, tiers, licenses and everything that ever happened to them.
//!
//! Every SQL statement of the program lives here, behind methods that speak domain types, so that a second engine can stand
//! beside SQLite without anyone outside noticing.
//!
//! # How it holds together
//!
//! The truth is the append-only log of events ([`event`], `log`). The other tables are its projection, written by one piece of
//! code (`project`) that recording and replaying share; a replay ([`Ledger::replay`]) therefore finds every row, event and
//! tail that was tampered with.
//!
//! # Locking and files
//!
//! The file is in WAL mode: readers never wait, and writers wait for one another up to ten seconds. A write begins
//! with the lock (`BEGIN IMMEDIATE`), so that what it read is still true when it commits, and a commit is on the disk when it
//! returns. The last connection that closes takes the WAL into the file and removes it.

mod alerts;
mod as_of;
mod authority;
mod column;
mod copy;
mod customers;
mod difference;
mod error;
pub mod event;
mod events;
mod filter;
mod foreign;
mod licenses;
mod log;
mod machines;
mod migrations;
mod names;
mod open;
mod operators;
mod outbox;
mod project;
mod replay;
pub mod report;
mod revisions;
mod search;
mod select;
mod signed;
mod signing_keys;
mod spelled;
mod standings;
mod status_lists;
#[cfg(test)]
pub(crate) mod testing;
mod tiers;
mod transaction;
mod weeks;

use rusqlite::Connection;

pub use alerts::RenewedWhileOff;
pub use authority::AuthorityRecord;
pub use customers::CustomerFilter;
pub use difference::Difference;
pub use error::LedgerError;
pub use event::{Event, EventNumber, Fact, Foreign, Request};
pub use events::{EventFilter, EventRecord};
pub use filter::{LicenseFilter, LicenseSort, UnknownLicenseSort};
pub use foreign::ForeignRecord;
pub use licenses::{LicenseRecord, RequestRecord};
pub use machines::ActivationRecord;
pub use open::Access;
pub use outbox::{Attempt, MailFilter, MailKind, MailLine, MailRecord, MailRuns, MailState, NewMail, Outbox};
pub use replay::Replay;
pub use revisions::RevisionRecord;
pub use search::{Hit, Hits, InvalidSearch, Place, Search};
pub use signed::{SignedBy, SignedGroup};
pub use signing_keys::{KeyCopy, KeyPurpose, KeyState, SigningKeyRecord, UnknownKeyWord};
pub use spelled::Spelled;
pub use standings::StandingRecord;
pub use status_lists::StatusListRecord;
pub use tiers::TierFilter;
pub use transaction::Transaction;

use crate::audit::Frontier;

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    db: Connection,
}

/// The tables of a ledger, to be read: of the ledger as it was last committed, or of a transaction as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'c> {
    db: &'c Connection,
}

impl Ledger {
    /// The tables, as last committed.
    #[must_use]
    pub fn read(&self) -> Tables<'_> {
        Tables { db: &self.db }
    }

    /// The tables as they are now, for reads that must agree with one another: what others commit meanwhile stays unseen.
    ///
    /// # Errors
    /// What `work` returns, or [`LedgerError`] where the ledger cannot be read.
    pub fn snapshot<T, E: From<LedgerError>>(&self, work: impl FnOnce(Tables<'_>) -> Result<T, E>) -> Result<T, E> {
        let snapshot = self.db.unchecked_transaction().map_err(LedgerError::from)?;
        let result = work(Tables { db: &snapshot })?;
        snapshot.finish().map_err(LedgerError::from)?;
        Ok(result)
    }

    /// Does `work` in one transaction: everything it records is on the disk when this returns, or nothing of it.
    ///
    /// # Errors
    /// What `work` returns, and nothing is kept; [`LedgerError::Busy`] where another process writes for too long.
    pub fn write<T, E: From<LedgerError>>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = Transaction::begin(&mut self.db)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Does `work` as [`Ledger::write`] does, up to the point of keeping it, and then keeps nothing: `--dry-run`.
    ///
    /// # Errors
    /// As [`Ledger::write`].
    pub fn rehearse<T, E: From<LedgerError>>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = Transaction::begin(&mut self.db)?;
        let result = work(&transaction)?;
        transaction.check()?;
        Ok(result)
    }

    /// The head of the log: how many events there are, and their Merkle root.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn head(&self) -> Result<Frontier, LedgerError> {
        log::head(&self.db)
    }

    /// Gets ready to record many thousand facts: lets the WAL grow larger before it is taken into the file, so that a page that
    /// changes often is written once; and keeps in memory what would undo a single statement, which is a few pages that SQLite
    /// otherwise writes to a file for every event.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn expect_bulk(&self) -> Result<(), LedgerError> {
        // In pages of 8 KiB.
        self.db.pragma_update(None, "wal_autocheckpoint", 16_384)?;
        self.db.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(())
    }

    /// Closes the ledger. The last connection takes the WAL into the file and leaves no file beside it.
    ///
    /// Dropping a ledger does the same and keeps silent about errors; nothing that was committed is at risk either way.
    ///
    /// # Errors
    /// [`LedgerError`] where the last pages cannot be written.
    pub fn close(self) -> Result<(), LedgerError> {
        self.db.flush_prepared_statement_cache();
        self.db.close().map_err(|(_, error)| error.into())
    }
}
