//! Backups: whether there are any, how old the newest is, and whether the ledger still has what it holds.

use super::{Notes, Patient, ago, quoted};
use crate::authority::backup::{self, Backup, Identity};
use crate::authority::settings::BackupSettings;
use crate::ledger::Ledger;

pub(super) fn backups(patient: &Patient, notes: &mut Notes<'_>) {
    let folder = backup::folder_of(&patient.home);
    let mut all = match backup::list(&folder) {
        Ok(all) => all,
        Err(why) => return notes.warn(why.to_string(), "run it as the owner of the backups"),
    };
    let ledger = patient.ledger.as_ref().ok();
    if let Some(Ok(Some(ours))) = ledger.map(Identity::of) {
        all.retain(|one| one.manifest.authority == ours);
    }
    let Some(newest) = all.last() else {
        return notes.warn(format!("there is none in {}", folder.display()), "lic backup");
    };
    let defaults = BackupSettings::default();
    let most = patient.settings.as_ref().map_or(&defaults, |settings| &settings.backup).max_age_days;
    let age = patient.at.seconds() - newest.manifest.made_at.seconds();
    if age < 0 {
        notes.warn(format!("the newest is of {}, which is still to come", newest.manifest.made_at), "see to the clock");
    } else if age > i64::from(most) * 86_400 && has_gone_on(ledger, newest) {
        notes.warn(format!("the newest of {} is {} old, and the ledger has gone on since", all.len(), ago(age)), "lic backup");
    }
    if let Some(ledger) = ledger {
        compare(ledger, newest, notes);
    }
    if notes.is_clean() {
        notes.ok(format!("the newest of {} is of {}", all.len(), newest.manifest.made_at));
    }
}

/// Whether something happened since a backup was made.
fn has_gone_on(ledger: Option<&Ledger>, backup: &Backup) -> bool {
    let size = ledger.and_then(|ledger| ledger.head().ok()).map(|head| head.size());
    size.is_none_or(|size| size != backup.manifest.log.size)
}

/// A log that was rewritten as a whole agrees with itself; a backup remembers what it was.
fn compare(ledger: &Ledger, backup: &Backup, notes: &mut Notes<'_>) {
    let remembered = &backup.manifest.log;
    let Ok(head) = ledger.head() else { return };
    if head.size() < remembered.size {
        notes.warn(
            format!("{} holds {} events, and the ledger has only {}", backup.name(), remembered.size, head.size()),
            format!("lic restore {}   # unless an older backup was restored on purpose", quoted(&backup.path)),
        );
    } else if let Ok(Some(then)) = ledger.head_at(remembered.size)
        && backup::LogHead::from(&then) != *remembered
    {
        notes.error(
            format!("the first {} events are not those of {}: history was rewritten", remembered.size, backup.name()),
            format!("lic backup --verify {}   # then find out who did it", quoted(&backup.path)),
        );
    }
}
