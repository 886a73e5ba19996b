//! Reads of what the vendor decided about licenses: suspensions, revocations and reinstatements.

use super::{LedgerError, Tables, column};
use crate::license::{LicenseId, Slug, Standing, Timestamp};

/// The newest decision about a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRecord {
    /// What was decided.
    pub standing: Standing,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Slug,
    /// Why.
    pub reason: Option<String>,
    /// Anything worth knowing about the reason.
    pub note: Option<String>,
}

impl Tables<'_> {
    /// The newest decision about a license; `None` where none was ever made.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn standing(&self, license: LicenseId) -> Result<Option<StandingRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT s.standing, s.at, e.operator, s.reason, s.note
             FROM licenses l CROSS JOIN standings s ON s.license = l.status_index CROSS JOIN events e ON e.number = s.event
             WHERE l.number = ? ORDER BY s.event DESC LIMIT 1",
        )?;
        let mut rows = statement.query([license.number()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(StandingRecord {
            standing: column::standing(row, 0)?,
            at: column::moment(row, 1)?,
            by: column::parsed(row, 2)?,
            reason: row.get(3)?,
            note: row.get(4)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{day, id, issue, ledger, record, slug};

    #[test]
    fn the_newest_decision_is_told_with_its_reason() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |_| {})]);
        let standing = |ledger: &super::super::Ledger| ledger.read().standing(id(1)).unwrap();
        assert_eq!(standing(&ledger), None);
        record(&mut ledger, 2, &[Fact::LicenseSuspended { license: id(1), reason: None }]);
        let revoked = Fact::LicenseRevoked { license: id(1), reason: "refund".into(), note: Some("invoice 7".into()) };
        record(&mut ledger, 3, &[revoked]);
        let expected = StandingRecord {
            standing: Standing::Revoked,
            at: day(3),
            by: slug("anna"),
            reason: Some("refund".into()),
            note: Some("invoice 7".into()),
        };
        assert_eq!(standing(&ledger), Some(expected));
        assert_eq!(ledger.read().standing(id(2)).unwrap(), None);
    }
}
