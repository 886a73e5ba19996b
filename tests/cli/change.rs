//! `lic change`: what a license grants, under the same id.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, shown, unchanged};
use crate::support::{Cancel, Enter, No, Yes, line, pick, search};

#[test]
fn the_difference_is_shown_first() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "professional", "--seats", "12", "--for", "1y", "--note", "by letter"]);
    desk.write("meta.json", r#"{"plant": "Ulm"}"#);
    let change = [
        "change",
        &id,
        "--seats",
        "25",
        "--feature",
        "beta",
        "--no-feature",
        "sso",
        "--limit",
        "users=unlimited",
        "--limit",
        "rooms=4",
        "--max-machines",
        "unlimited",
        "--grace",
        "30",
        "--meta",
        "meta.json",
        "--until",
        "2028-01-31",
        "--note",
        "PO 4711",
    ];
    let before = desk.files();
    assert_snapshot!("dry_run", desk.lic(&[&change[..], &["--dry-run"]].concat()));
    assert_snapshot!("declined", desk.lic_on_terminal(&change, [No]));
    unchanged(&desk, &before, "a change that was declined");
    assert_snapshot!("done", desk.lic_on_terminal(&change, [Yes]));
    assert_snapshot!("the_license_afterwards", desk.lic_on_terminal(&["show", &id, "--history"], []));
    assert_snapshot!("again", desk.lic(&change[..change.len() - 2]).code(1));
}

#[test]
fn nothing_to_change_is_told_and_signs_nothing() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--seats", "12", "--for", "1y"]);
    let before = desk.files();
    for same in [&["--seats", "12"][..], &["--tier", "standard"], &["--until", "2027-11-22"], &["--for", "1y"], &["--note", ""]] {
        desk.lic(&[&["change", &id], same].concat()).done().says("nothing to change");
    }
    unchanged(&desk, &before, "a change of nothing");
}

#[test]
fn another_tier_brings_its_terms_and_leaves_end_start_and_seats() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--seats", "12", "--for", "90d"]);
    assert_snapshot!("upgrade", desk.lic(&["change", &id, "--tier", "pro"]));
    let now = shown(&desk, &id);
    assert_eq!((&now["seats"], &now["until"], &now["tier"]), (&12.into(), &"2027-02-20".into(), &"professional".into()));
    assert_snapshot!("downgrade", desk.lic_on_terminal(&["change", &id, "--tier", "basic", "--seats", "3"], [Enter]));
    // The tier it has: what that grants today.
    desk.lic(&["tier", "edit", "basic", "--grace", "1"]).done();
    desk.lic(&["change", &id, "--tier", "basic"]).done().says("grace days: 7 → 1");
}

#[test]
fn a_note_takes_no_new_key() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y", "--note", "by letter"]);
    let keys = desk.lic(&["show", &id, "--key"]).stdout;
    assert_snapshot!("noted", desk.lic(&["change", &id, "--note", "by telephone"]));
    assert_eq!(shown(&desk, &id)["note"], "by telephone");
    desk.lic(&["change", &id, "--note", ""]).done().says("note: by telephone → –");
    assert!(shown(&desk, &id).get("note").is_none());
    assert_eq!(desk.lic(&["show", &id, "--key"]).stdout, keys);
    desk.lic(&["change", &id, "--seats", "8", "--note", "eight"]).done();
    assert_eq!((shown(&desk, &id)["note"].clone(), shown(&desk, &id)["revision"].clone()), ("eight".into(), 2.into()));
    desk.lic(&["change", &id, "--seats", "9", "--note", ""]).done();
    assert!(shown(&desk, &id).get("note").is_none());
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--seats", "5", "--for", "1y"]);
    let run = desk.lic_on_terminal(&["change"], [search(&id), pick("seats"), line("none"), line("6"), Enter]);
    assert_snapshot!("asked", run);
    for (thing, answer, expected) in [
        ("tier", pick("basic"), vec!["change", &id, "--tier", "basic"]),
        ("end", line("2028-01-31"), vec!["change", &id, "--until", "2028-01-31"]),
        ("note", line("by letter"), vec!["change", &id, "--note", "by letter"]),
    ] {
        let run = desk.lic_on_terminal(&["change", &id], [pick(thing), answer, Yes]).done();
        assert_eq!(run.without_questions(), expected);
    }
    desk.lic_on_terminal(&["change", &id], [Cancel]).code(130);
    assert_snapshot!("nobody_to_ask", desk.lic(&["change", &id]));
}

