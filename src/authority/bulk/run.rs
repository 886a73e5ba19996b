//! Doing what a file asks: batch after batch, each in one transaction.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::vec;

use super::naming::Names;
use super::planner::{Asked, Draft, Planned, Planner, Refusal, problem};
use super::signing::{Awaited, Signed, Stamp, Workers};
use super::{BulkFile, Checked, Finished, KEPT, MOST_ROWS, Watch, unreadable};
use crate::authority::csv_import::Problem;
use crate::authority::csv_import::sheet::Row;
use crate::authority::csv_import::stream::SheetStream;
use crate::authority::issue::Issued;
use crate::authority::revise::{self, check_active};
use crate::authority::signer::Signers;
use crate::authority::{Actor, Authority, Error, Mode};
use crate::ledger::{Fact, Tables, Transaction};
use crate::license::{Customer, LicenseId, Role, Timestamp};
use crate::world::Entropy;

/// How many batches are planned and signed before their turn.
const AHEAD: usize = 2;
/// How long the ledger is left to others between two transactions: a waiting process asks every few milliseconds at first, and
/// every hundred later.
const GAP: Duration = Duration::from_millis(20);
/// Planning and passing on so many rows takes longer than that.
const GAP_ROWS: usize = 1_000;

/// Rows that are recorded together.
struct Batch {
    asked: Vec<Asked>,
    outcomes: Vec<Outcome>,
    signed: Awaited,
    /// How many events the log has before it, and how many licenses there are, if nobody else writes.
    before: Numbers,
    after: Numbers,
}

/// What becomes of a row of a batch.
enum Outcome {
    /// It was answered before.
    Answered { line: u64, license: LicenseId, rev: u32 },
    /// It is the next of those that were signed.
    Signed,
}

/// What comes next in the log and in the status lists.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Numbers {
    events: u64,
    places: u64,
}

/// A batch that is on the disk.
struct Recorded {
    outcomes: Vec<Outcome>,
    signed: Vec<(u64, Arc<Customer>, Fact)>,
    problems: Vec<Problem>,
}

/// What there is to work with in a transaction.
struct Work<'w> {
    planner: Planner,
    ids: vec::IntoIter<LicenseId>,
    workers: &'w Workers,
    signers: &'w Signers,
    keep_going: bool,
    /// Whether a row could not be done that nobody knew of: nothing more is begun.
    stuck: bool,
    /// Whether somebody else has written: what is planned already is for the wrong places, and nothing is planned behind it.
    outrun: bool,
    /// How many events the log had when nobody else had written since the check.
    events: u64,
}

/// The rows of a file, one by one.
struct Rows<R> {
    stream: SheetStream<R>,
    part: vec::IntoIter<Row>,
    last: bool,
}

impl Authority {
    /// Does what a file asks, as far as it is not done. `checked` is what the check found.
    ///
    /// # Errors
    /// What keeps all of the rest from being done: a full disk, a locked ledger, what the follower fails with. What was
    /// committed before stays; the same call again goes on.
    #[allow(clippy::too_many_arguments)] // the use case takes the time, the operator and the entropy like every other
    pub fn run_bulk<W: Watch>(
        &mut self,
        actor: &Actor,
        file: &BulkFile,
        signers: &Signers,
        checked: &Checked,
        keep_going: bool,
        at: Timestamp,
        entropy: &mut dyn Entropy,
        watch: &mut W,
    ) -> Result<Finished, W::Failure> {
        actor.require(Role::Issuer, "issue licenses", &self.read())?;
        self.ledger.expect_bulk().map_err(Error::from)?;
        let names = match checked.bad {
            0 => Names::again(file.name.as_deref(), &checked.repeated)?,
            // What was wrong with a row may be right by now, and its name was never asked for.
            _ => Names::new(file.name.as_deref(), usize::try_from(file.spool.lines().min(MOST_ROWS)).unwrap_or(0))?,
        };
        let mut planner = self.planner(actor, at, names);
        planner.all_fresh = checked.is_all_fresh();
        let ids = draw(checked.fresh, entropy)?.into_iter();
        let events = checked.events;
        let stamp = Stamp { signers, by: actor.slug(), at };
        thread::scope(|scope| {
            let workers = Workers::start(scope, stamp);
            let mut work = Work { planner, ids, workers: &workers, signers, keep_going, stuck: false, outrun: false, events };
            self.batches(file, &mut work, watch)
        })
    }

