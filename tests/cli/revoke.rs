//! `lic revoke`: a license is taken back.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, unchanged};
use crate::support::{Cancel, Enter, Yes, pick, search};

#[test]
fn a_license_is_revoked_after_a_question() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let revoke = ["revoke", &id, "--reason", "refund", "--note", "credit note 9"];
    let before = desk.files();
    assert_snapshot!("dry_run", desk.lic_on_terminal(&[&revoke[..], &["--dry-run"]].concat(), []));
    desk.lic_on_terminal(&revoke, [Enter]).code(130);
    unchanged(&desk, &before, "a revocation that nobody confirmed");
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&revoke, [Yes]));
    assert_snapshot!("the_license_afterwards", desk.lic_on_terminal(&["show", &id, "--history"], []));
    assert_snapshot!("verified", desk.lic(&["verify", "keys/acme-standard.lic", "-o", "table"]));
    let shown = desk.lic(&["show", &id, "--json"]).json()["license"]["standing"].clone();
    assert_snapshot!("standing_as_json", format!("{shown:#}"));
}

#[test]
fn without_a_terminal_or_with_yes_nothing_is_asked() {
    let desk = house();
    let ids: Vec<String> = (0..3).map(|_| license(&desk, &["acme", "--tier", "standard", "--for", "1y"])).collect();
    assert_snapshot!("as_json", desk.lic(&["revoke", &ids[0], "--reason", "fraud", "--json"]));
    desk.lic_on_terminal(&["revoke", &ids[1], &ids[2], "--reason", "key-compromise", "--yes"], []).done();
    assert_eq!(desk.lic(&["list", "--status", "revoked", "-o", "name"]).stdout.lines().count(), 3);
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic_on_terminal(&["revoke"], [search(&id), Cancel]).code(130);
    assert_snapshot!("asked", desk.lic_on_terminal(&["revoke"], [search(&id), pick("fraud"), Yes]));
    assert_snapshot!("nobody_to_ask_which", desk.lic(&["revoke", "--reason", "refund"]));
    let other = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    assert_snapshot!("nobody_to_ask_why", desk.lic(&["revoke", &other]));
}

#[test]
fn a_suspended_and_an_expired_license_can_be_revoked() {
    let desk = house();
    let (suspended, expired) = (
        license(&desk, &["acme", "--tier", "standard", "--for", "1y"]),
        license(&desk, &["acme", "--tier", "basic", "--for", "1d"]),
    );
    desk.lic(&["suspend", &suspended]).done();
    desk.set_time("2027-06-01");
    desk.lic(&["revoke", &suspended, &expired, "--reason", "unpaid", "--as", "ivan"]).done();
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let test = license(&desk, &["acme", "--tier", "standard", "--type", "test"]);
    let revoked = license(&desk, &["acme", "--tier", "basic"]);
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000", "--reason", "refund"][..]),
        ("already_revoked", &[&revoked, "--reason", "fraud"]),
        ("one_already_revoked", &[&id, &revoked, "--reason", "fraud"]),
        ("unknown_reason", &[&id, "--reason", "mood"]),
        ("empty_note", &[&id, "--reason", "other", "--note", ""]),
        ("viewer", &[&id, "--reason", "refund", "--as", "eve"]),
        ("type_not_allowed", &[&test, "--reason", "refund", "--as", "ivan"]),
    ] {
        let run = desk.lic(&[&["revoke"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
    // Nobody is asked whether to do what cannot be done.
    desk.lic_on_terminal(&["revoke", &revoked, "--reason", "fraud"], []).code(1).says("is already revoked");
}
