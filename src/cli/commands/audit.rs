//! `lic audit`: the log of everything that happened, for those who check it.

mod checkpoint;
mod log;
mod prove;
mod verify;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::audit::VerifierKey;
use crate::authority::service::{Service, ServiceKey};
use crate::authority::{Authority, Error};
use crate::cli::commands::saving::write_new;
use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};

/// The largest file that is read for a verifier key: one line.
const LARGEST_KEY: u64 = 4096;

/// Read and check the audit log: log, verify, checkpoint, prove, check
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Log(log::Args),
    Verify(verify::Args),
    Checkpoint(checkpoint::Args),
    Prove(prove::ProveArgs),
    Check(prove::CheckArgs),
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Log(args) => log::run(args, session),
        Action::Verify(args) => verify::run(&args, session),
        Action::Checkpoint(args) => checkpoint::run(&args, session),
        Action::Prove(args) => prove::prove(&args, session),
        Action::Check(args) => prove::check(&args, session),
    }
}

/// The authority and its open log key. An authority from before there were such keys is opened to be written and gets one;
/// in a rehearsal there is then nothing to sign with.
fn with_log_key(session: &mut Session<'_>) -> Result<(Authority, Option<ServiceKey>), Failure> {
    let authority = session.reading()?;
    if let Some(key) = authority.find_service_key(Service::Log)? {
        return Ok((authority, Some(key)));
    }
    authority.close()?;
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (at, mode) = (session.now(), session.mode());
    let key = authority.service_key(Service::Log, &actor, at, &mut *session.world.entropy, mode)?;
    session.done("make a key that signs checkpoints", &format!("made key {}, which signs checkpoints", key.kid()));
    let dry = session.globals.dry_run;
    Ok((authority, Some(key).filter(|_| !dry)))
}

/// A verifier key as it was given: its text, or a file that holds it.
fn read_verifier_key(given: &str, session: &mut Session<'_>) -> Result<VerifierKey, Failure> {
    let path = Path::new(given);
    let text = if session.path(path).is_file() {
        let bytes = session.read_input(path, LARGEST_KEY)?;
        String::from_utf8(bytes).map_err(|_| Failure::failed(format!("{}: not a text file", shown_path(path))))?
    } else {
        given.to_owned()
    };
    text.trim_end().parse().map_err(|why| {
        Failure::usage(format!("--key: {why}")).hint("the authority prints it: lic key export --purpose log --format vkey")
    })
}

/// The text of a file or of standard input.
fn read_text(path: &Path, limit: usize, session: &mut Session<'_>) -> Result<String, Failure> {
    let bytes = session.read_input(path, limit as u64)?;
    String::from_utf8(bytes).map_err(|_| Failure::failed(format!("{}: not a text file", shown_path(path))))
}

/// Writes a text to a new file, or to standard output without one. Gives the file as people see it.
fn write_out(text: &str, out: Option<&PathBuf>, session: &mut Session<'_>) -> Result<Option<String>, Failure> {
    let Some(out) = out.filter(|out| out.as_path() != Path::new("-")) else {
        return session.data(text.as_bytes()).map(|()| None);
    };
    let path = session.path(out);
    if session.globals.dry_run {
        return Ok(Some(session.shorten(&path)));
    }
    write_new(&path, text).map_err(|source| Failure::from(Error::file(&path, source)).hint("name another file with --out"))?;
    Ok(Some(session.shorten(&path)))
}
