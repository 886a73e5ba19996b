//! `lic import`: a ledger out of what `lic export` wrote.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::authority::{Authority, Error, Home};
use crate::cli::error::{Failure, exit};
use crate::cli::session::{Session, shown_path};

/// Make a ledger of what 'lic export' wrote
///
/// Into a home that has no ledger yet: all of it or nothing. Every event keeps its place and its hash, so that old
/// checkpoints hold. The signing keys come from a backup of the keys folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic import ledger.jsonl --home /srv/lic
  gunzip < ledger.jsonl.gz | lic import - --home /srv/lic")]
pub struct Args {
    /// The file, or - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (home, mode) = (session.home(), session.mode());
    let shown = shown_path(&args.file);
    let imported = if args.file == Path::new("-") {
        Authority::import(&home, BufReader::new(session.world.terminal.input()), mode, |_, _| {})
    } else {
        let path = session.path(&args.file);
        let file = File::open(&path)
            .and_then(|file| if file.metadata()?.is_dir() { Err(std::io::ErrorKind::IsADirectory.into()) } else { Ok(file) });
        let file = file.map_err(|source| Failure::from(Error::file(Path::new(&shown), source)))?;
        Authority::import(&home, BufReader::new(file), mode, |number, all| session.progress("imported event", number, all))
    };
    let described = imported.map_err(|error| match error {
        Error::Invalid(why) => Failure::failed(format!("{shown}: {}", crate::render::escape::human(&why)))
            .hint("nothing was imported; ask for a new export, or use a lic as new as the one that wrote it"),
        Error::Occupied(_) => {
            Failure::new(exit::FAILED, format!("{} has a ledger, and nothing is ever overwritten", home.path().display()))
                .hint("import into another folder: --home FOLDER")
        }
        error => error.into(),
    })?;
    let what = format!("{} events of '{}' into {}", described.size, described.name, home.path().display());
    session.done(&format!("import {what}"), &format!("imported {what}"));
    session.note(&format!("root {}", described.root));
    if !session.globals.dry_run {
        say_what_is_missing(&home, session);
    }
    Ok(())
}

fn say_what_is_missing(home: &Home, session: &mut Session<'_>) {
    if home.keys_path().is_dir() {
        session.hint("hold it against an older checkpoint with 'lic audit verify --against FILE'");
    } else {
        session.hint(&format!("nobody can sign yet: copy the keys folder of the old home to {}", home.keys_path().display()));
    }
}
