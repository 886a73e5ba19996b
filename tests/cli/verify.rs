//! `lic verify`: whether a key is good, and if not, why not.

mod forgeries;
mod machines;

use insta::assert_snapshot;

use crate::support::{Desk, Pipe, authority, empty, with_customer};

/// A desk with the key file `acme.lic`: professional, 12 seats, one year from 2026-11-22, two weeks of grace.
fn desk() -> Desk {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "pro", "--seats", "12", "--for", "1y", "--out", "acme.lic", "-q"]).done();
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk
}

/// The leading reason of a verdict, `-` for a valid key, and the exit code.
fn verdict(desk: &Desk, args: &[&str]) -> (String, u8) {
    let run = desk.lic(&[&["verify", "--json"], args].concat());
    (run.json()["verdict"]["reason"].as_str().unwrap_or("-").to_owned(), run.code)
}

#[test]
fn a_good_key_is_valid() {
    let desk = desk();
    assert_snapshot!("valid", desk.lic_on_terminal(&["verify", "acme.lic"], []));
    assert_snapshot!("valid_explained", desk.lic_on_terminal(&["verify", "acme.lic", "--explain"], []));
    for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
        assert_snapshot!(format!("valid_as_{format}"), desk.lic(&["verify", "acme.lic", "--at", "2027-01-01", "-o", format]));
    }
    assert_snapshot!("valid_explained_in_a_pipe", desk.lic(&["verify", "acme.lic", "--explain"]));
}

#[test]
fn an_expired_key_is_not() {
    let desk = desk();
    let late = ["verify", "acme.lic", "--at", "2027-12-07"];
    assert_snapshot!("expired", desk.lic_on_terminal(&late, []));
    assert_snapshot!("expired_explained", desk.lic_on_terminal(&[&late[..], &["--explain"]].concat(), []));
    for format in ["json", "csv", "md"] {
        assert_snapshot!(format!("expired_as_{format}"), desk.lic(&[&late[..], &["-o", format]].concat()));
    }
}

#[test]
fn the_moment_decides() {
    let desk = desk();
    for (at, reason, status) in [
        ("2026-11-21T23:59:59Z", "not-yet-valid", None),
        ("2026-11-22", "-", Some("active")),
        ("2027-10-24", "-", Some("expiring")),
        ("2027-11-22T23:59:59Z", "-", Some("expiring")),
        ("2027-11-23", "-", Some("grace")),
        ("2027-12-06T23:59:59Z", "-", Some("grace")),
        ("2027-12-07", "expired", None),
        ("9999-12-31", "expired", None),
        ("1970-01-01", "not-yet-valid", None),
    ] {
        let run = desk.lic(&["verify", "acme.lic", "--at", at, "--json"]);
        let verdict = run.json()["verdict"].clone();
        assert_eq!(verdict["reason"].as_str().unwrap_or("-"), reason, "{at}");
        assert_eq!(verdict["status"].as_str(), status, "{at}");
        assert_eq!(run.code, if reason == "-" { 0 } else { 3 }, "{at}");
    }
    desk.lic(&["verify", "acme.lic", "--at", "yesterday"]).code(2);
}

#[test]
fn what_is_asked_for_must_be_granted() {
    let desk = desk();
    for (args, reason) in [
        (&["--product", "cockpit"][..], "-"),
        (&["--product", "radar"], "wrong-product"),
        (&["--customer", "acme"], "-"),
        (&["--customer", "globex"], "wrong-customer"),
        (&["--feature", "sso", "--feature", "api"], "-"),
        (&["--feature", "sso", "--feature", "audit-log"], "missing-feature"),
        (&["--machine", "M1-AAAA-BBBB"], "-"),
    ] {
        let expected = (reason.to_owned(), if reason == "-" { 0 } else { 3 });
        assert_eq!(verdict(&desk, &[&["acme.lic"], args].concat()), expected, "{args:?}");
    }
    let everything =
        ["verify", "acme.lic", "--product", "radar", "--customer", "globex", "--feature", "audit-log", "--at", "2029-01-01"];
    assert_snapshot!(desk.lic_on_terminal(&[&everything[..], &["--explain"]].concat(), []));
}

