//! The ledger: whether it opens, whether its pages hold together, and whether its tables say what its log says.

use super::{Level, Notes, Patient, quoted};
use crate::authority::backup;
use crate::ledger::{Ledger, LedgerError};

/// The longest log that is replayed without being asked to: about two seconds' worth.
const REPLAYED: u64 = 100_000;
/// How much of what the engine finds is told.
const TOLD: usize = 5;

pub(super) fn ledger(patient: &Patient, notes: &mut Notes<'_>) {
    let ledger = match &patient.ledger {
        Ok(ledger) => ledger,
        Err(why) => return notes.error(why.to_string(), mend(patient, why)),
    };
    if let Err(why) = examine(patient, ledger, notes) {
        notes.error(why.to_string(), mend(patient, &why));
    }
}

fn examine(patient: &Patient, ledger: &Ledger, notes: &mut Notes<'_>) -> Result<(), LedgerError> {
    let size = ledger.head()?.size();
    let events = super::count(size, "event");
    if size > REPLAYED && !patient.thorough {
        notes.ok(format!("{events}, its version is that of this program"));
        notes.note(
            Level::Ok,
            "left out, because it is large: its pages, its references, and its tables against its log",
            Some("lic doctor --deep".into()),
        );
        return Ok(());
    }
    let mut found = ledger.integrity()?;
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    for line in found {
        notes.error(line, restore(patient));
    }
    if more > 0 {
        notes.error(format!("and {more} more like these"), restore(patient));
    }
    if let Some(difference) = ledger.replay(|_| {})?.difference {
        notes.error(format!("the log and the tables differ: {difference}"), restore(patient));
    }
    if notes.is_clean() {
        notes.ok(format!("{events}, replayed: pages, references and tables are as the log says"));
    }
    Ok(())
}

fn mend(patient: &Patient, why: &LedgerError) -> String {
    match why {
        LedgerError::Newer { .. } => "use the newer lic that wrote it".into(),
        // Any command that writes does; this one is good for something, too.
        LedgerError::Older { .. } | LedgerError::Unsettled => "lic backup".into(),
        LedgerError::NotPermitted(_) | LedgerError::ReadOnly => "run it as the owner of the home".into(),
        LedgerError::Busy => "wait for the other program, or see which one it is: fuser ledger.db".into(),
        LedgerError::DiskFull => "make room on the disk".into(),
        LedgerError::Missing(_) => restore(patient),
        // What cannot be read cannot be compared with the backup.
        _ => format!("{} --force", restore(patient)),
    }
}

/// The command that brings the newest backup back.
fn restore(patient: &Patient) -> String {
    let backups = backup::list(&backup::folder_of(&patient.home)).unwrap_or_default();
    match backups.last() {
        Some(newest) => format!("lic restore {}", quoted(&newest.path)),
        None => "stop using this ledger, keep a copy of it, and look for a backup: lic restore BACKUP".into(),
    }
}
