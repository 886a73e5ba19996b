//! `lic issue`: a signed key for a customer.

use std::path::{Path, PathBuf};

use crate::authority::issue::{Batch, Issued};
use crate::authority::order::{End, Order, Quantity};
use crate::authority::signer::purpose;
use crate::authority::{Actor, Authority, find};
use crate::cli::args::{SigningArgs, parse_limit};
use crate::cli::commands::saving::Destination;
use crate::cli::error::{Failure, exit};
use crate::cli::passphrase::Asking;
use crate::cli::session::{Session, shown_path};
use crate::cli::views::issued::{IssuedView, summary};
use crate::ledger::{CustomerFilter, TierFilter};
use crate::license::{Date, LicenseType, MachineId, Period, Slug};
use crate::token;

const EXAMPLE: &str = "lic issue acme --tier pro --for 1y";
/// The largest file that is read as meta data; what of it may stand in a key is limited further.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Issue a license: sign a key, record it, save it
///
/// Everything that is not given comes from the tier. On a terminal, a customer and a tier that are missing are asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic issue acme --tier pro --seats 12 --for 1y
  lic issue acme --tier enterprise --until 2027-12-31 --limit users=500 --note 'PO 4711'
  lic issue acme --tier basic --request-id order-4711 --out - -q")]
pub struct Args {
    /// The customer's short name
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// The tier: its short name, a beginning of it, or PRODUCT/TIER
    #[arg(short, long, value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: Option<String>,
    /// The product, where several have a tier of that name
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// How many seats: a number or 'unlimited'
    #[arg(short, long, value_name = "COUNT", allow_hyphen_values = true)]
    seats: Option<Quantity>,
    /// How long: 90d, 6w, 3mo or 1y
    #[arg(long = "for", value_name = "PERIOD", group = "end", allow_hyphen_values = true)]
    period: Option<Period>,
    /// The last day, YYYY-MM-DD: valid through its end, UTC
    #[arg(long, value_name = "DATE", group = "end")]
    until: Option<Date>,
    /// Without an end
    #[arg(long, group = "end")]
    perpetual: bool,
    /// The first day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// commercial, trial or test [default: commercial]
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<LicenseType>,
    /// For the vendor's own use
    #[arg(long)]
    internal: bool,
    /// Add a feature to the tier's (repeatable)
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<Slug>,
    /// Leave out a feature of the tier (repeatable)
    #[arg(long, value_name = "FEATURE")]
    no_feature: Vec<Slug>,
    /// Set a limit, or lift it with NAME=unlimited (repeatable)
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limit: Vec<(Slug, Option<u64>)>,
    /// Bind the license to a machine from the start (repeatable)
    #[arg(long, value_name = "MACHINE ID")]
    machine: Vec<MachineId>,
    /// How many machines may be bound: a number or 'unlimited'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    max_machines: Option<Quantity>,
    /// Put this JSON file into the key, at most 64 KiB
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    meta: Option<PathBuf>,
    /// How many days past the end the key still works
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(0..=3660))]
    grace: Option<u32>,
    /// A note for the ledger; it does not stand in the key
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// How many licenses of these terms
    #[arg(long, value_name = "NUMBER", default_value_t = 1, allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// A name for this request: the same again gives the same license
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
    /// Save to this file or folder, or print with - [default: CUSTOMER-TIER.lic here]
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    authority.check_may_issue(&actor, args.kind.unwrap_or(LicenseType::Commercial))?;
    let (order, asked) = order(&args, &authority, session)?;
    let batch = Batch { count: args.count, request: args.request_id.clone() };
    let done = issue(&mut authority, &actor, &order, &batch, args.out.as_deref(), &args.signing, asked, session)?;
    if done && asked {
        session.hint(&format!("the same without questions: {}", equivalent(&order)));
    }
    Ok(authority.close()?)
}

