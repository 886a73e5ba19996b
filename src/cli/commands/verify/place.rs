//! Where the key is to run: the machine, and what was seen on it before.

use std::path::PathBuf;
use std::str::FromStr;

use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::guard::{Guard, GuardError};
use crate::license::{MachineId, Slug, Timestamp};
use crate::machine::Machine;
use crate::token::{self, Check, CheckResult, Outcome, SeenLists, Verdict, Verifier};

/// The machine and its state, as flags.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// The key must be good on this machine: a machine ID, or 'this' for the one you are on
    #[arg(long, value_name = "MACHINE ID", allow_hyphen_values = true)]
    machine: Option<Which>,
    /// Hold the key to what this file remembers: no older clock, key or status list; made where there is none
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    state: Option<PathBuf>,
}

/// Which machine is meant.
#[derive(Debug, Clone)]
enum Which {
    This,
    Named(MachineId),
}

impl FromStr for Which {
    type Err = crate::license::machine_id::InvalidMachineId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "this" { Ok(Self::This) } else { text.parse().map(Self::Named) }
    }
}

/// The machine and its state, looked up.
pub struct Place {
    machine: Option<MachineId>,
    guard: Option<Result<Guard, GuardError>>,
}

impl PlaceArgs {
    /// Looks up what was asked for. The product is the one asked for, or the one that the key names.
    pub fn find(&self, session: &mut Session<'_>, pasted: &[u8], product: Option<&Slug>) -> Place {
        let named = || token::inspect(pasted).ok().map(|(_, claims)| claims.aud);
        let this = || product.cloned().or_else(named).map(|product| Machine::read(&product, &session.world.system));
        let (here, machine) = match &self.machine {
            Some(Which::Named(id)) => (self.state.as_ref().and_then(|_| this()), Some(id.clone())),
            None if self.state.is_none() => (None, None),
            // A state is one of this machine.
            Some(Which::This) | None => {
                let here = this();
                let id = here.as_ref().map(Machine::id);
                (here, id)
            }
        };
        let guard = self.state.as_ref().zip(here).map(|(path, here)| Guard::open(session.path(path), &here));
        Place { machine, guard }
    }
}

impl Place {
    /// The verifier that asks for this place, and for no list older than those seen here or elsewhere.
    pub fn ask(&self, verifier: Verifier, elsewhere: SeenLists) -> Verifier {
        let verifier = match &self.machine {
            Some(machine) => verifier.machine(machine.clone()),
            None => verifier.any_machine(),
        };
        let mut seen = elsewhere;
        if let Some(Ok(guard)) = &self.guard {
            seen.take_in(guard.seen_lists());
        }
        verifier.seen(seen)
    }

    /// Adds to a verdict what the state says.
    pub fn judge(&self, verdict: &mut Verdict, at: Timestamp) {
        let signed = verdict.result(Check::Signature).is_some_and(|result| result.outcome == Outcome::Passed);
        match (&self.guard, verdict.claims.as_ref().filter(|_| signed)) {
            (Some(Err(error)), _) => verdict.add(CheckResult::failed(error.reason(), error.to_string())),
            (Some(Ok(guard)), Some(claims)) => {
                let result = guard.examine(claims, at);
                // That a status list says that the machine gave its seat back, no state can undo.
                if verdict.result(Check::State).is_none_or(|listed| listed.outcome != Outcome::Failed) {
                    verdict.add(result);
                }
            }
            (Some(Ok(_)), None) => verdict.add(CheckResult::skipped(Check::State, "not looked at: the signature is not good")),
            (None, _) => {}
        }
    }

    /// Remembers a key that was found good now. That it cannot be remembered is told, and changes no verdict.
    pub fn keep(self, session: &mut Session<'_>, verdict: &Verdict, verifier: &Verifier, at: Timestamp) {
        let Some(Ok(mut guard)) = self.guard else { return };
        let Some(claims) = verdict.claims.as_ref().filter(|_| verdict.is_valid() && !session.globals.dry_run) else { return };
        guard.note_lists(verifier.status_lists());
        guard.remember(claims, at);
        if let Err(error) = guard.save() {
            Failure::from(error).warn(session);
        }
    }
}
