//! Lists that are written while the work goes on, and get their name at its end: nothing half written is ever left behind.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::authority::Error;
use crate::authority::bulk::PROBLEM;
use crate::authority::csv_import::Problem;
use crate::cli::commands::saving::write_new_with;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::render::escape;

/// A file that has no name yet.
pub struct Unnamed {
    file: io::BufWriter<File>,
    path: PathBuf,
}

impl Unnamed {
    /// A file that is to get this name, which must be free.
    pub fn new(path: PathBuf) -> Result<Self, Failure> {
        if path.symlink_metadata().is_ok() {
            return Err(Failure::from(Error::Occupied(path)).hint("name another file"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::tempfile_in(folder).map_err(|source| Error::file(folder, source))?;
        Ok(Self { file: io::BufWriter::with_capacity(1 << 16, file), path })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.file.write_all(bytes).map_err(|source| Error::file(&self.path, source))?)
    }

    /// Gives it its name; what it holds is on the disk then.
    pub fn keep(self) -> Result<PathBuf, Failure> {
        let Self { file, path } = self;
        let failed = |source: io::Error| Error::file(&path, source);
        let mut file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.rewind().map_err(failed)?;
        write_new_with(&path, 0o600, failed, |out| {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match file.read(&mut buffer).map_err(failed)? {
                    0 => return Ok(()),
                    read => out.write_all(buffer.get(..read).unwrap_or_default()).map_err(failed)?,
                }
            }
        })?;
        Ok(path)
    }
}

/// What a renderer writes, until it is taken on.
#[derive(Clone, Default)]
pub struct Held(Rc<RefCell<Vec<u8>>>);

impl Held {
    pub fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The rows that cannot be done, as a CSV file that can be mended and read again.
pub struct FailedRows {
    path: Option<PathBuf>,
    header: Vec<String>,
    file: Option<Unnamed>,
    rows: u64,
}

impl FailedRows {
    pub fn new(typed: Option<&Path>, header: &[String], session: &Session<'_>) -> Result<Self, Failure> {
        let path = typed.map(|typed| session.path(typed));
        if let Some(path) = path.as_ref().filter(|path| path.symlink_metadata().is_ok()) {
            return Err(Failure::from(Error::Occupied(path.clone())).hint("name another file with --failed"));
        }
        let header = header.iter().filter(|name| *name != PROBLEM).cloned().collect();
        Ok(Self { path, header, file: None, rows: 0 })
    }

    /// Writes a row. One that was read with a column of problems gets the new ones in its place.
    pub fn add(&mut self, names: &[String], cells: &[&str], problems: &[Problem]) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = none.insert(Unnamed::new(path.clone())?);
                let names: Vec<&str> = self.header.iter().map(String::as_str).collect();
                file.write(&line(&names, PROBLEM))?;
                file
            }
        };
        let is_told = |place: usize| names.get(place).is_some_and(|name| name == PROBLEM);
        let mut cells: Vec<&str> =
            cells.iter().enumerate().filter(|(place, _)| !is_told(*place)).map(|(_, cell)| *cell).collect();
        cells.resize(cells.len().max(self.header.len()), "");
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        self.rows += 1;
        file.write(&line(&cells, &told.join("; ")))
    }

    /// Gives the file its name, where there is one.
    pub fn keep(self, session: &mut Session<'_>) -> Result<(), Failure> {
        let Some(file) = self.file else { return Ok(()) };
        let path = file.keep()?;
        session.note(&format!("{} rows to be mended: {}", self.rows, session.shorten(&path)));
        Ok(())
    }
}

/// Every cell in quotes: a first one that begins with `#` would be taken for a comment otherwise.
fn line(cells: &[&str], last: &str) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    let cells = cells.iter().chain([&last]).map(|cell| escape::csv(cell).into_owned());
    // Memory takes everything.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}
