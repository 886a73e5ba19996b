//! `lic operator`: who may act, who may sign, and what everybody else is told.

use insta::assert_snapshot;

use crate::support::{Desk, Enter, No, Yes, authority, empty, pick, secret, set_mode, with_customer};

/// An authority with an issuer `jane` and a viewer `bob`; nobody has a passphrase.
fn with_operators() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["operator", "add", "bob", "--role", "viewer"]).done();
    desk
}

/// An authority whose admin `ops` has the passphrase `correct horse`, also to be found in the file `pass`.
fn with_passphrase() -> Desk {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    desk
}

#[test]
fn an_issuer_gets_a_copy_of_the_signing_keys_and_a_viewer_none() {
    let desk = authority();
    let add =
        ["operator", "add", "jane", "--role", "issuer", "--name", "Jane Doe", "--mail", "jane@example.com", "--no-passphrase"];
    assert_snapshot!("added_issuer", desk.lic(&add));
    assert_snapshot!("added_viewer", desk.lic(&["operator", "add", "bob", "--role", "viewer"]));
    assert_snapshot!("list_on_a_terminal", desk.lic_on_terminal(&["operator", "list"], []));
    assert_snapshot!("list_as_json", desk.lic(&["operator", "list", "--json"]));
    assert_snapshot!("keys", desk.lic(&["key", "list"]));
}

#[test]
fn a_new_operator_types_a_passphrase_of_their_own() {
    let desk = with_passphrase();
    let typed = secret("battery staple");
    let answers = [secret("correct horse"), pick("Type"), typed.clone(), typed];
    assert_snapshot!(desk.lic_on_terminal(&["operator", "add", "jane", "--role", "issuer"], answers));
    desk.write_private("janes", "battery staple");
    let issue = ["issue", "acme", "--tier", "basic", "--out", "-", "--as", "jane", "--passphrase-file"];
    desk.lic(&[&issue[..], &["janes"]].concat()).done();
    assert_snapshot!("anothers_passphrase", desk.lic(&[&issue[..], &["pass"]].concat()));
}

#[test]
fn passphrases_of_both_come_from_files_in_a_script() {
    let desk = with_passphrase();
    desk.write_private("janes", "battery staple");
    let add = ["operator", "add", "jane", "--role", "issuer", "--new-passphrase-file", "janes"];
    assert_snapshot!("the_admins_passphrase_is_missing", desk.lic(&add));
    let without_new = ["operator", "add", "kim", "--role", "issuer", "--passphrase-file", "pass"];
    assert_snapshot!("the_new_passphrase_is_missing", desk.lic(&without_new));
    desk.lic(&["operator", "add", "lou", "--role", "issuer", "--new-passphrase-file", "janes", "--passphrase-file", "pass"])
        .done();
}

#[test]
fn an_operator_who_could_not_be_given_keys_is_not_added() {
    let desk = with_passphrase();
    let (events, files) = (desk.events(), desk.files());
    desk.write_private("janes", "battery staple");
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--new-passphrase-file", "janes"]).code(4);
    desk.write_private("janes", "short");
    let short = ["operator", "add", "jane", "--role", "issuer", "--new-passphrase-file", "janes", "--passphrase-file", "pass"];
    desk.lic(&short).code(1);
    assert_eq!(desk.events(), events);
    let keys = |files: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.keys().filter(|path| path.extension().is_some_and(|end| end == "pem")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&desk.files()), keys(&files));
}

#[test]
fn a_passphrase_is_asked_for_three_times() {
    let desk = with_passphrase();
    let wrong = secret("incorrect horse");
    let issue = ["issue", "acme", "--tier", "basic"];
    let events = desk.events();
    assert_snapshot!("three_wrong_passphrases", desk.lic_on_terminal(&issue, [wrong.clone(), wrong.clone(), wrong.clone()]));
    assert_eq!(desk.events(), events);
    assert!(!desk.path("acme-basic.lic").exists());
    assert_snapshot!(
        "the_third_passphrase_is_right",
        desk.lic_on_terminal(&issue, [wrong.clone(), wrong, secret("correct horse")])
    );
}

