//! `lic transfer`: a license belongs to another customer from now on.

use std::path::PathBuf;

use super::issue::{ask_customer, save};
use super::saving::Destination;
use super::which::{named_or_picked, tell_if_suspended};
use crate::authority::find;
use crate::authority::issue::Issued;
use crate::authority::transfer::Transfer;
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::issued::summary;
use crate::cli::views::license::count;
use crate::license::{Date, Role, Standing};

const EXAMPLE: &str = "lic transfer LIC-7QK3-M2ZD globex";

/// Transfer a license to another customer: sign the next revision
///
/// The license keeps its id, its history and what it grants. While machines are bound to it, only an admin may transfer it, with
/// --force, which drops the binding.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic transfer LIC-7QK3-M2ZD globex --note 'merger, letter of 2026-11-20'")]
pub struct Args {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// The short name of the customer who gets it
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Let go the machines that are bound to it
    #[arg(long)]
    force: bool,
    /// A note for the ledger, in place of the one there is
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Save to this file or folder, or print with - [default: CUSTOMER-TIER.lic here]
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "transfer licenses", &authority.read())?;
    let named: Vec<String> = args.license.iter().cloned().collect();
    let fits = |standing| standing != Standing::Revoked;
    let (licenses, mut answered) = named_or_picked(&named, EXAMPLE, fits, &authority, session)?;
    let license = licenses.into_iter().next().ok_or_else(Failure::cancelled)?;
    let to = match &args.customer {
        Some(name) => find::customer(&authority.read(), name)?.slug,
        None => {
            let customer = ask_customer(&authority, EXAMPLE, session)?;
            answered.push(customer.to_string());
            customer
        }
    };
    let at = session.now();
    let transfer = Transfer { license: license.id, to, force: args.force, note: args.note };
    let plan = authority.plan_transfer(&actor, &transfer)?;
    let (from, let_go) = (&license.customer, plan.before.machines.bound.len() - plan.terms.machines.bound.len());
    if let_go > 0 {
        let machines = count(u32::try_from(let_go).unwrap_or(u32::MAX), "machine");
        session.warn(&format!("{machines} let go: {}", list(&plan.before.machines.bound)));
    }
    if session.globals.dry_run {
        let line = summary(&plan.customer.name, &plan.terms, at.date());
        session.done(&format!("transfer {} from '{from}' to '{}': {line}", license.id, plan.customer.slug), "");
        return Ok(());
    }
    let destination = Destination::of(args.out.as_deref(), 1, &authority, session);
    destination.check(1)?;
    authority.check_may_sign(&actor, [plan.terms.kind])?;
    if session.can_ask() && (let_go > 0 || !answered.is_empty()) {
        session.reveal(&format!("{} from '{from}' to '{}'", license.id, plan.customer.slug));
        if !session.ask_confirm("Transfer it?", let_go == 0)? {
            return Err(Failure::cancelled());
        }
    }
    let signers = authority.unlock_for(&actor, [plan.terms.kind], &mut Asking::new(session, &args.signing))?;
    let issued = authority.transfer(&actor, &transfer, &plan, &signers, at)?;
    let told = |one: &Issued, today: Date| {
        format!("{} · transferred from '{from}', revision {}", summary(&one.customer.name, &one.terms, today), one.rev)
    };
    save(&[issued], told, &destination, session)?;
    session.note(&format!("the key that '{from}' has works offline until it ends: it is the same license"));
    tell_if_suspended(&plan.record, session);
    if !answered.is_empty() {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

fn list<T: ToString>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
