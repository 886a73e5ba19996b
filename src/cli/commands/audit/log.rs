//! `lic audit log`: what happened, to what, by whom and when.

use crate::authority::{Authority, find};
use crate::cli::args::{parse_moment, whole};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::audit::LogEventView;
use crate::ledger::EventFilter;
use crate::license::{Date, Slug, Timestamp};

/// How many events a terminal shows unless told otherwise.
const PAGE: u32 = 100;

/// List what happened, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic audit log --license LIC-7QK3-M2ZD
  lic audit log --operator jane --kind license.revoked --since 2026-01-01
  lic audit log -o jsonl --reverse > everything.jsonl")]
pub struct Args {
    /// About this license
    #[arg(long, value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// About this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Done by this operator
    #[arg(long, value_name = "OPERATOR", add = crate::cli::complete::operators())]
    operator: Option<Slug>,
    /// On this day or later; also a moment in RFC 3339
    #[arg(long, value_name = "DATE", value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// On this day or earlier; also a moment in RFC 3339
    #[arg(long, value_name = "DATE", value_parser = parse_end)]
    until: Option<Timestamp>,
    /// Of this kind: license.issued, or all of license (repeatable)
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// How many at most; 0 for all [default: 100 on a terminal, else all]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = whole::<0, { u32::MAX }>)]
    limit: Option<u32>,
    /// The oldest first
    #[arg(long)]
    reverse: bool,
}

/// The moment after the last that is meant: a day is meant through its end.
fn parse_end(text: &str) -> Result<Timestamp, String> {
    match text.parse::<Date>() {
        Ok(day) => Ok(day.end()),
        Err(_) => parse_moment(text).map(|moment| moment.plus_seconds(1)),
    }
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let filter = filter(args, &authority, session)?;
    if !session.is_table() {
        return session.stream(|row| {
            authority.read().for_each_event(&filter, |record| row(&LogEventView::new(&record.event, record.customer)))
        });
    }
    let most = filter.limit.unwrap_or(PAGE);
    // One more than shown, to know whether there are more without counting them all.
    let filter = EventFilter { limit: (most > 0).then(|| most.saturating_add(1)), ..filter };
    let mut views = Vec::new();
    authority.read().for_each_event(&filter, |record| {
        views.push(LogEventView::new(&record.event, record.customer));
        Ok::<_, Failure>(())
    })?;
    let more = most > 0 && views.len() > most as usize;
    views.truncate(if more { most as usize } else { views.len() });
    let footer = more.then(|| format!("… and more: --limit {} shows more, --limit 0 all", most.saturating_mul(10)));
    session.list(&views, "no events match", footer)
}

fn filter(args: Args, authority: &Authority, session: &mut Session<'_>) -> Result<EventFilter, Failure> {
    let tables = authority.read();
    if let Some(operator) = &args.operator
        && tables.operator(operator)?.is_none()
    {
        session.warn(&format!("'{operator}' is no operator; one who was removed is still found"));
    }
    if !args.kind.is_empty() {
        warn_of_kinds(&args.kind, &tables.event_kinds()?, session);
    }
    let license = match &args.license {
        Some(named) => Some(find::license(&tables, named)?.id),
        None => None,
    };
    let customer = match &args.customer {
        Some(named) => Some(find::customer(&tables, named)?.slug),
        None => None,
    };
    // In a pipe there is no page, and nothing to leave out.
    let limit = if session.is_table() { args.limit } else { args.limit.filter(|most| *most > 0) };
    Ok(EventFilter {
        license,
        customer,
        operator: args.operator,
        since: args.since,
        before: args.until,
        kinds: args.kind,
        oldest_first: args.reverse,
        limit,
    })
}

fn warn_of_kinds(asked: &[String], known: &[String], session: &mut Session<'_>) {
    for kind in asked {
        let group = format!("{kind}.");
        if known.iter().any(|known| known == kind || known.starts_with(&group)) {
            continue;
        }
        let close = find::closest(kind, known.iter().map(String::as_str));
        let instead = close.first().map_or_else(String::new, |close| format!("; did you mean '{close}'?"));
        session.warn(&format!("nothing of the kind '{kind}' ever happened{instead}"));
    }
}
