//! `lic status`: status lists, by which customers' programs learn that a license was revoked or suspended.

use std::path::PathBuf;

use clap::Subcommand;

use crate::authority::status::{Publication, Published, USUAL_TTL};
use crate::authority::{Authority, Mode, find};
use crate::cli::args::{parse_moment, parse_span};
use crate::cli::commands::verify::trust::{read_keys, read_list, with_status_keys};
use crate::cli::error::{Failure, exit};
use crate::cli::session::{Session, shown_path};
use crate::cli::views::license::count;
use crate::cli::views::status_list::{ListView, Looked, PublishedView};
use crate::license::Timestamp;
use crate::license::time::DAY;
use crate::render::escape;
use crate::token::{KeySet, MOST_RELEASED, SHARD, SeenLists, StatusList, StatusRef};

/// Publish status lists of what was revoked: publish, show
///
/// A status list is a signed file that says which licenses were revoked or suspended, for programs that cannot ask the
/// ledger. Licenses name their list where lic.toml has an address under [status].
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Publish(PublishArgs),
    Show(ShowArgs),
}

/// Write the newest status lists into a folder, for any web server to hand out
///
/// Every list is written anew, whole or not at all, under a number that only grows. No passphrase is needed, and any
/// operator may do it: for a timer, add an operator of its own with the role viewer, who needs to write in the home.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic status publish --out /srv/www/status
  lic status publish --out /srv/www/status --as cron --quiet")]
struct PublishArgs {
    /// The folder that is published at the address in lic.toml; made where it is not there
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
    /// How long a copy may be kept before it is fetched again, in minutes, hours or days: 30min, 12h, 1d [default: 12h]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    ttl: Option<i64>,
    /// How long the lists count: 12h, 7d, 2w [default: 7d, or a day more than the longest offline_days of a tier]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    valid: Option<i64>,
}

/// Show what a status list says, and whether it counts
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 the list counts, 3 it does not.

Examples:
  lic status show 0.jwt
  lic status show 0.jwt --license LIC-7QK3-M2ZD
  lic status show 0.jwt --index 4711 --keys vendor.jwks")]
struct ShowArgs {
    /// The status list, or - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// How the license at this place stands
    #[arg(long, value_name = "NUMBER", conflicts_with = "license")]
    index: Option<u64>,
    /// How this license stands
    #[arg(long, value_name = "LICENSE")]
    license: Option<String>,
    /// Trust the public keys in this file (PEM or JWKS) and nothing else
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    keys: Option<PathBuf>,
    /// The moment to check for: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Publish(args) => publish(&args, session),
        Action::Show(args) => show(&args, session),
    }
}

fn publish(args: &PublishArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let ttl = args.ttl.map_or(Ok(USUAL_TTL), u32::try_from).map_err(|_| Failure::usage("--ttl is too long"))?;
    if args.valid.is_some_and(|valid| valid < i64::from(ttl)) {
        return Err(Failure::usage("--valid is shorter than --ttl: programs would keep lists that no longer count")
            .hint("give a shorter --ttl too"));
    }
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let folder = session.path(&args.out);
    let publication = Publication { folder: &folder, ttl, validity: args.valid };
    let mode = if session.globals.dry_run { Mode::Rehearse } else { Mode::Commit };
    let at = session.now();
    let published = authority.publish_status(&actor, &publication, at, &mut *session.world.entropy, mode)?;
    tell(&published, session);
    if session.is_format_given() {
        let views: Vec<PublishedView> = published.lists.iter().map(|list| PublishedView::new(list, &published)).collect();
        session.list(&views, "", None)?;
    }
    Ok(authority.close()?)
}

/// Says what was published, and what is different from before.
fn tell(published: &Published, session: &mut Session<'_>) {
    let (number, until) = (published.number, published.expires);
    session.done(
        &format!("publish status list {number}, good until {until}"),
        &format!("published status list {number}, good until {until}"),
    );
    for list in &published.lists {
        let changed = match list.before {
            None => "new".to_owned(),
            Some((before, 0)) => format!("nothing changed since list {before}"),
            Some((before, changed)) => format!("{changed} changed since list {before}"),
        };
        let (revoked, suspended) = (list.tally.revoked, list.tally.suspended);
        let file = session.shorten(&list.file);
        let released = match list.released {
            0 => String::new(),
            released => format!(", {} given back", count(released, "seat")),
        };
        session.note(&format!("{file}  {revoked} revoked, {suspended} suspended{released}; {changed}"));
    }
    if published.left_out > 0 {
        let licenses = count(published.left_out, "license");
        session.warn(&format!(
            "the lists name at most {MOST_RELEASED} machines each: those that gave back seats of {licenses} long ago are left out"
        ));
    }
    if let Some(days) = published.outlasted {
        let counted = (published.expires.seconds() - published.issued.seconds()) / DAY;
        session.warn(&format!("a tier allows {days} days offline, yet the lists expire after {counted}: give a longer --valid"));
    }
}

fn show(args: &ShowArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    // With keys from a file, the list is judged as a customer's program judges it; else by the ledger too.
    let by_ledger = args.keys.is_none();
    let authority = if by_ledger || args.license.is_some() { Some(session.reading()?) } else { None };
    let text = read_list(&args.file, session)?;
    let named = |why: &str| Failure::new(exit::NOT_VALID, format!("{}: {}", shown_path(&args.file), escape::human(why)));
    let (kid, claims, statuses) = StatusList::inspect(&text).map_err(|refusal| named(&refusal.detail))?;
    let (keys, seen) = match (&args.keys, &authority) {
        // Whatever the file calls its keys, they are meant for this list.
        (Some(path), _) => match read_keys(KeySet::parse, path, session)? {
            keys if keys.status_keys().next().is_some() => (keys, SeenLists::new()),
            _ => (with_status_keys(KeySet::new(), path, session)?, SeenLists::new()),
        },
        (None, Some(authority)) => (authority.key_set()?, authority.published_lists()?),
        (None, None) => (KeySet::new(), SeenLists::new()),
    };
    let at = args.at.unwrap_or_else(|| session.now());
    let judged = StatusList::open(&text, &keys).and_then(|list| list.check_time(at).and_then(|()| seen.check(&list)));
    let place = match (&args.license, &authority) {
        (Some(license), Some(authority)) => Some(place_of(license, &claims.sub, authority)?),
        _ => args.index,
    };
    let looked = place.map(|place| Looked { place, standing: statuses.get(place) });
    if judged.is_err() {
        session.warn("this list does not count: a program refuses it");
    }
    session.detail(&ListView::new(&kid, &claims, &statuses, judged.as_ref().err(), looked))?;
    judged.map_err(|_| Failure::silent(exit::NOT_VALID))
}

/// The place of a license in the list at this address.
fn place_of(license: &str, uri: &str, authority: &Authority) -> Result<u64, Failure> {
    let record = find::license(&authority.read(), license)?;
    let shard = record.status_index / SHARD;
    match authority.settings.status.uri.as_ref().map(|base| crate::authority::status::reference(base, record.status_index)) {
        Some(StatusRef { uri: own, .. }) if own != uri => {
            Err(Failure::new(exit::NOT_FOUND, format!("{} is in another list: {own}", record.id)))
        }
        None if !uri.ends_with(&format!("/{shard}.jwt")) => {
            Err(Failure::new(exit::NOT_FOUND, format!("{} is in another list: number {shard}", record.id)))
        }
        _ => Ok(record.status_index % SHARD),
    }
}
