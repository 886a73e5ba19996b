//! `lic show`: one license with its terms, revisions, history and key.

use std::path::{Path, PathBuf};

use crate::authority::{Authority, Error, find};
use crate::cli::args::parse_moment;
use crate::cli::commands::saving::save_page;
use crate::cli::commands::verify::read_key;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::certificate::{self, CertificatePage};
use crate::cli::views::history::{EventView, RevisionView};
use crate::cli::views::license::{LicenseDetail, OlderSystem, Parts};
use crate::ledger::LicenseRecord;
use crate::license::{Standing, Terms, Timestamp};
use crate::render::page::Page;
use crate::token::{self, armour};

/// Show one license: its terms, revisions and key
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic show LIC-7QK3-M2ZD --history
  lic show 7QK
  lic show LIC-7QK3-M2ZD --key > acme.lic
  lic show LIC-7QK3-M2ZD --html acme.html")]
pub struct Args {
    /// The license: its id, a beginning of it that only one has, a key, or a file that holds a key
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    license: String,
    /// Everything that happened to it
    #[arg(long)]
    history: bool,
    /// Only the key, ready to send
    #[arg(long, conflicts_with = "history")]
    key: bool,
    /// Write a certificate to be printed, with the key as text and as a QR code, to this file, or print it with -
    #[arg(long, value_name = "FILE", conflicts_with_all = ["history", "key"], value_hint = clap::ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// Write over the file where it is there already
    #[arg(long, requires = "html")]
    replace: bool,
    /// The moment to tell the status for: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let record = find_license(&args.license, &authority, session)?;
    let tables = authority.read();
    let missing = || Error::UnknownLicense(record.id.to_string());
    let key = tables.key_text(record.id, record.rev)?;
    if args.key {
        let Some(key) = key else { return Err(no_key(&record)) };
        let terms = tables.terms(record.id, record.rev)?.ok_or_else(missing)?;
        tell_if_for_one(&key, &terms, session);
        return session.data(armour::wrap(&key).as_bytes());
    }
    let at = args.at.unwrap_or_else(|| session.now());
    let decided = tables.standing(record.id)?.filter(|newest| newest.standing != Standing::Good);
    if let Some(file) = &args.html {
        let Some(key) = key else { return Err(no_key(&record)) };
        let terms = tables.terms(record.id, record.rev)?.ok_or_else(missing)?;
        tell_if_for_one(&key, &terms, session);
        let revisions = tables.revisions(record.id)?;
        let revision = revisions.iter().find(|one| one.rev == record.rev).ok_or_else(missing)?;
        let vendor = tables.authority()?.map(|authority| authority.name).unwrap_or_default();
        let decided = decided.as_ref();
        let parts = certificate::Parts { vendor: &vendor, record: &record, terms: &terms, revision, key: &key, decided, at };
        return save_page(Page::Certificate, &CertificatePage::new(&parts), file, args.replace, session);
    }
    let older_system = tables.foreign(record.id)?.map(OlderSystem::new);
    let terms = tables.terms(record.id, record.rev)?.ok_or_else(missing)?;
    let revisions = tables.revisions(record.id)?.iter().map(RevisionView::new).collect();
    let history = if args.history { tables.history(record.id)?.iter().map(EventView::new).collect() } else { Vec::new() };
    let parts = Parts { decided, revisions, history, key, older_system };
    session.detail(&LicenseDetail::new(&record, &terms, parts, at))
}

/// Says of a key that answered the request of one machine that the others have keys of their own.
fn tell_if_for_one(key: &str, terms: &Terms, session: &mut Session<'_>) {
    let Ok((_, claims)) = token::inspect(key.as_bytes()) else { return };
    if let [machine] = claims.machines.bound.as_slice()
        && terms.machines.bound.len() > 1
    {
        session.warn(&format!("this key is for {machine} alone, which asked for it: the other machines keep theirs"));
    }
}

/// Of a license of an older system, for which nothing was signed yet.
fn no_key(record: &LicenseRecord) -> Failure {
    let system = record.foreign.as_deref().unwrap_or("an older system");
    Failure::failed(format!("license {} was taken over from {system} and has no key of ours yet", record.id))
        .hint("sign one with 'lic migrate-from csv FILE --map FILE --issue-new-keys', or renew it")
}

/// The license that a person named by its id, a beginning of it, a key, or a file that holds one.
pub fn find_license(named: &str, authority: &Authority, session: &mut Session<'_>) -> Result<LicenseRecord, Failure> {
    let is_key = named == "-" || named.starts_with("eyJ") || named.ends_with(".lic") || session.path(Path::new(named)).is_file();
    if !is_key {
        return Ok(find::license(&authority.read(), named)?);
    }
    let pasted = read_key(session, Path::new(named))?;
    let (_, claims) = token::inspect(&pasted).map_err(|refusal| Failure::failed(refusal.to_string()))?;
    let record = find::license(&authority.read(), &claims.jti.to_string())?;
    let recorded = authority.read().key_text(record.id, claims.rev)?;
    let same = recorded.is_some_and(|key| token::inspect(key.as_bytes()).is_ok_and(|(_, known)| known == claims));
    if same && claims.rev < record.rev {
        session.warn(&format!("this key is revision {}, not the newest: that is {}", claims.rev, record.rev));
    }
    if !same {
        session.warn("this key is not the one that the ledger recorded; 'lic verify' tells more");
    }
    Ok(record)
}
