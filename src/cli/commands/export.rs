//! `lic export`: the whole ledger as JSON Lines.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::authority::{Authority, Error};
use crate::cli::commands::saving::write_new_with;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::world::Stream;

/// Write the whole ledger as JSON Lines
///
/// Everything that ever happened, one event a line, byte for byte as it was recorded: 'lic import' makes the same
/// ledger of it, down to the checkpoints. The signing keys and the settings are not in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic export --out ledger.jsonl
  lic export | gzip > ledger.jsonl.gz
  lic export | jq -c 'select(.event.fact.kind == \"license.revoked\")'")]
pub struct Args {
    /// Write it to this new file, which only you can read [default: standard output]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let all = authority.read().head()?.size();
    let told = args.out.is_some() || session.world.terminal.is_terminal(Stream::Errors);
    let written = match args.out.filter(|out| out != Path::new("-")) {
        None => {
            // No progress: both could go to one terminal.
            authority.export(&mut BufWriter::new(session.world.terminal.output()), |_| {})?;
            None
        }
        Some(out) => {
            let path = session.path(&out);
            if path.symlink_metadata().is_ok() {
                return Err(Failure::from(Error::Occupied(path)).hint("name another file with --out"));
            }
            if session.globals.dry_run {
                authority.export(&mut io::sink(), |_| {})?;
            } else {
                write(&authority, &path, all, session)?;
            }
            Some(session.shorten(&path))
        }
    };
    if let Some(file) = written {
        session.done(&format!("export {all} events to {file}"), &format!("exported {all} events to {file}"));
    }
    if told {
        session.hint("the signing keys are not in it: keep a copy of the keys folder too");
    }
    Ok(authority.close()?)
}

/// Writes a file that only its owner reads, whole or not at all.
fn write(authority: &Authority, path: &Path, all: u64, session: &mut Session<'_>) -> Result<(), Failure> {
    let failed = |source| Error::file(path, source);
    let written = write_new_with(path, 0o600, failed, |out| {
        authority.export(out, |number| session.progress("exported event", number, all)).map(|_| ())
    });
    written.map_err(|error| match error {
        // Here it is the file that cannot be written, and not a reader who has had enough.
        Error::Terminal(source) => failed(source).into(),
        error => error.into(),
    })
}
