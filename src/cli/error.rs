//! What the program says when it fails: what is wrong, the next command to type, and the exit code.

use std::io;

use crate::authority::Error;
use crate::authority::notify::NotifyError;
use crate::authority::settings::SettingsError;
use crate::guard::GuardError;
use crate::keyring::{KeyringError, PassphraseError};
use crate::ledger::{KeyPurpose, KeyState, LedgerError};
use crate::license::Slug;
use crate::mail::TemplateError;
use crate::render::escape;

/// The exit codes, as scripts may rely on them.
pub mod exit {
    /// Done; an empty list and a broken pipe too.
    pub const DONE: u8 = 0;
    /// Failed, and said why.
    pub const FAILED: u8 = 1;
    /// Wrong usage.
    pub const USAGE: u8 = 2;
    /// A negative verdict: the license is not valid.
    pub const NOT_VALID: u8 = 3;
    /// Not allowed, or the signing key stays locked.
    pub const NOT_ALLOWED: u8 = 4;
    /// No such customer, tier, license, machine or key.
    pub const NOT_FOUND: u8 = 5;
    /// Partly done.
    pub const PARTLY: u8 = 75;
    /// A bug in lic.
    pub const BUG: u8 = 70;
    /// Cancelled by a person.
    pub const CANCELLED: u8 = 130;
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What is wrong; empty where everything has been said already.
    pub message: String,
    /// The next command to type.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with an exit code and a message.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// A failure after everything has been said.
    pub fn silent(code: u8) -> Self {
        Self::new(code, "")
    }

    /// A plain failure.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(exit::FAILED, message)
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// With the next command to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says so as a warning, and goes on.
    pub fn warn(self, session: &mut super::session::Session<'_>) {
        session.warn(&self.message);
        if let Some(hint) = &self.hint {
            session.hint(hint);
        }
    }

    /// A person cancelled.
    pub fn cancelled() -> Self {
        Self::new(exit::CANCELLED, "cancelled; nothing was changed")
    }

    /// A failure to write to standard output or to read what a person answers. A reader that closed the pipe has had
    /// enough: that is no failure.
    pub fn stream(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::silent(exit::DONE),
            io::ErrorKind::Interrupted => Self::cancelled(),
            _ => Self::failed(format!("cannot read or write: {}", crate::authority::error::plain(error))),
        }
    }
}

