//! The home of an authority: the folder with `lic.toml`, `ledger.db` and `keys/`.

use std::path::{Path, PathBuf};

use crate::world::World;

/// How a home was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--home`.
    Flag,
    /// `LIC_HOME`.
    Environment,
    /// A `lic.toml` in the current folder.
    CurrentFolder,
    /// The user's data folder.
    DataFolder,
}

impl Origin {
    /// In words, for `lic config show --origin`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "--home",
            Self::Environment => "LIC_HOME",
            Self::CurrentFolder => "lic.toml in the current folder",
            Self::DataFolder => "the user's data folder",
        }
    }
}

/// The folder of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
    origin: Origin,
}

impl Home {
    /// Finds the home: `--home`, else `LIC_HOME`, else a `lic.toml` in the current folder, else `$XDG_DATA_HOME/lic`.
    #[must_use]
    pub fn find(flag: Option<&Path>, world: &World) -> Self {
        if let Some(path) = flag {
            return Self { path: world.path(path), origin: Origin::Flag };
        }
        if let Some(path) = world.variable("LIC_HOME") {
            return Self { path: world.path(Path::new(path)), origin: Origin::Environment };
        }
        if world.folder.join(SETTINGS).is_file() {
            return Self { path: world.folder.clone(), origin: Origin::CurrentFolder };
        }
        Self { path: data_folder(world).join("lic"), origin: Origin::DataFolder }
    }

    /// A home at a known place.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path, origin: Origin::Flag }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it was found.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The settings that a person edits.
    #[must_use]
    pub fn settings_path(&self) -> PathBuf {
        self.path.join(SETTINGS)
    }

    /// The ledger.
    #[must_use]
    pub fn ledger_path(&self) -> PathBuf {
        self.path.join("ledger.db")
    }

    /// The signing keys.
    #[must_use]
    pub fn keys_path(&self) -> PathBuf {
        self.path.join("keys")
    }
}

const SETTINGS: &str = "lic.toml";

/// The user's data folder of the XDG base directory specification; on Windows and macOS, their own.
fn data_folder(world: &World) -> PathBuf {
    let set = |name: &str| world.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(folder) = set("XDG_DATA_HOME") {
        return folder;
    }
    if cfg!(windows)
        && let Some(folder) = set("APPDATA")
    {
        return folder;
    }
    let user = set("HOME").unwrap_or_else(|| world.folder.clone());
    if cfg!(target_os = "macos") { user.join("Library/Application Support") } else { user.join(".local/share") }
}
