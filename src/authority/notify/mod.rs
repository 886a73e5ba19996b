//! Telling people of the ends of licenses: the daily digest, and the mails to customers.
//!
//! # Once and only once, as far as mail allows
//!
//! A run first plans: whatever is due and not yet told becomes a row of the ledger's outbox, in one transaction. Then it sends
//! what stands there. Each mail is claimed before it is handed over and settled after the answer. After a crash in between nobody
//! can know whether it was taken (RFC 1047): it is sent once more under the same Message-ID, and never a third time.
//!
//! Who acts is whoever may write the ledger's file: a run signs nothing and decides nothing, and the outbox is no part of the
//! audit log. So the system user of a timer need not be an operator.

mod compose;
mod metrics;
mod plan;
mod run;
mod way;

use std::fs::{File, TryLockError};
use std::path::Path;

pub use compose::{Composed, Composer};
pub use metrics::write as write_metrics;
pub use plan::{Planned, Recipient};
pub use run::{Report, Settled};
pub use way::{test_message, way_out};

use super::{Authority, Error};
use crate::ledger::MailKind;
use crate::license::{Customer, Timestamp};
use crate::mail::{TemplateError, TransportError};

/// Why mails could not be planned, worded or sent at all.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// `lic.toml` has no `[mail]`.
    #[error("lic.toml does not say how mail is to leave: it has no [mail]")]
    NoMail,
    /// A user to log in, and no password.
    #[error("there is no password for '{user}' at {host}")]
    NoPassword {
        /// Who logs in.
        user: String,
        /// Where.
        host: String,
    },
    /// The password's file.
    #[error("{0}")]
    Password(String, Option<String>),
    /// The words.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The way out.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

/// What keeps two runs apart. Held as long as it lives, and let go by the system when its process ends, however that is.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a home; `None` where another run has it.
    ///
    /// # Errors
    /// [`Error::File`] where the lock's file cannot be made.
    pub fn take(home: &Path) -> Result<Option<Self>, Error> {
        let path = home.join("notify.lock");
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|source| Error::file(&path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::file(&path, source)),
        }
    }
}

impl Authority {
    /// Every mail that a run at `at` would plan, and those that stand in the outbox already, each with its subject. Read in one
    /// go: what is read by itself is locked by itself.
    ///
    /// # Errors
    /// When the ledger cannot be read, or a template uses what there is not.
    pub fn mails_due(&self, composer: &Composer, at: Timestamp) -> Result<Vec<(Planned, String)>, Error> {
        self.ledger.snapshot(|tables| {
            let due = plan::due(&tables, &self.settings, at)?.into_iter();
            due.map(|planned| composer.subject(&planned, &tables).map(|subject| (planned, subject))).collect()
        })
    }

    /// A mail of a kind as it would look: one that is due, else one about the licenses that end next. `None` where no license
    /// has an end.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn example_mail(&self, kind: MailKind, customer: Option<&Customer>, at: Timestamp) -> Result<Option<Planned>, Error> {
        self.ledger.snapshot(|tables| plan::example(&tables, &self.settings, customer, kind, at))
    }

    /// What `[notify]` names and the ledger does not know: a mistyped customer would get mail all the same.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unknown_in_notify(&self) -> Result<Vec<String>, Error> {
        let (tables, notify) = (self.read(), &self.settings.notify);
        let mut unknown = Vec::new();
        let customers = notify.no_customers.iter().map(|slug| ("no_customers", slug));
        let languages = notify.languages.keys().map(|slug| ("languages", slug));
        for (setting, slug) in customers.chain(languages) {
            if tables.customer(slug)?.is_none() {
                unknown.push(format!("lic.toml: notify.{setting} names '{slug}', which is no customer"));
            }
        }
        if !notify.no_tiers.is_empty() {
            let tiers = tables.tiers(&crate::ledger::TierFilter::default())?;
            for name in &notify.no_tiers {
                if !tiers.iter().any(|tier| name.means(&tier.product, &tier.slug)) {
                    unknown.push(format!("lic.toml: notify.no_tiers names '{name}', which is no tier"));
                }
            }
        }
        Ok(unknown)
    }
}
