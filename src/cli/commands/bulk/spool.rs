//! Taking a copy of the input.

use std::fs::File;
use std::io;
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
    let mut file = File::open(session.path(typed)).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    if before.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let spool = Spool::take(&mut file, home).map_err(failed)?;
    let after = file.metadata().map_err(failed)?;
    let as_it_was = before.len() == after.len() && before.modified().ok() == after.modified().ok();
    if before.is_file() && !(as_it_was && spool.length() == after.len()) {
        let message = format!("{} was written while it was read; nothing was done", shown_path(typed));
        return Err(Failure::failed(message).hint("run it again when it is whole"));
    }
    Ok(spool)
}
