//! What `lic change` takes: its arguments, and the change that they stand for.

use std::path::PathBuf;

use crate::authority::Authority;
use crate::authority::change::Change;
use crate::authority::order::{End, Quantity};
use crate::cli::args::{SigningArgs, parse_limit, whole};
use crate::cli::commands::issue::read_meta;
use crate::cli::commands::which::named_or_picked;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::ledger::{LicenseRecord, TierFilter};
use crate::license::{Date, Period, Slug, Standing};

const EXAMPLE: &str = "lic change LIC-7QK3-M2ZD --seats 25";

/// Change what a license grants: sign the next revision
///
/// The difference is shown first. What is not named stays as it is. Another tier brings its own features, limits, machines and
/// grace days; end, start and seats stay. A note stands in the ledger alone: to change it takes no new key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic change LIC-7QK3-M2ZD --seats 25
  lic change LIC-7QK3-M2ZD --tier enterprise --limit users=unlimited
  lic change LIC-7QK3-M2ZD --until 2027-12-31 --note 'typing mistake' --dry-run")]
pub struct Args {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// Another tier of the product; the tier it has: what that grants today
    #[arg(short, long, value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: Option<String>,
    /// How many seats: a number or 'unlimited'
    #[arg(short, long, value_name = "COUNT", allow_hyphen_values = true)]
    seats: Option<Quantity>,
    /// How long, counted from its start: 90d, 6w, 3mo or 1y
    #[arg(long = "for", value_name = "PERIOD", group = "end", allow_hyphen_values = true)]
    period: Option<Period>,
    /// The last day, YYYY-MM-DD, earlier or later: valid through its end, UTC
    #[arg(long, value_name = "DATE", group = "end")]
    until: Option<Date>,
    /// Without an end
    #[arg(long, group = "end")]
    perpetual: bool,
    /// The first day, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Add a feature (repeatable)
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<Slug>,
    /// Take a feature away (repeatable)
    #[arg(long, value_name = "FEATURE")]
    no_feature: Vec<Slug>,
    /// Set a limit, or lift it with NAME=unlimited (repeatable)
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limit: Vec<(Slug, Option<u64>)>,
    /// How many machines may be bound: a number or 'unlimited'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    max_machines: Option<Quantity>,
    /// How many days past the end the key still works
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true, value_parser = whole::<0, 3660>)]
    grace: Option<u32>,
    /// Put this JSON file into the key in place of what is there, at most 64 KiB
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    meta: Option<PathBuf>,
    /// Take the JSON out of the key
    #[arg(long, conflicts_with = "meta")]
    no_meta: bool,
    /// The note for the ledger, in place of the one there is; an empty one takes it away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Save to this file or folder, or print with - [default: CUSTOMER-TIER.lic here]
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) signing: SigningArgs,
}

/// The license, the change that the arguments stand for, and the arguments that had to be asked for.
pub(super) fn change(
    args: &Args,
    authority: &Authority,
    session: &mut Session<'_>,
) -> Result<(LicenseRecord, Change, Vec<String>), Failure> {
    let named: Vec<String> = args.license.iter().cloned().collect();
    let fits = |standing| standing != Standing::Revoked;
    let (records, mut answered) = named_or_picked(&named, EXAMPLE, fits, authority, session)?;
    let license = records.into_iter().next().ok_or_else(Failure::cancelled)?;
    let mut change = Change {
        tier: args.tier.clone(),
        seats: args.seats,
        end: match (args.period, args.until, args.perpetual) {
            (Some(period), _, _) => Some(End::For(period)),
            (_, Some(date), _) => Some(End::Until(date)),
            (_, _, true) => Some(End::Perpetual),
            _ => None,
        },
        from: args.from,
        features: args.feature.iter().cloned().collect(),
        without_features: args.no_feature.iter().cloned().collect(),
        limits: args.limit.iter().cloned().collect(),
        max_machines: args.max_machines,
        grace_days: args.grace,
        meta: args.no_meta.then_some(None),
        note: args.note.as_ref().map(|note| Some(note.clone()).filter(|note| !note.is_empty())),
    };
    if let Some(path) = &args.meta {
        change.meta = Some(Some(read_meta(path, session)?));
    }
    if change == Change::default() {
        answered.extend(ask(&mut change, &license, authority, session)?);
    }
    Ok((license, change, answered))
}

/// Asks for one thing to change.
fn ask(
    change: &mut Change,
    license: &LicenseRecord,
    authority: &Authority,
    session: &mut Session<'_>,
) -> Result<Vec<String>, Failure> {
    let things = ["tier", "seats", "end", "note"].map(str::to_owned);
    let answer = |flag: &str, value: &dyn ToString| vec![flag.to_owned(), value.to_string()];
    Ok(match session.ask_pick("change", EXAMPLE, "What is to be changed?", &things, 1)? {
        0 => {
            let filter = TierFilter { product: Some(license.product.clone()), retired: Some(false) };
            let tiers: Vec<String> = authority.read().tiers(&filter)?.iter().map(|tier| tier.slug.to_string()).collect();
            let first = tiers.iter().position(|tier| *tier == license.tier.as_str()).unwrap_or(0);
            let picked = session.ask_pick("tier", EXAMPLE, "Tier", &tiers, first)?;
            change.tier = tiers.into_iter().nth(picked);
            answer("--tier", change.tier.as_ref().ok_or_else(Failure::cancelled)?)
        }
        1 => {
            let now = license.seats.map_or_else(|| "unlimited".to_owned(), |seats| seats.to_string());
            let seats: Quantity =
                session.ask_line("seats", EXAMPLE, "Seats (a number or 'unlimited')", Some(&now), str::parse)?;
            change.seats = Some(seats);
            answer("--seats", &seats.into_option().map_or_else(|| "unlimited".to_owned(), |seats| seats.to_string()))
        }
        2 => {
            let now = license.ends.map(|end| end.last_day().to_string());
            let last: Date = session.ask_line("end", EXAMPLE, "Last day (YYYY-MM-DD)", now.as_deref(), str::parse)?;
            change.end = Some(End::Until(last));
            answer("--until", &last)
        }
        _ => {
            let read = |text: &str| Ok::<_, std::convert::Infallible>(text.to_owned());
            let note = session.ask_line("note", EXAMPLE, "Note", license.note.as_deref(), read)?;
            change.note = Some(Some(note.clone()).filter(|note| !note.is_empty()));
            answer("--note", &note)
        }
    })
}
