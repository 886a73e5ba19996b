//! The authority's own keys: what signs status lists and checkpoints.
//!
//! Timers use them with nobody there to type, so no passphrase protects them: the mode of the file does, and no license
//! that one of them signed is good.

use std::path::PathBuf;

use ed25519_dalek::{SigningKey, VerifyingKey};

use super::files::PRIVATE;
use super::pem::{self, Protection, Unreadable};
use super::{KeyFile, Keyring, KeyringError, encoding, refusal, write_new};
use crate::token::Kid;

impl Keyring {
    /// Where the private half of one of the authority's own keys stands.
    #[must_use]
    pub fn service_path(&self, kid: &Kid) -> PathBuf {
        self.folder.join(format!("{kid}.key.pem"))
    }

    /// Writes one of the authority's own keys, both halves, and says where the private one is.
    ///
    /// # Errors
    /// [`KeyringError::AlreadyExists`], for a key is never overwritten; [`KeyringError::Io`].
    pub fn write_service(&self, key: &SigningKey) -> Result<PathBuf, KeyringError> {
        let public = key.verifying_key();
        let path = self.service_path(&Kid::of(&public));
        let text = pem::encode(key, Protection::None).map_err(|error| encoding(&path, error))?;
        self.create_folder(&self.folder)?;
        write_new(&path, text.as_bytes(), PRIVATE)?;
        self.write_public(&public)?;
        Ok(path)
    }

    /// Opens one of the authority's own keys and makes sure that it is the private half of `expected`.
    ///
    /// # Errors
    /// [`KeyringError::NoServiceKey`], [`KeyringError::Mismatch`], [`KeyringError::Damaged`], [`KeyringError::OthersCanRead`],
    /// [`KeyringError::Io`].
    pub fn open_service(&self, expected: &VerifyingKey) -> Result<SigningKey, KeyringError> {
        let kid = Kid::of(expected);
        let path = self.service_path(&kid);
        let file = KeyFile::read(path.clone())?.ok_or_else(|| KeyringError::NoServiceKey { kid, path: path.clone() })?;
        if file.encrypted {
            return Err(refusal(Unreadable::Damaged("it is encrypted, and must open without a passphrase"), &path));
        }
        let key = pem::decode(&file.text, None).map_err(|why| refusal(why, &path))?;
        if key.verifying_key() == *expected { Ok(key) } else { Err(KeyringError::Mismatch { path }) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::super::pem::tests::{armour, cheap_copy, key};
    use super::*;
    use std::fs;

    fn written() -> (tempfile::TempDir, Keyring, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path().join("keys"));
        let path = keyring.write_service(&key()).unwrap();
        (folder, keyring, path)
    }

    fn refused(keyring: &Keyring) -> KeyringError {
        keyring.open_service(&key().verifying_key()).unwrap_err()
    }

    #[test]
    fn a_service_key_opens_without_a_passphrase() {
        let (_folder, keyring, path) = written();
        assert_eq!(keyring.open_service(&key().verifying_key()).unwrap(), key());
        assert!(keyring.public_path(&Kid::of(&key().verifying_key())).exists());
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    }

    #[test]
    fn a_service_key_is_never_overwritten() {
        let (_folder, keyring, path) = written();
        fs::write(&path, "precious").unwrap();
        assert!(matches!(keyring.write_service(&key()), Err(KeyringError::AlreadyExists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_a_service_key() {
        let (_folder, keyring, path) = written();
        assert_eq!(files::mode(&fs::metadata(&path).unwrap()), 0o600);
        for mode in [0o640, 0o604, 0o660] {
            files::tests::set_mode(&path, mode);
            assert!(matches!(refused(&keyring), KeyringError::OthersCanRead { .. }), "{mode:o}");
        }
    }

    #[test]
    fn what_is_not_the_expected_key_is_refused() {
        let (_folder, keyring, path) = written();
        let other = pem::encode(&SigningKey::from_bytes(&[7; 32]), Protection::None).unwrap();
        fs::write(&path, other.as_bytes()).unwrap();
        assert!(matches!(refused(&keyring), KeyringError::Mismatch { .. }));
        fs::write(&path, armour("ENCRYPTED PRIVATE KEY", &cheap_copy())).unwrap();
        assert!(matches!(refused(&keyring), KeyringError::Damaged { .. }));
        fs::write(&path, "").unwrap();
        assert!(matches!(refused(&keyring), KeyringError::Damaged { .. }));
        fs::remove_file(&path).unwrap();
        assert!(matches!(refused(&keyring), KeyringError::NoServiceKey { .. }));
    }
}
