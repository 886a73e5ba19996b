//! A [`LicenseFilter`] as SQL.

use rusqlite::types::Value;

use super::column::type_number;
use super::search::condition;
use super::{LedgerError, LicenseFilter, LicenseSort, Tables};
use crate::license::time::DAY;
use crate::license::{Status, Timestamp};

impl LicenseFilter {
    /// The page of rows that fit, as `columns` of the row `l`.
    pub(super) fn page(&self, columns: &str, tables: Tables<'_>) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let from = self.source(&mut query, tables)?;
        let from = match self.sort {
            // CROSS keeps the order of the loops: the outer one yields the order, the inner one an index of the licenses.
            LicenseSort::Customer => format!("customers c CROSS JOIN {from} ON l.customer = c.id"),
            LicenseSort::Tier => format!("tiers t CROSS JOIN {from} ON l.tier = t.id"),
            _ => from,
        };
        let conditions = all_of(&self.conditions(&mut query, tables)?);
        let order = self.order(&mut query);
        query.sql = format!("SELECT {columns} FROM {from}{conditions} ORDER BY {order}");
        if self.limit.is_some() || self.offset > 0 {
            let (limit, offset) = (self.limit.map_or(-1, i64::from), i64::from(self.offset));
            let (limit, offset) = (query.bind(limit), query.bind(offset));
            query.sql += &format!(" LIMIT {limit} OFFSET {offset}");
        }
        Ok(query)
    }

    /// The rows that fit, as `columns` of the row `l`, in no order.
    pub(super) fn rows(&self, columns: &str, tables: Tables<'_>) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let from = self.source(&mut query, tables)?;
        let conditions = all_of(&self.conditions(&mut query, tables)?);
        query.sql = format!("SELECT {columns} FROM {from}{conditions}");
        Ok(query)
    }

    /// How many rows fit, whatever the limit.
    pub(super) fn count(&self, tables: Tables<'_>) -> Result<Query, LedgerError> {
        self.rows("count(*)", tables)
    }

    /// What the rows must fit, each condition for itself.
    pub(super) fn conditions(&self, query: &mut Query, tables: Tables<'_>) -> Result<Vec<String>, LedgerError> {
        let mut all = Vec::new();
        if let Some(customer) = &self.customer {
            let slug = query.bind(customer.to_string());
            all.push(format!("l.customer = (SELECT id FROM customers WHERE slug = {slug})"));
        }
        if let Some(operator) = &self.issued_by {
            let slug = query.bind(operator.to_string());
            all.push(format!("l.issued_by = (SELECT id FROM operators WHERE slug = {slug})"));
        }
        all.extend(self.tier_condition(query, tables)?);
        if let Some(before) = self.ends_before {
            let (at, before) = (query.bind(self.at.seconds()), query.bind(before.seconds()));
            all.push(format!("l.ends > {at} AND l.ends <= {before} AND +l.standing = 0"));
        }
        if let Some((after, to)) = self.ends_in {
            let (after, to) = (query.bind(after.seconds()), query.bind(to.seconds()));
            all.push(format!("l.ends > {after} AND l.ends <= {to} AND +l.standing = 0"));
        }
        if !self.statuses.is_empty() {
            let any: Vec<&str> = self.statuses.iter().map(|status| status_condition(*status)).collect();
            // One status may lead the search by its ends. Several are looked for in one pass: the plus keeps it one.
            let any = if let [one] = any.as_slice() { (*one).to_owned() } else { format!("+({})", any.join(" OR ")) };
            all.push(query.at(self.at, &any));
            if self.statuses.iter().all(|status| matches!(status, Status::Suspended | Status::Revoked)) {
                // Few are, and this table knows which.
                all.push("l.status_index IN (SELECT license FROM standings)".to_owned());
            }
        }
        if let Some(kind) = self.kind {
            let kind = query.bind(type_number(kind));
            all.push(format!("+l.kind = {kind}"));
        }
        if let Some(internal) = self.internal {
            let internal = query.bind(i64::from(internal));
            all.push(format!("+l.internal = {internal}"));
        }
        if let Some(since) = self.issued_since {
            let since = query.bind(since.seconds());
            all.push(format!("l.issued_at >= {since}"));
        }
        if let Some(before) = self.issued_before {
            let before = query.bind(before.seconds());
            // With a beginning, the index is used already; without one, it would lead through most of the licenses.
            all.push(format!("+l.issued_at < {before}"));
        }
        if let Some(search) = &self.text {
            all.push(condition(search, query, tables)?);
        }
        Ok(all)
    }

