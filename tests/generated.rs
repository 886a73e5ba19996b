//! What is generated from the one definition of the command line and committed: `man/`, `completions/`, `docs/commands.md`.
//!
//! Each is compared byte for byte with what the definition gives. With `LIC_REFRESH` set, they are written instead.

#![cfg(feature = "authority")]

#[path = "cli/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Command;
use support::empty;

const REFRESH: &str = "LIC_REFRESH=1 cargo test --test generated";

/// Each shell, and the file that its users expect.
const SHELLS: [(&str, &str); 5] =
    [("bash", "lic.bash"), ("zsh", "_lic"), ("fish", "lic.fish"), ("elvish", "lic.elv"), ("powershell", "_lic.ps1")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder by their names; none where there is no folder.
fn files_of(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let file = |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
    entries.map(|entry| file(entry.unwrap().path())).collect()
}

/// Compares the files of a folder with what they should be, or writes them. Of a folder that is `whole`, a file that should not
/// be there is an error too.
fn agree(folder: &str, wanted: &BTreeMap<String, String>, whole: bool) {
    let path = root().join(folder);
    let mut found = files_of(&path);
    if !whole {
        found.retain(|name, _| wanted.contains_key(name));
    }
    if std::env::var_os("LIC_REFRESH").is_some() {
        fs::create_dir_all(&path).unwrap();
        for (name, text) in wanted.iter().filter(|(name, text)| found.get(*name) != Some(*text)) {
            fs::write(path.join(name), text).unwrap();
        }
        for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
            fs::remove_file(path.join(name)).unwrap();
        }
        return;
    }
    let names: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    for name in names {
        match (found.get(name), wanted.get(name)) {
            (Some(found), Some(wanted)) if found == wanted => {}
            (Some(found), Some(wanted)) => {
                let line = found.lines().zip(wanted.lines()).take_while(|(one, other)| one == other).count() + 1;
                panic!("{folder}/{name} is out of date from line {line}: refresh it with '{REFRESH}'");
            }
            (None, _) => panic!("{folder}/{name} is missing: write it with '{REFRESH}'"),
            (_, None) => panic!("{folder}/{name} is of no command any more: take it away with '{REFRESH}'"),
        }
    }
}

#[test]
fn the_manual_pages_are_those_of_the_commands() {
    let desk = empty();
    desk.lic(&["man", "--out", "man"]).done();
    let pages = files_of(&desk.path("man"));
    assert!(pages.len() > 25, "{:?}", pages.keys());
    agree("man", &pages, true);
}

#[test]
fn the_completions_are_those_of_the_program() {
    let script = |(shell, file): (&str, &str)| (file.to_owned(), empty().lic(&["completions", shell]).done().stdout);
    agree("completions", &SHELLS.into_iter().map(script).collect(), true);
}

#[test]
fn the_command_reference_is_the_help_of_every_command() {
    agree("docs", &BTreeMap::from([("commands.md".to_owned(), reference())]), false);
}

/// Every command's long help, one after the other. The options that every command has stand once, at the top.
fn reference() -> String {
    // A width of its own: clap would ask the terminal on which the tests run.
    let mut definition = lic::cli::definition().term_width(100);
    definition.build();
    let mut text = format!(
        "# Commands\n\n\
         Every command's `--help`, generated from the definition of the command line (`{REFRESH}`).\n\
         The global options stand under [lic](#lic) and are left out elsewhere.\n"
    );
    add(&definition, "lic", 2, &mut text);
    text
}

fn add(command: &Command, name: &str, level: usize, text: &mut String) {
    let is_global = |arg: &clap::Arg| arg.get_help_heading() == Some("Global options");
    let shown = if level == 2 && name == "lic" {
        command.clone()
    } else {
        command.clone().mut_args(|arg| if is_global(&arg) { arg.hide(true) } else { arg })
    };
    let help = shown.clone().render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help.join("\n").trim_end());
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        // The commands of the program stand beside it, and those of a noun below the noun.
        let level = if name == "lic" { 2 } else { 3 };
        add(sub, &format!("{name} {}", sub.get_name()), level, text);
    }
}
