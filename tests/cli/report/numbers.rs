//! The numbers beside slow recounts of what other commands print, and reports of the past beside those made then.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{STORY, beginning, desk, json, tell};
use crate::support::Desk;

const KINDS: [&str; 9] = ["expiring", "expired", "issued", "customers", "tiers", "seats", "revenue", "machines", "renewals"];

#[test]
fn a_report_of_the_past_is_the_one_that_was_made_then() {
    let desk = beginning();
    let mut made = Vec::new();
    for (day, args) in STORY {
        tell(&desk, day, args);
        desk.set_time(&format!("{day}T20:00:00Z"));
        for kind in KINDS {
            for more in [&[][..], &["--by", "customer"], &["--within", "1y", "--by", "month"]] {
                made.push((kind, more, json(&desk, &[&[kind], more].concat())));
            }
        }
    }
    // What comes later changes nothing of it, prices neither.
    desk.set_time("2026-12-24");
    desk.lic(&["tier", "edit", "standard", "--yearly", "999 EUR"]).done();
    desk.lic(&["tier", "edit", "radar/basic", "--monthly", "999 EUR"]).done();
    desk.lic(&["list", "-o", "name"]).done().stdout.lines().for_each(|id| {
        desk.lic(&["revoke", id, "--reason", "refund", "--yes", "-q"]);
    });
    let mut brought = 0;
    for (kind, more, then) in made {
        let at = then["at"].as_str().unwrap();
        let now = json(&desk, &[&[kind], more, &["--at", at]].concat());
        assert_eq!(now, then, "{kind} {more:?}");
        brought += usize::from(kind == "revenue" && then["total"].as_array().is_some_and(|sums| !sums.is_empty()));
    }
    assert!(brought > 30, "{brought}");
    assert_ne!(json(&desk, &["revenue", "--at", "2026-11-22"])["total"], json(&desk, &["revenue"])["total"]);
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[usize::try_from(self.roll(all.len() as u64)).unwrap()]
    }
}

