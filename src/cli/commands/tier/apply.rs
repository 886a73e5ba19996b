//! `lic tier apply`: tiers as a file declares them.

use std::path::PathBuf;

use crate::authority::Mode;
use crate::authority::tiers::Applied;
use crate::authority::tiers_file::tiers_from_toml;
use crate::cli::error::Failure;
use crate::cli::session::Session;

/// The largest tiers file.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Make the tiers be as a file declares them; shows the difference first
///
/// Tiers that the file does not name stay as they are. On a terminal, it asks before it writes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic tier list --toml > tiers.toml
  lic tier apply tiers.toml --dry-run
  lic tier apply tiers.toml --yes")]
pub struct Args {
    /// The tiers file, or - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let bytes = session.read_input(&args.file, LARGEST)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::failed(format!("{}: not UTF-8 text", args.file.display())))?;
    let tiers = tiers_from_toml(&text, &args.file)?;
    let at = session.now();
    let planned = authority.apply_tiers(&actor, &tiers, at, Mode::Rehearse)?;
    let writes = show(&planned, session);
    let what = if writes == 1 { "1 tier".to_owned() } else { format!("{writes} tiers") };
    if writes == 0 {
        session.note("the tiers are as the file declares them: nothing to change");
        return Ok(());
    }
    if session.globals.dry_run {
        session.done(&format!("write {what}"), "");
        return Ok(());
    }
    if session.can_ask() && !session.ask_confirm(&format!("Write {what}?"), true)? {
        return Err(Failure::cancelled());
    }
    let applied = authority.apply_tiers(&actor, &tiers, at, Mode::Commit)?;
    if applied != planned {
        session.warn("the ledger changed in between: see 'lic tier list'");
    }
    session.tick(&format!("wrote {what}"));
    Ok(authority.close()?)
}

/// Shows the difference; gives how many tiers are written.
fn show(planned: &[Applied], session: &mut Session<'_>) -> usize {
    let mut writes = 0;
    for one in planned {
        match one {
            Applied::Added(tier) => {
                writes += 1;
                session.note(&format!("+ {} ({})", tier.full_name(), tier.name));
            }
            Applied::Changed(tier, changes) => {
                writes += 1;
                session.note(&format!("~ {}", tier.full_name()));
                for change in changes {
                    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
                    session.note(&format!("    {}: {} → {}", change.field, text(&change.before), text(&change.after)));
                }
            }
            Applied::Unchanged(_) => {}
        }
    }
    writes
}