    /// Product and tier together choose some of the few tiers there are.
    fn tier_condition(&self, query: &mut Query, tables: Tables<'_>) -> Result<Option<String>, LedgerError> {
        if self.product.is_none() && self.tier.is_none() {
            return Ok(None);
        }
        let fits = |product: &str, slug: &str| {
            self.product.as_ref().is_none_or(|wanted| wanted.as_str() == product)
                && self.tier.as_ref().is_none_or(|wanted| wanted.as_str() == slug)
        };
        let (chosen, all) = tables.tier_ids(fits)?;
        Ok(match chosen.as_slice() {
            chosen if chosen.len() == all => None,
            [only] => {
                let only = query.bind(*only);
                Some(format!("l.tier = {only}"))
            }
            // The plus keeps the order of the list from being given up for an index that would hardly narrow it.
            some => {
                let some = query.bind_list(some);
                Some(format!("+l.tier IN (SELECT value FROM json_each({some}))"))
            }
        })
    }

    fn order(&self, query: &mut Query) -> String {
        let (ascending, nulls_last) = if self.reverse { ("DESC", "DESC NULLS FIRST") } else { ("ASC", "ASC NULLS LAST") };
        // The columns of the index that serves the list, so that a page is read without sorting: that of one customer or one
        // tier, or the one of all ends.
        let through =
            if self.customer.is_some() || self.tier.is_some() || matches!(self.sort, LicenseSort::Customer | LicenseSort::Tier) {
                vec!["standing", "status_index"]
            } else {
                vec!["standing", "starts", "stops", "warn_days", "kind", "internal", "status_index"]
            };
        let through: Vec<String> = through.iter().map(|column| format!("l.{column} {ascending}")).collect();
        // Where the licenses of a time are wanted, finding them comes first: the plus keeps the ends from leading the search.
        let ends = if self.issued_since.is_some() { "+l.ends" } else { "l.ends" };
        let by_end = format!("{ends} {nulls_last}, {}", through.join(", "));
        match self.sort {
            LicenseSort::End => by_end,
            LicenseSort::Start => format!("l.starts {ascending}, l.status_index {ascending}"),
            LicenseSort::Issued => format!("l.issued_at {ascending}, l.status_index {ascending}"),
            LicenseSort::Customer => format!("c.slug {ascending}, {by_end}"),
            LicenseSort::Tier => format!("t.product {ascending}, t.rank {ascending}, t.id {ascending}, {by_end}"),
            LicenseSort::Status => query.at(self.at, &format!("{STATUS} {ascending}, {by_end}")),
            LicenseSort::Seats => format!("l.seats {nulls_last}, l.status_index {ascending}"),
            LicenseSort::Id => format!("l.number {ascending}"),
        }
    }
}

