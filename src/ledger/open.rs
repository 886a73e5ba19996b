//! Opening a ledger: for reading or writing, a new one, or one in memory.
//!
//! Opening is on the path of every command, so it asks the file only what it must: whether it is a ledger, and of which
//! version. Whether the ledger is intact is a question for `audit verify`.
//!
//! # Reading without being allowed to write
//!
//! A WAL wants a `-wal` and a `-shm` file beside the ledger. Someone who may not write the ledger must not make them either:
//! its owner could not use them. Such a reader reads along while a writer has the ledger open (the files are there),
//! and otherwise reads it as a file that nobody changes, which it is unless a writer comes just then. Only what a killed
//! writer left in the `-wal` may be out of reach for a mere reader.
//!
//! The ledger's file is never opened past SQLite: closing it would drop the locks that this process holds on it.

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
/// How much of the file to hold in memory at most, in KiB. Taken as it is needed, so that a short command takes little; the
/// licenses themselves fit in up to a million.
const CACHE: i32 = 64 * 1024;
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

    /// A ledger in a file of its own that nobody else sees and that ends with it: for more rows than memory should hold.
    ///
    /// # Errors
    /// [`LedgerError`] where there is no room for it.
    pub fn scratch() -> Result<Self, LedgerError> {
        let db = Connection::open("")?;
        db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        new(db)
    }
}

/// `file:` names are SQLite's own; an absolute path is never taken for one.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, LedgerError> {
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

pub(super) fn set_up(db: &Connection) -> Result<(), rusqlite::Error> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    db.pragma_update(None, "cache_size", -CACHE)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Opens the file for writing, or for reading where it may not be written.
pub(super) fn connect(path: &Path) -> Result<Connection, LedgerError> {
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
    let version = match access {
        Access::ReadWrite if db.is_readonly("main")? => return Err(LedgerError::ReadOnly),
        Access::ReadWrite => identify(&db, &path).map_err(|error| match error {
            // The file opened; it is the files beside it that could not be made.
            LedgerError::NotPermitted(_) => LedgerError::ReadOnly,
            error => error,
        })?,
        Access::ReadOnly => identify_for_reading(&mut db, &path)?,
    };
    let known = migrations::version_of(migrations);
    if version > known {
        return Err(LedgerError::Newer { found: version, known });
    }
    set_up(&db)?;
    match access {
        Access::ReadOnly if version < known => return Err(LedgerError::Older { found: version, known }),
        Access::ReadOnly => db.pragma_update(None, "query_only", true)?,
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
pub(super) fn identify(db: &Connection, path: &Path) -> Result<i32, LedgerError> {
    let asked = |pragma: &str| {
        db.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0)).map_err(|error| LedgerError::of_opening(error, path))
    };
    if asked("application_id")? == APPLICATION_ID { asked("user_version") } else { Err(LedgerError::NotALedger(path.to_owned())) }
}

/// Identifies a ledger that is only to be read, and opens it again as an unchanging file where that is the way to read it.
fn identify_for_reading(db: &mut Connection, path: &Path) -> Result<i32, LedgerError> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        std::fs::metadata(name).ok()
    };
    let wal = beside("-wal");
    // A reader who may not write makes no file beside the ledger, and so reads along only where both are there.
    if !db.is_readonly("main")? || (wal.is_some() && beside("-shm").is_some()) {
        match identify(db, path) {
            Err(LedgerError::NotPermitted(_) | LedgerError::ReadOnly) => {}
            identified => return identified,
        }
    }
    if wal.is_some_and(|wal| wal.len() > 0) {
        return Err(LedgerError::Unsettled);
    }
    *db = connect_unchanging(path)?;
    identify(db, path)
}

