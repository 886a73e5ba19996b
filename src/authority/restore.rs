//! Restoring a backup: into an empty folder, or in the place of what is there.
//!
//! Everything about the backup is checked before anything is touched. What is replaced is kept beside it under a name with
//! the time. The ledger goes first, in one step that other processes may watch (see `ledger::copy`); settings and keys
//! follow. What was cut off in between is finished by doing it again. Signing keys are only added: a copy that is there may
//! have got another passphrase since.

use std::fs;
use std::path::{Path, PathBuf};

use super::backup::{
    BackupError, Checked, Identity, KEYS, LEDGER, SETTINGS, check, folder_name, private_folder, sync_folder, write_private,
};
use super::{Actor, Error, Home, is_there};
use crate::keyring::{Keyring, StoredKey};
use crate::ledger::{Access, Ledger, LedgerError};
use crate::license::{Role, Slug, Timestamp};

/// What a restore comes to.
#[derive(Debug, Clone)]
pub struct Restored {
    /// How many events the ledger has now.
    pub events: u64,
    /// How many events it had; `None` where there was none, or none that could be read.
    pub before: Option<u64>,
    /// The copies of what was there.
    pub kept: Vec<PathBuf>,
    /// Key files that were put back.
    pub keys: Vec<String>,
    /// Key files that the backup does not hold, because nothing protected them, and that are not there either.
    pub keys_missing: Vec<String>,
    /// Whether mails are sent from this ledger: those that left after the backup was made are in no outbox now.
    pub mails: bool,
}

/// What is at the place of the ledger.
enum There {
    /// Nothing.
    Nothing,
    /// A ledger that can be read.
    Ledger(Box<Ledger>),
    /// A ledger with damage in it, or of a newer program.
    Unreadable(LedgerError),
    /// A file that is no ledger.
    NoLedger(LedgerError),
}

/// A backup that was checked, about to be restored into a home.
pub struct Restoring {
    home: Home,
    backup: Checked,
    there: There,
    force: bool,
}

impl Restoring {
    /// Checks a backup, and whether it may take the place of what the home holds.
    ///
    /// # Errors
    /// [`BackupError`]: a backup that is not as it was; without `force`, a ledger that would lose events, that has another
    /// history, or that cannot be compared.
    pub fn new(backup: &Path, home: Home, force: bool) -> Result<Self, Error> {
        let backup = check(backup)?;
        if home.path().is_file() {
            return Err(Error::file(home.path(), std::io::ErrorKind::NotADirectory.into()));
        }
        let there = look(&home)?;
        let restoring = Self { home, backup, there, force };
        match &restoring.there {
            There::Nothing => {}
            There::Ledger(ledger) => may_replace(ledger, &restoring.backup, force)?,
            There::Unreadable(why) | There::NoLedger(why) if !force => {
                return Err(BackupError::Incomparable(why.clone()).into());
            }
            There::Unreadable(_) | There::NoLedger(_) => {}
        }
        Ok(restoring)
    }

    /// Whether there is something that would be replaced.
    #[must_use]
    pub fn replaces(&self) -> bool {
        !matches!(self.there, There::Nothing)
    }

    /// The backup.
    #[must_use]
    pub fn backup(&self) -> &Checked {
        &self.backup
    }

    /// How many events the ledger has that is there.
    #[must_use]
    pub fn events_there(&self) -> Option<u64> {
        match &self.there {
            There::Ledger(ledger) => ledger.head().ok().map(|head| head.size()),
            _ => None,
        }
    }

    /// Refuses who may not replace the ledger that is there. Where none can be read, there is nobody to ask.
    ///
    /// # Errors
    /// [`Error::UnknownOperator`], [`Error::NotAllowed`].
    pub fn require_admin(&self, name: &str) -> Result<(), Error> {
        let There::Ledger(ledger) = &self.there else { return Ok(()) };
        let unknown = || Error::UnknownOperator(name.to_owned());
        let slug: Slug = name.to_ascii_lowercase().parse().map_err(|_| unknown())?;
        let operator = ledger.read().operator(&slug)?.ok_or_else(unknown)?;
        Actor::of(operator).require(Role::Admin, "replace the ledger by a backup", &ledger.read())
    }