#[test]
fn a_passphrase_in_a_file_is_tried_once() {
    let desk = with_passphrase();
    let issue = ["issue", "acme", "--tier", "basic", "--passphrase-file", "wrong"];
    desk.write_private("wrong", "incorrect horse");
    assert_snapshot!("wrong_passphrase_file", desk.lic(&issue));
    desk.lic_on_terminal(&issue, []).code(4);
    set_mode(&desk.path("wrong"), 0o640);
    assert_snapshot!("passphrase_file_others_can_read", desk.lic(&issue));
    assert_snapshot!("no_passphrase_at_all", desk.lic(&["issue", "acme", "--tier", "basic"]));
}

#[test]
fn what_a_viewer_may_not_do_ends_with_4_and_says_who_can() {
    let desk = with_operators();
    desk.write("tiers.toml", "[[tier]]\nproduct = 'cockpit'\nslug = 'x'\nname = 'X'\nrank = 1\nterm = '1y'\n");
    desk.write("crm.csv", "name\nBolt\n");
    let events = desk.events();
    let mut told = String::new();
    for command in [
        &["issue", "acme", "--tier", "basic"][..],
        &["quick", "trial", "acme"],
        &["quick"],
        &["quick", "--state", "all", "--out", "keys/"],
        &["customer", "add", "bolt", "--name", "Bolt"],
        &["customer", "edit", "acme", "--owner", "bob"],
        &["customer", "archive", "acme"],
        &["customer", "import", "crm.csv"],
        &["tier", "add", "site"],
        &["tier", "edit", "basic", "--seats", "9"],
        &["tier", "retire", "basic"],
        &["tier", "apply", "tiers.toml"],
        &["operator", "add", "kim", "--role", "viewer"],
        &["operator", "edit", "bob", "--role", "admin"],
        &["operator", "remove", "jane"],
    ] {
        told += &format!("{}\n", desk.lic(&[command, &["--as", "bob"]].concat()).code(4));
    }
    assert_eq!(desk.events(), events);
    assert_snapshot!(told);
}

#[test]
fn a_dry_run_refuses_what_the_role_does_not_cover() {
    let desk = with_operators();
    for command in [
        &["issue", "acme", "--tier", "basic"][..],
        &["quick"],
        &["customer", "add", "bolt", "--name", "Bolt"],
        &["tier", "retire", "basic"],
        &["operator", "remove", "jane"],
    ] {
        desk.lic(&[command, &["--as", "bob", "--dry-run"]].concat()).code(4);
    }
}

#[test]
fn a_dry_run_of_quick_states_refuses_what_the_role_does_not_cover() {
    let desk = with_operators();
    desk.lic(&["quick", "--state", "all", "--out", "keys/", "--as", "bob", "--dry-run"]).code(4);
}

#[test]
fn what_an_issuer_may_not_do_ends_with_4_and_says_who_can() {
    let desk = with_operators();
    let events = desk.events();
    let mut told = String::new();
    for command in [
        &["tier", "add", "site"][..],
        &["tier", "edit", "basic", "--seats", "9"],
        &["tier", "retire", "basic"],
        &["operator", "add", "kim", "--role", "viewer"],
        &["operator", "edit", "jane", "--role", "admin"],
        &["operator", "edit", "jane", "--no-limits"],
        &["operator", "edit", "jane", "--give-keys"],
        &["operator", "remove", "bob"],
    ] {
        told += &format!("{}\n", desk.lic(&[command, &["--as", "jane"]].concat()).code(4));
    }
    assert_eq!(desk.events(), events);
    assert_snapshot!(told);
    desk.lic(&["customer", "add", "bolt", "--name", "Bolt", "--as", "jane"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane"]).done();
}

#[test]
fn a_viewer_reads_everything() {
    let desk = with_operators();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "key.lic"]).done();
    for command in [
        &["list"][..],
        &["customer", "list"],
        &["customer", "show", "acme"],
        &["tier", "list"],
        &["tier", "show", "basic"],
        &["operator", "list"],
        &["key", "list"],
        &["key", "export"],
        &["config", "show"],
        &["verify", "key.lic"],
        &["show", "key.lic"],
    ] {
        desk.lic(&[command, &["--as", "bob"]].concat()).done();
    }
}

