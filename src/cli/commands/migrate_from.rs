//! `lic migrate-from`: the licenses of an older system.

use std::path::PathBuf;

use clap::Subcommand;

use crate::authority::csv_import::Problem;
use crate::authority::settings::SettingsError;
use crate::authority::signer::{Signer, purpose};
use crate::authority::takeover::mapping::{Mapping, TEMPLATE};
use crate::authority::takeover::rows;
use crate::authority::takeover::{TakenOver, Takeover, TakeoverError};
use crate::authority::{Actor, Authority, Mode};
use crate::cli::args::SigningArgs;
use crate::cli::commands::saving::Destination;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::{Session, shown_path};
use crate::cli::views::issued::summary;
use crate::cli::views::license::count;
use crate::cli::views::taken_over::TakenOverView;
use crate::license::{Contact, LicenseType};
use crate::mail::address;

/// The largest file that is read, and the largest mapping.
const LARGEST: u64 = 256 * 1024 * 1024;
const LARGEST_MAP: u64 = 1024 * 1024;
/// How many problems, and how many licenses, are told one by one.
const TOLD: usize = 20;

/// Take over the licenses of an older system
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    Csv(CsvArgs),
}

/// Take over licenses from a CSV file, all or none
///
/// They are recorded under ids of our own, without a key of ours, and are marked as foreign until one is signed. A license
/// is known again by its number: the same file twice changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic migrate-from csv --template > map.toml
  lic migrate-from csv licenses.csv --map map.toml --dry-run
  lic migrate-from csv licenses.csv --map map.toml --issue-new-keys --out keys/")]
struct CsvArgs {
    /// The CSV file, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "template", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// What its columns and words mean
    #[arg(long, value_name = "FILE", required_unless_present = "template", value_hint = clap::ValueHint::FilePath)]
    map: Option<PathBuf>,
    /// Print a mapping to start with
    #[arg(long, conflicts_with_all = ["file", "map", "issue_new_keys", "out"])]
    template: bool,
    /// Sign a key for each license that has none of ours and is not over
    #[arg(long)]
    issue_new_keys: bool,
    /// Save the new keys into this folder, or print them with -
    #[arg(long, value_name = "FOLDER|-", requires = "issue_new_keys", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let Source::Csv(args) = args.source;
    let (Some(file), Some(map)) = (&args.file, &args.map) else {
        return session.data(TEMPLATE.as_bytes());
    };
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    authority.check_may_take_over(&actor)?;
    let bytes = session.read_input(map, LARGEST_MAP)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::failed(format!("{} is not UTF-8 text", shown_path(map))))?;
    let mapping = Mapping::parse(&text, map).map_err(|why: SettingsError| Failure::from(why))?;
    let bytes = session.read_input(file, LARGEST)?;
    let shown = shown_path(file);
    let parse = |text: &str| address::check(text).map(Contact::from).map_err(|why| why.to_string());
    let rows = rows::read(&bytes, &mapping, &parse).map_err(|problems| refuse(&shown, &problems, session))?;
    // Tried first: nobody types a passphrase for a file that is not taken.
    let takeover = Takeover { mapping: &mapping, rows: &rows, signer: None };
    let tried = take(&mut authority, &actor, &takeover, Mode::Rehearse, &shown, session)?;
    let wanted = tried.iter().filter(|one| one.wants_key).count();
    let taken = if session.globals.dry_run {
        tried
    } else {
        let signer = signer(&args, wanted, &authority, &actor, session)?;
        take(&mut authority, &actor, &Takeover { signer: signer.as_ref(), ..takeover }, Mode::Commit, &shown, session)?
    };
    authority.close()?;
    tell(&taken, &args, session);
    save(&taken, &args, session)
}

/// The key that signs, where keys are wanted and any license wants one; whether they can be saved is made sure first.
fn signer(
    args: &CsvArgs,
    wanted: usize,
    authority: &Authority,
    actor: &Actor,
    session: &mut Session<'_>,
) -> Result<Option<Signer>, Failure> {
    if !args.issue_new_keys || wanted == 0 {
        return Ok(None);
    }
    if let Some(out) = &args.out {
        // For many keys, even where one row is left: a folder.
        Destination::of(Some(out), 2, authority, session).check(2)?;
    }
    authority.check_may_issue(actor, LicenseType::Commercial)?;
    Ok(Some(authority.unlock(actor, purpose(LicenseType::Commercial), &mut Asking::new(session, &args.signing))?))
}

