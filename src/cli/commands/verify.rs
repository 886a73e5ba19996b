//! `lic verify`: whether a key is good, and if not, why not.

mod advice;
pub mod place;
mod record;
pub mod trust;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::authority::{Authority, Error};
use crate::cli::args::parse_moment;
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::license;
use crate::cli::views::verdict::VerdictView;
use crate::license::{LicenseType, Slug, Standing, Status, Timestamp};
use crate::render::{Format, escape};
use crate::token::{KeySet, LARGEST_TEXT, Outcome, SeenLists, Verdict, Verifier};
use advice::advice;
use place::PlaceArgs;
use trust::{ListArgs, read_keys};

/// Check a key offline and say why it is refused
///
/// With --keys nothing but that file is read: this is the check that a customer's program makes. Without it, the keys
/// and the ledger of the authority are used, so that a key that was never issued here is found out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 the key is valid, 3 it is not.

Examples:
  lic verify acme-pro.lic --explain
  lic verify acme-pro.lic --keys vendor.pem --product cockpit --at 2027-12-01
  lic verify acme-pro.lic --keys vendor.jwks --status-list 0.jwt
  lic verify acme-pro.lic --keys vendor.pem --machine this --state acme-pro.state
  lic verify - -o json < mail.txt")]
pub struct Args {
    /// The key, a file that holds it, or - for standard input
    #[arg(value_name = "KEY|FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    key: PathBuf,
    /// Trust the public keys in this file (PEM or JWKS) and nothing else
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    keys: Option<PathBuf>,
    /// The key must be for this product
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// The key must belong to this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<Slug>,
    /// The key must grant this feature (repeatable)
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<Slug>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    lists: ListArgs,
    /// The moment to check for: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
    /// Show every check, not only the outcome
    #[arg(long)]
    explain: bool,
    /// Put a key that was not issued here on record, so that 'lic dashboard' tells of it
    #[arg(long, conflicts_with_all = ["keys", "at"])]
    record: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let at = args.at.unwrap_or_else(|| session.now());
    let pasted = read_key(session, &args.key)?;
    let place = args.place.find(session, &pasted, args.product.as_ref());
    let (mut verdict, verifier) = if let Some(path) = &args.keys {
        let keys = args.lists.with_keys(read_keys(KeySet::parse, path, session)?, session)?;
        let verifier = args.lists.offer(place.ask(verifier(keys, &args), SeenLists::new()), session)?;
        (verifier.examine(&pasted, at), verifier)
    } else {
        let authority = if args.record { session.writing()? } else { open_for_keys(session)? };
        let keys = args.lists.with_keys(authority.key_set()?, session)?;
        let verifier = place.ask(verifier(keys, &args), authority.published_lists()?);
        let verifier = args.lists.offer(verifier, session)?;
        // Where no list is given, the ledger itself tells how the license stands.
        let verifier = if args.lists.are_given() { verifier } else { verifier.without_status_list() };
        let mut verdict = verifier.examine(&pasted, at);
        authority.add_ledger_checks(&mut verdict, &pasted)?;
        record::tell(&args, authority, &verdict, &pasted, session)?;
        (verdict, verifier)
    };
    place.judge(&mut verdict, at);
    // What is asked of another moment was not seen now.
    if args.at.is_none() {
        place.keep(session, &verdict, &verifier, at);
    }
    let shown = show(session, args.explain, &verdict, at);
    // Also where the reader has gone: the exit code is the verdict.
    if verdict.is_valid() { shown } else { Err(Failure::silent(exit::NOT_VALID)) }
}

fn verifier(keys: KeySet, args: &Args) -> Verifier {
    let mut verifier = match &args.product {
        Some(product) => Verifier::new(keys, product.clone()),
        None => Verifier::for_any_product(keys),
    };
    if let Some(customer) = &args.customer {
        verifier = verifier.customer(customer.clone());
    }
    args.feature.iter().cloned().fold(verifier, Verifier::feature)
}

fn show(session: &mut Session<'_>, explain: bool, verdict: &Verdict, at: Timestamp) -> Result<(), Failure> {
    let claims = verdict.claims.as_ref().filter(|_| verdict.is_valid());
    let status = claims.map(|claims| claims.validity().status(Standing::Good, at));
    let view = VerdictView::new(verdict, status, at);
    match session.format() {
        Format::Table => {}
        // What has no room for a list inside an object gives the list itself.
        Format::Csv | Format::Tsv | Format::Markdown if explain => return session.list(view.checks(), "", None),
        _ => return session.detail(&view),
    }
    let styles = session.output_styles();
    let mut lines = String::new();
    for result in &verdict.checks {
        if !explain && !matches!(result.outcome, Outcome::Failed | Outcome::Warned) {
            continue;
        }
        let mark = match result.outcome {
            Outcome::Passed => styles.good("✓"),
            Outcome::Failed => styles.bad("✗"),
            Outcome::Warned => styles.careful("!"),
            Outcome::Skipped => styles.faint("·"),
        };
        let _ = writeln!(lines, "{mark} {:<11} {}", result.check.as_str(), escape::human(&result.detail));
    }
    match verdict.failure() {
        None => {
            let _ = writeln!(lines, "{} valid: {}", styles.good("✓"), granted(verdict, status));
        }
        Some(failure) => {
            let Some(reason) = failure.reason else { return Err(Failure::silent(exit::NOT_VALID)) };
            let code = reason.as_str().replace('-', " ");
            let id = verdict.claims.as_ref().map_or_else(|| "the license".into(), |claims| claims.jti.to_string());
            let _ = writeln!(lines, "  {} {code}. {}", styles.strong("not valid:"), advice(reason, &id));
        }
    }
    session.data(lines.as_bytes())
}

fn granted(verdict: &Verdict, status: Option<Status>) -> String {
    let Some(claims) = &verdict.claims else { return String::new() };
    let until = license::until(claims.validity().ends);
    let status = status.map_or("", Status::as_str);
    let kind = if claims.kind == LicenseType::Commercial { String::new() } else { format!("{} · ", claims.kind) };
    let line = format!(
        "{}  {} · {} · {} · {kind}{until} · {status}",
        claims.jti,
        claims.customer,
        claims.tier,
        license::seats(claims.seats)
    );
    escape::human(&line).into_owned()
}

/// The key as given: a file, `-`, or the key itself on the command line.
pub fn read_key(session: &mut Session<'_>, given: &Path) -> Result<Vec<u8>, Failure> {
    let text = given.to_string_lossy();
    if text.starts_with("eyJ") && !session.path(given).exists() {
        return Ok(text.into_owned().into_bytes());
    }
    // One byte more than any key, so that the verifier itself refuses what is too large.
    session.read_start(given, LARGEST_TEXT as u64 + 1)
}

fn open_for_keys(session: &mut Session<'_>) -> Result<Authority, Failure> {
    let home = session.home();
    Authority::open(home, crate::ledger::Access::ReadOnly).map_err(|error| match error {
        Error::NoAuthority(_) => Failure::from(error).hint("give the vendor's public keys: lic verify KEY --keys vendor.pem"),
        other => other.into(),
    })
}
