//! The program run inside this process, on a clock that the harness sets: for days that pass.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use lic::license::Timestamp;
use lic::machine::System;
use lic::world::{Clock, Entropy, Stream, Terminal, World};
use sha2::{Digest, Sha256};

/// What a command left behind.
pub struct Done {
    pub code: u8,
    pub stdout: String,
    pub stderr: String,
}

/// Runs commands in one folder, as `ops`, with nobody at the terminal.
pub struct Inside {
    folder: PathBuf,
    /// How often random bytes were asked for: different ones each time, the same in each run.
    asked: AtomicU64,
    seed: u64,
}

impl Inside {
    pub fn new(folder: &Path, seed: u64) -> Self {
        Self { folder: folder.to_owned(), asked: AtomicU64::new(0), seed }
    }

    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Runs a command at a moment. May be called by several threads at once.
    pub fn run(&self, at: Timestamp, args: &[&str]) -> Done {
        let (output, errors) = (Sink::default(), Sink::default());
        let environment: BTreeMap<OsString, OsString> =
            [("HOME", self.folder.clone()), ("LIC_HOME", self.home())].map(|(name, path)| (name.into(), path.into())).into();
        let mut world = World {
            clock: Box::new(Stopped(at)),
            entropy: Box::new(Counted { asked: &self.asked, seed: self.seed }.taken()),
            terminal: Box::new(Pipes { input: io::empty(), output: output.clone(), errors: errors.clone() }),
            environment,
            folder: self.folder.clone(),
            user: || Some("ops".to_owned()),
            system: System::under(self.folder.join("no-machine"), None),
        };
        let words = std::iter::once("lic").chain(args.iter().copied()).map(OsString::from);
        let code = lic::cli::run(words, &mut world);
        Done { code, stdout: output.text(), stderr: errors.text() }
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn done(&self, at: Timestamp, args: &[&str]) -> Result<String, String> {
        let done = self.run(at, args);
        if done.code == 0 { Ok(done.stdout) } else { Err(format!("lic {}: exit {}: {}", args.join(" "), done.code, done.stderr)) }
    }
}

struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct Counted<'c> {
    asked: &'c AtomicU64,
    seed: u64,
}

impl Counted<'_> {
    /// The bytes of one command.
    fn taken(&self) -> Bytes {
        Bytes { command: self.asked.fetch_add(1, Ordering::SeqCst), asked: 0, seed: self.seed }
    }
}

struct Bytes {
    command: u64,
    asked: u64,
    seed: u64,
}

impl Entropy for Bytes {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        for chunk in bytes.chunks_mut(32) {
            let hash = Sha256::digest(format!("harness {} {} {}", self.seed, self.command, self.asked));
            chunk.copy_from_slice(&hash[..chunk.len()]);
            self.asked += 1;
        }
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Pipes in the place of a terminal.
struct Pipes {
    input: io::Empty,
    output: Sink,
    errors: Sink,
}

fn nobody<T>() -> io::Result<T> {
    Err(io::Error::from(io::ErrorKind::Interrupted))
}

impl Terminal for Pipes {
    fn is_terminal(&self, _: Stream) -> bool {
        false
    }

    fn note_interrupts(&mut self) {}

    fn is_interrupted(&mut self) -> bool {
        false
    }

    fn width(&self) -> Option<u16> {
        None
    }

    fn set_color(&mut self, _: bool) {}

    fn input(&mut self) -> &mut dyn Read {
        &mut self.input
    }

    fn output(&mut self) -> &mut dyn Write {
        &mut self.output
    }

    fn errors(&mut self) -> &mut dyn Write {
        &mut self.errors
    }

    fn pick(&mut self, _: &str, _: &[String], _: usize) -> io::Result<usize> {
        nobody()
    }

    fn search(&mut self, _: &str, _: &[String]) -> io::Result<usize> {
        nobody()
    }

    fn line(&mut self, _: &str, _: Option<&str>) -> io::Result<String> {
        nobody()
    }

    fn secret(&mut self, _: &str) -> io::Result<String> {
        nobody()
    }

    fn confirm(&mut self, _: &str, _: bool) -> io::Result<bool> {
        nobody()
    }
}
