//! Copies of a ledger: made while others write, read as files that nobody changes, and put in the place of a ledger.
//!
//! # Why a restore goes through the engine
//!
//! Other processes may have the ledger open. A file renamed over theirs would leave them with the old file and the new
//! `-wal`, which no longer belong together. So the pages of the copy are written *into* the live ledger, in one
//! transaction of SQLite's backup interface: whoever reads goes on with what they see, whoever wants to write waits, and a
//! process killed half-way leaves the ledger as it was. The first page takes the write lock; whether the ledger may be
//! replaced is decided, and what it holds is copied aside, only then, so that nothing is recorded in between and lost.
//!
//! Only a file that is too damaged to be copied is replaced by renaming, and only where nobody else has it open. Its `-wal`
//! goes aside first, for it would be played into the new file otherwise.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::migrations::{self, MIGRATIONS};
use super::open::{absolute, connect, connect_unchanging, identify, set_up};
use super::{Access, Ledger, LedgerError, log};
use crate::audit::{Frontier, Hash};

impl Ledger {
    /// Writes the ledger as it was last committed to a new file, which only its owner may read, and waits until it is on
    /// disk. Others may write meanwhile.
    ///
    /// # Errors
    /// [`LedgerError::FileExists`]; [`LedgerError::DiskFull`]. Nothing is left behind.
    pub fn copy_to(&self, path: &Path) -> Result<(), LedgerError> {
        migrations::create_file(path)?;
        let written = self.vacuum_into(path);
        if written.is_err() {
            // Ours, and half-written.
            let _ = fs::remove_file(path);
        }
        written
    }

    fn vacuum_into(&self, path: &Path) -> Result<(), LedgerError> {
        let name = path.to_str().ok_or_else(|| LedgerError::Io("the path of the copy is not UTF-8".into()))?;
        // Forbids to write any file, the copy too.
        let read_only: bool = self.db.pragma_query_value(None, "query_only", |row| row.get(0))?;
        self.db.pragma_update(None, "query_only", false)?;
        // Fills an empty file that is there, and keeps its mode.
        let written = self.db.execute("VACUUM INTO ?", [name]);
        self.db.pragma_update(None, "query_only", read_only)?;
        written?;
        sync(path)
    }

    /// [`Ledger::copy_to`], of a copy that is to be a ledger that several processes use.
    ///
    /// # Errors
    /// As [`Ledger::copy_to`].
    pub fn copy_to_live(&self, path: &Path) -> Result<(), LedgerError> {
        self.copy_to(path)?;
        let db = connect(&absolute(path)?)?;
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        db.close().map_err(|(_, error)| error)?;
        sync(path)
    }