/// A vendor with a random past: licenses of all sorts, renewed early, late or never, changed, suspended and revoked.
fn random_desk(seed: u64) -> Desk {
    let (desk, mut dice) = (beginning(), Dice(seed));
    desk.lic(&["tier", "add", "radar/site", "--name", "Site", "--term", "1y", "--monthly", "3.33 USD", "--yearly", "29.99 USD"])
        .done();
    desk.lic(&["tier", "add", "radar/week", "--name", "Week", "--term", "7d", "--monthly", "3.33 USD", "--yearly", "29.99 USD"])
        .done();
    let day = |day: u64| format!("{}-{:02}-{:02}", 2025 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
    let tiers = ["cockpit/basic", "standard", "professional", "free", "radar/basic", "radar/site", "radar/week"];
    let mut ids: Vec<String> = Vec::new();
    for now in 0..90 {
        desk.set_time(&day(240 + now * 4));
        let later = day(240 + now * 4 + dice.roll(250) + 1);
        let seats = (dice.roll(40) + 1).to_string();
        if ids.is_empty() || dice.roll(2) == 0 {
            let (customer, tier) = (dice.one_of(&["acme", "globex"]), dice.one_of(&tiers));
            let mut args = vec!["issue", customer, "--tier", tier, "--out", "-", "-o", "name", "-q", "--seats"];
            args.push(if dice.roll(6) == 0 { "unlimited" } else { &seats });
            match dice.roll(6) {
                0 => args.push("--perpetual"),
                _ => args.extend(["--until", &later]),
            }
            match dice.roll(8) {
                0 => args.extend(["--type", "trial"]),
                1 => args.push("--internal"),
                _ => {}
            }
            ids.push(desk.lic(&args).done().stdout.trim().to_owned());
            continue;
        }
        // Some of this cannot be done; the more different things, the better.
        let id = &ids[usize::try_from(dice.roll(ids.len() as u64)).unwrap()];
        match dice.roll(12) {
            0 => desk.lic(&["suspend", id, "-q"]),
            1 => desk.lic(&["reinstate", id, "-q", "--yes"]),
            2 => desk.lic(&["revoke", id, "--reason", "refund", "--yes", "-q"]),
            3 | 4 => desk.lic(&["change", id, "--until", &later, "--out", "keys/", "-q", "--yes"]),
            5 => desk.lic(&["change", id, "--seats", &seats, "--out", "keys/", "-q", "--yes"]),
            _ => desk.lic(&["renew", id, "--until", &later, "--out", "keys/", "-q", "--yes"]),
        };
    }
    desk.set_time(&day(240 + 90 * 4));
    desk
}

/// A price as hundredths and currency.
fn price(text: &Value) -> Option<(u128, String)> {
    let (amount, currency) = text.as_str()?.split_once(' ')?;
    Some((amount.replace('.', "").parse().unwrap(), currency.to_owned()))
}

#[test]
fn revenue_is_what_a_recount_of_the_listed_licenses_comes_to() {
    for seed in 1..=4 {
        let desk = random_desk(seed);
        let tiers = desk.lic(&["tier", "list", "--json"]).done().json();
        let prices: HashMap<(String, String), Option<(u128, String)>> = tiers["tiers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tier| {
                let a_month = price(&tier["monthly"]).map(|(amount, currency)| (amount * 12, currency));
                let a_year = price(&tier["yearly"]);
                let short = tier["term"] == "7d" || tier["term"] == "1mo";
                let name = (tier["product"].as_str().unwrap().to_owned(), tier["slug"].as_str().unwrap().to_owned());
                (name, if short { a_month.or(a_year) } else { a_year.or(a_month) })
            })
            .collect();
        let mut slow: BTreeMap<String, (u128, u64, u64)> = BTreeMap::new();
        let mut left_out = [0; 3];
        for license in desk.lic(&["list", "--json"]).done().json()["licenses"].as_array().unwrap() {
            let in_force = license["status"] == "active" || license["status"] == "expiring";
            if !in_force || license["type"] != "commercial" || license["internal"] == true {
                continue;
            }
            let name = |key: &str| license[key].as_str().unwrap().to_owned();
            match (license["until"].as_str(), license["seats"].as_u64(), &prices[&(name("product"), name("tier"))]) {
                (None, _, _) => left_out[0] += 1,
                (_, None, _) => left_out[1] += 1,
                (_, _, None) => left_out[2] += 1,
                (Some(_), Some(seats), Some((amount, currency))) => {
                    let (sum, licenses, all_seats) = slow.entry(currency.clone()).or_default();
                    *sum += amount * u128::from(seats);
                    *licenses += 1;
                    *all_seats += seats;
                }
            }
        }
        assert!(slow.len() == 2 && left_out[0] > 0, "seed {seed}: {slow:?} {left_out:?}");
        for by in ["tier", "product", "customer", "month"] {
            let report = json(&desk, &["revenue", "--by", by]);
            let mut counted = [0; 3];
            let mut fast: BTreeMap<String, (u128, u64, u64)> = BTreeMap::new();
            for row in report["total"].as_array().unwrap() {
                for (count, name) in counted.iter_mut().zip(["perpetual", "unlimited", "unpriced"]) {
                    *count += row[name].as_u64().unwrap();
                }
                let Some(currency) = row["currency"].as_str() else { continue };
                let cents = |key: &str| row[key].as_str().unwrap().replace('.', "").parse::<u128>().unwrap();
                let yearly = cents("yearly");
                assert!(cents("monthly").abs_diff(yearly / 12) <= 1);
                let count = (yearly, row["licenses"].as_u64().unwrap(), row["seats"].as_u64().unwrap());
                if count.0 > 0 {
                    fast.insert(currency.to_owned(), count);
                }
            }
            assert_eq!((&fast, counted), (&slow, left_out), "seed {seed} by {by}");
            let rows: u128 = report["groups"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|row| row["yearly"].as_str()?.replace('.', "").parse::<u128>().ok())
                .sum();
            assert_eq!(rows, slow.values().map(|count| count.0).sum::<u128>(), "seed {seed} by {by}");
        }
    }
}

/// What the events of one license come to, told by their order alone.
#[derive(Default)]
struct Life {
    end: Option<i64>,
    stop: i64,
    counts: bool,
    standings: Vec<(i64, bool)>,
}

