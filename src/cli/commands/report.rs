//! `lic report`: what comes to its end, what was sold, what it brings, and what was renewed.

mod args;
mod calendar;
mod counts;
mod licenses;

use clap::Subcommand;

use crate::authority::report::{Kind, Scope};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use args::{CountArgs, MachineArgs, SeatArgs};

/// Report on licenses, customers, seats, revenue, machines and renewals
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
A report is made of the ledger as it is now, or with --at as it was.
A table, Markdown and JSON have the sums as well; csv, tsv, jsonl and name hold the rows alone.

Examples:
  lic report expiring --within 90d
  lic report expiring -o ics > ends.ics
  lic report issued --period quarter --by operator
  lic report revenue --at 2026-01-01
  lic report renewals --by month --since 2026-01-01 -o csv > renewals.csv"
)]
pub struct Args {
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, Subcommand)]
enum Report {
    /// Licenses that come to their end: by default in the next 30 days
    ///
    /// Those that have not ended yet and are neither suspended nor revoked, the next to end first; months are those of the end.
    /// With -o ics the ends are a calendar of whole days, by default of all ends to come: import it, or publish the file for calendar
    /// programs to subscribe to. An end keeps its name from one file to the next, so that nothing is doubled.
    #[command(after_help = "Example:\n  lic report expiring --within 90d --by customer")]
    Expiring(CountArgs),
    /// Licenses that ended and were not renewed: by default in the last 30 days
    ///
    /// Those in their days of grace are among them, and those suspended or revoked are not; the last to end first. Months are those of
    /// the end.
    #[command(after_help = "Example:\n  lic report expired --period quarter -o csv > ended.csv")]
    Expired(CountArgs),
    /// Licenses that were issued: by default in the last 30 days
    ///
    /// Whatever became of them since, the newest first. Months are those of the issue, here and in the reports below but renewals.
    #[command(after_help = "Example:\n  lic report issued --since 2026-01-01 --by operator")]
    Issued(CountArgs),
    /// What customers have: licenses by status, seats, the next end
    ///
    /// The customer with the most licenses that work comes first. Seats, unlimited licenses and the next end are of licenses that work:
    /// active, expiring or in grace. With a period: of licenses issued in it.
    #[command(after_help = "Example:\n  lic report customers --product cockpit")]
    Customers(CountArgs),
    /// What there is of each tier: licenses by status, seats, the next end
    ///
    /// As the report on customers, tier by tier. With a period: of licenses issued in it.
    #[command(after_help = "Example:\n  lic report tiers --at 2026-01-01")]
    Tiers(CountArgs),
    /// Seats sold, the machines bound to them, and licenses with more machines than seats
    ///
    /// Of licenses that work: active, expiring or in grace. With a period: of licenses issued in it.
    #[command(after_help = "Example:\n  lic report seats --over-used --by license")]
    Seats(SeatArgs),
    /// Monthly and yearly recurring revenue at list prices
    ///
    /// Of commercial licenses that are not internal, have begun, have not ended, and are neither suspended nor revoked: their seats
    /// times the price of their tier, as it was at the time of the report. A year is twelve months. Where a tier has a monthly and a yearly
    /// price, the yearly one counts if its licenses run for a year or longer. Perpetual licenses, licenses for any number of seats
    /// and licenses of a tier without a price are counted and bring nothing. Currencies are never added up; discounts are not known. With
    /// a period: of licenses issued in it.
    #[command(after_help = "Example:\n  lic report revenue --by customer -o csv > revenue.csv")]
    Revenue(CountArgs),
    /// Machines bound to licenses, and licenses that can have no other machine
    ///
    /// Of licenses that work, and whose machines are bound or limited. The period is that of machines activated and of seats given back: by
    /// default the last 30 days.
    #[command(after_help = "Example:\n  lic report machines --at-limit --by license")]
    Machines(MachineArgs),
    /// The share of ends that were renewed on time: by default of the last year
    ///
    /// Of commercial licenses that are not internal. An end is due on its day, unless the license was suspended or revoked before, or 'lic
    /// change' moved the end before it came. It was renewed on time if that was done before the end, late if it was done later, in
    /// grace or after it; else it is in grace still, or has lapsed. Months are those of the end.
    #[command(after_help = "Example:\n  lic report renewals --by quarter --since 2025-01-01")]
    Renewals(CountArgs),
}

impl Args {
    /// Whether this report can be a calendar.
    pub fn can_be_a_calendar(&self) -> bool {
        matches!(self.report, Report::Expiring(_))
    }
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let now = session.now();
    let scope = |kind: Kind, args: CountArgs| Scope::new(&authority.read(), kind, args.question(), now);
    match args.report {
        Report::Expiring(args) if session.wants_calendar() => calendar::show(&authority, args, now, session),
        Report::Expiring(args) => licenses::show(&authority, args.limit, &scope(Kind::Expiring, args)?, session),
        Report::Expired(args) => licenses::show(&authority, args.limit, &scope(Kind::Expired, args)?, session),
        Report::Issued(args) => licenses::show(&authority, args.limit, &scope(Kind::Issued, args)?, session),
        Report::Customers(args) => counts::stock(&authority, args.limit, &scope(Kind::Customers, args)?, session),
        Report::Tiers(args) => counts::stock(&authority, args.limit, &scope(Kind::Tiers, args)?, session),
        Report::Seats(SeatArgs { over_used, common }) => {
            counts::seats(&authority, common.limit, &scope(Kind::Seats, common)?, over_used, session)
        }
        Report::Revenue(args) => counts::revenue(&authority, args.limit, &scope(Kind::Revenue, args)?, session),
        Report::Machines(MachineArgs { at_limit, common }) => {
            counts::machines(&authority, common.limit, &scope(Kind::Machines, common)?, at_limit, session)
        }
        Report::Renewals(args) => counts::renewals(&authority, args.limit, &scope(Kind::Renewals, args)?, session),
    }
}