#[test]
fn somebody_who_is_no_operator_may_change_nothing() {
    let desk = with_operators();
    let events = desk.events();
    let stranger = || Some("mallory".to_owned());
    let add = ["customer", "add", "bolt", "--name", "Bolt"];
    assert_snapshot!("the_system_user_is_no_operator", desk.command(&add).user(stranger).run());
    assert_snapshot!("as_nobody", desk.lic(&[&add[..], &["--as", "no body\u{1b}[2J"]].concat()).tame());
    desk.command(&["issue", "acme", "--tier", "basic"]).user(stranger).run().code(4);
    assert_snapshot!("the_system_tells_no_user", desk.command(&add).user(|| None).run());
    assert_eq!(desk.events(), events);
    desk.command(&["customer", "list"]).user(stranger).run().done();
}

#[test]
fn the_operator_is_the_system_user_unless_told_otherwise() {
    let desk = with_operators();
    desk.command(&["customer", "add", "bolt", "--name", "Bolt"]).user(|| Some("Jane".into())).run().done();
    desk.command(&["issue", "bolt", "--tier", "basic"]).user(|| Some("jane".into())).run().done();
    let by = |args: &[&str]| desk.lic(&[&["list", "-o", "name", "--issued-by"], args].concat()).done().stdout.lines().count();
    assert_eq!((by(&["jane"]), by(&["ops"])), (1, 0));
    desk.command(&["issue", "bolt", "--tier", "basic", "--as", "ops"]).user(|| Some("jane".into())).run().done();
    assert_eq!((by(&["jane"]), by(&["ops"])), (1, 1));
}

#[test]
fn an_operators_own_limits_hold() {
    let desk = with_operators();
    assert_snapshot!(
        "limits_are_set",
        desk.lic(&[
            "operator",
            "edit",
            "jane",
            "--longest",
            "1y",
            "--type",
            "commercial",
            "--tier",
            "basic",
            "--tier",
            "standard",
        ])
    );
    assert_snapshot!("limits_in_a_list", desk.lic_on_terminal(&["operator", "list"], []));
    let issue = |args: &[&str]| desk.lic(&[&["issue", "acme", "--as", "jane"], args].concat());
    issue(&["--tier", "basic", "--for", "1y"]).done();
    assert_snapshot!("longer_than_allowed", issue(&["--tier", "basic", "--for", "2y"]));
    assert_snapshot!("perpetual_is_longer_than_allowed", issue(&["--tier", "basic", "--perpetual"]));
    assert_snapshot!("tier_not_allowed", issue(&["--tier", "enterprise"]));
    assert_snapshot!("type_not_allowed", issue(&["--tier", "basic", "--type", "trial"]));
    assert_snapshot!("limits_are_lifted", desk.lic(&["operator", "edit", "jane", "--no-limits"]));
    issue(&["--tier", "enterprise", "--for", "2y"]).done();
}

#[test]
fn a_limit_to_a_tier_that_is_not_there_is_questioned() {
    let desk = with_operators();
    desk.lic(&["operator", "edit", "jane", "--tier", "bassic"]).says("bassic");
    let run = desk.lic(&["operator", "edit", "jane", "--tier", "bassic"]);
    assert!(run.code != 0 || run.stderr.contains("no tier"), "{run}");
}

#[test]
fn the_last_admin_stays() {
    let desk = with_operators();
    assert_snapshot!("the_last_admin_cannot_go", desk.lic(&["operator", "remove", "ops"]));
    assert_snapshot!("the_last_admin_cannot_step_down", desk.lic(&["operator", "edit", "ops", "--role", "issuer"]));
    desk.lic(&["operator", "edit", "jane", "--role", "admin"]).done();
    desk.lic(&["operator", "remove", "ops", "--as", "jane"]).done();
    assert_snapshot!("a_removed_operator_may_nothing", desk.lic(&["customer", "add", "bolt", "--name", "Bolt"]));
}

