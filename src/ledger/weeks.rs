//! When licenses end: how many in each of the weeks to come.

use rusqlite::params_from_iter;

use super::select::Query;
use super::{LedgerError, LicenseFilter, Tables};
use crate::license::Timestamp;
use crate::license::time::DAY;

impl Tables<'_> {
    /// How many licenses have their last day in each of `weeks` weeks, of which the first begins with the day of `at`. Those that are
    /// suspended or revoked, or have ended by `at`, do not count.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn ends_by_week(&self, at: Timestamp, as_of: Option<Timestamp>, weeks: u32) -> Result<Vec<u64>, LedgerError> {
        let filter = LicenseFilter { as_of, ..LicenseFilter::new(at) };
        let mut query = Query::default();
        let sources = filter.sources(&mut query, *self)?;
        let begin = at.date().start();
        let week = query.bind(7 * DAY);
        let (first, now) = (query.bind(begin.seconds()), query.bind(at.seconds()));
        let last = query.bind(begin.plus_days(7 * i64::from(weeks)).seconds());
        let mut counts = vec![0; weeks as usize];
        for source in sources {
            let sql = format!(
                "SELECT (l.ends - 1 - {first}) / {week}, count(*) FROM {source}
                 WHERE l.ends > {now} AND l.ends <= {last} AND +l.standing = 0 GROUP BY 1"
            );
            let mut statement = self.db.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(&query.values))?;
            while let Some(row) = rows.next()? {
                let week: i64 = row.get(0)?;
                let count: i64 = row.get(1)?;
                if let Some(found) = usize::try_from(week).ok().and_then(|week| counts.get_mut(week)) {
                    *found += count.unsigned_abs();
                }
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::testing::{day, deed, id, issue, ledger, record as put, slug};
    use crate::ledger::{Fact, LicenseSort};
    use crate::license::Standing;

    #[test]
    fn the_last_day_tells_the_week() {
        let mut ledger = ledger();
        let ends = |number: u64, end: i64| issue(number, "acme", move |terms| terms.ends = Some(day(end)));
        let off = Fact::LicenseSuspended { license: id(9), reason: None };
        let facts = [ends(1, 11), ends(2, 17), ends(3, 18), ends(4, 10), ends(5, 10 + 84), ends(6, 11 + 84), ends(9, 12), off];
        put(&mut ledger, 1, &facts);
        // The end is the midnight after the last day: day 11 is the end of the first day, day 17 that of the seventh.
        let weeks = ledger.read().ends_by_week(day(10), None, 12).unwrap();
        assert_eq!((weeks.len(), weeks[0], weeks[1], weeks[11], weeks.iter().sum::<u64>()), (12, 2, 1, 1, 4));
        assert_eq!(ledger.read().ends_by_week(day(10).plus_seconds(3600), None, 12).unwrap(), weeks);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_weeks_have_the_licenses_of_the_list_now_and_then(
            mut deeds in prop::collection::vec((deed(), 0i64..400), 1..40), until in 0i64..400
        ) {
            deeds.sort_by_key(|deed| deed.1);
            let mut ledger = ledger();
            for (fact, days) in &deeds {
                let _ = ledger.write(|transaction| transaction.record(day(*days), &slug("anna"), fact));
            }
            for as_of in [None, Some(day(until))] {
                let at = day(until);
                let list = LicenseFilter { as_of, sort: LicenseSort::Id, ..LicenseFilter::new(at) };
                let list = ledger.read().licenses(&list).unwrap();
                let within = list.iter().filter(|one| one.standing == Standing::Good);
                let within = within.filter(|one| one.ends.is_some_and(|end| end > at && end <= at.plus_days(84))).count();
                prop_assert_eq!(ledger.read().ends_by_week(at, as_of, 12).unwrap().iter().sum::<u64>(), within as u64);
            }
        }
    }
}
