//! The files of a keyring as they stand on disk, to be checked, put into a backup and taken out of it.
//!
//! No key is opened here: a copy goes into a backup as it is, encrypted.

use std::fs::{self, File};
use std::io::{self, Read};

use zeroize::Zeroizing;

use super::files::{self, GROUP_AND_OTHERS, PRIVATE, PUBLIC};
use super::{Keyring, KeyringError, LARGEST_FILE, TOO_OPEN_ENCRYPTED, pem, write_new};
use crate::license::Slug;
use crate::token::Kid;

/// The end of a public key's name, and of the name of one of the authority's own keys.
const PUBLIC_END: &str = ".pub.pem";
const SERVICE_END: &str = ".key.pem";

/// Whose a file of a keyring is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Everybody's: a public key.
    Everybody,
    /// The authority's own: what signs status lists or checkpoints.
    Authority,
    /// An operator's copy.
    Operator(Slug),
}

/// What a file of a keyring holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredKind {
    /// A public key.
    Public,
    /// A copy of a signing key that a passphrase protects.
    Encrypted,
    /// A copy of a signing key that nothing protects.
    Bare,
    /// Nothing that a copy of a signing key looks like.
    Damaged,
}

/// A file of a keyring.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Its name below the keys folder, with `/`.
    pub name: String,
    /// The signing key.
    pub kid: Kid,
    /// Whose it is.
    pub holder: Holder,
    /// What it holds.
    pub kind: StoredKind,
    /// What stands in it.
    pub content: Zeroizing<Vec<u8>>,
    /// Its permission bits; none where the system has none.
    pub mode: u32,
}

impl StoredKey {
    /// A file of this name and content; `None` where a keyring has no file of such a name.
    #[must_use]
    pub fn new(name: &str, content: Vec<u8>) -> Option<Self> {
        let (kid, holder) = parse(name)?;
        let content = Zeroizing::new(content);
        let kind = match (&holder, std::str::from_utf8(&content).map(pem::is_encrypted)) {
            (Holder::Everybody, _) => StoredKind::Public,
            (_, Ok(Ok(true))) => StoredKind::Encrypted,
            (_, Ok(Ok(false))) => StoredKind::Bare,
            _ => StoredKind::Damaged,
        };
        Some(Self { name: name.to_owned(), kid, holder, kind, content, mode: 0 })
    }

    /// Whether others may read it, so that it is refused when it is to sign.
    #[must_use]
    pub fn is_too_open(&self) -> bool {
        let refused = match self.kind {
            StoredKind::Public => 0,
            StoredKind::Encrypted => TOO_OPEN_ENCRYPTED,
            StoredKind::Bare | StoredKind::Damaged => GROUP_AND_OTHERS,
        };
        self.mode & refused != 0
    }
}

/// The signing key that a name below the keys folder speaks of, and whose file it is.
fn parse(name: &str) -> Option<(Kid, Holder)> {
    if let Some((kid, copy)) = name.split_once('/') {
        return Some((kid.parse().ok()?, Holder::Operator(copy.strip_suffix(".pem")?.parse().ok()?)));
    }
    match name.strip_suffix(PUBLIC_END) {
        Some(kid) => Some((kid.parse().ok()?, Holder::Everybody)),
        None => Some((name.strip_suffix(SERVICE_END)?.parse().ok()?, Holder::Authority)),
    }
}