/// Conditions as they stand in a statement.
pub(super) fn all_of(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

/// `Validity::status` as conditions on the columns, at the moment `$at`. Exactly one of them holds.
///
/// The plus before `standing`, here and elsewhere, matters: knowing that a column is the same in every row, SQLite would no
/// longer see that the index yields the rows in order.
fn status_condition(status: Status) -> &'static str {
    const { assert!(DAY == 86_400) };
    match status {
        Status::Revoked => "+l.standing = 1",
        Status::Suspended => "+l.standing = 2",
        Status::Scheduled => "(+l.standing = 0 AND l.starts > $at)",
        Status::Expired => "(+l.standing = 0 AND l.starts <= $at AND l.stops <= $at)",
        Status::Grace => "(+l.standing = 0 AND l.starts <= $at AND l.ends <= $at AND l.stops > $at)",
        Status::Expiring => "(+l.standing = 0 AND l.starts <= $at AND l.ends > $at AND l.ends - $at <= l.warn_days * 86400)",
        Status::Active => "(+l.standing = 0 AND l.starts <= $at AND coalesce(l.ends - $at > l.warn_days * 86400, TRUE))",
    }
}

/// `Validity::status` as the place of the status in [`Status::ALL`], at the moment `$at`.
pub(super) const STATUS: &str = "CASE l.standing WHEN 0 THEN CASE WHEN l.starts > $at THEN 0 WHEN l.stops <= $at THEN 4
    WHEN l.ends <= $at THEN 3 WHEN l.ends - $at <= l.warn_days * 86400 THEN 2 ELSE 1 END WHEN 1 THEN 6 ELSE 5 END";

/// A statement and the values bound in it.
#[derive(Default)]
pub(super) struct Query {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Query {
    /// Binds a value, and gives the name by which the statement calls it.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Binds the moment that a condition calls `$at`, where it does.
    pub fn at(&mut self, at: Timestamp, condition: &str) -> String {
        // A value that the statement does not use would be refused.
        if condition.contains("$at") { condition.replace("$at", &self.bind(at.seconds())) } else { condition.to_owned() }
    }

