//! The counts beside slow recounts, and the past beside the ledger that there was then.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ledger::testing::{day, deed, id, issue, ledger, record, revise, slug, tier};
use crate::ledger::{Fact, Ledger, LicenseFilter, LicenseRecord};
use crate::license::{Calendar, LicenseType, MachineId, Occasion, Standing, Status, Timestamp};

/// A ledger in which things happened one after the other, and the same ledger at the end of day `until`.
fn two_ledgers(deeds: &[(Fact, i64)], until: i64) -> (Ledger, Ledger) {
    let (mut whole, mut beginning) = (ledger(), ledger());
    for (fact, days) in deeds {
        let _ = whole.write(|transaction| transaction.record(day(*days), &slug("anna"), fact));
        if *days <= until {
            let _ = beginning.write(|transaction| transaction.record(day(*days), &slug("anna"), fact));
        }
    }
    (whole, beginning)
}

/// Deeds of all kinds, with the occasions that later revisions are signed on, and machines that they are bound to.
fn deeds() -> impl Strategy<Value = Vec<(Fact, i64)>> {
    let occasion = prop::option::of(prop::sample::select(&Occasion::ALL));
    let shaped =
        (deed(), occasion, 0u32..4, prop::option::of(0u32..3), 0usize..3).prop_map(|(mut fact, why, seats, most, bound)| {
            if let Fact::LicenseIssued { terms, rev, occasion, .. } = &mut fact {
                *occasion = why.filter(|_| *rev > 1);
                terms.seats = Some(seats).filter(|seats| *seats > 0);
                terms.machines.max = most;
                let names: [MachineId; 2] = ["host-1".parse().unwrap(), "host-2".parse().unwrap()];
                terms.machines.bound = names[..bound.min(2)].to_vec();
            }
            fact
        });
    prop::collection::vec((shaped, 0i64..400), 1..60).prop_map(|mut deeds| {
        deeds.sort_by_key(|deed| deed.1);
        deeds
    })
}

fn groupings() -> impl Strategy<Value = Grouping> {
    prop::sample::select(vec![
        Grouping::Tier,
        Grouping::Product,
        Grouping::Customer,
        Grouping::Operator,
        Grouping::Type,
        Grouping::Status,
        Grouping::Issued(Calendar::Month),
        Grouping::Ending(Calendar::Quarter),
        Grouping::License,
    ])
}

