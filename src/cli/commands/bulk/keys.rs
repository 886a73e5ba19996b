//! Where the keys of bulk work go: a file each, or one list.

use std::fs;
use std::path::{Path, PathBuf};

use super::lists::Unnamed;
use crate::authority::issue::Issued;
use crate::authority::{Authority, Error};
use crate::cli::commands::saving::{can_write, write_again};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::render::Format;

/// For so many keys a folder is named for them where nobody says which.
const FEW: u64 = 100;
/// From so many keys on, a folder is parted.
const MANY: u64 = 10_000;

/// Where keys go.
pub enum Keys {
    /// To standard output, in a format for programs.
    Output(Format),
    /// Into one list that gets its name at the end.
    List(Box<Unnamed>, Format),
    /// A file each, below this folder; where there are many, in folders by the first two characters of the id.
    Folder { path: PathBuf, parted: bool },
}

impl Keys {
    /// Where `--out` leads for so many keys: `-`, a name that ends as a list does, or a folder. Without it: standard output, unless
    /// a person reads that; then the folder of `lic.toml`, for a few.
    pub fn of(out: Option<&Path>, count: u64, authority: &Authority, session: &Session<'_>) -> Result<Self, Failure> {
        let for_programs = |format| if format == Format::Table { Format::Csv } else { format };
        let folder = |path: PathBuf| {
            fs::create_dir_all(&path).map_err(|source| Error::file(&path, source))?;
            can_write(&path)?;
            Ok(Self::Folder { path, parted: count > MANY })
        };
        let Some(out) = out else {
            if !session.is_table() {
                return Ok(Self::Output(session.format()));
            }
            if count <= FEW {
                return folder(session.path(&authority.settings.defaults.out));
            }
            let message = format!("{count} keys: say where they go");
            return Err(Failure::usage(message).hint("--out keys/ for a file each, or --out keys.csv for one list"));
        };
        if out == Path::new("-") {
            return Ok(Self::Output(for_programs(session.format())));
        }
        let path = session.path(out);
        let ends_as = |ending: &str| path.extension().is_some_and(|known| known.eq_ignore_ascii_case(ending));
        let slash = out.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
        let list = [
            ("csv", Format::Csv),
            ("tsv", Format::Tsv),
            ("json", Format::Json),
            ("jsonl", Format::Jsonl),
            ("md", Format::Markdown),
        ];
        match list.into_iter().find(|(ending, _)| ends_as(ending)) {
            Some((_, format)) if !slash && !path.is_dir() => Ok(Self::List(Box::new(Unnamed::new(path)?), format)),
            _ if slash || path.is_dir() || path.extension().is_none() => folder(path),
            _ => {
                let message = format!("{} is neither a folder nor a list", path.display());
                Err(Failure::usage(message)
                    .hint("end a folder's name with a slash, and a list's with .csv, .tsv, .json or .jsonl"))
            }
        }
    }

    /// The format of the rows that go to standard output or into the list; `None`: a person has no use for them.
    pub fn format(&self, session: &Session<'_>) -> Option<Format> {
        match self {
            Self::Output(format) | Self::List(_, format) => Some(*format),
            Self::Folder { .. } => (!session.is_table()).then(|| session.format()),
        }
    }

    /// Saves a key to a file of its own, where it gets one. Saved before, it is the same file.
    pub fn save(&self, issued: &Issued) -> Result<Option<PathBuf>, Failure> {
        let Self::Folder { path, parted } = self else { return Ok(None) };
        let id = issued.id.to_string();
        let id = id.get(4..).unwrap_or_default();
        let revision = if issued.rev > 1 { format!("-r{}", issued.rev) } else { String::new() };
        let name = format!("{}-{}-{id}{revision}.lic", issued.customer.slug, issued.terms.tier);
        let folder = if *parted { path.join(id.get(..2).unwrap_or_default()) } else { path.clone() };
        let file = folder.join(name);
        let saved = fs::create_dir_all(&folder).and_then(|()| write_again(&file, &crate::token::armour::wrap(&issued.key)));
        saved.map_err(|source| {
            let message = format!("signed, but not saved: {} ({})", issued.id, Error::file(&file, source));
            Failure::failed(message)
                .hint("make room, and run it again: what was signed is saved then, and nothing is signed twice")
        })?;
        Ok(Some(file))
    }
}
