//! Reads of the licenses: one, some, or how many.

use rusqlite::{OptionalExtension, Row, params_from_iter};

use super::filter::LicenseFilter;
use super::names::Names;
use super::select::Query;
use super::{LedgerError, Tables, column, log};
use crate::license::{LicenseId, LicenseType, Slug, Standing, Status, Timestamp, Validity};

pub(super) const COLUMNS: &str =
    "l.number, l.status_index, l.customer, l.tier, l.kind, l.internal, l.starts, l.ends, l.stops, l.warn_days,
    l.seats, l.standing, l.rev, l.issued_at, l.issued_by, l.revised_at, l.note,
    (SELECT f.system FROM foreign_licenses f WHERE f.license = l.status_index AND l.rev = 1)";

/// A license as a list shows it: what its newest revision grants, and how it stands. The whole terms are in
/// [`Tables::terms`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRecord {
    /// The id.
    pub id: LicenseId,
    /// Its place in the status lists: 0 for the first license issued, and so on.
    pub status_index: u64,
    /// The customer's short name.
    pub customer: Slug,
    /// The customer's display name, as it is today.
    pub customer_name: String,
    /// The product.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// The tier's display name, as it is today.
    pub tier_name: String,
    /// What the license is for.
    pub kind: LicenseType,
    /// For the vendor's own use.
    pub internal: bool,
    /// First second of validity.
    pub starts: Timestamp,
    /// The agreed end; `None`: perpetual.
    pub ends: Option<Timestamp>,
    /// The moment the key stops working, grace included.
    pub stops: Option<Timestamp>,
    /// How many days before the end it counts as expiring.
    pub warn_days: u32,
    /// The license count; `None`: unlimited.
    pub seats: Option<u32>,
    /// What the vendor decided about it.
    pub standing: Standing,
    /// The number of the newest revision.
    pub rev: u32,
    /// When its first revision was signed.
    pub issued_at: Timestamp,
    /// Who issued it.
    pub issued_by: Slug,
    /// When its newest revision was signed.
    pub revised_at: Timestamp,
    /// Anything worth knowing.
    pub note: Option<String>,
    /// The older system that it was taken over from, as long as no key of ours was signed for it.
    pub foreign: Option<String>,
}

impl LicenseRecord {
    /// The dates that decide the status.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { starts: self.starts, ends: self.ends, stops: self.stops, warn_days: self.warn_days }
    }

    /// The status at `at`.
    #[must_use]
    pub fn status(&self, at: Timestamp) -> Status {
        self.validity().status(self.standing, at)
    }
}

/// What was given to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The license.
    pub license: LicenseId,
    /// The revision that was signed.
    pub rev: u32,
    /// The digest of what was asked for.
    pub digest: String,
}

pub(super) fn record(row: &Row<'_>, names: &mut Names<'_>) -> Result<LicenseRecord, LedgerError> {
    let (customer, customer_name) = names.customer(row.get(2)?)?.clone();
    let tier = names.tier(row.get(3)?)?;
    let (product, tier, tier_name) = (tier.product.clone(), tier.slug.clone(), tier.name.clone());
    Ok(LicenseRecord {
        id: license_id(row.get(0)?)?,
        status_index: status_index(row.get(1)?)?,
        customer,
        customer_name,
        product,
        tier,
        tier_name,
        kind: column::license_type(row, 4)?,
        internal: row.get(5)?,
        starts: column::moment(row, 6)?,
        ends: column::moment_if_any(row, 7)?,
        stops: column::moment_if_any(row, 8)?,
        warn_days: row.get(9)?,
        seats: row.get(10)?,
        standing: column::standing(row, 11)?,
        rev: row.get(12)?,
        issued_at: column::moment(row, 13)?,
        issued_by: names.operator(row.get(14)?)?.clone(),
        revised_at: column::moment(row, 15)?,
        note: row.get(16)?,
        foreign: row.get(17)?,
    })
}

/// Reads a range of the index of ends, and the rows of that range alone.
fn ending_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM licenses l WHERE l.ends > ? AND l.ends <= ? AND +l.standing = 0 AND l.starts <= ?
         ORDER BY l.ends, l.status_index"
    )
}

