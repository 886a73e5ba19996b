//! `lic completions`, and what the shell is offered.

use insta::assert_snapshot;

use crate::support::{Desk, authority, empty};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "elvish", "powershell"];

#[test]
fn there_is_a_script_for_every_shell_and_no_authority_is_needed() {
    for shell in SHELLS {
        let run = empty().lic(&["completions", shell]).done();
        assert!(run.stdout.contains("LIC_COMPLETE"), "{run}");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn an_unknown_shell_is_refused() {
    assert_snapshot!(empty().lic(&["completions", "tcsh"]));
    assert_snapshot!("no_shell", empty().lic(&["completions"]));
}

/// The script names the program by its name, not by where this test found it.
#[test]
fn the_script_calls_the_program_by_its_name() {
    for shell in SHELLS {
        let run = empty().lic(&["completions", shell]).done();
        assert!(!run.stdout.contains(env!("CARGO_MANIFEST_DIR")), "{run}");
    }
}

/// What the shell offers for the last of these words: asked of the real program, which looks at its own environment.
fn offered(desk: &Desk, words: &[&str]) -> Vec<String> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lic"))
        .args(["--", "lic"])
        .args(words)
        .env_clear()
        .env("HOME", desk.home())
        .env("LIC_HOME", desk.home())
        .env("LIC_COMPLETE", "fish")
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn the_shell_is_offered_commands_and_what_the_ledger_holds() {
    let desk = authority();
    desk.lic(&["customer", "add", "acme", "--name", "Acme GmbH"]).done();
    desk.lic(&["customer", "add", "bolt", "--name", "Bolt"]).done();
    desk.lic(&["customer", "add", "gone", "--name", "Gone"]).done();
    desk.lic(&["customer", "archive", "gone"]).done();
    desk.lic(&["tier", "retire", "free"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic"]).done();
    let id = desk.lic(&["list", "-o", "name"]).done().stdout.trim().to_owned();

    assert!(offered(&desk, &["cust"]).contains(&"customer".to_owned()));
    assert_eq!(offered(&desk, &["issue", "a"]), ["acme"]);
    let customers = offered(&desk, &["issue", ""]);
    assert!(customers.contains(&"bolt".to_owned()) && !customers.contains(&"gone".to_owned()), "{customers:?}");
    assert_eq!(offered(&desk, &["issue", "acme", "--tier", ""]), ["basic", "standard", "professional", "enterprise"]);
    assert_eq!(offered(&desk, &["show", "LIC"]), [id.as_str()]);
    assert_eq!(offered(&desk, &["operator", "remove", "o"]), ["ops"]);
}

#[test]
fn without_an_authority_nothing_is_offered_and_nothing_said() {
    assert_eq!(offered(&empty(), &["issue", "a"]), [""; 0]);
}
