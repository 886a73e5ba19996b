//! `manifest.json`: what a backup holds, so that it can be told whether it still holds it.
//!
//! A manifest is written last and is no signature: it finds files that were cut, changed by accident or mixed up. Whoever
//! changes a ledger and its manifest together is found by a checkpoint that somebody else holds.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;
use crate::audit::Frontier;
use crate::authority::Error;
use crate::ledger::{Ledger, LedgerError};
use crate::license::Timestamp;

/// The format that this program writes, and the newest it reads.
const FORMAT: u64 = 1;
/// The manifest's name.
pub const MANIFEST: &str = "manifest.json";
/// The largest file that is read as a manifest.
const LARGEST: u64 = 16 << 20;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of this format.
    pub format: u64,
    /// The version of the program that wrote it.
    pub program: String,
    /// Whose ledger it is.
    pub authority: Identity,
    /// When it was made: RFC 3339.
    #[serde(with = "rfc3339")]
    pub made_at: Timestamp,
    /// The version of the ledger's schema.
    pub ledger_version: i32,
    /// The head of the log.
    pub log: LogHead,
    /// Every file but the manifest.
    pub files: Vec<FileEntry>,
    /// Key files that were left out, because nothing protects them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// SHA-256 of the manifest with an empty text here, in hex.
    pub checksum: String,
}

/// Which authority a ledger belongs to: two authorities of one name still differ in their first signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The vendor's name.
    pub name: String,
    /// What stands in the keys as `iss`.
    pub issuer: String,
    /// The signing key that was made first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_key: Option<String>,
}

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// How many events it has.
    pub size: u64,
    /// The Merkle root over them, in hex.
    pub root: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its name below the backup's folder, with `/`.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256, in hex.
    pub sha256: String,
}

impl Identity {
    /// Whose ledger this is; `None` of one in which no authority was set up.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn of(ledger: &Ledger) -> Result<Option<Self>, LedgerError> {
        let tables = ledger.read();
        let Some(authority) = tables.authority()? else { return Ok(None) };
        let first_key = tables.signing_keys()?.first().map(|key| key.kid.to_string());
        Ok(Some(Self { name: authority.name, issuer: authority.issuer, first_key }))
    }
}

impl LogHead {
    /// The head of a ledger's log.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        Ok(Self::from(&ledger.head()?))
    }
}

impl From<&Frontier> for LogHead {
    fn from(head: &Frontier) -> Self {
        Self { size: head.size(), root: hex(&head.root()) }
    }
}

impl FileEntry {
    /// What a file holds, under a name.
    pub fn of(path: &Path, name: &str) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let (mut digest, mut size) = (Sha256::new(), 0);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => {
                    digest.update(&buffer[..read]);
                    size += read as u64;
                }
            }
        }
        Ok(Self { name: name.to_owned(), size, sha256: hex(&digest.finalize()) })
    }
}

