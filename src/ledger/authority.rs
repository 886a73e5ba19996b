//! Reads of the authority itself: whose ledger this is.

use rusqlite::OptionalExtension;

use super::{LedgerError, Tables, column};
use crate::license::Timestamp;

/// Whose ledger this is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRecord {
    /// The vendor's name.
    pub name: String,
    /// What stands in the keys as `iss`.
    pub issuer: String,
    /// When it was set up.
    pub created_at: Timestamp,
}

impl Tables<'_> {
    /// Whose ledger this is; `None` before the authority was set up.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn authority(&self) -> Result<Option<AuthorityRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT name, issuer, created_at FROM authority")?;
        let mut rows = statement.query([])?;
        rows.next()?
            .map(|row| Ok(AuthorityRecord { name: row.get(0)?, issuer: row.get(1)?, created_at: column::moment(row, 2)? }))
            .transpose()
    }

    /// The time of the latest event, against which a clock that runs behind shows.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn newest_event_time(&self) -> Result<Option<Timestamp>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT at FROM events ORDER BY at DESC LIMIT 1")?;
        let seconds: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
        seconds.map(|seconds| Timestamp::from_seconds(seconds).map_err(|_| LedgerError::odd("moment", seconds))).transpose()
    }
}