fn names<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn did_you_mean<T: ToString>(close: &[T], otherwise: &str) -> String {
    match close {
        [] => otherwise.to_owned(),
        [one] => format!("did you mean '{}'?", one.to_string()),
        several => format!("did you mean one of {}?", names(several)),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = escape::human(&error.to_string()).into_owned();
        let (code, hint) = match &error {
            Error::Ledger(inner) => return ledger(inner),
            Error::Keyring(inner) => return keyring(inner),
            Error::Backup(inner) => (exit::FAILED, inner.hint().map(str::to_owned)),
            Error::Settings(inner) => return settings(inner),
            Error::Passphrase(inner) => return passphrase(inner),
            Error::Notify(inner) => (exit::FAILED, notify(inner)),
            Error::Terminal(inner) => return Self::stream(inner),
            Error::NoAuthority(_) => {
                (exit::FAILED, Some("set one up with 'lic init', or name another folder with --home".into()))
            }
            Error::Occupied(_) => (exit::FAILED, Some("use it as it is, or choose another folder with --home".into())),
            Error::UnknownCustomer { close, name } => {
                let add = match name.parse::<Slug>() {
                    Ok(slug) => format!("add it with 'lic customer add {slug}'"),
                    Err(_) => "see the customers with 'lic customer list', or add one with 'lic customer add'".into(),
                };
                (exit::NOT_FOUND, Some(did_you_mean(close, &add)))
            }
            Error::ArchivedCustomer(slug) => {
                (exit::FAILED, Some(format!("take it back with 'lic customer archive {slug} --undo'")))
            }
            Error::UnknownTier { close, .. } | Error::UnknownProduct { close, .. } => {
                (exit::NOT_FOUND, Some(did_you_mean(close, "see the tiers with 'lic tier list'")))
            }
            Error::NoTiers => (exit::NOT_FOUND, Some("add them with 'lic tier apply tiers.toml' or 'lic tier add'".into())),
            Error::AmbiguousTier { fits, .. } => {
                let first = fits.first().map_or("PRODUCT/TIER", String::as_str);
                (exit::USAGE, Some(format!("name it in full: {first}")))
            }
            Error::RetiredTier(_) => (exit::FAILED, Some("see the tiers on offer with 'lic tier list'".into())),
            Error::UnknownLicense(_) | Error::NotALicense { .. } => {
                (exit::NOT_FOUND, Some("see the licenses with 'lic list'".into()))
            }
            Error::AmbiguousLicense { .. } => (exit::USAGE, Some("type more of it".into())),
            Error::UnknownOperator(_) => (
                exit::NOT_ALLOWED,
                Some("name one of 'lic operator list' with --as, or have an admin run 'lic operator add'".into()),
            ),
            Error::NoSuchOperator { close, .. } => {
                (exit::NOT_FOUND, Some(did_you_mean(close, "see the operators with 'lic operator list'")))
            }
            Error::UnknownPreset { name, known } => {
                let close = crate::authority::find::closest(name, known.iter().map(String::as_str));
                (exit::NOT_FOUND, Some(did_you_mean(&close, &format!("the presets in lic.toml are {}", names(known)))))
            }
            Error::PresetNeedsCustomer(preset) => (exit::USAGE, Some(format!("lic quick {preset} CUSTOMER"))),
            Error::AlreadyExists { what, name } => (exit::FAILED, Some(format!("change it with 'lic {what} edit {name}'"))),
            Error::NotAllowed { who_can, .. } | Error::BeyondLimits { who_can, .. } => {
                let hint = if who_can.is_empty() {
                    "nobody can: change a role or a limit with 'lic operator edit'".into()
                } else {
                    format!("ask {}", names(who_can))
                };
                (exit::NOT_ALLOWED, Some(hint))
            }
            Error::NoCopy { who_can, operator, .. } => {
                let who = if who_can.is_empty() { "an admin with a copy".into() } else { names(who_can) };
                let hint = format!("ask {who} to run 'lic operator edit {operator} --give-keys'");
                (exit::NOT_ALLOWED, Some(hint))
            }
            Error::CopyMissing { .. } => {
                (exit::FAILED, Some("restore the keys folder from a backup, or name the right home with --home".into()))
            }
            Error::Locked { .. } => {
                (exit::NOT_ALLOWED, Some("give --passphrase-file FILE, set LIC_PASSPHRASE_FILE, or run it on a terminal".into()))
            }
            Error::NoSigningKey(_) => (
                exit::FAILED,
                Some("see the signing keys with 'lic key list', and have an admin run 'lic key activate KID'".into()),
            ),
            Error::UnknownKey(_) => (exit::NOT_FOUND, Some("see the signing keys with 'lic key list'".into())),
            Error::AmbiguousKey { .. } => (exit::NOT_FOUND, Some("type more of it".into())),
            Error::KeyState { state: KeyState::Compromised, .. } => {
                (exit::FAILED, Some("that cannot be undone; make another key with 'lic key new'".into()))
            }
            Error::KeyState { .. } => (exit::FAILED, Some("see the states with 'lic key list'".into())),
            Error::NextExists { kid, .. } => {
                (exit::FAILED, Some(format!("use it with 'lic key activate {kid}', or give it up with 'lic key retire {kid}'")))
            }
            Error::OnlyActive { purpose, .. } => {
                let purpose = if *purpose == KeyPurpose::License { String::new() } else { format!(" --purpose {purpose}") };
                (exit::FAILED, Some(format!("make the next one first: 'lic key new{purpose}'")))
            }
            Error::HasCopy { operator, kid } => {
                (exit::FAILED, Some(format!("to make it anew, take it away first: 'lic key take {kid} {operator}'")))
            }
            Error::NothingToTake { .. } => (exit::NOT_FOUND, Some("see who has a copy with 'lic key list'".into())),
            Error::LastCopy { kid, .. } => (
                exit::FAILED,
                Some(format!(
                    "give somebody else a copy first: 'lic key give {kid} OPERATOR'; or insist with 'lic key take --force'"
                )),
            ),
            Error::Report { hint, .. } => (exit::USAGE, Some(hint.clone())),
            Error::NoSeat { license, max, .. } => (
                exit::FAILED,
                Some(format!(
                    "take one off with 'lic machine deactivate {license} MACHINE', or grant more with 'lic change {license} --max-machines {}'",
                    max.saturating_add(1)
                )),
            ),
            Error::TooManyTransfers { .. } => (
                exit::FAILED,
                Some(
                    "an admin can allow more with 'lic tier edit TIER --transfers'; or grant another machine with 'lic change'"
                        .into(),
                ),
            ),
            Error::NotBound(license) => (
                exit::FAILED,
                Some(format!("say first how many machines it may run on: 'lic change {license} --max-machines 2'")),
            ),
            Error::MachineElsewhere { license, .. } => (
                exit::FAILED,
                Some(format!("see it with 'lic machine list {license}'; a cloned image is bound all the same with --shared")),
            ),
            Error::MachineOfAnotherProduct { product } => {
                (exit::FAILED, Some(format!("have the customer run 'lic fingerprint --product {product}'")))
            }
            Error::MachineKindRefused { .. } => (exit::FAILED, Some("see what the tier allows with 'lic tier show'".into())),
            Error::NoSuchMachine { license, .. } => {
                (exit::NOT_FOUND, Some(format!("see its machines with 'lic machine list {license}'")))
            }
            Error::AmbiguousMachine { .. } => (exit::USAGE, Some("type more of it".into())),
            Error::Unreadable(_) => (exit::FAILED, Some("have the customer send the whole file again, as it was written".into())),
            Error::RequestAnswered(_) => {
                (exit::FAILED, Some("have the customer make a new one with 'lic activate --request'".into()))
            }
            Error::UnknownReceipt(license) => {
                (exit::NOT_FOUND, Some(format!("take the machine off by its name: 'lic machine deactivate {license} MACHINE'")))
            }
            Error::GivenBackBefore { license, .. } => {
                (exit::FAILED, Some(format!("see the machines that are left with 'lic machine list {license}'")))
            }
            Error::Revoked(license) => (exit::FAILED, Some(format!("see why with 'lic show {license} --history'"))),
            Error::NoStatusAddress => {
                let hint = "set it in lic.toml, under [status]: uri = \"https://licenses.example.com/status\"";
                (exit::FAILED, Some(hint.into()))
            }
            Error::NotOurStatusList { .. } => {
                (exit::FAILED, Some("publish to a folder of its own with --out, or move that file away".into()))
            }
            Error::WrongStanding { license, standing } => {
                let hint = match *standing {
                    "not suspended" => format!("see how it stands with 'lic show {license}'"),
                    _ => format!("see why with 'lic show {license} --history'"),
                };
                (exit::FAILED, Some(hint))
            }
            Error::RevokedForGood { customer, .. } => {
                (exit::FAILED, Some(format!("issue a new license: 'lic issue {customer}'")))
            }
            Error::NotLonger { last, wanted, .. } if last == wanted => (exit::FAILED, Some("name a later day".into())),
            Error::NotLonger { license, wanted, .. } => {
                (exit::FAILED, Some(format!("an earlier end is a change: 'lic change {license} --until {wanted}'")))
            }
            Error::Perpetual(license) => (exit::FAILED, Some(format!("change what it grants with 'lic change {license}'"))),
            Error::Bound { .. } => (exit::FAILED, Some("have an admin transfer it with --force, which drops the binding".into())),
            Error::Several { .. } => (exit::FAILED, Some("leave those out, and run it again".into())),
            Error::Changed(_) => (exit::FAILED, Some("look at it again, and run it again".into())),
            Error::RequestReused { license, .. } => {
                (exit::FAILED, Some(format!("see it with 'lic show {license}', or use another --request-id")))
            }
            Error::LastAdmin(_) => {
                (exit::FAILED, Some("make somebody else an admin first: 'lic operator edit NAME --role admin'".into()))
            }
            Error::SelfCheck(_) => (exit::BUG, Some("please report this; the ledger is as it was".into())),
            Error::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                (exit::FAILED, Some("ask the owner of that folder, or run it as somebody who may".into()))
            }
            _ => (exit::FAILED, None),
        };
        Self { code, message, hint }
    }
}

