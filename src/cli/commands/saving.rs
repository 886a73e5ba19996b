//! Saving keys to files: never over a file that is there, and never half of one.

mod page;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::authority::error::plain;
use crate::authority::issue::Issued;
use crate::authority::{Authority, Error};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::token::armour;

pub use page::save_page;

/// Where keys go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To standard output.
    Output,
    /// Into this folder, each under a name of its own.
    Folder(PathBuf),
    /// Into this very file.
    File(PathBuf),
}

impl Destination {
    /// Where `--out` leads for so many keys: `-`, a folder (one that is there, a name that ends with a slash, or for several
    /// keys a new name), or a file. Without it, the
    /// folder of `lic.toml`, which is the current one unless it says otherwise.
    pub fn of(out: Option<&Path>, count: u32, authority: &Authority, session: &Session<'_>) -> Self {
        let Some(out) = out else {
            return Self::Folder(session.path(&authority.settings.defaults.out));
        };
        if out == Path::new("-") {
            return Self::Output;
        }
        let path = session.path(out);
        let slash = out.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
        let folder = path.is_dir() || slash || (count > 1 && !path.exists());
        if folder { Self::Folder(path) } else { Self::File(path) }
    }

    /// Refuses, before anything is issued, what could not be saved afterwards.
    pub fn check(&self, count: u32) -> Result<(), Failure> {
        match self {
            Self::Output => Ok(()),
            Self::File(path) if count > 1 => {
                let message = format!("{count} keys do not fit into one file: {}", path.display());
                Err(Failure::usage(message).hint("name a folder with a slash at its end, or --out -"))
            }
            Self::File(path) if path.symlink_metadata().is_ok() => {
                Err(Failure::from(Error::Occupied(path.clone())).hint("name another file with --out"))
            }
            Self::File(path) => can_write(path.parent().unwrap_or(Path::new("."))),
            Self::Folder(path) => {
                self.prepare()?;
                can_write(path)
            }
        }
    }

    /// Makes the folder that keys go into.
    pub fn prepare(&self) -> Result<(), Failure> {
        match self {
            Self::Folder(path) => Ok(fs::create_dir_all(path).map_err(|source| Error::file(path, source))?),
            Self::Output | Self::File(_) => Ok(()),
        }
    }

    /// Saves a key. Gives the file, where there is one; else why it could not be saved.
    pub fn save(&self, issued: &Issued, session: &mut Session<'_>) -> Result<Option<PathBuf>, Failure> {
        let text = armour::wrap(&issued.key);
        let saved = match self {
            Self::Output => return session.data(text.as_bytes()).map(|()| None),
            Self::File(path) => write_first_free(std::slice::from_ref(path), &text),
            Self::Folder(folder) => write_first_free(&names_in(folder, issued), &text),
        };
        saved.map(Some).map_err(|(path, error)| Failure::failed(format!("{}: {}", path.display(), plain(&error))))
    }
}

/// The names that a key may get in a folder: the plain one, else one with the id, and of a later revision with its number too:
/// the file of the one before it has the id.
fn names_in(folder: &Path, issued: &Issued) -> [PathBuf; 2] {
    let stem = format!("{}-{}", issued.customer.slug, issued.terms.tier);
    let revision = if issued.rev > 1 { format!("-r{}", issued.rev) } else { String::new() };
    let with_id = format!("{stem}-{}{revision}.lic", &issued.id.to_string()[4..]);
    [folder.join(format!("{stem}.lic")), folder.join(with_id)]
}

/// Writes a file, whole and only where there is none, under the first of several names in one folder that is free. A file
/// that holds just this text already is fine. It is on the disk once, whatever name it gets in the end.
fn write_first_free(names: &[PathBuf], text: &str) -> Result<PathBuf, (PathBuf, io::Error)> {
    let Some(first) = names.first() else { return Err((PathBuf::new(), io::ErrorKind::NotFound.into())) };
    let mut file = write_unnamed(
        first,
        0o644,
        |error| (first.clone(), error),
        |out| out.write_all(text.as_bytes()).map_err(|error| (first.clone(), error)),
    )?;
    let mut refused = (first.clone(), io::Error::from(io::ErrorKind::AlreadyExists));
    for name in names {
        match file.persist_noclobber(name) {
            Ok(_) => return Ok(name.clone()),
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err((name.clone(), error.error)),
            Err(_) if fs::read(name).is_ok_and(|found| found == text.as_bytes()) => return Ok(name.clone()),
            Err(taken) => {
                refused = (name.clone(), taken.error);
                file = taken.file;
            }
        }
    }
    Err(refused)
}

/// Writes a file whole, and only where there is none, or where it holds just this already. It may be lost in a crash of the
/// system: for what can be written again.
pub fn write_again(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lic-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(_) if fs::read(path).is_ok_and(|found| found == text.as_bytes()) => Ok(()),
        Err(taken) => Err(taken.error),
    }
}

/// Writes a file whole, and only where there is none.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    write_new_with(path, 0o644, |error| error, |out| out.write_all(text.as_bytes()))
}

/// Writes a file whole as `fill` writes it, with these permission bits, and only where there is none. `failed` says what it
/// means that the file cannot be written.
pub fn write_new_with<E>(
    path: &Path,
    mode: u32,
    failed: impl Fn(io::Error) -> E,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let file = write_unnamed(path, mode, &failed, fill)?;
    file.persist_noclobber(path).map(|_| ()).map_err(|refused| failed(refused.error))
}

/// Writes a file that is on the disk, but has not got its name yet.
fn write_unnamed<E>(
    path: &Path,
    mode: u32,
    failed: impl Fn(io::Error) -> E,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
) -> Result<NamedTempFile, E> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lic-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    let mut out = BufWriter::new(builder.tempfile_in(folder).map_err(&failed)?);
    fill(&mut out)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(&failed)?;
    Ok(file)
}

/// Refuses a folder that takes no files.
pub fn can_write(folder: &Path) -> Result<(), Failure> {
    let tried = tempfile::Builder::new().prefix(".lic-").tempfile_in(folder);
    tried.map(|_| ()).map_err(|source| Failure::from(Error::file(folder, source)).hint("save elsewhere with --out"))
}
