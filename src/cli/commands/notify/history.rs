//! `lic notify history`: what was sent to whom, and when.

use crate::authority::find;
use crate::cli::args::whole;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::mail::MailView;
use crate::ledger::{MailFilter, MailState};
use crate::license::Date;

/// How many mails a terminal shows unless told otherwise.
const PAGE: u32 = 50;

/// Show what was sent to whom and when, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
States: queued, to be sent; sent; failed, to be tried again; refused, for good; dropped, overtaken by a renewal or a newer
mail; sending and unknown, handed over without an answer.

Examples:
  lic notify history --customer acme
  lic notify history --state failed --since 2027-01-01 --json")]
pub struct Args {
    /// Only those to this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Only those that stand so
    #[arg(long, value_name = "STATE", value_parser = str::parse::<MailState>)]
    state: Option<MailState>,
    /// Only those of this day and later
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// At most so many; 0 shows all [default: 50 on a terminal, else all]
    #[arg(long, value_name = "NUMBER", value_parser = whole::<0, { u32::MAX }>, allow_hyphen_values = true)]
    limit: Option<u32>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let customer = match &args.customer {
        Some(name) => Some(find::customer(&authority.read(), name)?.slug),
        None => None,
    };
    let page = session.is_table().then_some(PAGE);
    let limit = args.limit.map_or(page, |limit| (limit > 0).then_some(limit));
    // One more than is shown tells whether there are more.
    let filter = MailFilter { customer, state: args.state, since: args.since, limit: limit.map(|limit| limit.saturating_add(1)) };
    let mut mails = authority.read().mails(&filter)?;
    let more = limit.is_some_and(|limit| mails.len() > limit as usize);
    mails.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
    let views: Vec<MailView> = mails.into_iter().map(MailView::new).collect();
    let footer = more.then(|| "… and more: --limit 0 shows all".to_owned());
    session.list(&views, "no mails yet; see what would go with 'lic notify --dry-run'", footer)
}