/// The order that the arguments stand for, and whether anything had to be asked for.
fn order(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<(Order, bool), Failure> {
    let customer = match &args.customer {
        Some(name) => find::customer(&authority.read(), name)?.slug,
        None => ask_customer(authority, session)?,
    };
    let product = args.product.clone().or_else(|| authority.settings.defaults.product.clone());
    let tier = match &args.tier {
        Some(tier) => tier.clone(),
        None => ask_tier(authority, product.as_ref(), session)?,
    };
    // In full, so that a request is the same however its tier was typed.
    let tier = find::tier(&authority.read(), &tier, product.as_ref())?.full_name();
    let mut order = Order::new(customer, &tier);
    order.product = product;
    order.seats = args.seats;
    order.end = match (args.period, args.until, args.perpetual) {
        (Some(period), _, _) => Some(End::For(period)),
        (_, Some(date), _) => Some(End::Until(date)),
        (_, _, true) => Some(End::Perpetual),
        _ => None,
    };
    order.from = args.from;
    order.kind = args.kind.unwrap_or(LicenseType::Commercial);
    order.internal = args.internal;
    order.features = args.feature.iter().cloned().collect();
    order.without_features = args.no_feature.iter().cloned().collect();
    order.limits = args.limit.iter().cloned().collect();
    order.machines.clone_from(&args.machine);
    order.max_machines = args.max_machines;
    order.grace_days = args.grace;
    order.note.clone_from(&args.note);
    if let Some(path) = &args.meta {
        order.meta = Some(read_meta(path, session)?);
    }
    Ok((order, args.customer.is_none() || args.tier.is_none()))
}

fn ask_customer(authority: &Authority, session: &mut Session<'_>) -> Result<Slug, Failure> {
    let filter = CustomerFilter { archived: Some(false), ..CustomerFilter::default() };
    let customers = authority.read().customers(&filter)?;
    let widest = customers.iter().map(|customer| customer.slug.as_str().len()).max().unwrap_or(0);
    let items: Vec<String> = customers.iter().map(|customer| format!("{:<widest$}  {}", customer.slug, customer.name)).collect();
    let picked = session.ask_search("customer", EXAMPLE, "Customer (type to search)", &items)?;
    customers.into_iter().nth(picked).map(|customer| customer.slug).ok_or_else(Failure::cancelled)
}

fn ask_tier(authority: &Authority, product: Option<&Slug>, session: &mut Session<'_>) -> Result<String, Failure> {
    let defaults = &authority.settings.defaults;
    if let Some(tier) = &defaults.tier
        && !session.can_ask()
    {
        return Ok(tier.to_string());
    }
    let filter = TierFilter { product: product.cloned(), retired: Some(false) };
    let tiers = authority.read().tiers(&filter)?;
    if tiers.is_empty() {
        return Err(Failure::new(exit::NOT_FOUND, "there are no tiers yet")
            .hint("add them with 'lic tier apply tiers.toml' or 'lic tier add'"));
    }
    let widest = tiers.iter().map(|tier| tier.slug.as_str().len()).max().unwrap_or(0);
    let items: Vec<String> = tiers
        .iter()
        .map(|tier| {
            let seats = crate::cli::views::license::seats(tier.seats);
            format!("{:<widest$}  {} · {} · {seats}", tier.slug, tier.name, tier.term)
        })
        .collect();
    let first = tiers.iter().position(|tier| Some(&tier.slug) == defaults.tier.as_ref()).unwrap_or(0);
    let picked = session.ask_pick("tier", EXAMPLE, "Tier", &items, first)?;
    tiers.get(picked).map(crate::license::Tier::full_name).ok_or_else(Failure::cancelled)
}

fn read_meta(path: &Path, session: &mut Session<'_>) -> Result<serde_json::Value, Failure> {
    let bytes = session.read_input(path, LARGEST_FILE)?;
    token::read_meta(&bytes).map_err(|why| Failure::failed(format!("{}: {why}", shown_path(path))))
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
        save(&earlier, &destination, session)?;
        return Ok(true);
    }
    let (plan, unusual) = authority.plan(actor, order, at)?;
    let line = summary(&plan.customer.name, &plan.terms);
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
    save(&issued, &destination, session)?;
    Ok(true)
}

fn save(issued: &[Issued], destination: &Destination, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut views = Vec::with_capacity(issued.len());
    for one in issued {
        let stem = format!("{}-{}", one.customer.slug, one.terms.tier);
        let file = match destination {
            Destination::File(path) if one.repeated && destination.holds(&one.key) => Some(path.clone()),
            // Whoever asks for a format on standard output gets the key inside it.
            Destination::Output if session.is_format_given() => None,
            _ => destination.save(&stem, one.id, &one.key, session)?,
        };
        let again = if one.repeated { " (issued before, by the same request)" } else { "" };
        session.tick(&format!("{}  {}{again}", one.id, summary(&one.customer.name, &one.terms)));
        let file = file.map(|file| session.shorten(&file));
        if let Some(file) = &file {
            session.note(&format!("saved {file}"));
        }
        views.push(IssuedView::new(one, file));
    }
    // A person has read it all on the lines above. A bare key on standard output stands alone.
    if session.is_table() || (*destination == Destination::Output && !session.is_format_given()) {
        return Ok(());
    }
    session.list(&views, "", None)
}

/// The command that gives the same without questions.
fn equivalent(order: &Order) -> String {
    let mut command = format!("lic issue {} --tier {}", order.customer, order.tier);
    let mut add = |flag: &str, value: String| {
        command.push_str(&format!(" {flag} {value}"));
    };
    match order.seats {
        Some(Quantity::Count(seats)) => add("--seats", seats.to_string()),
        Some(Quantity::Unlimited) => add("--seats", "unlimited".into()),
        None => {}
    }
    match order.end {
        Some(End::For(period)) => add("--for", period.to_string()),
        Some(End::Until(date)) => add("--until", date.to_string()),
        Some(End::Perpetual) | None => {}
    }
    if order.end == Some(End::Perpetual) {
        command.push_str(" --perpetual");
    }
    command
}
