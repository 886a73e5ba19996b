//! Formats, colors, and what is written where.

use insta::assert_snapshot;

use super::commands::{Does, EVERY, desk};
use crate::support::{Desk, Pipe, Run, with_customer};

/// The commands that show a list, with the member that holds it in JSON.
const LISTS: [(&[&str], &str); 7] = [
    (&["list"], "licenses"),
    (&["customer", "list"], "customers"),
    (&["tier", "list"], "tiers"),
    (&["operator", "list"], "operators"),
    (&["key", "list"], "signing_keys"),
    (&["audit", "log"], "events"),
    (&["config", "show"], "settings"),
];

/// The commands that show one thing at length, with the member that holds it in JSON.
const DETAILS: [(&[&str], &str); 8] = [
    (&["show", "key.lic"], "license"),
    (&["customer", "show", "acme"], "customer"),
    (&["tier", "show", "basic"], "tier"),
    (&["verify", "key.lic"], "verdict"),
    (&["inspect", "key.lic"], "unverified_key"),
    (&["audit", "verify"], "audit"),
    (&["audit", "checkpoint"], "checkpoint"),
    (&["audit", "check", "key.tlog-proof", "--key", "log.vkey"], "proof"),
];

fn in_format(desk: &Desk, command: &[&str], format: &str) -> Run {
    desk.lic(&[command, &["-o", format]].concat()).done()
}

/// The rows of CSV or TSV, without the header.
fn rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(delimiter == b',').from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn every_format_of_a_list_reads_back() {
    let desk = desk();
    for (command, member) in LISTS {
        let json = in_format(&desk, command, "json").json();
        assert_eq!(json["schema"], 1, "{command:?}");
        let all = json[member].as_array().unwrap_or_else(|| panic!("{command:?} has no {member}: {json}"));
        assert!(!all.is_empty(), "{command:?}");
        let lines = in_format(&desk, command, "jsonl").stdout;
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), all.len(), "{command:?}");
        assert!(lines.iter().all(|line| line["schema"] == 1), "{command:?}");
        let comma = rows(&in_format(&desk, command, "csv").stdout, b',');
        let tab = rows(&in_format(&desk, command, "tsv").stdout, b'\t');
        assert_eq!((comma.len(), tab.len()), (all.len(), all.len()), "{command:?}");
        assert_eq!(in_format(&desk, command, "name").stdout.lines().count(), all.len(), "{command:?}");
        let markdown = in_format(&desk, command, "md").stdout;
        assert_eq!(markdown.lines().filter(|line| line.starts_with('|')).count(), all.len() + 2, "{command:?}");
        assert!(in_format(&desk, command, "table").stdout.lines().count() >= all.len() + 2, "{command:?}");
    }
}

#[test]
fn every_format_of_one_thing_reads_back() {
    let desk = desk();
    for (command, member) in DETAILS {
        let json = in_format(&desk, command, "json").json();
        assert_eq!(json["schema"], 1, "{command:?}");
        assert!(json[member].is_object(), "{command:?} has no {member}: {json}");
        let line = in_format(&desk, command, "jsonl").stdout;
        assert_eq!(line.lines().count(), 1, "{command:?}: {line}");
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
        rows(&in_format(&desk, command, "csv").stdout, b',');
        rows(&in_format(&desk, command, "tsv").stdout, b'\t');
        assert_eq!(in_format(&desk, command, "name").stdout.lines().count(), 1, "{command:?}");
        assert!(!in_format(&desk, command, "md").stdout.is_empty(), "{command:?}");
    }
}

#[test]
fn no_json_has_a_null() {
    let desk = desk();
    for (command, _) in LISTS.iter().chain(&DETAILS) {
        let text = in_format(&desk, command, "json").stdout;
        assert!(!text.contains(": null"), "{command:?}: {text}");
    }
}

#[test]
fn json_is_short_for_the_format() {
    let desk = desk();
    for (command, _) in LISTS {
        let long = in_format(&desk, command, "json").stdout;
        assert_eq!(desk.lic(&[command, &["--json"]].concat()).done().stdout, long);
        assert_eq!(desk.lic(&[&["--json"], command].concat()).done().stdout, long);
    }
}

#[test]
fn a_terminal_gets_a_table_and_a_pipe_gets_tsv() {
    let desk = desk();
    for (command, _) in LISTS {
        let pipe = desk.lic(command).done().stdout;
        assert_eq!(pipe, in_format(&desk, command, "tsv").stdout);
        assert!(!pipe.contains('…'), "{pipe}");
        assert!(desk.lic_on_terminal(command, []).done().stdout.contains('─'), "{command:?}");
        let piped = desk.command(command).terminal(100).output_to_pipe().run().done();
        assert_eq!(piped.stdout, pipe);
    }
}

