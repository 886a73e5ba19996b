//! A person at a real terminal.

use super::screen::{CTRL_C, DOWN, ENTER, ESCAPE, Screen};
use super::{PASSPHRASE, Place};

/// Starts the program on a terminal of 80 columns.
fn start(place: &Place, args: &[&str]) -> Screen {
    Screen::start(place.lic(args), 80)
}

#[test]
fn two_picks_and_enter_issue_a_license() {
    let place = Place::protected();
    let mut screen = start(&place, &["issue"]);
    screen
        .wait_for("Customer")
        .wait_for("acme")
        .wait_for("globex")
        .type_in("corp")
        .wait_for("corp")
        .wait_for("globex")
        .type_in(ENTER);
    screen.wait_for("Tier").wait_for("free").type_in(DOWN).type_in(ENTER);
    screen.wait_for("Globex Corporation · basic · 5 seats").wait_for("Issue it?").type_in(ENTER);
    screen.wait_for("Passphrase of ops").type_secret(PASSPHRASE);
    screen.wait_for("saved globex-basic.lic").wait_for("the same without questions: lic");
    let left = screen.end().ended_with(0);
    assert!(!left.raw.contains(PASSPHRASE), "{}", left.shown());
    place.done(&["verify", "globex-basic.lic", "--customer", "globex"]);
    assert_eq!(place.licenses().len(), 1);
}

/// What brings the program to a question: what is shown, and what is typed then.
type Steps<'s> = &'s [(&'s str, &'s str)];

/// Every kind of question, with the steps that lead to it and its own words.
const QUESTIONS: [(&[&str], Steps<'_>, &str); 6] = [
    (&["issue"], &[], "Customer"),
    (&["issue", "acme"], &[], "Tier"),
    (&["issue", "acme"], &[("Tier", ENTER)], "Issue it?"),
    (&["issue", "acme", "--tier", "basic"], &[], "Passphrase of ops"),
    (&["init", "--home", "other"], &[], "Name of your company"),
    (
        &["init", "--home", "other", "--name", "A", "--product", "b", "--no-sample-tiers"],
        &[("First operator", "x\r")],
        "to be protected?",
    ),
];

fn at_question(place: &Place, (args, steps, question): &(&[&str], Steps<'_>, &str)) -> Screen {
    let mut screen = start(place, args);
    for (shown, typed) in *steps {
        screen.wait_for(shown).type_in(typed);
    }
    screen.wait_for(question).wait_for_silence();
    screen
}

#[test]
fn ctrl_c_at_any_question_hands_the_terminal_back_and_changes_nothing() {
    let place = Place::protected();
    for question in &QUESTIONS {
        let mut screen = at_question(&place, question);
        screen.type_in(CTRL_C);
        let left = screen.end().ended_with(130);
        let shown = left.shown();
        assert!(shown.ends_with("cancelled; nothing was changed\n") && shown.matches("cancelled").count() == 1, "{shown}");
    }
    assert!(place.licenses().is_empty() && !place.path("other").exists());
}

#[test]
fn escape_at_a_pick_does_the_same() {
    let place = Place::protected();
    for question in QUESTIONS.iter().filter(|(_, _, words)| ["Customer", "Tier", "Issue it?"].contains(words)) {
        let mut screen = at_question(&place, question);
        screen.type_in(ESCAPE);
        let left = screen.end().ended_with(130);
        let shown = left.shown();
        assert!(shown.ends_with("cancelled; nothing was changed\n") && shown.matches("cancelled").count() == 1, "{shown}");
    }
    assert!(place.licenses().is_empty());
}

#[test]
fn a_passphrase_is_never_shown_and_may_be_mistyped_twice() {
    let place = Place::protected();
    let mut screen = start(&place, &["issue", "acme", "--tier", "basic"]);
    for typed in ["battery staple", "correct house"] {
        screen.wait_for("Passphrase of ops").type_secret(typed).wait_for("does not open");
    }
    screen.wait_for("Passphrase of ops").type_secret(PASSPHRASE).wait_for("saved");
    let left = screen.end().ended_with(0);
    for secret in ["battery", "house", "horse"] {
        assert!(!left.raw.contains(secret), "{}", left.shown());
    }

    let mut screen = start(&place, &["issue", "acme", "--tier", "basic"]);
    for typed in ["one wrong", "two wrong", "three wrong"] {
        screen.wait_for("Passphrase of ops").type_secret(typed).wait_for("does not open");
    }
    screen.end().ended_with(4);
    assert_eq!(place.licenses().len(), 1);
}

/// What was issued before the interruption stays issued, and the program does not say otherwise.
#[test]
fn ctrl_c_after_the_last_question_does_not_claim_that_nothing_happened() {
    let place = Place::protected();
    let mut screen = start(&place, &["issue", "acme", "--tier", "basic", "--count", "2000", "--out", "keys"]);
    screen.wait_for("Passphrase of ops").type_secret(PASSPHRASE);
    screen.wait_for("saved").type_in(CTRL_C);
    let left = screen.end().ended_with(130);
    assert!(!left.shown().contains("nothing was changed"), "{}", left.shown());
    assert_eq!(place.licenses().len(), 2000);
}

#[test]
fn the_wizard_sets_up_an_authority() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lic"));
    command.arg("init").current_dir(folder.path()).env_clear().env("HOME", folder.path());
    let mut screen = Screen::start(command, 80);
    screen.wait_for("Name of your company").type_in("Example Software\r");
    screen.wait_for("Short name of your product").type_in("Cock Pit\r").wait_for("is not allowed");
    screen.wait_for("Short name of your product").type_in("cockpit\r");
    // The name of whoever runs the tests stands there as the default.
    screen.wait_for("First operator").type_in("\u{15}ops\r");
    screen.wait_for("sample tiers").type_in("y");
    screen.wait_for("to be protected?").type_in(ENTER);
    screen.wait_for("New passphrase").type_secret("short").wait_for("at least 8 characters");
    screen.wait_for("New passphrase").type_secret("correct horse");
    screen.wait_for("The same again").type_secret("correct house").wait_for("the two differ");
    screen.wait_for("New passphrase").type_secret("correct horse");
    screen.wait_for("The same again").type_secret("correct horse");
    screen.wait_for("is set up in");
    let left = screen.end().ended_with(0);
    assert!(!left.raw.contains("horse") && !left.raw.contains("house"), "{}", left.shown());
    assert!(folder.path().join(".local/share/lic/ledger.db").exists());
}

#[test]
fn tables_fit_the_terminal() {
    let place = Place::open();
    place.done(&["customer", "edit", "acme", "--name", "Association of the Upper Lower Saxon Steamship Owners"]);
    place.done(&["issue", "acme", "--tier", "professional", "--out", "-"]);
    for columns in [60, 80, 120] {
        for args in [&["list"][..], &["customer", "list"], &["tier", "list"], &["key", "list"]] {
            let left = Screen::start(place.lic(args), columns).end().ended_with(0);
            let widest = left.shown().lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest > 20 && widest <= usize::from(columns), "{columns}:\n{}", left.shown());
        }
    }
}

