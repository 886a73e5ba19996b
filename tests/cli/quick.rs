//! `lic quick`: keys with no questions asked, and keys in every state for a product's own tests.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Desk, empty, with_customer};

fn desk() -> Desk {
    with_customer("acme")
}

const STATES: [&str; 11] = [
    "valid",
    "expiring",
    "grace",
    "expired",
    "not-yet-valid",
    "revoked",
    "suspended",
    "wrong-product",
    "wrong-machine",
    "tampered",
    "unknown-signer",
];

#[test]
fn quick_alone_gives_a_test_key_for_the_internal_customer() {
    let desk = desk();
    assert_snapshot!(desk.lic_on_terminal(&["quick"], []));
    assert_snapshot!("the_test_key_is_listed", desk.lic(&["list"]));
}

#[test]
fn each_preset_gives_what_it_says() {
    let desk = desk();
    for (name, args) in [
        ("trial", &["trial", "acme"][..]),
        ("demo", &["demo", "acme"]),
        ("internal", &["internal"]),
        ("test", &["test"]),
        ("test_for_a_customer", &["test", "acme"]),
    ] {
        let run = desk.lic_on_terminal(&[&["quick", "--dry-run"], args].concat(), []);
        assert_snapshot!(format!("preset_{name}"), run);
    }
}

#[test]
fn a_preset_of_ones_own_sets_everything_it_names() {
    let desk = desk();
    let settings = desk.home().join("lic.toml");
    let preset = r#"
[presets.fair]
customer = "acme"
tier = "standard"
type = "trial"
until = "2027-03-31"
seats = 2
features = ["sso"]
no_features = ["export"]
limits = { users = 3 }
machines = 1
grace_days = 0
note = "Fair 2027"
"#;
    std::fs::write(&settings, std::fs::read_to_string(&settings).unwrap() + preset).unwrap();
    desk.lic(&["quick", "fair", "--out", "fair.lic"]).done();
    let claims = desk.lic(&["inspect", "fair.lic", "--json"]).done().json()["unverified_key"]["claims"].clone();
    assert_snapshot!(format!("{claims:#}"));
    assert_eq!(desk.lic(&["list", "fair 2027", "-o", "name"]).done().stdout.lines().count(), 1);
}

#[test]
fn nothing_is_ever_asked() {
    let desk = desk();
    for args in [&["quick"][..], &["quick", "trial", "acme"], &["quick", "trial"], &["quick", "--state", "valid"]] {
        assert_eq!(desk.lic_on_terminal(args, []).questions, [""; 0]);
    }
}

#[test]
fn what_quick_cannot_know_is_told() {
    let desk = desk();
    desk.lic(&["customer", "add", "old", "--name", "Old Corp"]).done();
    desk.lic(&["customer", "archive", "old"]).done();
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    desk.lic(&["operator", "add", "ivan", "--role", "issuer", "--no-passphrase", "--type", "trial", "-q"]).done();
    let before = desk.files();
    for (name, args) in [
        ("preset_without_a_customer", &["trial"][..]),
        ("preset_unknown", &["trail", "acme"]),
        ("preset_that_is_a_customer", &["acme"]),
        ("customer_unknown", &["trial", "acne"]),
        ("customer_archived", &["trial", "old"]),
        ("viewer", &["--as", "eve"]),
        ("operator_of_trials_only", &["--as", "ivan"]),
        ("state_unknown", &["--state", "rusty"]),
        ("state_for_a_viewer", &["--state", "valid", "--as", "eve"]),
        ("state_for_an_operator_of_trials_only", &["--state", "valid", "--as", "ivan"]),
    ] {
        let run = desk.lic(&[&["quick"], args].concat()).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
        assert!(desk.files() == before, "{name}");
    }
}

#[test]
fn without_any_tier_the_next_step_is_told() {
    let desk = empty();
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase", "--no-sample-tiers", "-q"])
        .done();
    assert_snapshot!(desk.lic(&["quick"]));
}

#[test]
fn keys_in_every_state_come_with_what_is_expected_of_them() {
    let desk = desk();
    assert_snapshot!(desk.lic_on_terminal(&["quick", "--state", "all", "--out", "keys"], []));
    assert_snapshot!("expected_json", desk.read("keys/expected.json"));
}

