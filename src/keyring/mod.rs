//! Signing keys at rest: encrypted copies, one for each operator who may sign.
//!
//! `keys/<kid>.pub.pem` is a public key, and `keys/<kid>/<operator>.pem` an operator's copy of the signing key, encrypted
//! with that operator's own passphrase. Who may sign is decided by who can open a copy. Which keys there are, what state
//! they are in and who ought to have a copy is the ledger's to say. The keys with which the authority itself signs, and no
//! license, stand in `keys/<kid>.key.pem` and open without a passphrase (`service`).
//!
//! # Permissions
//! Copies have mode 0600 in folders of mode 0700. A copy that others can read is refused, as ssh does. An encrypted copy may
//! be readable by the group, so that operators with system users of their own can share a home: its passphrase still
//! stands in the way.
//!
//! # Memory
//! Passphrases, key files and decrypted keys are wiped when they are dropped. The key that scrypt derives and its working
//! memory are not: the library that holds them does not offer it.

mod archive;
mod error;
mod files;
#[cfg(test)]
mod flips;
mod passphrase;
mod pem;
mod replace;
mod service;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use pkcs8::LineEnding;
use zeroize::Zeroizing;

use crate::license::Slug;
use crate::token::Kid;
use files::{GROUP_AND_OTHERS, PRIVATE, PUBLIC};
use pem::Unreadable;

pub use archive::{Holder, StoredKey, StoredKind};
pub use error::{KeyringError, PassphraseError};
pub use passphrase::Passphrase;
pub use pem::Protection;

/// The largest file that is read as a key; a real one has less than 1 KiB.
const LARGEST_FILE: usize = 64 << 10;

/// The permission bits that an encrypted copy must not have: the group may read, and that is all.
const TOO_OPEN_ENCRYPTED: u32 = GROUP_AND_OTHERS & !0o040;

/// The folder of an authority's signing keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    folder: PathBuf,
}

impl Keyring {
    /// The keyring in a folder, which need not exist before something is written.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the public key stands.
    #[must_use]
    pub fn public_path(&self, kid: &Kid) -> PathBuf {
        self.folder.join(format!("{kid}.pub.pem"))
    }

    /// Where an operator's copy of a signing key stands.
    #[must_use]
    pub fn copy_path(&self, kid: &Kid, operator: &Slug) -> PathBuf {
        self.copies_folder(kid).join(format!("{operator}.pem"))
    }

    fn copies_folder(&self, kid: &Kid) -> PathBuf {
        self.folder.join(kid.as_str())
    }

