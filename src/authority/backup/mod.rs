//! Backups: making them while others work, listing them, and removing the oldest.
//!
//! A backup is a folder named by the time it was made at: a copy of the ledger, `lic.toml`, the signing keys where they are
//! wanted, and a manifest. It is written under a name that begins with a dot, read back and checked, and given its name
//! last: what was cut off in the middle never looks finished. Whoever makes a backup holds a lock on the folder, so that
//! what others left unfinished can be told from what they are at work on.

mod check;
mod error;
mod manifest;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use check::{Checked, check};
pub use error::BackupError;
pub use manifest::{FileEntry, Identity, LogHead, MANIFEST, Manifest};

use super::settings::Settings;
use super::{Authority, Error, Home};
use crate::keyring::{Keyring, StoredKey, StoredKind};
use crate::ledger::{KeyPurpose, Ledger};
use crate::license::Timestamp;

/// The ledger's name in a backup.
pub const LEDGER: &str = "ledger.db";
/// The settings' name in a backup.
pub const SETTINGS: &str = "lic.toml";
/// The folder of the signing keys in a backup.
pub const KEYS: &str = "keys";
/// How the names of folders begin that are no backups: not yet, or no longer.
const UNFINISHED: &str = ".lic-backup-";

/// A backup that is there.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Its folder.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
}

impl Backup {
    /// The folder's own name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// How large it is, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.size).sum()
    }

    /// Whether it holds copies of signing keys.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.manifest.files.iter().any(|file| file.name.starts_with(KEYS))
    }
}

/// A key file that a backup does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name below the keys folder.
    pub name: String,
    /// Whether licenses of customers are signed with it.
    pub signs_licenses: bool,
    /// Whether it was left out because it is no key any more, and not because nothing protects it.
    pub damaged: bool,
}

/// A backup just made.
pub struct Made {
    /// The backup.
    pub backup: Backup,
    /// Key files it does not hold, though keys were wanted.
    pub left_out: Vec<LeftOut>,
}

/// The folder where backups are kept: made where it is missing, and locked as long as this lives.
pub struct Shelf {
    path: PathBuf,
    lock: Option<File>,
}

impl Shelf {
    /// Opens the folder, waits for others who make a backup there, and takes away what killed ones left.
    ///
    /// # Errors
    /// [`BackupError::NotAFolder`]; [`Error::File`] where the system refuses.
    pub fn open(path: &Path) -> Result<Self, Error> {
        private_folder(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => BackupError::NotAFolder(path.to_owned()).into(),
            _ => Error::file(path, source),
        })?;
        let shelf = Self { path: path.to_owned(), lock: lock(path) };
        if shelf.lock.is_some() {
            shelf.clear()?;
        }
        Ok(shelf)
    }

    fn clear(&self) -> Result<(), Error> {
        for entry in fs::read_dir(&self.path).map_err(|source| Error::file(&self.path, source))? {
            let entry = entry.map_err(|source| Error::file(&self.path, source))?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_dir_all(entry.path()).map_err(|source| Error::file(&entry.path(), source))?;
            }
        }
        Ok(())
    }

    /// Removes the oldest backups of one authority, all but the newest `keep`; gives those that went.
    ///
    /// # Errors
    /// [`Error::File`] where the system refuses.
    pub fn keep(&self, authority: &Identity, keep: u32) -> Result<Vec<Backup>, Error> {
        let mut ours = list(&self.path)?;
        ours.retain(|backup| backup.manifest.authority == *authority);
        ours.truncate(ours.len().saturating_sub(keep as usize));
        for backup in &ours {
            // A name of a backup is never on one that is half removed.
            let gone = self.path.join(format!("{UNFINISHED}{}", backup.name()));
            let removed = fs::rename(&backup.path, &gone).and_then(|()| fs::remove_dir_all(&gone));
            removed.map_err(|source| Error::file(&backup.path, source))?;
        }
        Ok(ours)
    }

    /// Gives a finished folder its name: that of its time, with a number where one is there already.
    fn place(&self, finished: &Path, at: Timestamp) -> Result<PathBuf, Error> {
        let base = folder_name(at);
        for attempt in 1.. {
            let name = if attempt == 1 { base.clone() } else { format!("{base}-{attempt}") };
            let path = self.path.join(name);
            if path.symlink_metadata().is_ok() {
                continue;
            }
            match fs::rename(finished, &path) {
                // Somebody who could not be locked out was faster.
                Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty) => {}
                other => {
                    other.and_then(|()| sync_folder(&self.path)).map_err(|source| Error::file(&path, source))?;
                    return Ok(path);
                }
            }
        }
        Err(Error::Occupied(self.path.join(base)))
    }
}

/// The name of a backup of this time, which sorts by time and stands no file system in the way: `2026-11-22T090000Z`.
#[must_use]
pub fn folder_name(at: Timestamp) -> String {
    at.to_string().replace(':', "")
}

