//! `lic key give` and `lic key take`.

use insta::assert_snapshot;

use super::rotation::{rotated, with_next};
use super::{kid, protected};
use crate::support::{Desk, No, Yes, mode, pick, secret, with_customer};

fn copy(desk: &Desk, kid: &str, operator: &str) -> std::path::PathBuf {
    desk.home().join("keys").join(kid).join(format!("{operator}.pem"))
}

#[test]
fn a_copy_is_given_under_the_other_operators_passphrase() {
    let (desk, _) = protected();
    desk.write_private("kims", "tractor beam");
    desk.lic(&["operator", "add", "kim", "--role", "issuer", "--new-passphrase-file", "kims", "--passphrase-file", "pass"])
        .done();
    let next = desk.lic(&["key", "new", "--passphrase-file", "pass", "-o", "name"]).done().stdout.trim().to_owned();
    let typed = secret("battery staple");
    assert_snapshot!(
        "give_on_a_terminal",
        desk.lic_on_terminal(&["key", "give", &next, "jane"], [secret("correct horse"), pick("Type"), typed.clone(), typed])
    );
    desk.lic(&["key", "give", &next, "kim", "--new-passphrase-file", "kims", "--passphrase-file", "pass"]).done();
    desk.lic(&["key", "activate", &next, "--passphrase-file", "pass"]).done();
    for (operator, file) in [("jane", "janes"), ("kim", "kims")] {
        let issue = ["issue", "acme", "--tier", "basic", "--out", "-", "--as", operator, "--passphrase-file"];
        desk.lic(&[&issue[..], &[file]].concat()).done();
        desk.lic(&[&issue[..], &["pass"]].concat()).code(4);
    }
}

#[test]
fn a_copy_of_the_test_key_is_given_without_a_passphrase() {
    let (desk, _) = protected();
    let test = kid(&desk, "test");
    desk.lic(&["key", "take", &test, "jane"]).done();
    desk.lic(&["key", "give", &test, "jane"]).done();
    assert!(std::fs::read_to_string(copy(&desk, &test, "jane")).unwrap().starts_with("-----BEGIN PRIVATE KEY"));
}

#[test]
fn what_cannot_be_given_is_told() {
    let (desk, old, new) = rotated();
    desk.lic(&["operator", "add", "bob", "--role", "viewer"]).done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    let events = desk.events();
    for (name, kid, operator, code) in [
        ("to_a_viewer", &new, "bob", 1),
        ("to_nobody", &new, "jan", 5),
        ("twice", &new, "jane", 1),
        ("of_a_retired_key", &old, "jane", 1),
    ] {
        assert_snapshot!(format!("give_{name}"), desk.lic(&["key", "give", kid, operator, "--no-passphrase"]).code(code));
    }
    assert_eq!(desk.events(), events);
}

#[test]
fn a_file_that_the_ledger_does_not_know_is_in_the_way_until_it_is_taken() {
    let (desk, _, next) = with_next();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    desk.lic(&["key", "take", &next, "jane"]).done();
    std::fs::copy(copy(&desk, &next, "ops"), copy(&desk, &next, "jane")).unwrap();
    let events = desk.events();
    desk.lic(&["key", "give", &next, "jane", "--no-passphrase"]).code(1).says("exists already");
    assert_eq!(desk.events(), events);
    desk.lic(&["key", "take", &next, "jane"]).done();
    assert!(!copy(&desk, &next, "jane").exists());
    desk.lic(&["key", "give", &next, "jane", "--no-passphrase"]).done();
    assert_eq!(mode(&copy(&desk, &next, "jane")), 0o600);
}

#[test]
fn a_copy_that_was_taken_signs_no_more() {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    let kid = kid(&desk, "license");
    let issue = ["issue", "acme", "--tier", "basic", "--out", "-", "--as", "jane"];
    desk.lic(&issue).done();
    desk.lic_on_terminal(&["key", "take", &kid, "jane"], [No]).code(130);
    assert!(copy(&desk, &kid, "jane").exists());
    assert_snapshot!("take_on_a_terminal", desk.lic_on_terminal(&["key", "take", &kid, "jane"], [Yes]));
    assert!(!copy(&desk, &kid, "jane").exists());
    assert_snapshot!("issue_without_a_copy", desk.lic(&issue).code(4));
    assert_snapshot!("take_twice", desk.lic(&["key", "take", &kid, "jane"]).code(5));
    desk.lic(&["key", "take", &kid, "nobody"]).code(5).says("there is no operator 'nobody'");
}

#[test]
fn a_copy_whose_file_is_gone_is_taken_from_the_ledger() {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    let kid = kid(&desk, "license");
    std::fs::remove_file(copy(&desk, &kid, "jane")).unwrap();
    desk.lic(&["key", "take", &kid, "jane"]).done().says("its file was gone already");
    let json = desk.lic(&["key", "list", "--json"]).done().json();
    assert_eq!(json["signing_keys"][0]["operators"], serde_json::json!(["ops"]));
}

#[test]
fn the_last_copy_of_a_key_that_signs_is_taken_by_force_alone() {
    let (desk, old, next) = with_next();
    // A viewer's copy does not count: a viewer may not issue.
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    desk.lic(&["operator", "edit", "jane", "--role", "viewer"]).done();
    let events = desk.events();
    assert_snapshot!("take_the_last_copy", desk.lic(&["key", "take", &old, "ops"]).code(1));
    desk.lic(&["key", "take", &next, "ops"]).code(1);
    desk.lic(&["key", "take", &old, "ops", "--dry-run"]).code(1);
    assert_eq!(desk.events(), events);
    assert_snapshot!("take_the_last_copy_by_force", desk.lic(&["key", "take", &old, "ops", "--force"]));
    desk.lic(&["issue", "acme", "--tier", "basic"]).code(4);
}

#[test]
fn an_operator_with_the_last_copy_is_not_removed() {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "jane", "--role", "admin", "--no-passphrase"]).done();
    let kid = kid(&desk, "license");
    desk.lic(&["key", "take", &kid, "ops"]).done();
    let events = desk.events();
    assert_snapshot!("remove_the_last_who_signs", desk.lic(&["operator", "remove", "jane"]).code(1));
    assert_eq!(desk.events(), events);
    assert!(copy(&desk, &kid, "jane").exists());
    desk.lic(&["key", "give", &kid, "ops", "--no-passphrase", "--as", "jane"]).done();
    desk.lic(&["operator", "remove", "jane"]).done();
}

#[test]
fn a_retired_keys_last_copy_is_taken_like_any_other() {
    let (desk, old, _) = rotated();
    desk.lic(&["key", "take", &old, "ops"]).done();
    desk.lic(&["verify", "old.lic"]).done();
    desk.lic(&["key", "activate", &old]).code(4);
}