    /// Writes a public key (SPKI, PEM) and says where. Writing the same key again changes nothing.
    ///
    /// # Errors
    /// [`KeyringError::AlreadyExists`] where a file of that name holds something else; [`KeyringError::Io`].
    pub fn write_public(&self, key: &VerifyingKey) -> Result<PathBuf, KeyringError> {
        let path = self.public_path(&Kid::of(key));
        let text = key.to_public_key_pem(LineEnding::LF).map_err(|error| encoding(&path, error))?;
        self.create_folder(&self.folder)?;
        match write_new(&path, text.as_bytes(), PUBLIC) {
            Err(KeyringError::AlreadyExists { .. }) if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) => Ok(path),
            other => other.map(|()| path),
        }
    }

    /// Writes an operator's copy of a signing key and says where.
    ///
    /// # Errors
    /// [`KeyringError::Weak`] for a passphrase below [`Passphrase::SHORTEST`]; [`KeyringError::AlreadyExists`], for a copy is
    /// never overwritten; [`KeyringError::Io`]. In every case nothing is left behind.
    pub fn write_copy(&self, key: &SigningKey, operator: &Slug, protection: Protection<'_>) -> Result<PathBuf, KeyringError> {
        if let Protection::Passphrase { passphrase, .. } = protection {
            passphrase.check_strength().map_err(KeyringError::Weak)?;
        }
        let kid = Kid::of(&key.verifying_key());
        let path = self.copy_path(&kid, operator);
        if path.symlink_metadata().is_ok() {
            return Err(KeyringError::AlreadyExists { path });
        }
        let text = pem::encode(key, protection).map_err(|error| encoding(&path, error))?;
        self.create_folder(&self.copies_folder(&kid))?;
        write_new(&path, text.as_bytes(), PRIVATE)?;
        Ok(path)
    }

    /// Whether an operator's copy needs a passphrase.
    ///
    /// # Errors
    /// [`KeyringError::NoCopy`], [`KeyringError::Damaged`], [`KeyringError::OthersCanRead`], [`KeyringError::Io`].
    pub fn is_protected(&self, kid: &Kid, operator: &Slug) -> Result<bool, KeyringError> {
        self.read_copy(kid, operator).map(|copy| copy.encrypted)
    }

    /// Opens an operator's copy and makes sure that it holds the private half of `expected`. A passphrase is not looked at
    /// where the copy has none.
    ///
    /// # Errors
    /// [`KeyringError::NoCopy`], [`KeyringError::NeedsPassphrase`], [`KeyringError::WrongPassphrase`],
    /// [`KeyringError::Mismatch`], [`KeyringError::Damaged`], [`KeyringError::OthersCanRead`], [`KeyringError::Io`].
    pub fn open(
        &self,
        kid: &Kid,
        operator: &Slug,
        passphrase: Option<&Passphrase>,
        expected: &VerifyingKey,
    ) -> Result<SigningKey, KeyringError> {
        let copy = self.read_copy(kid, operator)?;
        let key = pem::decode(&copy.text, passphrase).map_err(|why| refusal(why, &copy.path))?;
        // Without this, a flipped bit could make the authority sign with a key that nobody knows.
        if key.verifying_key() == *expected { Ok(key) } else { Err(KeyringError::Mismatch { path: copy.path }) }
    }

    /// Who has a copy of a signing key, in the order of their names.
    ///
    /// # Errors
    /// [`KeyringError::Io`] where the folder cannot be listed.
    pub fn copies(&self, kid: &Kid) -> Result<Vec<Slug>, KeyringError> {
        let folder = self.copies_folder(kid);
        let failed = |source| KeyringError::io("list", &folder, source);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut operators = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            operators.extend(name.to_str().and_then(|name| name.strip_suffix(".pem")?.parse::<Slug>().ok()));
        }
        operators.sort();
        Ok(operators)
    }

    /// Removes an operator's copy. The operator may hold another elsewhere: only a new signing key shuts them out for good.
    ///
    /// # Errors
    /// [`KeyringError::NoCopy`], [`KeyringError::Io`].
    pub fn remove_copy(&self, kid: &Kid, operator: &Slug) -> Result<(), KeyringError> {
        let path = self.copy_path(kid, operator);
        match fs::remove_file(&path).and_then(|()| files::sync_folder(&self.copies_folder(kid))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(no_copy(kid, operator)),
            other => other.map_err(|source| KeyringError::io("remove", &path, source)),
        }
    }

    fn create_folder(&self, folder: &Path) -> Result<(), KeyringError> {
        files::create_private_folder(folder).map_err(|source| KeyringError::io("create the folder", folder, source))
    }

    fn read_copy(&self, kid: &Kid, operator: &Slug) -> Result<KeyFile, KeyringError> {
        KeyFile::read(self.copy_path(kid, operator))?.ok_or_else(|| no_copy(kid, operator))
    }
}

/// A file with a private key, read.
struct KeyFile {
    path: PathBuf,
    text: Zeroizing<String>,
    encrypted: bool,
    mode: u32,
}

impl KeyFile {
    /// Reads a file that others may not read; `None` where there is none.
    fn read(path: PathBuf) -> Result<Option<Self>, KeyringError> {
        let failed = |source| KeyringError::io("read", &path, source);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        // The opened file is asked, not its name: the name could mean another file by then.
        let mode = files::mode(&file.metadata().map_err(failed)?);
        let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST_FILE + 1));
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        let damaged = |reason| KeyringError::Damaged { path: path.clone(), reason };
        if bytes.len() > LARGEST_FILE {
            return Err(damaged("it is far too large for a key"));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged("it is not a key in PEM form"))?;
        let text = Zeroizing::new(text.to_owned());
        let encrypted = pem::is_encrypted(&text).map_err(|why| refusal(why, &path))?;
        let too_open = if encrypted { TOO_OPEN_ENCRYPTED } else { GROUP_AND_OTHERS };
        if mode & too_open != 0 {
            return Err(KeyringError::OthersCanRead { path, mode });
        }
        Ok(Some(Self { path, text, encrypted, mode }))
    }
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), KeyringError> {
    files::write_new(path, content, mode).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyringError::AlreadyExists { path: path.to_owned() },
        _ => KeyringError::io("write", path, source),
    })
}

