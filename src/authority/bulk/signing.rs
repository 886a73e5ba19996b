//! Signing on every core: claims, signature, the verifier's own reading of the key, the event's bytes and its leaf.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

use super::planner::Draft;
use crate::authority::revise::{Revision, SelfCheck, sign_revision};
use crate::authority::signer::Signers;
use crate::authority::{Error, status};
use crate::ledger::Spelled;
use crate::license::{Customer, LicenseType, Slug, Timestamp};

/// How many revisions are signed in one go.
const CHUNK: usize = 256;

/// A revision that was signed, for the place in the log that it was numbered for.
pub(super) struct Signed {
    pub line: u64,
    pub customer: Arc<Customer>,
    pub event: Spelled,
}

struct Job {
    drafts: Vec<Draft>,
    /// How many events the log has before the first of them.
    size: u64,
    reply: Sender<Result<Vec<Signed>, Error>>,
}

/// The threads that sign, as long as this is kept.
pub(super) struct Workers {
    jobs: Sender<Job>,
}

/// What was given to the workers, in order.
pub(super) struct Awaited(Vec<Receiver<Result<Vec<Signed>, Error>>>);

/// In whose name, and when.
#[derive(Clone, Copy)]
pub(super) struct Stamp<'s> {
    pub signers: &'s Signers,
    pub by: &'s Slug,
    pub at: Timestamp,
}

impl Workers {
    /// One for each core.
    pub fn start<'scope, 'env>(scope: &'scope Scope<'scope, 'env>, stamp: Stamp<'env>) -> Self {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            let queue = queue.clone();
            scope.spawn(move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(Job { drafts, size, reply }) = job else { break };
                    // Nobody waits for it any more where the work was given up.
                    let _ = reply.send(sign(drafts, size, stamp));
                }
            });
        }
        Self { jobs }
    }

    /// Has these signed, as the events that come after the first `size` of the log.
    pub fn sign(&self, drafts: Vec<Draft>, size: u64) -> Awaited {
        let mut awaited = Vec::with_capacity(drafts.len().div_ceil(CHUNK));
        let mut drafts = drafts.into_iter();
        let mut size = size;
        loop {
            let chunk: Vec<Draft> = drafts.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Awaited(awaited);
            }
            let (reply, answer) = channel();
            let count = chunk.len() as u64;
            // Without workers the answer says so.
            let _ = self.jobs.send(Job { drafts: chunk, size, reply });
            size += count;
            awaited.push(answer);
        }
    }
}

impl Awaited {
    /// The revisions, in the order in which they were given.
    pub fn all(self) -> Result<Vec<Vec<Signed>>, Error> {
        self.0.into_iter().map(|answer| answer.recv().unwrap_or_else(|_| Err(gone()))).collect()
    }
}

fn gone() -> Error {
    Error::SelfCheck("a thread that signs is gone".into())
}

fn sign(drafts: Vec<Draft>, size: u64, stamp: Stamp<'_>) -> Result<Vec<Signed>, Error> {
    let Stamp { signers, by, at } = stamp;
    let mut checks: Vec<(LicenseType, SelfCheck<'_>)> = Vec::new();
    let mut signed = Vec::with_capacity(drafts.len());
    for (number, draft) in (size..).zip(drafts) {
        let kind = draft.terms.kind;
        let known = checks.iter().position(|(known, _)| *known == kind);
        let place = match known {
            Some(place) => place,
            None => {
                checks.push((kind, SelfCheck::of(signers.of(kind)?)?));
                checks.len() - 1
            }
        };
        let Some((_, check)) = checks.get(place) else { return Err(gone()) };
        let Draft { line, license, rev, customer, terms, occasion, extra } = draft;
        let (license, index) = license.ok_or_else(gone)?;
        let status = signers.of(kind)?.status().map(|base| status::reference(base, index));
        let revision = Revision { license, rev, customer: &customer, terms, alone: None, occasion, extra };
        let fact = sign_revision(revision, status, check, at)?;
        signed.push(Signed { line, customer, event: Spelled::new(number, at, by, fact)? });
    }
    Ok(signed)
}
