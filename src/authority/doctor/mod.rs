//! The doctor: what is wrong with an authority, and the command that mends it.
//!
//! Each group of checks is a function in a file of its own, listed in [`CHECKS`]. A check reads and never writes, works with
//! whatever of the authority can be opened, and says what it could not look at: a home that is half broken is what a doctor
//! is for.

mod backups;
mod clock;
mod files;
mod keys;
mod ledger;
mod mail;
mod status;

use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{Settings, SettingsError};
use super::{Error, Home, is_there};
use crate::ledger::{Access, Ledger, LedgerError};
use crate::license::Timestamp;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warning,
    /// Something does not work, or is about to be lost.
    Error,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: `ledger`.
    pub area: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found, in words.
    pub what: String,
    /// The command that mends it, or what else to do.
    pub mend: Option<String>,
}

/// What is examined. What cannot be opened is there as the reason why.
pub struct Patient {
    home: Home,
    settings: Result<Settings, SettingsError>,
    ledger: Result<Ledger, LedgerError>,
    at: Timestamp,
    thorough: bool,
    passphrase_files: Vec<PathBuf>,
}

/// The findings of one area.
struct Notes<'f> {
    area: &'static str,
    findings: &'f mut Vec<Finding>,
}

impl Notes<'_> {
    fn note(&mut self, level: Level, what: impl Into<String>, mend: Option<String>) {
        self.findings.push(Finding { area: self.area, level, what: what.into(), mend });
    }

    fn ok(&mut self, what: impl Into<String>) {
        self.note(Level::Ok, what, None);
    }

    fn warn(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.note(Level::Warning, what, Some(mend.into()));
    }

    fn error(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.note(Level::Error, what, Some(mend.into()));
    }

    /// Says that nothing could be looked at, for a reason that is told elsewhere.
    fn leave_out(&mut self) {
        self.note(Level::Warning, "not looked at, because the ledger cannot be read", None);
    }

    /// Whether anything in this area is not as it should be.
    fn is_clean(&self) -> bool {
        !self.findings.iter().any(|finding| finding.area == self.area && finding.level > Level::Ok)
    }
}

type Check = fn(&Patient, &mut Notes<'_>);

/// Every group of checks, in the order in which they are told.
const CHECKS: [(&str, Check); 8] = [
    ("settings", files::settings),
    ("files", files::files),
    ("clock", clock::clock),
    ("ledger", ledger::ledger),
    ("keys", keys::keys),
    ("backups", backups::backups),
    ("status", status::status),
    ("mail", mail::mail),
];

impl Patient {
    /// Opens whatever of a home can be opened.
    ///
    /// # Errors
    /// [`Error::NoAuthority`] where there is none; [`Error::File`] of a home that cannot be entered.
    pub fn open(home: Home, at: Timestamp) -> Result<Self, Error> {
        if home.path().is_file() {
            return Err(Error::file(home.path(), std::io::ErrorKind::NotADirectory.into()));
        }
        if !is_there(&home.ledger_path())? && !is_there(&home.settings_path())? {
            return Err(Error::NoAuthority(home.path().to_owned()));
        }
        let settings = Settings::load(&home.settings_path());
        let ledger = Ledger::open(&home.ledger_path(), Access::ReadOnly);
        Ok(Self { home, settings, ledger, at, thorough: false, passphrase_files: Vec::new() })
    }

    /// Replays the log however long it is.
    #[must_use]
    pub fn thorough(self, thorough: bool) -> Self {
        Self { thorough, ..self }
    }

    /// With files that passphrases are read from.
    #[must_use]
    pub fn passphrase_files(self, passphrase_files: Vec<PathBuf>) -> Self {
        Self { passphrase_files, ..self }
    }

    /// Everything that was looked at.
    #[must_use]
    pub fn examine(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (area, check) in CHECKS {
            check(self, &mut Notes { area, findings: &mut findings });
        }
        findings
    }
}

/// A path, as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    // Only a NUL cannot be quoted, and no path holds one.
    shlex::try_quote(&text).map_or(text.clone(), std::borrow::Cow::into_owned)
}

/// `1 day`, `2 days`.
fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How long ago, in the largest unit that fits.
fn ago(seconds: i64) -> String {
    let number = seconds.unsigned_abs();
    match number {
        0..=119 => count(number, "second"),
        120..=7_199 => count(number / 60, "minute"),
        7_200..=172_799 => count(number / 3_600, "hour"),
        _ => count(number / 86_400, "day"),
    }
}
