//! The use cases of a license authority, one file per verb or noun.
//!
//! Every rule of who may grant what lives here, so that whatever stands in front of it (the command line today) cannot
//! leave one out. A use case takes the time, the acting operator and its random bytes as arguments, and makes each
//! change in one transaction of the ledger.

pub mod activate;
pub mod actor;
pub mod audit;
pub mod backup;
pub mod bulk;
pub mod change;
pub mod csv_import;
pub mod customers;
pub mod dashboard;
pub mod difference;
pub mod doctor;
pub mod error;
pub mod exchange;
pub mod find;
pub mod home;
pub mod init;
pub mod issue;
mod limits;
pub mod machines;
pub mod notify;
pub mod operators;
pub mod order;
pub mod planned;
pub mod quick;
pub mod refusal;
pub mod renew;
pub mod report;
mod request;
pub mod restore;
mod revise;
pub mod rotation;
pub mod sample_tiers;
pub mod service;
pub mod settings;
pub mod signer;
pub mod snippets;
pub mod standing;
pub mod states;
pub mod status;
pub mod takeover;
#[cfg(test)]
mod testing;
pub mod tiers;
pub mod tiers_file;
pub mod transfer;
pub mod unusual;
pub mod verify;

use std::path::Path;

use crate::keyring::Keyring;
use crate::ledger::{Access, Ledger, LedgerError, Tables, Transaction};

pub use actor::Actor;
pub use error::Error;
pub use home::Home;
use settings::Settings;

/// Whether a change is to be made or only tried: a trial runs the same code and takes everything back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Make the change.
    Commit,
    /// Try it, and take it back: `--dry-run`.
    Rehearse,
}

/// An open authority: its settings, its ledger and its signing keys.
pub struct Authority {
    /// Where it lives.
    pub home: Home,
    /// What `lic.toml` says.
    pub settings: Settings,
    /// Its signing keys.
    pub keyring: Keyring,
    ledger: Ledger,
}

impl Authority {
    /// Opens the authority of a home.
    ///
    /// # Errors
    /// [`Error::NoAuthority`] where there is none; settings or a ledger that cannot be read.
    pub fn open(home: Home, access: Access) -> Result<Self, Error> {
        if home.path().is_file() {
            return Err(Error::file(home.path(), std::io::ErrorKind::NotADirectory.into()));
        }
        if !is_there(&home.ledger_path())? && !is_there(&home.settings_path())? {
            return Err(Error::NoAuthority(home.path().to_owned()));
        }
        let settings = Settings::load(&home.settings_path())?;
        let ledger = Ledger::open(&home.ledger_path(), access)?;
        let keyring = Keyring::at(home.keys_path());
        Ok(Self { home, settings, keyring, ledger })
    }

    /// The reads of the ledger.
    #[must_use]
    pub fn read(&self) -> Tables<'_> {
        self.ledger.read()
    }

    /// Closes the ledger in good order.
    ///
    /// # Errors
    /// When the ledger's last pages cannot be written.
    pub fn close(self) -> Result<(), Error> {
        Ok(self.ledger.close()?)
    }

    /// Makes a change in one transaction, or rehearses it.
    fn change<T, E: From<LedgerError>>(
        &mut self,
        mode: Mode,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match mode {
            Mode::Commit => self.ledger.write(work),
            Mode::Rehearse => self.ledger.rehearse(work),
        }
    }
}

/// Whether there is a file of this name; a folder that may not be entered is an error, not an absence.
fn is_there(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|source| Error::file(path, source))
}
