//! The command line: arguments in, exit code out.
//!
//! A command parses, asks for what is missing, calls one use case of `authority`, and shows what came of it. Rules about
//! licenses belong there, not here.

mod args;
mod commands;
mod complete;
mod error;
mod passphrase;
mod prompt;
mod qr;
mod session;
mod style;
mod views;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::render::escape;
use crate::world::World;
use args::Globals;
use commands::Command;
use error::{Failure, exit};
use session::Session;

/// How wide help gets, in columns.
const WIDEST_HELP: usize = 100;

/// The license authority of a software vendor: issue, verify and account for signed license keys.
#[derive(Parser)]
#[command(
    name = "lic",
    version,
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true,
    infer_subcommands = false,
    disable_help_subcommand = true,
    max_term_width = WIDEST_HELP,
    after_help = "Start with 'lic demo', or set up an authority with 'lic init'.\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 not valid, 4 not allowed, 5 not found, 70 a bug, 75 partly done, 130 cancelled."
)]
struct Top {
    #[command(flatten)]
    globals: Globals,
}

/// The definition of the whole command line, from which help, man pages and completions are made.
#[must_use]
pub fn definition() -> clap::Command {
    Command::augment_subcommands(Top::command())
}

/// What the arguments say.
///
/// To define every command takes longer than most commands take. Where the first word names a command, no other can be meant,
/// nor be shown in its help or usage, so that one alone is defined.
fn parse(args: Vec<OsString>, width: usize) -> Result<(Globals, Command), clap::Error> {
    let named = args.get(1).and_then(|word| word.to_str()).and_then(|word| Command::define_only(Top::command(), word));
    let mut definition = named.unwrap_or_else(definition).term_width(width);
    let mut matches = definition.try_get_matches_from_mut(args)?;
    let told =
        Top::from_arg_matches_mut(&mut matches).and_then(|top| Ok((top.globals, Command::from_arg_matches_mut(&mut matches)?)));
    let told = told.map_err(|error| error.format(&mut definition));
    // Taking the definition apart again takes as long as a tenth of the rest, and the process is short.
    std::mem::forget(definition);
    told
}

/// Runs the program with these arguments (the first is the program's name) and gives its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, world: &mut World) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if world.variable(complete::VARIABLE).is_some() {
        return complete::answer(&args, world);
    }
    let typed: Vec<String> = args.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let width = world.terminal.width().map_or(WIDEST_HELP, |width| usize::from(width).min(WIDEST_HELP));
    let (globals, command) = match parse(args, width) {
        Ok(told) => told,
        Err(told) => return show_usage(&told, &typed, world),
    };
    let mut session = Session::new(world, globals, typed);
    let outcome = if session.wants_calendar() && !command.can_be_a_calendar() {
        Err(Failure::usage("'ics' is no format of this command: a calendar is made of licenses that expire")
            .hint("lic report expiring -o ics"))
    } else {
        command.run(&mut session).and_then(|()| session.finish())
    };
    match outcome {
        Ok(()) => exit::DONE,
        Err(failure) => session.report(&failure),
    }
}

/// Help goes to standard output; what clap has to say of wrong usage goes to standard error.
fn show_usage(told: &clap::Error, typed: &[String], world: &mut World) -> u8 {
    let wrong = told.use_stderr();
    let stream = if wrong { crate::world::Stream::Errors } else { crate::world::Stream::Output };
    let colored = style::wants_color(None, world, stream);
    let text = told.render();
    // What was typed stands in the message. Where it could act on the terminal, the message goes without color, which takes
    // the escape codes of both away, and whatever is left is shown for what it is.
    let harmless = typed.iter().all(|word| matches!(escape::human(word), Cow::Borrowed(_)));
    let text = if harmless && colored {
        text.ansi().to_string()
    } else {
        text.to_string().split('\n').map(escape::human).collect::<Vec<_>>().join("\n")
    };
    let terminal = &mut world.terminal;
    let shown = if wrong {
        terminal.errors().write_all(text.as_bytes())
    } else {
        terminal.output().write_all(text.as_bytes()).and_then(|()| terminal.output().flush())
    };
    match shown {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => exit::FAILED,
        _ if wrong => exit::USAGE,
        _ => exit::DONE,
    }
}

/// Makes a panic end with the exit code of a bug and say so, in place of a trace that helps nobody.
pub fn report_panics_as_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        let mut errors = io::stderr();
        let _ = writeln!(errors, "error: a bug in lic: {what}{place}");
        let _ = writeln!(errors, "hint: please report it with the command that you ran; the ledger keeps only whole changes");
        std::process::exit(i32::from(exit::BUG));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_command_defined_alone_is_the_same_as_among_all() {
        let whole = definition();
        for command in whole.get_subcommands() {
            let name = command.get_name();
            let alone = Command::define_only(Top::command(), name).unwrap_or_else(|| panic!("{name} is not defined alone"));
            for end in ["--help", "-h", "--no-such-flag", "no such words", "--limit", "--as", "--version"] {
                let line = words(&format!("lic {name} {end}"));
                let said = |definition: clap::Command| match definition.try_get_matches_from(&line) {
                    Ok(matches) => format!("{:?}", matches.subcommand()),
                    Err(error) => error.to_string(),
                };
                assert_eq!(said(alone.clone()), said(definition()), "lic {name} {end}");
            }
        }
        assert!(Command::define_only(Top::command(), "--help").is_none());
    }

    #[test]
    fn no_command_calls_an_argument_of_its_own_by_the_name_of_a_global_one() {
        fn check(command: &clap::Command, global: &[String]) {
            for own in command.get_arguments() {
                assert!(!global.contains(&own.get_id().to_string()), "{} {}", command.get_name(), own.get_id());
            }
            command.get_subcommands().for_each(|command| check(command, global));
        }
        let global: Vec<String> = Top::command().get_arguments().map(|argument| argument.get_id().to_string()).collect();
        definition().get_subcommands().for_each(|command| check(command, &global));
    }
}