#[test]
fn a_bound_key_is_good_on_its_machines_only() {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--machine", "M1-AAAA-BBBB", "--out", "bound.lic"]).done();
    assert_eq!(verdict(&desk, &["bound.lic", "--machine", "M1-AAAA-BBBB"]).1, 0);
    assert_eq!(verdict(&desk, &["bound.lic", "--machine", "M1-CCCC-DDDD"]), ("wrong-machine".into(), 3));
    // Whoever asks about no machine asks about the key alone.
    assert_eq!(verdict(&desk, &["bound.lic"]).1, 0);
    assert_snapshot!(desk.lic_on_terminal(&["verify", "bound.lic", "--machine", "M1-CCCC-DDDD"], []));
}

#[test]
fn a_key_is_found_in_what_people_paste() {
    let desk = desk();
    let file = desk.read("acme.lic");
    let bare: String = file.lines().filter(|line| !line.starts_with('-')).collect();
    let each = |change: &dyn Fn(&str) -> String| file.lines().map(change).collect::<Vec<_>>().join("\n");
    let broken: Vec<&str> = bare.as_bytes().chunks(40).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    for (what, text) in [
        ("as saved", file.clone()),
        ("bare", bare.clone()),
        ("bare with line ends", format!("\n\n{bare}\n\n")),
        ("broken lines", broken.join("\n")),
        ("broken by blanks", broken.join(" ")),
        ("CRLF and a byte order mark", format!("\u{feff}{}", file.replace('\n', "\r\n"))),
        ("quoted in a mail", format!("Hello Jane,\n\n{}\n\nBest regards\nJohn\n", each(&|line| format!("> {line}")))),
        ("quoted twice", each(&|line| format!(">> {line}"))),
        ("indented", each(&|line| format!("    {line}\t"))),
        ("without its first line", file.lines().skip(1).collect::<Vec<_>>().join("\n")),
        ("without its last line", file.lines().take(file.lines().count() - 1).collect::<Vec<_>>().join("\n")),
        ("in a sentence", format!("Your key is: {bare}")),
        ("twice", format!("{file}\n{file}")),
    ] {
        desk.write("pasted.txt", &text);
        assert_eq!(verdict(&desk, &["pasted.txt"]), ("-".into(), 0), "{what}:\n{text}");
    }
}

#[test]
fn a_key_comes_from_a_file_standard_input_or_the_command_line() {
    let desk = desk();
    let file = desk.read("acme.lic");
    let bare: String = file.lines().filter(|line| !line.starts_with('-')).collect();
    desk.lic(&["verify", &bare]).done();
    desk.command(&["verify"]).input(file.clone()).run().done();
    desk.command(&["verify", "-"]).input(bare).run().done();
    desk.command(&["verify"]).input("").run().code(3);
}

#[test]
fn what_cannot_be_read_is_told_from_what_is_not_valid() {
    let desk = desk();
    for (name, args) in [
        ("key_missing", &["nowhere.lic"][..]),
        ("key_is_a_folder", &["."]),
        ("keys_missing", &["acme.lic", "--keys", "nowhere.pem"]),
        ("keys_empty", &["acme.lic", "--keys", "empty.pem"]),
        ("keys_binary", &["acme.lic", "--keys", "binary.pem"]),
        ("keys_of_something_else", &["acme.lic", "--keys", "acme.lic"]),
    ] {
        desk.write("empty.pem", "");
        desk.write("binary.pem", [0xff, 0xfe, 0x00]);
        assert_snapshot!(format!("unreadable_{name}"), desk.lic(&[&["verify"], args].concat()).code(1));
    }
    let (_, private) = desk.files().into_iter().find(|(path, _)| path.ends_with("ops.pem")).unwrap();
    desk.write("private.pem", private);
    assert_snapshot!("unreadable_keys_are_private", desk.lic(&["verify", "acme.lic", "--keys", "private.pem"]).code(1));
}

#[test]
fn a_text_that_is_too_large_is_refused_as_one() {
    let desk = desk();
    desk.write("huge.txt", format!("{}{}", " ".repeat(1024 * 1024), desk.read("acme.lic")));
    assert_eq!(verdict(&desk, &["huge.txt"]), ("too-large".into(), 3));
}

#[test]
fn with_public_keys_at_hand_nothing_else_is_read() {
    let desk = desk();
    std::fs::remove_dir_all(desk.home()).unwrap();
    assert_snapshot!("offline", desk.lic_on_terminal(&["verify", "acme.lic", "--keys", "vendor.pem", "--explain"], []));
    assert_snapshot!("no_keys_at_all", desk.lic(&["verify", "acme.lic"]));
}

