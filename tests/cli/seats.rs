//! Seats given back, seen from everywhere: what the status list says to each machine, and for whom the key is that a request gets.

#![cfg(unix)]

use insta::assert_snapshot;

use crate::status::publishing;
use crate::support::{Desk, Run, empty, with_customer};

/// A vendor who publishes status lists, with a license for two machines, `basic.lic`, that nobody activated yet.
fn vendor() -> Desk {
    let desk = publishing(with_customer("acme"));
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "basic.lic", "-q"]).done();
    publish(&desk);
    desk.write("keys.jwks", desk.lic(&["key", "export", "--format", "jwks"]).done().stdout);
    desk
}

fn publish(desk: &Desk) {
    desk.lic(&["status", "publish", "--out", "www", "-q"]).done();
}

fn id(desk: &Desk, machine: &str) -> String {
    desk.set_machine(machine);
    desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned()
}

fn activate(desk: &Desk, machine: &str, out: &str) {
    let id = id(desk, machine);
    desk.lic(&["activate", "basic.lic", "--machine", &id, "--out", out, "-q"]).done();
}

/// What a program on this machine says, that has the vendor's keys and newest list: the reason of a refusal, or `-`.
fn on(desk: &Desk, machine: &str, key: &str) -> String {
    desk.set_machine(machine);
    reason(&desk.lic(&["verify", key, "--keys", "keys.jwks", "--status-list", "www/0.jwt", "--machine", "this", "--json"]))
}

fn reason(run: &Run) -> String {
    let reason = run.json()["verdict"]["reason"].as_str().unwrap_or("-").to_owned();
    assert_eq!(run.code, if reason == "-" { 0 } else { 3 }, "{run}");
    reason
}

fn released(desk: &Desk) -> serde_json::Value {
    desk.lic(&["status", "show", "www/0.jwt", "--json"]).done().json()["status_list"]["released"].clone()
}

/// The machines that a key is bound to.
fn bound(desk: &Desk, key: &str) -> Vec<String> {
    let run = desk.lic(&["inspect", key, "--json"]).done().json();
    let bound = run["unverified_key"]["claims"]["machines"]["bound"].clone();
    serde_json::from_value(bound).unwrap()
}

#[test]
fn the_list_refuses_the_machine_that_gave_its_seat_back_and_no_other() {
    let desk = vendor();
    activate(&desk, "raspberry-pi", "pi.lic");
    activate(&desk, "laptop", "both.lic");
    publish(&desk);
    assert_eq!(released(&desk), serde_json::Value::Null);
    for machine in ["raspberry-pi", "laptop"] {
        assert_eq!(on(&desk, machine, "both.lic"), "-", "{machine}");
    }

    let pi = id(&desk, "raspberry-pi");
    desk.lic(&["machine", "deactivate", "basic.lic", &pi, "--out", "left.lic"]).done();
    assert_snapshot!("publish", desk.lic(&["status", "publish", "--out", "www"]).done());
    assert_snapshot!("show", desk.lic_on_terminal(&["status", "show", "www/0.jwt"], []).done());
    // Whichever key the machine kept, also the one from before anything was bound.
    for key in ["basic.lic", "pi.lic", "both.lic"] {
        assert_eq!(on(&desk, "raspberry-pi", key), "given-back", "{key}");
    }
    desk.set_machine("raspberry-pi");
    let told = ["verify", "both.lic", "--keys", "keys.jwks", "--status-list", "www/0.jwt", "--machine", "this", "--explain"];
    assert_snapshot!("given_back", desk.lic_on_terminal(&told, []).code(3));
    // No state file makes it good again, and none is written.
    assert_eq!(reason(&desk.lic(&[&told[..6], &["--state", "pi.state", "--json"]].concat())), "given-back");
    assert!(!desk.path("pi.state").exists());
    // With a new disk it is still the machine that a key is bound to.
    desk.set_machine_changed("raspberry-pi", |text| text.replace("0x1a2b3c4d", "0x99999999"));
    let swapped = desk.lic(&[&told[..8], &["--json"]].concat());
    assert_eq!(reason(&swapped), "given-back");
    // The other machine has no new key yet, and goes on with the one that it has.
    for key in ["both.lic", "left.lic"] {
        assert_eq!(on(&desk, "laptop", key), "-", "{key}");
    }
    // A program that asks for no machine learns nothing.
    let any = desk.lic(&["verify", "both.lic", "--keys", "keys.jwks", "--status-list", "www/0.jwt", "--json"]);
    assert_eq!(reason(&any), "-");
}

#[test]
fn a_machine_that_takes_a_seat_again_is_good_again() {
    let desk = vendor();
    activate(&desk, "raspberry-pi", "first.lic");
    let pi = id(&desk, "raspberry-pi");
    desk.lic(&["machine", "deactivate", "basic.lic", &pi]).done();
    publish(&desk);
    assert_eq!((released(&desk), on(&desk, "raspberry-pi", "first.lic")), (1.into(), "given-back".to_owned()));
    // It comes back with a new disk: its old key is that of a machine with a seat.
    desk.set_machine_changed("raspberry-pi", |text| text.replace("0x1a2b3c4d", "0x99999999"));
    let swapped = desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout;
    desk.lic(&["activate", "basic.lic", "--machine", swapped.trim_end(), "--out", "again.lic"]).done();
    publish(&desk);
    assert_eq!(released(&desk), serde_json::Value::Null);
    for key in ["first.lic", "again.lic"] {
        assert_eq!(on(&desk, "raspberry-pi", key), "-", "{key}");
    }
    // Given back under its new ID, it is refused under both.
    desk.lic(&["machine", "deactivate", "basic.lic", swapped.trim_end()]).done();
    publish(&desk);
    assert_eq!(released(&desk), 2);
    for key in ["first.lic", "again.lic"] {
        assert_eq!(on(&desk, "raspberry-pi", key), "given-back", "{key}");
    }
    // Of a license that was revoked nothing more has to be said.
    desk.lic(&["revoke", "basic.lic", "--reason", "refund"]).done();
    publish(&desk);
    assert_eq!((released(&desk), on(&desk, "raspberry-pi", "first.lic")), (serde_json::Value::Null, "revoked".to_owned()));
}

