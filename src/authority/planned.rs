//! The next revision of a license before it is signed: read, planned, shown, and found unchanged when it is signed.

use super::Error;
use crate::ledger::{LicenseRecord, Tables};
use crate::license::{Customer, LicenseId, Standing, Terms};

/// The next revision of a license, before it is signed: what a person is shown, and may say no to.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The license as it is.
    pub record: LicenseRecord,
    /// What it grants as it is.
    pub before: Terms,
    /// Whose it is to be.
    pub customer: Customer,
    /// What it is to grant.
    pub terms: Terms,
    /// What is unusual about that.
    pub unusual: Vec<String>,
}

impl Planned {
    /// Refuses a license that is no longer as it was when the plan was shown: somebody else was faster.
    pub(super) fn check_unchanged(&self, tables: &Tables<'_>) -> Result<(), Error> {
        let now = tables.license(self.record.id)?;
        let same = now.is_some_and(|now| (now.rev, now.standing) == (self.record.rev, self.record.standing));
        if same { Ok(()) } else { Err(Error::Changed(format!("license {}", self.record.id))) }
    }

    /// What was unusual, as it is recorded.
    pub(super) fn told(&self) -> Option<String> {
        (!self.unusual.is_empty()).then(|| self.unusual.join("; "))
    }
}

/// A license as it stands, with its terms and its customer.
pub(super) struct Current {
    pub record: LicenseRecord,
    pub terms: Terms,
    pub customer: Customer,
}

impl Current {
    /// Reads a license that may get another revision.
    pub fn read(tables: &Tables<'_>, id: LicenseId) -> Result<Self, Error> {
        let unknown = || Error::UnknownLicense(id.to_string());
        let record = tables.license(id)?.ok_or_else(unknown)?;
        if record.standing == Standing::Revoked {
            return Err(Error::Revoked(id));
        }
        let terms = tables.terms(id, record.rev)?.ok_or_else(unknown)?;
        let customer = tables.customer(&record.customer)?.ok_or_else(unknown)?;
        Ok(Self { record, terms, customer })
    }
}

/// Does the same with each license. Where some cannot be done, all of these are told; one alone is told as it is.
pub(super) fn each<I, T>(
    licenses: impl IntoIterator<Item = I>,
    id: impl Fn(&I) -> LicenseId,
    mut work: impl FnMut(I) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let (mut done, mut failed, mut all) = (Vec::new(), Vec::new(), 0);
    for one in licenses {
        all += 1;
        let license = id(&one);
        match work(one) {
            Ok(value) => done.push(value),
            // What stands for one license only; a ledger that fails, fails for all.
            Err(error @ (Error::Ledger(_) | Error::NotAllowed { .. })) => return Err(error),
            Err(error) => failed.push((license, error)),
        }
    }
    match failed.len() {
        0 => Ok(done),
        1 if all == 1 => Err(failed.remove(0).1),
        _ => Err(Error::Several { all, failed }),
    }
}
