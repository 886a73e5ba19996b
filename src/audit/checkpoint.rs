//! Checkpoints: the head of the log in the form of C2SP (c2sp.org/tlog-checkpoint), signed as a [`Note`].
//!
//! A checkpoint says how many events the log had and what their Merkle root was. Whoever keeps one can prove later that
//! the log only grew.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};

use super::merkle::Hash;
use super::note::{self, InvalidNote, Note, Unverified, VerifierKey};

/// The head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is not the head of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCheckpoint {
    /// No origin, or one with control characters.
    #[error("its first line names no log")]
    Origin,
    /// Not a number, or one with needless zeros.
    #[error("its second line is no number of events")]
    Size,
    /// Not 32 bytes in base64.
    #[error("its third line is no Merkle root")]
    Root,
    /// An empty extension line.
    #[error("one of its further lines is empty")]
    Extension,
    /// The last line does not end.
    #[error("its last line does not end")]
    Unfinished,
}

/// Why a signed checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// No signed note.
    #[error("this is no checkpoint: {0}")]
    Note(#[from] InvalidNote),
    /// A note that says something else.
    #[error("this is no checkpoint: {0}")]
    Body(#[from] InvalidCheckpoint),
    /// Of a log that none of the keys belongs to.
    #[error("the checkpoint is of the log '{found}', and not of '{expected}'")]
    OtherLog {
        /// Whose it is.
        found: String,
        /// Whose was expected.
        expected: String,
    },
    /// Signed by nobody known, or badly.
    #[error("the checkpoint is not to be trusted: {0}")]
    Unverified(#[from] Unverified),
}

impl Checkpoint {
    /// The head of the log that is called `origin`.
    ///
    /// # Errors
    /// [`InvalidCheckpoint::Origin`] for a name that is empty or holds control characters.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, InvalidCheckpoint> {
        if origin.is_empty() || origin.contains(char::is_control) {
            return Err(InvalidCheckpoint::Origin);
        }
        Ok(Self { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many events it had.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over them.
    #[must_use]
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// The checkpoint as a signed note. `sign` signs with the private half of `key`.
    #[must_use]
    pub fn sign(&self, key: &VerifierKey, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
        note::sign(&self.to_string(), key, sign)
    }

    /// Reads a signed checkpoint, and takes it only if one of these keys signed it, under the name of its log.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(signed: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = Note::parse(signed)?;
        let found: Self = note.unverified_text().parse()?;
        // Said first: that the key is unknown would be true as well, and help less.
        if let Some(key) = keys.first()
            && keys.iter().all(|key| key.name() != found.origin)
        {
            return Err(CheckpointError::OtherLog { found: found.origin, expected: key.name().to_owned() });
        }
        let (_, signer) = note.verify(keys)?;
        if signer.name() != found.origin {
            return Err(CheckpointError::OtherLog { found: found.origin, expected: signer.name().to_owned() });
        }
        Ok(found)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}\n{}\n{}\n", self.origin, self.size, Base64::encode_string(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = InvalidCheckpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.strip_suffix('\n').ok_or(InvalidCheckpoint::Unfinished)?;
        let mut lines = text.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size = lines.next().and_then(number).ok_or(InvalidCheckpoint::Size)?;
        let root = lines.next().and_then(hash).ok_or(InvalidCheckpoint::Root)?;
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(String::is_empty) {
            return Err(InvalidCheckpoint::Extension);
        }
        Ok(Self { extensions, ..Self::new(origin, size, root)? })
    }
}

/// A decimal number in its one spelling.
pub(super) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// A hash in base64, in its one spelling.
pub(super) fn hash(text: &str) -> Option<Hash> {
    Base64::decode_vec(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::super::note::tests::{GOLDEN, key, signed, signing_key};
    use super::*;
    use crate::audit::{Frontier, leaf_hash};
    use ed25519_dalek::Signer;
    use proptest::prelude::*;

    fn golden() -> Checkpoint {
        let log: Frontier = ["first", "second", "third"].map(|body| leaf_hash(body.as_bytes())).into_iter().collect();
        Checkpoint::new("vendor.example", log.size(), log.root()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_spelled_as_others_spell_it() {
        assert_eq!(golden().sign(&key(), |bytes| signing_key().sign(bytes).to_bytes()), GOLDEN);
        let opened = Checkpoint::open(GOLDEN, &[key()]).unwrap();
        assert_eq!(opened, golden());
        assert_eq!((opened.origin(), opened.size(), opened.root()), ("vendor.example", 3, golden().root()));
        let empty = Checkpoint::new("vendor.example", 0, Frontier::new().root()).unwrap();
        assert_eq!(empty.to_string(), "vendor.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_with_its_reason() {
        let text = golden().to_string();
        for (text, why) in [
            (String::new(), InvalidCheckpoint::Unfinished),
            ("\n".into(), InvalidCheckpoint::Size),
            (text[1..].trim_end().into(), InvalidCheckpoint::Unfinished),
            (text.replacen("vendor.example", "", 1), InvalidCheckpoint::Origin),
            ("vendor.example\n".into(), InvalidCheckpoint::Size),
            (text.replace("\n3\n", "\n03\n"), InvalidCheckpoint::Size),
            (text.replace("\n3\n", "\n+3\n"), InvalidCheckpoint::Size),
            (text.replace("\n3\n", "\n-3\n"), InvalidCheckpoint::Size),
            (text.replace("\n3\n", "\n18446744073709551616\n"), InvalidCheckpoint::Size),
            ("vendor.example\n3\n".into(), InvalidCheckpoint::Root),
            (text.replace("WY=", "WZ="), InvalidCheckpoint::Root),
            (text.replace("w2Ue", ""), InvalidCheckpoint::Root),
            (format!("{text}\n"), InvalidCheckpoint::Extension),
            (format!("{text}\nmore\n"), InvalidCheckpoint::Extension),
        ] {
            assert_eq!(text.parse::<Checkpoint>(), Err(why), "{text:?}");
        }
        for origin in ["", "a\nb", "a\u{7f}"] {
            assert_eq!(Checkpoint::new(origin, 0, [0; 32]), Err(InvalidCheckpoint::Origin));
        }
    }

    #[test]
    fn a_checkpoint_of_another_log_is_refused() {
        let renamed = VerifierKey::new("other.example", signing_key().verifying_key()).unwrap();
        let other = |error| matches!(error, CheckpointError::OtherLog { .. });
        assert!(other(Checkpoint::open(GOLDEN, std::slice::from_ref(&renamed)).unwrap_err()));
        // Signed by a known key, in the name of another log.
        let foreign = golden().sign(&renamed, |bytes| signing_key().sign(bytes).to_bytes());
        assert!(other(Checkpoint::open(&foreign, &[key(), renamed]).unwrap_err()));
        assert!(matches!(Checkpoint::open(GOLDEN, &[]), Err(CheckpointError::Unverified(_))));
        assert!(matches!(Checkpoint::open(&signed("hello\n"), &[key()]), Err(CheckpointError::Body(InvalidCheckpoint::Size))));
    }

    proptest! {
        #[test]
        fn every_checkpoint_reads_back(origin in "[!-~ ä]{1,20}", size: u64, root: [u8; 32], more in prop::collection::vec("[ -~]{1,9}", 0..3)) {
            let checkpoint = Checkpoint { extensions: more, ..Checkpoint::new(&origin, size, root).unwrap() };
            prop_assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
        }

        #[test]
        fn what_is_read_has_one_spelling(text in "(vendor\n|[0-9]{1,3}\n|47DEQpj8HBSa\\+/TImW\\+5JCeuQeRkm5NMpJWZG3hSuFU=\n|[a-z]\n|\n){0,5}") {
            if let Ok(checkpoint) = text.parse::<Checkpoint>() {
                prop_assert_eq!(checkpoint.to_string(), text);
            }
        }
    }
}
