//! `lic key compromised`.

use insta::assert_snapshot;

use super::kid;
use super::rotation::{rotated, with_next};
use crate::support::{Cancel, Enter, No, Yes, with_customer};

#[test]
fn what_a_compromised_key_signed_is_refused_everywhere() {
    let (desk, old, next) = with_next();
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    assert_snapshot!("compromise_the_active_key", desk.lic(&["key", "compromised", &old, "--reason", "laptop stolen", "--yes"]));
    assert_snapshot!("verify_after", desk.lic(&["verify", "old.lic", "--explain", "-o", "table"]).code(3));
    assert_eq!(desk.lic(&["verify", "old.lic", "--json"]).code(3).json()["verdict"]["reason"], "compromised-key");
    for args in [&["--format", "pem"][..], &["--format", "jwks"], &["--format", "jwk"], &["--lang", "python"], &["--lang", "c"]] {
        let exported = desk.lic(&[&["key", "export"], args].concat()).done().stdout;
        assert!(!exported.contains(&old), "{exported}");
    }
    let keys = lic::token::KeySet::parse(&desk.lic(&["key", "export"]).done().stdout).unwrap();
    assert_eq!(keys.iter().map(|key| key.kid().to_string()).collect::<Vec<_>>(), std::slice::from_ref(&next));
    desk.lic(&["key", "export", "--kid", &old]).code(1).says("is compromised and cannot be given to verifiers");
    // A product with the new file refuses the old license; one with the old file cannot know.
    desk.write("new.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.lic(&["verify", "old.lic", "--keys", "new.pem"]).code(3);
    desk.lic(&["verify", "old.lic", "--keys", "vendor.pem"]).done();
    assert_snapshot!("list_after", desk.command(&["key", "list"]).terminal(160).run());
    assert_snapshot!("list_after_as_json", desk.lic(&["key", "list", "--json"]));
}

#[test]
fn nobody_signs_until_another_key_is_active() {
    let (desk, old, next) = with_next();
    desk.lic(&["key", "compromised", &old, "--yes", "-q"]).done();
    assert_snapshot!("issue_without_an_active_key", desk.lic(&["issue", "acme", "--tier", "basic"]).code(1));
    assert_snapshot!("reissue_without_an_active_key", desk.lic(&["key", "reissue", "--out", "new/"]).code(1));
    // Test keys are another matter.
    desk.lic(&["quick", "--out", "-"]).done();
    desk.lic(&["key", "activate", &next, "-q"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "-"]).done();
    assert_snapshot!("reissue_after", desk.lic(&["key", "reissue", "--out", "new/", "-o", "csv"]));
    let saved = std::fs::read_dir(desk.path("new")).unwrap().next().unwrap().unwrap().path();
    desk.lic(&["verify", saved.to_str().unwrap()]).done();
    // Its old revision stays refused, whatever came after.
    desk.lic(&["verify", "old.lic"]).code(3);
}

#[test]
fn it_takes_a_yes_and_cannot_be_undone() {
    let (desk, old, next) = with_next();
    let events = desk.events();
    assert_snapshot!("compromise_without_anybody_to_ask", desk.lic(&["key", "compromised", &old]).code(2));
    for answer in [No, Enter, Cancel] {
        desk.lic_on_terminal(&["key", "compromised", &old], [answer]).code(130);
    }
    assert_eq!(desk.events(), events);
    assert_snapshot!("compromise_on_a_terminal", desk.lic_on_terminal(&["key", "compromised", &old], [Yes]));
    let events = desk.events();
    for command in [&["activate", &old][..], &["retire", &old], &["compromised", &old, "--yes"], &["give", &old, "ops"]] {
        let run = desk.lic(&[&["key"], command].concat()).code(1);
        assert!(run.stderr.contains("that cannot be undone; make another key with 'lic key new'"), "{run}");
    }
    assert_eq!(desk.events(), events);
    desk.lic(&["key", "activate", &next]).done();
}

#[test]
fn every_state_can_become_compromised() {
    let (desk, old, new) = rotated();
    let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name"]).done().stdout.trim().to_owned();
    assert_snapshot!("compromise_a_next_key", desk.lic(&["key", "compromised", &next, "--yes"]));
    assert_snapshot!("compromise_a_retired_key_as_json", desk.lic(&["key", "compromised", &old, "--yes", "--json"]));
    desk.lic(&["key", "compromised", &new, "--yes"]).done();
    desk.lic(&["key", "export"]).done().says("no key is left that a verifier may trust");
    assert_eq!(desk.lic(&["key", "export", "--format", "jwks"]).done().json()["keys"], serde_json::json!([]));
}

#[test]
fn a_key_of_the_authority_itself_is_replaced_when_it_is_next_used() {
    let desk = with_customer("acme");
    let log = kid(&desk, "log");
    assert_snapshot!("compromise_the_log_key", desk.lic(&["key", "compromised", &log, "--yes"]));
    desk.lic(&["key", "export", "--purpose", "log"]).code(5);
}

#[test]
fn a_reason_is_one_line() {
    let (desk, old, _) = with_next();
    let events = desk.events();
    for reason in ["", "two\nlines", "\u{1b}[31m", &"x".repeat(201)] {
        desk.lic(&["key", "compromised", &old, "--yes", "--reason", reason]).tame().code(1).says("the reason must not");
    }
    assert_eq!(desk.events(), events);
    desk.lic(&["key", "compromised", &old, "--yes", "--reason", "right\u{202e}left"]).tame().done();
    desk.command(&["key", "list"]).terminal(160).run().tame().done();
}
