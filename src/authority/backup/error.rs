//! What can be wrong with a backup, and why it is not put in the place of what is there.

use std::path::PathBuf;

use crate::ledger::{Difference, LedgerError};

/// Why a backup is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// No manifest.
    #[error("{} is not a finished backup: it has no manifest.json", .0.display())]
    NotABackup(PathBuf),
    /// The manifest is not one of ours.
    #[error("the manifest of {} cannot be read: {why}", .backup.display())]
    ManifestUnreadable {
        /// The backup.
        backup: PathBuf,
        /// Why.
        why: String,
    },
    /// The manifest's own checksum does not fit.
    #[error("the manifest of {} was changed after it was written", .0.display())]
    ManifestChanged(PathBuf),
    /// Written by a newer program.
    #[error("{} is a backup of format {found}, and this program knows formats up to {known}", .backup.display())]
    NewerFormat {
        /// The backup.
        backup: PathBuf,
        /// Its format.
        found: u64,
        /// The newest that the program knows.
        known: u64,
    },
    /// The ledger in it was written by a newer program.
    #[error("the ledger in {} has version {found}, and this program knows versions up to {known}", .backup.display())]
    NewerLedger {
        /// The backup.
        backup: PathBuf,
        /// The version of its ledger.
        found: i32,
        /// The newest that the program knows.
        known: i32,
    },
    /// A file that the manifest names is not there.
    #[error("{} is missing from the backup", .0.display())]
    FileMissing(PathBuf),
    /// A file is shorter than it was.
    #[error("{} is cut short: {found} of {expected} bytes are left", .path.display())]
    FileCut {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// The size it had.
        expected: u64,
    },
    /// A file is not what was written.
    #[error("{} was changed after the backup was made", .0.display())]
    FileChanged(PathBuf),
    /// The engine finds damage in the copy.
    #[error("the ledger in {} is damaged: {what}", .backup.display())]
    Damaged {
        /// The backup.
        backup: PathBuf,
        /// The first thing that was found.
        what: String,
    },
    /// The tables of the copy do not say what its log says.
    #[error("the ledger in {} does not agree with its own log: {difference}", .backup.display())]
    Differs {
        /// The backup.
        backup: PathBuf,
        /// The first difference.
        difference: Difference,
    },
    /// The manifest says something else than the ledger beside it.
    #[error("the manifest of {} is about another ledger: its {what} is another", .backup.display())]
    Contradicts {
        /// The backup.
        backup: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// What is there has events that the backup has not.
    #[error("the ledger there has {here} events and the backup {backup}: {} would be lost", .here - .backup)]
    Longer {
        /// How many events the ledger has.
        here: u64,
        /// How many the backup has.
        backup: u64,
    },
    /// What is there is no earlier state of the backup.
    #[error("the ledger there and the backup tell two histories of '{0}': neither is a beginning of the other")]
    Diverged(String),
    /// What is there belongs to somebody else.
    #[error("the ledger there is that of '{here}', and the backup that of '{backup}'")]
    OtherAuthority {
        /// Whose ledger is there.
        here: String,
        /// Whose ledger the backup holds.
        backup: String,
    },
    /// What is there cannot be compared with the backup.
    #[error("the ledger there cannot be compared with the backup: {0}")]
    Incomparable(LedgerError),
    /// Not a folder that backups can be written to.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
}

impl BackupError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotABackup(_) => "see the backups with 'lic backup --list'",
            Self::NewerFormat { .. } | Self::NewerLedger { .. } => "use the newer lic that wrote it",
            Self::Longer { .. } | Self::Diverged(_) | Self::OtherAuthority { .. } => {
                "if that is what you want, add --force: what is there is kept as a copy"
            }
            Self::Incomparable(_) => "look at it with 'lic doctor'; to restore all the same, add --force: a copy is kept",
            Self::NotAFolder(_) => "name a folder with --to",
            _ => "use another backup: 'lic backup --list' names them, and 'lic backup --verify FOLDER' checks one",
        })
    }
}
