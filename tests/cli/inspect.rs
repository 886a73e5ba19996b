//! `lic inspect`: what a key says, with no word on whether it is true.

use insta::assert_snapshot;

use crate::support::{Desk, with_customer};

/// A desk with the key file `acme.lic`, all of whose optional parts are there.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.write("meta.json", r#"{"order": 4711}"#);
    let issue = [
        "issue",
        "acme",
        "--tier",
        "standard",
        "--seats",
        "1",
        "--for",
        "1y",
        "--machine",
        "M1-AAAA-BBBB",
        "--meta",
        "meta.json",
        "--out",
        "acme.lic",
        "-q",
    ];
    desk.lic(&issue).done();
    desk
}

#[test]
fn a_key_is_shown_as_not_verified() {
    let desk = desk();
    assert_snapshot!("on_a_terminal", desk.lic_on_terminal(&["inspect", "acme.lic"], []));
    assert_snapshot!("as_json", desk.lic(&["inspect", "acme.lic", "--json"]));
    assert_snapshot!("in_a_pipe", desk.lic(&["inspect", "acme.lic"]));
    assert_snapshot!("as_markdown", desk.lic(&["inspect", "acme.lic", "-o", "md"]));
}

#[test]
fn quiet_leaves_the_warning_out_of_nothing() {
    let desk = desk();
    desk.lic(&["inspect", "acme.lic", "--quiet"]).done().says("NOT VERIFIED");
}

#[test]
fn no_home_is_needed() {
    let desk = desk();
    std::fs::remove_dir_all(desk.home()).unwrap();
    desk.lic(&["inspect", "acme.lic"]).done();
}

#[test]
fn a_key_comes_from_a_file_standard_input_or_the_command_line() {
    let desk = desk();
    let text = desk.read("acme.lic");
    let bare: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let shown = desk.lic(&["inspect", "acme.lic", "--json"]).done().stdout;
    assert_eq!(desk.lic(&["inspect", &bare, "--json"]).done().stdout, shown);
    assert_eq!(desk.command(&["inspect", "--json"]).input(text.clone()).run().done().stdout, shown);
    assert_eq!(desk.command(&["inspect", "-", "--json"]).input(format!("> {bare}")).run().done().stdout, shown);
}

#[test]
fn a_changed_key_is_shown_all_the_same() {
    let desk = desk();
    desk.lic(&["quick", "--state", "tampered", "--out", "tampered.lic", "-q"]).done();
    desk.lic(&["quick", "--state", "unknown-signer", "--out", "stranger.lic", "-q"]).done();
    let cut: String = desk.read("acme.lic").chars().take(900).collect();
    desk.write("cut.lic", cut);
    for file in ["tampered.lic", "stranger.lic"] {
        desk.lic(&["inspect", file]).done().says("NOT VERIFIED");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let desk = desk();
    desk.write("text.txt", "Dear Jane,\nhere is nothing.\n");
    desk.write("empty", "");
    desk.write("binary", (0..=255u8).collect::<Vec<_>>());
    desk.write("huge", "x".repeat(2 * 1024 * 1024));
    for (name, file) in [
        ("text", "text.txt"),
        ("empty", "empty"),
        ("binary", "binary"),
        ("huge", "huge"),
        ("missing", "missing.lic"),
        ("folder", "."),
        ("half_a_key", "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4"),
    ] {
        let run = desk.lic(&["inspect", file]).tame();
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        assert_snapshot!(format!("refused_{name}"), run);
    }
}
