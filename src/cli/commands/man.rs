//! `lic man`: the manual pages, made from the definition of the command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap_mangen::Man;

use crate::authority::Error;
use crate::cli::error::Failure;
use crate::cli::session::Session;

/// Print the manual page of lic or of one command, or write them all to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic man issue | man -l -
  lic man --out man")]
pub struct Args {
    /// The command, such as 'issue' or 'customer add' [default: lic itself]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write every page to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let pages = pages();
    if let Some(folder) = args.out {
        return write_all(&pages, &folder, session);
    }
    let wanted = std::iter::once("lic").chain(args.command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let page = pages.iter().find(|(name, _)| *name == wanted);
    let (_, page) = page.ok_or_else(|| {
        Failure::usage(format!("there is no command '{}'", args.command.join(" "))).hint("see the commands with 'lic --help'")
    })?;
    session.data(page)
}

fn write_all(pages: &[(String, Vec<u8>)], folder: &Path, session: &mut Session<'_>) -> Result<(), Failure> {
    let folder = session.path(folder);
    if !session.globals.dry_run {
        fs::create_dir_all(&folder).map_err(|source| Error::file(&folder, source))?;
        for (name, page) in pages {
            let path = folder.join(format!("{name}.1"));
            fs::write(&path, page).map_err(|source| Error::file(&path, source))?;
        }
    }
    let count = pages.len();
    session.done(&format!("write {count} pages"), &format!("wrote {count} pages to {}", folder.display()));
    Ok(())
}

/// Every page: its name without `.1`, and its text.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut definition = crate::cli::definition();
    definition.build();
    let mut pages = Vec::new();
    add_pages(&definition, "lic", &mut pages);
    pages
}

fn add_pages(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut text = Vec::new();
    let man = Man::new(command.clone().name(name.to_owned()).disable_help_flag(true)).title(name.to_uppercase()).section("1");
    // Writing to memory cannot fail.
    if man.render(&mut text).is_ok() {
        pages.push((name.to_owned(), text));
    }
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        add_pages(sub, &format!("{name}-{}", sub.get_name()), pages);
    }
}