fn ledger(error: &LedgerError) -> Failure {
    let hint = match error {
        LedgerError::Missing(_) => "restore it from a backup",
        LedgerError::NotALedger(_) => "name the right home with --home, or restore the ledger from a backup",
        LedgerError::Newer { .. } => "use the newer lic that wrote it",
        LedgerError::Older { .. } | LedgerError::Unsettled => {
            "run any command that writes, such as 'lic customer edit', as somebody who may"
        }
        LedgerError::ReadOnly | LedgerError::NotPermitted(_) => "run it as the owner of the home, or ask the owner to let you in",
        LedgerError::Busy => "try again when the other program is done",
        LedgerError::DiskFull => "make room and run it again; nothing was changed",
        LedgerError::Damaged(_) => "stop using this ledger, keep a copy of it, and restore a backup",
        _ => return Failure::failed(error.to_string()),
    };
    Failure::failed(error.to_string()).hint(hint)
}

fn keyring(error: &KeyringError) -> Failure {
    let code = match error {
        KeyringError::WrongPassphrase { .. } | KeyringError::NeedsPassphrase { .. } | KeyringError::NoCopy { .. } => {
            exit::NOT_ALLOWED
        }
        _ => exit::FAILED,
    };
    Failure { hint: error.hint(), ..Failure::new(code, error.to_string()) }
}

