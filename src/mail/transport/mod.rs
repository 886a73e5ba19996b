//! Ways for a mail to leave: a mail server, the system's own mail program, or a folder.
//!
//! # Once and only once
//!
//! Between the last byte that a server gets and its answer lies a moment in which nobody can know whether the mail was taken
//! (RFC 1047). Whoever sends says so just before that moment: [`Transport::send`] calls `claim` when everything that can be
//! refused beforehand has been accepted, and only then hands the mail over. What fails before `claim` was certainly not delivered.

mod folder;
mod sendmail;
mod smtp;

use std::time::Duration;

use super::message::Message;

pub use folder::Folder;
pub use sendmail::Sendmail;
pub use smtp::{Login, Security, Smtp, Target};

/// A way for mails to leave.
pub enum Transport {
    /// To a mail server.
    Smtp(Box<Smtp>),
    /// To a program that takes mail as `sendmail` does.
    Sendmail(Sendmail),
    /// Into a folder, as files.
    Folder(Folder),
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken. With the answer, one line.
    Sent(String),
    /// Refused for good: trying again cannot help.
    Refused(String),
    /// Not taken this time.
    Failed(String),
    /// Handed over, and no answer came: it may have been taken.
    Unknown(String),
    /// The claim was not granted, and nothing was sent.
    Withheld,
    /// Not taken, and the next mail would fare no better: the server is out of reach, or turns everybody away.
    Down(String),
}

/// Why a transport could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// A certificate file that holds none.
    #[error("{path} holds no certificate in PEM form: {why}")]
    Certificate {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The name of the server cannot be checked against a certificate.
    #[error("no encrypted connection to '{host}' can be prepared: {why}")]
    Tls {
        /// The server.
        host: String,
        /// Why.
        why: String,
    },
}

impl Transport {
    /// Sends a mail. `claim` is called once, at the last moment at which nothing was handed over yet; where it gives false,
    /// nothing is.
    ///
    /// # Errors
    /// The error of `claim`.
    pub fn send<E>(&mut self, message: &Message, claim: impl FnOnce() -> Result<bool, E>) -> Result<Outcome, E> {
        match self {
            Self::Smtp(smtp) => smtp.send(message, claim),
            Self::Sendmail(sendmail) => sendmail.send(message, claim),
            Self::Folder(folder) => folder.send(message, claim),
        }
    }

    /// Takes leave of the server. Nothing that was sent depends on it.
    pub fn close(&mut self) {
        if let Self::Smtp(smtp) = self {
            smtp.close();
        }
    }
}

/// Seconds as people say them.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1 => "1 second".into(),
        more => format!("{more} seconds"),
    }
}

/// An answer on one line, of a length that fits into a log.
fn short(answer: &str) -> String {
    let line = super::message::one_line(&answer.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= 300 { line } else { line.chars().take(299).chain(['…']).collect() }
}