    /// Binds numbers as a JSON array, so that the statement is the same for every list.
    pub fn bind_list(&mut self, numbers: &[i64]) -> String {
        self.bind(format!("{numbers:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, deed, id, issue, ledger, noted, record, revise, slug};
    use crate::ledger::{Fact, Ledger, LicenseRecord};
    use crate::license::{LicenseId, LicenseType, Standing};
    use proptest::prelude::*;

    fn found(ledger: &Ledger, filter: &LicenseFilter) -> Vec<LicenseId> {
        ledger.read().licenses(filter).unwrap().iter().map(|license| license.id).collect()
    }

    #[test]
    fn words_are_found_in_customers_tiers_notes_and_ids() {
        let mut ledger = ledger();
        let basic = issue(3, "acme", |terms| terms.tier = slug("basic"));
        record(&mut ledger, 1, &[noted(issue(1, "acme", |_| {}), "Bestellung über Köln"), issue(2, "globex", |_| {}), basic]);
        let start = id(2).to_string()[..8].to_lowercase();
        for (text, numbers) in [
            ("acme", vec![1, 3]),
            ("ACME basic", vec![3]),
            ("angstrom", vec![2]),
            ("crm-7 pro", vec![2]),
            ("koln", vec![1]),
            ("cockpit", vec![1, 2, 3]),
            (start.as_str(), vec![2]),
            ("", vec![1, 2, 3]),
            ("nowhere", vec![]),
            ("acme globex", vec![]),
        ] {
            let filter = LicenseFilter { text: text.parse().ok(), sort: LicenseSort::Issued, ..LicenseFilter::new(day(2)) };
            assert_eq!(found(&ledger, &filter), numbers.into_iter().map(id).collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn a_page_is_a_part_of_the_whole_list() {
        let mut ledger = ledger();
        let facts: Vec<Fact> =
            (0..7).map(|number| issue(number, "acme", |terms| terms.ends = Some(day(900 - number as i64)))).collect();
        record(&mut ledger, 1, &facts);
        let all = found(&ledger, &LicenseFilter::new(day(2)));
        assert_eq!(all, (0..7).rev().map(id).collect::<Vec<_>>());
        let page = LicenseFilter { limit: Some(3), offset: 2, ..LicenseFilter::new(day(2)) };
        assert_eq!(found(&ledger, &page), all[2..5]);
        assert_eq!(ledger.read().count_licenses(&page).unwrap(), 7);
        assert_eq!(found(&ledger, &LicenseFilter { limit: None, offset: 5, ..page }), all[5..]);
    }

    #[test]
    fn the_end_itself_counts_as_ending_by_then() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |terms| terms.ends = Some(day(40)))]);
        let ending = |at, before| found(&ledger, &LicenseFilter { ends_before: Some(before), ..LicenseFilter::new(at) }).len();
        assert_eq!(ending(day(10), day(40)), 1);
        assert_eq!(ending(day(10), day(40).plus_seconds(-1)), 0);
        assert_eq!(ending(day(40), day(70)), 0);
        assert_eq!(ending(day(40).plus_seconds(-1), day(70)), 1);
    }

    #[test]
    fn the_past_is_told_as_it_was() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |_| {})]);
        record(&mut ledger, 5, &[Fact::LicenseSuspended { license: id(1), reason: None }]);
        record(&mut ledger, 7, &[Fact::LicenseReinstated { license: id(1), reason: None }]);
        record(&mut ledger, 9, &[revise(1, 2, "globex", |terms| terms.ends = Some(day(800)))]);
        let then = |days: i64| -> Vec<(String, u32, Standing)> {
            let filter = LicenseFilter { as_of: Some(day(days)), sort: LicenseSort::Issued, ..LicenseFilter::new(day(days)) };
            let licenses = ledger.read().licenses(&filter).unwrap();
            licenses.into_iter().map(|license| (license.customer.to_string(), license.rev, license.standing)).collect()
        };
        let other = ("acme".to_owned(), 1, Standing::Good);
        assert_eq!(then(0), []);
        assert_eq!(then(2), [("acme".to_owned(), 1, Standing::Good), other.clone()]);
        assert_eq!(then(6), [("acme".to_owned(), 1, Standing::Suspended), other.clone()]);
        assert_eq!(then(8), [("acme".to_owned(), 1, Standing::Good), other.clone()]);
        assert_eq!(then(9), [("globex".to_owned(), 2, Standing::Good), other]);
    }

    /// The plan of a list, one line for each step.
    fn plan(filter: &LicenseFilter) -> String {
        let ledger = ledger();
        let query = filter.page("l.number, l.note", ledger.read()).unwrap();
        let mut statement = ledger.db.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql)).unwrap();
        let steps = statement.query_map(rusqlite::params_from_iter(query.values), |row| row.get::<_, String>(3)).unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn a_page_of_a_large_ledger_is_read_from_an_index_without_sorting() {
        let base = LicenseFilter { limit: Some(100), ..LicenseFilter::new(day(0)) };
        let expiring = LicenseFilter { ends_before: Some(day(30)), ..base.clone() };
        for (filter, index) in [
            (expiring.clone(), "USING INDEX licenses_by_end (ends>? AND ends<?)"),
            (LicenseFilter { reverse: true, ..expiring.clone() }, "USING INDEX licenses_by_end (ends>? AND ends<?)"),
            (LicenseFilter { product: Some(slug("cockpit")), ..expiring.clone() }, "licenses_by_end (ends>? AND ends<?)"),
            (
                LicenseFilter { internal: Some(false), kind: Some(LicenseType::Trial), ..expiring.clone() },
                "licenses_by_end (ends>? AND ends<?)",
            ),
            (LicenseFilter { tier: Some(slug("pro")), ..expiring.clone() }, "licenses_by_tier (tier=? AND ends>? AND ends<?)"),
            (
                LicenseFilter { customer: Some(slug("acme")), ..expiring },
                "licenses_by_customer (customer=? AND ends>? AND ends<?)",
            ),
            (LicenseFilter { statuses: vec![Status::Expiring], ..base.clone() }, "licenses_by_end"),
            (base.clone(), "licenses_by_end"),
            (LicenseFilter { reverse: true, ..base.clone() }, "licenses_by_end"),
            (LicenseFilter { tier: Some(slug("pro")), ..base.clone() }, "licenses_by_tier (tier=?)"),
            (LicenseFilter { sort: LicenseSort::Issued, ..base.clone() }, "licenses_by_issue"),
            (LicenseFilter { sort: LicenseSort::Id, ..base.clone() }, "sqlite_autoindex_licenses_1"),
            (LicenseFilter { sort: LicenseSort::Customer, ..base.clone() }, "licenses_by_customer (customer=?)"),
            (LicenseFilter { sort: LicenseSort::Tier, ..base }, "licenses_by_tier (tier=?)"),
        ] {
            let plan = plan(&filter);
            assert!(plan.contains(index), "{filter:?}\n{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{filter:?}\n{plan}");
        }
    }

    #[test]
    fn licenses_are_counted_by_status_from_the_index_alone() {
        let ledger = ledger();
        for status in [Status::Active, Status::Expiring, Status::Grace, Status::Expired, Status::Scheduled] {
            let filter = LicenseFilter { statuses: vec![status], ..LicenseFilter::new(day(0)) };
            let query = filter.count(ledger.read()).unwrap();
            let mut statement = ledger.db.prepare(&format!("EXPLAIN QUERY PLAN {}", query.sql)).unwrap();
            let mut rows = statement.query(rusqlite::params_from_iter(query.values)).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let step: String = row.get(3).unwrap();
                assert!(step.contains("USING COVERING INDEX licenses_by_end"), "{status}: {step}");
            }
        }
    }

    fn fits(filter: &LicenseFilter, license: &LicenseRecord) -> bool {
        let LicenseFilter { at, customer, product, tier, statuses, kind, internal, ends_before, issued_by, issued_since, .. } =
            filter;
        customer.as_ref().is_none_or(|customer| *customer == license.customer)
            && product.as_ref().is_none_or(|product| *product == license.product)
            && tier.as_ref().is_none_or(|tier| *tier == license.tier)
            && (statuses.is_empty() || statuses.contains(&license.status(*at)))
            && kind.is_none_or(|kind| kind == license.kind)
            && internal.is_none_or(|internal| internal == license.internal)
            && ends_before.is_none_or(|before| {
                license.standing == Standing::Good && license.ends.is_some_and(|end| end > *at && end <= before)
            })
            && issued_by.as_ref().is_none_or(|operator| *operator == license.issued_by)
            && issued_since.is_none_or(|since| license.issued_at >= since)
    }

    fn any_filter() -> impl Strategy<Value = LicenseFilter> {
        let some = |names: &'static [&'static str]| prop::option::weighted(0.3, prop::sample::select(names).prop_map(slug));
        let narrowing = (
            some(&["acme", "globex", "nobody"]),
            some(&["cockpit", "hangar"]),
            some(&["pro", "basic", "acme"]),
            some(&["anna", "ben"]),
        );
        let statuses = prop::collection::vec(prop::sample::select(&Status::ALL), 0..3);
        let flags =
            (prop::option::weighted(0.2, prop::sample::select(&LicenseType::ALL)), prop::option::weighted(0.2, any::<bool>()));
        let days = (0i64..900, prop::option::weighted(0.3, 0i64..900), prop::option::weighted(0.3, 0i64..400));
        let order = (prop::sample::select(&LicenseSort::ALL), any::<bool>());
        (narrowing, statuses, flags, days, order).prop_map(
            |((customer, product, tier, issued_by), statuses, (kind, internal), (at, ends, since), (sort, reverse))| {
                LicenseFilter {
                    customer,
                    product,
                    tier,
                    issued_by,
                    statuses,
                    kind,
                    internal,
                    ends_before: ends.map(|days| day(at + days)),
                    issued_since: since.map(day),
                    sort,
                    reverse,
                    ..LicenseFilter::new(day(at))
                }
            },
        )
    }

    /// A ledger in which things happened one after the other, and the same ledger at the end of day `until`.
    fn two_ledgers(deeds: &[(Fact, i64)], until: i64) -> (Ledger, Ledger) {
        let (mut whole, mut beginning) = (ledger(), ledger());
        for (fact, days) in deeds {
            let by = slug("anna");
            let _ = whole.write(|transaction| transaction.record(day(*days), &by, fact));
            if *days <= until {
                let _ = beginning.write(|transaction| transaction.record(day(*days), &by, fact));
            }
        }
        (whole, beginning)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn a_filter_finds_what_fits_and_the_past_is_a_shorter_ledger(
            mut deeds in prop::collection::vec((deed(), 0i64..400), 1..60), until in 0i64..400, filter in any_filter()
        ) {
            deeds.sort_by_key(|deed| deed.1);
            let (whole, beginning) = two_ledgers(&deeds, until);
            let list = whole.read().licenses(&filter).unwrap();
            let mut found: Vec<LicenseId> = list.iter().map(|license| license.id).collect();
            prop_assert_eq!(whole.read().count_licenses(&filter).unwrap(), found.len() as u64);
            found.sort_unstable();
            let everything = whole.read().licenses(&LicenseFilter { sort: LicenseSort::Id, ..LicenseFilter::new(filter.at) }).unwrap();
            let fitting: Vec<LicenseId> = everything.iter().filter(|license| fits(&filter, license)).map(|license| license.id).collect();
            prop_assert_eq!(found, fitting);

            let back = LicenseFilter { reverse: !filter.reverse, ..filter.clone() };
            let mut reversed = whole.read().licenses(&back).unwrap();
            reversed.reverse();
            prop_assert_eq!(&reversed, &list);
            for pair in list.windows(2) {
                let (first, second) = if filter.reverse { (&pair[1], &pair[0]) } else { (&pair[0], &pair[1]) };
                let end = |license: &LicenseRecord| license.ends.map_or(i64::MAX, Timestamp::seconds);
                let in_order = match filter.sort {
                    LicenseSort::End => end(first) <= end(second),
                    LicenseSort::Start => first.starts <= second.starts,
                    LicenseSort::Issued => first.issued_at <= second.issued_at,
                    LicenseSort::Customer => (&first.customer, end(first)) <= (&second.customer, end(second)),
                    LicenseSort::Tier => first.product <= second.product,
                    LicenseSort::Status => (first.status(filter.at), end(first)) <= (second.status(filter.at), end(second)),
                    LicenseSort::Seats => first.seats.unwrap_or(u32::MAX) <= second.seats.unwrap_or(u32::MAX),
                    LicenseSort::Id => first.id < second.id,
                };
                prop_assert!(in_order, "{first:?} {second:?}");
            }

            // Names, ranks and notes are those of today, also in a list of the past.
            let nameless = |ledger: &Ledger, filter: &LicenseFilter| -> Vec<LicenseRecord> {
                let list = ledger.read().licenses(filter).unwrap().into_iter();
                list.map(|license| LicenseRecord { customer_name: String::new(), note: None, ..license }).collect()
            };
            let newest = |as_of: Option<Timestamp>| -> Vec<LicenseId> {
                whole.read().newest_licenses(as_of, 4).unwrap().iter().map(|license| license.id).collect()
            };
            for as_of in [None, Some(day(until))] {
                let by_issue = LicenseFilter { as_of, sort: LicenseSort::Issued, reverse: true, limit: Some(4), ..LicenseFilter::new(day(until)) };
                prop_assert_eq!(newest(as_of), self::found(&whole, &by_issue));
            }
            prop_assume!(filter.sort != LicenseSort::Tier);
            let then = LicenseFilter { as_of: Some(day(until)), ..filter.clone() };
            prop_assert_eq!(whole.read().count_licenses(&then).unwrap(), beginning.read().count_licenses(&filter).unwrap());
            prop_assert_eq!(nameless(&whole, &then), nameless(&beginning, &filter));
        }
    }
}
