//! What `lic issue` takes: its arguments, and the order that they stand for.

use std::path::{Path, PathBuf};

use super::ask::{EXAMPLE, ask_customer, ask_tier};
use crate::authority::order::{End, Order, Quantity};
use crate::authority::{Authority, find};
use crate::cli::args::{SigningArgs, parse_limit, whole};
use crate::cli::commands::bulk::{BulkArgs, From};
use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};
use crate::license::{Date, LicenseType, MachineId, Period, Slug};
use crate::token;

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
  lic issue acme --tier basic --request-id order-4711 --out - -q
  lic issue --from --template > orders.csv
  lic issue --from orders.csv --dry-run
  lic issue --from orders.csv --out keys/

A file is checked whole before anything is issued. What a row leaves out is as the flags say, else as the tier has it. The same
file again goes on where it stopped: a row is known by its request id, or by what it orders.")]
pub struct Args {
    /// The customer's short name
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    pub(super) customer: Option<String>,
    /// The tier: its short name, a beginning of it, or PRODUCT/TIER
    #[arg(short, long, value_name = "TIER", add = crate::cli::complete::tiers())]
    pub(super) tier: Option<String>,
    /// The product, where several have a tier of that name
    #[arg(long, value_name = "PRODUCT")]
    pub(super) product: Option<Slug>,
    /// How many seats: a number or 'unlimited'
    #[arg(short, long, value_name = "COUNT", allow_hyphen_values = true)]
    pub(super) seats: Option<Quantity>,
    /// How long: 90d, 6w, 3mo or 1y
    #[arg(long = "for", value_name = "PERIOD", group = "end", allow_hyphen_values = true)]
    pub(super) period: Option<Period>,
    /// The last day, YYYY-MM-DD: valid through its end, UTC
    #[arg(long, value_name = "DATE", group = "end")]
    pub(super) until: Option<Date>,
    /// Without an end
    #[arg(long, group = "end")]
    pub(super) perpetual: bool,
    /// The first day, YYYY-MM-DD [default: today]; or a CSV file of orders, - for standard input
    #[arg(long, value_name = "DATE|FILE", num_args = 0..=1, default_missing_value = "", value_hint = clap::ValueHint::FilePath)]
    pub(super) from: Option<From<Date>>,
    /// commercial, trial or test [default: commercial]
    #[arg(long = "type", value_name = "TYPE")]
    pub(super) kind: Option<LicenseType>,
    /// For the vendor's own use
    #[arg(long)]
    pub(super) internal: bool,
    /// Add a feature to the tier's (repeatable)
    #[arg(long, value_name = "FEATURE")]
    pub(super) feature: Vec<Slug>,
    /// Leave out a feature of the tier (repeatable)
    #[arg(long, value_name = "FEATURE")]
    pub(super) no_feature: Vec<Slug>,
    /// Set a limit, or lift it with NAME=unlimited (repeatable)
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    pub(super) limit: Vec<(Slug, Option<u64>)>,
    /// Bind the license to a machine from the start (repeatable)
    #[arg(long, value_name = "MACHINE ID")]
    pub(super) machine: Vec<MachineId>,
    /// How many machines may be bound: a number or 'unlimited'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    pub(super) max_machines: Option<Quantity>,
    /// Put this JSON file into the key, at most 64 KiB
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) meta: Option<PathBuf>,
    /// How many days past the end the key still works
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true, value_parser = whole::<0, 3660>)]
    pub(super) grace: Option<u32>,
    /// A note for the ledger; it does not stand in the key
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
    /// How many licenses of these terms
    #[arg(long, value_name = "NUMBER", default_value_t = 1, allow_hyphen_values = true, value_parser = whole::<1, 10_000>)]
    pub(super) count: u32,
    /// A name for this request: the same again gives the same license; for a file, another name issues it once more
    #[arg(long, value_name = "ID")]
    pub(super) request_id: Option<String>,
    /// Save to this file or folder, or print with - [default: CUSTOMER-TIER.lic here]; for a file of orders, a folder or a list
    /// (keys.csv, keys.jsonl)
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) bulk: BulkArgs,
    #[command(flatten)]
    pub(super) signing: SigningArgs,
}

/// The order that the arguments stand for, and the arguments that had to be asked for.
pub(super) fn order(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<(Order, Vec<String>), Failure> {
    let mut answered = Vec::new();
    let customer = match &args.customer {
        Some(name) => find::customer(&authority.read(), name)?.slug,
        None => {
            let customer = ask_customer(authority, EXAMPLE, session)?;
            answered.push(customer.to_string());
            customer
        }
    };
    let product = args.product.clone().or_else(|| authority.settings.defaults.product.clone());
    let tier = match &args.tier {
        Some(tier) => tier.clone(),
        None => {
            let tier = ask_tier(authority, product.as_ref(), session)?;
            answered.extend(["--tier".to_owned(), tier.clone()]);
            tier
        }
    };
    // In full, so that a request is the same however its tier was typed.
    let tier = find::tier(&authority.read(), &tier, product.as_ref())?.full_name();
    Ok((filled(args, customer, &tier, product, session)?, answered))
}

/// The order that the flags stand for, for this customer and tier.
pub(super) fn filled(
    args: &Args,
    customer: Slug,
    tier: &str,
    product: Option<Slug>,
    session: &mut Session<'_>,
) -> Result<Order, Failure> {
    let mut order = Order::new(customer, tier);
    order.product = product;
    order.seats = args.seats;
    order.end = match (args.period, args.until, args.perpetual) {
        (Some(period), _, _) => Some(End::For(period)),
        (_, Some(date), _) => Some(End::Until(date)),
        (_, _, true) => Some(End::Perpetual),
        _ => None,
    };
    order.from = match &args.from {
        Some(From::Word(date)) => Some(*date),
        _ => None,
    };
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
    Ok(order)
}

/// The JSON of a file, as it may stand in a key.
pub fn read_meta(path: &Path, session: &mut Session<'_>) -> Result<serde_json::Value, Failure> {
    let bytes = session.read_input(path, LARGEST_FILE)?;
    token::read_meta(&bytes).map_err(|why| Failure::failed(format!("{}: {why}", shown_path(path))))
}
