//! Every format of every report, its filters and groups.

use insta::assert_snapshot;

use super::{desk, json, report};
use crate::support::with_customer;

const KINDS: [&str; 9] = ["expiring", "expired", "issued", "customers", "tiers", "seats", "revenue", "machines", "renewals"];

#[test]
fn rows_are_the_same_in_every_format_and_sums_stand_where_they_have_a_place() {
    let desk = desk();
    for kind in KINDS {
        let run = |format: &str| desk.lic(&["report", kind, "-o", format]).done().tame().stdout;
        let document = json(&desk, &[kind]);
        assert_eq!((&document["schema"], &document["report"]), (&1.into(), &kind.into()));
        let rows = document["licenses"].as_array().or(document["groups"].as_array()).unwrap();
        assert!(!rows.is_empty(), "{kind}");
        let lines: Vec<serde_json::Value> = run("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), rows.len(), "{kind}");
        assert_eq!(run("csv").lines().count(), rows.len() + 1, "{kind}");
        assert_eq!(run("tsv").lines().count(), rows.len() + 1, "{kind}");
        assert_eq!(run("name").lines().count(), rows.len(), "{kind}");
        let priced = |sums: &Vec<serde_json::Value>| sums.iter().filter(|sum| sum["currency"].is_string()).count();
        let sums = document["total"].as_array().map_or(1, priced);
        assert_eq!(run("md").lines().count(), rows.len() + 2 + sums, "{kind}");
        assert_eq!(run("table").lines().count(), rows.len() + 3 + sums, "{kind}");
        assert!(run("table").contains("total") && !run("csv").contains("total"), "{kind}");
        // Whatever is counted in a row is counted in the sum.
        for (name, sum) in document["total"].as_object().into_iter().flatten() {
            let counted: Option<u64> = rows.iter().map(|row| row[name].as_u64()).sum();
            if let (Some(sum), Some(counted), true) = (sum.as_u64(), counted, document["groups"].is_array()) {
                assert_eq!(sum, counted, "{kind} {name}");
            }
        }
    }
}

#[test]
fn every_grouping_adds_up_to_the_same() {
    let desk = desk();
    for kind in KINDS {
        let mut sums = std::collections::BTreeSet::new();
        for by in ["tier", "product", "customer", "operator", "type", "month", "quarter", "year"] {
            let document = json(&desk, &[kind, "--by", by]);
            assert_eq!(document["by"], by);
            sums.insert(document["total"].to_string());
        }
        assert_eq!(sums.len(), 1, "{kind}: {sums:?}");
    }
    let months: Vec<String> = json(&desk, &["expiring", "--within", "1y", "--by", "month"])["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["group"].as_str().unwrap(), row["licenses"]))
        .collect();
    assert_eq!(months, ["2026-12 3", "2027-02 1", "2027-03 1", "2027-06 1", "2027-08 1", "2027-09 1", "2027-10 1"]);
    let names = desk.lic(&["report", "tiers", "--by", "quarter", "-o", "name"]).done().stdout;
    assert_eq!(names, "2025-Q3\n2025-Q4\n2026-Q1\n2026-Q2\n2026-Q3\n2026-Q4\n");
}

#[test]
fn filters_narrow_a_report() {
    let desk = desk();
    for (args, licenses) in [
        (&["tiers"][..], 14),
        (&["tiers", "--customer", "Globex Corporation"], 7),
        (&["tiers", "--tier", "cockpit/basic"], 6),
        (&["tiers", "--product", "radar"], 1),
        (&["tiers", "--type", "trial"], 1),
        (&["tiers", "--internal"], 1),
        (&["tiers", "--external"], 13),
        (&["tiers", "--issued-by", "jane"], 2),
        (&["tiers", "--since", "2026-05-10", "--until", "2026-06-10"], 2),
        (&["tiers", "--period", "month"], 2),
        (&["tiers", "--within", "1y"], 10),
        (&["expiring", "--within", "13d"], 1),
        (&["expiring", "--within", "12d"], 0),
        (&["expiring", "--since", "2026-12-06", "--until", "2026-12-10"], 1),
        (&["expiring", "--type", "trial"], 1),
        (&["expired"], 1),
        (&["expired", "--within", "2d"], 1),
        (&["expired", "--within", "1d"], 0),
        (&["expired", "--since", "2026-08-15"], 2),
        (&["issued"], 2),
        (&["issued", "--until", "2025-09-30"], 2),
    ] {
        assert_eq!(json(&desk, args)["total"]["licenses"], licenses, "{args:?}");
    }
}

#[test]
fn a_long_report_is_cut_on_a_terminal_and_the_sums_are_of_all() {
    let desk = desk();
    assert_snapshot!(report(&desk, &["issued", "--since", "2025-01-01", "--limit", "2"]));
    assert_snapshot!(report(&desk, &["revenue", "--by", "customer", "--limit", "1"]));
    assert_eq!(desk.lic(&["report", "tiers", "--limit", "3", "-o", "name"]).done().stdout.lines().count(), 3);
}

#[test]
fn names_from_anywhere_do_no_harm() {
    let desk = with_customer("acme");
    let name = "=cmd|'/c calc'!A1;,\\ Söhne";
    desk.lic(&["customer", "add", "evil", "--name", name]).done();
    desk.lic(&["issue", "evil", "--tier", "basic", "--out", "-", "-q"]).done();
    for args in [&["customers"][..], &["expiring", "--within", "2y"], &["revenue", "--by", "customer"]] {
        report(&desk, args);
        let csv = desk.lic(&[&["report"], args, &["-o", "csv"]].concat()).done().stdout;
        assert!(csv.contains("'=cmd"), "{csv}");
    }
    let calendar = desk.lic(&["report", "expiring", "-o", "ics", "--within", "2y"]).done().stdout;
    let unfolded = calendar.replace("\r\n ", "");
    assert!(unfolded.contains(r"SUMMARY:=cmd|'/c calc'!A1\;\,\\ Söhne: Basic ends (5 seats)"), "{unfolded}");
}
