//! Counts of the whole ledger in one pass each: licenses by tier and status, and ends by week.

use std::collections::HashMap;

use rusqlite::params_from_iter;

use super::names::Names;
use super::select::Query;
use super::{LedgerError, LicenseFilter, Tables, column};
use crate::license::time::DAY;
use crate::license::{Slug, Standing, Status, Timestamp, Validity};

/// The licenses of a tier, counted by status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierCount {
    /// The product.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// The tier's display name, as it is today.
    pub name: String,
    /// Its place among the tiers of its product.
    pub rank: u32,
    /// How many licenses there are of each status, in the order of [`Status::ALL`].
    pub licenses: [u64; Status::ALL.len()],
}

impl TierCount {
    /// How many licenses have this status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        self.licenses[place(status)]
    }

    /// How many licenses there are.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.licenses.iter().sum()
    }
}

fn place(status: Status) -> usize {
    Status::ALL.iter().position(|one| *one == status).unwrap_or_default()
}

impl Tables<'_> {
    /// The licenses of every tier that has some, counted by their status at a moment; with `as_of`, those of the ledger as it then
    /// was. By product and rank.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tier_counts(&self, at: Timestamp, as_of: Option<Timestamp>) -> Result<Vec<TierCount>, LedgerError> {
        // The status is told here, by the one rule there is for it: sorting a million rows into groups takes the database longer
        // than handing them over.
        let filter = LicenseFilter { as_of, ..LicenseFilter::new(at) };
        let mut query = Query::default();
        let from = filter.source(&mut query);
        let sql = format!("SELECT l.tier, l.standing, l.starts, l.ends, l.stops, l.warn_days FROM {from}");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(query.values))?;
        let mut counts: HashMap<i64, [u64; Status::ALL.len()]> = HashMap::new();
        while let Some(row) = rows.next()? {
            let status = match column::standing(row, 1)? {
                Standing::Good => {
                    let (ends, stops) = (column::moment_if_any(row, 3)?, column::moment_if_any(row, 4)?);
                    let validity = Validity { starts: column::moment(row, 2)?, ends, stops, warn_days: row.get(5)? };
                    validity.status(Standing::Good, at)
                }
                Standing::Suspended => Status::Suspended,
                Standing::Revoked => Status::Revoked,
            };
            counts.entry(row.get(0)?).or_default()[place(status)] += 1;
        }
        let mut names = Names::new(self.db);
        let mut tiers = Vec::with_capacity(counts.len());
        for (id, licenses) in counts {
            let tier = names.tier(id)?;
            let (product, slug, name) = (tier.product.clone(), tier.slug.clone(), tier.name.clone());
            tiers.push(TierCount { product, tier: slug, name, rank: tier.rank, licenses });
        }
        tiers.sort_by(|one, other| {
            let key = |tier: &TierCount| (tier.product.clone(), tier.rank, tier.tier.clone());
            key(one).cmp(&key(other))
        });
        Ok(tiers)
    }

    /// How many licenses have their last day in each of `weeks` weeks, of which the first begins with the day of `at`. Those that are
    /// suspended or revoked, or have ended by `at`, do not count.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn ends_by_week(&self, at: Timestamp, as_of: Option<Timestamp>, weeks: u32) -> Result<Vec<u64>, LedgerError> {
        let filter = LicenseFilter { as_of, ..LicenseFilter::new(at) };
        let mut query = Query::default();
        let from = filter.source(&mut query);
        let begin = at.date().start();
        let week = query.bind(7 * DAY);
        let (first, now) = (query.bind(begin.seconds()), query.bind(at.seconds()));
        let last = query.bind(begin.plus_days(7 * i64::from(weeks)).seconds());
        let sql = format!(
            "SELECT (l.ends - 1 - {first}) / {week}, count(*) FROM {from}
             WHERE l.ends > {now} AND l.ends <= {last} AND +l.standing = 0 GROUP BY 1"
        );
        let mut counts = vec![0; weeks as usize];
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(query.values))?;
        while let Some(row) = rows.next()? {
            let week: i64 = row.get(0)?;
            let count: i64 = row.get(1)?;
            if let Some(found) = usize::try_from(week).ok().and_then(|week| counts.get_mut(week)) {
                *found = count.unsigned_abs();
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::testing::{day, deed, issue, ledger, record as put, slug};
    use crate::ledger::{Fact, LicenseSort};

    #[test]
    fn a_tier_without_licenses_is_left_out_and_the_others_stand_by_rank() {
        let mut ledger = ledger();
        put(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |terms| terms.tier = slug("basic"))]);
        let counts = ledger.read().tier_counts(day(2), None).unwrap();
        assert_eq!(counts.iter().map(|one| (one.tier.as_str(), one.all())).collect::<Vec<_>>(), [("basic", 1), ("pro", 1)]);
    }

    #[test]
    fn the_last_day_tells_the_week() {
        let mut ledger = ledger();
        let ends = |number: u64, end: i64| issue(number, "acme", move |terms| terms.ends = Some(day(end)));
        let off = Fact::LicenseSuspended { license: crate::ledger::testing::id(9), reason: None };
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
        fn the_counts_are_those_of_the_list_now_and_then(
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
                let counts = ledger.read().tier_counts(at, as_of).unwrap();
                for status in Status::ALL {
                    let listed = list.iter().filter(|license| license.status(at) == status).count() as u64;
                    prop_assert_eq!(counts.iter().map(|tier| tier.of(status)).sum::<u64>(), listed);
                }
                for tier in &counts {
                    let listed = list.iter().filter(|one| (&one.product, &one.tier) == (&tier.product, &tier.tier)).count();
                    prop_assert_eq!(tier.all(), listed as u64);
                }
                let within = list.iter().filter(|one| one.standing == Standing::Good);
                let within = within.filter(|one| one.ends.is_some_and(|end| end > at && end <= at.plus_days(84))).count();
                prop_assert_eq!(ledger.read().ends_by_week(at, as_of, 12).unwrap().iter().sum::<u64>(), within as u64);
            }
        }
    }
}
