//! How many licenses are in which status: counted from the indexes alone.

use std::ops::AddAssign;

use crate::ledger::{LedgerError, Tables};
use crate::license::{Status, Timestamp};

/// How many licenses are in each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatusCounts([u64; Status::ALL.len()]);

impl StatusCounts {
    /// How many are in a status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(super) fn add(&mut self, status: Status) {
        self.0[status as usize] += 1;
    }

    fn set(&mut self, status: Status, count: i64) {
        self.0[status as usize] = u64::try_from(count).unwrap_or_default();
    }
}

impl AddAssign for StatusCounts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// Those past their end, and how many of them in grace: a range of the index of ends.
const ENDED: &str = "SELECT count(*), coalesce(sum(stops > ?1), 0) FROM licenses INDEXED BY licenses_by_end
    WHERE ends <= ?1 AND standing = 0";
/// Of those that have not ended, the ones that are not simply active, and how many of them have not begun: the rest of the index.
const AHEAD: &str = "SELECT count(*), coalesce(sum(starts > ?1), 0) FROM licenses INDEXED BY licenses_by_end
    WHERE ends > ?1 AND (ends <= ?1 + warn_days * 86400 OR starts > ?1) AND standing = 0";
const PERPETUAL_AHEAD: &str =
    "SELECT count(*) FROM licenses INDEXED BY licenses_by_end WHERE ends IS NULL AND starts > ?1 AND standing = 0";
const WITHDRAWN: &str = "SELECT coalesce(sum(standing = 1), 0), coalesce(sum(standing = 2), 0) FROM licenses
    INDEXED BY licenses_withdrawn WHERE standing <> 0";

/// All of them, for the test that no license is looked at.
#[cfg(test)]
pub(super) const ALL: [&str; 4] = [ENDED, AHEAD, PERPETUAL_AHEAD, WITHDRAWN];

impl Tables<'_> {
    /// How many licenses of the whole ledger, as it is now, are in which status at a moment.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn count_by_status(&self, at: Timestamp) -> Result<StatusCounts, LedgerError> {
        let at = at.seconds();
        let pair = |sql: &str| -> Result<(i64, i64), LedgerError> {
            let mut statement = self.db.prepare_cached(sql)?;
            let params = if sql == WITHDRAWN { Vec::new() } else { vec![at] };
            Ok(statement.query_row(rusqlite::params_from_iter(params), |row| Ok((row.get(0)?, row.get(1)?)))?)
        };
        let all: i64 = self.db.prepare_cached("SELECT count(*) FROM licenses")?.query_row([], |row| row.get(0))?;
        let (ended, grace) = pair(ENDED)?;
        let (ahead, begins_later) = pair(AHEAD)?;
        let perpetual: i64 = self.db.prepare_cached(PERPETUAL_AHEAD)?.query_row([at], |row| row.get(0))?;
        let (revoked, suspended) = pair(WITHDRAWN)?;
        let mut counts = StatusCounts::default();
        counts.set(Status::Expired, ended - grace);
        counts.set(Status::Grace, grace);
        counts.set(Status::Expiring, ahead - begins_later);
        counts.set(Status::Scheduled, begins_later + perpetual);
        counts.set(Status::Revoked, revoked);
        counts.set(Status::Suspended, suspended);
        counts.set(Status::Active, all - ended - ahead - perpetual - revoked - suspended);
        Ok(counts)
    }
}
