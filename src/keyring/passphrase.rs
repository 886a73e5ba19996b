//! Passphrases: where they come from, and what is asked of them.
//!
//! Prompts belong in `cli`. Nothing here prints a passphrase, and each is wiped from memory when it is dropped.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::PassphraseError;
use super::files::{self, GROUP_AND_OTHERS, OTHERS};
use crate::license::crockford;

/// What opens an operator's copy of a signing key.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// The fewest characters of a passphrase that protects a new copy.
    pub const SHORTEST: usize = 8;

    /// The largest passphrase file, in bytes.
    pub const LARGEST_FILE: usize = 4096;

    /// The passphrase `text`, as it was typed. Any text will do for opening a copy; for a new one see
    /// [`Passphrase::check_strength`].
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A new passphrase of 100 bits: four groups of five symbols, one of each random byte. In small letters and without
    /// `i`, `l`, `o` and `u`, so that it can be written down and typed without doubt.
    #[must_use]
    pub fn generate(random: [u8; 20]) -> Self {
        let random = Zeroizing::new(random);
        // Room for everything at once: growing would leave unwiped copies behind.
        let mut text = Zeroizing::new(String::with_capacity(23));
        for (place, byte) in random.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                text.push('-');
            }
            text.push(crockford::symbol(*byte).to_ascii_lowercase());
        }
        Self(text)
    }

    /// Reads a passphrase from a file: its content without one line end.
    ///
    /// # Errors
    /// The file can be read by its group or by others, is empty, larger than 4 KiB, not UTF-8, or cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        Self::read(path, GROUP_AND_OTHERS)
    }

    /// Reads a passphrase from a file in `$CREDENTIALS_DIRECTORY`.
    ///
    /// systemd gives the service's user access through an access control list, whose mask shows in the group's bits
    /// (`-r--r-----+`) although no group may read. Here, those bits are not held against the file.
    ///
    /// # Errors
    /// As [`Passphrase::from_file`], except for the group.
    pub fn from_credential(path: &Path) -> Result<Self, PassphraseError> {
        Self::read(path, OTHERS)
    }

    fn read(path: &Path, refused: u32) -> Result<Self, PassphraseError> {
        let io = |source| PassphraseError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        // The opened file is asked, not its name: the name could mean another file by then.
        let metadata = file.metadata().map_err(io)?;
        let mode = files::mode(&metadata);
        // A pipe (`<(pass show lic)`) has no readers but this one; a device is nobody's to change.
        if metadata.is_file() && mode & refused != 0 {
            return Err(PassphraseError::OthersCanRead { path: path.to_owned(), mode });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LARGEST_FILE + 1));
        file.take(Self::LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() > Self::LARGEST_FILE {
            return Err(PassphraseError::Large { path: path.to_owned() });
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| PassphraseError::NotText { path: path.to_owned() })?;
        let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        if line.is_empty() {
            return Err(PassphraseError::Empty { path: path.to_owned() });
        }
        Ok(Self::new(line.to_owned()))
    }

    /// Whether the passphrase may protect a new copy.
    ///
    /// # Errors
    /// [`PassphraseError::Short`] below [`Passphrase::SHORTEST`] characters. That is a floor against slips, not a measure
    /// of strength: a guess costs an attacker who holds the file a fraction of a second and 16 MiB, so prefer a generated one.
    pub fn check_strength(&self) -> Result<(), PassphraseError> {
        if self.0.chars().count() < Self::SHORTEST { Err(PassphraseError::Short) } else { Ok(()) }
    }

    /// The text, to show a generated passphrase once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Two passphrases are the same: for one that is typed twice.
impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, content: &[u8], mode: u32) -> PathBuf {
            let path = self.0.path().join("passphrase");
            let _ = std::fs::remove_file(&path);
            std::fs::write(&path, content).unwrap();
            files::tests::set_mode(&path, mode);
            path
        }
    }

    #[test]
    fn one_line_end_is_stripped_and_nothing_else() {
        let folder = Folder::new();
        for (content, passphrase) in [
            ("correct horse", "correct horse"),
            ("correct horse\n", "correct horse"),
            ("correct horse\r\n", "correct horse"),
            ("correct horse\n\n", "correct horse\n"),
            (" correct horse \n", " correct horse "),
            ("correct\r", "correct\r"),
        ] {
            let read = Passphrase::from_file(&folder.file(content.as_bytes(), 0o600)).unwrap();
            assert_eq!(read.reveal(), passphrase, "{content:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_passphrase_file_that_others_can_read_is_refused() {
        let folder = Folder::new();
        for mode in [0o640, 0o604, 0o660, 0o644, 0o620, 0o601] {
            let path = folder.file(b"correct horse", mode);
            let error = Passphrase::from_file(&path).unwrap_err();
            assert!(matches!(error, PassphraseError::OthersCanRead { mode: seen, .. } if seen == mode), "{mode:o}: {error}");
            assert_eq!(error.hint(), Some(format!("chmod 600 {}", path.display())));
        }
        for mode in [0o600, 0o400, 0o700] {
            assert!(Passphrase::from_file(&folder.file(b"correct horse", mode)).is_ok(), "{mode:o}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_credential_may_show_the_mask_of_its_access_control_list() {
        let folder = Folder::new();
        assert!(Passphrase::from_credential(&folder.file(b"correct horse", 0o440)).is_ok());
        assert!(Passphrase::from_credential(&folder.file(b"correct horse", 0o444)).is_err());
    }

    #[test]
    fn what_cannot_be_a_passphrase_file_is_refused() {
        let folder = Folder::new();
        let refused = |content: &[u8]| Passphrase::from_file(&folder.file(content, 0o600)).unwrap_err();
        assert!(matches!(refused(b""), PassphraseError::Empty { .. }));
        assert!(matches!(refused(b"\n"), PassphraseError::Empty { .. }));
        assert!(matches!(refused(b"\r\n"), PassphraseError::Empty { .. }));
        assert!(matches!(refused(b"\xff\xfe"), PassphraseError::NotText { .. }));
        assert!(matches!(refused(&[b'a'; 4097]), PassphraseError::Large { .. }));
        assert!(Passphrase::from_file(&folder.file(&[b'a'; 4096], 0o600)).is_ok());
        let missing = Passphrase::from_file(&folder.0.path().join("missing")).unwrap_err();
        assert!(matches!(missing, PassphraseError::Io { .. }));
    }

    #[test]
    fn a_generated_passphrase_is_readable_and_strong() {
        let passphrase = Passphrase::generate(std::array::from_fn(|place| 31 - place as u8));
        assert_eq!(passphrase.reveal(), "zyxwv-tsrqp-nmkjh-gfedc");
        assert!(passphrase.check_strength().is_ok());
    }

    #[test]
    fn every_symbol_of_a_generated_passphrase_is_equally_likely() {
        let mut counts = [0; 32];
        for byte in 0..=u8::MAX {
            let symbol = Passphrase::generate([byte; 20]).reveal().chars().next().unwrap();
            counts[usize::from(crockford::value(symbol).unwrap())] += 1;
        }
        assert_eq!(counts, [8; 32]);
    }

    #[test]
    fn a_new_passphrase_has_at_least_eight_characters() {
        assert!(Passphrase::new("äöüäöüä".into()).check_strength().is_err());
        assert!(Passphrase::new("äöüäöüäö".into()).check_strength().is_ok());
    }

    #[test]
    fn a_passphrase_is_not_printed_by_accident() {
        assert_eq!(format!("{:?}", Passphrase::new("correct horse".into())), "Passphrase(..)");
    }
}
