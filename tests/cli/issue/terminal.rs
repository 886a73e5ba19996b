//! `lic issue` on a terminal: two picks and Enter.

use insta::assert_snapshot;

use super::desk;
use crate::support::{Answer, Cancel, Desk, Enter, No, Yes, empty, pick, search, secret};

/// An authority with a passphrase, `correct horse`, and two customers.
fn with_passphrase() -> Desk {
    let desk = empty();
    desk.write_private("pass", "correct horse\n");
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--passphrase-file", "pass", "-q"]).done();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH", "-q"]).done();
    desk.lic(&["customer", "add", "globex", "--name", "Globex Corporation", "-q"]).done();
    desk
}

#[test]
fn what_is_missing_is_asked_for() {
    let desk = with_passphrase();
    let answers = [search("Globex"), pick("standard"), Enter, secret("correct horse")];
    assert_snapshot!(desk.lic_on_terminal(&["issue"], answers));
}

#[test]
fn what_is_given_is_not_asked_for() {
    let desk = desk();
    let run = desk.lic_on_terminal(&["issue", "acme", "--tier", "basic"], []).done();
    assert_eq!(run.questions, [""; 0]);
    let run = desk.lic_on_terminal(&["issue", "--tier", "basic"], [search("acme"), Enter]).done();
    assert_eq!(run.questions.len(), 2);
    let run = desk.lic_on_terminal(&["issue", "acme"], [pick("basic"), Enter]).done();
    assert_eq!(run.questions.len(), 2);
}

#[test]
fn what_is_offered_can_be_had() {
    let desk = desk();
    for (slug, name) in [("zed", "Zed & Sons"), ("old", "Old Corp")] {
        desk.lic(&["customer", "add", slug, "--name", name]).done();
    }
    desk.lic(&["customer", "archive", "old"]).done();
    desk.lic(&["tier", "retire", "standard"]).done();
    assert_snapshot!(desk.lic_on_terminal(&["issue"], [search("Zed"), pick("enterprise"), Enter]));
}

#[test]
fn a_name_in_the_list_turns_no_text_around() {
    let desk = desk();
    desk.lic(&["customer", "add", "zed", "--name", "Zed \u{202e}SNOS & \u{2066}"]).done();
    desk.lic_on_terminal(&["issue"], [search("zed"), pick("basic"), Enter]).done().tame();
}

#[test]
fn the_command_that_asks_nothing_gives_the_same() {
    let desk = desk();
    let given = [
        "issue",
        "--tier",
        "standard",
        "--type",
        "trial",
        "--seats",
        "3",
        "--for",
        "30d",
        "--from",
        "2027-01-01",
        "--feature",
        "sso",
        "--no-feature",
        "export",
        "--limit",
        "users=9",
        "--grace",
        "3",
        "--note",
        "it's for Jane",
        "--max-machines",
        "2",
        "--out",
        "a.lic",
    ];
    let run = desk.lic_on_terminal(&given, [search("acme"), Enter]).done();
    assert_snapshot!(run);
    let hint = run.stderr.lines().find_map(|line| line.split_once("the same without questions: lic ")).unwrap().1;
    let typed: Vec<String> = shell_words(&hint.replace("a.lic", "b.lic"));
    desk.lic(&typed.iter().map(String::as_str).collect::<Vec<_>>()).done();
    let claims = |file| {
        let json = desk.lic(&["inspect", file, "--json"]).done().json();
        let mut claims = json["unverified_key"]["claims"].clone();
        for own in ["jti", "iat"] {
            claims.as_object_mut().unwrap().remove(own);
        }
        claims
    };
    assert_eq!(claims("a.lic"), claims("b.lic"));
    let notes = desk.lic(&["list", "-o", "csv"]).done().stdout;
    assert_eq!(notes.matches("it's for Jane").count(), 2, "{notes}");
}

/// The words of a line as a shell reads them, as far as these tests need it.
fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (sign, quote) {
            (_, Some(open)) if sign == open => quote = None,
            ('\'' | '"', None) => quote = Some(sign),
            ('\\', None | Some('"')) => word.extend(signs.next()),
            (' ', None) => words.push(std::mem::take(&mut word)),
            _ => word.push(sign),
        }
    }
    words.push(word);
    words
}

