//! Whether a backup holds what it held when it was made: read from its files, and nothing believed.

use std::path::{Path, PathBuf};

use super::manifest::{FileEntry, Identity, LogHead, Manifest};
use super::{BackupError, LEDGER};
use crate::authority::Error;
use crate::ledger::{Ledger, LedgerError};

/// A backup that was checked.
pub struct Checked {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Its ledger, open.
    pub ledger: Ledger,
}

impl Checked {
    /// Where a file of the backup stands, where it has one of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        self.manifest.files.iter().any(|file| file.name == name).then(|| self.path.join(name))
    }
}

/// Checks a backup: the manifest, every file, the ledger's pages and references, and its log against its tables.
///
/// # Errors
/// [`BackupError`], for the first thing that is not as it was.
pub fn check(backup: &Path) -> Result<Checked, Error> {
    let manifest = Manifest::read(backup)?;
    for file in &manifest.files {
        check_file(backup, file)?;
    }
    let ledger = check_ledger(backup, &manifest)?;
    Ok(Checked { path: backup.to_owned(), manifest, ledger })
}

fn check_file(backup: &Path, expected: &FileEntry) -> Result<(), Error> {
    let path = backup.join(&expected.name);
    let found = match FileEntry::of(&path, &expected.name) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(BackupError::FileMissing(path).into()),
        other => other.map_err(|source| Error::file(&path, source))?,
    };
    if found.size < expected.size {
        return Err(BackupError::FileCut { path, found: found.size, expected: expected.size }.into());
    }
    if found != *expected { Err(BackupError::FileChanged(path).into()) } else { Ok(()) }
}

/// Opens the ledger of a backup, and checks it.
pub(super) fn check_ledger(backup: &Path, manifest: &Manifest) -> Result<Ledger, Error> {
    let damaged = |what: String| BackupError::Damaged { backup: backup.to_owned(), what };
    let (ledger, version) = Ledger::open_copy(&backup.join(LEDGER)).map_err(|error| match error {
        LedgerError::Newer { found, known } => BackupError::NewerLedger { backup: backup.to_owned(), found, known },
        LedgerError::Missing(path) => BackupError::FileMissing(path),
        other => damaged(other.to_string()),
    })?;
    let failed = |error: LedgerError| damaged(error.to_string());
    if let Some(what) = ledger.integrity().map_err(failed)?.into_iter().next() {
        return Err(damaged(what).into());
    }
    if let Some(difference) = ledger.replay(|_| {}).map_err(failed)?.difference {
        return Err(BackupError::Differs { backup: backup.to_owned(), difference }.into());
    }
    let contradicts = |what| BackupError::Contradicts { backup: backup.to_owned(), what };
    let log = LogHead::of(&ledger).map_err(failed)?;
    if version != manifest.ledger_version {
        return Err(contradicts("version").into());
    }
    if log.size != manifest.log.size {
        return Err(contradicts("number of events").into());
    }
    if log != manifest.log {
        return Err(contradicts("log").into());
    }
    if Identity::of(&ledger).map_err(failed)?.as_ref() != Some(&manifest.authority) {
        return Err(contradicts("authority").into());
    }
    Ok(ledger)
}