    /// Restores.
    ///
    /// # Errors
    /// As [`Restoring::new`], for what changed in the meantime; whatever keeps files from being written.
    pub fn restore(self, at: Timestamp) -> Result<Restored, Error> {
        let Self { home, backup, there, force } = self;
        private_folder(home.path()).map_err(|source| Error::file(home.path(), source))?;
        let mut restored = Restored {
            events: backup.manifest.log.size,
            before: None,
            kept: Vec::new(),
            keys: Vec::new(),
            keys_missing: Vec::new(),
            mails: backup.ledger.read().mail_runs()?.is_some(),
        };
        let path = home.ledger_path();
        let aside = free_name(&path, at);
        match there {
            There::Nothing => {
                place_new(&home, &backup.ledger, |staged| fs::rename(staged, &path).map_err(|source| Error::file(&path, source)))?
            }
            There::Ledger(ledger) => {
                restored.before = Some(ledger.head()?.size());
                drop(ledger);
                // Decided once more, by what is there when nobody else can write.
                match Ledger::replace(&path, &backup.ledger, &aside, |there| may_replace(there, &backup, force)) {
                    // Its log can be read, and something else cannot: it is moved where it cannot be copied.
                    Err(Error::Ledger(LedgerError::Damaged(_))) => replace_file(&home, &backup, &aside)?,
                    other => other?,
                }
                restored.kept.push(aside);
            }
            There::Unreadable(_) | There::NoLedger(_) => {
                replace_file(&home, &backup, &aside)?;
                restored.kept.push(aside);
            }
        }
        let head = Ledger::open(&path, Access::ReadWrite)?.head()?;
        if head != backup.ledger.head()? {
            return Err(LedgerError::Damaged("the restored ledger has another log than the backup".into()).into());
        }
        restore_settings(&home, &backup, at, &mut restored)?;
        restore_keys(&home, &backup, &mut restored)?;
        sync_folder(home.path()).map_err(|source| Error::file(home.path(), source))?;
        Ok(restored)
    }
}

/// What is at the place of the ledger.
fn look(home: &Home) -> Result<There, Error> {
    let path = home.ledger_path();
    if !is_there(&path)? {
        return Ok(There::Nothing);
    }
    let opened = match Ledger::open(&path, Access::ReadOnly) {
        Err(LedgerError::Older { .. } | LedgerError::Unsettled) => Ledger::open(&path, Access::ReadWrite),
        other => other,
    };
    Ok(match opened {
        Ok(ledger) => match ledger.head().and_then(|_| Identity::of(&ledger)) {
            Ok(_) => There::Ledger(Box::new(ledger)),
            Err(why @ LedgerError::Damaged(_)) => There::Unreadable(why),
            Err(why) => return Err(why.into()),
        },
        Err(why @ LedgerError::Damaged(_)) => There::Unreadable(why),
        Err(why @ LedgerError::NotALedger(_)) if path.is_file() => There::NoLedger(why),
        // A newer ledger, one that may not be written, one that is locked: not to be pushed aside.
        Err(why) => return Err(why.into()),
    })
}

/// Whether the ledger that is there is a beginning of what the backup holds.
fn may_replace(there: &Ledger, backup: &Checked, force: bool) -> Result<(), Error> {
    if force {
        return Ok(());
    }
    let incomparable = |why: LedgerError| Error::from(BackupError::Incomparable(why));
    let ours = &backup.manifest.authority;
    match Identity::of(there).map_err(incomparable)? {
        // A ledger in which nothing was set up yet.
        None => return Ok(()),
        Some(here) if here.issuer != ours.issuer || here.first_key != ours.first_key => {
            return Err(BackupError::OtherAuthority { here: here.name, backup: ours.name.clone() }.into());
        }
        Some(_) => {}
    }
    let (here, kept) = (there.head().map_err(incomparable)?, backup.ledger.head()?);
    let common = here.size().min(kept.size());
    let (of_here, of_backup) = (there.head_at(common).map_err(incomparable)?, backup.ledger.head_at(common)?);
    if of_here.is_none() || of_here != of_backup {
        return Err(BackupError::Diverged(ours.name.clone()).into());
    }
    if here.size() > kept.size() {
        return Err(BackupError::Longer { here: here.size(), backup: kept.size() }.into());
    }
    Ok(())
}

