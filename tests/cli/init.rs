//! `lic init`.

use insta::assert_snapshot;

use crate::support::{Answer, Cancel, Desk, Enter, No, Yes, authority, empty, line, pick, secret, set_mode};

const FLAGS: [&str; 6] = ["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&FLAGS, more].concat()
}

/// The flags without `--no-passphrase`.
fn protected<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&FLAGS[..5], more].concat()
}

fn holds_nothing(desk: &Desk) {
    assert!(!desk.home().exists(), "{:?}", desk.files());
}

#[test]
fn flags_alone_set_up_an_authority() {
    assert_snapshot!(empty().lic(&FLAGS));
}

#[test]
fn a_terminal_is_asked_for_what_is_missing() {
    let typed = secret("correct horse");
    let answers = [line("Example Software"), line("cockpit"), Enter, Yes, pick("Type"), typed.clone(), typed];
    assert_snapshot!(empty().lic_on_terminal(&["init"], answers));
}

#[test]
fn a_terminal_is_not_asked_for_what_was_given() {
    let desk = empty();
    let run = desk.lic_on_terminal(&with(&["--operator", "jane", "--no-sample-tiers"]), []).done();
    assert_eq!(run.questions, [""; 0]);
    assert_snapshot!(run);
}

#[test]
fn a_new_authority_has_the_internal_customer_and_the_sample_tiers() {
    let desk = authority();
    assert_snapshot!("customers", desk.lic(&["customer", "list", "--all"]));
    assert_snapshot!("tiers", desk.lic(&["tier", "list", "--all", "-o", "name"]));
    assert_snapshot!("operators", desk.lic(&["operator", "list"]));
    assert_snapshot!("keys", desk.lic(&["key", "list"]));
}

#[test]
fn without_sample_tiers_there_are_none() {
    let desk = empty();
    desk.lic(&with(&["--no-sample-tiers"])).done();
    assert_snapshot!("lists_no_tiers", desk.lic_on_terminal(&["tier", "list"], []));
    assert_snapshot!("settings_without_tiers", std::fs::read_to_string(desk.home().join("lic.toml")).unwrap());
    let desk = empty();
    desk.lic_on_terminal(&with(&["--operator", "ops"]), [No]).done();
    assert_eq!(desk.lic(&["tier", "list", "-o", "name"]).done().stdout, "");
}

#[test]
fn the_settings_file_explains_itself() {
    assert_snapshot!(std::fs::read_to_string(authority().home().join("lic.toml")).unwrap());
}

#[test]
fn a_generated_passphrase_is_shown_once_and_opens_the_key() {
    let desk = empty();
    let run = desk.lic_on_terminal(&protected(&["--operator", "ops", "--no-sample-tiers"]), [pick("Generate")]).done();
    assert_snapshot!(run);
    let shown = run.stderr.lines().skip_while(|line| !line.contains("shown this once")).nth(1).unwrap().trim();
    desk.write_private("passphrase", shown);
    desk.lic(&["tier", "add", "cockpit/pro"]).done();
    let issue = ["issue", "internal", "--tier", "pro", "--for", "1y", "--out", "-"];
    desk.lic(&issue).code(4);
    desk.lic(&[&issue[..], &["--passphrase-file", "passphrase"]].concat()).done();
}

#[test]
fn a_typed_passphrase_is_long_enough_and_typed_twice_alike() {
    let answers = [
        pick("Type"),
        secret("short"),
        secret("correct horse"),
        secret("correct house"),
        secret("correct horse"),
        secret("correct horse"),
    ];
    assert_snapshot!(empty().lic_on_terminal(&protected(&["--operator", "ops", "--no-sample-tiers"]), answers).done());
}

#[test]
fn the_passphrase_comes_from_a_file() {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&protected(&["--passphrase-file", "pass"])).done();
    is_protected(&desk);

    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.command(&protected(&[])).env("LIC_PASSPHRASE_FILE", "pass").run().done();
    is_protected(&desk);

    let desk = empty();
    desk.write_private("credentials/lic-passphrase", "correct horse\n");
    desk.command(&protected(&[])).env("CREDENTIALS_DIRECTORY", desk.path("credentials")).run().done();
    is_protected(&desk);
}

