//! Saving keys to files: never over a file that is there, and never half of one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::authority::error::plain;
use crate::authority::issue::Issued;
use crate::authority::{Authority, Error};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::token::armour;

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
            Self::File(path) => write_once(path, &text).map(|()| path.clone()).map_err(|error| (path.clone(), error)),
            Self::Folder(folder) => save_in(folder, issued, &text),
        };
        saved.map(Some).map_err(|(path, error)| Failure::failed(format!("{}: {}", path.display(), plain(&error))))
    }
}

/// Saves under the plain name, else under one with the id.
fn save_in(folder: &Path, issued: &Issued, text: &str) -> Result<PathBuf, (PathBuf, io::Error)> {
    let stem = format!("{}-{}", issued.customer.slug, issued.terms.tier);
    let plain = folder.join(format!("{stem}.lic"));
    let with_id = folder.join(format!("{stem}-{}.lic", &issued.id.to_string()[4..]));
    match write_once(&plain, text) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match write_once(&with_id, text) {
            Ok(()) => Ok(with_id),
            Err(error) => Err((with_id, error)),
        },
        Ok(()) => Ok(plain),
        Err(error) => Err((plain, error)),
    }
}

/// Writes a file where there is none; one that holds just this text already is fine.
fn write_once(path: &Path, text: &str) -> io::Result<()> {
    match write_new(path, text) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::read(path)? == text.as_bytes() => Ok(()),
        written => written,
    }
}

/// Writes a file whole, and only where there is none.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lic-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}

fn can_write(folder: &Path) -> Result<(), Failure> {
    let tried = tempfile::Builder::new().prefix(".lic-").tempfile_in(folder);
    tried.map(|_| ()).map_err(|source| Failure::from(Error::file(folder, source)).hint("save elsewhere with --out"))
}
