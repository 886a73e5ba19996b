//! `lic backup`: a copy of the ledger, the settings and the keys.

use std::path::PathBuf;

use crate::authority::backup::{self, Backup, Made, Shelf};
use crate::cli::args::whole;
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::backup::BackupView;
use crate::cli::views::license::count;

/// Make a backup of the ledger and the settings, while others work
///
/// A backup is a folder named by its time. It is read back and checked before it gets its name: the pages and references
/// of the ledger, and its log against its tables. With -q it says nothing unless something is wrong: for cron.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where backups go, and how many are kept, can be set in lic.toml: [backup] folder and keep.
Copies of signing keys that no passphrase protects are never put into a backup.

Examples:
  lic backup
  lic backup -q --with-keys --keep 30
  lic backup --list
  lic backup --verify /mnt/backups/2026-11-22T090000Z")]
pub struct Args {
    /// The folder for backups [default: backups in the home]
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    to: Option<PathBuf>,
    /// Once the backup is made, remove the oldest ones of this authority beyond so many
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = whole::<1, { u32::MAX }>)]
    keep: Option<u32>,
    /// Put the encrypted copies of the signing keys into it, and the public keys
    #[arg(long)]
    with_keys: bool,
    /// Make a backup and check those made before as well; with a folder, check that one and make none
    #[arg(long, value_name = "BACKUP", num_args = 0..=1, value_hint = clap::ValueHint::DirPath)]
    verify: Option<Option<PathBuf>>,
    /// List the backups, and make none
    #[arg(long, conflicts_with_all = ["keep", "with_keys", "verify"])]
    list: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if let Some(Some(one)) = &args.verify {
        if args.keep.is_some() || args.with_keys || args.to.is_some() {
            return Err(Failure::usage("--verify with a folder makes no backup, so --to, --keep and --with-keys say nothing"));
        }
        let path = session.path(one);
        let checked = backup::check(&path)?;
        let found = Backup { path: checked.path, manifest: checked.manifest };
        session.tick(&told(&found, "is good", session));
        return show(&[found], session);
    }
    if args.list {
        // Also where the ledger cannot be opened any more.
        let folder = args.to.as_ref().map_or_else(|| backup::folder_of(&session.home()), |to| session.path(to));
        let views: Vec<BackupView> = backup::list(&folder)?.iter().map(BackupView::new).collect();
        let empty = format!("no backups in {}; make one with 'lic backup'", folder.display());
        return session.list(&views, &empty, None);
    }
    let authority = if session.globals.dry_run { session.reading()? } else { session.copying()? };
    let folder = args.to.as_ref().map_or_else(|| backup::folder_of(&authority.home), |to| session.path(to));
    if session.globals.dry_run {
        let events = authority.event_count()?;
        session.done(&format!("back up {events} events to {}", session.shorten(&folder)), "");
        return Ok(());
    }
    let shelf = Shelf::open(&folder)?;
    let earlier = backup::list(&folder)?;
    let at = session.now();
    let made = authority.back_up(&shelf, args.with_keys, at)?;
    tell_left_out(&made, session);
    session.tick(&told(&made.backup, "made and read back", session));
    if args.verify.is_some() {
        verify_all(&earlier, session)?;
    }
    if let Some(keep) = args.keep.or(authority.settings.backup.keep) {
        for gone in shelf.keep(&made.backup.manifest.authority, keep)? {
            session.note(&format!("removed {}", gone.name()));
        }
    }
    authority.close()?;
    show(&[made.backup], session)
}

/// Data goes out only where a format was asked for: a pipe is how cron listens, and it shall hear nothing.
fn show(backups: &[Backup], session: &mut Session<'_>) -> Result<(), Failure> {
    if !session.is_format_given() {
        return Ok(());
    }
    let views: Vec<BackupView> = backups.iter().map(BackupView::new).collect();
    session.list(&views, "", None)
}

fn told(backup: &Backup, what: &str, session: &Session<'_>) -> String {
    let events = u32::try_from(backup.manifest.log.size).unwrap_or(u32::MAX);
    let keys = if backup.has_keys() { ", with keys" } else { "" };
    format!("{}  {what}: {}{keys}", session.shorten(&backup.path), count(events, "event"))
}

/// Checks the backups that were there already. None is removed where one is bad: it may be the only good one that goes.
fn verify_all(earlier: &[Backup], session: &mut Session<'_>) -> Result<(), Failure> {
    let mut bad = 0;
    for one in earlier {
        match backup::check(&one.path) {
            Ok(_) => session.note(&told(one, "is good", session)),
            Err(why) => {
                bad += 1;
                session.warn(&why.to_string());
            }
        }
    }
    if bad == 0 {
        return Ok(());
    }
    let message = format!("the new backup is good, but {} of {} made before it cannot be used", bad, earlier.len());
    Err(Failure::new(exit::FAILED, message).hint("find out what happens to that disk, then remove the bad backups by hand"))
}

fn tell_left_out(made: &Made, session: &mut Session<'_>) {
    for file in &made.left_out {
        if file.damaged {
            session.warn(&format!("left out keys/{}: it is no signing key any more; see 'lic doctor'", file.name));
        } else if file.signs_licenses {
            session.warn(&format!("left out keys/{}: no passphrase protects it", file.name));
        } else {
            session.note(&format!("left out keys/{}: no passphrase protects it, and no customer's license needs it", file.name));
        }
    }
}
