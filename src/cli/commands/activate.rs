//! `lic activate`: bind a machine to a license; on the customer's machine, ask for it.

mod ask;

pub use ask::{Named, license_of, state_path, write_file};

use std::path::PathBuf;

use super::issue::save;
use super::saving::Destination;
use super::which::{named_or_picked, refused, tell_if_suspended};
use crate::authority::activate::{Activation, ActivationPlan, Seat};
use crate::authority::refusal::Asked;
use crate::authority::{Authority, find};
use crate::cli::args::SigningArgs;
use crate::cli::commands::fingerprint::parse_id;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::issued::summary;
use crate::cli::views::license::count;
use crate::guard::{Label, Request};
use crate::license::{Occasion, Role, Slug, Standing};

/// The largest request file.
const LARGEST_REQUEST: u64 = 64 * 1024;
const EXAMPLE: &str = "lic activate LIC-7QK3-M2ZD --machine MID-…";

/// Bind a machine to a license: sign the next revision
///
/// The machine takes one of the seats of the license, unless it holds one already, also under an earlier ID that it still matches. A
/// machine without a network asks with a request file: 'lic activate --request' there, 'lic activate --from' here.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic activate LIC-7QK3-M2ZD --machine MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R --label 'build server'
  lic activate cockpit.lic --request request.txt --label 'build server'
  lic activate --from request.txt --out cockpit.lic")]
pub struct Args {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", conflicts_with = "from", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// The machine's ID, as 'lic fingerprint' printed it
    #[arg(long, value_name = "MACHINE ID", allow_hyphen_values = true, conflicts_with_all = ["from", "request"])]
    machine: Option<String>,
    /// What to call the machine
    #[arg(long, value_name = "TEXT")]
    label: Option<Label>,
    /// The license must belong to this customer
    #[arg(long, value_name = "CUSTOMER", conflicts_with = "request", add = crate::cli::complete::customers())]
    customer: Option<Slug>,
    /// Bind a machine that another customer uses too: a cloned image
    #[arg(long, conflicts_with = "request")]
    shared: bool,
    /// Answer the request in this file, or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "request", value_hint = clap::ValueHint::FilePath)]
    from: Option<PathBuf>,
    /// On the customer's machine: write a request to this file, or print it with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    request: Option<PathBuf>,
    #[command(flatten)]
    ask: ask::AskArgs,
    /// Save the key to this file or folder, or print it with - [default: CUSTOMER-TIER.lic here]
    #[arg(long, value_name = "FILE|FOLDER|-", conflicts_with = "request", value_hint = clap::ValueHint::AnyPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if let Some(file) = &args.request {
        return ask::run(&args, file, session);
    }
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "activate machines", &authority.read())?;
    let (wish, answered) = wish(&args, &authority, session)?;
    let at = session.now();
    let record = authority.read().license(wish.license)?;
    let record = record.ok_or_else(|| crate::authority::Error::UnknownLicense(wish.license.to_string()))?;
    if let Some(customer) = &args.customer {
        let customer = find::customer(&authority.read(), customer.as_str())?;
        if customer.slug != record.customer {
            let message = format!("license {} belongs to customer '{}', not to '{}'", record.id, record.customer, customer.slug);
            return Err(Failure::failed(message).hint(format!("see the licenses with 'lic list --customer {}'", customer.slug)));
        }
    }
    let plan = match authority.plan_activation(&actor, &wish, at) {
        Ok(plan) => plan,
        Err(why) => {
            let (license, machine) = (Some(wish.license), Some(wish.machine));
            let asked = Asked { occasion: Occasion::Activation, license, machine, at };
            return Err(refused(why, &asked, &mut authority, &actor, session));
        }
    };
    tell(&wish, &plan, session);
    let line = format!("{} · {}", summary(&plan.customer.name, &plan.terms, at.date()), seats(&plan));
    if session.globals.dry_run {
        session.done(&format!("activate {}: {line}", wish.license), "");
        return Ok(());
    }
    let destination = Destination::of(args.out.as_deref(), 1, &authority, session);
    destination.check(1)?;
    let signers = if plan.needs_key() {
        Some(authority.unlock_for(&actor, [plan.terms.kind], &mut Asking::new(session, &args.signing))?)
    } else {
        None
    };
    let issued = authority.activate(&actor, &wish, &plan, signers.as_ref(), at)?;
    save(&[issued], |one, _| format!("{line}, revision {}", one.rev), &destination, session)?;
    tell_if_suspended(&record, session);
    if !answered.is_empty() {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

/// What is asked for, and what was answered.
fn wish(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<(Activation, Vec<String>), Failure> {
    if let Some(file) = &args.from {
        let pasted = session.read_input(file, LARGEST_REQUEST)?;
        let request = Request::read(&pasted).map_err(crate::authority::Error::from)?;
        let mut wish = Activation::of(request);
        wish.shared = args.shared;
        wish.label = args.label.clone().or(wish.label);
        return Ok((wish, Vec::new()));
    }
    let named: Vec<String> = args.license.iter().cloned().collect();
    let fits = |standing| standing != Standing::Revoked;
    let (licenses, mut answered) = named_or_picked(&named, EXAMPLE, fits, authority, session)?;
    let license = licenses.into_iter().next().ok_or_else(Failure::cancelled)?;
    let fingerprint = match &args.machine {
        Some(text) => parse_id(text)?,
        None => {
            let parse = |text: &str| parse_id(text).map_err(|failure| failure.message);
            let read = session.ask_line("machine", EXAMPLE, "Machine ID", None, parse)?;
            answered.extend(["--machine".to_owned(), read.to_string()]);
            read
        }
    };
    let (machine, label) = (fingerprint.into(), args.label.clone());
    Ok((Activation { license: license.id, machine, label, request: None, shared: args.shared }, answered))
}

fn seats(plan: &ActivationPlan) -> String {
    match plan.terms.machines.max {
        Some(max) => format!("{} of {} in use", plan.terms.machines.bound.len(), count(max, "machine")),
        None => "any number of machines".into(),
    }
}

fn tell(wish: &Activation, plan: &ActivationPlan, session: &mut Session<'_>) {
    if let Some(environment) = wish.machine.fingerprint().map(|fingerprint| fingerprint.environment()) {
        session.note(&format!("machine {}, {}", wish.machine, environment.described()));
    }
    match &plan.seat {
        Seat::Held if plan.answered => session.note("this request was answered before: the key is the same"),
        Seat::Held => session.note("it holds a seat already: the key is the same, and no seat is taken"),
        Seat::Matches(before) => session.note(&format!("it is {before} with another part: it keeps its seat")),
        Seat::Taken => {}
    }
    for (license, customer) in &plan.elsewhere {
        session.warn(&format!("customer '{customer}' uses the same machine, for {license}: is it a cloned image?"));
    }
}
