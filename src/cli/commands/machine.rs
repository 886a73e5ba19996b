//! `lic machine`: the machines that hold seats of licenses.

use std::path::PathBuf;

use clap::Subcommand;

use super::issue::save;
use super::saving::Destination;
use super::show::find_license;
use super::which::tell_if_suspended;
use crate::authority::machines::{Deactivation, clones};
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::license::count;
use crate::cli::views::machine::MachineView;
use crate::guard::Label;
use crate::license::{LicenseId, Role, Slug};

/// The largest receipt file.
const LARGEST_RECEIPT: u64 = 64 * 1024;

/// Keep the machines of licenses: list, deactivate, rename
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(ListArgs),
    Deactivate(DeactivateArgs),
    Rename(RenameArgs),
}

/// List the machines that hold seats
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic machine list LIC-7QK3-M2ZD
  lic machine list --customer acme -o json
  lic machine list --clones")]
struct ListArgs {
    /// Only those of this license, with those that were named when it was issued
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// Only those of this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<Slug>,
    /// Only machine IDs that several customers use: cloned images
    #[arg(long, conflicts_with = "license")]
    clones: bool,
}

/// Take a machine off a license, so that its seat is free again
///
/// Signs the next revision. The key that the machine has works offline until it ends, unless the machine gave the seat back itself: its
/// receipt is taken with --receipt.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic machine deactivate LIC-7QK3-M2ZD 'build server' --reason scrapped
  lic machine deactivate --receipt receipt.txt")]
struct DeactivateArgs {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", required_unless_present = "receipt", requires = "machine", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// The machine: its ID, a beginning of it, or its label
    #[arg(value_name = "MACHINE")]
    machine: Option<String>,
    /// Take the receipt in this file, or - for standard input, in place of a name
    #[arg(long, value_name = "FILE", conflicts_with_all = ["license", "reason"], value_hint = clap::ValueHint::FilePath)]
    receipt: Option<PathBuf>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Save the new key to this file or folder, or print it with - [default: not saved]
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

/// Call a machine by another label
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic machine rename LIC-7QK3-M2ZD MID-10ZVN 'build server'")]
struct RenameArgs {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: String,
    /// The machine: its ID, a beginning of it, or its label
    #[arg(value_name = "MACHINE")]
    machine: String,
    /// The new label; none: it has none any more
    #[arg(value_name = "LABEL")]
    label: Option<Label>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::List(args) => list(&args, session),
        Action::Deactivate(args) => deactivate(&args, session),
        Action::Rename(args) => rename(&args, session),
    }
}

fn list(args: &ListArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let license = args.license.as_ref().map(|name| find_license(name, &authority, session)).transpose()?;
    let customer =
        args.customer.as_ref().map(|name| crate::authority::find::customer(&authority.read(), name.as_str())).transpose()?;
    let mut machines = authority.machines(license.as_ref().map(|record| record.id))?;
    if args.clones {
        machines = clones(machines);
    }
    if let Some(customer) = customer {
        machines.retain(|one| one.customer == customer.slug);
    }
    let views: Vec<MachineView> = machines.iter().map(MachineView::new).collect();
    let empty = match &license {
        Some(record) => format!("no machine holds a seat; bind one with 'lic activate {} --machine ID'", record.id),
        None if args.clones => "no machine is used by several customers".into(),
        None => "no machine holds a seat; bind one with 'lic activate LICENSE --machine ID'".into(),
    };
    let footer = (views.len() > 1).then(|| count(u32::try_from(views.len()).unwrap_or(u32::MAX), "machine"));
    session.list(&views, &empty, footer)
}

fn deactivate(args: &DeactivateArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "deactivate machines", &authority.read())?;
    let wish = match (&args.receipt, &args.license, &args.machine) {
        (Some(file), ..) => {
            let pasted = session.read_input(file, LARGEST_RECEIPT)?;
            authority.read_receipt(&pasted)?
        }
        (None, Some(license), Some(machine)) => {
            let license: LicenseId = find_license(license, &authority, session)?.id;
            let machine = authority.find_machine(license, machine)?;
            Deactivation { license, machine, reason: args.reason.clone(), receipt: None }
        }
        _ => return Err(Failure::usage("no machine given").hint("lic machine deactivate LICENSE MACHINE")),
    };
    let terms = authority.check_deactivation(&actor, &wish)?;
    let (at, id) = (session.now(), wish.license);
    let what = format!("{} off {id}", wish.machine);
    if session.globals.dry_run {
        session.done(&format!("take {what}"), "");
        return Ok(());
    }
    let destination = args.out.as_ref().map(|out| Destination::of(Some(out), 1, &authority, session));
    destination.as_ref().map_or(Ok(()), |destination| destination.check(1))?;
    if session.can_ask() && wish.receipt.is_none() && !session.ask_confirm(&format!("Take {what}?"), true)? {
        return Err(Failure::cancelled());
    }
    let signers = authority.unlock_for(&actor, [terms.kind], &mut Asking::new(session, &args.signing))?;
    let issued = authority.deactivate(&actor, &wish, &signers, at)?;
    let left = issued.terms.machines.bound.len();
    let in_use = issued.terms.machines.max.map_or_else(String::new, |max| format!(" of {max}"));
    let line = format!("{} is free again: {left}{in_use} in use, revision {}", wish.machine, issued.rev);
    match &destination {
        Some(destination) => save(&[issued], |_, _| line.clone(), destination, session)?,
        None => session.tick(&format!("{id}  {line}")),
    }
    if wish.receipt.is_none() {
        session.note("the key that it has works there offline until it ends");
    }
    if left > 0 && destination.is_none() {
        session.hint(&format!("the other machines go on with the key they have; the new one: lic show {id} --key"));
    }
    if let Some(record) = authority.read().license(id)? {
        tell_if_suspended(&record, session);
    }
    Ok(authority.close()?)
}

fn rename(args: &RenameArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let license = find_license(&args.license, &authority, session)?.id;
    let machine = authority.find_machine(license, &args.machine)?;
    let (at, mode) = (session.now(), session.mode());
    authority.rename_machine(&actor, license, &machine, args.label.as_ref(), at, mode)?;
    let what = match &args.label {
        Some(label) => format!("{machine} '{label}'"),
        None => format!("{machine} nothing but that"),
    };
    session.done(&format!("call {what}"), &format!("{license}: called {what}"));
    Ok(authority.close()?)
}
