//! `lic config`, and a `lic.toml` with mistakes in it.

use insta::assert_snapshot;

use crate::support::{Desk, Run, authority};

/// Runs a command after a change of `lic.toml`.
fn edited(edit: impl FnOnce(String) -> String, args: &[&str]) -> Run {
    let desk = authority();
    edit_settings(&desk, edit);
    desk.lic(args)
}

fn edit_settings(desk: &Desk, edit: impl FnOnce(String) -> String) {
    let path = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, edit(text)).unwrap();
}

/// `config show` after a line of `lic.toml` was replaced by another.
fn with(from: &str, to: &str) -> Run {
    edited(
        |text| {
            assert!(text.contains(from), "{text}");
            text.replacen(from, to, 1)
        },
        &["config", "show"],
    )
}

#[test]
fn every_setting_in_force_is_shown() {
    let desk = authority();
    assert_snapshot!("show_on_a_terminal", desk.lic_on_terminal(&["config", "show"], []));
    assert_snapshot!("show_with_origin", desk.lic_on_terminal(&["config", "show", "--origin"], []));
    assert_snapshot!("show_as_json", desk.lic(&["config", "show", "--origin", "--json"]));
}

#[test]
fn the_origin_of_the_home_is_told() {
    let desk = authority();
    let home = |run: Run| run.done().stdout.lines().find(|line| line.starts_with("home\t")).unwrap().to_owned();
    let show = ["config", "show", "--origin"];
    assert_eq!(home(desk.lic(&show)), "home\t/tmp/lic-test-folder/home\tLIC_HOME");
    assert_eq!(home(desk.lic(&[&show[..], &["--home", "../home"]].concat())), "home\t/tmp/lic-test-folder/work/../home\t--home");
    let copied = std::fs::read(desk.home().join("lic.toml")).unwrap();
    desk.write("lic.toml", copied);
    std::fs::copy(desk.home().join("ledger.db"), desk.path("ledger.db")).unwrap();
    let here = desk.command(&show).env("LIC_HOME", "").run();
    assert_eq!(home(here), "home\t/tmp/lic-test-folder/work\tlic.toml in the current folder");
}

#[test]
fn a_typo_is_shown_in_its_line_with_what_was_meant() {
    assert_snapshot!("typo_in_a_setting", with("product = \"cockpit\"", "prodct = \"cockpit\""));
    assert_snapshot!("typo_in_a_section", with("[defaults]", "[default]"));
    assert_snapshot!("typo_in_a_preset", with("type = \"trial\"", "typ = \"trial\""));
    assert_snapshot!("typo_in_a_value", with("type = \"trial\"", "type = \"trail\""));
    assert_snapshot!("ambiguous_period", with("for = \"30d\"", "for = \"1m\""));
    assert_snapshot!("product_that_is_no_slug", with("\"cockpit\"", "\"Cock Pit\""));
    assert_snapshot!("value_of_another_type", with("internal = true", "internal = \"yes\""));
    assert_snapshot!("quote_left_open", with("product = \"cockpit\"", "product = \"cockpit"));
    assert_snapshot!("setting_twice", with("product = \"cockpit\"", "product = \"cockpit\"\nproduct = \"radar\""));
    assert_snapshot!("name_missing", with("name = \"Example Software\"", ""));
}

#[test]
fn no_command_runs_with_a_setting_it_does_not_know() {
    let desk = authority();
    edit_settings(&desk, |text| text.replace("[defaults]", "[default]"));
    let events = desk.events();
    for command in [&["list"][..], &["customer", "add", "acme", "--name", "Acme"], &["issue", "internal", "--tier", "pro"]] {
        desk.lic(command).code(1).says("lic.toml:");
    }
    assert_eq!(desk.events(), events);
}

#[test]
fn a_settings_file_with_escape_codes_moves_no_cursor() {
    with("product = \"cockpit\"", "pro\u{1b}[2Jduct = \"cockpit\"").code(1).tame();
    with("product = \"cockpit\"", "product = \"\\u001b[2J\"").code(1).tame();
    with("name = \"Example Software\"", "name = \"Example\\u001b[2J\"").tame();
}

#[test]
fn a_settings_file_that_is_gone_is_told() {
    let desk = authority();
    std::fs::remove_file(desk.home().join("lic.toml")).unwrap();
    assert_snapshot!(desk.lic(&["customer", "list"]));
}

#[test]
fn a_settings_file_that_is_no_text_is_told() {
    let desk = authority();
    std::fs::write(desk.home().join("lic.toml"), b"name = \"M\xfcller\"\n").unwrap();
    assert_snapshot!(desk.lic(&["config", "show"]));
}

#[test]
fn a_changed_setting_is_followed() {
    let run = edited(
        |text| text.replace("# tier = \"professional\"\n# The folder", "tier = \"basic\"\n# The folder"),
        &["issue", "internal"],
    );
    run.done().says("· basic ·");
    let desk = authority();
    edit_settings(&desk, |text| text.replace("# out = \".\"", "out = \"keys\""));
    desk.lic(&["issue", "internal", "--tier", "basic"]).done().says("saved keys/internal-basic.lic");
    assert!(desk.path("keys/internal-basic.lic").exists());
}

#[test]
fn config_alone_shows_its_help() {
    assert_snapshot!(authority().lic(&["config"]));
}
