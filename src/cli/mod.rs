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
mod session;
mod style;
mod views;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::{CommandFactory, Parser};

use crate::world::World;
use args::Globals;
use commands::Command;
use error::exit;
use session::Session;

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
    max_term_width = 100,
    after_help = "Start with 'lic demo', or set up an authority with 'lic init'.\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 not valid, 4 not allowed, 5 not found, 70 a bug, 75 partly done, 130 cancelled."
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// The definition of the whole command line, from which help, man pages and completions are made.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Runs the program with these arguments (the first is the program's name) and gives its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>, world: &mut World) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    if world.variable(complete::VARIABLE).is_some() {
        return complete::answer(&args, world);
    }
    let parsed = match Cli::try_parse_from(args) {
        Ok(parsed) => parsed,
        Err(told) => return show_usage(&told, world),
    };
    let mut session = Session::new(world, parsed.globals);
    let outcome = parsed.command.run(&mut session).and_then(|()| session.finish());
    match outcome {
        Ok(()) => exit::DONE,
        Err(failure) => session.report(&failure),
    }
}

/// Help goes to standard output; what clap has to say of wrong usage goes to standard error.
fn show_usage(told: &clap::Error, world: &mut World) -> u8 {
    let wrong = told.use_stderr();
    let stream = if wrong { crate::world::Stream::Errors } else { crate::world::Stream::Output };
    let colored = style::wants_color(None, world, stream);
    let text = told.render();
    // What was typed stands in the message. Where it could act on the terminal, it is shown for what it is.
    let plain = text.to_string();
    let lines: Vec<_> = plain.split('\n').map(crate::render::escape::human).collect();
    let harmless = lines.iter().all(|line| matches!(line, std::borrow::Cow::Borrowed(_)));
    let text = if harmless && colored { text.ansi().to_string() } else { lines.join("\n") };
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