    fn batches<W: Watch>(&mut self, file: &BulkFile, work: &mut Work<'_>, watch: &mut W) -> Result<Finished, W::Failure> {
        let mut rows = Rows { stream: file.stream()?, part: Vec::new().into_iter(), last: false };
        let mut ahead: VecDeque<Batch> = VecDeque::new();
        let mut finished = Finished::default();
        let mut settled = 0;
        loop {
            while ahead.len() < AHEAD {
                if (work.outrun || work.planner.is_full()) && !ahead.is_empty() {
                    // What was planned and is not recorded is known to the planner alone.
                    break;
                }
                if work.outrun || work.planner.is_full() {
                    work.outrun = false;
                    work.planner.forget();
                }
                let before = ahead.back().map(|batch| batch.after);
                match self.next_batch(file, work, &mut rows, before, &mut finished)? {
                    Some(batch) => ahead.push_back(batch),
                    None => break,
                }
            }
            let Some(batch) = ahead.pop_front() else { break };
            let Batch { asked, outcomes, signed, before, .. } = batch;
            let signed = signed.all()?;
            let recorded = self.change(Mode::Commit, |tx| record(tx, work, (asked, outcomes, signed), before));
            let Recorded { outcomes, signed, problems } = recorded?;
            let mut again = self.answered(&outcomes)?.into_iter();
            let lost = !problems.is_empty() && !work.keep_going;
            problems.into_iter().for_each(|problem| finished.note(vec![problem]));
            let mut signed = signed.into_iter();
            for outcome in &outcomes {
                match outcome {
                    Outcome::Answered { line, .. } => {
                        let Some(one) = again.next() else { continue };
                        finished.answered += 1;
                        watch.done(*line, one)?;
                    }
                    Outcome::Signed => {
                        let Some((line, customer, fact)) = signed.next() else { continue };
                        finished.signed += 1;
                        watch.done(line, revise::issued(fact, customer)?)?;
                    }
                }
                settled += 1;
            }
            let goes_on = watch.committed(settled)?;
            let at_end = ahead.is_empty() && rows.is_at_end()?;
            if lost || !(goes_on || at_end) {
                work.stuck = true;
                break;
            }
            if !ahead.is_empty() && outcomes.len() < GAP_ROWS {
                thread::sleep(GAP);
            }
        }
        finished.unfinished = work.stuck;
        Ok(finished)
    }

    /// What the rows that were answered before were answered with.
    fn answered(&self, outcomes: &[Outcome]) -> Result<Vec<Issued>, Error> {
        self.ledger.snapshot(|tables| {
            let answered = outcomes.iter().filter_map(|outcome| match outcome {
                Outcome::Answered { license, rev, .. } => Some(Issued::again(&tables, *license, *rev)),
                Outcome::Signed => None,
            });
            answered.collect()
        })
    }

    /// Plans the next rows and gives them to the workers.
    fn next_batch(
        &self,
        file: &BulkFile,
        work: &mut Work<'_>,
        rows: &mut Rows<impl Read>,
        before: Option<Numbers>,
        finished: &mut Finished,
    ) -> Result<Option<Batch>, Error> {
        // One look at the ledger for all of them: each of its own would have to lock the file.
        self.ledger.snapshot(|tables| plan_batch(&tables, file, work, rows, before, finished))
    }
}