/// The group of a license, told from its record.
fn group_of(by: Grouping, license: &LicenseRecord, ledger: &Ledger, at: Timestamp) -> Group {
    let (slug, name) = (license.customer.clone(), license.customer_name.clone());
    match by {
        Grouping::Tier => {
            let tier = ledger.read().tier(&license.product, &license.tier).unwrap().unwrap();
            Group::Tier { product: tier.product, rank: tier.rank, tier: tier.slug, name: tier.name }
        }
        Grouping::Product => Group::Product(license.product.clone()),
        Grouping::Customer => Group::Customer { slug, name },
        Grouping::Operator => Group::Operator(license.issued_by.clone()),
        Grouping::Type => Group::Type(license.kind),
        Grouping::Status => Group::Status(license.status(at)),
        Grouping::Issued(span) => Group::Time(span, Some(span.first_day(license.issued_at.date()))),
        Grouping::Ending(span) => Group::Time(span, license.ends.map(|end| span.first_day(end.last_day()))),
        Grouping::License => Group::License { id: license.id, customer: slug, name },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn a_count_is_the_sum_of_its_licenses(deeds in deeds(), at in 0i64..900, by in groupings()) {
        let (ledger, _) = two_ledgers(&deeds, 0);
        let at = day(at);
        let filter = LicenseFilter::new(at);
        let mut slow: BTreeMap<Group, (u64, u64, u64, Option<Timestamp>)> = BTreeMap::new();
        let mut statuses = BTreeMap::<Status, u64>::new();
        let mut over = 0;
        for license in ledger.read().licenses(&filter).unwrap() {
            let (licenses, seats, usable, next) = slow.entry(group_of(by, &license, &ledger, at)).or_default();
            let status = license.status(at);
            *licenses += 1;
            *seats += u64::from(license.seats.unwrap_or(0));
            if status.is_usable() {
                *usable += 1;
                *next = [*next, license.ends.filter(|end| *end > at)].into_iter().flatten().min();
                let bound = ledger.read().terms(license.id, license.rev).unwrap().unwrap().machines.bound.len() as u64;
                over += bound.saturating_sub(license.seats.map_or(bound, u64::from));
            }
            *statuses.entry(status).or_default() += 1;
        }
        let fast = ledger.read().tally(&filter, by).unwrap();
        let told: BTreeMap<_, _> = fast
            .iter()
            .map(|(group, tally)| (group.clone(), (tally.all.licenses, tally.all.seats, tally.usable.licenses, tally.next_end)))
            .collect();
        prop_assert_eq!(told, slow);
        prop_assert!(fast.is_sorted_by(|one, other| one.0 < other.0));
        let amounts: Vec<(Group, Amount)> = fast.iter().map(|(group, tally)| (group.clone(), tally.all)).collect();
        prop_assert_eq!(ledger.read().amounts(&filter, by).unwrap(), amounts);
        let working = ledger.read().usage(&filter, by, Only::Working).unwrap();
        let usable: Vec<_> = fast.iter().map(|(group, tally)| (group, tally.usable)).filter(|(_, usable)| usable.licenses > 0).collect();
        prop_assert_eq!(working.iter().map(|(group, usage)| (group, usage.licenses)).collect::<Vec<_>>(), usable);
        let sum = |only| -> Usage {
            let groups = ledger.read().usage(&filter, by, only).unwrap();
            assert!(groups.iter().all(|(_, usage)| usage.licenses.licenses > 0), "no group is without a license that works");
            groups.into_iter().fold(Usage::default(), |mut sum, (_, usage)| {
                sum += usage;
                sum
            })
        };
        let all = sum(Only::Working);
        prop_assert_eq!(all.over, over);
        prop_assert_eq!(sum(Only::Full).licenses.licenses, all.full);
        prop_assert_eq!((sum(Only::OverUsed).licenses.licenses, sum(Only::OverUsed).over), (all.over_used, all.over));
        prop_assert_eq!((sum(Only::Bound).limited, sum(Only::Bound).bound), (all.limited, all.bound));
        let counted = ledger.read().count_by_status(at).unwrap();
        for status in Status::ALL {
            prop_assert_eq!(counted.of(status), statuses.get(&status).copied().unwrap_or(0), "{}", status);
            prop_assert_eq!(fast.iter().map(|(_, tally)| tally.statuses.of(status)).sum::<u64>(), counted.of(status));
        }
    }

    #[test]
    fn what_is_sold_is_counted_by_tier_in_every_group(deeds in deeds(), at in 0i64..900, by in groupings()) {
        let (ledger, _) = two_ledgers(&deeds, 0);
        let filter = LicenseFilter::new(day(at));
        let mut slow: BTreeMap<(Group, String), (u64, u64, u64, u64)> = BTreeMap::new();
        for license in ledger.read().licenses(&filter).unwrap() {
            let in_force = license.standing == Standing::Good && license.starts <= day(at) && license.ends.is_none_or(|end| end > day(at));
            if in_force {
                let group = group_of(by, &license, &ledger, day(at));
                let (terms, perpetual, seats, unlimited) = slow.entry((group, format!("{}/{}", license.product, license.tier))).or_default();
                *if license.ends.is_some() { terms } else { perpetual } += 1;
                *seats += u64::from(license.seats.unwrap_or(0));
                *unlimited += u64::from(license.seats.is_none());
            }
        }
        let sales = ledger.read().sold(&filter, by).unwrap();
        prop_assert!(sales.groups.is_sorted_by(|one, other| one.0 < other.0));
        let fast = sales.groups.iter().flat_map(|(group, sold)| sold.iter().map(move |(tier, sold)| (group, tier, sold)));
        let fast = fast.map(|(group, tier, Sold { terms, perpetual })| {
            let (product, tier) = &sales.tiers[*tier];
            ((group.clone(), format!("{product}/{tier}")), (terms.licenses, perpetual.licenses, terms.seats + perpetual.seats, terms.unlimited + perpetual.unlimited))
        });
        prop_assert_eq!(fast.collect::<BTreeMap<_, _>>(), slow);
    }

    #[test]
    fn the_past_is_counted_as_it_was_then(deeds in deeds(), until in 1i64..400, at in 0i64..900, by in groupings()) {
        let (whole, beginning) = two_ledgers(&deeds, until);
        // Names and ranks are those of today.
        let renamed = |fact: &Fact| matches!(fact, Fact::CustomerChanged(_) | Fact::TierChanged(_) | Fact::TierAdded(_));
        prop_assume!(!deeds.iter().any(|(fact, days)| *days > until && renamed(fact)));
        let then = LicenseFilter { as_of: Some(day(until)), ..LicenseFilter::new(day(at)) };
        let made_then = LicenseFilter::new(day(at));
        prop_assert_eq!(whole.read().tally(&then, by).unwrap(), beginning.read().tally(&made_then, by).unwrap());
        prop_assert_eq!(whole.read().amounts(&then, by).unwrap(), beginning.read().amounts(&made_then, by).unwrap());
        for only in [Only::Working, Only::Bound, Only::Full, Only::OverUsed] {
            prop_assert_eq!(whole.read().usage(&then, by, only).unwrap(), beginning.read().usage(&made_then, by, only).unwrap());
        }
        prop_assert_eq!(whole.read().sold(&then, by).unwrap(), beginning.read().sold(&made_then, by).unwrap());
        let then = LicenseFilter { at: day(until), ..then };
        let made_then = LicenseFilter::new(day(until));
        let spans = |ledger: &Ledger, filter: &LicenseFilter| {
            let tables = ledger.read();
            (
                tables.renewals(filter, by, day(0), day(900)).unwrap(),
                tables.turnover(filter, by, day(0), day(until).plus_seconds(1)).unwrap(),
            )
        };
        prop_assert_eq!(spans(&whole, &then), spans(&beginning, &made_then));
        let tiers = beginning.read().tiers(&Default::default()).unwrap();
        let mut then = whole.read().tiers_as_of(day(until)).unwrap();
        then.retain(|tier| tiers.iter().any(|known| known.full_name() == tier.full_name()));
        prop_assert_eq!(then, tiers);
    }

    #[test]
    fn renewals_are_what_the_history_of_each_license_tells(deeds in deeds(), at in 0i64..900, first in 0i64..400, days in 0i64..900) {
        let (ledger, _) = two_ledgers(&deeds, 0);
        let tables = ledger.read();
        let (at, after, to) = (day(at), day(first), day(first + days));
        let mut slow = Renewals::default();
        for license in tables.licenses(&LicenseFilter::new(at)).unwrap() {
            recount(&tables.history(license.id).unwrap(), after, to, at, &mut slow);
        }
        let mut fast = Renewals::default();
        for (_, count) in tables.renewals(&LicenseFilter { as_of: Some(at), ..LicenseFilter::new(at) }, Grouping::Type, after, to).unwrap() {
            fast += count;
        }
        prop_assert_eq!(fast, slow);
    }
}

/// Walks through what happened to a license until a moment, event by event.
fn recount(history: &[crate::ledger::Event], after: Timestamp, to: Timestamp, at: Timestamp, count: &mut Renewals) {
    let mut agreed: Option<(Timestamp, Timestamp)> = None;
    let mut decided: Vec<(Timestamp, Standing)> = Vec::new();
    let asked = |end: Timestamp| end > after && end <= to && end <= at;
    for event in history.iter().filter(|event| event.at <= at) {
        match &event.fact {
            Fact::LicenseTakenOver { terms, .. } => agreed = terms.ends.zip(terms.stops()),
            Fact::LicenseIssued { terms, occasion, rev, .. } => {
                let renewal = *rev > 1 && matches!(occasion, Some(Occasion::Renewal) | None);
                if let Some((end, _)) = agreed
                    && asked(end)
                    && terms.ends.is_none_or(|next| next > end)
                {
                    if event.at >= end {
                        count.late += 1;
                    } else if renewal {
                        count.on_time += 1;
                    }
                }
                agreed = terms.ends.zip(terms.stops());
            }
            Fact::LicenseSuspended { .. } => decided.push((event.at, Standing::Suspended)),
            Fact::LicenseRevoked { .. } => decided.push((event.at, Standing::Revoked)),
            Fact::LicenseReinstated { .. } => decided.push((event.at, Standing::Good)),
            _ => {}
        }
    }
    if let Some((end, stops)) = agreed
        && asked(end)
        && decided.iter().rfind(|(when, _)| *when < end).is_none_or(|(_, standing)| *standing == Standing::Good)
    {
        if stops > at { count.grace += 1 } else { count.lapsed += 1 }
    }
}

#[test]
fn each_end_counts_once_as_renewed_on_time_late_or_not_at_all() {
    let mut ledger = ledger();
    let until = |number: u64, rev: u32, days: i64| revise(number, rev, "acme", move |terms| terms.ends = Some(day(days)));
    let on = |mut fact: Fact, why: Occasion| {
        if let Fact::LicenseIssued { occasion, .. } = &mut fact {
            *occasion = Some(why);
        }
        fact
    };
    record(&mut ledger, 1, &(1..=8).map(|number| until(number, 1, 100)).collect::<Vec<_>>());
    // 1: twice before the end. 2: at the end itself. 3: never. 4: taken back before the end. 5: taken back after it.
    record(
        &mut ledger,
        50,
        &[until(1, 2, 200), until(1, 3, 300), Fact::LicenseRevoked { license: id(4), reason: "refund".into(), note: None }],
    );
    // 6: the end was moved, and not by a renewal. 7: signed again by another key, then renewed.
    record(&mut ledger, 60, &[on(until(6, 2, 500), Occasion::Change), on(until(7, 2, 100), Occasion::Reissue), until(7, 3, 465)]);
    record(&mut ledger, 100, &[until(2, 2, 465)]);
    record(&mut ledger, 105, &[Fact::LicenseRevoked { license: id(5), reason: "refund".into(), note: None }]);
    // 8: the end was moved after it had come.
    record(&mut ledger, 110, &[on(until(8, 2, 465), Occasion::Change)]);
    let count = |at: i64, after: i64, to: i64| -> Renewals {
        let found = ledger.read().renewals(&LicenseFilter::new(day(at)), Grouping::Product, day(after), day(to)).unwrap();
        found.first().map(|(_, count)| *count).unwrap_or_default()
    };
    assert_eq!(count(150, 0, 100), Renewals { on_time: 2, late: 2, grace: 0, lapsed: 2 });
    assert_eq!(count(113, 0, 100), Renewals { on_time: 2, late: 2, grace: 2, lapsed: 0 });
    assert_eq!(count(200, 100, 200), Renewals { on_time: 1, ..Renewals::default() });
    // An end that is still to come is not due, whatever was done about it.
    assert_eq!(count(199, 100, 400), Renewals::default());
    assert_eq!(count(150, 0, 100).due(), 6);
}

#[test]
fn trials_and_products_are_told_apart() {
    let mut ledger = ledger();
    let basic = issue(2, "globex", |terms| (terms.tier, terms.kind) = (slug("basic"), LicenseType::Trial));
    record(&mut ledger, 1, &[issue(1, "acme", |_| {}), basic, Fact::TierChanged(tier("pro", 99))]);
    let names = |by| -> Vec<Group> {
        ledger.read().tally(&LicenseFilter::new(day(2)), by).unwrap().into_iter().map(|(group, _)| group).collect()
    };
    assert_eq!(names(Grouping::Product), [Group::Product(slug("cockpit"))]);
    assert_eq!(names(Grouping::Type), [Group::Type(LicenseType::Commercial), Group::Type(LicenseType::Trial)]);
    let tiers: Vec<_> = names(Grouping::Tier)
        .into_iter()
        .map(|group| match group {
            Group::Tier { tier, rank, .. } => (tier.to_string(), rank),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tiers, [("basic".to_owned(), 10), ("pro".to_owned(), 99)]);
}

#[test]
fn statuses_and_tiers_are_counted_from_indexes_alone() {
    let ledger = ledger();
    for sql in statuses::ALL {
        let mut statement = ledger.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.query(rusqlite::params_from_iter(vec![0; statement_parameters(sql)])).unwrap();
        let step: String = rows.next().unwrap().unwrap().get(3).unwrap();
        assert!(step.contains("USING COVERING INDEX"), "{sql}: {step}");
    }
}

fn statement_parameters(sql: &str) -> usize {
    usize::from(sql.contains("?1"))
}
