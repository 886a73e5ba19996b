//! Why a use case could not be carried out.

use std::io;
use std::path::{Path, PathBuf};

use super::backup::BackupError;
use super::settings::SettingsError;
use crate::guard::InvalidText;
use crate::keyring::{KeyringError, PassphraseError};
use crate::ledger::{KeyPurpose, KeyState, LedgerError};
use crate::license::id::InvalidLicenseId;
use crate::license::{Date, LicenseId, RevocationReason, Role, Slug, Timestamp};
use crate::token::Kid;

/// Why a use case could not be carried out. `cli` adds the exit code and the next command to type.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no authority at the home.
    #[error("there is no authority in {}", .0.display())]
    NoAuthority(PathBuf),
    /// There already is an authority, or something that would be overwritten.
    #[error("{} already exists, and nothing is ever overwritten", .0.display())]
    Occupied(PathBuf),
    /// No such customer.
    #[error("there is no customer '{name}'")]
    UnknownCustomer {
        /// What was asked for.
        name: String,
        /// The nearest names, best first.
        close: Vec<Slug>,
    },
    /// The customer was set aside.
    #[error("customer '{0}' is archived and gets no new licenses")]
    ArchivedCustomer(Slug),
    /// No such tier.
    #[error("there is no tier '{name}'")]
    UnknownTier {
        /// What was asked for.
        name: String,
        /// The nearest names, best first.
        close: Vec<String>,
    },
    /// There are no tiers at all.
    #[error("there are no tiers yet")]
    NoTiers,
    /// More than one tier fits.
    #[error("'{name}' fits several tiers: {}", .fits.join(", "))]
    AmbiguousTier {
        /// What was asked for.
        name: String,
        /// The full names of the tiers that fit.
        fits: Vec<String>,
    },
    /// The tier is no longer offered.
    #[error("tier '{0}' is retired and gives no new licenses")]
    RetiredTier(String),
    /// No such product.
    #[error("there is no product '{name}'")]
    UnknownProduct {
        /// What was asked for.
        name: String,
        /// The nearest names, best first.
        close: Vec<String>,
    },
    /// No such license.
    #[error("there is no license {0}")]
    UnknownLicense(String),
    /// The text cannot name a license.
    #[error("'{name}' is not a license: {why}")]
    NotALicense {
        /// What was asked for.
        name: String,
        /// Why it cannot be an id.
        why: InvalidLicenseId,
    },
    /// More than one license starts so.
    #[error("'{name}' is the start of several licenses: {}", list(.fits))]
    AmbiguousLicense {
        /// What was asked for.
        name: String,
        /// Some of the licenses that fit.
        fits: Vec<LicenseId>,
    },
    /// No such operator.
    #[error("there is no operator '{0}'")]
    UnknownOperator(String),
    /// No operator of this name to change.
    #[error("there is no operator '{name}'")]
    NoSuchOperator {
        /// What was asked for.
        name: Slug,
        /// The nearest names, best first.
        close: Vec<Slug>,
    },
    /// No such preset in `lic.toml`.
    #[error("there is no preset '{name}'")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// The presets there are.
        known: Vec<String>,
    },
    /// The preset is for customers, and none was named.
    #[error("preset '{0}' needs a customer")]
    PresetNeedsCustomer(Slug),
    /// Something of this name is there already.
    #[error("{what} '{name}' already exists")]
    AlreadyExists {
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The operator's role does not cover this.
    #[error("operator '{operator}' is {} and may not {action}", article(*.role))]
    NotAllowed {
        /// Who asked.
        operator: Slug,
        /// The role held.
        role: Role,
        /// What was to be done.
        action: &'static str,
        /// Who may do it.
        who_can: Vec<Slug>,
    },
    /// The operator's own limits do not cover this license.
    #[error("operator '{operator}' may not {action} this license: {why}")]
    BeyondLimits {
        /// Who asked.
        operator: Slug,
        /// What was to be done.
        action: &'static str,
        /// Which limit, in words.
        why: String,
        /// Who has no such limit.
        who_can: Vec<Slug>,
    },
    /// The operator has no copy of the signing key.
    #[error("operator '{operator}' has no copy of the signing key {kid}")]
    NoCopy {
        /// Who asked.
        operator: Slug,
        /// The signing key.
        kid: Kid,
        /// Who has one.
        who_can: Vec<Slug>,
    },
    /// The operator's copy of the signing key is not where it was put.
    #[error("the copy of signing key {kid} of operator '{operator}' is missing from the keys folder")]
    CopyMissing {
        /// Whose copy.
        operator: Slug,
        /// The signing key.
        kid: Kid,
    },
    /// A passphrase is needed and none was given.
    #[error("the signing key {kid} of operator '{operator}' is protected, and no passphrase was given")]
    Locked {
        /// Whose copy.
        operator: Slug,
        /// The signing key.
        kid: Kid,
    },
    /// No signing key of this purpose is in use.
    #[error("the authority has no active {0} key: nobody can sign with one")]
    NoSigningKey(&'static str),
    /// No such signing key.
    #[error("there is no signing key {0}")]
    UnknownKey(String),
    /// More than one signing key starts so.
    #[error("'{name}' is the start of several signing keys: {}", kids(.fits))]
    AmbiguousKey {
        /// What was asked for.
        name: String,
        /// The signing keys that fit.
        fits: Vec<Kid>,
    },
    /// The state of the signing key does not allow this.
    #[error("signing key {kid} is {state} and cannot be {wanted}")]
    KeyState {
        /// The signing key.
        kid: Kid,
        /// Where it stands.
        state: KeyState,
        /// What was to be done with it, as in "cannot be …".
        wanted: &'static str,
    },
    /// There is a next signing key already.
    #[error("there is a next {purpose} key already: {kid}")]
    NextExists {
        /// What both sign.
        purpose: KeyPurpose,
        /// The one that is there.
        kid: Kid,
    },
    /// The key that signs would be gone with none to take its place.
    #[error("{kid} is the {purpose} key that signs, and no other is ready")]
    OnlyActive {
        /// The signing key.
        kid: Kid,
        /// What it signs.
        purpose: KeyPurpose,
    },
    /// The operator has this copy already.
    #[error("operator '{operator}' has a copy of signing key {kid} already")]
    HasCopy {
        /// Whose copy.
        operator: Slug,
        /// The signing key.
        kid: Kid,
    },
    /// The operator has no copy to be taken away.
    #[error("operator '{operator}' has no copy of signing key {kid}")]
    NothingToTake {
        /// Whose copy.
        operator: Slug,
        /// The signing key.
        kid: Kid,
    },
    /// Nobody could sign any more.
    #[error("operator '{operator}' has the last copy of the {state} {purpose} key {kid}: without it nobody signs")]
    LastCopy {
        /// Whose copy.
        operator: Slug,
        /// The signing key.
        kid: Kid,
        /// Where it stands.
        state: KeyState,
        /// What it signs.
        purpose: KeyPurpose,
    },
    /// The order contradicts itself or the rules of licenses.
    #[error("{0}")]
    Invalid(String),
    /// The machine ID was made for another product.
    #[error("this machine ID is not for product '{product}': it was made for another one")]
    MachineOfAnotherProduct {
        /// The product of the license.
        product: Slug,
    },
    /// The terms do not allow machines of this sort.
    #[error("this machine ID is of {found}, and the license is for {allowed} only")]
    MachineKindRefused {
        /// What it is, in words.
        found: &'static str,
        /// What may be bound, in words.
        allowed: String,
    },
    /// The license was taken back, and gets no new revision.
    #[error("license {0} is revoked, and what is revoked gets no new key")]
    Revoked(LicenseId),
    /// `lic.toml` does not say where status lists are published.
    #[error("lic.toml names no address for status lists")]
    NoStatusAddress,
    /// A file that is no status list of this authority is where one belongs.
    #[error("{} is there already, and is no status list of {uri}", .path.display())]
    NotOurStatusList {
        /// The file.
        path: PathBuf,
        /// The address of the list that belongs there.
        uri: String,
    },
    /// The license stands as it was to be made: `already revoked`, `already suspended`, `not suspended`.
    #[error("license {license} is {standing}")]
    WrongStanding {
        /// The license.
        license: LicenseId,
        /// How it stands, in words.
        standing: &'static str,
    },
    /// The license was taken back for a reason that is never undone.
    #[error("license {license} was revoked for {reason}, which is never undone")]
    RevokedForGood {
        /// The license.
        license: LicenseId,
        /// Whose it is.
        customer: Slug,
        /// The reason.
        reason: RevocationReason,
    },
    /// A renewal would take days away.
    #[error("license {license} runs until {last} already, and a renewal to {wanted} would not extend it")]
    NotLonger {
        /// The license.
        license: LicenseId,
        /// Its last day.
        last: Date,
        /// The last day asked for.
        wanted: Date,
    },
    /// There is no end to move.
    #[error("license {0} is perpetual: it needs no renewal")]
    Perpetual(LicenseId),
    /// Machines are bound to the license.
    #[error("license {license} is bound to {}", machines(*.count))]
    Bound {
        /// The license.
        license: LicenseId,
        /// To how many machines.
        count: usize,
    },
    /// Several licenses were to be changed, and some cannot be; so none was.
    #[error("{} of {all} licenses cannot be done, so none was: {}", .failed.len(), one_by_one(.failed))]
    Several {
        /// How many there were.
        all: usize,
        /// Those that cannot be, with the reasons.
        failed: Vec<(LicenseId, Self)>,
    },
    /// What was asked of a report makes no sense.
    #[error("{why}")]
    Report {
        /// Why.
        why: String,
        /// What to ask instead.
        hint: String,
    },
    /// No seat is left.
    #[error("license {license} is for at most {max} {}, and all seats are held: {}", if *.max == 1 { "machine" } else { "machines" }, .holders.join(", "))]
    NoSeat {
        /// The license.
        license: LicenseId,
        /// How many machines may be bound.
        max: u32,
        /// The machines that hold the seats.
        holders: Vec<String>,
    },
    /// Seats passed from machine to machine too often.
    #[error("license {license} gave back {given_back} seats within a year, and {most} may pass on")]
    TooManyTransfers {
        /// The license.
        license: LicenseId,
        /// How many may pass on in a year.
        most: u32,
        /// How many were given back.
        given_back: u32,
    },
    /// The license is not bound to machines.
    #[error("license {0} is good on any number of machines: there is nothing to activate")]
    NotBound(LicenseId),
    /// The machine is another customer's.
    #[error("this machine holds a seat of license {license}, which belongs to customer '{customer}'")]
    MachineElsewhere {
        /// The customer.
        customer: Slug,
        /// The license.
        license: LicenseId,
    },
    /// The license does not have this machine.
    #[error("license {license} has no machine '{name}'{}", .elsewhere.as_ref().map(|(license, customer)| format!(": it is bound to {license} of customer '{customer}'")).unwrap_or_default())]
    NoSuchMachine {
        /// What was asked for.
        name: String,
        /// The license.
        license: LicenseId,
        /// The license that has it, and whose that is.
        elsewhere: Option<(LicenseId, Slug)>,
    },
    /// More than one machine fits.
    #[error("'{name}' fits several machines: {}", .fits.join(", "))]
    AmbiguousMachine {
        /// What was asked for.
        name: String,
        /// The machines that fit.
        fits: Vec<String>,
    },
    /// A request for an activation, or a receipt, cannot be used.
    #[error(transparent)]
    Unreadable(InvalidText),
    /// The request was answered, and what it asked for has changed since.
    #[error("this request was answered before, for license {0}: a request is good once")]
    RequestAnswered(LicenseId),
    /// The receipt belongs to no activation.
    #[error("no machine of license {0} was activated with the request that this receipt names")]
    UnknownReceipt(LicenseId),
    /// The seat was given back already.
    #[error("the seat of license {license} was given back already, on {}", .at.date())]
    GivenBackBefore {
        /// The license.
        license: LicenseId,
        /// When.
        at: Timestamp,
    },
    /// The same request id stands for another order.
    #[error("request '{request}' was used before, for other terms: {license}")]
    RequestReused {
        /// The request id.
        request: String,
        /// The license that was issued for it.
        license: LicenseId,
    },
    /// Changed in the ledger in the meantime.
    #[error("{0} has changed in the meantime")]
    Changed(String),
    /// The last admin would go.
    #[error("'{0}' is the only admin, and an authority needs one")]
    LastAdmin(Slug),
    /// The new key failed its own check. Nothing was written.
    #[error("the key just signed does not pass the verifier ({0}); nothing was written")]
    SelfCheck(String),
    /// `lic.toml` or a tiers file is not as it should be.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A backup.
    #[error(transparent)]
    Backup(Box<BackupError>),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The signing keys.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A passphrase file.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// Mails.
    #[error(transparent)]
    Notify(#[from] super::notify::NotifyError),
    /// A person cancelled at a question, or the terminal failed.
    #[error("cannot ask: {0}")]
    Terminal(io::Error),
    /// A file.
    #[error("{}: {}", .path.display(), plain(.source))]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Entropy(io::Error),
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        Self::Backup(Box::new(error))
    }
}

impl Error {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// An I/O error in words, without the system's number.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "there is no such file or folder".into(),
        Kind::PermissionDenied => "permission denied".into(),
        Kind::AlreadyExists => "already exists".into(),
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => "no space left to write it".into(),
        Kind::ReadOnlyFilesystem => "the disk is read-only".into(),
        Kind::IsADirectory => "is a folder, not a file".into(),
        Kind::NotADirectory => "is a file, not a folder".into(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase(),
    }
}

fn article(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Issuer => "an issuer",
        Role::Admin => "an admin",
    }
}

fn machines(count: usize) -> String {
    format!("{count} machine{}", if count == 1 { "" } else { "s" })
}

/// Every reason once, with the licenses it is about where it does not name them itself.
fn one_by_one(failed: &[(LicenseId, Error)]) -> String {
    let told = |(id, error): &(LicenseId, Error)| {
        let text = error.to_string();
        if text.contains(&id.to_string()) { text } else { format!("{id}: {text}") }
    };
    failed.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn kids(kids: &[Kid]) -> String {
    kids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn list(ids: &[LicenseId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
