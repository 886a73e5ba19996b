//! Saving a page for a browser.

use std::path::Path;

use serde::Serialize;

use super::{write_new, write_unnamed};
use crate::authority::Error;
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::render;
use crate::render::page::Page;

/// Makes a page and writes it to a file whole, or to standard output for `-`. A file that is there is written over only where that
/// was asked for, and then in one step: whoever reads it meanwhile gets the old page or the new one.
pub fn save_page(
    page: Page,
    values: &impl Serialize,
    file: &Path,
    replace: bool,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let text = render::page::page(page, values).map_err(|why| Failure::new(exit::BUG, why.to_string()))?;
    if file == Path::new("-") {
        return session.data(text.as_bytes());
    }
    let path = session.path(file);
    let shown = session.shorten(&path);
    if !replace && path.symlink_metadata().is_ok() {
        return Err(Failure::failed(format!("{} is there already", render::escape::human(&shown)))
            .hint("name another file, or write over this one with --replace"));
    }
    if session.globals.dry_run {
        session.done(&format!("write {shown}"), "");
        return Ok(());
    }
    let failed = |source| Error::file(&path, source);
    if replace {
        let file = write_unnamed(&path, 0o644, failed, |out| out.write_all(text.as_bytes()).map_err(failed))?;
        file.persist(&path).map_err(|refused| failed(refused.error))?;
    } else {
        write_new(&path, &text).map_err(failed)?;
    }
    session.tick(&format!("saved {shown}"));
    Ok(())
}
