//! What a program remembers of its license, on the customer's machine: so that a clock set back, an older key and an older status
//! list are noticed, and a seat that was given back is not used on.
//!
//! ```no_run
//! use lic::guard::Guard;
//! use lic::machine::Machine;
//! use lic::token::{KeySet, Verifier};
//! # use lic::license::Timestamp;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let trusted = KeySet::parse(include_str!("../../keys.example/vendor.pem"))?;
//! let key = std::fs::read("cockpit.lic")?;
//! let now = Timestamp::try_from(std::time::SystemTime::now())?;
//!
//! let machine = Machine::this("cockpit")?;
//! let mut guard = Guard::open("cockpit.state", &machine)?;
//! let verifier = Verifier::new(trusted, "cockpit".parse()?).machine(machine.id());
//! let license = guard.verify(&verifier, &key, now)?;
//! guard.save()?;
//! # let _ = license;
//! # Ok(())
//! # }
//! ```
//!
//! # What it holds off, and what not
//!
//! The state is a small file of plain JSON. It is sealed with what identifies the machine, so that a file that was edited or
//! came from another machine is refused. Who can read what identifies the machine can seal a file anew, and who can write the file
//! can remove it or put an older copy back, which this cannot tell from a first start: [`Guard::is_new`] says so, and no more. It
//! keeps honest people honest. Against somebody with root and a debugger nothing does that runs on his machine.
//!
//! A clock that was once wrong by years, and is right again, looks like one that was set back. Then the file must go.
//!
//! Asking for an activation and giving one back stand in `request` and `receipt`; what the vendor does with them, in
//! `authority`.

mod receipt;
mod request;
mod state;
mod text;

use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;

pub use receipt::{Receipt, ReceiptProof};
pub use request::{InvalidLabel, LONGEST_LABEL, Label, Nonce, Request};
use state::{Remembered, State};
pub use text::InvalidText;

use crate::license::{LicenseId, MachineId, Slug, Timestamp};
use crate::machine::Machine;
use crate::token::{Check, CheckResult, Claims, License, Reason, Refusal, SeenLists, StatusList, Verifier};

/// How far a clock may go back: a time zone set wrong, and the drift of a machine that was off.
const LENIENCE: i64 = 24 * 60 * 60;
/// The largest state file.
const LARGEST: u64 = 256 * 1024;

/// Why a state cannot be used. The license may be good all the same; a program that goes on without its state is easily fooled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// It is there, and cannot be read.
    #[error("the state {path} cannot be read: {why}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// It could not be written. The one before is as it was.
    #[error("the state {path} cannot be written: {why}")]
    Unwritable {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
    /// It is no state, or was edited.
    #[error("the state was edited or is damaged: {0}")]
    Damaged(String),
    /// It was made on another machine.
    #[error("the state was made on another machine")]
    OfAnotherMachine,
    /// It was made for another product.
    #[error("the state is of product {0}")]
    OfAnotherProduct(Slug),
}

impl GuardError {
    /// The stable reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unreadable { .. } | Self::Unwritable { .. } => Reason::StateUnreadable,
            Self::Damaged(_) => Reason::StateDamaged,
            Self::OfAnotherMachine | Self::OfAnotherProduct(_) => Reason::StateElsewhere,
        }
    }
}

/// Why nothing can be given back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotGiveBack {
    /// This machine never asked for the license.
    #[error("{0} was not activated from this machine with a request file: the vendor can take the machine off")]
    NeverAsked(LicenseId),
    /// No key of it was ever seen here, so that none could be refused from now on.
    #[error("no key of {0} was seen on this machine yet")]
    NoKeySeen(LicenseId),
    /// It was given back already.
    #[error("{0} was given back already")]
    Already(LicenseId),
}

/// What a program remembers of its licenses.
#[derive(Debug)]
pub struct Guard {
    path: PathBuf,
    machine: Machine,
    state: State,
    new: bool,
}

