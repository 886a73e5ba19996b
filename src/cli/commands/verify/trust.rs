//! What a key is checked against: public keys and status lists from files.

use std::path::{Path, PathBuf};

use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};
use crate::token::{InvalidKey, KeySet, LARGEST_TEXT, Verifier};

/// The largest file of public keys.
const LARGEST_KEYS: u64 = 1024 * 1024;

/// The status lists at hand, and who signs them.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ListArgs {
    /// Check against this status list of the vendor (repeatable)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    status_list: Vec<PathBuf>,
    /// Trust the public keys in this file for status lists, beside those that --keys has for them
    #[arg(long, value_name = "FILE", requires = "status_list", value_hint = clap::ValueHint::FilePath)]
    status_keys: Option<PathBuf>,
}

impl ListArgs {
    /// Whether there are any lists.
    pub fn are_given(&self) -> bool {
        !self.status_list.is_empty()
    }

    /// The keys, with those for status lists.
    pub fn with_keys(&self, keys: KeySet, session: &mut Session<'_>) -> Result<KeySet, Failure> {
        match &self.status_keys {
            Some(path) => with_status_keys(keys, path, session),
            None => Ok(keys),
        }
    }

    /// The verifier, with the lists.
    pub fn offer(&self, verifier: Verifier, session: &mut Session<'_>) -> Result<Verifier, Failure> {
        self.status_list.iter().try_fold(verifier, |verifier, path| Ok(verifier.status_list(read_list(path, session)?)))
    }
}

/// These keys, and those of a file to verify status lists with.
pub fn with_status_keys(mut keys: KeySet, path: &Path, session: &mut Session<'_>) -> Result<KeySet, Failure> {
    let status = read_keys(KeySet::parse_status, path, session)?;
    status.status_keys().for_each(|key| keys.insert_status(key.clone()));
    Ok(keys)
}

/// The public keys of a file, as this reader takes them.
pub fn read_keys(
    read: fn(&str) -> Result<KeySet, InvalidKey>,
    path: &Path,
    session: &mut Session<'_>,
) -> Result<KeySet, Failure> {
    let bytes = session.read_input(path, LARGEST_KEYS)?;
    let named = |why: String| Failure::failed(format!("{}: {why}", shown_path(path)));
    let text = String::from_utf8(bytes).map_err(|_| named("not a text file; PEM or JWKS is wanted".into()))?;
    read(&text).map_err(|why| named(why.to_string()))
}

/// A status list as it stands in a file, judged by nobody yet.
pub fn read_list(path: &Path, session: &mut Session<'_>) -> Result<Vec<u8>, Failure> {
    // One byte more than any list, so that the verifier itself refuses what is too large.
    session.read_start(path, LARGEST_TEXT as u64 + 1)
}
