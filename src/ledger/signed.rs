//! Reads of what a signing key signed: the live licenses that depend on it.
//!
//! Live is what is not revoked and has not stopped. Through the index of revisions by key, a page of them is found without
//! a look at those before it, so that a million licenses are gone through in as many steps as there are pages.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::licenses::{COLUMNS, record};
use super::names::Names;
use super::{LedgerError, LicenseRecord, Tables, column};
use crate::license::{LicenseId, Slug, Timestamp};
use crate::token::Kid;

/// The revisions `r` of a key (`?1`) that are the newest of licenses `l`.
const NEWEST: &str = "revisions r CROSS JOIN licenses l ON l.status_index = r.license AND l.rev = r.rev
    WHERE r.kid = (SELECT id FROM signing_keys WHERE kid = ?1)";

/// Licenses that are live at `?2`.
const LIVE: &str = "l.standing <> 1 AND (l.stops IS NULL OR l.stops > ?2)";

/// Live licenses of one customer and one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedGroup {
    /// The customer's short name.
    pub customer: Slug,
    /// The customer's display name, as it is today.
    pub customer_name: String,
    /// The product.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// How many licenses.
    pub licenses: u64,
    /// How many of them have no end.
    pub perpetual: u64,
    /// The first agreed end.
    pub earliest: Option<Timestamp>,
    /// The last agreed end.
    pub latest: Option<Timestamp>,
}

/// Which of the licenses that a key signed.
#[derive(Debug, Clone)]
pub struct SignedBy {
    /// The key that signed the newest revision.
    pub kid: Kid,
    /// The moment at which they are to be live.
    pub at: Timestamp,
    /// Those of one customer.
    pub customer: Option<Slug>,
    /// This one alone.
    pub license: Option<LicenseId>,
}

impl SignedBy {
    /// Everything that a key signed and that is live at a moment.
    #[must_use]
    pub fn key(kid: Kid, at: Timestamp) -> Self {
        Self { kid, at, customer: None, license: None }
    }

    /// The conditions beyond key and life, and the values of the statement.
    fn narrowed(&self, after: Option<u64>) -> (String, Vec<Value>) {
        // Numbers of licenses and status indexes fit in 63 bits.
        let after = after.map_or(-1, |index| index as i64);
        let mut values = vec![self.kid.as_str().to_owned().into(), self.at.seconds().into(), after.into()];
        let mut conditions = String::new();
        if let Some(customer) = &self.customer {
            values.push(customer.to_string().into());
            conditions += &format!(" AND l.customer = (SELECT id FROM customers WHERE slug = ?{})", values.len());
        }
        if let Some(license) = self.license {
            values.push(license.number().into());
            // The license is sought first, and the key compared: it may have signed a million others.
            conditions += &format!(" AND r.license = (SELECT status_index FROM licenses WHERE number = ?{})", values.len());
        }
        (conditions, values)
    }
}

/// A count, which is never negative.
fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get(at).map(i64::unsigned_abs)
}