fn is_protected(desk: &Desk) {
    let keys: Vec<String> = desk.files().into_iter().filter(|(path, _)| path.ends_with("ops.pem")).map(pem_head).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys.iter().filter(|head| *head == "-----BEGIN ENCRYPTED PRIVATE KEY-----").count(), 1, "{keys:?}");
    desk.lic(&["quick", "trial", "internal", "--out", "-"]).code(4).says("is protected, and no passphrase was given");
    desk.lic(&["quick", "test", "--out", "-"]).done();
}

fn pem_head((_, content): (std::path::PathBuf, Vec<u8>)) -> String {
    String::from_utf8(content).unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn a_passphrase_file_that_will_not_do_sets_up_nothing() {
    let desk = empty();
    desk.write_private("open", "correct horse");
    set_mode(&desk.path("open"), 0o644);
    desk.write_private("empty", "\n");
    desk.write_private("short", "horse");
    let refused = |file| desk.lic(&protected(&["--passphrase-file", file]));
    assert_snapshot!("passphrase_file_others_can_read", refused("open"));
    assert_snapshot!("passphrase_file_empty", refused("empty"));
    assert_snapshot!("passphrase_file_short", refused("short"));
    assert_snapshot!("passphrase_file_missing", refused("missing"));
    holds_nothing(&desk);
}

#[test]
fn a_passphrase_and_none_contradict_each_other() {
    assert_snapshot!(empty().lic(&with(&["--passphrase-file", "pass"])));
}

#[test]
fn nothing_is_ever_overwritten() {
    let desk = authority();
    let before = desk.files();
    assert_snapshot!(desk.lic(&FLAGS));
    assert_eq!(desk.files(), before);
    for occupant in ["lic.toml", "ledger.db", "keys"] {
        let desk = empty();
        std::fs::create_dir(desk.home()).unwrap();
        std::fs::write(desk.home().join(occupant), "mine").unwrap();
        let before = desk.files();
        desk.lic(&FLAGS).code(1).says(&format!("home/{occupant} already exists"));
        assert_eq!(desk.files(), before);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_in_the_way_as_well() {
    let desk = empty();
    std::fs::create_dir(desk.home()).unwrap();
    std::os::unix::fs::symlink("nowhere", desk.home().join("ledger.db")).unwrap();
    desk.lic(&FLAGS).code(1).says("home/ledger.db already exists");
}

#[test]
fn what_is_missing_is_named_where_nobody_can_be_asked() {
    let desk = empty();
    assert_snapshot!("no_name", desk.lic(&["init"]));
    assert_snapshot!("no_product", desk.lic(&["init", "--name", "Example"]));
    assert_snapshot!("no_passphrase", desk.lic(&["init", "--name", "Example", "--product", "cockpit"]));
    assert_snapshot!("no_input", desk.lic_on_terminal(&["init", "--no-input"], []));
    holds_nothing(&desk);
}

#[test]
fn cancelling_at_any_question_leaves_nothing_behind() {
    let typed = secret("correct horse");
    let answers = [line("Example"), line("cockpit"), Enter, Yes, pick("Type"), typed.clone(), typed];
    for answered in 0..answers.len() {
        let desk = empty();
        let given: Vec<Answer> = answers[..answered].iter().cloned().chain([Cancel]).collect();
        let run = desk.lic_on_terminal(&["init"], given).code(130);
        assert!(run.stderr.ends_with("\ncancelled; nothing was changed\n"), "{run}");
        holds_nothing(&desk);
    }
}

#[test]
fn a_dry_run_makes_not_even_the_folder() {
    let desk = empty();
    assert_snapshot!(desk.lic(&with(&["--dry-run"])));
    holds_nothing(&desk);
}

#[test]
fn what_is_answered_is_checked_as_flags_are() {
    let answers = [line(""), line("Example"), line("Cock Pit"), line("cockpit"), line("Jane Doe"), line("jane")];
    assert_snapshot!(empty().lic_on_terminal(&["init", "--no-passphrase", "--no-sample-tiers"], answers));
}

#[test]
fn the_issuer_is_made_from_the_name() {
    let desk = empty();
    desk.lic(&["init", "--name", "Müller & Söhne GmbH", "--product", "cockpit", "--no-passphrase"]).done();
    let run = desk.lic(&["config", "show", "-o", "tsv"]).done();
    assert!(run.stdout.contains("authority.issuer\tmuller-sohne-gmbh\t"), "{run}");
}

#[test]
fn names_that_cannot_stand_in_a_key_are_refused() {
    let desk = empty();
    let named = |name| desk.lic(&["init", "--name", name, "--product", "cockpit", "--no-passphrase"]);
    assert_snapshot!("name_without_letters", named("!!!"));
    assert_snapshot!("name_empty", named(""));
    assert_snapshot!("name_with_escape_codes", named("Example\u{1b}[31m\u{202e}"));
    assert_snapshot!("product_not_a_slug", desk.lic(&["init", "--name", "Example", "--product", "Cock Pit"]));
    holds_nothing(&desk);
}

#[test]
fn a_system_user_whose_name_is_no_short_name_names_the_operator() {
    let jorg = || Some("Jörg".to_owned());
    assert_snapshot!(empty().command(&FLAGS).user(jorg).run());
    empty().command(&with(&["--operator", "joerg"])).user(jorg).run().done();
    assert_snapshot!("unknown_system_user", empty().command(&FLAGS).user(|| None).run());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_enter_the_home_and_read_the_keys() {
    use std::os::unix::fs::PermissionsExt;
    let desk = authority();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.home()), 0o700);
    assert_eq!(mode(&desk.home().join("ledger.db")), 0o600);
    let keys: Vec<_> = desk.files().into_keys().filter(|path| path.ends_with("ops.pem")).collect();
    assert_eq!(keys.iter().map(|path| mode(path)).collect::<Vec<_>>(), [0o600, 0o600]);
}

#[test]
fn an_authority_is_set_up_where_home_says() {
    let desk = empty();
    desk.lic(&with(&["--home", "here"])).done();
    assert!(desk.path("here/ledger.db").exists());
    holds_nothing(&desk);
    let desk = empty();
    desk.command(&FLAGS).env("LIC_HOME", "").env("XDG_DATA_HOME", desk.path("data")).run().done();
    assert!(desk.path("data/lic/ledger.db").exists());
    let desk = empty();
    desk.command(&FLAGS).env("LIC_HOME", "").run().done();
    assert!(desk.path("../.local/share/lic/ledger.db").exists());
}

#[test]
fn a_home_that_cannot_be_made_is_told() {
    let desk = empty();
    desk.write("file", "");
    assert_snapshot!(desk.lic(&with(&["--home", "file/home"])));
}

#[test]
fn a_generated_passphrase_is_shown_even_quietly() {
    let quiet = protected(&["--operator", "ops", "--no-sample-tiers", "--quiet"]);
    let run = empty().lic_on_terminal(&quiet, [pick("Generate")]).done();
    assert!(run.stderr.lines().any(|line| line.trim().len() == 23 && line.matches('-').count() == 3), "{run}");
}

#[test]
fn an_empty_name_is_called_empty() {
    let run = empty().lic(&["init", "--name", "", "--product", "cockpit", "--no-passphrase"]).says("empty");
    assert_eq!(run.code, 2, "{run}");
}

#[test]
fn the_wizard_says_how_to_do_without_it() {
    let answers = [line("Example Software"), line("cockpit"), line("jane"), No];
    let run = empty().lic_on_terminal(&["init", "--no-passphrase"], answers).done();
    let told = run.without_questions();
    let desk = empty();
    desk.lic(&told.iter().map(String::as_str).collect::<Vec<_>>()).done();
    assert_eq!(desk.lic(&["operator", "list", "-o", "name"]).done().stdout, "jane\n");
    assert_eq!(desk.lic(&["tier", "list", "-o", "name"]).done().stdout, "");
}

#[test]
fn a_dry_run_refuses_what_the_real_one_would() {
    let name = "Example\nSoftware";
    empty().lic(&["init", "--name", name, "--product", "cockpit", "--no-passphrase", "--dry-run"]).code(1);
}
