//! A home to try things on, and the program that is driven.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
        command.args(args).env_clear().env("LIC_HOME", self.home()).env("HOME", self.folder.path());
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
