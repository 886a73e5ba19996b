//! One run of the program: the world, the arguments every command knows, and what is said to the person.
//!
//! Data goes to standard output; ticks, notes, hints and errors go to standard error.

use std::io;
use std::path::{Path, PathBuf};

use super::args::{Globals, Output};
use super::error::Failure;
use super::style::Styles;
use crate::authority::difference::Difference;
use crate::authority::{Actor, Authority, Error, Home, Mode};
use crate::ledger::{Access, LedgerError};
use crate::license::Timestamp;
use crate::render::chart::Glyphs;
use crate::render::{self, Detail, Format, Frame, Options, View, escape};
use crate::world::{Stream, World};

/// A path as typed, for people: `-` is standard input.
pub fn shown_path(typed: &Path) -> String {
    if typed == Path::new("-") { "standard input".into() } else { escape::human(&typed.display().to_string()).into_owned() }
}

/// One run of the program.
pub struct Session<'w> {
    /// The world outside.
    pub world: &'w mut World,
    /// The arguments every command knows.
    pub globals: Globals,
    /// What was typed after the program's name.
    typed: Vec<String>,
    errors: Styles,
    output: Styles,
}

impl<'w> Session<'w> {
    pub fn new(world: &'w mut World, globals: Globals, typed: Vec<String>) -> Self {
        let errors = Styles::of(globals.color, world, Stream::Errors);
        let output = Styles::of(globals.color, world, Stream::Output);
        world.terminal.set_color(errors.is_colored());
        Self { world, globals, typed, errors, output }
    }

    /// The command that was typed, with what was answered added to it, ready to be typed again.
    pub fn typed_with(&self, answered: &[String]) -> String {
        let words = std::iter::once("lic").chain(self.typed.iter().chain(answered).map(String::as_str));
        // Only a NUL cannot be quoted, and no argument of a process holds one.
        shlex::try_join(words).unwrap_or_default()
    }

    /// The current moment.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Whether changes are made or rehearsed.
    pub fn mode(&self) -> Mode {
        if self.globals.dry_run { Mode::Rehearse } else { Mode::Commit }
    }

    /// The home, wherever it is.
    pub fn home(&self) -> Home {
        Home::find(self.globals.home.as_deref(), self.world)
    }

    /// Opens the authority to read.
    pub fn reading(&mut self) -> Result<Authority, Failure> {
        self.open(Access::ReadOnly)
    }

    /// Opens the authority to change it.
    pub fn writing(&mut self) -> Result<Authority, Failure> {
        self.open(Access::ReadWrite)
    }

    /// Opens the authority to copy it: brought to the version of this program where it may be written, else as it is.
    pub fn copying(&mut self) -> Result<Authority, Failure> {
        match Authority::open(self.home(), Access::ReadWrite) {
            Err(Error::Ledger(LedgerError::ReadOnly)) => self.reading(),
            opened => Ok(opened?),
        }
    }

    fn open(&mut self, access: Access) -> Result<Authority, Failure> {
        let home = self.home();
        self.detail_note(&format!("home {} (from {})", home.path().display(), home.origin().as_str()));
        Ok(Authority::open(home, access)?)
    }

    /// The operator who acts: `--as`, else the system user.
    pub fn actor(&mut self, authority: &Authority) -> Result<Actor, Failure> {
        let name = self.operator_name()?;
        let actor = authority.actor(&name)?;
        self.detail_note(&format!("operator {} ({})", actor.slug(), actor.operator().role));
        Ok(actor)
    }

    /// The name of the operator who acts.
    pub fn operator_name(&self) -> Result<String, Failure> {
        let name = self.globals.operator.clone().or_else(|| (self.world.user)());
        name.ok_or_else(|| Failure::usage("the system does not tell who you are").hint("name the operator with --as"))
    }

    /// A path as typed, seen from the current folder.
    pub fn path(&self, typed: &Path) -> PathBuf {
        self.world.path(typed)
    }

    /// A path as seen from the current folder, where it lies below.
    pub fn shorten(&self, path: &Path) -> String {
        path.strip_prefix(&self.world.folder).unwrap_or(path).display().to_string()
    }

    /// The bytes of a file, or of standard input for `-`; more than the limit is refused.
    pub fn read_input(&mut self, typed: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
        let bytes = self.read_start(typed, limit + 1)?;
        if bytes.len() as u64 > limit {
            return Err(Failure::failed(format!("{}: larger than {} KiB", shown_path(typed), limit / 1024)));
        }
        Ok(bytes)
    }

