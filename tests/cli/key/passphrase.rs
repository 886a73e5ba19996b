//! `lic key passphrase`.

use insta::assert_snapshot;

use super::{kid, protected};
use crate::support::{Cancel, Desk, mode, pick, secret, set_mode};

fn file(desk: &Desk, kid: &str, operator: &str) -> std::path::PathBuf {
    desk.home().join("keys").join(kid).join(format!("{operator}.pem"))
}

/// Whether `ops` signs with the passphrase in this file.
fn opens(desk: &Desk, file: &str) -> bool {
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "-", "--passphrase-file", file]).code == 0
}

#[test]
fn the_new_passphrase_opens_the_copy_and_the_old_one_no_longer_does() {
    let (desk, license) = protected();
    desk.write_private("new", "tractor beam");
    let others = std::fs::read(file(&desk, &license, "jane")).unwrap();
    let typed = secret("tractor beam");
    assert_snapshot!(
        "change_on_a_terminal",
        desk.lic_on_terminal(&["key", "passphrase"], [secret("correct horse"), pick("Type"), typed.clone(), typed])
    );
    assert!(opens(&desk, "new") && !opens(&desk, "pass"));
    assert_eq!(std::fs::read(file(&desk, &license, "jane")).unwrap(), others, "the copy of somebody else was touched");
    assert_eq!(mode(&file(&desk, &license, "ops")), 0o600);
    // Back again, with files.
    desk.lic(&["key", "passphrase", "--passphrase-file", "new", "--new-passphrase-file", "pass"]).done();
    assert!(opens(&desk, "pass") && !opens(&desk, "new"));
}

#[test]
fn all_copies_get_the_new_passphrase_and_the_old_one_is_asked_once() {
    let (desk, license) = protected();
    let next = desk.lic(&["key", "new", "--passphrase-file", "pass", "-o", "name"]).done().stdout.trim().to_owned();
    let typed = secret("tractor beam");
    let run = desk.lic_on_terminal(&["key", "passphrase"], [secret("correct horse"), pick("Type"), typed.clone(), typed]).done();
    for kid in [&license, &next] {
        assert!(run.stderr.contains(&format!("your copy of license key {kid} has a new passphrase")), "{run}");
    }
    desk.write_private("new", "tractor beam");
    desk.lic(&["key", "activate", &next, "--passphrase-file", "new"]).done();
    // One alone, and then they differ: each is asked for.
    let typed = secret("shuttle craft");
    let answers = [secret("tractor beam"), pick("Type"), typed.clone(), typed];
    desk.lic_on_terminal(&["key", "passphrase", &license], answers).done();
    let typed = secret("warp engine");
    let answers = [secret("shuttle craft"), secret("tractor beam"), pick("Type"), typed.clone(), typed];
    assert_snapshot!("two_old_passphrases", desk.lic_on_terminal(&["key", "passphrase"], answers));
}

#[test]
fn a_wrong_passphrase_is_asked_for_three_times_and_changes_nothing() {
    let (desk, license) = protected();
    let (events, before) = (desk.events(), std::fs::read(file(&desk, &license, "ops")).unwrap());
    let wrong = secret("incorrect horse");
    assert_snapshot!(
        "three_wrong_passphrases",
        desk.lic_on_terminal(&["key", "passphrase"], [wrong.clone(), wrong.clone(), wrong]).code(4)
    );
    desk.lic(&["key", "passphrase", "--passphrase-file", "janes", "--new-passphrase-file", "pass"]).code(4);
    desk.write_private("short", "short");
    desk.lic(&["key", "passphrase", "--passphrase-file", "pass", "--new-passphrase-file", "short"])
        .code(1)
        .says("a passphrase has at least 8 characters");
    desk.lic_on_terminal(&["key", "passphrase"], [secret("correct horse"), Cancel]).code(130);
    desk.lic(&["key", "passphrase"]).code(4);
    desk.lic(&["key", "passphrase", "--passphrase-file", "pass"]).code(2).says("no passphrase given");
    set_mode(&desk.path("pass"), 0o644);
    desk.lic(&["key", "passphrase", "--passphrase-file", "pass", "--new-passphrase-file", "janes"]).code(4);
    set_mode(&desk.path("pass"), 0o600);
    assert_eq!((desk.events(), std::fs::read(file(&desk, &license, "ops")).unwrap()), (events, before));
    assert!(opens(&desk, "pass"));
}

#[test]
fn a_passphrase_can_be_taken_off_and_put_on_again() {
    let (desk, license) = protected();
    assert_snapshot!("taken_off", desk.lic(&["key", "passphrase", "--passphrase-file", "pass", "--no-passphrase"]));
    assert!(std::fs::read_to_string(file(&desk, &license, "ops")).unwrap().starts_with("-----BEGIN PRIVATE KEY"));
    assert!(desk.lic(&["key", "list", "-o", "csv"]).done().stdout.contains(",jane;ops,ops\n"));
    desk.lic(&["key", "passphrase", "--new-passphrase-file", "pass"]).done();
    assert!(desk.lic(&["key", "list", "-o", "csv"]).done().stdout.contains(",jane;ops,\n"));
    assert!(opens(&desk, "pass") && !opens(&desk, "janes"));
}

#[test]
fn a_generated_passphrase_is_shown_once_and_opens() {
    let (desk, _) = protected();
    let run = desk.lic_on_terminal(&["key", "passphrase"], [secret("correct horse"), pick("Generate")]).done();
    let shown = run.stderr.lines().find(|line| line.trim().len() == 23 && line.matches('-').count() == 3).unwrap();
    desk.write_private("new", shown.trim());
    assert!(opens(&desk, "new"));
}

#[test]
fn the_test_key_gets_a_passphrase_where_it_is_named() {
    let (desk, license) = protected();
    let test = kid(&desk, "test");
    desk.lic(&["key", "passphrase", &test, "--new-passphrase-file", "janes"]).done();
    desk.lic(&["quick", "--out", "-"]).code(4);
    desk.lic(&["quick", "--out", "-", "--passphrase-file", "janes"]).done();
    assert!(opens(&desk, "pass"), "the license key {license} was touched");
}

#[test]
fn who_has_no_copy_has_no_passphrase_to_change() {
    let (desk, license) = protected();
    desk.lic(&["operator", "add", "bob", "--role", "viewer"]).done();
    assert_snapshot!("without_any_copy", desk.lic(&["key", "passphrase", "--as", "bob"]).code(4));
    assert_snapshot!("without_this_copy", desk.lic(&["key", "passphrase", &license, "--as", "bob"]).code(4));
    let log = kid(&desk, "log");
    desk.lic(&["key", "passphrase", &log]).code(4);
}

#[test]
fn an_issuer_changes_the_passphrase_of_a_copy_of_their_own() {
    let (desk, _) = protected();
    desk.write_private("new", "tractor beam");
    desk.lic(&["key", "passphrase", "--as", "jane", "--passphrase-file", "janes", "--new-passphrase-file", "new"]).done();
    let issue = ["issue", "acme", "--tier", "basic", "--out", "-", "--as", "jane", "--passphrase-file"];
    desk.lic(&[&issue[..], &["new"]].concat()).done();
    desk.lic(&[&issue[..], &["janes"]].concat()).code(4);
}
