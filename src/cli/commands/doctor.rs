//! `lic doctor`: what is wrong, and the command that mends it.

use std::fmt::Write;
use std::path::PathBuf;

use crate::authority::doctor::{Finding, Level, Patient};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::finding::FindingView;
use crate::cli::views::license::count;
use crate::render::{Format, escape};

/// Look for what is wrong with the authority, and say how to mend it
///
/// Reads and changes nothing: settings, file modes, the clock, the ledger against its own log, the signing keys, backups. A
/// ledger of more than 100,000 events is replayed only with --deep.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 nothing is wrong, or there are warnings only; 1 an error was found.

Examples:
  lic doctor
  lic doctor -q --deep
  lic doctor -o json")]
pub struct Args {
    /// Replay the log however long it is
    #[arg(long)]
    deep: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let patient = Patient::open(session.home(), session.now())?;
    let findings = patient.thorough(args.deep).passphrase_files(passphrase_files(session)).examine();
    let shown = show(&findings, session);
    // Also where the reader has gone: the exit code is the answer.
    if findings.iter().any(|finding| finding.level == Level::Error) { Err(Failure::silent(exit::FAILED)) } else { shown }
}

/// The files that passphrases are read from where no flag names one. Those of the service manager are its own business.
fn passphrase_files(session: &Session<'_>) -> Vec<PathBuf> {
    let world = &session.world;
    world.variable("LIC_PASSPHRASE_FILE").map(|path| world.folder.join(path)).into_iter().collect()
}

fn show(findings: &[Finding], session: &mut Session<'_>) -> Result<(), Failure> {
    if session.format() != Format::Table {
        let views: Vec<FindingView> = findings.iter().map(FindingView::new).collect();
        return session.list(&views, "", None);
    }
    let styles = session.output_styles();
    let mut lines = String::new();
    for finding in findings {
        let mark = match finding.level {
            Level::Ok if session.globals.quiet => continue,
            Level::Ok => styles.good("✓"),
            Level::Warning => styles.careful("!"),
            Level::Error => styles.bad("✗"),
        };
        let _ = writeln!(lines, "{mark} {:<9} {}", finding.area, escape::human(&finding.what));
        if let Some(mend) = &finding.mend {
            let _ = writeln!(lines, "  {:<9} {} {}", "", styles.faint("→"), escape::human(mend));
        }
    }
    if !session.globals.quiet {
        let _ = writeln!(lines, "  {}", summary(findings));
    }
    session.data(lines.as_bytes())
}

fn summary(findings: &[Finding]) -> String {
    let number = |level| u32::try_from(findings.iter().filter(|one| one.level == level).count()).unwrap_or(u32::MAX);
    match (number(Level::Error), number(Level::Warning)) {
        (0, 0) => "nothing is wrong".into(),
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}
