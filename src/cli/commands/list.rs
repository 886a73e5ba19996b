//! `lic list`: the licenses of the ledger.

use crate::authority::find;
use crate::cli::args::{parse_moment, whole};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::license::{FoundView, LicenseView};
use crate::ledger::{Hits, InvalidSearch, LicenseFilter, LicenseSort};
use crate::license::{Date, LicenseType, Period, Slug, Status, Timestamp};

/// How many licenses a terminal shows unless told otherwise.
const PAGE: u32 = 100;

/// List licenses
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic list --expiring 30d
  lic list --customer acme --status active --status expiring
  lic list --search 'jane@acme.example'
  lic list --issued-since 2026-01-01 --sort issued --reverse -o csv > issued.csv")]
pub struct Args {
    /// The same as --search
    #[arg(value_name = "TEXT", conflicts_with = "search")]
    text: Vec<String>,
    /// Words that must all be found: in the customer's name, reference, contacts or notes, the note, a machine's label or ID, the
    /// tier, or as the beginning of the id. Case and accents do not matter
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Of this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Of this tier
    #[arg(long, value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: Option<String>,
    /// Of this product
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// In this status: scheduled, active, expiring, grace, expired, suspended or revoked (repeatable)
    #[arg(long, value_name = "STATUS")]
    status: Vec<Status>,
    /// commercial, trial or test
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<LicenseType>,
    /// Only for the vendor's own use
    #[arg(long, conflicts_with = "external")]
    internal: bool,
    /// Only for others
    #[arg(long)]
    external: bool,
    /// Ending within this period from now, such as 30d
    #[arg(long, value_name = "PERIOD")]
    expiring: Option<Period>,
    /// Issued by this operator
    #[arg(long, value_name = "OPERATOR", add = crate::cli::complete::operators())]
    issued_by: Option<Slug>,
    /// Issued on this day or later
    #[arg(long, value_name = "DATE")]
    issued_since: Option<Date>,
    /// Sort by end, start, issued, customer, tier, id, status or seats
    #[arg(long, value_name = "COLUMN", default_value = "end")]
    sort: LicenseSort,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// How many at most; 0 for all [default: 100 on a terminal, else all]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = whole::<0, { u32::MAX }>)]
    limit: Option<u32>,
    /// As of this moment, past or future: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let tables = authority.read();
    let now = session.now();
    let at = args.at.unwrap_or(now);
    let mut filter = LicenseFilter::new(at);
    filter.as_of = args.at.filter(|at| *at < now);
    if let Some(customer) = &args.customer {
        filter.customer = Some(find::customer(&tables, customer)?.slug);
    }
    if let Some(product) = &args.product {
        find::product(&tables, product)?;
    }
    filter.product = args.product;
    if let Some(tier) = &args.tier {
        let tier = find::tier(&tables, tier, filter.product.as_ref())?;
        filter.tier = Some(tier.slug);
        filter.product = Some(tier.product);
    }
    filter.statuses = args.status;
    filter.kind = args.kind;
    filter.internal = if args.internal { Some(true) } else { args.external.then_some(false) };
    filter.ends_before = match args.expiring {
        Some(period) => period.after(at.date()).map(Date::end),
        None => None,
    };
    if let Some(operator) = &args.issued_by
        && tables.operator(operator)?.is_none()
    {
        session.warn(&format!("'{operator}' is no operator; one who was removed is still found"));
    }
    filter.issued_by = args.issued_by;
    filter.issued_since = args.issued_since.map(Date::start);
    let looked_for = args.search.or_else(|| (!args.text.is_empty()).then(|| args.text.join(" ")));
    filter.text = looked_for.map(|text| text.parse()).transpose().map_err(|error: InvalidSearch| {
        let hint = match error {
            InvalidSearch::NoWord => "leave it out to list every license",
            InvalidSearch::TooLong { .. } => "look for a word or two that no other license has",
        };
        Failure::usage(error.to_string()).hint(hint)
    })?;
    filter.sort = args.sort;
    filter.reverse = args.reverse;
    let most = args.limit.unwrap_or(if session.is_table() { PAGE } else { 0 });
    // All of them, for a program: they need not fit in memory.
    if most == 0 && filter.text.is_none() && !session.is_table() {
        return session.stream(|row| tables.each_license(&filter, |record| row(&LicenseView::new(&record, at))));
    }
    // One more than shown, to know whether there are more without counting them all.
    filter.limit = (most > 0).then(|| most.saturating_add(1));
    let mut records = tables.licenses(&filter)?;
    let more = most > 0 && records.len() > most as usize;
    records.truncate(if more { most as usize } else { records.len() });
    let footer = more.then(|| format!("… and more: --limit {} shows more, --limit 0 all", most.saturating_mul(10)));
    let Some(search) = &filter.text else {
        let views: Vec<LicenseView> = records.iter().map(|record| LicenseView::new(record, at)).collect();
        return session.list(&views, "no licenses match; issue one with 'lic issue'", footer);
    };
    let mut hits = Hits::new(tables, search);
    let mut views = Vec::with_capacity(records.len());
    for record in &records {
        views.push(FoundView::new(record, at, &hits.of(record)?.unwrap_or_default()));
    }
    session.list(&views, "no license has all of these words; look for fewer", footer)
}