#[test]
fn an_earlier_end_is_a_change() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--until", "2072-01-31"]);
    desk.lic(&["change", &id, "--until", "2028-01-31"]).done().says("until: 2072-01-31 → 2028-01-31");
    assert_eq!(shown(&desk, &id)["until"], "2028-01-31");
    desk.lic(&["change", &id, "--perpetual"]).done().says("until: 2028-01-31 → never");
    assert_eq!(shown(&desk, &id)["grace_days"], 0);
}

#[test]
fn a_suspended_license_is_changed_and_stays_so() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["suspend", &id]).done();
    desk.lic(&["change", &id, "--seats", "9"]).done().says("stays suspended until");
    assert_eq!(shown(&desk, &id)["status"], "suspended");
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    desk.lic(&["tier", "add", "radar/pro", "--rank", "3"]).done();
    desk.lic(&["tier", "retire", "starter"]);
    desk.lic(&["tier", "retire", "basic"]).done();
    let id = license(
        &desk,
        &["acme", "--tier", "standard", "--for", "1y", "--machine", "M1-AAAA", "--machine", "M2-BBBB", "--max-machines", "3"],
    );
    let forever = license(&desk, &["acme", "--tier", "enterprise", "--perpetual"]);
    let orphan = license(&desk, &["old", "--tier", "standard", "--for", "1y"]);
    let revoked = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["customer", "archive", "old"]).done();
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    desk.write("broken.json", "{");
    desk.write("large.json", format!("\"{}\"", "x".repeat(70_000)));
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000", "--seats", "2"][..]),
        ("revoked", &[&revoked, "--seats", "2"]),
        ("archived_customer", &[&orphan, "--seats", "2"]),
        ("no_seats", &[&id, "--seats", "0"]),
        ("unknown_tier", &[&id, "--tier", "standart"]),
        ("retired_tier", &[&id, "--tier", "basic"]),
        ("tier_of_another_product", &[&id, "--tier", "radar/pro"]),
        ("feature_added_and_taken", &[&id, "--feature", "x", "--no-feature", "x"]),
        ("feature_not_there", &[&id, "--no-feature", "warp"]),
        ("limit_too_large", &[&id, "--limit", "users=9007199254740992"]),
        ("fewer_machines_than_bound", &[&id, "--max-machines", "1"]),
        ("end_before_the_start", &[&id, "--until", "2026-11-21"]),
        ("end_past", &[&id, "--from", "2026-01-01", "--until", "2026-10-01"]),
        ("start_after_the_end", &[&id, "--from", "2028-01-01"]),
        ("both_ends", &[&id, "--until", "2028-01-01", "--perpetual"]),
        ("grace_of_a_perpetual_one", &[&forever, "--grace", "5"]),
        ("broken_meta", &[&id, "--meta", "broken.json"]),
        ("large_meta", &[&id, "--meta", "large.json"]),
        ("meta_and_none", &[&id, "--meta", "broken.json", "--no-meta"]),
        ("viewer", &[&id, "--seats", "2", "--as", "eve"]),
        ("longer_than_allowed", &[&id, "--until", "2029-11-22", "--as", "ivan"]),
        ("over_a_file", &[&id, "--seats", "2", "--out", "keys/acme-standard.lic"]),
    ] {
        let run = desk.lic(&[&["change"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
    desk.lic(&["change", &orphan, "--note", "gone"]).done();
    desk.lic(&["change", &id, "--seats", "2", "--as", "ivan"]).done();
}