impl Guard {
    /// Opens the state in this file, or begins a new one where there is none. Nothing is written before [`Guard::save`].
    ///
    /// # Errors
    /// [`GuardError`]: a state that is there and cannot be trusted.
    pub fn open(path: impl AsRef<Path>, machine: &Machine) -> Result<Self, GuardError> {
        let path = path.as_ref().to_owned();
        let read = read(&path)?;
        let new = read.is_none();
        let state = match read {
            Some(text) => state::open(&text, machine)?,
            None => State::new(machine.product().clone(), machine.id()),
        };
        Ok(Self { path, machine: machine.clone(), state, new })
    }

    /// Whether there was no file: the first start, or somebody took it away.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The newest moment seen.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        self.state.newest
    }

    /// The newest revision seen of a license.
    #[must_use]
    pub fn revision(&self, license: LicenseId) -> Option<u32> {
        self.state.licenses.get(&license).map(|known| known.rev).filter(|rev| *rev > 0)
    }

    /// The numbers of the status lists seen; for [`Verifier::seen`].
    #[must_use]
    pub fn seen_lists(&self) -> &SeenLists {
        &self.state.lists
    }

    /// Takes in the numbers of status lists that a verifier opened.
    pub fn note_lists<'l>(&mut self, lists: impl IntoIterator<Item = &'l StatusList>) {
        lists.into_iter().for_each(|list| self.state.lists.note(list));
    }

    /// Verifies a key, holds it to what was seen before, and remembers it. Call [`Guard::save`] afterwards.
    ///
    /// # Errors
    /// The [`Refusal`] of the verifier, or of the state.
    pub fn verify(&mut self, verifier: &Verifier, pasted: impl AsRef<[u8]>, at: Timestamp) -> Result<License, Refusal> {
        let verifier = verifier.clone().seen(self.state.lists.clone());
        let license = verifier.verify(pasted, at)?;
        self.check(license.claims(), at)?;
        self.note_lists(verifier.status_lists());
        self.remember(license.claims(), at);
        Ok(license)
    }

    /// Holds a key to what was seen before.
    ///
    /// # Errors
    /// [`Reason::ClockSetBack`], [`Reason::OlderRevision`] or [`Reason::GivenBack`].
    pub fn check(&self, claims: &Claims, at: Timestamp) -> Result<(), Refusal> {
        if let Some(newest) = self.state.newest
            && at.seconds() < newest.seconds() - LENIENCE
        {
            let detail = format!("the clock says {}, and {} was seen before", at.date(), newest.date());
            return Err(Refusal::new(Reason::ClockSetBack, detail));
        }
        let Some(known) = self.state.licenses.get(&claims.jti) else { return Ok(()) };
        if known.given_back.is_some_and(|rev| claims.rev <= rev) {
            let detail = format!("{} was given back on this machine with revision {}", claims.jti, known.rev);
            return Err(Refusal::new(Reason::GivenBack, detail));
        }
        if claims.rev < known.rev {
            let detail = format!("revision {} is an old one: {} was seen before", claims.rev, known.rev);
            return Err(Refusal::new(Reason::OlderRevision, detail));
        }
        Ok(())
    }

    /// The same for people.
    #[must_use]
    pub fn examine(&self, claims: &Claims, at: Timestamp) -> CheckResult {
        match self.check(claims, at) {
            Err(refusal) => refusal.into(),
            Ok(()) if self.new && !claims.machines.bound.is_empty() => {
                let detail = "there is none: this is the first start on this machine, or somebody took it away";
                CheckResult::warned(Reason::StateMissing, detail)
            }
            Ok(()) if self.new => CheckResult::passed(Check::State, "none yet"),
            Ok(()) => {
                let newest = self.state.newest.map_or_else(|| "never".to_owned(), |newest| newest.date().to_string());
                CheckResult::passed(Check::State, format!("neither the clock nor the key went back; last seen {newest}"))
            }
        }
    }

    /// Remembers a key that was found good.
    pub fn remember(&mut self, claims: &Claims, at: Timestamp) {
        self.state.newest = self.state.newest.max(Some(at));
        let known = self.state.licenses.entry(claims.jti).or_default();
        known.rev = known.rev.max(claims.rev);
    }

    /// Asks the vendor to bind a license to this machine. `seed` and `nonce` are random bytes; the seed becomes the key that signs
    /// for this machine, and stays here. Save the state before the request leaves.
    pub fn request(
        &mut self,
        license: LicenseId,
        label: Option<Label>,
        seed: [u8; 32],
        nonce: [u8; 10],
        at: Timestamp,
    ) -> Request {
        let seed = self.state.secret_or(seed);
        let nonce = Nonce::from_random(nonce);
        let known = self.state.licenses.entry(license).or_default();
        known.activation = Some(nonce.clone());
        self.state.newest = self.state.newest.max(Some(at));
        Request::sign(&SigningKey::from_bytes(&seed), license, self.machine.id(), label, nonce, at)
    }

    /// Whether this machine has asked for the license.
    #[must_use]
    pub fn asked_for(&self, license: LicenseId) -> bool {
        self.state.licenses.get(&license).is_some_and(|known| known.activation.is_some())
    }

    /// Takes in that this revision of a license is at hand here, though no program has asked for it yet.
    pub fn saw(&mut self, license: LicenseId, rev: u32) {
        let known = self.state.licenses.entry(license).or_default();
        known.rev = known.rev.max(rev);
    }

    /// Gives the license back: from now on no key that this machine has seen of it is good here. Save the state before the receipt
    /// leaves.
    ///
    /// # Errors
    /// [`CannotGiveBack`].
    pub fn give_back(&mut self, license: LicenseId, at: Timestamp) -> Result<Receipt, CannotGiveBack> {
        let never = || CannotGiveBack::NeverAsked(license);
        let seed = self.state.secret().ok_or_else(never)?;
        let machine: MachineId = self.state.machine.clone();
        let known = self.state.licenses.get_mut(&license).ok_or_else(never)?;
        let nonce = known.activation.clone().ok_or_else(never)?;
        if known.rev == 0 {
            return Err(CannotGiveBack::NoKeySeen(license));
        }
        if known.given_back.is_some_and(|rev| rev >= known.rev) {
            return Err(CannotGiveBack::Already(license));
        }
        known.given_back = Some(known.rev);
        self.state.newest = self.state.newest.max(Some(at));
        Ok(Receipt::sign(&SigningKey::from_bytes(&seed), license, machine, nonce, at))
    }

    /// The receipt of a license that was given back before, to be sent once more.
    #[must_use]
    pub fn receipt_again(&self, license: LicenseId, at: Timestamp) -> Option<Receipt> {
        let known = self.state.licenses.get(&license)?;
        known.given_back?;
        let key = SigningKey::from_bytes(&self.state.secret()?);
        Some(Receipt::sign(&key, license, self.state.machine.clone(), known.activation.clone()?, at))
    }

    /// Writes the state, sealed with this machine. What another process has seen in the meantime is kept.
    ///
    /// # Errors
    /// [`GuardError::Unwritable`]; the file is as it was.
    pub fn save(&mut self) -> Result<(), GuardError> {
        if let Some(theirs) = read(&self.path).ok().flatten().and_then(|text| state::open(&text, &self.machine).ok()) {
            self.state.take_in(theirs);
        }
        // A machine that changed in part is sealed as it is now.
        self.state.machine = self.machine.id();
        let text = state::seal(&self.state, &self.machine);
        write(&self.path, text.as_bytes())
            .map_err(|error| GuardError::Unwritable { path: shown(&self.path), why: plain(&error) })?;
        self.new = false;
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn plain(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, GuardError> {
    use io::Read;
    let unreadable = |error: io::Error| GuardError::Unreadable { path: shown(path), why: plain(&error) };
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(GuardError::Damaged("it is too large".into()));
    }
    Ok(Some(bytes))
}

/// Writes a file beside, and puts it in the place of the old one in one step.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // Our own half-written file; the error that matters is the first.
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

impl Remembered {
    fn take_in(&mut self, other: Self) {
        self.rev = self.rev.max(other.rev);
        self.given_back = self.given_back.max(other.given_back);
        self.activation = self.activation.take().or(other.activation);
    }
}