    /// At most so many bytes from the start of a file, or of standard input for `-`.
    pub fn read_start(&mut self, typed: &Path, most: u64) -> Result<Vec<u8>, Failure> {
        use std::io::Read;
        let mut bytes = Vec::new();
        let read = if typed == Path::new("-") {
            if self.world.terminal.is_terminal(Stream::Input) {
                self.hint("paste it here, then press Enter and Ctrl-D");
            }
            self.world.terminal.input().take(most).read_to_end(&mut bytes)
        } else {
            let path = self.path(typed);
            std::fs::File::open(&path).and_then(|file| {
                let metadata = file.metadata()?;
                if metadata.is_dir() {
                    return Err(io::Error::from(io::ErrorKind::IsADirectory));
                }
                // One more than there is, so that the end is found without asking for more room.
                bytes.reserve(usize::try_from(metadata.len().min(most)).unwrap_or(0) + 1);
                file.take(most).read_to_end(&mut bytes)
            })
        };
        read.map_err(|source| Failure::from(Error::file(Path::new(&shown_path(typed)), source)))?;
        Ok(bytes)
    }

    /// The format of data: as told, else a table on a terminal and TSV in a pipe.
    pub fn format(&self) -> Format {
        if self.globals.json {
            return Format::Json;
        }
        let by_stream = if self.world.terminal.is_terminal(Stream::Output) { Format::Table } else { Format::Tsv };
        match self.globals.output {
            Some(Output::Format(format)) => format,
            Some(Output::Calendar) | None => by_stream,
        }
    }

    /// Whether a calendar was asked for, which few commands can show.
    pub fn wants_calendar(&self) -> bool {
        self.globals.output == Some(Output::Calendar)
    }

    /// Whether a format was asked for.
    pub fn is_format_given(&self) -> bool {
        self.globals.json || self.globals.output.is_some_and(|output| output != Output::Format(Format::Table))
    }

    /// Whether a person reads standard output as a table.
    pub fn is_table(&self) -> bool {
        self.format() == Format::Table
    }

    fn options(&self) -> Options {
        Options::new(self.format()).width(self.world.terminal.width())
    }

    /// Shows a list. `empty` says in a table what there is none of, and what to do about it; `footer` stands under it.
    pub fn list<V: View>(&mut self, views: &[V], empty: &str, footer: Option<String>) -> Result<(), Failure> {
        if views.is_empty() && self.is_table() {
            self.note(empty);
            return Ok(());
        }
        let options = self.options().footer(footer);
        let written = render::list(self.world.terminal.output(), views, &options);
        written.map_err(|error| Failure::stream(&error))
    }