    /// Opens a copy that nobody changes, and gives the version its file has. An older one is read in the version of this
    /// program; the file stays as it is.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_copy(path: &Path) -> Result<(Self, i32), LedgerError> {
        let path = absolute(path)?;
        if !fs::metadata(&path).map_err(|error| LedgerError::of_file(&error, &path))?.is_file() {
            return Err(LedgerError::NotALedger(path));
        }
        let file = connect_unchanging(&path)?;
        let (found, known) = (identify(&file, &path)?, migrations::version_of(&MIGRATIONS));
        if found > known {
            return Err(LedgerError::Newer { found, known });
        }
        set_up(&file)?;
        if found == known {
            file.pragma_update(None, "query_only", true)?;
            return Ok((Self { db: file }, found));
        }
        let mut db = Connection::open("")?;
        take_all(&Backup::new(&file, &mut db)?)?;
        set_up(&db)?;
        migrations::run(&mut db, &MIGRATIONS)?;
        Ok((Self { db }, found))
    }

    /// Puts what `copy` holds in the place of what the ledger at `path` holds, and what that was in a new file, `aside`.
    /// `may` decides, while nobody else can write, by the ledger that is there.
    ///
    /// # Errors
    /// What `may` returns; [`LedgerError::Busy`]; a full disk. The ledger is then as it was.
    pub fn replace<E: From<LedgerError>>(
        path: &Path,
        copy: &Self,
        aside: &Path,
        may: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let there = Self::open(path, Access::ReadWrite)?;
        let mut target = connect(&absolute(path)?)?;
        prepare(&target)?;
        {
            let backup = Backup::new(&copy.db, &mut target).map_err(LedgerError::from)?;
            // From the first page on, nobody else writes.
            take(&backup, 1)?;
            may(&there)?;
            there.copy_to(aside)?;
            if let Err(error) = take_all(&backup) {
                let _ = fs::remove_file(aside);
                return Err(error.into());
            }
        }
        target.close().map_err(|(_, error)| LedgerError::from(error))?;
        there.close()?;
        Ok(())
    }

    /// Puts a file that [`Ledger::copy_to_live`] wrote, in the same folder, in the place of one that is no ledger any more.
    /// What is there goes to `aside`, with the files beside it.
    ///
    /// # Errors
    /// [`LedgerError::Busy`] where another process has it open; [`LedgerError`] where the system refuses.
    pub fn replace_file(path: &Path, staged: &Path, aside: &Path) -> Result<(), LedgerError> {
        let failed = |error: std::io::Error| LedgerError::of_file(&error, path);
        let gone = |result: std::io::Result<()>| match result {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        // A copy first: whoever asks the engine about the file may have the WAL thrown away.
        gone(fs::copy(beside(path, "-wal"), beside(aside, "-wal")).map(|_| ())).map_err(failed)?;
        if let Err(busy) = nobody_is_at_work(path) {
            gone(fs::remove_file(beside(aside, "-wal"))).map_err(failed)?;
            return Err(busy);
        }
        // Two names for one file, so that there is a file of the ledger's name at every moment.
        fs::hard_link(path, aside).map_err(failed)?;
        for ending in ["-wal", "-shm"] {
            gone(fs::remove_file(beside(path, ending))).map_err(failed)?;
        }
        fs::rename(staged, path).map_err(failed)?;
        sync_folder_of(path)
    }

    /// The head that the log had with its first `size` events; `None` where it has fewer.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn head_at(&self, size: u64) -> Result<Option<Frontier>, LedgerError> {
        if log::head(&self.db)?.size() < size {
            return Ok(None);
        }
        let mut statement = self.db.prepare("SELECT leaf FROM events WHERE number <= ? ORDER BY number")?;
        let mut rows = statement.query([i64::try_from(size).unwrap_or(i64::MAX)])?;
        let mut head = Frontier::new();
        while let Some(row) = rows.next()? {
            let leaf: Hash = row.get(0)?;
            head.append(leaf);
        }
        Ok((head.size() == size).then_some(head))
    }
}

/// Refuses a file that another process has open, as far as the engine can tell: leaving the WAL needs the file for itself.
/// Of a file that is too damaged to be asked, nobody else can make use either.
fn nobody_is_at_work(path: &Path) -> Result<(), LedgerError> {
    let Ok(db) = absolute(path).and_then(|path| connect(&path)) else { return Ok(()) };
    match db.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).map_err(LedgerError::from) {
        Err(LedgerError::Busy) => Err(LedgerError::Busy),
        _ => Ok(()),
    }
}

/// Makes sure that readers can go on reading while the target is written.
fn prepare(target: &Connection) -> Result<(), LedgerError> {
    target.pragma_update(None, "synchronous", "FULL")?;
    target.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    Ok(())
}

fn take_all(backup: &Backup<'_, '_>) -> Result<(), LedgerError> {
    while take(backup, -1)? == StepResult::More {}
    Ok(())
}

fn take(backup: &Backup<'_, '_>, pages: i32) -> Result<StepResult, LedgerError> {
    match backup.step(pages)? {
        StepResult::Busy | StepResult::Locked => Err(LedgerError::Busy),
        taken => Ok(taken),
    }
}

/// The name of a file that stands beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn sync(path: &Path) -> Result<(), LedgerError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| LedgerError::of_file(&error, path))
}

