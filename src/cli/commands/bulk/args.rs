//! The arguments of bulk work.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::args::whole;
use crate::cli::error::Failure;

/// What follows `--from`: a file; or, as it was before there were files, something else that is said in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From<W> {
    /// Nothing: for `--template`.
    Nothing,
    /// The word.
    Word(W),
    /// A file, or `-`.
    File(PathBuf),
}

impl<W: FromStr> FromStr for From<W> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.parse() {
            _ if text.is_empty() => Self::Nothing,
            Ok(word) => Self::Word(word),
            Err(_) => Self::File(text.into()),
        })
    }
}

/// The arguments that go with `--from FILE`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct BulkArgs {
    /// With --from: print an empty file to be filled in
    #[arg(long, requires = "from")]
    pub template: bool,
    /// With --from FILE: take a field from the column of this name; with no name, leave the field out (repeatable)
    #[arg(long, value_name = "FIELD=COLUMN", requires = "from")]
    pub map: Vec<String>,
    /// With --from FILE: do the rows that can be done, and leave out the others
    #[arg(long, requires = "from")]
    pub keep_going: bool,
    /// With --from FILE: how many rows are recorded in one go [default: 2048]
    #[arg(long, value_name = "ROWS", requires = "from", value_parser = whole::<1, 50_000>)]
    pub batch: Option<u32>,
    /// With --from FILE: write the rows that cannot be done to this CSV file, to be mended
    #[arg(long, value_name = "FILE", requires = "from", value_hint = clap::ValueHint::FilePath)]
    pub failed: Option<PathBuf>,
}

impl BulkArgs {
    /// The file that `--from` names, where it names one; `None` where it says something else, or is absent.
    pub fn file<'f, W>(&self, from: Option<&'f From<W>>, example: &str) -> Result<Option<&'f Path>, Failure> {
        match from {
            Some(From::File(path)) => Ok(Some(path)),
            Some(From::Nothing) if !self.template => {
                Err(Failure::usage("--from needs a file").hint(format!("{example}; or --from --template for an empty one")))
            }
            _ if self.map.is_empty() && !self.keep_going && self.failed.is_none() && self.batch.is_none() => Ok(None),
            _ => Err(Failure::usage("--map, --keep-going, --batch and --failed go with a file").hint(example)),
        }
    }
}

/// The mapping that `--map FIELD=COLUMN` asks for.
pub fn mapped<F>(map: &[String]) -> Result<Vec<(F, String)>, Failure>
where
    F: FromStr<Err: std::fmt::Display>,
{
    let one = |text: &String| {
        let (field, column) = text.split_once('=').ok_or("a mapping is written FIELD=COLUMN".to_owned())?;
        let field = field.parse().map_err(|why: F::Err| why.to_string())?;
        Ok((field, column.to_owned()))
    };
    let mapping: Result<Vec<(F, String)>, String> = map.iter().map(one).collect();
    mapping.map_err(|why| Failure::usage(format!("--map: {why}")))
}
