//! The licenses as they were at a moment, as SQL.
//!
//! A license that was not revised since is as its row says; of the others, the newest revision of then counts. What changed since is
//! mostly little, and is looked for before a statement is written, so that the statement costs little more than one about today.

use super::select::Query;
use super::{LedgerError, LicenseFilter, Tables};
use crate::license::Timestamp;

/// From how many licenses on that were revised since, a pass over all of them is faster than to look up each.
const MANY: u32 = 20_000;

impl LicenseFilter {
    /// The rows to choose from, named `l`: of now, or of the moment of `as_of`.
    pub(super) fn source(&self, query: &mut Query, tables: Tables<'_>) -> Result<String, LedgerError> {
        let parts = self.parts(query, tables)?;
        Ok(parts.map_or_else(|| "licenses l".to_owned(), |parts| format!("({}) l", parts.join(" UNION ALL "))))
    }

    /// The rows of [`LicenseFilter::source`] in parts, for statements that want no order. Each is read as fast as the licenses of now:
    /// all of them together the database would first put into rows of their own.
    pub(super) fn sources(&self, query: &mut Query, tables: Tables<'_>) -> Result<Vec<String>, LedgerError> {
        let parts = self.parts(query, tables)?;
        Ok(parts.map_or_else(|| vec!["licenses l".to_owned()], |parts| parts.map(|part| format!("({part}) l")).into()))
    }

    /// The licenses that were not revised since, those that were, and those of an older system for which the first key was signed since.
    fn parts(&self, query: &mut Query, tables: Tables<'_>) -> Result<Option<[String; 3]>, LedgerError> {
        let Some(as_of) = self.as_of else { return Ok(None) };
        let then = query.bind(as_of.seconds());
        // About most licenses nothing was decided since, and often about none: those stand as they do now.
        let standing = if tables.has_standings_after(as_of)? {
            format!(
                "CASE WHEN n.status_index IN (SELECT s.license FROM standings s WHERE s.at > {then})
                    THEN coalesce((SELECT s.standing FROM standings s WHERE s.license = n.status_index AND s.at <= {then}
                        ORDER BY s.event DESC LIMIT 1), 0)
                    ELSE n.standing END AS standing"
            )
        } else {
            "n.standing".to_owned()
        };
        // Few that were revised since are found by an index; of many, a pass over all is faster, and the plus has it so.
        let since = if tables.are_many_revised_after(as_of)? { "+n.revised_at" } else { "n.revised_at" };
        Ok(Some([
            format!(
                "SELECT n.status_index, n.number, n.customer, n.tier, n.kind, n.internal, n.starts, n.ends, n.stops, n.warn_days,
                    n.seats, {standing}, n.rev, n.issued_at, n.issued_by, n.revised_at, n.note, n.machines_max, n.machines_bound
                 FROM licenses n WHERE n.revised_at <= {then}"
            ),
            format!(
                "SELECT n.status_index, n.number, r.customer, r.tier, r.kind, r.internal, r.starts, r.ends, r.stops, r.warn_days,
                    r.seats, {standing}, r.rev, n.issued_at, n.issued_by,
                    r.signed_at AS revised_at, n.note, r.machines_max, r.machines_bound
                 FROM licenses n CROSS JOIN revisions r ON r.license = n.status_index AND r.rev =
                    (SELECT max(e.rev) FROM revisions e WHERE e.license = n.status_index AND e.signed_at <= {then})
                 WHERE n.rev > 1 AND {since} > {then}"
            ),
            format!(
                "SELECT n.status_index, n.number, f.customer, f.tier, f.kind, f.internal, f.starts, f.ends, f.stops, f.warn_days,
                    f.seats, {standing}, 1 AS rev, n.issued_at, n.issued_by,
                    f.taken_at AS revised_at, n.note, f.machines_max, f.machines_bound
                 FROM foreign_licenses f CROSS JOIN licenses n ON n.status_index = f.license
                 WHERE n.revised_at > {then} AND f.taken_at <= {then} AND NOT EXISTS
                    (SELECT 1 FROM revisions e WHERE e.license = f.license AND e.signed_at <= {then})"
            ),
        ]))
    }
}

impl Tables<'_> {
    /// Whether anything was decided about a license after a moment.
    fn has_standings_after(&self, then: Timestamp) -> Result<bool, LedgerError> {
        Ok(self.db.prepare_cached("SELECT 1 FROM standings WHERE at > ?")?.exists([then.seconds()])?)
    }

    /// Whether more licenses got another revision after a moment than are to be looked up one by one.
    fn are_many_revised_after(&self, then: Timestamp) -> Result<bool, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT 1 FROM licenses INDEXED BY licenses_revised WHERE rev > 1 AND revised_at > ? LIMIT 1 OFFSET ?",
        )?;
        Ok(statement.exists((then.seconds(), MANY))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, ledger, record, revise};
    use crate::ledger::{Fact, Ledger};

    fn plan(ledger: &Ledger, then: i64, condition: &str) -> String {
        let filter = LicenseFilter { as_of: Some(day(then)), ..LicenseFilter::new(day(then)) };
        let mut query = Query::default();
        let source = filter.source(&mut query, ledger.read()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN SELECT l.tier, l.standing FROM {source}{condition}");
        let mut statement = ledger.db.prepare(&sql).unwrap();
        let steps = statement.query_map(rusqlite::params_from_iter(query.values), |row| row.get::<_, String>(3)).unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn what_did_not_change_since_is_not_looked_up() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |_| {})]);
        record(&mut ledger, 5, &[revise(1, 2, "acme", |_| {}), Fact::LicenseSuspended { license: id(2), reason: None }]);
        let (before, after) = (plan(&ledger, 4, ""), plan(&ledger, 6, ""));
        assert!(before.contains("SCAN s") && !after.contains("SCAN s"), "{before}\n\n{after}");
        assert!(before.contains("INDEX licenses_revised (revised_at>?)"), "{before}");
        let over_used = plan(&ledger, 6, " WHERE l.machines_bound > l.seats");
        assert!(over_used.contains("SCAN n USING INDEX licenses_over_used"), "{over_used}");
    }
}
