//! `lic notify`: tells people of the ends of licenses. Run daily by a timer.

#[path = "notify/history.rs"]
mod history;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::authority::notify::{Composer, Lock, NotifyError, Report, Settled, way_out, write_metrics};
use crate::authority::{Authority, Error};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::license::count;
use crate::cli::views::mail::{PlannedView, SettledView};
use crate::ledger::MailState;
use crate::license::Date;
use crate::mail::address::masked;

/// How many mails that were not sent are told one by one.
const TOLD: usize = 20;

/// Mail what ends soon, to your own people and to each customer
///
/// Your own people get a digest of all licenses that end soon, customers' contacts a mail about their own.
///
/// Run it once a day, by a timer. Every mail goes once, however often this is run: a run that was interrupted, or that could not
/// reach the mail server, is made good by the next. It needs no signing key, and no operator: whoever may write the ledger's file
/// may run it.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Exit codes: 0 all sent, or nothing to send; 75 some were not sent, run it again.

Examples:
  lic notify --dry-run
  lic notify --dry-run --as-of 2027-01-31
  lic notify --quiet --metrics /var/lib/prometheus/node-exporter/lic.prom
  lic notify history --customer acme"
)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// With --dry-run: as if it were this day
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Write figures for Prometheus to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    metrics: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    History(history::Args),
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if let Some(Action::History(args)) = args.action {
        return history::run(args, session);
    }
    if session.globals.dry_run {
        return rehearse(&args, session);
    }
    if args.as_of.is_some() {
        return Err(Failure::usage("mails are sent as of today").hint("see those of another day with --dry-run --as-of DATE"));
    }
    let mut authority = session.writing()?;
    let Some(_lock) = Lock::take(authority.home.path())? else {
        session.detail_note("another run is at work; it sends what is due");
        return Ok(());
    };
    warn(&authority, session)?;
    let outcome = send(&mut authority, session);
    if let Some(path) = &args.metrics {
        write_metrics(&authority, session.now(), &session.path(path))?;
    }
    let (report, settled) = outcome?;
    authority.close()?;
    tell(&report, &settled, session)
}

fn warn(authority: &Authority, session: &mut Session<'_>) -> Result<(), Failure> {
    for unknown in authority.unknown_in_notify()? {
        session.warn(&unknown);
    }
    Ok(())
}

fn send(authority: &mut Authority, session: &mut Session<'_>) -> Result<(Report, Vec<Settled>), Failure> {
    let mail = authority.settings.mail.clone().ok_or(Error::Notify(NotifyError::NoMail))?;
    let composer = Composer::new(&authority.settings, authority.home.path())?;
    let credentials = session.world.variable("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let mut transport = way_out(&mail, &authority.home, credentials.as_deref().map(Path::new))?;
    let mut settled = Vec::new();
    let clock = &session.world.clock;
    let report = authority.send_mails(&composer, &mut transport, &mut || clock.now(), &mut |one| settled.push(one.clone()))?;
    Ok((report, settled))
}

/// Says what was sent, and why something was not. Silent where there was nothing to send.
fn tell(report: &Report, settled: &[Settled], session: &mut Session<'_>) -> Result<(), Failure> {
    if session.is_format_given() {
        session.list(&settled.iter().map(SettledView::new).collect::<Vec<_>>(), "", None)?;
    }
    for one in settled.iter().filter(|one| one.state == MailState::Sent) {
        session.detail_note(&format!("sent to {} {}", masked(&one.to), about(one)));
    }
    // Why the way out is closed is told once, at the end.
    let is_told = |one: &&Settled| one.state != MailState::Sent && report.down.as_ref() != Some(&one.answer);
    let unsent: Vec<&Settled> = settled.iter().filter(is_told).collect();
    for one in unsent.iter().take(TOLD) {
        let how = match one.state {
            MailState::Refused => "refused for good",
            MailState::Unknown => "in doubt",
            _ => "not sent now",
        };
        session.warn(&format!("{} {}: {how}: {}", masked(&one.to), about(one), one.answer));
    }
    if unsent.len() > TOLD {
        session.warn(&format!("… and {} more", unsent.len() - TOLD));
    }
    if report.sent > 0 {
        session.tick(&format!("sent {}", mails(report.sent)));
    }
    let (unsent, all) = (report.failed + report.left, report.sent + report.failed + report.left);
    if unsent == 0 {
        return Ok(());
    }
    let why = report.down.as_ref().map(|why| format!(": {}", crate::render::escape::human(why))).unwrap_or_default();
    let message = format!("{unsent} of {} {} not sent{why}", mails(all), if unsent == 1 { "was" } else { "were" });
    let again = report.left > 0 || settled.iter().any(|one| one.state == MailState::Failed);
    let hint = if again {
        "run it again; see what became of each with 'lic notify history'"
    } else {
        "nothing is left to try; see what became of each with 'lic notify history'"
    };
    Err(Failure::new(exit::PARTLY, message).hint(hint))
}

fn about(one: &Settled) -> String {
    match &one.customer {
        Some(customer) => format!("({customer}, {})", count(u32::try_from(one.licenses).unwrap_or(u32::MAX), "license")),
        None => "(digest)".into(),
    }
}

fn mails(number: usize) -> String {
    count(u32::try_from(number).unwrap_or(u32::MAX), "mail")
}

fn rehearse(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    warn(&authority, session)?;
    let at = args.as_of.map_or_else(|| session.now(), Date::start);
    let composer = Composer::new(&authority.settings, authority.home.path())?;
    let due = authority.mails_due(&composer, at)?.into_iter();
    let views: Vec<PlannedView> = due.map(|(planned, subject)| PlannedView::new(&planned, subject, at)).collect();
    if args.metrics.is_some() {
        session.note("no figures are written (dry run)");
    }
    let footer =
        (!views.is_empty()).then(|| format!("{} would go; see how one reads with 'lic mail preview'", mails(views.len())));
    session.list(&views, "no mail would go", footer)
}
