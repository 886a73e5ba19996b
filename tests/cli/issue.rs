//! `lic issue`: what is granted, and to whom.

mod refusals;
mod requests;
mod saving;
mod terminal;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Desk, with_customer};

/// An authority with the customer `acme`.
fn desk() -> Desk {
    with_customer("acme")
}

/// Issues for `acme` and gives what the program says of it as JSON, without saving a key.
fn issued(desk: &Desk, args: &[&str]) -> Value {
    let run = desk.lic(&[&["issue", "acme", "--json", "--out", "-"], args].concat()).done();
    run.json()["licenses"][0].clone()
}

/// What the key issued for `acme` says.
fn claims(desk: &Desk, args: &[&str]) -> Value {
    let issued = issued(desk, args);
    desk.lic(&["inspect", issued["key"].as_str().unwrap(), "--json"]).done().json()["unverified_key"]["claims"].clone()
}

/// The first and the last day of what such an order would give.
fn term(desk: &Desk, args: &[&str]) -> (String, String) {
    let issued = issued(desk, &[&["--tier", "basic"], args].concat());
    let day = |value: &Value| value.as_str().unwrap_or("never").chars().take(10).collect();
    (day(&issued["starts"]), day(&issued["until"]))
}

#[test]
fn a_license_is_signed_recorded_and_saved() {
    let desk = desk();
    assert_snapshot!(
        "on_a_terminal",
        desk.lic_on_terminal(&["issue", "acme", "--tier", "pro", "--seats", "12", "--for", "1y"], [])
    );
    assert_snapshot!("the_key_file", desk.read("acme-professional.lic"));
    assert_snapshot!(
        "is_valid",
        desk.lic_on_terminal(&["verify", "acme-professional.lic", "--product", "cockpit", "--explain"], [])
    );
    assert_snapshot!("is_listed", desk.lic(&["list"]));
}

#[test]
fn every_format_tells_what_was_issued() {
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        let run = desk().lic(&["issue", "acme", "--tier", "free", "-o", format]);
        assert_snapshot!(format!("as_{format}"), run);
    }
}

#[test]
fn what_is_not_given_comes_from_the_tier() {
    assert_snapshot!(format!("{:#}", claims(&desk(), &["--tier", "enterprise"])));
}

