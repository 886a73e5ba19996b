//! The stage on which the command line is tested: a folder, a clock, entropy and a terminal, all of the test's own.
//!
//! ```ignore
//! let desk = with_customer("acme");
//! assert_snapshot!(desk.lic(&["issue", "acme", "--tier", "pro"]));
//! assert_snapshot!(desk.lic_on_terminal(&["issue"], [search("acme"), pick("professional"), Yes]));
//! ```
//!
//! Nothing here depends on the machine: the environment is empty but for `HOME`, `LIC_HOME`, `TMPDIR` and `NO_COLOR`, the
//! system user is `ops`, the clock starts at 2026-11-22T09:00:00Z and goes one second further each time it is read, and random
//! bytes are counted hashes. Two tests that do the same see the same, down to license ids and signatures. Not for the wall
//! clock, and not for files outside the test's folder.

// Also taken in by other test programs, which do not use all of it.
#![allow(dead_code, unused_imports)]

mod answers;
pub mod html;
#[cfg(unix)]
#[path = "../../machines/layout.rs"]
mod layout;
pub mod lifecycle;
mod run;
mod world;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;

use lic::ledger::{Access, Ledger};
use lic::license::Timestamp;
use lic::machine::System;
use lic::world::World;

pub use answers::Answer::{self, Cancel, Enter, No, Yes};
pub use answers::{line, pick, search, secret};
pub use run::{Run, is_hidden, shell_words};
pub use world::Pipe;
use world::{CountedEntropy, ScriptedTerminal, SteppingClock};

/// When every test begins.
pub const BEGINNING: &str = "2026-11-22T09:00:00Z";
/// The folder of a test as output shows it. As long as the real one, so that tables keep their widths.
const SHOWN_FOLDER: &str = "/tmp/lic-test-folder";

/// A desk with a home that holds no authority yet.
pub fn empty() -> Desk {
    Desk::new()
}

/// A desk with an authority: `Example Software`, product `cockpit`, the sample tiers, admin `ops`, no passphrase.
pub fn authority() -> Desk {
    static MADE: OnceLock<Template> = OnceLock::new();
    let make = || {
        let desk = empty();
        desk.lic(&["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase", "--quiet"]).done();
        desk.template()
    };
    MADE.get_or_init(make).desk()
}

/// A desk with an authority and one customer of this short name, `Acme GmbH`.
pub fn with_customer(slug: &str) -> Desk {
    let desk = authority();
    desk.lic(&["customer", "add", slug, "--name", "Acme GmbH", "--contact", "Jane Doe <jane@acme.example>"]).done();
    desk
}

/// A desk as it once was, to be had again at little cost.
pub struct Template {
    /// Paths below the folder, with permission bits, and content where it is a file.
    entries: Vec<(PathBuf, u32, Option<Vec<u8>>)>,
    clock: i64,
    entropy: u64,
}

impl Template {
    /// Another desk that looks the same, down to the clock and the entropy to come.
    pub fn desk(&self) -> Desk {
        let desk = Desk::new();
        for (path, mode, content) in &self.entries {
            let path = desk.folder.path().join(path);
            match content {
                None => std::fs::create_dir_all(&path).expect("a folder"),
                Some(content) => std::fs::write(&path, content).expect("a file"),
            }
            set_mode(&path, *mode);
        }
        desk.clock.set(self.clock);
        desk.entropy.set(self.entropy);
        desk
    }
}

/// A folder with a home and a place to work, and what goes on from one command to the next.
///
/// `HOME` is the folder, `LIC_HOME` is `home` in it, and the current folder is `work` in it.
pub struct Desk {
    folder: tempfile::TempDir,
    clock: Rc<Cell<i64>>,
    entropy: Rc<Cell<u64>>,
    #[cfg(unix)]
    machine: RefCell<Option<layout::Layout>>,
}

