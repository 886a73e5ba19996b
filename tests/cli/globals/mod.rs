//! What holds for every command and every flag: conventions, as checks over the one definition of the command line.
//!
//! A new command fails here until it has a line in `commands::EVERY`.

mod commands;
mod help;
mod output;
mod safety;

use clap::Command;

/// Every command that does something, with its words: `["customer", "add"]`.
fn leaves() -> Vec<(Vec<String>, Command)> {
    fn walk(command: &Command, words: &[String], found: &mut Vec<(Vec<String>, Command)>) {
        let mut inner = command.get_subcommands().peekable();
        if inner.peek().is_none() {
            found.push((words.to_vec(), command.clone()));
        }
        for one in inner {
            walk(one, &[words, &[one.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    walk(&lic::cli::definition(), &[], &mut found);
    found
}

/// Every command, those with commands of their own too, as written in the definition: without what clap adds.
fn all() -> Vec<(String, Command)> {
    fn walk(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
        found.push((name.to_owned(), command.clone()));
        for one in command.get_subcommands() {
            walk(one, &format!("{name} {}", one.get_name()), found);
        }
    }
    let mut found = Vec::new();
    walk(&lic::cli::definition(), "lic", &mut found);
    found
}