impl Tables<'_> {
    /// The live licenses whose newest revision a key signed, counted by customer and tier; the largest groups first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn signed_groups(&self, kid: &Kid, at: Timestamp) -> Result<Vec<SignedGroup>, LedgerError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT l.customer, l.tier, count(*), sum(l.ends IS NULL), min(l.ends), max(l.ends) FROM {NEWEST} AND {LIVE}
             GROUP BY l.customer, l.tier ORDER BY count(*) DESC, l.customer, l.tier"
        ))?;
        let mut names = Names::new(self.db);
        let mut rows = statement.query((kid.as_str(), at.seconds()))?;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            let (customer, customer_name) = names.customer(row.get(0)?)?.clone();
            let tier = names.tier(row.get(1)?)?;
            groups.push(SignedGroup {
                customer,
                customer_name,
                product: tier.product.clone(),
                tier: tier.slug.clone(),
                licenses: count(row, 2)?,
                perpetual: count(row, 3)?,
                earliest: column::moment_if_any(row, 4)?,
                latest: column::moment_if_any(row, 5)?,
            });
        }
        Ok(groups)
    }

    /// How many live licenses have a newest revision of another key, and an earlier one of this key that has not stopped.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn superseded(&self, kid: &Kid, at: Timestamp) -> Result<u64, LedgerError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT count(DISTINCT r.license) FROM revisions r
             CROSS JOIN licenses l ON l.status_index = r.license AND l.rev > r.rev
             CROSS JOIN revisions n ON n.license = l.status_index AND n.rev = l.rev AND n.kid <> r.kid
             WHERE r.kid = (SELECT id FROM signing_keys WHERE kid = ?1) AND (r.stops IS NULL OR r.stops > ?2) AND {LIVE}"
        ))?;
        Ok(statement.query_row((kid.as_str(), at.seconds()), |row| count(row, 0))?)
    }

    /// How many live licenses there are whose newest revision a key signed.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn count_signed_by(&self, which: &SignedBy) -> Result<u64, LedgerError> {
        let (narrowed, values) = which.narrowed(None);
        let sql = format!("SELECT count(*) FROM {NEWEST} AND r.license > ?3 AND {LIVE}{narrowed}");
        Ok(self.db.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| count(row, 0))?)
    }

    /// A page of the live licenses whose newest revision a key signed: at most `most`, in the order of issue, those after the
    /// status index `after`.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn signed_by(&self, which: &SignedBy, after: Option<u64>, most: u32) -> Result<Vec<LicenseRecord>, LedgerError> {
        let (narrowed, values) = which.narrowed(after);
        self.page(&format!("SELECT {COLUMNS} FROM {NEWEST} AND r.license > ?3 AND {LIVE}{narrowed}"), values, most)
    }

    /// A page of the live licenses of which a key signed a revision before the newest, where the newest was signed again with
    /// `by` and unchanged terms; in the order of issue.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn signed_again(
        &self,
        which: &SignedBy,
        by: &Kid,
        after: Option<u64>,
        most: u32,
    ) -> Result<Vec<LicenseRecord>, LedgerError> {
        let (narrowed, mut values) = which.narrowed(after);
        values.push(by.as_str().to_owned().into());
        let by = values.len();
        let sql = format!(
            "SELECT {COLUMNS} FROM revisions r CROSS JOIN licenses l ON l.status_index = r.license AND l.rev = r.rev + 1
             CROSS JOIN revisions n ON n.license = l.status_index AND n.rev = l.rev AND n.occasion = 'reissue'
             AND n.kid = (SELECT id FROM signing_keys WHERE kid = ?{by})
             WHERE r.kid = (SELECT id FROM signing_keys WHERE kid = ?1) AND r.license > ?3 AND {LIVE}{narrowed}"
        );
        self.page(&sql, values, most)
    }

    fn page(&self, sql: &str, values: Vec<Value>, most: u32) -> Result<Vec<LicenseRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(&format!("{sql} ORDER BY r.license LIMIT {most}"))?;
        let mut names = Names::new(self.db);
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(record(row, &mut names)?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, kid, ledger, record, revise, slug};
    use crate::ledger::{Fact, KeyPurpose, KeyState, Ledger};

    fn new() -> Kid {
        "bmV4dEtleTEyMzQ1".parse().unwrap()
    }

    /// The fact, signed by the new key to replace the old.
    fn again(mut fact: Fact) -> Fact {
        let Fact::LicenseIssued { kid, occasion, .. } = &mut fact else { panic!("no license") };
        (*kid, *occasion) = (new(), Some(crate::license::Occasion::Reissue));
        fact
    }

    fn with_two_keys() -> Ledger {
        let mut ledger = ledger();
        let created =
            Fact::SigningKeyCreated { kid: new(), purpose: KeyPurpose::License, state: KeyState::Next, public: "BBBB".into() };
        record(&mut ledger, 1, &[created]);
        ledger
    }

    fn ids(page: &[LicenseRecord]) -> Vec<LicenseId> {
        page.iter().map(|license| license.id).collect()
    }

    #[test]
    fn what_a_key_signed_is_counted_by_customer_and_tier_while_it_lives() {
        let mut ledger = with_two_keys();
        let revoked = Fact::LicenseRevoked { license: id(3), reason: "refund".into(), note: None };
        let suspended = Fact::LicenseSuspended { license: id(4), reason: None };
        let facts = [
            issue(1, "acme", |terms| terms.ends = Some(day(100))),
            issue(2, "acme", |terms| terms.ends = None),
            issue(3, "acme", |_| {}),
            issue(4, "acme", |terms| terms.ends = Some(day(50))),
            issue(5, "globex", |terms| (terms.tier, terms.ends) = (slug("basic"), Some(day(10)))),
            revoked,
            suspended,
        ];
        record(&mut ledger, 2, &facts);
        let told = |at| -> Vec<_> {
            let groups = ledger.read().signed_groups(&kid(), at).unwrap();
            groups.iter().map(|one| (one.customer.to_string(), one.tier.to_string(), one.licenses, one.perpetual)).collect()
        };
        assert_eq!(told(day(3)), [("acme".into(), "pro".into(), 3, 1), ("globex".into(), "basic".into(), 1, 0)]);
        let acme = &ledger.read().signed_groups(&kid(), day(3)).unwrap()[0];
        assert_eq!((acme.earliest, acme.latest), (Some(day(50)), Some(day(100))));
        // With its grace days, the license of Globex lives until day 24.
        assert_eq!(told(day(23)).len(), 2);
        assert_eq!(told(day(24)).len(), 1);
        assert_eq!(told(day(1000)), [("acme".into(), "pro".into(), 1, 1)]);
        assert_eq!(ledger.read().signed_groups(&new(), day(3)).unwrap(), []);
        assert_eq!(ledger.read().count_signed_by(&SignedBy::key(kid(), day(3))).unwrap(), 4);
    }

    #[test]
    fn a_license_that_was_signed_again_no_longer_depends_on_the_old_key() {
        let mut ledger = with_two_keys();
        record(&mut ledger, 2, &[issue(1, "acme", |_| {}), issue(2, "globex", |_| {}), issue(3, "acme", |_| {})]);
        record(&mut ledger, 3, &[again(revise(2, 2, "globex", |_| {}))]);
        let tables = ledger.read();
        let (old, at) = (SignedBy::key(kid(), day(4)), day(4));
        assert_eq!(ids(&tables.signed_by(&old, None, 10).unwrap()), [id(1), id(3)]);
        assert_eq!((tables.superseded(&kid(), at).unwrap(), tables.superseded(&new(), at).unwrap()), (1, 0));
        assert_eq!(ids(&tables.signed_again(&old, &new(), None, 10).unwrap()), [id(2)]);
        assert_eq!(ids(&tables.signed_again(&old, &new(), Some(1), 10).unwrap()), []);
        assert_eq!(ids(&tables.signed_by(&SignedBy::key(new(), at), None, 10).unwrap()), [id(2)]);
        // Pages follow one another without gaps or repeats.
        let first = tables.signed_by(&old, None, 1).unwrap();
        assert_eq!(ids(&tables.signed_by(&old, Some(first[0].status_index), 10).unwrap()), [id(3)]);
        let narrowed = |customer: Option<&str>, license| SignedBy { customer: customer.map(slug), license, ..old.clone() };
        assert_eq!(ids(&tables.signed_by(&narrowed(Some("globex"), None), None, 10).unwrap()), []);
        assert_eq!(ids(&tables.signed_by(&narrowed(None, Some(id(3))), None, 10).unwrap()), [id(3)]);
        assert_eq!(tables.count_signed_by(&narrowed(None, Some(id(2)))).unwrap(), 0);
    }

    #[test]
    fn a_page_is_found_through_the_index_without_sorting() {
        let ledger = ledger();
        let sql =
            format!("EXPLAIN QUERY PLAN SELECT {COLUMNS} FROM {NEWEST} AND r.license > ?3 AND {LIVE} ORDER BY r.license LIMIT 9");
        let mut statement = ledger.db.prepare(&sql).unwrap();
        let steps: Vec<String> =
            statement.query_map(("kid", 0, -1), |row| row.get(3)).unwrap().collect::<Result<_, _>>().unwrap();
        assert!(steps[0].contains("USING COVERING INDEX revisions_by_kid (kid=? AND license>?)"), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