impl Desk {
    fn new() -> Self {
        let mut builder = tempfile::Builder::new();
        builder.prefix("lic-test-").rand_bytes(6);
        let folder = if cfg!(unix) { builder.tempdir_in("/tmp") } else { builder.tempdir() };
        let folder = folder.expect("a folder for the test");
        for name in ["work", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder to work in");
        }
        let desk = Self {
            folder,
            clock: Rc::default(),
            entropy: Rc::default(),
            #[cfg(unix)]
            machine: RefCell::default(),
        };
        desk.set_time(BEGINNING);
        desk
    }

    /// Runs a command with nobody at the terminal: standard output and standard error are pipes.
    pub fn lic(&self, args: &[&str]) -> Run {
        self.command(args).run()
    }

    /// Runs a command on a terminal of 100 columns, with a person who gives these answers, all of them and no more.
    pub fn lic_on_terminal(&self, args: &[&str], answers: impl IntoIterator<Item = Answer>) -> Run {
        self.command(args).terminal(100).answers(answers).run()
    }

    /// A command to be adjusted before it runs.
    pub fn command(&self, args: &[&str]) -> Command<'_> {
        let environment = [
            ("HOME", self.folder.path().to_owned()),
            ("LIC_HOME", self.home()),
            ("TMPDIR", self.folder.path().join("tmp")),
            // Snapshots are read by people; a test of colors takes it away.
            ("NO_COLOR", "1".into()),
        ];
        Command {
            desk: self,
            args: args.iter().map(OsString::from).collect(),
            environment: environment.into_iter().map(|(name, value)| (name.into(), value.into_os_string())).collect(),
            user: || Some("ops".into()),
            terminal: ScriptedTerminal::default(),
        }
    }

    /// The time that the next reading of the clock gives: RFC 3339, or a date.
    pub fn set_time(&self, moment: &str) {
        let moment: Timestamp = moment.parse().expect("a moment");
        self.clock.set(moment.seconds());
    }

    /// From now on commands run on this system of `tests/machines/`; at first it is a Raspberry Pi.
    #[cfg(unix)]
    pub fn set_machine(&self, name: &str) {
        self.set_machine_changed(name, |text| text);
    }

    /// The same, with its description changed.
    #[cfg(unix)]
    pub fn set_machine_changed(&self, name: &str, change: impl FnOnce(String) -> String) {
        *self.machine.borrow_mut() = Some(layout::Layout::changed(name, change));
    }

    /// Closes a file of the machine to everybody but root.
    #[cfg(unix)]
    pub fn close_to_others(&self, path: &str) {
        let machine = self.machine.borrow();
        set_mode(&machine.as_ref().expect("a machine").root().join(path.trim_start_matches('/')), 0o400);
    }

    #[cfg(unix)]
    fn system(&self) -> System {
        self.machine.borrow_mut().get_or_insert_with(|| layout::Layout::of("raspberry-pi")).system()
    }

    #[cfg(not(unix))]
    fn system(&self) -> System {
        System::under(self.folder.path().join("nothing"), None)
    }

    /// The home of the authority.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A path below the current folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// Writes a file below the current folder; gives its name, to be used as an argument.
    pub fn write<'n>(&self, name: &'n str, content: impl AsRef<[u8]>) -> &'n str {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
        name
    }

    /// Writes a file that only its owner can read, as passphrase files have to be.
    pub fn write_private<'n>(&self, name: &'n str, content: &str) -> &'n str {
        self.write(name, content);
        set_mode(&self.path(name), 0o600);
        name
    }

    /// Reads a text file below the current folder.
    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Every file but the temporary ones, with its content: what a command that changes nothing leaves alone.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(self.folder.path(), &mut files);
        files.retain(|path, _| !path.starts_with(self.folder.path().join("tmp")));
        files
    }

    /// The desk as it is now.
    pub fn template(&self) -> Template {
        let mut entries = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder that can be read") {
                let path = entry.expect("an entry").path();
                let below = path.strip_prefix(self.folder.path()).expect("a path below the folder").to_owned();
                let content = path.is_file().then(|| std::fs::read(&path).expect("a file that can be read"));
                entries.push((below, mode(&path), content));
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        Template { entries, clock: self.clock.get(), entropy: self.entropy.get() }
    }

    /// How many events the ledger holds.
    pub fn events(&self) -> u64 {
        let ledger = Ledger::open(&self.home().join("ledger.db"), Access::ReadOnly).expect("a ledger");
        ledger.head().expect("the head of the log").size()
    }

    fn redact(&self, text: &str) -> String {
        let text = text.replace(&*self.folder.path().to_string_lossy(), SHOWN_FOLDER);
        // `lic demo` makes a folder with a name of its own below TMPDIR.
        let Some((_, after)) = text.split_once("/lic-demo-") else { return text };
        let name: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("/lic-demo-{name}"), "/lic-demo-folder")
    }
}