pub(super) fn license_id(number: i64) -> Result<LicenseId, LedgerError> {
    LicenseId::from_number(number).ok_or_else(|| LedgerError::odd("license number", number))
}

fn status_index(number: i64) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|_| LedgerError::odd("status index", number))
}

impl Tables<'_> {
    /// The id of the license at a place in the status lists.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn license_id_at(&self, status_index: u64) -> Result<Option<LicenseId>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT number FROM licenses WHERE status_index = ?")?;
        let mut rows = statement.query([i64::try_from(status_index).unwrap_or(i64::MAX)])?;
        rows.next()?.map(|row| license_id(row.get(0)?)).transpose()
    }

    /// Whether there is a license with this id.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn is_license(&self, id: LicenseId) -> Result<bool, LedgerError> {
        Ok(self.db.prepare_cached("SELECT 1 FROM licenses WHERE number = ?")?.exists([id.number()])?)
    }

    /// The license with this id.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn license(&self, id: LicenseId) -> Result<Option<LicenseRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM licenses l WHERE l.number = ?"))?;
        let mut rows = statement.query([id.number()])?;
        rows.next()?.map(|row| record(row, &mut Names::new(self.db))).transpose()
    }

    /// The first `limit` ids whose numbers lie in `range`, both ends included (see `LicenseIdPrefix::range`), by number.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn license_ids_in(&self, range: (i64, i64), limit: u32) -> Result<Vec<LicenseId>, LedgerError> {
        let sql = "SELECT number FROM licenses WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query((range.0, range.1, limit))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(license_id(row.get(0)?)?);
        }
        Ok(ids)
    }

    /// The licenses that fit, in the order asked for.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn licenses(&self, filter: &LicenseFilter) -> Result<Vec<LicenseRecord>, LedgerError> {
        if let Some(found) = self.found_along(filter)? {
            return Ok(found);
        }
        let mut licenses = Vec::new();
        self.each_license(filter, |license| {
            licenses.push(license);
            Ok::<_, LedgerError>(())
        })?;
        Ok(licenses)
    }

    /// The licenses issued last, the newest first: of now, or those there were at a moment of the past.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn newest_licenses(&self, as_of: Option<Timestamp>, most: u32) -> Result<Vec<LicenseRecord>, LedgerError> {
        let mut query = Query::default();
        let filter = as_of.map(|then| LicenseFilter { as_of, ..LicenseFilter::new(then) });
        let sources = filter.map_or_else(|| Ok(vec!["licenses l".to_owned()]), |filter| filter.sources(&mut query, *self))?;
        let condition = as_of.map(|then| format!(" WHERE l.issued_at <= {}", query.bind(then.seconds())));
        let (condition, limit) = (condition.unwrap_or_default(), query.bind(most));
        let mut names = Names::new(self.db);
        let mut newest = Vec::new();
        for (place, source) in sources.iter().enumerate() {
            // The first is read from its newest on. Of the others there are few: the plus keeps their order from leading the search.
            let plus = if place == 0 { "" } else { "+" };
            let order = format!("{plus}l.issued_at DESC, l.status_index DESC");
            let sql = format!("SELECT {COLUMNS} FROM {source}{condition} ORDER BY {order} LIMIT {limit}");
            let mut statement = self.db.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(&query.values))?;
            while let Some(row) = rows.next()? {
                newest.push(record(row, &mut names)?);
            }
        }
        newest.sort_by_key(|license| std::cmp::Reverse((license.issued_at, license.status_index)));
        newest.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(newest)
    }

    /// Hands each license that fits to `take`, in the order asked for, without holding them all.
    ///
    /// # Errors
    /// The first error of `take`, or [`LedgerError`] where the ledger cannot be read.
    pub fn each_license<E: From<LedgerError>>(
        &self,
        filter: &LicenseFilter,
        mut take: impl FnMut(LicenseRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = filter.page(COLUMNS, *self)?;
        let mut names = Names::new(self.db);
        let mut statement = self.db.prepare_cached(&query.sql).map_err(LedgerError::from)?;
        let mut rows = statement.query(params_from_iter(query.values)).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            take(record(row, &mut names)?)?;
        }
        Ok(())
    }

    /// The licenses that end after `from`, up to and including `to`, have begun by `at`, and are neither suspended nor revoked, by
    /// end.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn licenses_ending(&self, from: Timestamp, to: Timestamp, at: Timestamp) -> Result<Vec<LicenseRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(&ending_sql())?;
        let mut names = Names::new(self.db);
        let mut rows = statement.query([from.seconds(), to.seconds(), at.seconds()])?;
        let mut licenses = Vec::new();
        while let Some(row) = rows.next()? {
            licenses.push(record(row, &mut names)?);
        }
        Ok(licenses)
    }

    /// How many licenses [`Tables::licenses_ending`] gives.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn count_licenses_ending(&self, from: Timestamp, to: Timestamp, at: Timestamp) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM licenses l WHERE l.ends > ? AND l.ends <= ? AND l.standing = 0 AND l.starts <= ?";
        let count: i64 =
            self.db.prepare_cached(sql)?.query_row([from.seconds(), to.seconds(), at.seconds()], |row| row.get(0))?;
        status_index(count)
    }

    /// How many licenses fit, whatever the filter's limit and offset.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn count_licenses(&self, filter: &LicenseFilter) -> Result<u64, LedgerError> {
        let query = filter.count(*self)?;
        let mut statement = self.db.prepare_cached(&query.sql)?;
        let count: i64 = statement.query_row(params_from_iter(query.values), |row| row.get(0))?;
        status_index(count)
    }

    /// What was given to a request, so that asking again gives the same.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn license_by_request(&self, request: &str) -> Result<Option<RequestRecord>, LedgerError> {
        // No join: beside the partial indexes of the licenses, it would be prepared anew for every name.
        let mut statement = self.db.prepare_cached(
            "SELECT (SELECT number FROM licenses WHERE status_index = q.license), q.rev, q.digest FROM requests q WHERE q.id = ?",
        )?;
        let mut rows = statement.query([request])?;
        rows.next()?
            .map(|row| Ok(RequestRecord { license: license_id(row.get(0)?)?, rev: row.get(1)?, digest: row.get(2)? }))
            .transpose()
    }

    /// How many events the log has.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn log_size(&self) -> Result<u64, LedgerError> {
        Ok(log::head(self.db)?.size())
    }

    /// The place in the status lists that the next new license gets.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn next_status_index(&self) -> Result<u64, LedgerError> {
        let sql = "SELECT status_index + 1 FROM licenses ORDER BY status_index DESC LIMIT 1";
        let next: Option<i64> = self.db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        status_index(next.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{day, id, issue, ledger, record as put};

    #[test]
    fn licenses_that_end_in_a_span_are_found_by_the_index_of_ends() {
        let mut ledger = ledger();
        let ends = |number: u64, last: i64| issue(number, "acme", move |terms| terms.ends = Some(day(last)));
        let later = issue(6, "acme", |terms| (terms.starts, terms.ends) = (day(25), Some(day(30))));
        let revoked = Fact::LicenseRevoked { license: id(5), reason: "refund".into(), note: None };
        put(&mut ledger, 1, &[ends(1, 31), ends(2, 30), ends(3, 20), ends(4, 40), ends(5, 30), later, revoked]);
        let found = ledger.read().licenses_ending(day(20), day(31), day(10)).unwrap();
        assert_eq!(found.iter().map(|license| license.id).collect::<Vec<_>>(), [id(2), id(1)]);
        assert_eq!(ledger.read().count_licenses_ending(day(20), day(31), day(10)).unwrap(), 2);
        let mut plan = ledger.read().db.prepare(&format!("EXPLAIN QUERY PLAN {}", ending_sql())).unwrap();
        let plan: Vec<String> = plan.query_map([0, 1, 2], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan[0].starts_with("SEARCH l USING INDEX licenses_by_end (ends>? AND ends<?"), "{plan:?}");
    }
}
