//! `lic audit checkpoint`: the signed head of the log.

use std::path::PathBuf;

use super::{with_log_key, write_out};
use crate::audit::Checkpoint;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::audit::CheckpointView;

/// Print the signed head of the log: how many events there are, and their Merkle root
///
/// Give it to somebody outside, such as an auditor: whoever has it can tell later whether history was rewritten. It is
/// text in the form of C2SP (c2sp.org/tlog-checkpoint), signed by a key that needs no passphrase.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic audit checkpoint --out 2026-11.checkpoint
  lic audit verify --against 2026-11.checkpoint
  lic key export --purpose log --format vkey")]
pub struct Args {
    /// Write it to this new file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let (authority, Some(key)) = with_log_key(session)? else { return Ok(()) };
    let signed = authority.signed_checkpoint(&key)?;
    if args.out.is_none() && session.is_format_given() {
        let checkpoint = Checkpoint::open(&signed, &authority.log_keys()?);
        let checkpoint = checkpoint.map_err(|why| Failure::failed(why.to_string()))?;
        return session.detail(&CheckpointView::new(&checkpoint, signed));
    }
    if let Some(file) = write_out(&signed, args.out.as_ref(), session)? {
        session.done(&format!("save the checkpoint as {file}"), &format!("saved the checkpoint as {file}"));
        if session.globals.dry_run {
            return Ok(());
        }
        session.hint(&format!("later, 'lic audit verify --against {file}' tells whether history only grew"));
    }
    Ok(authority.close()?)
}
