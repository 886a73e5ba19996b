//! The help, the names of flags, and the examples.

use std::collections::BTreeSet;

use clap::error::ErrorKind;
use clap::{Arg, Command};
use insta::assert_snapshot;

use super::{all, leaves};
use crate::support::{empty, is_hidden, shell_words};

/// Commands whose help needs no example: they take nothing, or what they take is plain from the usage line.
const WITHOUT_EXAMPLE: [&str; 12] = [
    "config show",
    "customer archive",
    "customer list",
    "customer show",
    "demo",
    "key list",
    "operator edit",
    "operator list",
    "operator remove",
    "tier list",
    "tier retire",
    "tier show",
];

fn help_of(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

fn is_global(arg: &Arg) -> bool {
    arg.is_global_set()
}

/// Every flag and argument that the definition itself has, with the command it stands in.
fn args() -> Vec<(String, Arg)> {
    let mut found = Vec::new();
    for (name, command) in all() {
        found.extend(command.get_arguments().map(|arg| (name.clone(), arg.clone())));
    }
    found
}

#[test]
fn the_definition_agrees_with_itself() {
    lic::cli::definition().debug_assert();
}

#[test]
fn every_flag_and_every_argument_has_a_help() {
    let without: Vec<String> = args()
        .into_iter()
        .filter(|(_, arg)| help_of(arg).is_empty())
        .map(|(name, arg)| format!("{name} {}", arg.get_id()))
        .collect();
    assert_eq!(without, [""; 0]);
}

#[test]
fn every_command_says_what_it_does() {
    let without: Vec<String> =
        all().into_iter().filter(|(_, command)| command.get_about().is_none()).map(|(name, _)| name).collect();
    assert_eq!(without, [""; 0]);
}

/// A help starts with a capital, or with a value to be typed; it ends without a period.
#[test]
fn helps_read_alike() {
    let mut odd = Vec::new();
    let mut check = |place: String, help: String, values: &[&str]| {
        let first_word: String = help.chars().take_while(|sign| sign.is_alphanumeric()).collect();
        let starts_well = help.starts_with(char::is_uppercase) || values.contains(&first_word.as_str());
        if help.is_empty() {
            return; // That there is a help at all is checked above.
        }
        if !starts_well || help.ends_with('.') || help.trim() != help {
            odd.push(format!("{place}: {help}"));
        }
    };
    for (name, arg) in args() {
        check(format!("{name} {}", arg.get_id()), help_of(&arg), &["customer", "admin", "commercial"]);
    }
    for (name, command) in all().into_iter().filter(|(name, _)| name != "lic") {
        check(name, command.get_about().map(ToString::to_string).unwrap_or_default(), &[]);
    }
    assert_eq!(odd, [""; 0]);
}

#[test]
fn no_command_has_a_flag_that_is_a_global_one() {
    let definition = lic::cli::definition();
    let global: Vec<Arg> = definition.get_arguments().filter(|arg| is_global(arg)).cloned().collect();
    assert!(global.len() >= 10, "{global:?}");
    for (name, command) in all().into_iter().filter(|(name, _)| name != "lic") {
        for arg in command.get_arguments() {
            for other in &global {
                let clash = arg.get_id() == other.get_id()
                    || (arg.get_long().is_some() && arg.get_long() == other.get_long())
                    || (arg.get_short().is_some() && arg.get_short() == other.get_short());
                assert!(!clash, "'{name}' has an argument {:?} that clashes with the global {:?}", arg.get_id(), other.get_id());
            }
        }
    }
}

#[test]
fn no_two_global_flags_are_the_same() {
    let definition = lic::cli::definition();
    let global: Vec<&Arg> = definition.get_arguments().filter(|arg| is_global(arg)).collect();
    let longs: BTreeSet<&str> = global.iter().filter_map(|arg| arg.get_long()).collect();
    let shorts: Vec<char> = global.iter().filter_map(|arg| arg.get_short()).collect();
    assert_eq!(longs.len(), global.len());
    assert_eq!(shorts.iter().collect::<BTreeSet<_>>().len(), shorts.len());
}

#[test]
fn a_flag_is_lower_case_words_joined_by_hyphens() {
    for (name, arg) in args() {
        if let Some(long) = arg.get_long() {
            assert!(long.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-'), "{name} --{long}");
        }
    }
}

#[test]
fn what_takes_a_value_names_it() {
    for (name, arg) in args() {
        let takes = arg.get_action().takes_values();
        let names = arg.get_value_names().unwrap_or_default();
        let shouted = names.iter().all(|value| !value.chars().any(char::is_lowercase));
        // A choice of values shows the choice itself.
        let chosen = !arg.get_possible_values().is_empty();
        assert!(!takes || chosen || (!names.is_empty() && shouted), "{name} {}: {names:?}", arg.get_id());
    }
}

fn after_help(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn every_command_shows_an_example() {
    for (words, command) in leaves() {
        let name = words.join(" ");
        let shows = after_help(&command).contains("Example");
        let exempt = WITHOUT_EXAMPLE.contains(&name.as_str());
        assert!(shows || exempt, "'lic {name}' shows no example in its help");
        assert!(!(shows && exempt), "'lic {name}' shows an example: take it off the list of those that do not");
    }
}

/// Whether the command line knows these words; `strict` also wants every value to be one.
fn knows(words: &[String], strict: bool) -> Result<(), clap::Error> {
    match lic::cli::definition().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
            let harmless = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if harmless || !(strict || unknown) { Ok(()) } else { Err(error) }
        }
    }
}

#[test]
fn every_example_is_a_command_that_works() {
    let mut tried = 0;
    for (name, command) in all() {
        let long = command.get_long_about().map(ToString::to_string).unwrap_or_default();
        for line in after_help(&command).lines().chain(long.lines()) {
            let Some(example) = line.find("lic ").map(|start| &line[start..]).filter(|_| line.starts_with("  ")) else {
                continue;
            };
            tried += 1;
            let words = shell_words(example);
            if let Err(error) = knows(&words, true) {
                panic!("in the help of '{name}': {example}\n{error}");
            }
        }
    }
    assert!(tried > 25, "only {tried} examples were found");
}

/// The commands in the hints of every snapshot of these tests.
#[test]
fn every_hint_names_a_command_that_exists() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let folders = [tests.join("snapshots"), tests.join("globals/snapshots")];
    let mut tried = 0;
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for hint in text.lines().filter_map(|line| line.strip_prefix("hint: ")) {
            let quoted = hint.match_indices("'lic ").map(|(start, _)| hint[start + 1..].split('\'').next().unwrap());
            let whole = hint.starts_with("lic ").then_some(hint);
            for command in quoted.chain(whole) {
                tried += 1;
                if let Err(error) = knows(&shell_words(command), false) {
                    panic!("{}: {hint}\n{error}", path.display());
                }
            }
        }
    }
    assert!(tried > 20, "only {tried} commands were found in hints");
}

