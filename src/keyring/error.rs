//! What can go wrong with signing keys at rest and with passphrases. No message holds a secret.

use std::io;
use std::path::{Path, PathBuf};

use crate::license::Slug;
use crate::token::Kid;

/// Why a copy of a signing key was not written, opened or removed.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The operator was never given this key, or the copy was removed.
    #[error("{operator} has no copy of signing key {kid}")]
    NoCopy {
        /// The signing key.
        kid: Kid,
        /// Who has no copy of it.
        operator: Slug,
    },
    /// The private half of one of the authority's own keys is gone.
    #[error("the private half of signing key {kid} is missing: {}", .path.display())]
    NoServiceKey {
        /// The signing key.
        kid: Kid,
        /// Where it should be.
        path: PathBuf,
    },
    /// The copy is encrypted and no passphrase was given.
    #[error("{} is protected by a passphrase, and none was given", .path.display())]
    NeedsPassphrase {
        /// The copy.
        path: PathBuf,
    },
    /// The passphrase does not fit. A damaged file looks the same: the encryption cannot tell.
    #[error("the passphrase does not open {}", .path.display())]
    WrongPassphrase {
        /// The copy.
        path: PathBuf,
    },
    /// The file is not what a copy of a signing key looks like.
    #[error("{} is damaged: {reason}", .path.display())]
    Damaged {
        /// The copy.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file opens, but holds another key than the ledger names.
    #[error("{} holds another signing key than its name says", .path.display())]
    Mismatch {
        /// The copy.
        path: PathBuf,
    },
    /// The file's mode lets other users in.
    #[error("other users may read {} (mode {mode:03o})", .path.display())]
    OthersCanRead {
        /// The copy.
        path: PathBuf,
        /// The permission bits of the file.
        mode: u32,
    },
    /// There is a file of that name; files are never overwritten.
    #[error("{} exists already", .path.display())]
    AlreadyExists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The passphrase for a new copy is too weak.
    #[error(transparent)]
    Weak(PassphraseError),
    /// The system refused.
    #[error("cannot {doing} {}: {}", .path.display(), plain(.source))]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl KeyringError {
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }

    /// What to do about it, where there is something to type.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::OthersCanRead { path, .. } => Some(chmod(path)),
            Self::Weak(error) => error.hint(),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("run it as the owner of the home, or have the owner run it".to_owned())
            }
            Self::WrongPassphrase { .. } => Some(
                "a lost passphrase cannot be recovered: have an admin with a copy run 'lic key take' and 'lic key give'".into(),
            ),
            Self::NoServiceKey { .. } => Some("restore the keys folder from a backup, or name the right home with --home".into()),
            Self::Damaged { .. } | Self::Mismatch { .. } => {
                Some("restore the file from a backup, or have another operator with a copy make you a new one".to_owned())
            }
            _ => None,
        }
    }
}

/// Why a passphrase was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Fewer characters than [`super::Passphrase::SHORTEST`].
    #[error("a passphrase has at least {} characters", super::Passphrase::SHORTEST)]
    Short,
    /// The file's mode lets other users in.
    #[error("other users may read the passphrase file {} (mode {mode:03o})", .path.display())]
    OthersCanRead {
        /// The passphrase file.
        path: PathBuf,
        /// The permission bits of the file.
        mode: u32,
    },
    /// Nothing in the file, or nothing but a line end.
    #[error("the passphrase file {} is empty", .path.display())]
    Empty {
        /// The passphrase file.
        path: PathBuf,
    },
    /// The file is not UTF-8 text, so that no keyboard could type it.
    #[error("the passphrase file {} is not UTF-8 text", .path.display())]
    NotText {
        /// The passphrase file.
        path: PathBuf,
    },
    /// The file is larger than any passphrase; most likely it is another file.
    #[error("the passphrase file {} is larger than {} bytes", .path.display(), super::Passphrase::LARGEST_FILE)]
    Large {
        /// The passphrase file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot read the passphrase file {}: {}", .path.display(), plain(.source))]
    Io {
        /// The passphrase file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PassphraseError {
    /// What to do about it, where there is something to type.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::OthersCanRead { path, .. } => Some(chmod(path)),
            _ => None,
        }
    }
}

/// What the system said, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn chmod(path: &Path) -> String {
    format!("chmod 600 {}", path.display())
}
