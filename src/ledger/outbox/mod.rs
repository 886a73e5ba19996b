//! The outbox: the mails of `lic notify`, what each tells, and what became of it.
//!
//! This is the state of somebody's work and no part of the log: no event stands behind it, and no replay compares it. A mail is
//! claimed in one transaction before it is handed over and settled in another after the answer; what lies between is in doubt
//! after a crash, and counted.

mod read;
mod write;

use std::fmt;
use std::str::FromStr;

use crate::license::{Date, LicenseId, Slug, Timestamp};

pub use write::Outbox;

/// Whom a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A customer's contact.
    Customer,
    /// The vendor's own people.
    Digest,
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// To be sent.
    Queued,
    /// Handed over, and the answer is not recorded: only a crash leaves it so.
    Sending,
    /// Taken by the server.
    Sent,
    /// Not taken so far; to be tried again.
    Failed,
    /// Refused for good.
    Refused,
    /// Overtaken by events before it was sent.
    Dropped,
    /// Handed over twice without an answer; it may have been taken, and is not sent again.
    Unknown,
}

macro_rules! words {
    ($type:ty, $what:literal, $($variant:ident = $word:literal),* $(,)?) => {
        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = &'static str;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or($what)
            }
        }
    };
}

words!(MailKind, "a mail is for a customer or a digest", Customer = "customer", Digest = "digest");
words!(
    MailState,
    "a mail is queued, sending, sent, failed, refused, dropped or unknown",
    Queued = "queued",
    Sending = "sending",
    Sent = "sent",
    Failed = "failed",
    Refused = "refused",
    Dropped = "dropped",
    Unknown = "unknown",
);

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRecord {
    /// Its number.
    pub number: i64,
    /// Whom it is for.
    pub kind: MailKind,
    /// The day it was planned on.
    pub day: Date,
    /// Licenses that ended on this day or later count as just ended.
    pub since: Date,
    /// The customer; `None` for a digest.
    pub customer: Option<Slug>,
    /// The address.
    pub recipient: String,
    /// The recipient's name.
    pub name: Option<String>,
    /// The Message-ID, without its angle brackets.
    pub message_id: String,
    /// Where it stands.
    pub state: MailState,
    /// How often it was tried.
    pub attempts: u32,
    /// How often it was handed over without an answer.
    pub unanswered: u32,
    /// When it was last tried.
    pub tried_at: Option<Timestamp>,
    /// The answer to the last attempt.
    pub answer: Option<String>,
    /// How many licenses it tells of; 0 for a digest.
    pub licenses: u32,
}

/// What a customer's mail tells of one license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailLine {
    /// The license.
    pub license: LicenseId,
    /// The end that it tells.
    pub ends: Timestamp,
    /// The window that was reached, in days before the end.
    pub window: u32,
}

/// A mail to be put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Whom it is for.
    pub kind: MailKind,
    /// The day.
    pub day: Date,
    /// Licenses that ended on this day or later count as just ended.
    pub since: Date,
    /// The customer; `None` for a digest.
    pub customer: Option<Slug>,
    /// The address.
    pub recipient: String,
    /// The recipient's name.
    pub name: Option<String>,
    /// The Message-ID, without its angle brackets.
    pub message_id: String,
    /// What it tells.
    pub lines: Vec<MailLine>,
}

/// When mails were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRuns {
    /// When the first run was.
    pub began: Timestamp,
    /// When a run last left nothing behind that failed.
    pub good: Option<Timestamp>,
}

/// Which mails to list, the newest first.
#[derive(Debug, Clone, Default)]
pub struct MailFilter {
    /// Those to one customer.
    pub customer: Option<Slug>,
    /// Those that stand so.
    pub state: Option<MailState>,
    /// Those planned on this day or later.
    pub since: Option<Date>,
    /// How many at most.
    pub limit: Option<u32>,
}

/// An attempt to send a mail, and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Where the mail stands now.
    pub state: MailState,
    /// Whether it was claimed.
    pub claimed: bool,
    /// Whether it is known what became of it.
    pub answered: bool,
    /// The answer.
    pub answer: &'a str,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for state in MailState::ALL {
            assert_eq!(state.to_string().parse(), Ok(*state));
        }
        for kind in MailKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
        }
    }
}
