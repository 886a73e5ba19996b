//! `lic renew`: a later end, under the same id.

mod args;
mod file;

use super::issue::save;
use super::saving::Destination;
use super::which::{refused, tell_if_suspended};
use crate::authority::bulk;
use crate::authority::issue::Issued;
use crate::authority::planned::Planned;
use crate::authority::refusal::Asked;
use crate::authority::renew::LeftOut;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::issued::summary;
use crate::cli::views::license::{count, until};
use crate::license::{Date, Occasion, Role};
pub use args::Args;

/// How many licenses are listed one by one before a person is asked.
const LISTED: usize = 20;

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.bulk.template {
        return session.data(bulk::RENEWALS.as_bytes());
    }
    if let Some(path) = args.bulk.file(args.from.as_ref(), "lic renew --from renewals.csv")? {
        return file::run(path, &args, session);
    }
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "renew licenses", &authority.read())?;
    let (renewal, answered) = args::renewal(&args, &authority, session)?;
    let request = args.request_id.as_deref();
    if let Some(earlier) = authority.renewed_before(&renewal, request)? {
        if session.globals.dry_run {
            let ids: Vec<String> = earlier.iter().map(|one| one.id.to_string()).collect();
            session.note(&format!("renewed before, by the same request: {}", ids.join(", ")));
            return Ok(());
        }
        let destination = Destination::of(args.out.as_deref(), number(earlier.len()), &authority, session);
        destination.prepare()?;
        return save(&earlier, renewed, &destination, session);
    }
    let at = session.now();
    let (plans, left_out) = match authority.plan_renewal(&actor, &renewal, at) {
        Ok(planned) => planned,
        Err(why) => {
            let asked = Asked { occasion: Occasion::Renewal, license: None, machine: None, at };
            return Err(refused(why, &asked, &mut authority, &actor, session));
        }
    };
    tell_left_out(&left_out, session);
    if plans.is_empty() {
        session.note("there is no license to renew");
        return Ok(());
    }
    let destination = Destination::of(args.out.as_deref(), number(plans.len()), &authority, session);
    let lines: Vec<String> = plans.iter().map(|plan| line(plan, at.date())).collect();
    if session.globals.dry_run {
        lines.iter().for_each(|line| session.done(&format!("renew {line}"), ""));
        tell_odd(&plans, session);
        return Ok(());
    }
    destination.check(number(plans.len()))?;
    let kinds: Vec<_> = plans.iter().map(|plan| plan.terms.kind).collect();
    authority.check_may_sign(&actor, kinds.iter().copied())?;
    tell_odd(&plans, session);
    let odd = plans.iter().any(|plan| !plan.unusual.is_empty());
    if session.can_ask() && (odd || plans.len() > 1 || !answered.is_empty()) {
        lines.iter().take(LISTED).for_each(|line| session.reveal(line));
        if let Some(more) = lines.len().checked_sub(LISTED).filter(|more| *more > 0) {
            session.reveal(&format!("… and {more} more"));
        }
        let question = if plans.len() == 1 { "Renew it?".to_owned() } else { format!("Renew {} licenses?", plans.len()) };
        if !session.ask_confirm(&question, !odd)? {
            return Err(Failure::cancelled());
        }
    }
    let signers = authority.unlock_for(&actor, kinds, &mut Asking::new(session, &args.signing))?;
    let issued = authority.renew(&actor, &renewal, &plans, request, &signers, at)?;
    save(&issued, renewed, &destination, session)?;
    plans.iter().for_each(|plan| tell_if_suspended(&plan.record, session));
    if !answered.is_empty() {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

fn renewed(one: &Issued, today: Date) -> String {
    let again = if one.repeated { "renewed before, by the same request" } else { "renewed" };
    format!("{} · {again}, revision {}", summary(&one.customer.name, &one.terms, today), one.rev)
}

fn line(plan: &Planned, today: Date) -> String {
    let granted = summary(&plan.customer.name, &plan.terms, today);
    format!("{}  {granted} · was {}", plan.record.id, until(plan.before.ends))
}

/// What is unusual, as much of it as anybody reads.
fn tell_odd(plans: &[Planned], session: &mut Session<'_>) {
    let mut notes = plans.iter().flat_map(|plan| plan.unusual.iter().map(move |note| (plan.record.id, note)));
    for (id, note) in notes.by_ref().take(LISTED) {
        let of = if plans.len() == 1 { String::new() } else { format!("{id}: ") };
        session.warn(&format!("unusual: {of}{note}"));
    }
    match notes.count() {
        0 => {}
        more => session.warn(&format!("… and {more} more that are unusual")),
    }
}

/// The licenses that a choice by customer or end leaves alone, grouped by the reason.
fn tell_left_out(left_out: &[LeftOut], session: &mut Session<'_>) {
    for why in ["revoked", "perpetual", "expired"] {
        let ids: Vec<String> = left_out.iter().filter(|one| one.1 == why).map(|one| one.0.to_string()).collect();
        if ids.is_empty() {
            continue;
        }
        let more = if ids.len() > 5 { ", …" } else { "" };
        let hint = if why == "expired" { "; name one to renew it" } else { "" };
        let first: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
        let licenses = count(number(ids.len()), &format!("{why} license"));
        session.note(&format!("left out: {licenses} ({}{more}){hint}", first.join(", ")));
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