#[test]
fn help_fits_100_columns_and_is_plain_text() {
    for (name, _) in all() {
        for flag in ["--help", "-h"] {
            let words: Vec<&str> = name.split(' ').skip(1).chain([flag]).collect();
            for run in [empty().lic(&words).done(), empty().lic_on_terminal(&words, []).done()] {
                assert_eq!(run.stderr, "", "{run}");
                for line in run.stdout.lines() {
                    let is_example = line.starts_with("  lic ");
                    assert!(is_example || line.chars().count() <= 100, "{name}: {line}");
                }
                assert!(!run.stdout.chars().any(is_hidden), "{run}");
            }
        }
    }
}

/// Where the first word names a command, that one alone is defined. Nobody may notice.
#[test]
fn a_command_is_the_same_wherever_the_global_flags_stand() {
    for (words, _) in leaves() {
        for more in ["--help", "--no-such-flag", "no-such-word"] {
            let words: Vec<&str> = words.iter().map(String::as_str).chain([more]).collect();
            let (one, other) = (empty().lic(&words), empty().lic(&[&["--no-input"], &words[..]].concat()));
            assert_eq!((one.code, &one.stdout, &one.stderr), (other.code, &other.stdout, &other.stderr), "{one}");
        }
    }
}

/// And not as wide as whatever the tests, or a pipe, happen to run on.
#[test]
fn help_is_as_wide_as_the_terminal_lets_it() {
    let widest = |run: crate::support::Run| run.done().stdout.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest(empty().command(&["list", "--help"]).terminal(60).run()) <= 60);
    assert!(widest(empty().command(&["list", "--help"]).terminal(200).run()) > 80);
}

#[test]
fn it_is_spelled_license() {
    for (name, _) in all() {
        let words: Vec<&str> = name.split(' ').skip(1).chain(["--help"]).collect();
        let help = empty().lic(&words).done().stdout.to_lowercase();
        assert!(!help.contains("licence"), "{name}:\n{help}");
    }
}

#[test]
fn the_program_alone_shows_its_help() {
    assert_snapshot!(empty().lic(&[]));
    assert_snapshot!("version", empty().lic(&["--version"]));
}

#[test]
fn what_is_mistyped_brings_what_was_meant() {
    let desk = empty();
    assert_snapshot!("unknown_command", desk.lic(&["isue"]));
    assert_snapshot!("unknown_command_of_a_noun", desk.lic(&["customer", "lst"]));
    assert_snapshot!("unknown_flag", desk.lic(&["issue", "acme", "--seat", "3"]));
    assert_snapshot!("unknown_format", desk.lic(&["list", "-o", "yaml"]));
    assert_snapshot!("two_formats", desk.lic(&["list", "--json", "-o", "csv"]));
    assert_snapshot!("quiet_and_verbose", desk.lic(&["list", "-q", "-v"]));
}

#[test]
fn an_argument_with_escape_codes_moves_no_cursor() {
    let desk = empty();
    for args in [
        &["\u{1b}]0;title\u{7}\u{1b}[2J"][..],
        &["list", "--status", "\u{1b}]0;title\u{7}\u{1b}[2J"],
        &["list", "--\u{1b}]0;title\u{7}"],
    ] {
        desk.lic(args).tame();
    }
}

#[test]
fn an_argument_with_rarer_control_characters_moves_no_cursor() {
    let desk = empty();
    for args in [&["issue", "--for", "\u{9b}2J"][..], &["list", "-o", "\u{202e}nosj"], &["list", "--status", "x\u{85}y"]] {
        desk.lic(args).tame();
    }
}
