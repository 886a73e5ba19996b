//! `lic transfer`: a license belongs to another customer from now on.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, shown, unchanged};
use crate::support::{Enter, No, Yes, search};

const BOUND: [&str; 8] = ["acme", "--tier", "standard", "--machine", "M1-AAAA", "--machine", "M2-BBBB", "--for"];

#[test]
fn the_license_goes_with_its_id_history_and_terms() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--seats", "7", "--for", "1y"]);
    let before = shown(&desk, &id);
    assert_snapshot!("dry_run", desk.lic(&["transfer", &id, "globex", "--dry-run"]));
    assert_snapshot!("done", desk.lic_on_terminal(&["transfer", &id, "globex", "--note", "merger"], []));
    let after = shown(&desk, &id);
    assert_eq!((&after["customer"], &after["note"], &after["revision"]), (&"globex".into(), &"merger".into(), &2.into()));
    for same in ["seats", "until", "starts", "features", "limits", "issued_at"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_snapshot!("the_license_afterwards", desk.command(&["show", &id, "--history"]).terminal(140).run());
    assert_eq!(desk.lic(&["list", "--customer", "globex", "-o", "name"]).stdout.trim(), id);
    assert_eq!(desk.lic(&["list", "--customer", "acme", "-o", "name"]).stdout, "");
    let saved = desk.lic(&["verify", "globex-standard.lic", "--customer", "globex", "--explain", "-o", "table"]);
    assert_snapshot!("verified", saved);
    assert_snapshot!("the_old_key", desk.lic(&["verify", "keys/acme-standard.lic", "-o", "table"]));
}

#[test]
fn machines_that_are_bound_hold_it_back_unless_an_admin_forces_it() {
    let desk = house();
    let id = license(&desk, &[&BOUND[..], &["1y"]].concat());
    let before = desk.files();
    assert_snapshot!("bound", desk.lic(&["transfer", &id, "globex"]));
    assert_snapshot!("forced_by_an_issuer", desk.lic(&["transfer", &id, "globex", "--force", "--as", "ivan"]));
    desk.lic_on_terminal(&["transfer", &id, "globex", "--force"], [Enter]).code(130);
    unchanged(&desk, &before, "a transfer that was refused");
    assert_snapshot!("forced_by_an_admin", desk.lic_on_terminal(&["transfer", &id, "globex", "--force"], [Yes]));
    assert_eq!(shown(&desk, &id)["machines"], serde_json::json!([]));
    // Its history still tells which machines it had.
    assert_eq!(shown(&desk, &id)["revision"], 2);
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic_on_terminal(&["transfer"], [search(&id), search("globex"), No]).code(130);
    let run = desk.lic_on_terminal(&["transfer"], [search(&id), search("globex"), Yes]);
    assert_snapshot!("asked", run);
    assert_eq!(run.without_questions(), ["transfer", &id, "globex"]);
    assert_snapshot!("nobody_to_ask", desk.lic(&["transfer", &id]));
}

#[test]
fn a_suspended_license_is_transferred_and_stays_so() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["suspend", &id]).done();
    desk.lic(&["transfer", &id, "globex"]).done().says("stays suspended until");
    assert_eq!(shown(&desk, &id)["status"], "suspended");
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let test = license(&desk, &["acme", "--tier", "standard", "--type", "test"]);
    let revoked = license(&desk, &["acme", "--tier", "basic"]);
    desk.lic(&["revoke", &revoked, "--reason", "refund"]).done();
    desk.lic(&["customer", "archive", "old"]).done();
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000", "globex"][..]),
        ("unknown_customer", &[&id, "globx"]),
        ("archived_customer", &[&id, "old"]),
        ("same_customer", &[&id, "acme"]),
        ("revoked", &[&revoked, "globex"]),
        ("viewer", &[&id, "globex", "--as", "eve"]),
        ("type_not_allowed", &[&test, "globex", "--as", "ivan"]),
        ("over_a_file", &[&id, "globex", "--out", "keys/acme-standard.lic"]),
        ("one_word_too_many", &[&id, "globex", "acme"]),
    ] {
        let run = desk.lic(&[&["transfer"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
}
