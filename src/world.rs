//! The world outside: clock, entropy, terminal, environment. The only place that touches them.
//!
//! Everything else takes what it needs from a [`World`], so that tests run the whole program in-process with a stepping
//! clock, seeded entropy and a scripted terminal. No environment variable and no flag changes the clock or the entropy
//! of the real world: a program that signs must not be steerable from outside.

mod real;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::license::Timestamp;
use crate::machine::System;

/// Tells the time.
pub trait Clock {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes fit for keys.
pub trait Entropy {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the system cannot give random bytes.
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()>;
}

/// The three streams of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input,
    /// Standard output: data.
    Output,
    /// Standard error: prompts, ticks, progress, hints, errors.
    Errors,
}

/// The terminal, or the pipes and files that stand in for it.
///
/// The questions are asked through `cli::prompt`, which alone decides whether there is anybody to ask. Each returns
/// [`io::ErrorKind::Interrupted`] when the person cancels.
pub trait Terminal {
    /// Whether a person sits at this stream.
    fn is_terminal(&self, stream: Stream) -> bool;
    /// From now on Ctrl-C is noted down, for work that stops at a good place; the second one ends the process at once.
    fn note_interrupts(&mut self);
    /// Whether Ctrl-C was noted down.
    fn is_interrupted(&mut self) -> bool;
    /// The width of standard output in columns, where it is a terminal.
    fn width(&self) -> Option<u16>;
    /// Whether questions are asked in color.
    fn set_color(&mut self, colored: bool);
    /// Standard input.
    fn input(&mut self) -> &mut dyn Read;
    /// Standard output.
    fn output(&mut self) -> &mut dyn Write;
    /// Standard error.
    fn errors(&mut self) -> &mut dyn Write;
    /// Picks one of a few items; gives its place.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when cancelled.
    fn pick(&mut self, question: &str, items: &[String], first: usize) -> io::Result<usize>;
    /// Picks one of many items by typing parts of it; gives its place.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when cancelled.
    fn search(&mut self, question: &str, items: &[String]) -> io::Result<usize>;
    /// Reads a line; Enter alone takes the default where there is one.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when cancelled.
    fn line(&mut self, question: &str, default: Option<&str>) -> io::Result<String>;
    /// Reads a line without showing it.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when cancelled.
    fn secret(&mut self, question: &str) -> io::Result<String>;
    /// Asks yes or no.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] when cancelled.
    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool>;
}

/// What the program is given to work with.
pub struct World {
    /// Tells the time.
    pub clock: Box<dyn Clock>,
    /// Gives random bytes.
    pub entropy: Box<dyn Entropy>,
    /// The terminal or what stands in for it.
    pub terminal: Box<dyn Terminal>,
    /// The environment variables.
    pub environment: BTreeMap<OsString, OsString>,
    /// The current folder.
    pub folder: PathBuf,
    /// The name of the system user, asked for when it is needed.
    pub user: fn() -> Option<String>,
    /// Where machine IDs are read.
    pub system: System,
}

impl World {
    /// The real one.
    #[must_use]
    pub fn real() -> Self {
        Self {
            clock: Box::new(real::SystemClock),
            entropy: Box::new(real::SystemEntropy),
            terminal: Box::new(real::SystemTerminal::new()),
            environment: std::env::vars_os().collect(),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            user: real::system_user,
            system: System::this(),
        }
    }

    /// An environment variable; an empty one counts as absent.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A path as typed, seen from the current folder.
    #[must_use]
    pub fn path(&self, typed: &Path) -> PathBuf {
        self.folder.join(typed)
    }

    /// Random bytes.
    ///
    /// # Errors
    /// When the system cannot give them.
    pub fn random<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes)?;
        Ok(bytes)
    }
}
