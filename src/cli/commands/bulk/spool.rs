//! Taking a copy of the input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::authority::bulk::Spool;
use crate::authority::{Authority, Error};
use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};
use crate::world::Stream;

/// A copy of a file, or of standard input for `-`. A file that is being written meanwhile is refused.
pub fn spool(typed: &Path, authority: &Authority, session: &mut Session<'_>) -> Result<Spool, Failure> {
    let home = authority.home.path();
    let failed = |source: io::Error| {
        let failure = Failure::from(Error::file(Path::new(&shown_path(typed)), source));
        let looks_like_a_day = |name: &str| name.bytes().all(|sign| sign.is_ascii_digit() || matches!(sign, b'-' | b'.' | b'/'));
        let is_day = typed.to_str().is_some_and(|name| name != "-" && looks_like_a_day(name));
        if is_day { failure.hint("a first day is written YYYY-MM-DD, and everything else is a file") } else { failure }
    };
    if typed == Path::new("-") {
        if session.world.terminal.is_terminal(Stream::Input) {
            session.hint("paste it here, then press Enter and Ctrl-D");
        }
        return Spool::take(session.world.terminal.input(), home).map_err(failed);
    }
    let file = File::open(session.path(typed)).map_err(failed)?;
    copy_as_it_is(&file, &mut &file, home).map_err(failed)?.ok_or_else(|| {
        let message = format!("{} was written while it was read; nothing was done", shown_path(typed));
        Failure::failed(message).hint("run it again when it is whole")
    })
}

/// A copy of a file that `input` reads; `None` where somebody else wrote it meanwhile.
fn copy_as_it_is(file: &File, input: &mut dyn Read, home: &Path) -> io::Result<Option<Spool>> {
    let before = file.metadata()?;
    if before.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let spool = Spool::take(input, home)?;
    let after = file.metadata()?;
    let as_it_was = before.len() == after.len() && before.modified().ok() == after.modified().ok();
    Ok((!before.is_file() || (as_it_was && spool.length() == after.len())).then_some(spool))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Seek, Write};
    use std::path::PathBuf;
    use std::time::{Duration, UNIX_EPOCH};

    const ORDERS: &str = "customer,tier\nacme,pro\nglobex,pro\n";

    /// Reads a file a few bytes at a time, and lets somebody else at it before the second time.
    struct Interrupted<'f, M> {
        file: &'f File,
        path: PathBuf,
        meddle: Option<M>,
        reads: u32,
    }

    impl<M: FnOnce(&Path)> Read for Interrupted<'_, M> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.reads += 1;
            if self.reads == 2
                && let Some(meddle) = self.meddle.take()
            {
                meddle(&self.path);
            }
            self.file.read(into.get_mut(..10).unwrap_or_default())
        }
    }

    /// Whether a file was taken that somebody meddled with while it was read.
    fn is_taken(meddle: impl FnOnce(&Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv");
        fs::write(&path, ORDERS).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        // Long ago, so that a change in the same instant shows.
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
        let mut input = Interrupted { file: &file, path, meddle: Some(meddle), reads: 0 };
        let taken = copy_as_it_is(&file, &mut input, folder.path()).unwrap();
        assert!(input.meddle.is_none(), "somebody was at it");
        taken.is_some()
    }

    fn at(path: &Path, place: u64, text: &str) {
        let mut file = File::options().write(true).open(path).unwrap();
        file.seek(io::SeekFrom::Start(place)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_file_that_is_written_while_it_is_read_is_refused() {
        assert!(is_taken(|_| {}));
        assert!(!is_taken(|path| at(path, ORDERS.len() as u64, "initech,pro\n")), "a row was added");
        assert!(!is_taken(|path| at(path, 14, "ACME")), "a row was changed in its place");
        assert!(!is_taken(|path| File::options().write(true).open(path).unwrap().set_len(19).unwrap()), "it was cut");
        assert!(!is_taken(|path| fs::write(path, "customer,tier\n").unwrap()), "it was written anew");
    }

    #[test]
    fn a_file_that_gets_another_name_or_another_in_its_place_is_read_to_its_end() {
        assert!(is_taken(|path| fs::remove_file(path).unwrap()));
        assert!(is_taken(|path| {
            let other = path.with_extension("new");
            fs::write(&other, "customer,tier\n").unwrap();
            fs::rename(other, path).unwrap();
        }));
    }
}
