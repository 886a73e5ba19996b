//! `lic machine`: the machines that hold seats of licenses.

#![cfg(unix)]

use insta::assert_snapshot;

use crate::support::{Desk, No, Yes, with_customer};

/// A desk with a license for two machines, both held.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "basic.lic", "-q"]).done();
    for (machine, label) in [("raspberry-pi", "door"), ("laptop", "Jane's laptop")] {
        let id = id(&desk, machine);
        desk.lic(&["activate", "basic.lic", "--machine", &id, "--label", label, "--out", "-"]).done();
    }
    desk
}

fn id(desk: &Desk, machine: &str) -> String {
    desk.set_machine(machine);
    desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned()
}

#[test]
fn machines_are_listed() {
    let desk = desk();
    assert_snapshot!("list", desk.lic_on_terminal(&["machine", "list"], []).done());
    assert_snapshot!("list_at_60", desk.command(&["machine", "list"]).terminal(60).run().done());
    assert_snapshot!("list_as_json", desk.lic(&["machine", "list", "basic.lic", "--json"]).done());
    assert_snapshot!("list_as_tsv", desk.lic(&["machine", "list", "--customer", "acme"]).done());
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    assert_snapshot!("list_of_none", desk.lic_on_terminal(&["machine", "list", "--customer", "globex"], []).done());
    assert_snapshot!("no_clones", desk.lic_on_terminal(&["machine", "list", "--clones"], []).done());
    desk.lic(&["machine", "list", "--customer", "nobody"]).code(5);
}

#[test]
fn machines_that_were_named_at_issue_are_listed_with_their_license() {
    let desk = with_customer("acme");
    let pi = id(&desk, "raspberry-pi");
    desk.lic(&["issue", "acme", "--tier", "basic", "--machine", &pi, "--out", "bound.lic", "-q"]).done();
    let names = |args: &[&str]| desk.lic(&[&["machine", "list", "-o", "name"], args].concat()).done().stdout;
    assert_eq!((names(&["bound.lic"]).trim_end(), names(&[]).trim_end()), (pi.as_str(), ""));
    desk.lic(&["machine", "rename", "bound.lic", &pi, "door"]).done();
    assert_eq!(names(&[]).trim_end(), pi);
    desk.lic(&["machine", "deactivate", "bound.lic", "door"]).done();
    assert_eq!(names(&["bound.lic"]), "");
}

#[test]
fn a_machine_is_taken_off_by_its_id_its_label_or_a_beginning() {
    for name in ["door", "DOOR", "MID-107J8", "mid-107j8-93n40-rqof1-93n6t-rgm78-vysgq"] {
        let desk = desk();
        desk.lic(&["machine", "deactivate", "basic.lic", name]).done();
        let left = desk.lic(&["machine", "list", "basic.lic", "-o", "name"]).done().stdout;
        assert_eq!(left.trim_end(), id(&desk, "laptop"), "{name}");
    }
    let desk = desk();
    let run = desk.lic_on_terminal(&["machine", "deactivate", "basic.lic", "door", "--reason", "scrapped"], [Yes]);
    assert_snapshot!("deactivated", run.done());
    desk.lic_on_terminal(&["machine", "deactivate", "basic.lic", "Jane's laptop"], [No]).code(130);
    assert_snapshot!("not_there", desk.lic(&["machine", "deactivate", "basic.lic", "door"]).code(5));
    assert_snapshot!("ambiguous", self::desk().lic(&["machine", "deactivate", "basic.lic", "MID-10"]).code(2));
    assert_snapshot!("no_machine", desk.lic(&["machine", "deactivate", "basic.lic"]).code(2));
    // The seat is free again.
    let run = desk.lic(&["activate", "basic.lic", "--machine", &id(&desk, "bare-metal"), "--out", "new.lic"]).done();
    assert!(run.stderr.contains("2 of 2 machines in use"), "{run}");
}

#[test]
fn a_machine_gets_another_label_or_none() {
    let desk = desk();
    assert_snapshot!("renamed", desk.lic(&["machine", "rename", "basic.lic", "door", "front door"]).done());
    assert_snapshot!("unnamed", desk.lic(&["machine", "rename", "basic.lic", "front door"]).done());
    for label in ["", " x", "a\nb", "x\u{202e}y"] {
        desk.lic(&["machine", "rename", "basic.lic", "Jane's laptop", label]).code(2).tame();
    }
    let events = desk.events();
    desk.lic(&["machine", "rename", "basic.lic", "Jane's laptop", "other", "--dry-run"]).done();
    assert_eq!(desk.events(), events);
}

#[test]
fn a_transfer_that_lets_machines_go_leaves_none_behind() {
    let desk = desk();
    desk.lic(&["customer", "add", "globex", "--name", "Globex Ltd"]).done();
    desk.lic(&["transfer", "basic.lic", "globex", "--force", "--out", "-"]).done();
    assert_eq!(desk.lic(&["machine", "list", "-o", "name"]).done().stdout, "");
    let replayed = lic::ledger::Ledger::open(&desk.home().join("ledger.db"), lic::ledger::Access::ReadOnly).unwrap();
    assert_eq!(replayed.replay(|_| {}).unwrap().difference, None);
}