/// Opens a ledger that has no WAL, as a file that nobody changes.
pub(super) fn connect_unchanging(path: &Path) -> Result<Connection, LedgerError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{beginnings, day, id, issue, record, revise, slug};
    use crate::ledger::{Fact, LicenseFilter};
    use crate::license::Occasion;
    use tempfile::TempDir;

    /// The version of a ledger that is made today.
    const NOW: i32 = MIGRATIONS.len() as i32;

    fn folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn filled(path: &Path) -> Ledger {
        let mut ledger = Ledger::create(path).unwrap();
        record(&mut ledger, 0, &beginnings());
        ledger
    }

    fn files(folder: &TempDir) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn refused(path: &Path, access: Access) -> LedgerError {
        Ledger::open(path, access).unwrap_err()
    }

    #[test]
    fn a_new_ledger_is_its_owner_s_alone_and_leaves_no_file_beside_it() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        filled(&path).close().unwrap();
        assert_eq!(files(&folder), ["ledger.db"]);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let ledger = Ledger::open(&path, access).unwrap();
            assert_eq!(ledger.read().authority().unwrap().unwrap().name, "Vendor Inc");
            ledger.close().unwrap();
            assert_eq!(files(&folder), ["ledger.db"], "{access:?}");
        }
    }

    #[test]
    fn a_new_ledger_never_takes_the_place_of_a_file() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(Ledger::create(&path), Err(LedgerError::FileExists(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        assert!(matches!(Ledger::create(&folder.path().join("no/ledger.db")), Err(LedgerError::Missing(_))));
    }

    #[test]
    fn what_is_no_ledger_is_refused_and_left_as_it_is() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("text"), "x".repeat(10_000)).unwrap();
        std::fs::write(at("empty"), "").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let before = files(&folder);
        for access in [Access::ReadOnly, Access::ReadWrite] {
            for name in ["text", "empty", "folder", "other"] {
                assert!(matches!(refused(&at(name), access), LedgerError::NotALedger(_)), "{name}");
            }
            assert!(matches!(refused(&at("missing"), access), LedgerError::Missing(_)));
        }
        assert_eq!(files(&folder), before);
    }

    #[test]
    fn a_newer_ledger_is_refused() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        let ledger = filled(&path);
        ledger.db.pragma_update(None, "user_version", 99).unwrap();
        ledger.close().unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let said = refused(&path, access).to_string();
            assert_eq!(said, format!("the ledger has version 99, and this program knows versions up to {NOW}"));
        }
    }

    #[test]
    fn an_older_ledger_is_copied_and_migrated() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        filled(&path).close().unwrap();
        let later = [&MIGRATIONS[..], &["CREATE TABLE later (x INTEGER) STRICT;"]].concat();
        assert_eq!(open(&path, Access::ReadOnly, &later).unwrap_err(), LedgerError::Older { found: NOW, known: NOW + 1 });
        let broken = [&MIGRATIONS[..], &["CREATE TABLE later (x INTEGER) STRICT; SELECT nothing;"]].concat();
        assert!(open(&path, Access::ReadWrite, &broken).is_err());
        assert_eq!(Ledger::open(&path, Access::ReadOnly).unwrap().head().unwrap().size(), 9);

        let migrated = open(&path, Access::ReadWrite, &later).unwrap();
        migrated.db.execute_batch("INSERT INTO later VALUES (1)").unwrap();
        assert_eq!((migrations::version(&migrated.db).unwrap(), migrated.head().unwrap().size()), (NOW + 1, 9));
        migrated.close().unwrap();
        let copies = [format!("ledger.db.version-{NOW}"), format!("ledger.db.version-{NOW}-2")];
        assert_eq!(files(&folder), ["ledger.db", &copies[0], &copies[1]]);
        let copy = folder.path().join(&copies[1]);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&copy).unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(Ledger::open(&copy, Access::ReadOnly).unwrap().replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn a_ledger_of_version_1_becomes_what_a_new_one_is() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        // As version 1 was, with a license in it.
        migrations::create_file(&path).unwrap();
        let mut db = connect(&path).unwrap();
        db.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        migrations::run(&mut db, &MIGRATIONS[..1]).unwrap();
        db.execute_batch(include_str!("testing/version_1.sql")).unwrap();
        drop(db);

        let mut ledger = Ledger::open(&path, Access::ReadWrite).unwrap();
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
        let id = ledger.read().license_ids_in((0, i64::MAX), 2).unwrap()[0];
        let first = ledger.read().revisions(id).unwrap().remove(0);
        assert_eq!((first.rev, first.occasion), (1, None));
        let mut renewed = revise(1, 2, "acme", |_| {});
        let Fact::LicenseIssued { license, kid, .. } = &mut renewed else { panic!() };
        (*license, *kid) = (id, first.kid);
        let revoked = Fact::LicenseRevoked { license: id, reason: "refund".into(), note: Some("invoice 7".into()) };
        record(&mut ledger, 2, &[renewed, revoked]);
        assert_eq!(ledger.read().revisions(id).unwrap()[1].occasion, Some(Occasion::Renewal));
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn a_ledger_opened_for_reading_is_not_written() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        filled(&path).close().unwrap();
        let mut ledger = Ledger::open(&path, Access::ReadOnly).unwrap();
        let written = ledger.write(|transaction| transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {})));
        assert!(matches!(written, Err(LedgerError::ReadOnly)));
    }

    #[test]
    fn a_file_that_nobody_changes_is_read_without_files_beside_it() {
        let folder = folder();
        let path = folder.path().join("50% off? #1 ü.db");
        filled(&path).close().unwrap();
        let db = connect_unchanging(&path).unwrap();
        let events: i64 = db.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!((events, files(&folder).len()), (9, 1));
    }

    #[test]
    fn a_reader_who_may_not_write_makes_no_file_and_misses_none() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        filled(&path).close().unwrap();
        // What SQLite falls back to for someone who may not write the file; the tests may run as root, who may.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = || Connection::open_with_flags(&path, flags).unwrap();
        assert_eq!(identify_for_reading(&mut reader(), &path), Ok(NOW));
        assert_eq!(files(&folder), ["ledger.db"]);

        let mut writer = Ledger::open(&path, Access::ReadWrite).unwrap();
        record(&mut writer, 1, &[issue(1, "acme", |_| {})]);
        let mut along = reader();
        assert_eq!(identify_for_reading(&mut along, &path), Ok(NOW));
        assert_eq!(along.query_row("SELECT count(*) FROM events", [], |row| row.get(0)), Ok(10));
        drop((along, writer));

        std::fs::write(folder.path().join("ledger.db-wal"), "what a killed writer left").unwrap();
        assert_eq!(identify_for_reading(&mut reader(), &path), Err(LedgerError::Unsettled));
    }

    #[test]
    fn no_path_is_taken_for_an_option() {
        let folder = folder();
        for name in ["file:x?mode=memory", ":memory:", "a b&c=d"] {
            let path = folder.path().join(name);
            filled(&path).close().unwrap();
            assert_eq!(Ledger::open(&path, Access::ReadOnly).unwrap().head().unwrap().size(), 9, "{name}");
        }
    }

    #[test]
    fn a_locked_ledger_is_still_read_and_says_that_it_is_locked() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        let mut ledger = filled(&path);
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        ledger.db.busy_timeout(Duration::from_millis(20)).unwrap();
        let work =
            |transaction: &crate::ledger::Transaction<'_>| transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {}));
        assert!(matches!(ledger.write(work), Err(LedgerError::Busy)));
        assert_eq!(ledger.head().unwrap().size(), 9);
        other.execute_batch("ROLLBACK").unwrap();
        assert!(ledger.write(work).is_ok());
    }

    #[test]
    fn a_full_disk_is_said_and_harms_nothing() {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        let mut ledger = filled(&path);
        let pages: i64 = ledger.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        ledger.db.pragma_update(None, "max_page_count", pages + 2).unwrap();
        let mut issued = 0;
        let error = loop {
            match ledger.write(|transaction| transaction.record(day(1), &slug("anna"), &issue(issued, "acme", |_| {}))) {
                Ok(_) => issued += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, LedgerError::DiskFull), "{error}");
        assert!(issued > 0);
        assert_eq!(ledger.read().count_licenses(&LicenseFilter::new(day(1))).unwrap(), issued);
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
        ledger.db.pragma_update(None, "max_page_count", 1_000_000).unwrap();
        record(&mut ledger, 2, &[issue(issued, "acme", |_| {})]);
    }

    #[test]
    fn at_whatever_page_a_disk_is_full_all_of_a_transaction_is_there_or_nothing() {
        const BATCH: u64 = 150;
        let folder = folder();
        let (mut refused, mut spare) = (0, 0);
        loop {
            let path = folder.path().join(format!("{spare}.db"));
            let mut ledger = filled(&path);
            let before = ledger.head().unwrap();
            let pages: i64 = ledger.db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
            ledger.db.pragma_update(None, "max_page_count", pages + spare).unwrap();
            let issue_all = |transaction: &crate::ledger::Transaction<'_>| {
                let mut facts = (0..BATCH).map(|number| issue(number, "acme", |_| {}));
                facts.try_for_each(|fact| transaction.record(day(1), &slug("anna"), &fact).map(|_| ()))
            };
            let written = ledger.write(issue_all);
            let issued = ledger.read().count_licenses(&LicenseFilter::new(day(1))).unwrap();
            assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
            assert_eq!(ledger.integrity().unwrap(), Vec::<String>::new());
            match written {
                Ok(()) => {
                    assert_eq!(issued, BATCH);
                    break;
                }
                Err(error) => {
                    assert!(matches!(error, LedgerError::DiskFull), "{error}");
                    assert_eq!((issued, ledger.head().unwrap()), (0, before));
                    ledger.db.pragma_update(None, "max_page_count", 1_000_000).unwrap();
                    ledger.write(issue_all).unwrap();
                    assert_eq!(ledger.read().count_licenses(&LicenseFilter::new(day(1))).unwrap(), BATCH);
                    assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
                }
            }
            (refused, spare) = (refused + 1, spare + 1);
        }
        assert!(refused > 3, "{refused}");
    }

    #[test]
    fn writers_at_the_same_time_wait_for_one_another_and_lose_nothing() {
        const EACH: u64 = 60;
        let folder = folder();
        let path = folder.path().join("ledger.db");
        filled(&path).close().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..3 {
                let path = &path;
                scope.spawn(move || {
                    for number in writer * EACH..(writer + 1) * EACH {
                        // Each as a process of its own does it: open, record, close.
                        let mut ledger = Ledger::open(path, Access::ReadWrite).unwrap();
                        let revoked = Fact::LicenseRevoked { license: id(number), reason: "test".into(), note: None };
                        record(&mut ledger, 1, &[issue(number, "acme", |_| {}), revoked]);
                        ledger.close().unwrap();
                    }
                });
            }
        });
        let ledger = Ledger::open(&path, Access::ReadOnly).unwrap();
        assert_eq!(ledger.head().unwrap().size(), 9 + 2 * 3 * EACH);
        assert_eq!(ledger.read().count_licenses(&LicenseFilter::new(day(1))).unwrap(), 3 * EACH);
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
        assert_eq!(ledger.integrity().unwrap(), Vec::<String>::new());
    }
}