#[test]
fn public_keys_are_read_in_every_form_they_are_exported_in() {
    let desk = desk();
    for format in ["pem", "jwk", "jwks"] {
        desk.write("keys", desk.lic(&["key", "export", "--format", format]).done().stdout);
        desk.lic(&["verify", "acme.lic", "--keys", "keys"]).done();
    }
}

#[test]
fn a_key_that_was_minted_elsewhere_is_found_out() {
    let desk = desk();
    // Somebody carries the signing keys away and issues with them in a home of their own.
    let stolen = authority_of_thief(&desk);
    assert_eq!(verdict(&desk, &["minted.lic", "--keys", "vendor.pem"]), ("-".into(), 0), "its signature is good");
    assert_snapshot!("minted_elsewhere", desk.lic_on_terminal(&["verify", "minted.lic", "--explain"], []));
    assert_eq!(verdict(&desk, &["minted.lic"]), ("not-in-ledger".into(), 3));
    drop(stolen);
}

/// Copies the home, issues there, and brings the key back as `minted.lic`.
fn authority_of_thief(desk: &Desk) -> Desk {
    let thief = empty();
    let home = desk.home();
    for (path, content) in desk.files() {
        if let Ok(below) = path.strip_prefix(&home) {
            let copy = thief.home().join(below);
            std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
            std::fs::write(&copy, content).unwrap();
            crate::support::set_mode(&copy, 0o600);
        }
    }
    // Random bytes differ from one machine to the next; those of tests do not.
    thief.lic(&["quick", "--out", "-"]).done();
    thief.lic(&["issue", "acme", "--tier", "enterprise", "--perpetual", "--out", "minted.lic"]).done();
    desk.write("minted.lic", thief.read("minted.lic"));
    thief
}

#[test]
fn a_license_id_taken_by_another_key_is_found_out() {
    let desk = desk();
    // The same draws give the same id, and the thief grants more.
    let thief = with_customer("acme");
    thief.lic(&["issue", "acme", "--tier", "enterprise", "--perpetual", "--out", "minted.lic"]).done();
    desk.write("minted.lic", thief.read("minted.lic"));
    let id = |file| desk.lic(&["inspect", file, "--json"]).json()["unverified_key"]["claims"]["jti"].clone();
    assert_eq!(id("acme.lic"), id("minted.lic"), "the test stands on this");
    assert_eq!(verdict(&desk, &["minted.lic"]), ("not-in-ledger".into(), 3));
}

#[test]
fn a_suspended_or_revoked_license_is_refused_where_the_ledger_is_at_hand() {
    let desk = authority();
    desk.write("test.pem", desk.lic(&["key", "export", "--test"]).done().stdout);
    for state in ["suspended", "revoked"] {
        let file = format!("{state}.lic");
        desk.lic(&["quick", "--state", state, "--out", &file]).done();
        assert_eq!(verdict(&desk, &[&file]), (state.into(), 3));
        assert_eq!(verdict(&desk, &[&file, "--keys", "test.pem"]), ("-".into(), 0));
        assert_snapshot!(format!("{state}"), desk.lic_on_terminal(&["verify", &file], []));
    }
}

#[test]
fn a_name_in_a_key_turns_no_text_around() {
    let desk = with_customer("acme");
    desk.lic(&["customer", "add", "zed", "--name", "Zed \u{202e}SNOS & \u{2066}"]).done();
    desk.lic(&["issue", "zed", "--tier", "basic", "--out", "zed.lic", "-q"]).done();
    for args in [&["verify", "zed.lic", "--explain"][..], &["inspect", "zed.lic"], &["list"], &["show", "zed.lic"]] {
        desk.lic_on_terminal(args, []).done().tame();
    }
}

#[test]
fn a_reader_that_has_had_enough_hears_the_verdict_in_the_exit_code() {
    let desk = desk();
    for pipe in [Pipe::Closed, Pipe::ClosedWhenFlushed] {
        let code = |args: &[&str]| desk.command(&[&["verify", "acme.lic"], args].concat()).output(pipe).run().code;
        assert_eq!((code(&[]), code(&["--at", "2030-01-01"])), (0, 3), "{pipe:?}");
    }
}
