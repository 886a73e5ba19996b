//! `lic reinstate`: a license that was switched off is good again.

use insta::assert_snapshot;

use crate::support::lifecycle::{house, license, shown, unchanged};
use crate::support::search;

#[test]
fn a_suspension_is_undone_by_an_issuer() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["suspend", &id, "--reason", "invoice 4711"]).done();
    assert_snapshot!("dry_run", desk.lic(&["reinstate", &id, "--dry-run"]));
    assert_snapshot!("done", desk.lic_on_terminal(&["reinstate", &id, "--reason", "paid", "--as", "ivan"], []));
    assert_eq!(shown(&desk, &id)["status"], "active");
    assert!(shown(&desk, &id).get("standing").is_none());
    desk.lic(&["verify", "keys/acme-standard.lic"]).done();
}

#[test]
fn a_revocation_is_undone_by_an_admin_unless_it_was_for_good() {
    let desk = house();
    for (reason, undone) in [
        ("refund", true),
        ("unpaid", true),
        ("superseded", true),
        ("cessation", true),
        ("other", true),
        ("fraud", false),
        ("key-compromise", false),
    ] {
        let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
        desk.lic(&["revoke", &id, "--reason", reason]).done();
        let before = desk.files();
        let issuer = desk.lic(&["reinstate", &id, "--as", "ivan"]);
        assert_eq!(issuer.code, if undone { 4 } else { 1 }, "{issuer}");
        unchanged(&desk, &before, "an issuer");
        assert_snapshot!(format!("by_an_issuer_after_{reason}"), issuer);
        let admin = desk.lic(&["reinstate", &id]);
        assert_eq!(admin.code == 0, undone, "{admin}");
        assert_eq!(shown(&desk, &id)["status"], if undone { "active" } else { "revoked" });
        if !undone {
            assert_snapshot!(format!("by_an_admin_after_{reason}"), admin);
        }
    }
}

#[test]
fn what_was_renewed_while_suspended_runs_until_its_new_end() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    desk.lic(&["suspend", &id]).done();
    desk.lic(&["renew", &id]).done();
    desk.lic(&["reinstate", &id]).done();
    assert_eq!((shown(&desk, &id)["status"].clone(), shown(&desk, &id)["until"].clone()), ("active".into(), "2028-11-22".into()));
}

#[test]
fn what_is_missing_is_asked_for_among_those_it_could_be() {
    let desk = house();
    let ids: Vec<String> = (0..3).map(|_| license(&desk, &["acme", "--tier", "standard", "--for", "1y"])).collect();
    desk.lic(&["suspend", &ids[0]]).done();
    desk.lic(&["revoke", &ids[1], "--reason", "refund"]).done();
    let run = desk.lic_on_terminal(&["reinstate", "--as", "ivan"], [search(&ids[0])]).done();
    assert!(!run.stderr.contains(&ids[1]) && !run.stderr.contains(&ids[2]), "{run}");
    let run = desk.lic_on_terminal(&["reinstate"], [search(&ids[1])]).done();
    assert!(!run.stderr.contains(&ids[2]), "{run}");
    assert_snapshot!("none_left", desk.lic_on_terminal(&["reinstate"], []));
}

#[test]
fn bad_input_is_refused_with_the_next_step() {
    let desk = house();
    let id = license(&desk, &["acme", "--tier", "standard", "--for", "1y"]);
    let suspended = license(&desk, &["acme", "--tier", "basic"]);
    desk.lic(&["suspend", &suspended]).done();
    let before = desk.files();
    for (name, args) in [
        ("unknown_id", &["LIC-0000-0000"][..]),
        ("not_suspended", &[&id]),
        ("one_not_suspended", &[&suspended, &id]),
        ("viewer", &[&suspended, "--as", "eve"]),
        ("nothing_named", &[]),
    ] {
        let run = desk.lic(&[&["reinstate"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        unchanged(&desk, &before, name);
    }
}
