//! Reads of the licenses that were taken over from an older system: what they were called there, and their keys of then.

use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::licenses::license_id;
use super::names::Names;
use super::{Event, EventNumber, Fact, LedgerError, Tables, column};
use crate::license::{LicenseId, Slug, Terms, Timestamp};

/// Where a license was taken over from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignRecord {
    /// What the older system is called.
    pub system: String,
    /// The number of the license there.
    pub reference: String,
    /// Its key of then, where it had one.
    pub key: Option<String>,
    /// The event that recorded it.
    pub event: EventNumber,
    /// When it was taken over.
    pub taken_at: Timestamp,
    /// Who did it.
    pub taken_by: Slug,
}

/// The digest by which a foreign key is found again: line breaks and blanks come and go when people copy a key.
pub(super) fn key_digest(key: &str) -> [u8; 32] {
    let bare: String = key.split_whitespace().collect();
    Sha256::digest(bare.as_bytes()).into()
}

impl Tables<'_> {
    /// Where a license was taken over from; `None` of one that was issued here.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn foreign(&self, license: LicenseId) -> Result<Option<ForeignRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT f.system, f.reference, f.event, f.taken_at, f.taken_by
             FROM licenses l JOIN foreign_licenses f ON f.license = l.status_index WHERE l.number = ?",
        )?;
        let mut rows = statement.query([license.number()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let key = self.taken_over(license)?.and_then(|(_, key)| key);
        Ok(Some(ForeignRecord {
            system: row.get(0)?,
            reference: row.get(1)?,
            key,
            event: EventNumber::from_column(row.get(2)?)?,
            taken_at: column::moment(row, 3)?,
            taken_by: Names::new(self.db).operator(row.get(4)?)?.clone(),
        }))
    }

    /// The license that was taken over under this number of an older system.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn license_by_foreign_reference(&self, system: &str, reference: &str) -> Result<Option<LicenseId>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.number FROM foreign_licenses f JOIN licenses l ON l.status_index = f.license
             WHERE f.system = ? AND f.reference = ?",
        )?;
        let number: Option<i64> = statement.query_row([system, reference], |row| row.get(0)).optional()?;
        number.map(license_id).transpose()
    }

    /// The licenses whose key in an older system was this text; blanks and line breaks do not count.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn licenses_by_foreign_key(&self, key: &str) -> Result<Vec<LicenseId>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.number FROM foreign_licenses f JOIN licenses l ON l.status_index = f.license
             WHERE f.digest = ? ORDER BY f.license",
        )?;
        let mut rows = statement.query([key_digest(key).as_slice()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(license_id(row.get(0)?)?);
        }
        Ok(found)
    }

    /// The terms that a license was taken over with, and its key of then.
    pub(super) fn taken_over(&self, license: LicenseId) -> Result<Option<(Terms, Option<String>)>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT e.body FROM licenses l CROSS JOIN foreign_licenses f ON f.license = l.status_index
             CROSS JOIN events e ON e.number = f.event WHERE l.number = ?",
        )?;
        let body: Option<String> = statement.query_row([license.number()], |row| row.get(0)).optional()?;
        match body.map(|body| Event::read(&body)).transpose()?.map(|event| event.fact) {
            None => Ok(None),
            Some(Fact::LicenseTakenOver { terms, foreign, .. }) => Ok(Some((terms, foreign.key))),
            Some(other) => Err(LedgerError::odd("license taken over", other.kind())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, ledger, record, revise, slug, taken_over};
    use crate::ledger::{LicenseFilter, LicenseRecord};

    #[test]
    fn a_license_that_was_taken_over_is_found_by_its_number_and_by_its_key() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[taken_over(1, "acme", "A-1", Some("AAAA-BBBB")), taken_over(2, "globex", "A-2", None)]);
        let tables = ledger.read();
        let foreign = tables.foreign(id(1)).unwrap().unwrap();
        assert_eq!((foreign.system.as_str(), foreign.reference.as_str()), ("keybox", "A-1"));
        assert_eq!((foreign.key.as_deref(), foreign.taken_at, foreign.taken_by), (Some("AAAA-BBBB"), day(1), slug("anna")));
        assert_eq!(tables.foreign(id(2)).unwrap().unwrap().key, None);
        assert_eq!(tables.foreign(id(3)).unwrap(), None);
        assert_eq!(tables.license_by_foreign_reference("keybox", "A-2").unwrap(), Some(id(2)));
        assert_eq!(tables.license_by_foreign_reference("other", "A-2").unwrap(), None);
        assert_eq!(tables.licenses_by_foreign_key(" AAAA-\r\n BBBB\n").unwrap(), [id(1)]);
        assert_eq!(tables.licenses_by_foreign_key("CCCC").unwrap(), []);
        assert_eq!((tables.terms(id(1), 1).unwrap().unwrap().seats, tables.key_text(id(1), 1).unwrap()), (Some(5), None));
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn a_number_of_an_older_system_is_taken_over_once() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[taken_over(1, "acme", "A-1", None)]);
        let twice = ledger.write(|tx| tx.record(day(2), &slug("anna"), &taken_over(2, "acme", "A-1", None)));
        assert_eq!(twice.unwrap_err().to_string(), "license keybox A-1 exists already");
        let known = ledger.write(|tx| tx.record(day(2), &slug("anna"), &taken_over(1, "acme", "A-2", None)));
        assert!(matches!(known, Err(LedgerError::AlreadyExists { what: "license", .. })));
    }

    #[test]
    fn it_is_foreign_until_a_key_of_ours_is_signed_and_was_before() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[taken_over(1, "acme", "A-1", None)]);
        record(&mut ledger, 5, &[revise(1, 2, "acme", |terms| terms.seats = Some(9))]);
        let of = |as_of: i64| -> Vec<LicenseRecord> {
            let filter = LicenseFilter { as_of: Some(day(as_of)), ..LicenseFilter::new(day(as_of)) };
            ledger.read().licenses(&filter).unwrap()
        };
        assert_eq!(of(0), []);
        let (then, now) = (&of(3)[0], ledger.read().license(id(1)).unwrap().unwrap());
        assert_eq!((then.rev, then.seats, then.foreign.as_deref()), (1, Some(5), Some("keybox")));
        assert_eq!((now.rev, now.seats, now.foreign.as_deref()), (2, Some(9), None));
        assert_eq!(of(6), [now]);
        assert_eq!(ledger.read().revisions(id(1)).unwrap().len(), 1);
        assert!(ledger.read().key_text(id(1), 2).unwrap().is_some());
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }
}
