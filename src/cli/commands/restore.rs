//! `lic restore`: a backup in the place of what is there, or as a new home.

use std::path::PathBuf;

use crate::authority::backup::folder_of;
use crate::authority::restore::{Restored, Restoring};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::license::count;

/// How many key files are named one by one.
const NAMED: usize = 5;

/// Restore a backup into the home
///
/// The backup is checked first, and nothing is touched where it is not what it was. What is there is kept as a copy beside
/// it. A ledger that would lose events, or that has another history, is replaced only with --force.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Other programs may have the ledger open meanwhile: they wait, and go on with what was restored.
Settings are restored too. Signing keys are only added where they are missing.
Mails that left after the backup was made may be sent again by the next 'lic notify'.

Examples:
  lic restore backups/2026-11-22T090000Z
  lic restore /mnt/backups/2026-11-22T090000Z --home /srv/lic")]
pub struct Args {
    /// The folder of the backup; 'lic backup --list' names them
    #[arg(value_name = "BACKUP", value_hint = clap::ValueHint::DirPath)]
    backup: PathBuf,
    /// Replace a ledger though it would lose events, has another history, or cannot be read
    #[arg(long)]
    force: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let home = session.home();
    let mut path = session.path(&args.backup);
    // As 'lic backup --list' names them.
    if !path.exists() && args.backup.components().count() == 1 {
        let kept = folder_of(&home).join(&args.backup);
        path = if kept.is_dir() { kept } else { path };
    }
    let restoring = Restoring::new(&path, home.clone(), args.force)?;
    if restoring.replaces() && restoring.events_there().is_some() {
        restoring.require_admin(&session.operator_name()?)?;
    }
    let manifest = &restoring.backup().manifest;
    let what = format!("{} events of '{}' into {}", manifest.log.size, manifest.authority.name, home.path().display());
    if session.globals.dry_run {
        session.done(&format!("restore {what}"), "");
        return Ok(());
    }
    if restoring.replaces() && session.can_ask() {
        let there = restoring.events_there().map_or_else(|| "what cannot be read there".into(), |here| format!("{here} events"));
        let question = format!("Replace {there} by the {} events of the backup?", manifest.log.size);
        if !session.ask_confirm(&question, false)? {
            return Err(Failure::cancelled());
        }
    }
    let at = session.now();
    let restored = restoring.restore(at)?;
    session.tick(&format!("restored {what}"));
    tell(&restored, session);
    Ok(())
}

fn tell(restored: &Restored, session: &mut Session<'_>) {
    if let Some(lost) = restored.before.and_then(|before| before.checked_sub(restored.events)).filter(|lost| *lost > 0) {
        session.warn(&format!("the ledger that was there had {lost} events more"));
    }
    for copy in &restored.kept {
        session.note(&format!("what was there is kept in {}", copy.display()));
    }
    if !restored.keys.is_empty() {
        session.note(&format!("{} put back", count(u32::try_from(restored.keys.len()).unwrap_or(u32::MAX), "key file")));
    }
    if restored.mails {
        session.note("mails that left after the backup was made are not in its outbox: 'lic notify' may send them again");
        session.hint("'lic notify --dry-run' shows which");
    }
    let missing = &restored.keys_missing;
    if !missing.is_empty() {
        let named: Vec<&str> = missing.iter().take(NAMED).map(String::as_str).collect();
        let more = if missing.len() > NAMED { ", …" } else { "" };
        session.warn(&format!("copies of signing keys are missing from the keys folder: {}{more}", named.join(", ")));
        session.hint("put them back from where you keep the keys folder; 'lic doctor' tells what is still missing");
    }
}
