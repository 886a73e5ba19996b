//! `lic suspend`: a license is switched off for a while.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, shown, unchanged};
use crate::support::search;

#[test]
fn a_license_is_suspended_and_the_reason_is_kept() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    assert_snapshot!("dry_run", desk.lic(&["suspend", &id, "--dry-run", "--reason", "invoice 4711"]));
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&["suspend", &id, "--reason", "invoice 4711"], []));
    assert_snapshot!("the_license_afterwards", desk.lic_on_terminal(&["show", &id, "--history"], []));
    let verified = desk.lic(&["verify", "keys/acme-standard.lic", "--explain", "-o", "table"]);
    assert_snapshot!("verified", verified);
    assert_eq!(desk.lic(&["list", "--status", "suspended", "-o", "name"]).stdout.trim(), id);
}

#[test]
fn several_are_suspended_together_in_each_format() {
    let desk = house();
    let ids: Vec<String> = (0..3).map(|_| license(&desk, &["acme", "--tier", "standard", "--for", "1y"])).collect();
    assert_snapshot!("as_tsv", desk.lic(&["suspend", &ids[0], &ids[1], &ids[0]]));
    let before = desk.files();
    assert_snapshot!("one_was_suspended_already", desk.lic(&["suspend", &ids[2], &ids[1], &ids[0]]));
    unchanged(&desk, &before, "suspending what is suspended");
    assert_snapshot!("as_json", desk.lic(&["suspend", &ids[2], "--json"]));
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let run = desk.lic_on_terminal(&["suspend"], [search(&id)]).done();
    assert_eq!(run.without_questions(), ["suspend", &id]);
    assert_snapshot!("none_left", desk.lic_on_terminal(&["suspend"], []));
    assert_snapshot!("nobody_to_ask", desk.lic(&["suspend"]));
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let test = license(&desk, &["acme", "--tier", "standard", "--type", "test"]);
    let (suspended, revoked) = (license(&desk, &["acme", "--tier", "basic"]), license(&desk, &["acme", "--tier", "basic"]));
    desk.lic(&["suspend", &suspended]).done();
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000"][..]),
        ("beginning_of_several", &["LIC-"]),
        ("already_suspended", &[&suspended]),
        ("revoked", &[&revoked]),
        ("empty_reason", &[&id, "--reason", " "]),
        ("reason_with_escape_codes", &[&id, "--reason", "\u{1b}[31m"]),
        ("viewer", &[&id, "--as", "eve"]),
        ("type_not_allowed", &[&test, "--as", "ivan"]),
    ] {
        let run = desk.lic(&[&["suspend"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
    desk.lic(&["suspend", &id, "--as", "ivan"]).done();
    assert_eq!(shown(&desk, &id)["standing"]["by"], "ivan");
}