fn settings(error: &SettingsError) -> Failure {
    Failure { hint: error.hint().map(str::to_owned), ..Failure::failed(error.to_string()) }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Error::from(error).into()
    }
}

impl From<GuardError> for Failure {
    fn from(error: GuardError) -> Self {
        let hint = match &error {
            GuardError::Unreadable { .. } => "make it readable, or name another file with --state",
            GuardError::Unwritable { .. } => "name a file with --state that this user may write",
            GuardError::Damaged(_) | GuardError::OfAnotherMachine => "put the right file there, or name another with --state",
            GuardError::OfAnotherProduct(_) => "name another file with --state: each product has its own",
        };
        Self::failed(escape::human(&error.to_string()).into_owned()).hint(hint)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        settings(&error)
    }
}

fn notify(error: &NotifyError) -> Option<String> {
    match error {
        NotifyError::NoMail => Some("add a section [mail] with 'transport' and 'from' to lic.toml".into()),
        NotifyError::NoPassword { .. } => Some(
            "put it into a file that you alone may read, and name that in lic.toml: password_file = \"/etc/lic/smtp-password\""
                .into(),
        ),
        NotifyError::Password(_, hint) => hint.clone(),
        NotifyError::Template(TemplateError::Language { known, .. }) => Some(format!("there are templates in {}", names(known))),
        NotifyError::Template(_) => Some("see how a template reads with 'lic mail preview'".into()),
        NotifyError::Transport(_) => None,
    }
}

fn passphrase(error: &PassphraseError) -> Failure {
    let code = if matches!(error, PassphraseError::Short) { exit::FAILED } else { exit::NOT_ALLOWED };
    Failure { hint: error.hint(), ..Failure::new(code, error.to_string()) }
}
