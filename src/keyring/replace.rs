//! A copy in place of another: the same signing key under a new passphrase.

use std::path::PathBuf;

use ed25519_dalek::SigningKey;

use super::{KeyringError, PRIVATE, Protection, encoding, files, pem};
use crate::keyring::Keyring;
use crate::license::Slug;
use crate::token::Kid;

impl Keyring {
    /// Writes an operator's copy anew in place of the one that is there, and says where. Cut off at any moment, either the old
    /// copy is there or the new one, whole.
    ///
    /// # Errors
    /// [`KeyringError::Weak`], [`KeyringError::NoCopy`]; what [`Keyring::is_protected`] says of a copy that is not fit to be
    /// kept; [`KeyringError::Io`]. In every case the old copy is as it was.
    pub fn replace_copy(&self, key: &SigningKey, operator: &Slug, protection: Protection<'_>) -> Result<PathBuf, KeyringError> {
        if let Protection::Passphrase { passphrase, .. } = protection {
            passphrase.check_strength().map_err(KeyringError::Weak)?;
        }
        let kid = Kid::of(&key.verifying_key());
        let old = self.read_copy(&kid, operator)?;
        // A group that was let in to read an encrypted copy stays let in; never to one that nothing protects.
        let both_encrypted = old.encrypted && matches!(protection, Protection::Passphrase { .. });
        let mode = if both_encrypted { PRIVATE | (old.mode & 0o040) } else { PRIVATE };
        let text = pem::encode(key, protection).map_err(|error| encoding(&old.path, error))?;
        files::replace(&old.path, text.as_bytes(), mode).map_err(|source| KeyringError::io("write", &old.path, source))?;
        Ok(old.path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::keyring::Passphrase;
    use crate::keyring::pem::tests::{key, passphrase, protection};

    fn keyring() -> (tempfile::TempDir, Keyring, Kid, Slug) {
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::at(folder.path());
        (folder, keyring, Kid::of(&key().verifying_key()), "mia".parse().unwrap())
    }

    fn new() -> Passphrase {
        Passphrase::new("battery staple".into())
    }

    #[test]
    fn a_replaced_copy_opens_with_the_new_passphrase_alone() {
        let (_folder, keyring, kid, mia) = keyring();
        let path = keyring.write_copy(&key(), &mia, protection(&passphrase())).unwrap();
        assert_eq!(keyring.replace_copy(&key(), &mia, protection(&new())).unwrap(), path);
        let open = |passphrase: &Passphrase| keyring.open(&kid, &mia, Some(passphrase), &key().verifying_key());
        assert_eq!(open(&new()).unwrap(), key());
        assert!(matches!(open(&passphrase()), Err(KeyringError::WrongPassphrase { .. })));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_that_is_not_there_or_a_weak_passphrase_replaces_nothing() {
        let (_folder, keyring, kid, mia) = keyring();
        let missing = keyring.replace_copy(&key(), &mia, protection(&new())).unwrap_err();
        assert!(matches!(missing, KeyringError::NoCopy { .. }), "{missing}");
        let path = keyring.write_copy(&key(), &mia, Protection::None).unwrap();
        let before = fs::read(&path).unwrap();
        let weak = keyring.replace_copy(&key(), &mia, protection(&Passphrase::new("short".into()))).unwrap_err();
        assert!(matches!(weak, KeyringError::Weak(_)), "{weak}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(keyring.copies(&kid).unwrap(), [mia]);
    }

    #[cfg(unix)]
    #[test]
    fn the_group_keeps_its_way_to_an_encrypted_copy_and_to_no_other() {
        let (_folder, keyring, _, mia) = keyring();
        let path = keyring.write_copy(&key(), &mia, protection(&passphrase())).unwrap();
        files::tests::set_mode(&path, 0o640);
        let mode = || files::mode(&fs::metadata(&path).unwrap());
        keyring.replace_copy(&key(), &mia, protection(&new())).unwrap();
        assert_eq!(mode(), 0o640);
        keyring.replace_copy(&key(), &mia, Protection::None).unwrap();
        assert_eq!(mode(), 0o600);
        keyring.replace_copy(&key(), &mia, protection(&new())).unwrap();
        assert_eq!(mode(), 0o600);
    }
}