#[test]
fn whoever_says_no_changes_nothing() {
    let desk = desk();
    let before = desk.files();
    let answers = [search("acme"), pick("basic"), No];
    assert_snapshot!(desk.lic_on_terminal(&["issue"], answers));
    assert!(desk.files() == before);
}

#[test]
fn cancelling_at_any_question_changes_nothing() {
    let desk = with_passphrase();
    let all = [search("acme"), pick("basic"), Yes, secret("correct horse")];
    let before = desk.files();
    for answered in 0..all.len() {
        let answers: Vec<Answer> = all[..answered].iter().cloned().chain([Cancel]).collect();
        let run = desk.lic_on_terminal(&["issue"], answers).code(130);
        assert!(run.stderr.ends_with("cancelled; nothing was changed\n"), "{run}");
        assert!(desk.files() == before, "after {answered} answers");
    }
}

#[test]
fn a_passphrase_may_be_mistyped_twice() {
    let desk = with_passphrase();
    let answers = [secret("correct house"), secret(""), secret("correct horse")];
    assert_snapshot!("mistyped_twice", desk.lic_on_terminal(&["issue", "acme", "--tier", "basic"], answers));
    let before = desk.files();
    let answers = [secret("a"), secret("b"), secret("c")];
    assert_snapshot!("mistyped_three_times", desk.lic_on_terminal(&["issue", "acme", "--tier", "basic"], answers));
    assert!(desk.files() == before);
}

#[test]
fn a_wrong_passphrase_file_is_not_tried_again() {
    let desk = with_passphrase();
    desk.write_private("wrong", "battery staple");
    let run = desk.lic_on_terminal(&["issue", "acme", "--tier", "basic", "--passphrase-file", "wrong"], []).code(4);
    assert_eq!(run.questions, [""; 0]);
}

#[test]
fn unusual_terms_are_questioned() {
    let desk = desk();
    desk.lic(&["issue", "acme", "--tier", "basic", "--for", "1y", "-q"]).done();
    let unusual = ["issue", "acme", "--tier", "basic", "--for", "10y", "--out", "-"];
    let before = desk.events();
    assert_snapshot!("unusual_declined", desk.lic_on_terminal(&unusual, [Enter]));
    assert_eq!(desk.events(), before);
    desk.lic_on_terminal(&unusual, [Yes]).done();
    let more = ["issue", "acme", "--tier", "basic", "--for", "50y", "--out", "-", "--yes"];
    assert_eq!(desk.lic_on_terminal(&more, []).done().says("unusual").questions, [""; 0]);
}

#[test]
fn nobody_is_asked_where_input_is_forbidden_or_a_stream_is_no_terminal() {
    let desk = desk();
    desk.lic_on_terminal(&["issue", "--no-input"], []).code(2);
    desk.command(&["issue"]).terminal(80).input("acme\n").run().code(2);
}

#[test]
fn questions_are_asked_though_the_output_goes_to_a_file() {
    let desk = desk();
    let answers = [search("acme"), pick("basic"), Enter];
    let run = desk.command(&["issue", "--out", "-"]).terminal(80).output_to_pipe().answers(answers).run().done();
    assert!(run.stdout.starts_with("-----BEGIN LICENSE-----\n"), "{run}");
}

#[test]
fn who_may_not_issue_is_told_before_the_first_question() {
    let desk = desk();
    desk.lic(&["operator", "add", "eve", "--role", "viewer"]).done();
    let run = desk.lic_on_terminal(&["issue", "--as", "eve"], []).code(4);
    assert_eq!(run.questions, [""; 0]);
}

#[test]
fn a_dry_run_asks_and_changes_nothing() {
    let desk = desk();
    let before = desk.files();
    assert_snapshot!(desk.lic_on_terminal(&["issue", "--dry-run"], [search("acme"), pick("basic")]));
    assert!(desk.files() == before);
}

#[test]
fn without_tiers_the_next_step_is_told() {
    let desk = empty();
    desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase", "--no-sample-tiers", "-q"])
        .done();
    assert_snapshot!(desk.lic_on_terminal(&["issue", "internal"], []));
}