impl Keyring {
    /// Every file, by name. What has no name that this program gives is left out.
    ///
    /// # Errors
    /// [`KeyringError::Io`] where a folder or a file cannot be read.
    pub fn stored_keys(&self) -> Result<Vec<StoredKey>, KeyringError> {
        let mut found = Vec::new();
        for name in self.names_in("")? {
            if parse(&name).is_some() {
                found.extend(self.stored_key(&name)?);
            } else if name.parse::<Kid>().is_ok() {
                for copy in self.names_in(&name)? {
                    found.extend(self.stored_key(&format!("{name}/{copy}"))?);
                }
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Puts a file back where there is none of its name; tells whether it did.
    ///
    /// # Errors
    /// [`KeyringError::Io`].
    pub fn put_back(&self, file: &StoredKey) -> Result<bool, KeyringError> {
        let path = self.folder.join(&file.name);
        if path.symlink_metadata().is_ok() {
            return Ok(false);
        }
        self.create_folder(path.parent().unwrap_or(&self.folder))?;
        write_new(&path, &file.content, if file.holder == Holder::Everybody { PUBLIC } else { PRIVATE })?;
        Ok(true)
    }

    fn names_in(&self, below: &str) -> Result<Vec<String>, KeyringError> {
        let folder = self.folder.join(below);
        let failed = |source| KeyringError::io("list", &folder, source);
        let entries = match fs::read_dir(&folder) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let names = entries.map(|entry| Ok(entry.map_err(failed)?.file_name().into_string().ok()));
        Ok(names.collect::<Result<Vec<_>, KeyringError>>()?.into_iter().flatten().collect())
    }

    fn stored_key(&self, name: &str) -> Result<Option<StoredKey>, KeyringError> {
        if parse(name).is_none() {
            return Ok(None);
        }
        let path = self.folder.join(name);
        let failed = |source| KeyringError::io("read", &path, source);
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut content = Vec::with_capacity(LARGEST_FILE + 1);
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut content).map_err(failed)?;
        Ok(StoredKey::new(name, content).map(|file| StoredKey { mode: files::mode(&metadata), ..file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Protection;
    use crate::keyring::passphrase::Passphrase;
    use ed25519_dalek::SigningKey;

    #[test]
    fn every_file_is_told_for_what_it_is_and_can_be_put_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path().join("keys"));
        assert!(keyring.stored_keys().unwrap().is_empty());
        let key = SigningKey::from_bytes(&[7; 32]);
        let passphrase = Passphrase::new("correct horse battery".into());
        let protection = Protection::Passphrase { passphrase: &passphrase, salt: [1; 16], iv: [2; 16] };
        keyring.write_public(&key.verifying_key()).unwrap();
        keyring.write_copy(&key, &"anna".parse().unwrap(), protection).unwrap();
        keyring.write_copy(&key, &"ben".parse().unwrap(), Protection::None).unwrap();
        let kid = Kid::of(&key.verifying_key());
        fs::write(keyring.copy_path(&kid, &"carl".parse().unwrap()), "nothing").unwrap();
        fs::write(folder.path().join("keys/notes.txt"), "mine").unwrap();
        keyring.write_service(&key).unwrap();
        let files = keyring.stored_keys().unwrap();
        let told: Vec<_> = files.iter().map(|file| (file.holder.clone(), file.kind)).collect();
        let of = |name: &str| Holder::Operator(name.parse().unwrap());
        assert_eq!(
            told,
            [
                (Holder::Authority, StoredKind::Bare),
                (Holder::Everybody, StoredKind::Public),
                (of("anna"), StoredKind::Encrypted),
                (of("ben"), StoredKind::Bare),
                (of("carl"), StoredKind::Damaged)
            ]
        );
        let elsewhere = Keyring::at(folder.path().join("elsewhere"));
        for put in [true, false] {
            assert!(files.iter().all(|file| elsewhere.put_back(file).unwrap() == put));
        }
        assert_eq!(elsewhere.open(&kid, &"anna".parse().unwrap(), Some(&passphrase), &key.verifying_key()).unwrap(), key);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["../x.pub.pem", "/etc/x.pub.pem", "Qm9vdHN0cmFwS2V5/../anna.pem", "Qm9vdHN0cmFwS2V5/a/b.pem", "a.pem", ""] {
            assert!(StoredKey::new(name, Vec::new()).is_none(), "{name}");
        }
        assert!(StoredKey::new("Qm9vdHN0cmFwS2V5/anna.pem", Vec::new()).is_some());
    }
}
