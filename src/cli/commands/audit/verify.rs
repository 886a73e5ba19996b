//! `lic audit verify`: whether anything was tampered with.

use std::fmt::Write;
use std::path::PathBuf;

use super::{read_text, read_verifier_key};
use crate::audit::Checkpoint;
use crate::audit::note::LARGEST_NOTE;
use crate::authority::Authority;
use crate::authority::audit::LogReport;
use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};
use crate::cli::views::audit::ReportView;
use crate::render::{Format, escape};

/// Check the ledger: replay every event and compare
///
/// Every event is hashed and replayed into a scratch ledger, every row of every table is compared with what comes out, and
/// the file is checked. What this cannot see is a ledger that was rewritten as a whole: that takes --against.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 everything is as it was written, 1 it is not.

Examples:
  lic audit verify
  lic audit verify --against 2026-11.checkpoint
  lic audit verify --against old.checkpoint --key auditor.vkey --json")]
pub struct Args {
    /// Prove that history only grew since this checkpoint: a file, or - for standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    against: Option<PathBuf>,
    /// The key that must have signed the checkpoint, or a file that holds it [default: the log keys of the ledger]
    #[arg(long, value_name = "KEY|FILE", requires = "against")]
    key: Option<String>,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let older = older(args, &authority, session)?;
    let all = authority.read().head()?.size();
    let report = authority.check_log(older.as_ref(), |number| session.progress("replayed event", number.get(), all))?;
    let shown = show(&report, older.as_ref(), session);
    if report.findings.is_empty() {
        shown?;
        return Ok(authority.close()?);
    }
    // Also where the reader has gone: the exit code tells.
    let first = report.findings.first().map_or("", String::as_str);
    // A person has read it in the lines above.
    let what = if session.is_table() { String::new() } else { format!(": {}", escape::human(first)) };
    Err(Failure::failed(format!("the ledger is not as it was written{what}"))
        .hint("keep a copy of it as it is, find out who could write the file, and restore a backup"))
}

/// The checkpoint that was given, if it is one of this log.
fn older(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<Option<Checkpoint>, Failure> {
    let Some(path) = &args.against else { return Ok(None) };
    let keys = match &args.key {
        Some(given) => vec![read_verifier_key(given, session)?],
        None => authority.log_keys()?,
    };
    let text = read_text(path, LARGEST_NOTE, session)?;
    if keys.is_empty() {
        return Err(Failure::failed("the ledger has no key that signs checkpoints, so this one is not of it")
            .hint("give the key that signed it with --key"));
    }
    let named = |why: String| format!("{}: {}", shown_path(path), escape::human(&why));
    let checkpoint = Checkpoint::open(&text, &keys).map_err(|why| {
        Failure::failed(named(why.to_string())).hint("take a checkpoint of this authority, whole, or name its key with --key")
    })?;
    let origin = authority.log_origin()?;
    if checkpoint.origin() != origin {
        let why = format!("the checkpoint is of the log '{}', and not of '{origin}'", checkpoint.origin());
        return Err(Failure::failed(named(why)).hint("name the home of that authority with --home"));
    }
    Ok(Some(checkpoint))
}

fn show(report: &LogReport, older: Option<&Checkpoint>, session: &mut Session<'_>) -> Result<(), Failure> {
    let view = ReportView::new(report, older);
    if session.format() != Format::Table {
        return session.detail(&view);
    }
    let styles = session.output_styles();
    let mut lines = String::new();
    for finding in &report.findings {
        let _ = writeln!(lines, "{} {}", styles.bad("✗"), escape::human(finding));
    }
    if report.findings.is_empty() {
        let good = styles.good("✓");
        let _ = writeln!(lines, "{good} {} events, none missing and none changed; the tables say what they say", report.events);
        if let Some(older) = older {
            let _ = writeln!(lines, "{good} history only grew since the checkpoint of {} events", older.size());
        }
        let _ = writeln!(lines, "  root {}", report.root_text());
    }
    session.data(lines.as_bytes())
}
