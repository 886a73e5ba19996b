//! `lic issue`: a signed key for a customer.

mod ask;
mod file;
mod order;

use std::path::Path;

use crate::authority::bulk;
use crate::authority::issue::{Batch, Issued};
use crate::authority::order::Order;
use crate::authority::signer::purpose;
use crate::authority::{Actor, Authority};
use crate::cli::args::SigningArgs;
use crate::cli::commands::saving::Destination;
use crate::cli::error::{Failure, exit};
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::issued::{IssuedView, summary};
use crate::license::{Date, LicenseId, LicenseType};
pub use ask::ask_customer;
use order::order;
pub use order::{Args, read_meta};

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.bulk.template {
        return session.data(bulk::ORDERS.as_bytes());
    }
    if let Some(path) = args.bulk.file(args.from.as_ref(), "lic issue --from orders.csv")? {
        return file::run(path, &args, session);
    }
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    authority.check_may_issue(&actor, args.kind.unwrap_or(LicenseType::Commercial))?;
    let (order, answered) = order(&args, &authority, session)?;
    let asked = !answered.is_empty();
    let batch = Batch { count: args.count, request: args.request_id.clone() };
    let done = issue(&mut authority, &actor, &order, &batch, args.out.as_deref(), &args.signing, asked, session)?;
    if done && asked {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

/// Issues an order and saves its keys; `false` where it was only rehearsed.
#[allow(clippy::too_many_arguments)] // the one path that `issue` and `quick` share
pub fn issue(
    authority: &mut Authority,
    actor: &Actor,
    order: &Order,
    batch: &Batch,
    out: Option<&Path>,
    signing: &SigningArgs,
    confirm: bool,
    session: &mut Session<'_>,
) -> Result<bool, Failure> {
    let at = session.now();
    let destination = Destination::of(out, batch.count, authority, session);
    if let Some(earlier) = authority.issued_before(order, batch)? {
        if session.globals.dry_run {
            let ids: Vec<String> = earlier.iter().map(|one| one.id.to_string()).collect();
            session.note(&format!("issued before, by the same request: {}", ids.join(", ")));
            return Ok(false);
        }
        destination.prepare()?;
        save(&earlier, granted, &destination, session)?;
        return Ok(true);
    }
    let (plan, unusual) = authority.plan(actor, order, at)?;
    let line = summary(&plan.customer.name, &plan.terms, at.date());
    let count = if batch.count == 1 { String::new() } else { format!("{} licenses: ", batch.count) };
    if session.globals.dry_run {
        session.done(&format!("issue {count}{line}"), "");
        unusual.iter().for_each(|note| session.warn(&format!("unusual: {note}")));
        return Ok(false);
    }
    destination.check(batch.count)?;
    unusual.iter().for_each(|note| session.warn(&format!("unusual: {note}")));
    let question = session.can_ask() && (confirm || !unusual.is_empty());
    if question {
        // On a line of its own: a long question that wraps is drawn twice when it is answered.
        session.reveal(&format!("{count}{line}"));
        if !session.ask_confirm("Issue it?", unusual.is_empty())? {
            return Err(Failure::cancelled());
        }
    }
    let signer = authority.unlock(actor, purpose(order.kind), &mut Asking::new(session, signing))?;
    let issued = authority.issue(actor, order, batch, &signer, at, &mut *session.world.entropy)?;
    save(&issued, granted, &destination, session)?;
    Ok(true)
}

/// What was granted, on one line.
pub fn granted(one: &Issued, today: Date) -> String {
    let again = if one.repeated { " (issued before, by the same request)" } else { "" };
    format!("{}{again}", summary(&one.customer.name, &one.terms, today))
}

/// Saves what was signed, as much of it as can be saved, and shows all of it; `told` is the line about one of them.
pub fn save(
    issued: &[Issued],
    told: impl Fn(&Issued, Date) -> String,
    destination: &Destination,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let today = session.now().date();
    let mut views = Vec::with_capacity(issued.len());
    let mut unsaved: Vec<(LicenseId, String)> = Vec::new();
    for one in issued {
        session.tick(&format!("{}  {}", one.id, told(one, today)));
        // Whoever asks for a format on standard output gets the key inside it.
        let inside = *destination == Destination::Output && session.is_format_given();
        let saved = if inside { Ok(None) } else { destination.save(one, session) };
        let file = match saved {
            Ok(file) => file.map(|file| session.shorten(&file)),
            // A reader that closed the pipe has had enough.
            Err(failure) if failure.code == exit::DONE => return Err(failure),
            Err(failure) => {
                unsaved.push((one.id, failure.message));
                None
            }
        };
        if let Some(file) = &file {
            session.note(&format!("saved {file}"));
        }
        views.push(IssuedView::new(one, file));
    }
    // A person has read it all on the lines above. A bare key on standard output stands alone.
    if !session.is_table() && (*destination != Destination::Output || session.is_format_given()) {
        session.list(&views, "", None)?;
    }
    match unsaved.first() {
        None => Ok(()),
        Some((id, why)) => {
            let ids: Vec<String> = unsaved.iter().map(|(id, _)| id.to_string()).collect();
            let code = if unsaved.len() < issued.len() { exit::PARTLY } else { exit::FAILED };
            let message = format!("signed, but not saved: {} ({why})", ids.join(", "));
            Err(Failure::new(code, message).hint(format!("print a key with 'lic show {id} --key'")))
        }
    }
}