    /// Shows a list row by row as `fill` gives them, so that it need not fit in memory. Not for tables, which need every row
    /// before the first is written.
    pub fn stream<V: View>(
        &mut self,
        fill: impl FnOnce(&mut dyn FnMut(&V) -> Result<(), Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let options = self.options();
        let mut rows = render::Renderer::new(self.world.terminal.output(), &options);
        fill(&mut |view| rows.row(view).map_err(|error| Failure::stream(&error)))?;
        rows.finish().map_err(|error| Failure::stream(&error))
    }

    /// Shows a report: its rows as `fill` gives them, in the frame of what it is about and its sums.
    pub fn framed<V: View>(
        &mut self,
        frame: &Frame<'_>,
        footer: Option<String>,
        fill: impl FnOnce(&mut dyn FnMut(&V) -> Result<(), Failure>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let options = self.options().footer(footer);
        let mut rows = render::Renderer::framed(self.world.terminal.output(), &options, frame);
        fill(&mut |view| rows.row(view).map_err(|error| Failure::stream(&error)))?;
        rows.finish().map_err(|error| Failure::stream(&error))
    }

    /// Says how far long work has come, on one line that changes. Only for a person who waits.
    pub fn progress(&mut self, what: &str, done: u64, all: u64) {
        /// How often to say so: what takes no more than a moment is over before the first time.
        const EVERY: u64 = 1 << 14;
        let waits = !self.globals.quiet && self.world.terminal.is_terminal(Stream::Errors);
        if !waits || all < EVERY || (!done.is_multiple_of(EVERY) && done != all) {
            return;
        }
        let line = format!("  {what} {done} of {all}");
        let line = if done == all { format!("\r{}\r", " ".repeat(line.len())) } else { format!("\r{line}") };
        let errors = self.world.terminal.errors();
        let _ = write!(errors, "{line}").and_then(|()| errors.flush());
    }

    /// Shows one thing at length.
    pub fn detail<V: Detail>(&mut self, view: &V) -> Result<(), Failure> {
        let options = self.options();
        let written = render::detail(self.world.terminal.output(), view, &options);
        written.map_err(|error| Failure::stream(&error))
    }

    /// Writes data as it is.
    pub fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.world.terminal.output().write_all(bytes).map_err(|error| Failure::stream(&error))
    }

    /// The characters that charts are drawn with: blocks, unless the terminal or the language of the system has only ASCII.
    pub fn glyphs(&self) -> Glyphs {
        super::style::glyphs(self.world)
    }

    /// The styles of standard output.
    pub fn output_styles(&self) -> Styles {
        self.output.clone()
    }

    fn say(&mut self, line: &str) {
        // Nobody is left to tell when standard error is closed.
        let _ = self.world.terminal.output().flush();
        let _ = writeln!(self.world.terminal.errors(), "{line}");
    }

    /// How far a long work has come, on one line that is written over. Only for a person at a terminal.
    pub fn progress_line(&mut self, text: &str) {
        if !self.globals.quiet && self.world.terminal.is_terminal(Stream::Errors) {
            // Nobody is left to tell when standard error is closed.
            let _ = write!(self.world.terminal.errors(), "\r  {}", escape::human(text));
            let _ = self.world.terminal.errors().flush();
        }
    }

    /// Ends the line of [`Session::progress_line`].
    pub fn progress_done(&mut self) {
        if !self.globals.quiet && self.world.terminal.is_terminal(Stream::Errors) {
            let _ = writeln!(self.world.terminal.errors());
        }
    }

    /// Something was done.
    pub fn tick(&mut self, text: &str) {
        if !self.globals.quiet {
            let mark = self.errors.good("✓");
            self.say(&format!("{mark} {}", escape::human(text)));
        }
    }

    /// What was done would be done, or has been, depending on `--dry-run`.
    pub fn done(&mut self, would: &str, did: &str) {
        if self.globals.dry_run { self.note(&format!("would {would} (dry run)")) } else { self.tick(did) }
    }

    /// What was changed about a thing, field by field.
    pub fn changes(&mut self, what: &str, changes: &[Difference]) {
        if changes.is_empty() {
            return self.note(&format!("{what} is as it was: nothing to change"));
        }
        for change in changes {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".into());
            self.note(&format!("{}: {} → {}", change.field, text(&change.before), text(&change.after)));
        }
        self.done(&format!("change {what}"), &format!("changed {what}"));
    }

    /// A line that belongs to what was said before.
    pub fn note(&mut self, text: &str) {
        if !self.globals.quiet {
            self.say(&format!("  {}", escape::human(text)));
        }
    }

    /// A line that must be seen, whatever the flags say: what is shown once.
    pub fn reveal(&mut self, text: &str) {
        self.say(&format!("  {}", escape::human(text)));
    }

    /// Something to look at.
    pub fn warn(&mut self, text: &str) {
        let mark = self.errors.careful("warning:");
        self.say(&format!("{mark} {}", escape::human(text)));
    }

    /// The next command to type.
    pub fn hint(&mut self, text: &str) {
        if !self.globals.quiet {
            let mark = self.errors.faint("hint:");
            self.say(&format!("{mark} {}", escape::human(text)));
        }
    }

    /// A line for those who asked for more.
    pub fn detail_note(&mut self, text: &str) {
        if self.globals.verbose {
            let text = self.errors.faint(&escape::human(text));
            self.say(&text);
        }
    }

    /// Brings what was written to its reader.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.world.terminal.output().flush().map_err(|error| Failure::stream(&error))
    }

    /// Says why a command failed, and gives the exit code.
    pub fn report(&mut self, failure: &Failure) -> u8 {
        let flushed = self.finish();
        if failure.code == super::error::exit::CANCELLED {
            self.say(&failure.message);
        } else if !failure.message.is_empty() {
            let mark = self.errors.bad("error:");
            self.say(&format!("{mark} {}", failure.message));
        }
        if let Some(hint) = &failure.hint {
            let mark = self.errors.faint("hint:");
            self.say(&format!("{mark} {hint}"));
        }
        match flushed {
            Err(unwritten) if failure.message.is_empty() && failure.code == super::error::exit::DONE => unwritten.code,
            _ => failure.code,
        }
    }
}
