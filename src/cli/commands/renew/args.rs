//! What `lic renew` takes: its arguments, and the renewal that they stand for.

use std::path::PathBuf;

use crate::authority::order::End;
use crate::authority::renew::{CountFrom, Renewal, Which};
use crate::authority::{Authority, find};
use crate::cli::args::SigningArgs;
use crate::cli::commands::bulk::{BulkArgs, From};
use crate::cli::commands::which::{named, named_or_picked};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::{Date, Period, Standing};

const EXAMPLE: &str = "lic renew LIC-7QK3-M2ZD --for 1y";

/// Renew licenses: sign the next revision with a later end
///
/// A license keeps its id and what it grants. Unless told how long, it runs as long again as it was granted for the last time,
/// counted from its end, or from today where that is past. Several licenses are renewed together: all of them, or none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic renew LIC-7QK3-M2ZD
  lic renew LIC-7QK3-M2ZD --until 2028-12-31 --note 'PO 4711'
  lic renew --customer acme --all --for 1y
  lic renew --expiring 30d --dry-run
  lic list --expiring 30d -o csv > renewals.csv
  lic renew --from renewals.csv --for 1y --out keys/

A file is checked whole before anything is renewed. What a row leaves out is as the flags say. The same file again goes on where
it stopped: a row is known by its request id, or by what it asks for.")]
pub struct Args {
    /// The licenses: ids, beginnings of ids, keys, or files that hold keys
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    licenses: Vec<String>,
    /// Those of this customer: with --all or --expiring
    #[arg(long, value_name = "CUSTOMER", conflicts_with = "licenses", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// All that run out one day and have not yet: with --customer
    #[arg(long, conflicts_with_all = ["licenses", "expiring"], requires = "customer")]
    all: bool,
    /// Those ending within this period from now, such as 30d
    #[arg(long, value_name = "PERIOD", conflicts_with = "licenses")]
    expiring: Option<Period>,
    /// How much longer: 90d, 6w, 3mo or 1y [default: as long as the last time]
    #[arg(long = "for", value_name = "PERIOD", group = "end", allow_hyphen_values = true)]
    period: Option<Period>,
    /// The new last day, YYYY-MM-DD: valid through its end, UTC
    #[arg(long, value_name = "DATE", group = "end")]
    until: Option<Date>,
    /// Without an end from now on
    #[arg(long, group = "end")]
    perpetual: bool,
    /// Count from its 'end' or from 'today' [default: end; today where it has ended]; or a CSV file of licenses, - for standard
    /// input
    #[arg(long, value_name = "WHEN|FILE", num_args = 0..=1, default_missing_value = "", value_hint = clap::ValueHint::FilePath)]
    pub(super) from: Option<From<CountFrom>>,
    /// Take what the tier grants today: features, limits, grace; not the seats
    #[arg(long)]
    reprice: bool,
    /// A note for the ledger, in place of the one there is
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// A name for this request: the same again renews nothing twice
    #[arg(long, value_name = "ID")]
    pub(super) request_id: Option<String>,
    /// Save to this file or folder, or print with - [default: CUSTOMER-TIER.lic here]
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    pub(super) out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) bulk: BulkArgs,
    #[command(flatten)]
    pub(super) signing: SigningArgs,
}

impl Args {
    /// What the arguments ask for, for these licenses.
    pub(super) fn asked(&self, which: Which) -> Renewal {
        let end = match (self.period, self.until, self.perpetual) {
            (Some(period), _, _) => Some(End::For(period)),
            (_, Some(date), _) => Some(End::Until(date)),
            (_, _, true) => Some(End::Perpetual),
            _ => None,
        };
        let from = match self.from {
            Some(From::Word(from)) => Some(from),
            _ => None,
        };
        Renewal { which, end, from, reprice: self.reprice, seats: None, note: self.note.clone() }
    }

    /// Whether the arguments choose licenses, as a file does.
    pub(super) fn chooses(&self) -> bool {
        !self.licenses.is_empty() || self.customer.is_some() || self.expiring.is_some()
    }
}

/// The renewal that the arguments stand for, and the arguments that had to be asked for.
pub(super) fn renewal(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<(Renewal, Vec<String>), Failure> {
    let counted = matches!(args.from, Some(From::Word(_)));
    if counted && (args.until.is_some() || args.perpetual) {
        return Err(Failure::usage("--from goes with a period, not with --until or --perpetual").hint(EXAMPLE));
    }
    let mut end = args.asked(Which::These(Vec::new())).end;
    let mut answered = Vec::new();
    let which = if args.all || args.expiring.is_some() {
        let customer = args.customer.as_ref().map(|name| find::customer(&authority.read(), name)).transpose()?;
        Which::Those { customer: customer.map(|customer| customer.slug), within: args.expiring }
    } else if args.customer.is_some() {
        return Err(Failure::usage("--customer alone does not say which of its licenses")
            .hint("add --all, or --expiring 30d for those that end soon"));
    } else if args.licenses.is_empty() {
        let fits = |standing| standing != Standing::Revoked;
        let (records, picked) = named_or_picked(&[], EXAMPLE, fits, authority, session)?;
        answered = picked;
        if let Some(license) = records.first().filter(|license| end.is_none() && license.ends.is_some()) {
            let usual = authority.usual_term(license.id)?.map(|period| period.to_string());
            let question = "How much longer (90d, 6w, 3mo, 1y)";
            let period = session.ask_line("period", EXAMPLE, question, usual.as_deref(), str::parse::<Period>)?;
            answered.extend(["--for".to_owned(), period.to_string()]);
            end = Some(End::For(period));
        }
        Which::These(records.iter().map(|record| record.id).collect())
    } else {
        Which::These(named(&args.licenses, authority, session)?.iter().map(|record| record.id).collect())
    };
    Ok((Renewal { end, ..args.asked(which) }, answered))
}
