//! What is said about a file.

use super::{BulkArgs, Verb};
use crate::authority::bulk::Checked;
use crate::authority::csv_import::Problem;
use crate::cli::error::Failure;
use crate::cli::session::Session;

/// How many problems, and how many unusual rows, are told one by one.
pub const TOLD: usize = 20;

pub fn tell_problems(name: &str, checked: &Checked, session: &mut Session<'_>) -> String {
    for problem in checked.problems.iter().take(TOLD) {
        session.warn(&format!("{name}: {problem}"));
    }
    if checked.bad == 0 { String::new() } else { format!("; {} cannot be done", rows(checked.bad)) }
}

pub fn tell_unusual(checked: &Checked, session: &mut Session<'_>) {
    for (line, note) in checked.unusual.iter().take(TOLD) {
        session.warn(&format!("line {line}: unusual: {note}"));
    }
    if let Some(more) = checked.unusual_count.checked_sub(TOLD as u64).filter(|more| *more > 0) {
        session.warn(&format!("… and {more} more that are unusual"));
    }
}

/// Tells what is wrong with a file, up to a screenful, and refuses it.
pub fn refuse(name: &str, problems: &[Problem], verb: Verb, session: &mut Session<'_>) -> Failure {
    for problem in problems.iter().take(TOLD) {
        session.warn(&format!("{name}: {problem}"));
    }
    refused(name, problems.len() as u64, verb)
        .hint(format!("see what a file looks like with 'lic {} --from --template'", verb.now))
}

pub fn refused(name: &str, count: u64, verb: Verb) -> Failure {
    let more = count.saturating_sub(TOLD as u64);
    let more = if more == 0 { String::new() } else { format!(" ({more} more like these)") };
    let problems = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
    Failure::failed(format!("{name} has {problems}{more}; nothing was {}", verb.done))
}

pub fn hint_after_refusal(args: &BulkArgs, good: u64) -> &'static str {
    match (args.keep_going, good) {
        (_, 0) => "mend the file, or choose other columns with --map",
        _ => "mend the file; or do the good rows with --keep-going, and put the others into a file with --failed FILE",
    }
}

pub fn counted(checked: &Checked, verb: Verb) -> String {
    match checked.answered {
        0 => licenses(checked.fresh),
        before => format!("{}; {} before", licenses(checked.fresh), of_rows(before, verb.done)),
    }
}

pub fn of_rows(count: u64, done: &str) -> String {
    if count == 1 { format!("1 row was {done}") } else { format!("{count} rows were {done}") }
}

pub fn licenses(count: u64) -> String {
    if count == 1 { "1 license".into() } else { format!("{count} licenses") }
}

pub fn rows(count: u64) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}