fn take(
    authority: &mut Authority,
    actor: &Actor,
    takeover: &Takeover<'_>,
    mode: Mode,
    shown: &str,
    session: &mut Session<'_>,
) -> Result<Vec<TakenOver>, Failure> {
    let at = session.now();
    authority.take_over(actor, takeover, at, mode, &mut *session.world.entropy).map_err(|error| match error {
        TakeoverError::Rows(problems) => refuse(shown, &problems, session),
        TakeoverError::Other(error) => error.into(),
    })
}

/// Tells every bad row, up to a screenful, and refuses the file.
fn refuse(file: &str, problems: &[Problem], session: &mut Session<'_>) -> Failure {
    for problem in problems.iter().take(TOLD) {
        session.warn(&format!("{file}: {problem}"));
    }
    let more = problems.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!(" ({more} more like these)") };
    let number = u32::try_from(problems.len()).unwrap_or(u32::MAX);
    Failure::failed(format!("{file} has {}{more}; nothing was taken over", count(number, "problem")))
        .hint("mend the file or the mapping, and try it with --dry-run")
}

fn tell(taken: &[TakenOver], args: &CsvArgs, session: &mut Session<'_>) {
    let today = session.now().date();
    let number = |fits: &dyn Fn(&TakenOver) -> bool| taken.iter().filter(|one| fits(one)).count();
    let new: Vec<&TakenOver> = taken.iter().filter(|one| !one.known).collect();
    for one in new.iter().take(TOLD) {
        // Ids are drawn anew when it is done in earnest.
        let id = if session.globals.dry_run { String::new() } else { format!("{}  ", one.id) };
        session.note(&format!("+ {id}{}  {}", one.reference, summary(&one.customer.name, &one.terms, today)));
    }
    if new.len() > TOLD {
        session.note(&format!("… and {} more", new.len() - TOLD));
    }
    let plural = |number: usize, noun: &str| count(u32::try_from(number).unwrap_or(u32::MAX), noun);
    let (known, added) = (number(&|one| one.known), number(&|one| one.customer_added));
    let keys = if args.issue_new_keys { number(&|one| one.wants_key) } else { 0 };
    let customers = if added == 0 { String::new() } else { format!(", with {}", plural(added, "new customer")) };
    let before = if known == 0 { String::new() } else { format!("; {known} known from before") };
    let licenses = plural(new.len(), "license");
    let signed = |verb: &str| if keys == 0 { String::new() } else { format!(", and {verb} {}", plural(keys, "key")) };
    if new.is_empty() && keys == 0 {
        session.note(&format!("all {} are known from before: nothing to change", plural(known, "license")));
    } else {
        let would = format!("take over {licenses}{customers}{}{before}", signed("sign"));
        session.done(&would, &format!("took over {licenses}{customers}{}{before}", signed("signed")));
    }
    let without = number(&|one| one.wants_key && one.issued.is_none());
    if !args.issue_new_keys && without > 0 {
        session.hint("they have no key of ours yet: run it again with --issue-new-keys");
    } else if keys > 0 && args.out.is_none() && !session.globals.dry_run {
        session.hint("print a key with 'lic show LICENSE --key'");
    }
}

/// Saves the new keys, where they are wanted, and shows the licenses where data is.
fn save(taken: &[TakenOver], args: &CsvArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let destination = args.out.as_ref().map(|out| match out.to_str() {
        Some("-") => Destination::Output,
        _ => Destination::Folder(session.path(out)),
    });
    let mut views = Vec::with_capacity(taken.len());
    for one in taken {
        let file = match (&destination, &one.issued) {
            (Some(destination), Some(issued)) => destination.save(issued, session)?,
            _ => None,
        };
        views.push(TakenOverView::new(one, file.map(|file| session.shorten(&file))));
    }
    let printed = destination == Some(Destination::Output);
    if session.is_table() || printed { Ok(()) } else { session.list(&views, "", None) }
}