/// Moves aside a ledger that cannot be copied, and puts that of the backup in its place.
fn replace_file(home: &Home, backup: &Checked, aside: &Path) -> Result<(), Error> {
    place_new(home, &backup.ledger, |staged| Ok(Ledger::replace_file(&home.ledger_path(), staged, aside)?))
}

/// Writes the ledger of a backup beside its place, and has it moved there.
fn place_new(home: &Home, ledger: &Ledger, place: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let staging = tempfile::Builder::new().prefix(".lic-restore-").tempdir_in(home.path());
    let staging = staging.map_err(|source| Error::file(home.path(), source))?;
    let staged = staging.path().join(LEDGER);
    ledger.copy_to_live(&staged)?;
    adopt(home, &staged);
    place(&staged)
}

/// Gives a file that the administrator made in somebody else's home to whom the home belongs. Others cannot, and need not.
fn adopt(home: &Home, path: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = fs::metadata(home.path()) {
        use std::os::unix::fs::MetadataExt;
        let _ = std::os::unix::fs::lchown(path, Some(folder.uid()), Some(folder.gid()));
    }
    #[cfg(not(unix))]
    let _ = (home, path);
}

/// Puts the settings back, where they are not as in the backup.
fn restore_settings(home: &Home, backup: &Checked, at: Timestamp, restored: &mut Restored) -> Result<(), Error> {
    let Some(from) = backup.file(SETTINGS) else { return Ok(()) };
    let wanted = fs::read(&from).map_err(|source| Error::file(&from, source))?;
    let path = home.settings_path();
    match fs::read(&path) {
        Ok(found) if found == wanted => return Ok(()),
        Ok(found) => {
            let aside = free_name(&path, at);
            write_private(&aside, &found)?;
            adopt(home, &aside);
            restored.kept.push(aside);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(Error::file(&path, source)),
    }
    let staging = tempfile::Builder::new().prefix(".lic-restore-").tempdir_in(home.path());
    let staging = staging.map_err(|source| Error::file(home.path(), source))?;
    let staged = staging.path().join(SETTINGS);
    write_private(&staged, &wanted)?;
    adopt(home, &staged);
    if let Ok(before) = fs::metadata(&path) {
        // Whoever could read the settings still can.
        fs::set_permissions(&staged, before.permissions()).map_err(|source| Error::file(&staged, source))?;
    }
    fs::rename(&staged, &path).map_err(|source| Error::file(&path, source))
}

/// Puts back the key files that are missing.
fn restore_keys(home: &Home, backup: &Checked, restored: &mut Restored) -> Result<(), Error> {
    let keyring = Keyring::at(home.keys_path());
    let below = format!("{KEYS}/");
    for entry in &backup.manifest.files {
        let Some(name) = entry.name.strip_prefix(&below) else { continue };
        let path = backup.path.join(&entry.name);
        let content = fs::read(&path).map_err(|source| Error::file(&path, source))?;
        if let Some(file) = StoredKey::new(name, content)
            && keyring.put_back(&file)?
        {
            adopt(home, &home.keys_path());
            adopt(home, &home.keys_path().join(file.kid.as_str()));
            adopt(home, &home.keys_path().join(name));
            restored.keys.push(name.to_owned());
        }
    }
    // Without the public keys nobody can be given one: they are in the ledger.
    for record in backup.ledger.read().signing_keys()? {
        adopt(home, &keyring.write_public(record.public_key()?.verifying())?);
        if !record.purpose.signs_licenses() && keyring.service_path(&record.kid).symlink_metadata().is_err() {
            restored.keys_missing.push(format!("{}.key.pem", record.kid));
        }
        for copy in &record.copies {
            let path = keyring.copy_path(&record.kid, &copy.operator);
            if path.symlink_metadata().is_err() {
                restored.keys_missing.push(format!("{}/{}.pem", record.kid, copy.operator));
            }
        }
    }
    Ok(())
}

/// A name for what was at `path` until now, which nothing has yet: `ledger.db.before-2026-11-22T090000Z`.
fn free_name(path: &Path, at: Timestamp) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-{}", folder_name(at)));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    };
    (1..).map(name).find(|path| path.symlink_metadata().is_err()).unwrap_or_else(|| name(0))
}
