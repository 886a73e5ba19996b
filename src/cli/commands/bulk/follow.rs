//! Following bulk work: progress, rows that cannot be done, and the keys as they come.

use std::path::Path;

use super::Verb;
use super::keys::Keys;
use super::lists::{FailedRows, Held};
use super::progress::Progress;
use crate::authority::bulk::Watch;
use crate::authority::csv_import::Problem;
use crate::authority::issue::Issued;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::issued::{IssuedView, summary};
use crate::render::{Options, Renderer};

/// Up to so many licenses are told one by one.
const TOLD: u64 = 20;

/// Follows the check of a file, and then the work.
pub struct Follower<'s, 'w> {
    session: &'s mut Session<'w>,
    verb: Verb,
    progress: Progress,
    header: Vec<String>,
    failed: FailedRows,
    /// How many licenses there will be.
    licenses: u64,
    keys: Option<Keys>,
    rows: Option<Renderer<'static, IssuedView, Held>>,
    held: Held,
}

impl<'s, 'w> Follower<'s, 'w> {
    /// Follows a check.
    pub fn new(verb: Verb, header: &[String], failed: Option<&Path>, session: &'s mut Session<'w>) -> Result<Self, Failure> {
        let failed = FailedRows::new(failed, header, session)?;
        session.world.terminal.note_interrupts();
        let (progress, header, held) = (Progress::new("checked", 0), header.to_vec(), Held::default());
        Ok(Self { session, verb, progress, header, failed, licenses: 0, keys: None, rows: None, held })
    }

    /// Follows the work that gives so many licenses, and passes their keys on.
    pub fn passing_on(verb: Verb, licenses: u64, keys: Keys, session: &'s mut Session<'w>) -> Result<Self, Failure> {
        let mut follower = Self::new(verb, &[], None, session)?;
        follower.progress = Progress::new(verb.done, licenses);
        follower.licenses = licenses;
        follower.rows = keys.format(follower.session).map(|format| Renderer::new(follower.held.clone(), &Options::new(format)));
        follower.keys = Some(keys);
        Ok(follower)
    }

    /// The check is over.
    pub fn checked(mut self) -> FailedRows {
        self.progress.end(self.session);
        self.failed
    }

    /// The work is over; where it was done to its end, the list gets its name.
    pub fn finish(mut self, whole: bool) -> Result<(), Failure> {
        self.progress.end(self.session);
        if let Some(rows) = self.rows.take() {
            rows.finish().map_err(|error| Failure::stream(&error))?;
        }
        self.pass_on()?;
        match self.keys.take() {
            Some(Keys::List(list, _)) if whole => {
                let path = list.keep()?;
                let shown = self.session.shorten(&path);
                self.session.note(&format!("keys saved in {shown}"));
            }
            Some(Keys::Folder { path, .. }) if self.licenses > TOLD => {
                let shown = self.session.shorten(&path);
                self.session.note(&format!("keys saved below {shown}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), Failure> {
        let bytes = self.held.take();
        match &mut self.keys {
            Some(Keys::List(list, _)) => list.write(&bytes),
            _ => self.session.data(&bytes),
        }
    }

    fn tell(&mut self, issued: &Issued, file: Option<&String>) {
        if self.licenses > TOLD {
            return;
        }
        let today = self.session.now().date();
        let again = if issued.repeated { format!(" ({} before)", self.verb.done) } else { String::new() };
        let revision = if issued.rev > 1 { format!(" · revision {}", issued.rev) } else { String::new() };
        self.session.tick(&format!("{}  {}{revision}{again}", issued.id, summary(&issued.customer.name, &issued.terms, today)));
        if let Some(file) = file {
            self.session.note(&format!("saved {file}"));
        }
    }
}

impl Watch for Follower<'_, '_> {
    type Failure = Failure;

    fn looked_at(&mut self, rows: u64, most: u64) -> bool {
        self.progress.of(most);
        self.progress.show(rows, self.session);
        !self.session.world.terminal.is_interrupted()
    }

    fn bad_row(&mut self, cells: &[&str], problems: &[Problem]) -> Result<(), Failure> {
        self.failed.add(&self.header, cells, problems)
    }

    fn done(&mut self, _: u64, issued: Issued) -> Result<(), Failure> {
        let file = match &self.keys {
            Some(keys) => keys.save(&issued)?,
            None => None,
        };
        let file = file.map(|file| self.session.shorten(&file));
        self.tell(&issued, file.as_ref());
        if let Some(rows) = &mut self.rows {
            rows.row(&IssuedView::new(&issued, file)).map_err(|error| Failure::stream(&error))?;
        }
        Ok(())
    }

    fn committed(&mut self, rows: u64) -> Result<bool, Failure> {
        self.pass_on()?;
        self.progress.show(rows, self.session);
        Ok(!self.session.world.terminal.is_interrupted())
    }
}
