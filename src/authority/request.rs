//! Requests with a name: asking the same again gives what was given before.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Error;
use super::issue::Issued;
use crate::ledger::{Fact, Request, Tables};
use crate::license::LicenseId;

/// A named request. Where it is answered with several licenses, each stands in the ledger under the name and its place.
pub(super) struct Named<'a> {
    id: &'a str,
    digest: String,
}

impl<'a> Named<'a> {
    /// A request of this name for this wish.
    ///
    /// # Errors
    /// A name that is empty, too long, or has blanks or a `#`.
    pub fn new(id: &'a str, wish: &impl Serialize) -> Result<Self, Error> {
        if id.is_empty() || id.len() > 128 || !id.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err(Error::Invalid("a request id has 1 to 128 printable ASCII characters, no blanks and no '#'".into()));
        }
        // A wish is plain data: turning it into JSON cannot fail.
        let text = serde_json::to_string(wish).unwrap_or_default();
        let digest = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, digest })
    }

    /// What stands in the ledger for the license at this place, from 0.
    pub fn at(&self, place: usize) -> Request {
        let id = if place == 0 { self.id.to_owned() } else { format!("{}#{}", self.id, place + 1) };
        Request { id, digest: self.digest.clone() }
    }

    /// The licenses that an earlier request of this name was answered with, if there was one.
    ///
    /// # Errors
    /// [`Error::RequestReused`] where that one wished for something else.
    pub fn answered(&self, tables: &Tables<'_>) -> Result<Option<Vec<Issued>>, Error> {
        let mut earlier = Vec::new();
        while let Some((license, rev)) = answer(tables, &self.at(earlier.len()))? {
            earlier.push(as_answered(tables, license, rev)?);
        }
        Ok((!earlier.is_empty()).then_some(earlier))
    }
}

/// The license and the revision that answered a request as it stands in the ledger.
///
/// # Errors
/// [`Error::RequestReused`] where another wish was answered under that name.
pub(super) fn answer(tables: &Tables<'_>, request: &Request) -> Result<Option<(LicenseId, u32)>, Error> {
    match tables.license_by_request(&request.id)? {
        None => Ok(None),
        Some(known) if known.digest == request.digest => Ok(Some((known.license, known.rev))),
        Some(known) => Err(Error::RequestReused { request: request.id.clone(), license: known.license }),
    }
}

impl Issued {
    /// A revision that was signed before.
    pub(super) fn again(tables: &Tables<'_>, id: LicenseId, rev: u32) -> Result<Self, Error> {
        as_answered(tables, id, rev)
    }
}

/// A license as it was when a request was answered with it.
fn as_answered(tables: &Tables<'_>, id: LicenseId, rev: u32) -> Result<Issued, Error> {
    let unknown = || Error::UnknownLicense(id.to_string());
    let Some(Fact::LicenseIssued { customer, terms, key, .. }) = tables.revision_fact(id, rev)? else { return Err(unknown()) };
    let customer = tables.customer(&customer)?.ok_or_else(unknown)?.into();
    Ok(Issued { id, rev, customer, terms, key, repeated: true })
}
