//! The files of licenses that were signed again: one for a revision, under a name that no other has.

use std::path::{Path, PathBuf};

use crate::authority::error::plain;
use crate::authority::issue::Issued;
use crate::authority::rotation::ReissuePlan;
use crate::authority::{Authority, Error};
use crate::cli::commands::saving::{Destination, write_new};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::license::{LicenseId, Slug};
use crate::token::armour;

/// How many licenses are looked at in one go.
const PAGE: u32 = 10_000;

/// Where the keys go, and how many went there.
pub struct Files {
    destination: Destination,
    saved: u64,
    found_missing: u64,
}

impl Files {
    pub fn new(destination: Destination) -> Self {
        Self { destination, saved: 0, found_missing: 0 }
    }

    /// Whether each key gets a file of its own.
    pub fn has_folder(&self) -> bool {
        self.destination != Destination::Output
    }

    /// Saves a key that is in the ledger, the `done`-th of this run. Gives the file, where there is one.
    pub fn save(&mut self, issued: &Issued, done: usize, session: &mut Session<'_>) -> Result<Option<String>, Failure> {
        let path = match &self.destination {
            // Whoever asks for a format on standard output gets the key inside it.
            Destination::Output if session.is_format_given() => return Ok(None),
            Destination::Output => return session.data(armour::wrap(&issued.key).as_bytes()).map(|()| None),
            Destination::File(path) => path.clone(),
            Destination::Folder(folder) => folder.join(name(&issued.customer.slug, &issued.terms.tier, issued.id, issued.rev)),
        };
        write(&path, &issued.key).map_err(|why| {
            let again = "make room and run it again with the same --out: it goes on, and writes the files that are missing";
            Failure::new(exit::PARTLY, format!("{} signed again, but not all keys are saved: {why}", licenses(done))).hint(again)
        })?;
        self.saved += 1;
        Ok(Some(session.shorten(&path)))
    }

    /// Writes the files that an earlier run, cut off between the ledger and the folder, did not come to.
    pub fn write_missing(&mut self, authority: &Authority, plan: &ReissuePlan, session: &mut Session<'_>) -> Result<(), Failure> {
        let Destination::Folder(folder) = &self.destination else { return Ok(()) };
        // Nothing was saved where there is no folder yet.
        if !folder.is_dir() {
            return Ok(());
        }
        for part in plan.parts.iter().filter(|part| part.which.license.is_none()) {
            let mut after = None;
            loop {
                let page = match authority.reissued_before(part, after, PAGE) {
                    Err(Error::NoSigningKey(_)) => break,
                    page => page?,
                };
                let Some(last) = page.last() else { break };
                after = Some(last.status_index);
                for record in &page {
                    let path = folder.join(name(&record.customer, &record.tier, record.id, record.rev));
                    if path.exists() {
                        continue;
                    }
                    let missing = || Error::UnknownLicense(record.id.to_string());
                    let key = authority.read().key_text(record.id, record.rev)?.ok_or_else(missing)?;
                    write(&path, &key).map_err(Failure::failed)?;
                    self.found_missing += 1;
                    session.progress_line(&format!("{} files of an earlier run", self.found_missing));
                }
            }
        }
        if self.found_missing > 0 {
            session.progress_done();
        }
        Ok(())
    }

    /// How many keys are where.
    pub fn told(&self, session: &Session<'_>) -> Option<String> {
        let place = match &self.destination {
            Destination::Output => return None,
            Destination::File(_) if self.saved == 0 => return None,
            Destination::File(path) => return Some(format!("saved {}", session.shorten(path))),
            Destination::Folder(path) => session.shorten(path),
        };
        let place = if place.is_empty() { "the current folder".to_owned() } else { place };
        let files = |count: u64| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
        match (self.saved, self.found_missing) {
            (0, 0) => None,
            (0, old) => Some(format!("saved {} that an earlier run did not come to, in {place}", files(old))),
            (new, 0) => Some(format!("saved {} in {place}", files(new))),
            (new, old) => Some(format!("saved {} in {place}, and {old} that an earlier run did not come to", files(new))),
        }
    }
}

fn licenses(count: usize) -> String {
    if count == 1 { "1 license is".to_owned() } else { format!("{count} licenses are") }
}

/// `acme-pro-7QK3-M2ZD-r2.lic`.
fn name(customer: &Slug, tier: &Slug, id: LicenseId, rev: u32) -> PathBuf {
    format!("{customer}-{tier}-{}-r{rev}.lic", &id.to_string()[4..]).into()
}

/// Writes a file where there is none; one that holds just this key already is fine.
fn write(path: &Path, key: &str) -> Result<(), String> {
    let text = armour::wrap(key);
    match write_new(path, &text) {
        Err(error)
            if error.kind() == std::io::ErrorKind::AlreadyExists
                && std::fs::read(path).is_ok_and(|found| found == text.as_bytes()) =>
        {
            Ok(())
        }
        Err(error) => Err(format!("{}: {}", path.display(), plain(&error))),
        Ok(()) => Ok(()),
    }
}