/// The finished backups in a folder, the oldest first. What is no backup is passed over, and so is a folder that is missing.
///
/// # Errors
/// [`Error::File`] where the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Backup>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|source| Error::file(folder, source))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| Error::file(folder, source))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && let Ok(manifest) = Manifest::read(&path) {
            found.push(Backup { path, manifest });
        }
    }
    found.sort_by(|one, other| (one.manifest.made_at, &one.path).cmp(&(other.manifest.made_at, &other.path)));
    Ok(found)
}

/// The folder where backups of a home are kept: that of its settings, seen from the home, else `backups` in it. Settings that
/// cannot be read say nothing: backups are wanted most where something is broken.
#[must_use]
pub fn folder_of(home: &Home) -> PathBuf {
    let own = Settings::load(&home.settings_path()).ok().and_then(|settings| settings.backup.folder);
    home.path().join(own.unwrap_or_else(|| PathBuf::from("backups")))
}

impl Authority {
    /// Whose ledger this is.
    ///
    /// # Errors
    /// [`Error::NoAuthority`] of a ledger in which none was set up.
    pub fn identity(&self) -> Result<Identity, Error> {
        Identity::of(&self.ledger)?.ok_or_else(|| Error::NoAuthority(self.home.path().to_owned()))
    }

    /// How many events the log has.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn event_count(&self) -> Result<u64, Error> {
        Ok(self.ledger.head()?.size())
    }

    /// Makes a backup, and reads it back before it gets its name.
    ///
    /// # Errors
    /// A full disk, a folder that may not be written, a ledger that is damaged; nothing is left behind.
    pub fn back_up(&self, shelf: &Shelf, with_keys: bool, at: Timestamp) -> Result<Made, Error> {
        let authority = self.identity()?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let making = builder.tempdir_in(&shelf.path).map_err(|source| Error::file(&shelf.path, source))?;
        self.ledger.copy_to(&making.path().join(LEDGER))?;
        let mut names = vec![LEDGER.to_owned(), SETTINGS.to_owned()];
        let settings = self.home.settings_path();
        let text = fs::read(&settings).map_err(|source| Error::file(&settings, source))?;
        write_private(&making.path().join(SETTINGS), &text)?;
        let mut left_out = Vec::new();
        if with_keys {
            let (kept, rest) = self.keys_to_keep()?;
            let keyring = Keyring::at(making.path().join(KEYS));
            for file in &kept {
                keyring.put_back(file)?;
                names.push(format!("{KEYS}/{}", file.name));
            }
            left_out = rest;
        }
        let entry = |name: &String| {
            let path = making.path().join(name);
            FileEntry::of(&path, name).map_err(|source| Error::file(&path, source))
        };
        let files = names.iter().map(entry).collect::<Result<Vec<_>, Error>>()?;
        // The head of the copy: others may have written since.
        let (copy, version) = Ledger::open_copy(&making.path().join(LEDGER))?;
        let left: Vec<String> = left_out.iter().map(|file| format!("{KEYS}/{}", file.name)).collect();
        let manifest = Manifest::new(authority, at, version, LogHead::of(&copy)?, files).without(left);
        check::check_ledger(making.path(), &manifest)?;
        write_private(&making.path().join(MANIFEST), manifest.text().as_bytes())?;
        sync_folder(making.path()).map_err(|source| Error::file(making.path(), source))?;
        let path = shelf.place(making.path(), at)?;
        // It has another name by now: there is nothing left to take away.
        let _ = making.keep();
        Ok(Made { backup: Backup { path, manifest }, left_out })
    }

    /// The key files that may go into a backup, and those that may not: copies that nothing protects.
    fn keys_to_keep(&self) -> Result<(Vec<StoredKey>, Vec<LeftOut>), Error> {
        let records = self.read().signing_keys()?;
        let of_licenses =
            |file: &StoredKey| records.iter().any(|record| record.kid == file.kid && record.purpose == KeyPurpose::License);
        let protected = |file: &StoredKey| matches!(file.kind, StoredKind::Public | StoredKind::Encrypted);
        let (kept, rest): (Vec<StoredKey>, Vec<StoredKey>) = self.keyring.stored_keys()?.into_iter().partition(protected);
        let left_out = rest.iter().map(|file| LeftOut {
            signs_licenses: of_licenses(file),
            damaged: file.kind == StoredKind::Damaged,
            name: file.name.clone(),
        });
        Ok((kept, left_out.collect()))
    }
}

/// The only one who works in this folder, where the system has such locks; waits for whoever has the lock now.
fn lock(folder: &Path) -> Option<File> {
    if !cfg!(unix) {
        return None;
    }
    let file = File::open(folder).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Makes a folder that only its owner enters; one that is there stays as it is.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that only its owner may read, where there was none, and waits until it is on disk.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(|source| Error::file(path, source))
}

/// Waits until the names in a folder are on disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
