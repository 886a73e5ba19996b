//! The program as it is run: a process with real pipes, and a process on a real terminal.
//!
//! What it says is tested in-process, in `tests/cli`. Here stands what only a process has: streams that close, a kernel that
//! kills it, another one beside it, a terminal that it must hand back as it found it. Time-outs are safety nets: no test
//! passes or fails by how long something takes.

#![cfg(all(unix, feature = "authority"))]

#[path = "binary/bulk.rs"]
mod bulk;
#[path = "binary/notify.rs"]
mod notify;
#[path = "binary/processes.rs"]
mod processes;
#[path = "binary/screen.rs"]
mod screen;
#[path = "binary/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The passphrase of [`Place::protected`].
const PASSPHRASE: &str = "correct horse";

/// A folder with an authority of the admin `ops` and the customers `acme` and `globex`.
struct Place(tempfile::TempDir);

impl Place {
    /// Without a passphrase.
    fn open() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder for the test"));
        place.set_up(&["--no-passphrase"])
    }

    /// Whose signing key opens with [`PASSPHRASE`].
    fn protected() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder for the test"));
        let file = place.path("pass");
        std::fs::write(&file, PASSPHRASE).expect("a passphrase file");
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a passphrase file");
        place.set_up(&["--passphrase-file", "pass"])
    }

    fn set_up(self, protection: &[&str]) -> Self {
        let init = ["init", "--name", "Example Software", "--product", "cockpit", "--operator", "ops", "--quiet"];
        self.done(&[&init[..], protection].concat());
        self.done(&["customer", "add", "acme", "--name", "Acme GmbH"]);
        self.done(&["customer", "add", "globex", "--name", "Globex Corporation"]);
        self
    }

    /// A path below the folder, which is the current one of every process.
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The program, about to run as `ops`, with nothing in its environment but where it is at home.
    fn lic(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lic"));
        command.args(["--as", "ops"]).args(args).current_dir(self.folder()).stdin(Stdio::null());
        command.env_clear().env("HOME", self.folder()).env("LIC_HOME", self.path("home"));
        command
    }

    /// Runs it with pipes to its end.
    fn run(&self, args: &[&str]) -> Output {
        self.lic(args).output().expect("a process")
    }

    /// Runs it, sees it succeed, and gives what it printed.
    #[track_caller]
    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let (code, errors) = (output.status.code(), text(&output.stderr));
        assert_eq!(code, Some(0), "lic {}\n{errors}", args.join(" "));
        text(&output.stdout)
    }

    /// The ids of all licenses.
    fn licenses(&self) -> Vec<String> {
        self.done(&["list", "-o", "name"]).lines().map(str::to_owned).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}