/// What a verifier of the product says of each key: exit code and reason.
fn verdicts(desk: &Desk, args: &[&str]) -> BTreeMap<String, (u8, String)> {
    let verdict = |state: &str| {
        let run = desk.lic(&[&["verify", &format!("keys/{state}.lic"), "--json", "--product", "cockpit"], args].concat());
        let reason = run.json()["verdict"]["reason"].as_str().unwrap_or("-").to_owned();
        (state.to_owned(), (run.code, reason))
    };
    STATES.into_iter().map(verdict).collect()
}

#[test]
fn a_verifier_says_of_each_key_what_is_expected() {
    let desk = desk();
    desk.lic(&["quick", "--state", "all", "--out", "keys"]).done();
    desk.write("test.pem", desk.lic(&["key", "export", "--test"]).done().stdout);
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    let expected: Vec<Value> = serde_json::from_str(&desk.read("keys/expected.json")).unwrap();
    let machine = ["--machine", "ABCD-EFGH"];

    let with_ledger = verdicts(&desk, &machine);
    for one in &expected {
        let reason = one["reason"].as_str().unwrap_or("-");
        let code = if one["valid"] == true { 0 } else { 3 };
        assert_eq!(with_ledger[one["state"].as_str().unwrap()], (code, reason.to_owned()), "{one}");
    }
    assert_eq!(expected.len(), STATES.len());

    // Without the ledger, nobody can tell that a license was suspended or revoked.
    let offline = verdicts(&desk, &[&machine[..], &["--keys", "test.pem"]].concat());
    for (state, verdict) in &offline {
        let ledger_only = ["revoked", "suspended"].contains(&state.as_str());
        assert_eq!(*verdict, if ledger_only { (0, "-".to_owned()) } else { with_ledger[state].clone() }, "{state}");
    }
    // A release build trusts none of them.
    for (state, (code, _)) in verdicts(&desk, &[&machine[..], &["--keys", "vendor.pem"]].concat()) {
        assert_eq!(code, 3, "{state}");
    }
}

#[test]
fn a_key_in_each_state_can_be_had_alone() {
    let desk = desk();
    for state in STATES {
        let file = format!("{state}.lic");
        desk.lic(&["quick", "--state", state, "--out", &file, "-q"]).done();
        let key = desk.lic(&["quick", "--state", state, "--out", "-"]).done().stdout;
        assert!(key.starts_with("-----BEGIN LICENSE-----\n") && key != desk.read(&file), "{state}");
    }
    assert!(!desk.path("expected.json").exists());
}

#[test]
fn keys_in_a_state_are_told_to_a_script() {
    let desk = desk();
    assert_snapshot!("states_as_json", desk.lic(&["quick", "--state", "expired", "--out", "a.lic", "--json"]));
    let names = desk.lic(&["quick", "--state", "all", "--out", "keys", "-o", "name"]).done().stdout;
    assert_eq!(names.lines().count(), STATES.len(), "{names}");
}

#[test]
fn keys_in_every_state_overwrite_nothing() {
    let desk = desk();
    desk.write("keys/grace.lic", "minutes of the meeting\n");
    desk.write("expected/expected.json", "[]\n");
    desk.write("one.lic", "minutes of the meeting\n");
    let before = desk.files();
    assert_snapshot!("a_key_is_there", desk.lic(&["quick", "--state", "all", "--out", "keys"]));
    assert_snapshot!("the_expectations_are_there", desk.lic(&["quick", "--state", "all", "--out", "expected/"]));
    assert_snapshot!("one_file_for_all", desk.lic(&["quick", "--state", "all", "--out", "one.lic"]));
    assert_snapshot!("a_file_is_there", desk.lic(&["quick", "--state", "valid", "--out", "one.lic"]));
    assert!(desk.files() == before);
}

#[test]
fn a_dry_run_makes_no_keys() {
    let desk = desk();
    let before = desk.files();
    for args in [&["quick"][..], &["quick", "trial", "acme"], &["quick", "--state", "all", "--out", "keys"]] {
        desk.lic(&[args, &["--dry-run"]].concat()).done();
        assert!(desk.files() == before, "{args:?}");
    }
}

#[test]
fn a_test_key_needs_no_passphrase() {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    desk.lic(&["quick", "--out", "-"]).done();
    desk.lic(&["quick", "--state", "all", "--out", "keys"]).done();
    desk.lic(&["quick", "internal", "--out", "-"]).code(4);
    desk.lic(&["quick", "internal", "--out", "-", "--passphrase-file", "pass"]).done();
}
