//! Days that pass: windows, renewals, outages, and a whole month as a transcript.

use std::fmt::Write;

use insta::assert_snapshot;
use lic::ledger::{Access, Fact, Ledger};

use super::{desk, header, issue, mails, take};
use crate::support::Desk;

/// Runs at five in the morning of a day; gives whom it wrote to, and the subjects.
fn run(desk: &Desk, day: &str) -> Vec<String> {
    desk.set_time(&format!("{day}T05:00:00Z"));
    desk.lic(&["notify"]).done();
    let mut told: Vec<String> =
        mails(desk).values().map(|mail| format!("{}  {}", header(mail, "To"), header(mail, "Subject"))).collect();
    told.sort();
    take(desk);
    told
}

fn day(number: u32) -> String {
    let (month, day) = if number <= 30 { (11, number) } else { (12, number - 30) };
    format!("2026-{month:02}-{day:02}")
}

#[test]
fn a_license_is_told_of_at_every_window_and_on_no_other_day() {
    let desk = desk("");
    issue(&desk, "globex", "2027-01-10", &[]);
    let mut days = Vec::new();
    for number in 23..=80 {
        let day = crate::support::BEGINNING[..10].parse::<lic::license::Date>().unwrap().plus_days(number - 22).unwrap();
        if !run(&desk, &day.to_string()).is_empty() {
            days.push(day.to_string());
        }
    }
    assert_eq!(days, ["2026-12-11", "2026-12-27", "2027-01-03", "2027-01-09", "2027-01-10"]);
}

#[test]
fn after_an_outage_the_tightest_window_alone_is_told() {
    let desk = desk("");
    issue(&desk, "globex", "2026-12-26", &[]);
    assert_eq!(run(&desk, "2026-11-26"), ["ann@globex.example  1 license ends soon: Globex"]);
    // Nothing ran while 14 and 7 days passed.
    assert_eq!(run(&desk, "2026-12-20"), ["ann@globex.example  1 license ends soon: Globex"]);
    assert_eq!(run(&desk, "2026-12-21"), [""; 0]);
    // Nothing ran over the end itself.
    assert_eq!(run(&desk, "2026-12-30"), ["ann@globex.example  1 license has ended: Globex"]);
    assert_eq!(run(&desk, "2026-12-31"), [""; 0]);
}

#[test]
fn what_ended_long_before_the_first_run_is_not_told() {
    let desk = desk("");
    issue(&desk, "globex", "2026-11-30", &[]);
    issue(&desk, "acme", "2026-12-03", &[]);
    assert_eq!(run(&desk, "2026-12-04").len(), 2);
}

#[test]
fn what_failed_on_the_very_first_days_is_made_good_later() {
    let desk = desk("");
    issue(&desk, "globex", "2026-11-25", &[]);
    std::fs::write(desk.home().join("mails"), "in the way").unwrap();
    for day in ["2026-11-26", "2026-11-27", "2026-11-28"] {
        desk.set_time(&format!("{day}T05:00:00Z"));
        desk.lic(&["notify"]).code(75);
    }
    std::fs::remove_file(desk.home().join("mails")).unwrap();
    assert_eq!(run(&desk, "2026-11-29"), ["ann@globex.example  1 license has ended: Globex"]);
    assert_eq!(run(&desk, "2026-11-30"), [""; 0]);
}

/// What may happen to a license between its planning and its sending.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    Renewed,
    Suspended,
    Revoked,
}

fn happens(desk: &Desk, event: Event, license: &str, day: &str) {
    let id: lic::license::LicenseId = license.parse().unwrap();
    let at: lic::license::Timestamp = day.parse().unwrap();
    let mut ledger = Ledger::open(&desk.home().join("ledger.db"), Access::ReadWrite).unwrap();
    let fact = match event {
        Event::Suspended => Fact::LicenseSuspended { license: id, reason: None },
        Event::Revoked => Fact::LicenseRevoked { license: id, reason: "refund".into(), note: None },
        Event::Renewed => {
            let tables = ledger.read();
            let mut terms = tables.terms(id, 1).unwrap().unwrap();
            terms.ends = terms.ends.map(|end| end.plus_days(365));
            let (customer, kid) = ("globex".parse().unwrap(), tables.signing_keys().unwrap()[0].kid);
            Fact::LicenseIssued {
                license: id,
                customer,
                terms,
                rev: 2,
                kid,
                key: "another key".into(),
                note: None,
                request: None,
                unusual: None,
                occasion: None,
            }
        }
    };
    ledger.write(|transaction| transaction.record(at, &"ops".parse().unwrap(), &fact)).unwrap();
}