impl Manifest {
    /// A manifest with its checksum.
    pub fn new(authority: Identity, made_at: Timestamp, ledger_version: i32, log: LogHead, files: Vec<FileEntry>) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        let (left_out, checksum) = (Vec::new(), String::new());
        Self { format: FORMAT, program, authority, made_at, ledger_version, log, files, left_out, checksum }.sealed()
    }

    /// With the names of what was left out.
    #[must_use]
    pub fn without(self, left_out: Vec<String>) -> Self {
        Self { left_out, ..self }.sealed()
    }

    fn sealed(mut self) -> Self {
        self.checksum = String::new();
        self.checksum = hex(&Sha256::digest(self.text().as_bytes()));
        self
    }

    /// As it stands in its file.
    #[must_use]
    pub fn text(&self) -> String {
        // Plain data: turning it into JSON cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads the manifest of a backup, and makes sure that it says what it said when it was written.
    ///
    /// # Errors
    /// [`BackupError`]; [`Error::File`] where the system refuses.
    pub fn read(backup: &Path) -> Result<Self, Error> {
        let path = backup.join(MANIFEST);
        if let Err(error) = backup.metadata() {
            return Err(Error::file(backup, error));
        }
        let mut text = String::new();
        let unreadable = |why: String| BackupError::ManifestUnreadable { backup: backup.to_owned(), why };
        match File::open(&path).and_then(|file| file.take(LARGEST).read_to_string(&mut text)) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(BackupError::NotABackup(backup.to_owned()).into());
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(unreadable("it is no text".into()).into()),
            read => read.map_err(|source| Error::file(&path, source))?,
        };
        Self::parse(&text, backup)
    }

    /// Reads a manifest as [`Manifest::text`] wrote it; `backup` is for the messages.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn parse(text: &str, backup: &Path) -> Result<Self, Error> {
        let unreadable = |why: String| BackupError::ManifestUnreadable { backup: backup.to_owned(), why };
        let value: serde_json::Value = serde_json::from_str(text).map_err(|why| unreadable(why.to_string()))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found > FORMAT => {
                return Err(BackupError::NewerFormat { backup: backup.to_owned(), found, known: FORMAT }.into());
            }
            Some(_) => {}
            None => return Err(unreadable("it does not say its format".into()).into()),
        }
        let manifest: Self = serde_json::from_value(value).map_err(|why| unreadable(why.to_string()))?;
        if manifest.clone().sealed().checksum != manifest.checksum {
            return Err(BackupError::ManifestChanged(backup.to_owned()).into());
        }
        // Whoever writes a manifest must not choose which other files of this machine are read.
        if let Some(file) = manifest.files.iter().find(|file| !is_below(&file.name)) {
            return Err(unreadable(format!("'{}' is no file of a backup", file.name.escape_debug())).into());
        }
        Ok(manifest)
    }
}

/// Whether a name leads to a file below the folder it is joined to, whatever the folder.
fn is_below(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Bytes in hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A moment as RFC 3339.
mod rfc3339 {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use crate::license::Timestamp;

    pub fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(moment)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let authority = Identity { name: "Vendor".into(), issuer: "vendor".into(), first_key: None };
        let files = vec![FileEntry { name: "ledger.db".into(), size: 3, sha256: hex(&[1, 2]) }];
        let log = LogHead { size: 7, root: hex(&[0xab; 32]) };
        Manifest::new(authority, "2026-11-22T09:00:00Z".parse().unwrap(), 2, log, files)
    }

    fn read(text: &str) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MANIFEST), text).unwrap();
        let shown = folder.path().display().to_string();
        Manifest::read(folder.path()).map_err(|why| why.to_string().replace(&shown, "BACKUP"))
    }

    #[test]
    fn a_manifest_reads_back() {
        assert_eq!(read(&manifest().text()), Ok(manifest()));
        let more = manifest().without(vec!["keys/x/anna.pem".into()]);
        assert_eq!(read(&more.text()), Ok(more));
    }

    #[test]
    fn a_manifest_names_no_file_outside_its_folder() {
        for name in ["", ".", "..", "/etc/passwd", "../ledger.db", "keys/../../x", "keys/.."] {
            let files = vec![FileEntry { name: name.into(), size: 3, sha256: hex(&[1, 2]) }];
            let manifest = Manifest { files, ..manifest() }.sealed();
            let why = read(&manifest.text()).unwrap_err();
            assert!(why.ends_with(&format!("'{name}' is no file of a backup")), "{why}");
        }
    }

    #[test]
    fn every_edit_is_found() {
        let text = manifest().text();
        for (from, to) in
            [("\"size\": 7", "\"size\": 8"), ("Vendor", "Vandal"), ("09:00:00", "09:00:01"), ("\"files\": [", "\"files\": [\n")]
        {
            assert!(text.contains(from));
            let edited = text.replace(from, to);
            // Blanks say nothing.
            let expected = if to.ends_with('\n') {
                Ok(manifest())
            } else {
                Err("the manifest of BACKUP was changed after it was written".into())
            };
            assert_eq!(read(&edited), expected);
        }
        assert_eq!(
            read(&text.replace("\"format\": 1", "\"format\": 2")).unwrap_err(),
            "BACKUP is a backup of format 2, and this program knows formats up to 1"
        );
        for broken in ["", "{}", "[]", "\u{0}", &text[..text.len() / 2], &text.replace("\"program\"", "\"programme\"")] {
            assert!(read(broken).unwrap_err().starts_with("the manifest of BACKUP cannot be read: "), "{broken}");
        }
    }
}