fn sync_folder_of(path: &Path) -> Result<(), LedgerError> {
    match path.parent() {
        Some(folder) if cfg!(unix) => sync(folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{beginnings, issue, record};

    fn ledger_with(path: &Path, licenses: u64) -> Ledger {
        let mut ledger = Ledger::create(path).unwrap();
        record(&mut ledger, 0, &beginnings());
        let facts: Vec<Fact> = (0..licenses).map(|number| issue(number, "acme", |_| {})).collect();
        record(&mut ledger, 1, &facts);
        ledger
    }

    fn head(path: &Path) -> Frontier {
        Ledger::open(path, Access::ReadOnly).unwrap().head().unwrap()
    }

    #[test]
    fn a_copy_is_made_while_others_write_and_holds_what_was_committed() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger_with(&folder.path().join("ledger.db"), 3);
        let reader = Ledger::open(&folder.path().join("ledger.db"), Access::ReadOnly).unwrap();
        let copy = folder.path().join("copy.db");
        ledger
            .write(|tx| {
                tx.record(crate::ledger::testing::day(2), &"anna".parse().unwrap(), &issue(9, "acme", |_| {}))?;
                reader.copy_to(&copy)
            })
            .unwrap();
        let (copied, version) = Ledger::open_copy(&copy).unwrap();
        assert_eq!(version, migrations::version_of(&MIGRATIONS));
        assert_eq!(copied.head().unwrap(), ledger.head_at(12).unwrap().unwrap());
        assert_eq!((copied.integrity().unwrap(), copied.replay(|_| {}).unwrap().difference), (vec![], None));
        assert_eq!(reader.copy_to(&copy).unwrap_err(), LedgerError::FileExists(copy.clone()));
        assert!(!beside(&copy, "-wal").exists() && !beside(&copy, "-journal").exists());
    }

    #[test]
    fn a_ledger_is_replaced_under_the_eyes_of_its_readers_and_kept_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut live = ledger_with(&path, 2);
        let before = live.head().unwrap();
        live.copy_to(&folder.path().join("copy.db")).unwrap();
        record(&mut live, 3, &[issue(7, "acme", |_| {}), issue(8, "acme", |_| {})]);
        let after = live.head().unwrap();
        let (copy, _) = Ledger::open_copy(&folder.path().join("copy.db")).unwrap();
        let aside = folder.path().join("aside.db");
        let refused: Result<(), LedgerError> = Ledger::replace(&path, &copy, &aside, |_| Err(LedgerError::Spoiled));
        assert_eq!((refused, head(&path), aside.exists()), (Err(LedgerError::Spoiled), after.clone(), false));
        Ledger::replace(&path, &copy, &aside, |there| {
            assert_eq!(there.head().unwrap(), after);
            Ok::<_, LedgerError>(())
        })
        .unwrap();
        // The connection that was open all the time sees the ledger of the copy, and writes on in it.
        assert_eq!(live.head().unwrap(), before);
        record(&mut live, 4, &[issue(7, "globex", |_| {})]);
        assert_eq!(live.replay(|_| {}).unwrap().difference, None);
        assert_eq!(Ledger::open_copy(&aside).unwrap().0.head().unwrap(), after);
    }

    #[test]
    fn what_is_no_ledger_any_more_is_replaced_with_the_files_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let staged = folder.path().join("staged.db");
        let source = ledger_with(&folder.path().join("source.db"), 2);
        source.copy_to_live(&staged).unwrap();
        let text = "not a database at all\n".repeat(100);
        fs::write(&path, &text).unwrap();
        fs::write(beside(&path, "-wal"), "old").unwrap();
        let aside = folder.path().join("aside.db");
        Ledger::replace_file(&path, &staged, &aside).unwrap();
        assert_eq!(head(&path), source.head().unwrap());
        assert_eq!(fs::read_to_string(&aside).unwrap(), text);
        assert_eq!(fs::read(beside(&aside, "-wal")).unwrap(), b"old");
    }

    #[test]
    fn the_head_of_the_past_is_the_head_that_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger_with(&folder.path().join("ledger.db"), 2);
        let then = ledger.head().unwrap();
        record(&mut ledger, 3, &[issue(7, "acme", |_| {})]);
        assert_eq!(ledger.head_at(then.size()).unwrap(), Some(then.clone()));
        assert_eq!(ledger.head_at(then.size() + 2).unwrap(), None);
    }
}