#[test]
fn colors_are_for_terminals_that_show_them() {
    let place = Place::open();
    place.done(&["issue", "acme", "--tier", "basic"]);
    let colored = |name: &str, value: &str, args: &[&str]| {
        let mut command = place.lic(&[&["verify", "acme-basic.lic"], args].concat());
        command.env(name, value);
        Screen::start(command, 80).end().ended_with(0).raw.contains('\u{1b}')
    };
    assert!(colored("LANG", "C", &[]));
    assert!(!colored("NO_COLOR", "1", &[]));
    assert!(!colored("LANG", "C", &["--color", "never"]));
    assert!(colored("NO_COLOR", "1", &["--color", "always"]));
}

#[test]
fn what_is_typed_steers_no_terminal() {
    let place = Place::open();
    for args in [
        &["issue", "acme", "--tier", "basic", "--feature", "x\u{1b}[2J\u{1b}]0;pwned\u{7}"][..],
        &["issue", "ac\u{1b}[2Jme", "--tier", "basic"],
        &["\u{1b}[2J"],
        &["list", "--\u{1b}[2J"],
        &["show", "\u{202e}\u{1b}[2J"],
        &["verify", "\u{1b}[2J.lic"],
    ] {
        let left = start(&place, args).end();
        assert!(left.code != Some(0), "{}", left.shown());
        for steering in ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{202e}"] {
            assert!(!left.raw.contains(steering), "{args:?}: {:?}", left.raw);
        }
    }
}

#[test]
fn whoever_is_to_paste_a_key_is_told_how() {
    let place = Place::open();
    let key = place.done(&["issue", "acme", "--tier", "basic", "--out", "-"]);
    let mut screen = start(&place, &["verify"]);
    screen.wait_for("Ctrl-D").type_in(&key).type_in("\u{4}").wait_for("valid");
    screen.end().ended_with(0);
}
