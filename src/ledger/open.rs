//! Opening a ledger: for reading or writing, a new one, or one in memory.
//!
//! Opening is on the path of every command, so it asks the file only what it must: whether it is a ledger, and of which
//! version. Whether the ledger is intact is a question for `audit verify`.
//!
//! # Reading without being allowed to write
//!
//! A WAL wants a `-wal` and a `-shm` file beside the ledger. Someone who may not create them still reads the ledger
//! while a writer has it open (the files are there), and when it was closed in good order (it is then read as a file
//! that does not change). Only what a killed writer left in the `-wal` cannot be taken in by a reader alone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::migrations::{self, MIGRATIONS};
use super::{Ledger, LedgerError};

/// `LIC1`, in the header of every ledger file.
const APPLICATION_ID: i32 = 0x4c49_4331;
/// How long to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Events are one to two kilobytes each: larger pages waste less at their ends than SQLite's usual 4 KiB.
const PAGE_SIZE: i32 = 8192;
/// How many statements stay prepared. All that recording needs, and the reads of a command.
const STATEMENTS: usize = 64;

/// What a ledger is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading alone. Needs no permission to write, and refuses to write.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

impl Ledger {
    /// Makes a new ledger, which only its owner may read and write.
    ///
    /// # Errors
    /// [`LedgerError::FileExists`] where there is a file already; nothing is ever overwritten.
    pub fn create(path: &Path) -> Result<Self, LedgerError> {
        let path = absolute(path)?;
        migrations::create_file(&path)?;
        let created = fill(&path);
        if created.is_err() {
            // Ours, and of no use to anyone.
            let _ = std::fs::remove_file(&path);
        }
        created
    }

    /// Opens a ledger, and brings it to the version of this program where it may write.
    ///
    /// # Errors
    /// [`LedgerError`], which tells apart no file, another kind of file, a newer ledger, one that may not be
    /// written or read, and one that another process keeps locked.
    pub fn open(path: &Path, access: Access) -> Result<Self, LedgerError> {
        open(path, access, &MIGRATIONS)
    }

    /// A ledger that lives as long as it is open.
    ///
    /// # Errors
    /// [`LedgerError`] where there is no memory.
    pub fn in_memory() -> Result<Self, LedgerError> {
        new(Connection::open_in_memory()?)
    }
}

/// `file:` names are SQLite's own; an absolute path is never taken for one.
fn absolute(path: &Path) -> Result<PathBuf, LedgerError> {
    std::path::absolute(path).map_err(|error| LedgerError::of_file(&error, path))
}

fn fill(path: &Path) -> Result<Ledger, LedgerError> {
    let db = connect(path)?;
    db.pragma_update(None, "page_size", PAGE_SIZE)?;
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let ledger = new(db)?;
    // The new name must outlast a crash as well as the rows do.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| LedgerError::of_file(&error, folder))?;
    }
    Ok(ledger)
}

fn new(mut db: Connection) -> Result<Ledger, LedgerError> {
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    set_up(&db)?;
    migrations::run(&mut db, &MIGRATIONS)?;
    Ok(Ledger { db })
}

fn set_up(db: &Connection) -> Result<(), rusqlite::Error> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Opens the file for writing, or for reading where it may not be written.
fn connect(path: &Path) -> Result<Connection, LedgerError> {
    // Neither CREATE nor URI: a mistyped path makes no file, and no part of a path is an option.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(|error| LedgerError::of_opening(error, path))?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}

fn open(path: &Path, access: Access, migrations: &[&str]) -> Result<Ledger, LedgerError> {
    let path = absolute(path)?;
    let file = std::fs::metadata(&path).map_err(|error| LedgerError::of_file(&error, &path))?;
    if !file.is_file() {
        return Err(LedgerError::NotALedger(path));
    }
    let mut db = connect(&path)?;
    let version = match (identify(&db, &path), access) {
        (Ok(version), _) => version,
        (Err(LedgerError::NotPermitted(_) | LedgerError::ReadOnly), Access::ReadOnly) => {
            db = connect_unchanging(&path)?;
            identify(&db, &path)?
        }
        (Err(LedgerError::NotPermitted(_)), Access::ReadWrite) if std::fs::File::open(&path).is_ok() => {
            return Err(LedgerError::ReadOnly);
        }
        (Err(error), _) => return Err(error),
    };
    let known = migrations::version_of(migrations);
    if version > known {
        return Err(LedgerError::Newer { found: version, known });
    }
    set_up(&db)?;
    match access {
        Access::ReadOnly if version < known => return Err(LedgerError::Older { found: version, known }),
        Access::ReadOnly => db.pragma_update(None, "query_only", true)?,
        Access::ReadWrite if db.is_readonly("main")? => return Err(LedgerError::ReadOnly),
        Access::ReadWrite => {
            db.pragma_update(None, "synchronous", "FULL")?;
            if version < known {
                migrations::keep_copy(&db, &path)?;
                migrations::run(&mut db, migrations)?;
            }
        }
    }
    Ok(Ledger { db })
}

/// The version of the ledger, once it is sure that it is one.
fn identify(db: &Connection, path: &Path) -> Result<i32, LedgerError> {
    let asked = |pragma: &str| {
        db.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).map_err(|error| LedgerError::of_opening(error, path))
    };
    if asked("application_id")? == APPLICATION_ID { asked("user_version") } else { Err(LedgerError::NotALedger(path.to_owned())) }
}

/// Opens a ledger that has no WAL, as a file that nobody changes.
fn connect_unchanging(path: &Path) -> Result<Connection, LedgerError> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if std::fs::metadata(wal).is_ok_and(|wal| wal.len() > 0) {
        return Err(LedgerError::Unsettled);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{}?immutable=1", percent_encoded(path));
    Connection::open_with_flags(uri, flags).map_err(|error| LedgerError::of_opening(error, path))
}

fn percent_encoded(path: &Path) -> String {
    let mut encoded = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
