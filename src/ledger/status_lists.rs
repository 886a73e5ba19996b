//! Reads for the status lists: which of them were published, and which licenses do not stand well.

use super::{LedgerError, Tables, column};
use crate::license::{LicenseId, Standing, Timestamp};

/// A publication of the status lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusListRecord {
    /// Its number. The next one has a higher number.
    pub number: u64,
    /// The address below which the lists are.
    pub uri: String,
    /// How many lists there were.
    pub lists: u32,
    /// When they were published.
    pub published_at: Timestamp,
    /// When they stop to count.
    pub expires: Timestamp,
}

const COLUMNS: &str = "number, uri, lists, published_at, expires_at";

fn record(row: &rusqlite::Row<'_>) -> Result<StatusListRecord, LedgerError> {
    Ok(StatusListRecord {
        number: whole(row.get(0)?)?,
        uri: row.get(1)?,
        lists: row.get(2)?,
        published_at: column::moment(row, 3)?,
        expires: column::moment(row, 4)?,
    })
}

fn whole(number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|_| LedgerError::odd("number of a status list", number))
}

impl Tables<'_> {
    /// The newest publication of the status lists.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn newest_status_list(&self) -> Result<Option<StatusListRecord>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM status_lists ORDER BY number DESC LIMIT 1");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        rows.next()?.map(record).transpose()
    }

    /// The newest publication below each address that there were any below.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn status_lists_by_address(&self) -> Result<Vec<StatusListRecord>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM status_lists WHERE number IN (SELECT max(number) FROM status_lists GROUP BY uri) ORDER BY number"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(record(row)?);
        }
        Ok(records)
    }

    /// Hands each license that is suspended or revoked to `take`: those with a status index from `first` on and below
    /// `end`, in order, without a look at any other license.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn each_withdrawn(&self, first: u64, end: u64, mut take: impl FnMut(u64, Standing)) -> Result<(), LedgerError> {
        let bound = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
        let mut statement = self.db.prepare_cached(WITHDRAWN)?;
        let mut rows = statement.query([bound(first), bound(end)])?;
        while let Some(row) = rows.next()? {
            take(whole(row.get(0)?)?, column::standing(row, 1)?);
        }
        Ok(())
    }

    /// The licenses of which a machine was taken off and that are not revoked, with a status index from `first` on and below
    /// `end`: their status index, id and newest revision; those of which one was taken off last come first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn licenses_with_ended_seats(&self, first: u64, end: u64) -> Result<Vec<(u64, LicenseId, u32)>, LedgerError> {
        let bound = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
        let mut statement = self.db.prepare_cached(ENDED)?;
        let mut rows = statement.query([bound(first), bound(end)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(1)?;
            let id = LicenseId::from_number(number).ok_or_else(|| LedgerError::odd("license number", number))?;
            found.push((whole(row.get(0)?)?, id, row.get(2)?));
        }
        Ok(found)
    }
}

/// Licenses of which a seat ended: an index holds those seats alone.
const ENDED: &str = "SELECT l.status_index, l.number, l.rev
    FROM (SELECT license, max(event) AS event, max(ended_at) AS ended_at FROM activations
        WHERE ended_at IS NOT NULL AND license >= ? AND license < ? GROUP BY license) a
    CROSS JOIN licenses l ON l.status_index = a.license
    WHERE l.standing <> 1 ORDER BY a.ended_at DESC, a.event DESC";

/// Answered by an index that holds those licenses alone.
const WITHDRAWN: &str = "SELECT status_index, standing FROM licenses WHERE standing <> 0 AND status_index >= ? AND status_index < ? ORDER BY status_index";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{day, id, issue, ledger, published, record as record_facts, slug};

    #[test]
    fn the_withdrawn_licenses_are_found_by_an_index_of_their_own() {
        let mut ledger = ledger();
        let facts: Vec<Fact> = (0..10).map(|number| issue(number, "acme", |_| {})).collect();
        record_facts(&mut ledger, 1, &facts);
        record_facts(
            &mut ledger,
            2,
            &[
                Fact::LicenseRevoked { license: id(3), reason: "refund".into(), note: None },
                Fact::LicenseSuspended { license: id(7), reason: None },
                Fact::LicenseSuspended { license: id(8), reason: None },
                Fact::LicenseReinstated { license: id(8), reason: None },
            ],
        );
        let found = |first, end| {
            let mut found = Vec::new();
            ledger.read().each_withdrawn(first, end, |index, standing| found.push((index, standing))).unwrap();
            found
        };
        assert_eq!(found(0, u64::MAX), [(3, Standing::Revoked), (7, Standing::Suspended)]);
        assert_eq!((found(4, 7), found(3, 4)), (vec![], vec![(3, Standing::Revoked)]));

        let plan: String = ledger.db.query_row(&format!("EXPLAIN QUERY PLAN {WITHDRAWN}"), [0, 1], |row| row.get(3)).unwrap();
        assert!(plan.contains("COVERING INDEX licenses_withdrawn"), "{plan}");
    }

    #[test]
    fn numbers_of_publications_only_grow() {
        let mut ledger = ledger();
        assert_eq!(ledger.read().newest_status_list().unwrap(), None);
        record_facts(
            &mut ledger,
            3,
            &[published(1, "https://a.example"), published(4, "https://b.example"), published(5, "https://a.example")],
        );
        let newest = ledger.read().newest_status_list().unwrap().unwrap();
        let seen = (newest.number, newest.uri.as_str(), newest.lists, newest.published_at, newest.expires);
        assert_eq!(seen, (5, "https://a.example", 2, day(3).plus_seconds(2), day(9)));
        let by_address: Vec<u64> =
            ledger.read().status_lists_by_address().unwrap().into_iter().map(|record| record.number).collect();
        assert_eq!(by_address, [4, 5]);
        for number in [0, 4, 5] {
            let again = ledger.write(|tx| tx.record(day(4), &slug("anna"), &published(number, "https://c.example")));
            assert!(matches!(again, Err(LedgerError::AlreadyExists { .. })), "{again:?}");
        }
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }
}