#[test]
fn a_removed_operator_loses_the_copies_of_the_signing_keys() {
    let desk = with_operators();
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane"]).done();
    let copies = || desk.files().into_keys().filter(|path| path.ends_with("jane.pem")).count();
    assert_eq!(copies(), 2);
    assert_snapshot!("remove_declined", desk.lic_on_terminal(&["operator", "remove", "jane"], [No]));
    assert_snapshot!("remove_rehearsed", desk.lic_on_terminal(&["operator", "remove", "jane", "--dry-run"], []));
    desk.lic_on_terminal(&["operator", "remove", "jane"], [Enter]).code(130);
    assert_eq!(copies(), 2);
    assert_snapshot!("removed", desk.lic_on_terminal(&["operator", "remove", "jane"], [Yes]));
    assert_eq!(copies(), 0);
    assert_eq!(desk.lic(&["list", "--issued-by", "jane", "-o", "name"]).done().stdout.lines().count(), 1);
    assert_snapshot!("removed_twice", desk.lic(&["operator", "remove", "jane"]));
}

#[test]
fn an_operator_can_come_back() {
    let desk = with_operators();
    desk.lic(&["operator", "remove", "jane"]).done();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane"]).done();
}

#[test]
fn an_issuer_without_a_copy_is_told_who_can_give_one() {
    let desk = with_operators();
    assert_snapshot!("a_viewer_becomes_an_issuer", desk.lic(&["operator", "edit", "bob", "--role", "issuer"]));
    assert_snapshot!("an_issuer_without_a_copy", desk.lic(&["issue", "acme", "--tier", "basic", "--as", "bob"]));
    assert_snapshot!("keys_are_given", desk.lic(&["operator", "edit", "bob", "--give-keys", "--no-passphrase"]));
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "bob"]).done();
    assert_snapshot!("keys_are_there_already", desk.lic(&["operator", "edit", "bob", "--give-keys", "--no-passphrase"]));
    assert_snapshot!("a_viewer_gets_no_keys", {
        desk.lic(&["operator", "add", "vic", "--role", "viewer"]).done();
        desk.lic(&["operator", "edit", "vic", "--give-keys", "--no-passphrase"])
    });
}

#[test]
fn an_issuer_who_becomes_a_viewer_signs_no_more() {
    let desk = with_operators();
    assert_snapshot!("an_issuer_becomes_a_viewer", desk.lic(&["operator", "edit", "jane", "--role", "viewer"]));
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane"]).code(4);
    assert_snapshot!("the_copies_of_a_viewer", desk.lic(&["operator", "list"]));
}

#[test]
fn what_cannot_be_an_operator_is_refused() {
    let desk = with_operators();
    let events = desk.events();
    let add = |args: &[&str]| desk.lic(&[&["operator", "add"], args].concat());
    assert_snapshot!("operator_without_a_role", add(&["kim"]));
    assert_snapshot!("operator_with_an_unknown_role", add(&["kim", "--role", "root"]));
    assert_snapshot!("operator_with_a_bad_name", add(&["Kim Lee", "--role", "viewer"]));
    assert_snapshot!("operator_with_a_bad_mail", add(&["kim", "--role", "viewer", "--mail", "kim"]));
    assert_snapshot!("operator_with_an_empty_name", add(&["kim", "--role", "viewer", "--name", ""]));
    assert_snapshot!("operator_with_an_ambiguous_period", add(&["kim", "--role", "issuer", "--longest", "1m"]));
    assert_snapshot!("operator_twice", add(&["jane", "--role", "viewer"]));
    assert_snapshot!("operator_unknown", desk.lic(&["operator", "edit", "jame", "--role", "viewer"]));
    assert_eq!(desk.events(), events);
}

#[test]
fn an_unknown_operator_is_not_found() {
    let desk = with_operators();
    desk.lic(&["operator", "edit", "jame", "--role", "viewer"]).code(5);
    desk.lic(&["operator", "remove", "jame"]).code(5);
}