#[test]
fn what_was_renewed_suspended_or_revoked_since_it_was_planned_is_not_sent() {
    for event in [Event::Renewed, Event::Suspended, Event::Revoked] {
        let desk = desk("");
        let gone = issue(&desk, "globex", "2026-12-06", &[]);
        let other = issue(&desk, "globex", "2026-12-05", &[]);
        // Planned, and not sent: something is in the way.
        std::fs::write(desk.home().join("mails"), "").unwrap();
        desk.lic(&["notify"]).code(75);
        std::fs::remove_file(desk.home().join("mails")).unwrap();
        happens(&desk, event, &gone, "2026-11-22T10:00:00Z");
        desk.lic(&["notify"]).done();
        let sent: Vec<String> = mails(&desk).into_values().collect();
        assert_eq!(sent.len(), 1, "{event:?}");
        assert!(sent[0].contains(&other) && !sent[0].contains(&gone), "{event:?}: {}", sent[0]);
        take(&desk);
        happens(&desk, event, &other, "2026-11-22T11:00:00Z");
        assert_eq!(run(&desk, "2026-12-05"), [""; 0], "{event:?}");
        // A year later the renewed ones are told of again.
        let later = run(&desk, "2027-12-05");
        assert_eq!(later.len(), usize::from(event == Event::Renewed), "{event:?}: {later:?}");
    }
}

#[test]
fn a_second_license_that_reaches_a_window_gets_a_mail_of_its_own() {
    let desk = desk("");
    issue(&desk, "globex", "2026-12-22", &[]);
    assert_eq!(run(&desk, "2026-11-22").len(), 1);
    issue(&desk, "globex", "2026-12-22", &[]);
    assert_eq!(run(&desk, "2026-11-22"), ["ann@globex.example  1 license ends soon: Globex"]);
    assert_eq!(run(&desk, "2026-11-23"), [""; 0]);
}

#[test]
fn a_new_contact_is_told_of_what_is_under_way() {
    let desk = desk("");
    issue(&desk, "globex", "2026-12-22", &[]);
    assert_eq!(run(&desk, "2026-11-22").len(), 1);
    desk.lic(&["customer", "edit", "globex", "--add-contact", "new@globex.example"]).done();
    assert_eq!(run(&desk, "2026-11-23"), ["new@globex.example  1 license ends soon: Globex"]);
}

/// The transcript of a month with two outages: nothing runs from the 4th to the 6th of December, and the folder of mails cannot be
/// written on the 15th and 16th.
#[test]
fn a_month_of_days_with_outages() {
    let desk = desk("[notify]\ndigest = ['sales@example.com']\n");
    issue(&desk, "acme", "2026-12-05", &[]);
    issue(&desk, "acme", "2026-12-16", &[]);
    issue(&desk, "acme", "2027-01-12", &[]);
    issue(&desk, "globex", "2026-12-21", &[]);
    issue(&desk, "globex", "2026-12-06", &["--internal"]);
    let mut transcript = String::new();
    for number in 22..=52 {
        let day = day(number);
        let outage = match number {
            34..=36 => {
                writeln!(transcript, "{day}  (no run)").unwrap();
                continue;
            }
            45 | 46 => true,
            _ => false,
        };
        desk.set_time(&format!("{day}T05:00:00Z"));
        let folder = desk.home().join("mails");
        if outage {
            std::fs::write(&folder, "in the way").unwrap();
        }
        let run = desk.lic(&["notify"]);
        if outage {
            std::fs::remove_file(&folder).unwrap();
        }
        write!(transcript, "{day}  exit {}", run.code).unwrap();
        if run.code != 0 {
            write!(transcript, "  {}", run.stderr.lines().last().unwrap()).unwrap();
        }
        writeln!(transcript).unwrap();
        let mut told: Vec<String> = mails(&desk)
            .values()
            .map(|mail| format!("            {:<34}  {}", header(mail, "To"), header(mail, "Subject")))
            .collect();
        told.sort();
        take(&desk);
        for one in told {
            writeln!(transcript, "{one}").unwrap();
        }
    }
    assert_snapshot!("month", transcript);
    let history = desk.lic(&["notify", "history", "--json"]).done().json();
    let ids: Vec<&str> = history["mails"].as_array().unwrap().iter().map(|mail| mail["message_id"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
}