/// A customer's machine without a network, which asks for a seat; the answer is `NAME.lic` on both sides.
fn exchange(vendor: &Desk, machine: &str, name: &str) -> Desk {
    let lab = empty();
    lab.set_machine(machine);
    lab.write("basic.lic", vendor.read("basic.lic"));
    if machine != "laptop" {
        // Every desk draws the same random numbers; the nonces of two requests must differ.
        lab.lic(&["activate", "basic.lic", "--request", "-", "--state", "spare.state"]).done();
    }
    lab.lic(&["activate", "basic.lic", "--request", "request.txt", "--label", name, "--state", "lab.state"]).done();
    let (request, key) = (format!("{name}.txt"), format!("{name}.lic"));
    vendor.write(&request, lab.read("request.txt"));
    vendor.lic(&["activate", "--from", &request, "--out", &key, "-q"]).done();
    lab.write(&key, vendor.read(&key));
    lab.write("keys.jwks", vendor.read("keys.jwks"));
    lab
}

#[test]
fn a_request_is_answered_with_a_key_for_its_machine_alone() {
    let desk = vendor();
    let (pi, laptop) = (id(&desk, "raspberry-pi"), id(&desk, "laptop"));
    let first = exchange(&desk, "raspberry-pi", "first");
    let second = exchange(&desk, "laptop", "second");
    assert_eq!((bound(&desk, "first.lic"), bound(&desk, "second.lic")), (vec![pi.clone()], vec![laptop.clone()]));
    for (lab, key) in [(&first, "first.lic"), (&second, "second.lic")] {
        lab.lic(&["verify", key, "--keys", "keys.jwks", "--state", "lab.state"]).done();
    }
    second.write("first.lic", first.read("first.lic"));
    let stolen = second.lic(&["verify", "first.lic", "--keys", "keys.jwks", "--machine", "this", "--json"]);
    assert_eq!(reason(&stolen), "wrong-machine");
    // The ledger keeps both seats, and knows both keys as what it recorded: each is the newest for its machine.
    let machines = desk.lic(&["machine", "list", "basic.lic", "-o", "name"]).done().stdout;
    assert_eq!(machines.lines().collect::<Vec<_>>(), [&pi, &laptop]);
    assert_snapshot!("ledger", desk.lic_on_terminal(&["verify", "first.lic", "--explain"], []).done());
    assert_snapshot!("show_key", desk.lic(&["show", "basic.lic", "--key"]).done().stderr);
    // Who asks again gets the same key, though another was signed since.
    let events = desk.events();
    let again = ["activate", "basic.lic", "--machine", &pi, "--out", "-"];
    for args in [&again[..], &["activate", "--from", "first.txt", "--out", "-"]] {
        assert_eq!(desk.lic(args).done().stdout, desk.read("first.lic"), "{args:?}");
    }
    assert_eq!(desk.events(), events);

    // A renewal is for every seat.
    desk.lic(&["renew", "basic.lic", "--for", "1y", "--out", "renewed.lic"]).done();
    assert_eq!(bound(&desk, "renewed.lic"), [pi, laptop]);
    for (lab, key) in [(&first, "first.lic"), (&second, "second.lic")] {
        let run = desk.lic(&["verify", key, "--explain"]).done();
        assert!(run.stdout.contains("was replaced"), "{run}");
        lab.write("renewed.lic", desk.read("renewed.lic"));
        lab.lic(&["verify", "renewed.lic", "--keys", "keys.jwks", "--state", "lab.state"]).done();
    }
    desk.lic(&["doctor"]).done();
}

#[test]
fn a_new_request_of_a_machine_with_a_seat_is_answered_for_it_alone_too() {
    let desk = vendor();
    activate(&desk, "raspberry-pi", "pi.lic");
    activate(&desk, "laptop", "both.lic");
    let lab = exchange(&desk, "laptop", "lab");
    assert_eq!(bound(&lab, "lab.lic"), [id(&desk, "laptop")]);
    assert_eq!(bound(&desk, "both.lic").len(), 2);
}

#[test]
fn a_receipt_makes_the_list_refuse_the_key_where_no_state_is_left() {
    let desk = vendor();
    let lab = exchange(&desk, "laptop", "lab");
    let other = exchange(&desk, "raspberry-pi", "other");
    lab.lic(&["deactivate", "lab.lic", "--state", "lab.state", "--receipt", "receipt.txt"]).done();
    desk.write("receipt.txt", lab.read("receipt.txt"));
    desk.lic(&["machine", "deactivate", "--receipt", "receipt.txt"]).done();
    publish(&desk);
    for lab in [&lab, &other] {
        std::fs::create_dir_all(lab.path("www")).unwrap();
        lab.write("www/0.jwt", desk.read("www/0.jwt"));
    }
    std::fs::remove_file(lab.path("lab.state")).unwrap();
    assert_eq!([on(&lab, "laptop", "lab.lic"), on(&lab, "laptop", "basic.lic")], ["given-back", "given-back"]);
    assert_eq!(on(&other, "raspberry-pi", "other.lic"), "-");
}
