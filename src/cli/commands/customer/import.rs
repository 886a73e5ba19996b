//! `lic customer import`: a CRM's CSV into the ledger, all or nothing.

use std::path::PathBuf;

use crate::authority::csv_import::{self, CustomerCsv, CustomerField};
use crate::authority::customers::Imported;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::Contact;
use crate::mail::address;

/// The largest file that is read.
const LARGEST: u64 = 256 * 1024 * 1024;
/// How many bad rows, and how many changes, are told one by one.
const TOLD: usize = 20;

/// Add and update customers from a CSV file, all or none
///
/// Columns are found by their names, as CRMs call them. A customer that is known by its reference, else by its short
/// name, is updated in the columns that the file has; every other is added.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Fields for --map: name, slug, kind, mail, contact, owner, reference, notes.

Examples:
  lic customer import accounts.csv --dry-run
  lic customer import accounts.csv --map name='Account Name' --map reference='Account ID'")]
pub struct Args {
    /// The CSV file, or - for standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Take a field from the column of this name; with no name, leave the field out (repeatable)
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = parse_map)]
    map: Vec<(CustomerField, String)>,
}

fn parse_map(text: &str) -> Result<(CustomerField, String), String> {
    let (field, column) = text.split_once('=').ok_or("a mapping is written FIELD=COLUMN")?;
    let field = field.parse().map_err(|why| format!("{why}"))?;
    Ok((field, column.to_owned()))
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let bytes = session.read_input(&args.file, LARGEST)?;
    let file = args.file.display().to_string();
    let parse = |text: &str| address::check(text).map(Contact::from).map_err(|why| why.to_string());
    let read = csv_import::read(&bytes, &args.map, &parse).map_err(|problems| refuse(&file, &problems, session))?;
    tell_warnings(&read, session);
    let (at, mode) = (session.now(), session.mode());
    let imported = authority.import_customers(&actor, &read, at, mode)?;
    tell(&imported, session);
    Ok(authority.close()?)
}

/// Tells every bad row, up to a screenful, and refuses the file.
fn refuse(file: &str, problems: &[csv_import::Problem], session: &mut Session<'_>) -> Failure {
    for problem in problems.iter().take(TOLD) {
        session.warn(&format!("{file}: {problem}"));
    }
    let more = problems.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!(" ({more} more like these)") };
    let count = problems.len();
    let rows = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
    Failure::failed(format!("{} has {rows}{more}; nothing was imported", crate::render::escape::human(file)))
        .hint("mend the file, or choose other columns with --map")
}

fn tell_warnings(read: &CustomerCsv, session: &mut Session<'_>) {
    for warning in read.warnings.iter().take(TOLD) {
        session.warn(&warning.to_string());
    }
    if !read.ignored.is_empty() {
        session.note(&format!("columns left out: {}", read.ignored.join(", ")));
    }
}

fn tell(imported: &[Imported], session: &mut Session<'_>) {
    let mut told = 0;
    let (mut added, mut changed, mut unchanged) = (0, 0, 0);
    for one in imported {
        let line = match one {
            Imported::Added(customer, alike) => {
                added += 1;
                if let Some(other) = alike.as_ref().filter(|_| added <= TOLD) {
                    let (slug, name) = (&other.slug, &other.name);
                    session.warn(&format!("{}: customer '{slug}' has nearly the same name: {name}", customer.slug));
                }
                format!("+ {}  {}", customer.slug, customer.name)
            }
            Imported::Changed(customer, changes) => {
                changed += 1;
                let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
                format!("~ {}  {}", customer.slug, fields.join(", "))
            }
            Imported::Unchanged(_) => {
                unchanged += 1;
                continue;
            }
        };
        told += 1;
        if told <= TOLD {
            session.note(&line);
        }
    }
    if told > TOLD {
        session.note(&format!("… and {} more", told - TOLD));
    }
    session.done(
        &format!("add {added} and change {changed} customers; {unchanged} are as they were"),
        &format!("added {added} and changed {changed} customers; {unchanged} are as they were"),
    );
}