#[test]
fn a_table_fits_the_terminal() {
    let desk = desk();
    for (command, _) in LISTS {
        for width in [60, 80, 100, 132] {
            for line in desk.command(command).terminal(width).run().done().stdout.lines() {
                assert!(line.chars().count() <= usize::from(width), "{command:?} at {width}: {line}");
            }
        }
    }
}

#[test]
fn what_a_command_says_goes_to_standard_error_and_data_to_standard_output() {
    for example in EVERY.iter().filter(|example| example.changes()) {
        let run = desk().lic(&example.with(&["-o", "table"])).done();
        assert_eq!(run.stdout, "", "{run}");
        assert!(!run.stderr.is_empty(), "{run}");
    }
    for example in EVERY.iter().filter(|example| !example.changes() && example.command != ["inspect"]) {
        let run = desk().lic(&example.words()).done();
        assert_eq!(run.stderr, "", "{run}");
        assert!(!run.stdout.is_empty(), "{run}");
    }
}

#[test]
fn quiet_says_nothing_but_data_and_errors() {
    for example in EVERY.iter().filter(|example| example.changes()) {
        let run = desk().lic(&example.with(&["--quiet", "-o", "table"])).done();
        let said: Vec<&str> = run.stderr.lines().filter(|line| !line.starts_with("warning:")).collect();
        assert_eq!(said, [""; 0], "{run}");
    }
    let run = with_customer("acme").lic(&["customer", "show", "nobody", "-q"]).code(5);
    assert!(run.stderr.starts_with("error:"), "{run}");
}

#[test]
fn verbose_says_which_home_and_which_operator() {
    let desk = desk();
    assert_snapshot!(desk.lic(&["customer", "edit", "acme", "--owner", "jane", "-v"]));
}

#[test]
fn colors_are_for_terminals_that_want_them() {
    let desk = desk();
    let colored = |command: crate::support::Command<'_>| {
        let run = command.run();
        (run.stdout.contains("\u{1b}["), run.stderr.contains("\u{1b}["))
    };
    let verify = || desk.command(&["verify", "key.lic", "--explain"]);
    let add = |args: &[&str]| desk.command(&[&["customer", "edit", "acme", "--dry-run", "--owner", "x", "-v"], args].concat());
    assert_eq!(colored(verify().terminal(80).env("NO_COLOR", "")), (true, false));
    assert_eq!(colored(verify().terminal(80)), (false, false));
    assert_eq!(colored(verify().terminal(80).env("NO_COLOR", "").env("TERM", "dumb")), (false, false));
    assert_eq!(colored(verify().terminal(80).output_to_pipe().env("NO_COLOR", "")), (false, false));
    assert_eq!(colored(add(&[]).env("NO_COLOR", "")), (false, false));
    assert_eq!(colored(add(&[]).terminal(80).env("NO_COLOR", "")), (false, true));
    assert_eq!(colored(add(&["--color", "never"]).terminal(80).env("NO_COLOR", "")), (false, false));
    assert_eq!(colored(add(&["--color", "always"])), (false, true));
    assert_eq!(colored(desk.command(&["--help"]).terminal(80).env("NO_COLOR", "")), (true, false));
    assert_eq!(colored(desk.command(&["--help"]).terminal(80)), (false, false));
    assert_eq!(colored(desk.command(&["isue"]).terminal(80)), (false, false));
}

#[test]
fn data_is_never_colored() {
    let desk = desk();
    for (command, _) in LISTS.iter().chain(&DETAILS) {
        for format in ["json", "jsonl", "csv", "tsv", "md", "name"] {
            let run = desk.command(&[*command, &["-o", format, "--color", "always"]].concat()).terminal(80).run().done();
            assert!(!run.stdout.contains('\u{1b}'), "{run}");
        }
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for pipe in [Pipe::Closed, Pipe::ClosedWhenFlushed] {
        for example in &EVERY {
            let run = super::commands::desk().command(&example.words()).output(pipe).run().done();
            assert!(!run.stderr.contains("error:"), "{run}");
        }
        let desk = desk();
        for (command, _) in LISTS.iter().chain(&DETAILS) {
            for format in ["table", "json", "jsonl", "csv", "tsv", "md", "name"] {
                let run = desk.command(&[*command, &["-o", format]].concat()).output(pipe).run().done();
                assert!(!run.stderr.contains("error:"), "{run}");
            }
        }
        desk.command(&["--help"]).output(pipe).run().done();
    }
}

#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    for example in EVERY.iter().filter(|example| matches!(example.does, Does::Reads | Does::Prints)) {
        let run = desk().command(&example.words()).output(Pipe::Full).run().code(1);
        assert!(run.stderr.contains("error:"), "{run}");
    }
}
