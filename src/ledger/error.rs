//! What can go wrong with a ledger, in words that a person can act on.

use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

/// Why the ledger could not be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// No file there.
    #[error("there is no ledger at {}", .0.display())]
    Missing(PathBuf),
    /// A ledger is never written over what is there.
    #[error("{} is there already and is never overwritten", .0.display())]
    FileExists(PathBuf),
    /// A file, but of another kind.
    #[error("{} is not a ledger", .0.display())]
    NotALedger(PathBuf),
    /// Written by a newer program.
    #[error("the ledger has version {found}, and this program knows versions up to {known}")]
    Newer {
        /// The version of the ledger.
        found: i32,
        /// The newest version the program knows.
        known: i32,
    },
    /// Written by an older program, and opened for reading alone.
    #[error("the ledger has version {found} and must be brought to version {known} by someone who may write it")]
    Older {
        /// The version of the ledger.
        found: i32,
        /// The version the program needs.
        known: i32,
    },
    /// The file, or its folder, may not be written.
    #[error("the ledger cannot be written: it is read-only, or its folder is")]
    ReadOnly,
    /// The file may not be read, or its folder not be entered.
    #[error("no permission to open {}", .0.display())]
    NotPermitted(PathBuf),
    /// A writer left changes beside the file that reading alone cannot take in.
    #[error("the ledger was left in the middle of work and must be opened once by someone who may write it")]
    Unsettled,
    /// Another process kept it locked for longer than we wait.
    #[error("the ledger is locked by another process")]
    Busy,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// The file contradicts itself.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// The system failed to read or write.
    #[error("the ledger cannot be read or written: {0}")]
    Io(String),
    /// A name, id or number that must be used once.
    #[error("{what} {name} exists already")]
    AlreadyExists {
        /// What it names, such as `customer`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A fact about something that the ledger does not know.
    #[error("the ledger knows no {what} {name}")]
    NotFound {
        /// What it should name, such as `customer`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A fact that could be written and never read again.
    #[error("this cannot be recorded: {0}")]
    Unrecordable(String),
    /// A fact was refused half-way, and whoever recorded it went on: nothing of the transaction is kept.
    #[error("nothing was changed, because a part of it failed")]
    Spoiled,
}

impl LedgerError {
    /// The error of opening `path`, where it tells more than the error of using an open ledger.
    pub(super) fn of_opening(error: rusqlite::Error, path: &Path) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotALedger(path.to_owned()),
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::NotPermitted(path.to_owned()),
            _ => error.into(),
        }
    }

    pub(super) fn of_file(error: &std::io::Error, path: &Path) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => Self::Missing(path.to_owned()),
            ErrorKind::AlreadyExists => Self::FileExists(path.to_owned()),
            ErrorKind::PermissionDenied => Self::NotPermitted(path.to_owned()),
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error.to_string()),
        }
    }

    fn of_system(error: &rusqlite::Error) -> Self {
        match error.sqlite_extended_error_code() {
            // The index of the WAL could not grow: that is a matter of space alone.
            Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::DiskFull,
            Some(
                ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE | ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC,
            ) => Self::Io("writing failed; the disk may be faulty, or files may not grow this large".into()),
            Some(ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ) => {
                Self::Io("reading failed; the disk may be faulty".into())
            }
            _ => Self::Io(error.to_string()),
        }
    }

    pub(super) fn already(what: &'static str, name: impl ToString) -> Self {
        Self::AlreadyExists { what, name: name.to_string() }
    }

    pub(super) fn unknown(what: &'static str, name: impl ToString) -> Self {
        Self::NotFound { what, name: name.to_string() }
    }

    /// A value in a column that nothing of ours wrote there.
    pub(super) fn odd(what: &str, value: impl std::fmt::Debug) -> Self {
        Self::Damaged(format!("{value:?} is no {what}"))
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::SystemIoFailure) => Self::of_system(&error),
            Some(ErrorCode::CannotOpen | ErrorCode::OutOfMemory | ErrorCode::PermissionDenied) => Self::Io(error.to_string()),
            // What is left is a file that does not hold what we wrote: a constraint broken, a column of another type, a page
            // that is no page.
            _ => Self::Damaged(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn the_engine_s_errors_become_words_for_people() {
        for (code, said) in [
            (ffi::SQLITE_BUSY, "the ledger is locked by another process"),
            (ffi::SQLITE_FULL, "the disk is full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "the disk is full"),
            (ffi::SQLITE_IOERR_READ, "the ledger cannot be read or written: reading failed; the disk may be faulty"),
            (ffi::SQLITE_READONLY, "the ledger cannot be written: it is read-only, or its folder is"),
        ] {
            assert_eq!(LedgerError::from(failure(code)).to_string(), said);
        }
        let said = LedgerError::of_opening(failure(ffi::SQLITE_NOTADB), Path::new("/tmp/x")).to_string();
        assert_eq!(said, "/tmp/x is not a ledger");
        assert!(matches!(LedgerError::from(failure(ffi::SQLITE_CORRUPT)), LedgerError::Damaged(_)));
    }
}