fn encoding(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> KeyringError {
    KeyringError::io("write", path, io::Error::other(error))
}

fn no_copy(kid: &Kid, operator: &Slug) -> KeyringError {
    KeyringError::NoCopy { kid: *kid, operator: operator.clone() }
}

fn refusal(why: Unreadable, path: &Path) -> KeyringError {
    let path = path.to_owned();
    match why {
        Unreadable::NeedsPassphrase => KeyringError::NeedsPassphrase { path },
        Unreadable::WrongPassphrase => KeyringError::WrongPassphrase { path },
        Unreadable::Damaged(reason) => KeyringError::Damaged { path, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::pem::tests::{armour, cheap_copy, key, passphrase, protection, real_copy};
    use super::*;

    struct Fixture {
        _folder: tempfile::TempDir,
        keyring: Keyring,
        kid: Kid,
        mia: Slug,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let keyring = Keyring::at(folder.path().join("keys"));
            Self { _folder: folder, keyring, kid: Kid::of(&key().verifying_key()), mia: "mia".parse().unwrap() }
        }

        fn write(&self, protection: Protection<'_>) -> PathBuf {
            self.keyring.write_copy(&key(), &self.mia, protection).unwrap()
        }

        /// Puts a file where Mia's copy belongs.
        fn place(&self, content: impl AsRef<[u8]>) {
            let path = self.keyring.copy_path(&self.kid, &self.mia);
            files::create_private_folder(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            files::tests::set_mode(&path, PRIVATE);
        }

        fn open(&self, passphrase: Option<&Passphrase>) -> Result<SigningKey, KeyringError> {
            self.keyring.open(&self.kid, &self.mia, passphrase, &key().verifying_key())
        }
    }

    #[test]
    fn a_protected_copy_opens_with_its_passphrase_alone() {
        let fixture = Fixture::new();
        fixture.write(protection(&passphrase()));
        assert!(fixture.keyring.is_protected(&fixture.kid, &fixture.mia).unwrap());
        assert_eq!(fixture.open(Some(&passphrase())).unwrap(), key());
        let wrong = fixture.open(Some(&Passphrase::new("correct house".into()))).unwrap_err();
        assert!(matches!(wrong, KeyringError::WrongPassphrase { .. }), "{wrong}");
        assert!(matches!(fixture.open(None), Err(KeyringError::NeedsPassphrase { .. })));
    }

    #[test]
    fn an_unprotected_copy_opens_with_any_passphrase_and_with_none() {
        let fixture = Fixture::new();
        fixture.write(Protection::None);
        assert!(!fixture.keyring.is_protected(&fixture.kid, &fixture.mia).unwrap());
        assert_eq!(fixture.open(None).unwrap(), key());
        assert_eq!(fixture.open(Some(&passphrase())).unwrap(), key());
    }

    #[test]
    fn a_wrong_passphrase_is_told_apart_even_where_the_padding_fits_by_chance() {
        let fixture = Fixture::new();
        fixture.place(armour("ENCRYPTED PRIVATE KEY", &cheap_copy()));
        for number in 0..2000 {
            let wrong = fixture.open(Some(&Passphrase::new(format!("guess {number}")))).unwrap_err();
            assert!(matches!(wrong, KeyringError::WrongPassphrase { .. }), "{wrong}");
        }
    }

    /// Opens Mia's copy with each of these bits flipped in turn; returns how many held another, valid key.
    fn flip(der: &[u8], bits: impl Iterator<Item = usize>) -> usize {
        let fixture = Fixture::new();
        let mut other_keys = 0;
        for bit in bits {
            let mut flipped = der.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fixture.place(armour("ENCRYPTED PRIVATE KEY", &flipped));
            match fixture.open(Some(&passphrase())) {
                Err(KeyringError::Mismatch { .. }) => other_keys += 1,
                Err(KeyringError::WrongPassphrase { .. } | KeyringError::Damaged { .. }) => {}
                Ok(_) => panic!("bit {bit} makes no difference"),
                Err(other) => panic!("bit {bit}: {other}"),
            }
        }
        other_keys
    }

    #[test]
    fn no_flipped_bit_makes_a_copy_open_as_another_key() {
        // What scrypt costs plays no part in what a flipped bit does, so that every bit can be tried.
        let der = cheap_copy();
        let other_keys = flip(&der, 0..der.len() * 8);
        // Every bit of the second block: it garbles the first half of the key and flips a bit in the other half. Nothing but
        // the comparison with the expected key finds that.
        assert_eq!(other_keys, 128);
    }

    #[test]
    fn no_flipped_bit_makes_a_real_copy_open_as_another_key() {
        let der = real_copy();
        let cost = der.windows(4).position(|bytes| bytes == [2, 2, 0x40, 0]).unwrap();
        let data = der.len() - 64;
        // One bit each of the salt, N, r, p, the vector and the four blocks.
        let bytes = [cost - 5, cost + 2, cost + 6, cost + 9, data - 5, data, data + 16, data + 32, data + 48];
        assert!(flip(&der, bytes.into_iter().map(|byte| byte * 8 + 1)) > 0);
    }

    #[test]
    fn a_copy_of_another_key_is_a_mismatch() {
        let fixture = Fixture::new();
        fixture.write(Protection::None);
        let other = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let refused = fixture.keyring.open(&fixture.kid, &fixture.mia, None, &other).unwrap_err();
        assert!(matches!(refused, KeyringError::Mismatch { .. }), "{refused}");
    }

    #[test]
    fn who_has_no_copy_is_told_so() {
        let fixture = Fixture::new();
        for refused in [
            fixture.open(None).map(drop),
            fixture.keyring.is_protected(&fixture.kid, &fixture.mia).map(drop),
            fixture.keyring.remove_copy(&fixture.kid, &fixture.mia),
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(refused.to_string(), format!("mia has no copy of signing key {}", fixture.kid));
        }
        assert!(fixture.keyring.copies(&fixture.kid).unwrap().is_empty());
    }

    #[test]
    fn a_copy_is_never_overwritten() {
        let fixture = Fixture::new();
        let path = fixture.write(Protection::None);
        let before = fs::read(&path).unwrap();
        let refused = fixture.keyring.write_copy(&key(), &fixture.mia, protection(&passphrase())).unwrap_err();
        assert!(matches!(refused, KeyringError::AlreadyExists { .. }), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_weak_passphrase_protects_nothing() {
        let fixture = Fixture::new();
        let short = Passphrase::new("1234567".into());
        let refused = fixture.keyring.write_copy(&key(), &fixture.mia, protection(&short)).unwrap_err();
        assert_eq!(refused.to_string(), "a passphrase has at least 8 characters");
        assert!(fixture.keyring.copies(&fixture.kid).unwrap().is_empty());
    }

    #[test]
    fn copies_are_listed_by_operator_and_removed_one_by_one() {
        let fixture = Fixture::new();
        fixture.write(Protection::None);
        let ben: Slug = "ben".parse().unwrap();
        fixture.keyring.write_copy(&key(), &ben, Protection::None).unwrap();
        // What is no copy is left out: a file that a power cut left over, and a stranger.
        fs::write(fixture.keyring.copies_folder(&fixture.kid).join(".new-abc.pem"), "").unwrap();
        fs::write(fixture.keyring.copies_folder(&fixture.kid).join("README"), "").unwrap();
        assert_eq!(fixture.keyring.copies(&fixture.kid).unwrap(), [ben.clone(), fixture.mia.clone()]);
        fixture.keyring.remove_copy(&fixture.kid, &fixture.mia).unwrap();
        assert_eq!(fixture.keyring.copies(&fixture.kid).unwrap(), [ben]);
    }

    #[test]
    fn a_public_key_is_written_once_and_never_replaced() {
        let fixture = Fixture::new();
        let path = fixture.keyring.write_public(&key().verifying_key()).unwrap();
        assert_eq!(path, fixture.keyring.public_path(&fixture.kid));
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA"));
        assert_eq!(fixture.keyring.write_public(&key().verifying_key()).unwrap(), path);
        fs::write(&path, "something else").unwrap();
        let refused = fixture.keyring.write_public(&key().verifying_key()).unwrap_err();
        assert!(matches!(refused, KeyringError::AlreadyExists { .. }), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "something else");
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_that_others_can_read_is_refused() {
        let fixture = Fixture::new();
        let path = fixture.write(Protection::None);
        assert_eq!(files::mode(&fs::metadata(&path).unwrap()), 0o600);
        for mode in [0o640, 0o604, 0o602, 0o620] {
            files::tests::set_mode(&path, mode);
            let refused = fixture.open(None).unwrap_err();
            assert!(matches!(refused, KeyringError::OthersCanRead { mode: seen, .. } if seen == mode), "{mode:o}: {refused}");
            assert_eq!(refused.hint(), Some(format!("chmod 600 {}", path.display())));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_group_may_read_an_encrypted_copy_and_no_more() {
        let fixture = Fixture::new();
        let path = fixture.write(protection(&passphrase()));
        for (mode, admitted) in [(0o640, true), (0o440, true), (0o660, false), (0o644, false), (0o604, false)] {
            files::tests::set_mode(&path, mode);
            assert_eq!(fixture.keyring.is_protected(&fixture.kid, &fixture.mia).is_ok(), admitted, "{mode:o}");
        }
    }

    #[test]
    fn a_damaged_copy_says_what_is_wrong() {
        let fixture = Fixture::new();
        let large = vec![b'a'; LARGEST_FILE + 1];
        for (content, reason) in [
            (&b""[..], "it is not a key in PEM form"),
            (b"\xff", "it is not a key in PEM form"),
            (b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "it holds something else than a private key"),
            (&large, "it is far too large for a key"),
        ] {
            fixture.place(content);
            let refused = fixture.open(None).unwrap_err();
            assert!(matches!(refused, KeyringError::Damaged { reason: seen, .. } if seen == reason), "{refused}");
        }
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let passphrase = passphrase();
        let shown = format!("{:?} {:?}", protection(&passphrase), Fixture::new().keyring);
        assert!(!shown.contains("horse"), "{shown}");
    }
}
