//! The versions of the ledger's schema, and the way from one to the next.
//!
//! A version is a file of SQL, embedded in the program, that was run on other people's ledgers: it is never changed again.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::LedgerError;

/// The first is version 1.
pub(super) const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_ledger.sql"), include_str!("migrations/0002_lifecycle.sql")];

/// The version that a list of migrations leads to.
pub(super) fn version_of(migrations: &[&str]) -> i32 {
    i32::try_from(migrations.len()).unwrap_or(i32::MAX)
}

/// The version of an open ledger.
pub(super) fn version(db: &Connection) -> Result<i32, rusqlite::Error> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs the migrations that an open ledger has not seen yet, all or none of them.
pub(super) fn run(db: &mut Connection, migrations: &[&str]) -> Result<(), LedgerError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read under the lock: another process may have been faster.
    let found = version(&transaction)?;
    for sql in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(sql)?;
    }
    if found < version_of(migrations) {
        transaction.pragma_update(None, "user_version", version_of(migrations))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Writes a copy of an open ledger beside it, before it is migrated: `ledger.db.version-1`.
pub(super) fn keep_copy(db: &Connection, path: &Path) -> Result<PathBuf, LedgerError> {
    let version = version(db)?;
    let name = |attempt: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".version-{version}"));
        if attempt > 1 {
            name.push(format!("-{attempt}"));
        }
        PathBuf::from(name)
    };
    for attempt in 1.. {
        let copy = name(attempt);
        match create_file(&copy) {
            Ok(()) => {
                // `VACUUM INTO` fills an empty file that is there, and keeps its mode.
                let written = copy
                    .to_str()
                    .ok_or_else(|| LedgerError::Io("the path of the ledger is not UTF-8".into()))
                    .and_then(|copy| Ok(db.execute("VACUUM INTO ?", [copy]).map(|_| ())?));
                if let Err(error) = written {
                    // Nothing to lose: it is our own, half-written file.
                    let _ = std::fs::remove_file(&copy);
                    return Err(error);
                }
                return Ok(copy);
            }
            Err(LedgerError::FileExists(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(LedgerError::FileExists(path.to_owned()))
}

/// Creates an empty file that only its owner may read, where there was none.
pub(super) fn create_file(path: &Path) -> Result<(), LedgerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ()).map_err(|error| LedgerError::of_file(&error, path))
}
