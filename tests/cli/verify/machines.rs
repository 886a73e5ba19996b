//! A key on a machine, and what the machine remembers of it.

#![cfg(unix)]

use insta::assert_snapshot;

use super::verdict;
use crate::support::{Desk, Run, set_mode, with_customer};

/// A desk on a Raspberry Pi, with a key bound to it: `bound.lic`, and `vendor.pem`.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.set_machine("raspberry-pi");
    desk.lic(&["issue", "acme", "--tier", "basic", "--machine", &id(&desk), "--out", "bound.lic", "-q"]).done();
    desk
}

fn id(desk: &Desk) -> String {
    desk.lic(&["fingerprint", "--product", "cockpit", "-q"]).done().stdout.trim_end().to_owned()
}

const BOUND: [&str; 4] = ["verify", "bound.lic", "--keys", "vendor.pem"];

fn with(desk: &Desk, more: &[&str]) -> Run {
    desk.lic_on_terminal(&[&BOUND[..], more].concat(), [])
}

#[test]
fn this_machine_is_read_and_what_changed_is_told() {
    let desk = desk();
    assert_snapshot!("this_machine", with(&desk, &["--machine", "this", "--explain"]).done());
    desk.set_machine_changed("raspberry-pi", |text| text.replace("0x1a2b3c4d", "0x99999999"));
    assert_snapshot!("another_disk", with(&desk, &["--machine", "this", "--explain"]).done());
    let swapped = id(&desk);
    assert_eq!(verdict(&desk, &["bound.lic", "--machine", &swapped]).1, 0);
    desk.set_machine("laptop");
    assert_snapshot!("another_machine", with(&desk, &["--machine", "this"]).code(3));
    let other = desk.lic(&["fingerprint", "--product", "radar", "-q"]).done().stdout;
    assert_snapshot!("id_of_another_product", with(&desk, &["--machine", other.trim_end()]).code(3));
    assert_snapshot!("mistyped_id", with(&desk, &["--machine", &swapped.replacen(&swapped[6..8], "ZZ", 1)]).code(2));
}

#[test]
fn a_tier_keeps_its_licenses_off_virtual_machines_and_containers() {
    let desk = with_customer("acme");
    desk.lic(&["tier", "edit", "basic", "--machine-kinds", "physical", "--machine-factors", "4"]).done();
    assert_snapshot!("tier", desk.lic_on_terminal(&["tier", "show", "basic"], []).done());
    for refused in ["cloud-vm", "docker"] {
        desk.set_machine(refused);
        let run = desk.lic(&["issue", "acme", "--tier", "basic", "--machine", &id(&desk)]).code(1);
        assert_snapshot!(format!("issue_for_{refused}"), run);
    }
    let events = desk.events();
    desk.set_machine("raspberry-pi");
    desk.lic(&["issue", "acme", "--tier", "basic", "--machine", &id(&desk), "--out", "bound.lic"]).done();
    assert_eq!(desk.events(), events + 1);
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.set_machine("docker");
    assert_snapshot!("on_docker", with(&desk, &["--machine", "this"]).code(3));
    // Four must match, as the tier says.
    desk.set_machine_changed("raspberry-pi", |text| {
        text.replace("0x1a2b3c4d", "0x99999999").replace("b8:27:eb:b1", "b8:27:eb:b2")
    });
    assert_snapshot!("two_changed_of_five", with(&desk, &["--machine", "this"]).code(3));
    for (flag, value) in
        [("--machine-kinds", "cloud"), ("--machine-factors", "0"), ("--machine-factors", "6"), ("--transfers", "-1")]
    {
        desk.lic(&["tier", "edit", "basic", flag, value]).code(2);
    }
    desk.lic(&["tier", "edit", "basic", "--machine-kinds", "any", "--machine-factors", "default"]).done();
}

#[test]
fn an_id_of_another_product_binds_nothing() {
    let desk = with_customer("acme");
    desk.set_machine("laptop");
    let other = desk.lic(&["fingerprint", "--product", "radar", "-q"]).done().stdout;
    assert_snapshot!(
        "issue_with_id_of_another_product",
        desk.lic(&["issue", "acme", "--tier", "basic", "--machine", other.trim_end()]).code(1)
    );
    let cut = &id(&desk)[..34];
    assert_snapshot!("issue_with_cut_id", desk.lic(&["issue", "acme", "--tier", "basic", "--machine", cut]).code(2));
}

const STATE: [&str; 3] = ["--state", "acme.state", "--explain"];

#[test]
fn a_state_remembers_the_clock_and_the_key() {
    let desk = desk();
    assert_snapshot!("first_start", with(&desk, &STATE).done());
    assert_snapshot!("second_start", with(&desk, &STATE).done());
    desk.set_time("2027-01-10T12:00:00Z");
    with(&desk, &STATE).done();
    desk.set_time("2027-01-02T12:00:00Z");
    assert_snapshot!("clock_set_back", with(&desk, &["--state", "acme.state"]).code(3));
    // A question about another moment is no clock set back for ever.
    desk.set_time("2027-01-10T12:00:00Z");
    desk.lic(&[&BOUND[..], &["--state", "acme.state", "--at", "2027-06-01"]].concat()).done();
    with(&desk, &STATE).done();
    assert_eq!(crate::support::mode(&desk.path("acme.state")), 0o600);
}

#[test]
fn a_state_that_cannot_be_trusted_is_refused_and_left_alone() {
    let desk = desk();
    with(&desk, &STATE).done();
    let good = desk.read("acme.state");
    desk.write("acme.state", good.replace("\"rev\": 1", "\"rev\": 0"));
    assert_snapshot!("edited", with(&desk, &["--state", "acme.state"]).code(3));
    assert_ne!(desk.read("acme.state"), good);
    desk.write("acme.state", &good);
    desk.set_machine("laptop");
    assert_snapshot!("copied", with(&desk, &["--state", "acme.state"]).code(3));
    assert_eq!(desk.read("acme.state"), good);
    desk.set_machine("raspberry-pi");
    desk.write("acme.state", "not a state");
    assert_snapshot!("nonsense", with(&desk, &["--state", "acme.state"]).code(3));
    std::fs::create_dir(desk.path("folder.state")).unwrap();
    assert_snapshot!("unreadable", with(&desk, &["--state", "folder.state"]).code(3));
}

#[test]
fn a_state_that_cannot_be_written_changes_no_verdict() {
    let desk = desk();
    assert_snapshot!("unwritable", with(&desk, &["--state", "no/such/folder/acme.state"]).code(0));
    set_mode(&desk.path(""), 0o755);
}

#[test]
fn a_bad_key_and_a_dry_run_leave_no_state() {
    let desk = desk();
    desk.write("bad.lic", desk.read("bound.lic").replace('a', "b"));
    desk.lic(&["verify", "bad.lic", "--keys", "vendor.pem", "--state", "acme.state"]).code(3);
    desk.lic(&[&BOUND[..], &["--state", "acme.state", "--dry-run"]].concat()).done();
    assert!(!desk.path("acme.state").exists());
}
