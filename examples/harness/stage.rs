//! A home to try things on, and the program that is driven.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lic::ledger::{Access, Ledger};

/// A folder of its own with an authority in it.
pub struct Stage {
    folder: tempfile::TempDir,
    lic: PathBuf,
}

impl Stage {
    /// An authority without a passphrase, with two customers.
    pub fn new(lic: &Path) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("lic-harness-").tempdir().map_err(|error| error.to_string())?;
        let stage = Self { folder, lic: lic.to_owned() };
        stage.lic(&["init", "--name", "Harness", "--product", "cockpit", "--operator", "ops", "--no-passphrase"])?;
        for customer in ["acme", "bolt"] {
            stage.lic(&["customer", "add", customer, "--name", customer, "--as", "ops"])?;
        }
        Ok(stage)
    }

    /// The home.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command, about to run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.lic);
        command.args(args);
        self.settled(command)
    }

    /// A command, about to be run by the program and the first arguments of `runner`.
    pub fn command_in(&self, runner: &[&str], args: &[&str]) -> Command {
        let mut command = Command::new(runner.first().copied().unwrap_or("env"));
        command.args(runner.iter().skip(1)).arg(&self.lic).args(args);
        self.settled(command)
    }

    fn settled(&self, mut command: Command) -> Command {
        command.env_clear().env("LIC_HOME", self.home()).env("HOME", self.folder.path());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn lic(&self, args: &[&str]) -> Result<String, String> {
        let output = self.command(args).output().map_err(|error| error.to_string())?;
        done(&output).map_err(|why| format!("lic {}: {why}", args.join(" ")))
    }
}

/// What a process printed, where it succeeded.
pub fn done(output: &Output) -> Result<String, String> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}

/// The ids that a command printed with `-o name`. A last line that was cut off is no acknowledgement.
pub fn ids_in(printed: &str) -> Vec<String> {
    printed.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
}

/// Examines the ledger: the engine finds the file sound, the rows are what the events say, and the program says so as well.
pub fn check(stage: &Stage) -> Result<Ledger, String> {
    let ledger = Ledger::open(&stage.home().join("ledger.db"), Access::ReadOnly).map_err(|error| error.to_string())?;
    if let Some(damage) = ledger.integrity().map_err(|error| error.to_string())?.first() {
        return Err(damage.clone());
    }
    if let Some(difference) = ledger.replay(|_| {}).map_err(|error| error.to_string())?.difference {
        return Err(difference.to_string());
    }
    stage.lic(&["audit", "verify", "-q"])?;
    Ok(ledger)
}

/// Numbers that look random, the same for the same seed (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        // The low bits of the first numbers after a small seed are no better than the seed.
        (self.next() >> 20) % end
    }
}
