//! `lic audit prove` and `lic audit check`: that a license is in the log, for somebody who has only the log's public key.

use std::path::PathBuf;

use super::{read_text, read_verifier_key, with_log_key, write_out};
use crate::audit::ProofFile;
use crate::audit::proof_file::LARGEST_PROOF;
use crate::authority::Authority;
use crate::cli::args::whole;
use crate::cli::commands::show::find_license;
use crate::cli::error::{Failure, exit};
use crate::cli::session::{Session, shown_path};
use crate::cli::views::audit::{LogEventView, ProvedView};
use crate::ledger::{Event, EventNumber};
use crate::render::{Format, escape};

/// Prove that a license, or any event, is in the log
///
/// The proof holds the event itself, its place, the Merkle path and a signed checkpoint (c2sp.org/tlog-proof). A third party
/// checks it with the log's public key and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic audit prove LIC-7QK3-M2ZD --out acme.tlog-proof
  lic audit prove --event 12 > event.tlog-proof
  lic audit check acme.tlog-proof --key KEY")]
pub struct ProveArgs {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", required_unless_present = "event", add = crate::cli::complete::licenses())]
    license: Option<String>,
    /// This revision of it [default: the newest]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = whole::<1, { u32::MAX }>)]
    rev: Option<u32>,
    /// The event with this number in place of a license
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["license", "rev"])]
    event: Option<u64>,
    /// Write the proof to this new file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
}

/// Check a proof as a third party does: with the log's public key alone
///
/// Needs no authority. Shows the event, which is genuine where the proof holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic audit check acme.tlog-proof --key auditor.vkey
  lic audit check - --key 'vendor.example+870d8441+AQOh…' --json < acme.tlog-proof")]
pub struct CheckArgs {
    /// The proof: a file, or - for standard input
    #[arg(value_name = "PROOF", value_hint = clap::ValueHint::FilePath)]
    proof: PathBuf,
    /// The public key of the log, or a file that holds it: 'lic key export --purpose log --format vkey'
    #[arg(long, value_name = "KEY|FILE")]
    key: String,
}

pub fn prove(args: &ProveArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let (authority, key) = with_log_key(session)?;
    let number = wanted(args, &authority, session)?;
    let Some(key) = key else { return Ok(()) };
    let proof = authority.prove(number, &key)?.to_string();
    if let Some(file) = write_out(&proof, args.out.as_ref(), session)? {
        session.done(
            &format!("save the proof of event {number} as {file}"),
            &format!("saved the proof of event {number} as {file}"),
        );
        if session.globals.dry_run {
            return Ok(());
        }
        session
            .hint(&format!("anybody checks it: lic audit check {file} --key KEY ('lic key export --purpose log --format vkey')"));
    }
    Ok(authority.close()?)
}

/// The event that is to be proved.
fn wanted(args: &ProveArgs, authority: &Authority, session: &mut Session<'_>) -> Result<EventNumber, Failure> {
    if let Some(place) = args.event {
        let last = authority.read().last_event()?;
        let number = EventNumber::new(place).filter(|_| place <= last);
        return number.ok_or_else(|| {
            Failure::new(exit::NOT_FOUND, format!("there is no event {place}: the log has {last}"))
                .hint("see them with 'lic audit log'")
        });
    }
    let license = find_license(args.license.as_deref().unwrap_or_default(), authority, session)?;
    let rev = args.rev.unwrap_or(license.rev);
    let revisions = authority.read().revisions(license.id)?;
    let revision = revisions.iter().find(|revision| revision.rev == rev);
    revision.map(|revision| revision.event).ok_or_else(|| {
        Failure::new(exit::NOT_FOUND, format!("{} has no revision {rev}: the newest is {}", license.id, license.rev))
            .hint(format!("see them with 'lic show {}'", license.id))
    })
}

pub fn check(args: &CheckArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let key = read_verifier_key(&args.key, session)?;
    let text = read_text(&args.proof, LARGEST_PROOF, session)?;
    let named = |why: String| Failure::failed(format!("{}: {}", shown_path(&args.proof), escape::human(&why)));
    let unreadable =
        |why: String| named(format!("this is no proof: {why}")).hint("ask for it again; it must be sent as a file, whole");
    let proof: ProofFile = text.parse().map_err(|why: crate::audit::proof_file::InvalidProofFile| unreadable(why.to_string()))?;
    let (checkpoint, entry) = proof
        .check(std::slice::from_ref(&key))
        .map_err(|why| named(why.to_string()).hint("trust nothing in it, and ask whoever gave it to you"))?;
    let event: Event = serde_json::from_slice(entry).map_err(|_| {
        named("the proof holds, but this program cannot read the event".into()).hint("use a lic as new as the one that made it")
    })?;
    if event.number.get().checked_sub(1) != Some(proof.index) {
        return Err(named(format!(
            "the event calls itself {} and stands at place {}",
            event.number,
            proof.index.saturating_add(1)
        )));
    }
    if session.format() == Format::Table {
        let mark = session.output_styles().good("✓");
        let held = format!("event {} is in the log '{}' of {} events", event.number, checkpoint.origin(), checkpoint.size());
        session.data(format!("{mark} {}\n\n", escape::human(&held)).as_bytes())?;
    }
    session.detail(&ProvedView::new(LogEventView::new(&event, None), &checkpoint))
}
