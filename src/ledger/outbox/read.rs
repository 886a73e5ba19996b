//! Reads of the outbox.

use rusqlite::{Row, params};

use super::{MailFilter, MailLine, MailRecord, MailRuns, MailState};
use crate::ledger::{LedgerError, Tables, column};
use crate::license::{Date, LicenseId, Slug, Timestamp};

const COLUMNS: &str = "m.id, m.kind, m.day, m.since, c.slug, m.recipient, m.name, m.message_id, m.state, m.attempts,
    m.unanswered, m.tried_at, m.answer, (SELECT count(*) FROM mail_lines n WHERE n.mail = m.id)
    FROM mails m LEFT JOIN customers c ON c.id = m.customer";

fn record(row: &Row<'_>) -> Result<MailRecord, LedgerError> {
    let customer: Option<String> = row.get(4)?;
    Ok(MailRecord {
        number: row.get(0)?,
        kind: column::parsed(row, 1)?,
        day: column::moment(row, 2)?.date(),
        since: column::moment(row, 3)?.date(),
        customer: customer.map(|slug| slug.parse().map_err(|_| LedgerError::odd("customer", slug))).transpose()?,
        recipient: row.get(5)?,
        name: row.get(6)?,
        message_id: row.get(7)?,
        state: column::parsed(row, 8)?,
        attempts: row.get(9)?,
        unanswered: row.get(10)?,
        tried_at: column::moment_if_any(row, 11)?,
        answer: row.get(12)?,
        licenses: row.get(13)?,
    })
}

impl Tables<'_> {
    /// The mails that still have to go, in the order in which they were planned.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn open_mails(&self) -> Result<Vec<MailRecord>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} WHERE m.state IN ('queued', 'sending', 'failed') ORDER BY m.id");
        self.mails_of(&sql, ())
    }

    /// The mails that fit, the newest first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn mails(&self, filter: &MailFilter) -> Result<Vec<MailRecord>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} WHERE (?1 IS NULL OR c.slug = ?1) AND (?2 IS NULL OR m.state = ?2) AND (?3 IS NULL OR m.day >= ?3)
             ORDER BY m.id DESC LIMIT ?4"
        );
        let customer = filter.customer.as_ref().map(Slug::as_str);
        let since = filter.since.map(|day| day.start().seconds());
        let limit = filter.limit.map_or(-1, i64::from);
        self.mails_of(&sql, (customer, filter.state.map(MailState::as_str), since, limit))
    }

    fn mails_of(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<MailRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut mails = Vec::new();
        while let Some(row) = rows.next()? {
            mails.push(record(row)?);
        }
        Ok(mails)
    }

    /// How many mails stand in each state.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn count_mails(&self) -> Result<Vec<(MailState, u64)>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT count(*) FROM mails WHERE state = ?")?;
        let count = |state: &MailState| {
            let count: i64 = statement.query_row([state.as_str()], |row| row.get(0))?;
            Ok((*state, count.unsigned_abs()))
        };
        MailState::ALL.iter().map(count).collect()
    }

    /// What a mail tells, in the order of the ends.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn mail_lines(&self, mail: i64) -> Result<Vec<MailLine>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.number, n.ends, n.window FROM mail_lines n JOIN licenses l ON l.status_index = n.license
             WHERE n.mail = ? ORDER BY n.ends, l.status_index",
        )?;
        let mut rows = statement.query([mail])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let license = LicenseId::from_number(number).ok_or_else(|| LedgerError::odd("license number", number))?;
            lines.push(MailLine { license, ends: column::moment(row, 1)?, window: row.get(2)? });
        }
        Ok(lines)
    }

    /// The tightest window of which a recipient has been told, or is about to be, for this end of a license.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn window_told(&self, license: LicenseId, ends: Timestamp, recipient: &str) -> Result<Option<u32>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT min(n.window) FROM mail_lines n JOIN licenses l ON l.status_index = n.license
             WHERE l.number = ? AND n.ends = ? AND n.recipient = ?",
        )?;
        Ok(statement.query_row(params![license.number(), ends.seconds(), recipient], |row| row.get(0))?)
    }

    /// Whether a digest of a day stands in the outbox for a recipient.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn has_digest(&self, day: Date, recipient: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS
            (SELECT 1 FROM mails WHERE kind = 'digest' AND day = ? AND recipient = ? AND state <> 'dropped')";
        Ok(self.db.prepare_cached(sql)?.query_row(params![day.start().seconds(), recipient], |row| row.get(0))?)
    }

    /// The newest day whose digest reached anybody.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn last_digest(&self) -> Result<Option<Date>, LedgerError> {
        let sql = "SELECT day FROM mails WHERE kind = 'digest' AND state = 'sent' ORDER BY day DESC LIMIT 1";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| Ok(column::moment(row, 0)?.date())).transpose()
    }

    /// When mails were sent; `None` before the first run.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn mail_runs(&self) -> Result<Option<MailRuns>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT began_at, good_at FROM mail_runs")?;
        let mut rows = statement.query([])?;
        rows.next()?.map(|row| Ok(MailRuns { began: column::moment(row, 0)?, good: column::moment_if_any(row, 1)? })).transpose()
    }
}
