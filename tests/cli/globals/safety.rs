//! Dry runs, homes that are not there, and questions that are not asked.

use super::commands::{Does, EVERY, desk};
use crate::support::empty;

#[test]
fn a_dry_run_changes_nothing_and_says_what_it_would_do() {
    for example in EVERY.iter().filter(|example| example.changes()) {
        let desk = desk();
        let (events, files) = (desk.events(), desk.files());
        let run = desk.lic(&example.with(&["--dry-run"])).done();
        assert_eq!(desk.events(), events, "{run}");
        assert_eq!(desk.files(), files, "{run}");
        assert!(run.stderr.contains("would ") && run.stderr.contains("(dry run)"), "{run}");
        assert!(!run.stderr.contains('✓'), "{run}");
    }
}

/// So that the rule above is not kept by commands that change nothing anyway.
#[test]
fn without_dry_run_the_same_commands_change_something() {
    for example in &EVERY {
        let desk = desk();
        let (events, files) = (desk.events(), desk.files());
        let run = desk.lic(&example.words()).done();
        let changed = (desk.events() != events, desk.files() != files);
        let expected = match example.does {
            Does::Records => (true, true),
            Does::Exports | Does::WritesFiles => (false, true),
            Does::Reads | Does::Prints | Does::Sends => (false, false),
        };
        assert_eq!(changed, expected, "{run}");
    }
}

#[test]
fn a_dry_run_on_a_terminal_does_not_ask_whether_to_go_on() {
    for example in EVERY.iter().filter(|example| example.changes() && example.command != ["init"]) {
        let run = desk().lic_on_terminal(&example.with(&["--dry-run"]), []).done();
        assert_eq!(run.questions, [""; 0], "{run}");
    }
}

#[test]
fn without_an_authority_a_command_says_how_to_get_one() {
    let whole = desk();
    for example in &EVERY {
        let desk = empty();
        for name in ["key.lic", "off.lic", "key.tlog-proof", "log.vkey", "ledger.jsonl", "asked.lic", "asked.state"] {
            desk.write(name, whole.read(name));
        }
        desk.write("crm.csv", "name\nCrane Ltd\n");
        desk.write("tiers.toml", "");
        for file in ["ledger.db", "lic.toml", "manifest.json"] {
            desk.write(&format!("saved/{file}"), std::fs::read(whole.path("saved").join(file)).expect("a backup"));
        }
        let run = desk.lic(&example.words());
        if example.needs_authority() {
            assert_eq!(run.code, 1, "{run}");
            let run = run.says("error: there is no authority in /tmp/lic-test-folder/home\n");
            let hint = if example.command == ["verify"] { "--keys vendor.pem" } else { "'lic init'" };
            run.says(hint);
            assert!(!desk.home().exists());
        } else {
            run.done();
        }
    }
}

#[test]
fn a_command_that_has_all_it_needs_asks_nothing() {
    // What destroys is questioned on a terminal, and what shows a difference first asks whether to make it.
    let confirms = |words: &[&str]| {
        let key = words[0] == "key" && ["activate", "take", "reissue"].contains(&words[1]);
        let others = [
            &["operator", "remove"][..],
            &["tier", "apply"],
            &["revoke"],
            &["change"],
            &["deactivate"],
            &["machine", "deactivate"],
        ];
        key || others.contains(&words)
    };
    for example in EVERY.iter().filter(|example| !confirms(example.command) && example.command != ["init"]) {
        let run = desk().lic_on_terminal(&example.words(), []).done();
        assert_eq!(run.questions, [""; 0], "{run}");
    }
}

#[test]
fn yes_answers_every_question_whether_to_go_on() {
    for example in EVERY.iter().filter(|example| example.command != ["init"]) {
        let yes: &[&str] = if example.args.contains(&"--yes") { &[] } else { &["--yes"] };
        let run = desk().lic_on_terminal(&example.with(yes), []).done();
        assert_eq!(run.questions, [""; 0], "{run}");
    }
}

#[test]
fn no_input_means_that_nothing_is_asked() {
    for example in &EVERY {
        // With all it needs, and with nothing at all.
        desk().lic_on_terminal(&example.with(&["--no-input"]), []).done();
        desk().lic_on_terminal(&[example.command, &["--no-input"]].concat(), []);
    }
}

#[test]
fn no_command_panics_for_want_of_arguments() {
    for example in &EVERY {
        let run = desk().lic(example.command);
        assert!(matches!(run.code, 0..=5), "{run}");
    }
}