#[test]
fn renewals_are_what_a_recount_of_the_exported_events_comes_to() {
    let mut all = [0; 4];
    for seed in 1..=4 {
        let desk = random_desk(seed);
        let report = json(&desk, &["renewals", "--since", "2025-01-01"]);
        let at: i64 = lic::license::Timestamp::seconds(report["at"].as_str().unwrap().parse().unwrap());
        let mut lives: HashMap<String, Life> = HashMap::new();
        let [mut on_time, mut late, mut grace, mut lapsed] = [0; 4];
        for line in desk.lic(&["export"]).done().stdout.lines().skip(1) {
            let line: Value = serde_json::from_str(line).unwrap();
            let (when, data) = (line["event"]["at"].as_i64().unwrap(), &line["event"]["fact"]["data"]);
            let Some(license) = data["license"].as_str() else { continue };
            let life = lives.entry(license.to_owned()).or_default();
            match line["event"]["fact"]["kind"].as_str().unwrap() {
                "license.issued" => {
                    let terms = &data["terms"];
                    let next = terms["ends"].as_i64();
                    if let Some(end) = life.end
                        && life.counts
                        && end <= at
                        && next.is_none_or(|next| next > end)
                    {
                        late += u64::from(when >= end);
                        on_time += u64::from(when < end && data["occasion"] == "renewal");
                    }
                    (life.end, life.stop) = (next, next.unwrap_or(0) + terms["grace_days"].as_i64().unwrap_or(0) * 86_400);
                    life.counts = terms["type"] == "commercial" && terms["internal"] != true;
                }
                "license.suspended" | "license.revoked" => life.standings.push((when, false)),
                "license.reinstated" => life.standings.push((when, true)),
                _ => {}
            }
        }
        for life in lives.values().filter(|life| life.counts) {
            let Some(end) = life.end.filter(|end| *end <= at) else { continue };
            if life.standings.iter().rfind(|(when, _)| *when < end).is_none_or(|(_, good)| *good) {
                *if life.stop > at { &mut grace } else { &mut lapsed } += 1;
            }
        }
        let slow = [on_time, late, grace, lapsed];
        let fast = ["on_time", "late", "grace", "lapsed"].map(|name| report["total"][name].as_u64().unwrap());
        assert_eq!(fast, slow, "seed {seed}");
        assert_eq!(report["total"]["due"], slow.iter().sum::<u64>());
        all.iter_mut().zip(slow).for_each(|(sum, count)| *sum += count);
    }
    assert!(all.iter().all(|count| *count > 0), "{all:?}");
}

#[test]
fn seats_and_machines_follow_what_is_bound() {
    let desk = desk();
    let machines = json(&desk, &["machines", "--by", "license", "--within", "90d"]);
    let bound: u64 = machines["groups"].as_array().unwrap().iter().map(|row| row["machines"].as_u64().unwrap()).sum();
    assert_eq!((bound, &machines["total"]["activated"]), (2, &1.into()));
    assert_eq!(json(&desk, &["machines"])["total"]["activated"], 0);
    assert_eq!(json(&desk, &["seats", "--over-used"])["total"]["over_used"], 0);
    let id = desk.lic(&["report", "machines", "--at-limit", "--by", "license", "-o", "name"]).done().stdout;
    // The seat is there for one machine, and it is taken.
    let id = id.trim();
    let second = "MID-100R0-BNJ3P-0000F-9Z3KW-DV9HZ-9A62W";
    desk.lic(&["change", id, "--max-machines", "2", "--out", "keys/", "-q", "--yes"]).done();
    assert_eq!(json(&desk, &["machines", "--at-limit"])["total"]["at_limit"], 0);
    desk.lic(&["activate", id, "--machine", second, "--out", "activated.lic", "-q"]).done();
    let over = json(&desk, &["seats", "--over-used", "--by", "license"]);
    assert_eq!((&over["groups"][0]["group"], &over["total"]["over"]), (&id.into(), &1.into()));
    desk.lic(&["machine", "deactivate", id, second, "--yes", "-q"]).done();
    let after = json(&desk, &["machines"])["total"].clone();
    assert_eq!((&after["activated"], &after["given_back"], &after["machines"]), (&1.into(), &1.into(), &2.into()));
    assert_eq!(json(&desk, &["seats", "--over-used"])["groups"], Value::Array(Vec::new()));
}
