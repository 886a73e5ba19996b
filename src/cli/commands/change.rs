//! `lic change`: what a license grants, under the same id.

mod args;

use super::issue::save;
use super::saving::Destination;
use super::which::tell_if_suspended;
use crate::authority::change::ChangePlan;
use crate::authority::issue::Issued;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::issued::summary;
use crate::license::{Date, Role};
pub use args::Args;

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "change licenses", &authority.read())?;
    let (license, change, answered) = args::change(&args, &authority, session)?;
    let at = session.now();
    let plan = authority.plan_change(&actor, license.id, &change, at)?;
    let what = format!("license {}", license.id);
    if plan.differences.is_empty() {
        session.note(&format!("{what} is as it was: nothing to change"));
        return Ok(());
    }
    tell(&plan, session);
    if session.globals.dry_run {
        session.done(&format!("change {what}"), "");
        return Ok(());
    }
    let destination = Destination::of(args.out.as_deref(), 1, &authority, session);
    if plan.needs_key() {
        destination.check(1)?;
        authority.check_may_sign(&actor, [plan.next.terms.kind])?;
    }
    if session.can_ask() && !session.ask_confirm("Change it?", plan.next.unusual.is_empty())? {
        return Err(Failure::cancelled());
    }
    let signers = if plan.needs_key() {
        Some(authority.unlock_for(&actor, [plan.next.terms.kind], &mut Asking::new(session, &args.signing))?)
    } else {
        None
    };
    match authority.change_license(&actor, &change, &plan, signers.as_ref(), at)? {
        None => session.tick(&format!("changed {what}; its key is as it was")),
        Some(issued) => {
            save(&[issued], changed, &destination, session)?;
            session.note("the key that was signed before keeps working offline until it ends: send the new one");
            tell_if_suspended(&plan.next.record, session);
        }
    }
    if !answered.is_empty() {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

fn changed(one: &Issued, today: Date) -> String {
    format!("{} · changed, revision {}", summary(&one.customer.name, &one.terms, today), one.rev)
}

/// The difference, field by field, and what to look at twice. What a person is to say yes to is seen, whatever the flags say.
fn tell(plan: &ChangePlan, session: &mut Session<'_>) {
    for one in &plan.differences {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
        let line = format!("{}: {} → {}", one.field, text(&one.before), text(&one.after));
        if session.can_ask() { session.reveal(&line) } else { session.note(&line) }
    }
    let (before, after) = (&plan.next.before.tier, &plan.next.terms.tier);
    match plan.ranks() {
        Some((from, to)) if to < from => {
            session.warn(&format!("a downgrade, from {before} (rank {from}) to {after} (rank {to})"));
        }
        Some((from, to)) if to > from => session.note(&format!("an upgrade, from {before} (rank {from}) to {after} (rank {to})")),
        _ => {}
    }
    plan.next.unusual.iter().for_each(|note| session.warn(&format!("unusual: {note}")));
}