fn walk(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            let content = std::fs::read(&path).expect("a file that can be read");
            files.insert(path, content);
        }
    }
}

/// Sets the permission bits of a file or folder, where the system has them.
pub fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// The permission bits of a file or folder; all of them where the system has none.
pub fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        0o777
    }
}

/// A command about to run.
pub struct Command<'d> {
    desk: &'d Desk,
    args: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    user: fn() -> Option<String>,
    terminal: ScriptedTerminal,
}

impl Command<'_> {
    /// All three streams are a terminal this wide.
    pub fn terminal(mut self, width: u16) -> Self {
        self.terminal.input_is_terminal = true;
        self.terminal.output_is_terminal = true;
        self.terminal.errors_is_terminal = true;
        self.terminal.width = Some(width);
        self
    }

    /// Standard output goes to a pipe or a file, whatever the other streams do.
    pub fn output_to_pipe(mut self) -> Self {
        self.terminal.output_is_terminal = false;
        self.terminal.width = None;
        self
    }

    /// What standard output does with what is written to it.
    pub fn output(mut self, pipe: Pipe) -> Self {
        self.terminal.output.pipe = pipe;
        self
    }

    /// What the person answers, in order.
    pub fn answers(self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.terminal.answers.borrow_mut().extend(answers);
        self
    }

    /// What comes in on standard input, from a pipe.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.terminal.input_is_terminal = false;
        self.terminal.input = std::io::Cursor::new(bytes.into());
        self
    }

    /// Sets an environment variable; an empty one counts as absent.
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.environment.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// Ctrl-C comes at the work that stops at a good place, after it has asked so often.
    pub fn interrupted_after(mut self, asked: u64) -> Self {
        self.terminal.interrupted_after = Some(asked);
        self
    }

    /// Another system user.
    pub fn user(mut self, user: fn() -> Option<String>) -> Self {
        self.user = user;
        self
    }

    /// Runs it.
    ///
    /// # Panics
    /// Where the person is asked more or less than the answers given, or something else.
    pub fn run(self) -> Run {
        let Self { desk, args, environment, user, terminal } = self;
        let shown_terminal = terminal.errors_is_terminal.then_some(terminal.width);
        let (output, errors) = (terminal.output.kept(), terminal.errors.kept());
        let (answers, questions) = (terminal.answers.clone(), terminal.questions.clone());
        let mut world = World {
            clock: Box::new(SteppingClock(desk.clock.clone())),
            entropy: Box::new(CountedEntropy(desk.entropy.clone())),
            terminal: Box::new(terminal),
            environment,
            folder: desk.folder.path().join("work"),
            user,
            system: desk.system(),
        };
        let all = std::iter::once(OsString::from("lic")).chain(args.iter().cloned());
        let code = lic::cli::run(all, &mut world);
        let text = |kept: &RefCell<Vec<u8>>| desk.redact(&String::from_utf8(kept.take()).expect("output is UTF-8"));
        let run = Run {
            args: args.iter().map(|arg| desk.redact(&arg.to_string_lossy())).collect(),
            terminal: shown_terminal,
            code,
            stdout: text(&output),
            stderr: text(&errors),
            questions: questions.take(),
        };
        assert!(answers.borrow().is_empty(), "these answers were not asked for: {:?}\n{run}", answers.borrow());
        run
    }
}
