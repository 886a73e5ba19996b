//! The home, its settings, and who may read and write its files.

use std::fs;
use std::path::Path;

use super::{Level, Notes, Patient, quoted};
use crate::keyring::{Holder, StoredKind};

/// The permission bits of all but the owner and the group: to write, and to do anything at all.
const OTHERS_WRITE: u32 = 0o002;
const OTHERS: u32 = 0o007;
/// The permission bits of the group and of all others.
const GROUP_AND_OTHERS: u32 = 0o077;

/// How the names of folders begin that a killed command left in the home.
const LEFTOVERS: [&str; 2] = [".lic-init-", ".lic-restore-"];

/// Whether `lic.toml` can be read and says what it may say.
pub(super) fn settings(patient: &Patient, notes: &mut Notes<'_>) {
    let path = patient.home.settings_path();
    match &patient.settings {
        Ok(settings) => {
            if let Ok(ledger) = &patient.ledger
                && let Ok(Some(authority)) = ledger.read().authority()
                && authority.issuer != settings.authority.issuer
            {
                notes.warn(
                    format!("lic.toml has the issuer '{}', and the ledger '{}'", settings.authority.issuer, authority.issuer),
                    format!("$EDITOR {}", quoted(&path)),
                );
            }
            if notes.is_clean() {
                notes.ok(format!("{} is valid", path.display()));
            }
        }
        Err(why) => {
            // The line and the caret are for 'config show'; here one line each.
            let first = why.to_string().lines().next().unwrap_or_default().to_owned();
            notes.error(format!("lic.toml: {first}"), format!("$EDITOR {}   # 'lic config show' shows the place", quoted(&path)));
        }
    }
}

/// Who may read and write the files.
pub(super) fn files(patient: &Patient, notes: &mut Notes<'_>) {
    let home = &patient.home;
    folder(home.path(), "the home", notes);
    for (path, what) in [(home.ledger_path(), "the ledger"), (home.settings_path(), "lic.toml")] {
        let Some(mode) = mode(&path) else { continue };
        // The settings hold no secrets.
        let bits = if what == "lic.toml" { "w" } else { "rwx" };
        let mend = format!("chmod o-{bits} {}", quoted(&path));
        if mode & OTHERS_WRITE != 0 {
            notes.error(format!("everybody may write {what} (mode {mode:03o})"), mend);
        } else if mode & OTHERS != 0 && bits != "w" {
            notes.warn(format!("everybody may read {what} (mode {mode:03o})"), mend);
        }
    }
    if home.keys_path().is_dir() {
        folder(&home.keys_path(), "the keys folder", notes);
    }
    for path in &patient.passphrase_files {
        match mode(path) {
            None => notes.error(
                format!("the passphrase file {} cannot be found", path.display()),
                "name the right one in LIC_PASSPHRASE_FILE",
            ),
            Some(mode) if mode & GROUP_AND_OTHERS != 0 => notes.error(
                format!("others may read the passphrase file {} (mode {mode:03o})", path.display()),
                format!("chmod 600 {}", quoted(path)),
            ),
            Some(_) => {}
        }
    }
    keys(patient, notes);
    owners(patient, notes);
    leftovers(patient, notes);
    if notes.is_clean() {
        notes.ok("nobody may read or write them who should not");
    }
}

fn folder(path: &Path, what: &str, notes: &mut Notes<'_>) {
    let Some(mode) = mode(path) else { return };
    let mend = format!("chmod o-rwx {}", quoted(path));
    if mode & OTHERS_WRITE != 0 {
        notes.error(format!("everybody may write in {what} (mode {mode:03o})"), mend);
    } else if mode & OTHERS != 0 {
        notes.warn(format!("everybody may look into {what} (mode {mode:03o})"), mend);
    }
}

/// Copies of signing keys that others may read: they are refused when they are to sign.
fn keys(patient: &Patient, notes: &mut Notes<'_>) {
    let keyring = crate::keyring::Keyring::at(patient.home.keys_path());
    match keyring.stored_keys() {
        Err(why) => notes.warn(why.to_string(), "look at it as the owner of the home"),
        Ok(stored) => {
            for key in stored.iter().filter(|key| key.is_too_open()) {
                let secret =
                    if key.kind == StoredKind::Encrypted || key.holder == Holder::Everybody { "" } else { ", unprotected" };
                let path = patient.home.keys_path().join(&key.name);
                let what = format!("others may read keys/{} (mode {:03o}{secret})", key.name, key.mode);
                notes.error(what, format!("chmod 600 {}", quoted(&path)));
            }
        }
    }
}

/// Files that belong to somebody else than the home does, as when an administrator ran a command.
fn owners(patient: &Patient, notes: &mut Notes<'_>) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let Ok(home) = fs::metadata(patient.home.path()) else { return };
        let ledger = patient.home.ledger_path();
        let beside = |ending: &str| {
            let mut name = ledger.as_os_str().to_owned();
            name.push(ending);
            name.into()
        };
        for path in [ledger.clone(), beside("-wal"), beside("-shm"), patient.home.settings_path(), patient.home.keys_path()] {
            if let Ok(file) = fs::metadata(&path)
                && file.uid() != home.uid()
            {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                notes.warn(
                    format!("{name} belongs to user {} and the home to user {}", file.uid(), home.uid()),
                    format!("chown {} {}", home.uid(), quoted(&path)),
                );
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (patient, notes);
}

fn leftovers(patient: &Patient, notes: &mut Notes<'_>) {
    for entry in fs::read_dir(patient.home.path()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if LEFTOVERS.iter().any(|left| name.starts_with(left)) {
            let what = format!("{name} was left by a command that was cut off");
            notes.note(Level::Warning, what, Some(format!("rm -r {}", quoted(&entry.path()))));
        }
    }
}

/// The permission bits of a file; `None` where there is none, or no such bits.
pub(super) fn mode(path: &Path) -> Option<u32> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777);
    #[cfg(not(unix))]
    return metadata.is_file().then_some(0);
}