fn plan_batch(
    tables: &Tables<'_>,
    file: &BulkFile,
    work: &mut Work<'_>,
    rows: &mut Rows<impl Read>,
    before: Option<Numbers>,
    finished: &mut Finished,
) -> Result<Option<Batch>, Error> {
    let before = match before {
        Some(before) => before,
        None => {
            let now = Numbers { events: tables.log_size()?, places: tables.next_status_index()? };
            work.planner.all_fresh &= now.events == work.events;
            now
        }
    };
    let mut after = before;
    let (mut asked, mut outcomes, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
    while asked.len() < file.batch && !work.stuck {
        let Some(row) = rows.next()? else { break };
        let (typed, given) = match file.typed(&row) {
            Ok(typed) => typed,
            Err(problems) => {
                finished.note(problems);
                continue;
            }
        };
        let mut one = Asked { line: row.line, typed, given, request: None, id: None };
        match work.planner.plan(tables, &mut one) {
            Ok(planned) => {
                outcomes.push(take(planned, &mut one, &mut drafts, &mut work.ids, tables, &mut after)?);
                asked.push(one);
            }
            Err(Refusal::Row(error)) => {
                work.stuck = !work.keep_going;
                finished.note(vec![problem(&file.form, &row, &error)]);
            }
            Err(Refusal::Whole(error)) => return Err(error),
        }
    }
    if asked.is_empty() {
        return Ok(None);
    }
    let signed = work.workers.sign(drafts, before.events);
    Ok(Some(Batch { asked, outcomes, signed, before, after }))
}

impl<R: Read> Rows<R> {
    /// The next row that is one; rows that are none were told by the check.
    fn next(&mut self) -> Result<Option<Row>, Error> {
        loop {
            if let Some(row) = self.part.next() {
                return Ok(Some(row));
            }
            if self.last {
                return Ok(None);
            }
            match self.stream.next_part().map_err(unreadable)? {
                Some(part) => (self.part, self.last) = (part.rows.into_iter(), part.last),
                None => self.last = true,
            }
        }
    }

    fn is_at_end(&mut self) -> Result<bool, Error> {
        while self.part.as_slice().is_empty() && !self.last {
            match self.stream.next_part().map_err(unreadable)? {
                Some(part) => (self.part, self.last) = (part.rows.into_iter(), part.last),
                None => self.last = true,
            }
        }
        Ok(self.part.as_slice().is_empty())
    }
}

impl Finished {
    fn note(&mut self, problems: Vec<Problem>) {
        self.bad += 1;
        let room = KEPT.saturating_sub(self.problems.len());
        self.problems.extend(problems.into_iter().take(room));
    }
}

/// Gives what was planned its id, and its places in the log and in the status lists.
fn take(
    planned: Planned,
    asked: &mut Asked,
    drafts: &mut Vec<Draft>,
    ids: &mut vec::IntoIter<LicenseId>,
    tables: &Tables<'_>,
    next: &mut Numbers,
) -> Result<Outcome, Error> {
    match planned {
        Planned::Answered { license, rev } => Ok(Outcome::Answered { line: asked.line, license, rev }),
        Planned::Draft(mut draft) => {
            if draft.license.is_none() {
                let id = match asked.id {
                    // It was drawn before, and nobody else has it since.
                    Some(id) if !tables.is_license(id)? => id,
                    _ => free(ids, tables)?,
                };
                asked.id = Some(id);
                draft.license = Some((id, next.places));
                next.places += 1;
            }
            next.events += 1;
            drafts.push(*draft);
            Ok(Outcome::Signed)
        }
    }
}

/// Ids for so many licenses and a few more, in ascending order: what is written in the order of the index is written to few of
/// its pages.
fn draw(licenses: u64, entropy: &mut dyn Entropy) -> Result<Vec<LicenseId>, Error> {
    const EACH: usize = 8;
    let count = usize::try_from(licenses + licenses / 16 + 64).unwrap_or(usize::MAX);
    let mut ids = Vec::with_capacity(count);
    let mut bytes = [0; 512 * EACH];
    while ids.len() < count {
        entropy.fill(&mut bytes).map_err(Error::Entropy)?;
        let numbers = bytes.as_chunks::<EACH>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        ids.extend(numbers.map(LicenseId::from_random).take(count - ids.len()));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The next id that no license has.
fn free(ids: &mut vec::IntoIter<LicenseId>, tables: &Tables<'_>) -> Result<LicenseId, Error> {
    for id in ids {
        if !tables.is_license(id)? {
            return Ok(id);
        }
    }
    Err(Error::Invalid("no free license id was found: the system's random bytes repeat".into()))
}

/// Records a batch; where anybody else has written since it was planned, it is planned and signed anew.
fn record(
    tx: &Transaction<'_>,
    work: &mut Work<'_>,
    (mut asked, mut outcomes, mut signed): (Vec<Asked>, Vec<Outcome>, Vec<Vec<Signed>>),
    before: Numbers,
) -> Result<Recorded, Error> {
    let tables = tx.read();
    let mut problems = Vec::new();
    let now = Numbers { events: tx.head()?.size(), places: tables.next_status_index()? };
    if now != before {
        work.outrun = true;
        work.planner.refresh(&tables)?;
        let (mut again, mut drafts, mut next) = (Vec::new(), Vec::new(), now);
        for one in &mut asked {
            match work.planner.plan(&tables, one) {
                Ok(planned) => again.push(take(planned, one, &mut drafts, &mut work.ids, &tables, &mut next)?),
                Err(Refusal::Row(error)) => {
                    problems.push(Problem::new(one.line, None, super::in_words(&error)));
                    if !work.keep_going {
                        break;
                    }
                }
                Err(Refusal::Whole(error)) => return Err(error),
            }
        }
        (outcomes, signed) = (again, work.workers.sign(drafts, now.events).all()?);
    }
    let mut checked = Vec::new();
    let mut recorded = Vec::with_capacity(outcomes.len());
    for Signed { line, customer, event } in signed.into_iter().flatten() {
        if let Fact::LicenseIssued { terms, .. } = event.fact()
            && !checked.contains(&terms.kind)
        {
            check_active(&tables, work.signers.of(terms.kind)?)?;
            checked.push(terms.kind);
        }
        // The bytes of the event are let go here: what is passed on after the commit holds the key alone.
        recorded.push((line, customer, tx.record_spelled(event)?));
    }
    work.events = tx.head()?.size();
    Ok(Recorded { outcomes, signed: recorded, problems })
}
