//! What `lic issue --from` and `lic renew --from` share: a file is checked whole, then done batch after batch.

mod args;
mod follow;
mod keys;
mod lists;
mod progress;
mod spool;
mod words;

use std::path::Path;

use super::which::keep_refused;
use crate::authority::bulk::{BATCH, BulkFile, Checked, Finished};
use crate::authority::csv_import::Problem;
use crate::authority::refusal::Asked;
use crate::authority::{Actor, Authority, Error};
use crate::cli::args::SigningArgs;
use crate::cli::error::{Failure, exit};
use crate::cli::passphrase::Asking;
use crate::cli::session::{Session, shown_path};
use crate::license::{Occasion, Timestamp};
pub use args::{BulkArgs, From, mapped};
use follow::Follower;
use keys::Keys;
pub use spool::spool;
use words::{counted, hint_after_refusal, licenses, of_rows, refuse, refused, rows, tell_problems, tell_unusual};

/// The words for what is done.
#[derive(Clone, Copy)]
pub struct Verb {
    /// `issue`
    pub now: &'static str,
    /// `Issue`
    pub asked: &'static str,
    /// `issued`
    pub done: &'static str,
}

pub const ISSUE: Verb = Verb { now: "issue", asked: "Issue", done: "issued" };
pub const RENEW: Verb = Verb { now: "renew", asked: "Renew", done: "renewed" };

/// A file, and what is wanted of it.
pub struct Job<'j> {
    pub verb: Verb,
    /// The file as it was typed.
    pub typed: &'j Path,
    pub file: Result<BulkFile, Vec<Problem>>,
    pub args: &'j BulkArgs,
    pub out: Option<&'j Path>,
    pub signing: &'j SigningArgs,
}

/// Does what a file asks.
pub fn run(job: Job<'_>, mut authority: Authority, actor: &Actor, session: &mut Session<'_>) -> Result<(), Failure> {
    let Job { verb, typed, file, args, out, signing } = job;
    let name = shown_path(typed);
    let mut file = file.map_err(|problems| refuse(&name, &problems, verb, session))?;
    file.batch = args.batch.map_or(BATCH, |rows| rows as usize);
    let ignored = file.ignored();
    if !ignored.is_empty() {
        session.note(&format!("columns left out: {}", ignored.join(", ")));
    }
    let at = session.now();
    let mut follower = Follower::new(verb, file.header(), args.failed.as_deref(), session)?;
    let checked = authority.check_bulk(actor, &file, at, &mut follower)?;
    let failed = follower.checked();
    if checked.cancelled {
        return Err(Failure::cancelled());
    }
    let bad = tell_problems(&name, &checked, session);
    keep_refused_renewals(&checked, at, &mut authority, actor, session);
    if !session.globals.dry_run {
        failed.keep(session)?;
    }
    if checked.bad > 0 && !(args.keep_going && checked.fresh + checked.answered > 0) {
        return Err(refused(&name, checked.problem_count, verb).hint(hint_after_refusal(args, checked.fresh + checked.answered)));
    }
    if checked.rows() == 0 {
        session.note(&format!("{name} has no rows: nothing to {}", verb.now));
        return Ok(authority.close()?);
    }
    tell_unusual(&checked, session);
    if session.globals.dry_run {
        session.note(&format!("would {} {}{bad} (dry run)", verb.now, counted(&checked, verb)));
        return if checked.bad > 0 { Err(Failure::silent(exit::PARTLY)) } else { Ok(()) };
    }
    let keys = Keys::of(out, checked.fresh + checked.answered, &authority, session)?;
    if checked.fresh > 0 {
        authority.check_may_sign(actor, checked.kinds.iter().copied())?;
        confirm(&checked, verb, session)?;
    }
    let signers = authority.unlock_for(actor, checked.kinds.iter().copied(), &mut Asking::new(session, signing))?;
    let mut entropy = std::mem::replace(&mut session.world.entropy, Box::new(NoEntropy));
    let mut follower = Follower::passing_on(verb, checked.fresh + checked.answered, keys, session)?;
    let run = authority.run_bulk(actor, &file, &signers, &checked, args.keep_going, at, &mut *entropy, &mut follower);
    let ended = run.and_then(|finished| follower.finish(!finished.unfinished).map(|()| finished));
    session.world.entropy = entropy;
    let outcome = ended.and_then(|finished| tell(&name, &checked, &finished, verb, session));
    authority.close()?;
    outcome
}

/// Keeps in the log that revoked licenses were to be renewed.
fn keep_refused_renewals(checked: &Checked, at: Timestamp, authority: &mut Authority, actor: &Actor, session: &mut Session<'_>) {
    let failed: Vec<_> = checked.revoked.iter().map(|license| (*license, Error::Revoked(*license))).collect();
    let why = Error::Several { all: failed.len(), failed };
    let asked = Asked { occasion: Occasion::Renewal, license: None, machine: None, at };
    keep_refused(&why, &asked, authority, actor, session);
}

/// Stands in where the work has taken the real one for itself.
struct NoEntropy;

impl crate::world::Entropy for NoEntropy {
    fn fill(&mut self, _: &mut [u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::ResourceBusy.into())
    }
}

fn confirm(checked: &Checked, verb: Verb, session: &mut Session<'_>) -> Result<(), Failure> {
    if !session.can_ask() {
        return Ok(());
    }
    let question = format!("{} {}?", verb.asked, licenses(checked.fresh));
    if session.ask_confirm(&question, checked.unusual_count == 0)? { Ok(()) } else { Err(Failure::cancelled()) }
}

fn tell(name: &str, checked: &Checked, finished: &Finished, verb: Verb, session: &mut Session<'_>) -> Result<(), Failure> {
    let Finished { signed, answered, bad, problems, unfinished } = finished;
    for problem in problems.iter().filter(|problem| !checked.problems.contains(problem)).take(words::TOLD) {
        session.warn(&format!("{name}: {problem}"));
    }
    let before = if *answered > 0 { format!("; {} before", of_rows(*answered, verb.done)) } else { String::new() };
    let left = checked.rows().saturating_sub(signed + answered + bad);
    if *unfinished {
        let code = if session.world.terminal.is_interrupted() { exit::CANCELLED } else { exit::PARTLY };
        let message = format!("stopped: {} {}{before}; {} left", licenses(*signed), verb.done, rows(left.max(1)));
        return Err(Failure::new(code, message).hint("the same command with the same file goes on, and doubles nothing"));
    }
    if *signed == 0 && *answered > 0 {
        session.note(&format!("nothing to {}: {} before", verb.now, of_rows(*answered, verb.done)));
        session.hint(&format!("to {} the same once more, give the file a name: --request-id NAME", verb.now));
    } else {
        session.tick(&format!("{} {}{before}", verb.done, licenses(*signed)));
    }
    // Rows that have too many cells or too few are none to the work.
    let bad = checked.bad.max(*bad);
    if bad > 0 {
        let message = format!("{} could not be {}", rows(bad), verb.done);
        return Err(Failure::new(exit::PARTLY, message).hint("mend those, and run it again with the whole file"));
    }
    Ok(())
}