#[test]
fn what_is_given_goes_before_the_tier() {
    let desk = desk();
    desk.write("order.json", r#"{"order": 4711, "hosts": ["a", "b"]}"#);
    let args = [
        "--tier",
        "standard",
        "--seats",
        "unlimited",
        "--from",
        "2027-01-01",
        "--until",
        "2027-06-30",
        "--feature",
        "sso",
        "--no-feature",
        "export",
        "--limit",
        "users=500",
        "--limit",
        "employees=unlimited",
        "--limit",
        "rooms=0",
        "--machine",
        "M1-AAAA-BBBB",
        "--machine",
        "M1-CCCC-DDDD",
        "--max-machines",
        "3",
        "--meta",
        "order.json",
        "--grace",
        "0",
        "--type",
        "trial",
        "--note",
        "PO 4711, for Jane",
    ];
    assert_snapshot!(format!("{:#}", claims(&desk, &args)));
}

#[test]
fn a_note_stands_in_the_ledger_and_not_in_the_key() {
    let desk = desk();
    let issued = issued(&desk, &["--tier", "basic", "--note", "PO 4711"]);
    let key = desk.lic(&["inspect", issued["key"].as_str().unwrap(), "--json"]).done().stdout;
    assert!(!key.contains("4711"), "{key}");
    assert_eq!(desk.lic(&["show", issued["id"].as_str().unwrap(), "--json"]).done().json()["license"]["note"], "PO 4711");
    assert_eq!(desk.lic(&["list", "4711", "-o", "name"]).done().stdout.trim(), issued["id"]);
}

#[test]
fn terms_follow_the_calendar() {
    let desk = desk();
    for (from, period, until) in [
        ("2027-01-31", "1mo", "2027-02-28"),
        ("2028-01-31", "1mo", "2028-02-29"),
        ("2027-08-31", "1mo", "2027-09-30"),
        ("2028-02-29", "1y", "2029-02-28"),
        ("2027-01-01", "90d", "2027-04-01"),
        ("2027-01-01", "6w", "2027-02-12"),
        ("2027-12-31", "1d", "2028-01-01"),
    ] {
        assert_eq!(term(&desk, &["--from", from, "--for", period]), (from.into(), until.into()), "{from} for {period}");
    }
    let today = "2026-11-22";
    assert_eq!(term(&desk, &["--until", today]), (today.into(), today.into()), "a license may run for one day");
    assert_eq!(term(&desk, &["--from", "9999-12-31", "--until", "9999-12-31"]), ("9999-12-31".into(), "9999-12-31".into()));
    assert_eq!(term(&desk, &["--perpetual"]), (today.into(), "never".into()));
}

#[test]
fn the_last_day_counts_to_its_end_and_the_first_from_its_start() {
    let desk = desk();
    desk.lic(&["issue", "acme", "--tier", "basic", "--from", "2027-01-01", "--until", "2027-01-31", "--grace", "2", "-q"]).done();
    for (moment, code) in [
        ("2026-12-31T23:59:59Z", 3),
        ("2027-01-01T00:00:00Z", 0),
        ("2027-01-31T23:59:59Z", 0),
        ("2027-02-02T23:59:59Z", 0),
        ("2027-02-03T00:00:00Z", 3),
    ] {
        desk.lic(&["verify", "acme-basic.lic", "--at", moment]).code(code);
    }
    let status = |at| desk.lic(&["verify", "acme-basic.lic", "--at", at, "--json"]).json()["verdict"]["status"].clone();
    assert_eq!((status("2027-01-31T23:59:59Z"), status("2027-02-01T00:00:00Z")), ("expiring".into(), "grace".into()));
}

#[test]
fn a_perpetual_license_has_no_end_and_no_grace() {
    let claims = claims(&desk(), &["--tier", "basic", "--perpetual", "--grace", "30"]);
    assert_eq!((claims.get("exp"), claims.get("ends")), (None, None));
}

#[test]
fn a_test_license_is_signed_by_the_test_signing_key() {
    let desk = desk();
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.write("test.pem", desk.lic(&["key", "export", "--test"]).done().stdout);
    desk.lic(&["issue", "acme", "--tier", "basic", "--type", "test", "--out", "test.lic"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--type", "trial", "--out", "trial.lic"]).done();
    for (file, keys, code) in
        [("test.lic", "test.pem", 0), ("test.lic", "vendor.pem", 3), ("trial.lic", "vendor.pem", 0), ("trial.lic", "test.pem", 3)]
    {
        desk.lic(&["verify", file, "--keys", keys]).code(code);
    }
}

#[test]
fn only_a_test_license_may_have_ended_already() {
    let desk = desk();
    let past = ["issue", "acme", "--tier", "basic", "--from", "2025-01-01", "--until", "2025-12-31", "--out", "-"];
    assert_snapshot!("an_end_in_the_past", desk.lic(&past));
    desk.lic(&[&past[..], &["--type", "test"]].concat()).done();
}

#[test]
fn internal_use_is_flagged() {
    let desk = desk();
    let line = desk.lic(&["issue", "internal", "--tier", "basic", "--internal"]).done();
    assert_snapshot!(line);
    assert_eq!(desk.lic(&["list", "--internal", "-o", "name"]).stdout, desk.lic(&["list", "-o", "name"]).stdout);
}

#[test]
fn names_are_taken_as_people_type_them() {
    let desk = desk();
    desk.lic(&["customer", "add", "globex", "--name", "Globex Corporation"]).done();
    let granted = |args: &[&str]| {
        let run = desk.lic(&[&["issue", "--dry-run"], args].concat()).done();
        run.stderr.trim().trim_start_matches("would issue ").split(" · 5 seats").next().unwrap().to_owned()
    };
    for args in [
        ["acme", "--tier", "basic"],
        ["ACME", "--tier", "Basic"],
        ["Acme GmbH", "--tier", "cockpit/basic"],
        ["acme gmbh", "--tier", "ba"],
    ] {
        assert_eq!(granted(&args), "Acme GmbH · basic");
    }
}

#[test]
fn several_licenses_of_the_same_terms_each_have_an_id_and_a_file() {
    let desk = desk();
    assert_snapshot!(desk.lic_on_terminal(&["issue", "acme", "--tier", "basic", "--count", "3", "--out", "keys"], []));
    for id in desk.lic(&["list", "-o", "name"]).done().stdout.lines() {
        let key = desk.lic(&["show", id, "--key"]).done().stdout;
        let plain = desk.path("keys/acme-basic.lic");
        let own = desk.path(&format!("keys/acme-basic-{}.lic", &id[4..]));
        assert!([plain, own].iter().any(|path| std::fs::read_to_string(path).is_ok_and(|file| file == key)), "{id}");
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let desk = desk();
    desk.write("meta.json", "{}");
    let before = desk.files();
    let args =
        ["issue", "acme", "--tier", "pro", "--for", "20y", "--count", "2", "--meta", "meta.json", "--out", "keys/", "--dry-run"];
    assert_snapshot!(desk.lic(&args));
    assert_eq!(desk.files(), before);
}

#[test]
fn unusual_terms_are_noted_where_nobody_can_be_asked() {
    let desk = desk();
    desk.lic(&["issue", "acme", "--tier", "basic", "--for", "1y", "-q"]).done();
    let run =
        desk.lic(&["issue", "acme", "--tier", "basic", "--for", "10y", "--seats", "500", "--out", "-", "-o", "name"]).done();
    assert_snapshot!("unusual_terms", run);
    let history = desk.lic(&["show", run.stdout.trim(), "--history", "--json"]).done().json();
    let noted = "unusual: 10 years, where the last license ran for 1 year; 500 seats, where the most so far were 5";
    assert_eq!(history["license"]["history"][0]["reason"], noted);
}

#[test]
fn the_usual_is_not_called_unusual() {
    let desk = desk();
    for args in [
        &["--tier", "basic", "--for", "1y"][..],
        &["--tier", "basic", "--for", "1y"],
        // What the next tier up grants by itself.
        &["--tier", "professional"],
        &["--tier", "enterprise"],
        &["--tier", "basic", "--type", "test", "--for", "50y"],
    ] {
        let run = desk.lic(&[&["issue", "acme", "--dry-run"], args].concat()).done();
        assert!(!run.stderr.contains("unusual"), "{run}");
        desk.lic(&[&["issue", "acme", "--out", "-"], args].concat()).done();
    }
}

#[test]
fn nothing_but_errors_is_said_where_quiet_is_asked_for() {
    let run = desk().lic(&["issue", "acme", "--tier", "basic", "--quiet", "-o", "name"]).done();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
}
