//! `lic report`: what comes to its end, what was sold, what it brings, what was renewed; now and in the past, in every format.

mod formats;
mod numbers;
mod refused;

use insta::assert_snapshot;

use crate::support::{Desk, Run, with_customer};

const LAPTOP: &str = "MID-107J8-93N40-RQ0F1-93N6T-RGM78-VYSGQ";

/// Licenses that came and went until 2026-11-22, day by day: what each day did.
const STORY: &[(&str, &[&str])] = &[
    ("2025-08-15", &["issue", "globex", "--tier", "cockpit/basic", "--until", "2026-08-15", "--note", "lapsed"]),
    ("2025-09-30", &["issue", "globex", "--tier", "cockpit/basic", "--until", "2026-09-30", "--note", "late"]),
    ("2025-11-01", &["issue", "acme", "--tier", "cockpit/basic", "--until", "2026-10-31", "--note", "on time"]),
    ("2025-11-20", &["issue", "acme", "--tier", "cockpit/basic", "--until", "2026-11-20", "--seats", "7", "--note", "grace"]),
    ("2025-12-10", &["issue", "acme", "--tier", "professional", "--until", "2026-12-10", "--seats", "12", "--note", "soon"]),
    ("2026-03-31", &["issue", "globex", "--tier", "standard", "--until", "2027-03-31", "--as", "jane", "--note", "long"]),
    ("2026-04-10", &["issue", "globex", "--tier", "radar/basic", "--until", "2026-12-22", "--seats", "3", "--note", "dollars"]),
    ("2026-05-10", &["issue", "globex", "--tier", "free", "--note", "for ever"]),
    ("2026-06-10", &["issue", "acme", "--tier", "enterprise", "--until", "2027-06-30", "--note", "unlimited"]),
    ("2026-07-10", &["issue", "acme", "--tier", "standard", "--type", "trial", "--until", "2026-12-05", "--as", "jane"]),
    ("2026-08-10", &["issue", "internal", "--tier", "cockpit/basic", "--internal", "--until", "2027-08-10"]),
    ("2026-09-10", &["issue", "globex", "--tier", "professional", "--until", "2027-09-10", "--note", "revoked"]),
    ("2026-09-20", &["revoke", "revoked", "--reason", "refund"]),
    ("2026-10-01", &["activate", "soon", "--machine", LAPTOP]),
    ("2026-10-15", &["renew", "late", "--until", "2027-09-30"]),
    ("2026-10-20", &["renew", "on time", "--until", "2027-10-31"]),
    ("2026-11-01", &["issue", "acme", "--tier", "cockpit/basic", "--from", "2027-01-01", "--for", "1y", "--note", "later"]),
    ("2026-11-02", &["issue", "globex", "--tier", "free", "--until", "2027-02-01", "--max-machines", "1", "--machine", LAPTOP]),
];

fn beginning() -> Desk {
    let desk = with_customer("acme");
    desk.set_time("2025-08-01");
    desk.lic(&["customer", "add", "globex", "--name", "Globex Corporation"]).done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    let radar = ["tier", "add", "radar/basic", "--name", "Radar Basic", "--term", "1mo", "--monthly", "10 USD"];
    desk.lic(&radar).done();
    desk
}

/// Does what a day did. A license is named by its note.
fn tell(desk: &Desk, day: &str, args: &[&str]) {
    desk.set_time(day);
    let id = |note: &str| {
        let id = desk.lic(&["list", note, "-o", "name"]).done().stdout;
        assert_eq!(id.lines().count(), 1, "{note}: {id}");
        id.trim().to_owned()
    };
    let mut args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    if args[0] != "issue" {
        args[1] = id(&args[1]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let end: &[&str] = if args[0] == "revoke" { &["-q", "--yes"] } else { &["-q", "--yes", "--out", "keys/"] };
    desk.lic(&[&args, end].concat()).done();
}

fn desk() -> Desk {
    use std::sync::OnceLock;
    static MADE: OnceLock<crate::support::Template> = OnceLock::new();
    let make = || {
        let desk = beginning();
        STORY.iter().for_each(|(day, args)| tell(&desk, day, args));
        desk.set_time("2026-11-22T09:00:00Z");
        desk.template()
    };
    MADE.get_or_init(make).desk()
}

fn report(desk: &Desk, args: &[&str]) -> Run {
    desk.command(&[&["report"], args].concat()).terminal(120).run().done().tame()
}

fn json(desk: &Desk, args: &[&str]) -> serde_json::Value {
    desk.lic(&[&["report"], args, &["--json"]].concat()).done().json()
}

#[test]
fn what_expires_shows_account_type_tier_count_creator_creation_end_and_days_left() {
    let desk = desk();
    assert_snapshot!(report(&desk, &["expiring"]));
    assert_snapshot!(report(&desk, &["expired", "--within", "6mo"]));
    assert_snapshot!(report(&desk, &["issued", "--period", "quarter", "--by", "operator"]));
}

#[test]
fn a_narrow_terminal_keeps_what_matters_most() {
    let desk = desk();
    for width in [60, 80] {
        let run = desk.command(&["report", "expiring"]).terminal(width).run().done();
        assert!(run.stdout.lines().all(|line| line.chars().count() <= usize::from(width)), "{run}");
        assert_snapshot!(format!("expiring at {width}"), run);
    }
}

#[test]
fn stock_reports_count_licenses_by_status() {
    let desk = desk();
    assert_snapshot!(report(&desk, &["customers"]));
    assert_snapshot!(report(&desk, &["tiers"]));
    assert_snapshot!(report(&desk, &["seats"]));
    assert_snapshot!(report(&desk, &["machines", "--within", "90d"]));
    assert_snapshot!(report(&desk, &["machines", "--at-limit", "--by", "license"]));
}

#[test]
fn revenue_is_told_by_currency_and_says_what_brings_nothing() {
    let desk = desk();
    assert_snapshot!(report(&desk, &["revenue"]));
    assert_snapshot!(report(&desk, &["revenue", "--by", "customer"]));
    assert_snapshot!(desk.lic(&["report", "revenue", "--product", "radar", "--json"]));
}

#[test]
fn renewals_are_told_by_month() {
    let desk = desk();
    assert_snapshot!(report(&desk, &["renewals"]));
    assert_snapshot!(report(&desk, &["renewals", "--by", "customer"]));
}

#[test]
fn ends_are_a_calendar() {
    let desk = desk();
    let run = desk.lic(&["report", "expiring", "-o", "ics", "--within", "30d"]).done();
    assert!(run.stdout.ends_with("END:VCALENDAR\r\n"));
    assert_snapshot!(run.stdout.replace("\r\n", "\n"));
    // The same days have the same names another day, and nothing else changes.
    desk.set_time("2026-11-23");
    let later = desk.lic(&["report", "expiring", "-o", "ics", "--until", "2026-12-22"]).done();
    assert_eq!(later.stdout, run.stdout);
    // Without a period, all ends to come are in it: those of licenses in force, and of the one that begins later.
    let all = desk.lic(&["report", "expiring", "-o", "ics"]).done().stdout;
    assert_eq!(all.matches("BEGIN:VEVENT").count(), 10);
}
