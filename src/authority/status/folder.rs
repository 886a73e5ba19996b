//! The folder that status lists are published in: what is there already, and how it is replaced.
//!
//! A web server may read at any moment, so each file appears whole: it is written beside its place, brought to the disk, and
//! renamed. The lock of the ledger keeps two publications apart.

use std::cell::RefCell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::authority::Error;
use crate::token::{KeySet, LARGEST_TEXT, Reason, StatusList};

/// A folder of status lists.
pub(super) struct Folder {
    path: PathBuf,
    /// The names of the files that are written and not yet in their place.
    staged: RefCell<Vec<String>>,
}

/// What is where a list belongs.
pub(super) enum Present {
    /// Nothing.
    Nothing,
    /// A list that a compromised status key of this authority signed: nothing it says is to be relied on.
    Distrusted,
    /// A list of this authority.
    List(Box<StatusList>),
}

impl Present {
    /// The list, where there is one to rely on.
    pub fn list(&self) -> Option<&StatusList> {
        match self {
            Self::List(list) => Some(list),
            Self::Nothing | Self::Distrusted => None,
        }
    }
}

impl Folder {
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), staged: RefCell::default() }
    }

    /// Where the file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the folder where it is not there.
    pub fn make(&self) -> Result<(), Error> {
        if self.path.is_file() {
            return Err(Error::file(&self.path, io::ErrorKind::NotADirectory.into()));
        }
        fs::create_dir_all(&self.path).map_err(|source| Error::file(&self.path, source))
    }

    /// What is in the place of a list.
    ///
    /// # Errors
    /// [`Error::NotOurStatusList`] for a file that must not be written over.
    pub fn present(&self, name: &str, uri: &str, keys: &KeySet) -> Result<Present, Error> {
        let path = self.path(name);
        let mut text = Vec::new();
        match File::open(&path).and_then(|file| file.take(LARGEST_TEXT as u64 + 1).read_to_end(&mut text)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Present::Nothing),
            Err(error) => return Err(Error::file(&path, error)),
            Ok(_) => {}
        }
        match StatusList::open(&text, keys) {
            Ok(list) if list.uri() == uri => Ok(Present::List(Box::new(list))),
            Err(refusal) if refusal.reason == Reason::ListCompromisedKey => Ok(Present::Distrusted),
            _ => Err(Error::NotOurStatusList { path, uri: uri.to_owned() }),
        }
    }

    /// Writes a file beside its place, down to the disk.
    pub fn stage(&self, name: &str, text: &str) -> Result<(), Error> {
        let beside = self.beside(name);
        self.staged.borrow_mut().push(name.to_owned());
        let write = || {
            // What a publication that was killed left behind. A link in its place is removed, not followed.
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
            let mut file = options.open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| Error::file(&beside, source))
    }

    /// Puts every file in its place.
    pub fn reveal(&self) -> Result<(), Error> {
        for name in self.staged.borrow().iter() {
            let path = self.path(name);
            fs::rename(self.beside(name), &path).map_err(|source| Error::file(&path, source))?;
        }
        self.staged.take();
        // Renaming is on the disk when the folder is. Not every system can open one.
        #[cfg(unix)]
        if self.path.is_dir() {
            File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(|source| Error::file(&self.path, source))?;
        }
        Ok(())
    }

    /// Takes away what was written and not put in its place.
    pub fn forget(&self) {
        for name in self.staged.take() {
            // Nothing to lose: the next publication writes it anew.
            let _ = fs::remove_file(self.beside(&name));
        }
    }

    /// Where a file stands before it is put in its place: under a name that web servers do not hand out.
    fn beside(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.new"))
    }
}
