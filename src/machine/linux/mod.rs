//! Linux: the factors in the files below a root folder.
//!
//! A file that is there and may not be read ends the search for its factor: what another user would read must not be replaced
//! by something else.

mod disk;
mod environment;
pub(super) mod network;

use std::io;
use std::path::Path;

use super::{Missing, Reading, filled, reading};
use crate::license::{Environment, Factor, MachineKind};

pub(super) fn read(root: &Path, processor: Option<String>) -> (Environment, Vec<Reading>) {
    let files = Files { root };
    let environment = environment::of(&files);
    let contained = environment.kind() == MachineKind::Container;
    let of_the_host = |factor, source: &str| reading(factor, source, Err(Missing::OfTheHost));
    let os = if environment::is_throwaway(environment) { environment::container_id(&files) } else { os(&files) };
    let (board, disk) = if contained {
        (of_the_host(Factor::Board, "the board"), of_the_host(Factor::Disk, "the disk"))
    } else {
        (board(&files), disk(&files, environment))
    };
    let network = match environment {
        // Its virtual switch gives another address at every start.
        Environment::Wsl => reading(Factor::Network, "the network card", Err(Missing::Unstable)),
        _ => network::read(&files),
    };
    let processor = processor.ok_or(Missing::Absent).and_then(|value| filled(&value));
    (environment, vec![os, board, disk, network, reading(Factor::Cpu, "the processor", processor)])
}

/// The files below the root.
pub(super) struct Files<'r> {
    root: &'r Path,
}

impl Files<'_> {
    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// What stands in a file.
    fn read(&self, path: &str) -> Result<String, Missing> {
        let path = self.path(path);
        if is_closed(&path) {
            return Err(Missing::NotPermitted);
        }
        match std::fs::read(path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(Missing::NotPermitted),
            Err(_) => Err(Missing::Absent),
        }
    }

    /// What stands in a file, or nothing.
    fn text(&self, path: &str) -> String {
        self.read(path).unwrap_or_default()
    }

    /// The first of these files that holds something; one that may not be read ends the search.
    fn first(&self, factor: Factor, paths: &[&str]) -> Reading {
        let mut nearest = (paths.first().copied().unwrap_or_default(), Missing::Absent);
        for path in paths {
            match self.read(path).and_then(|value| filled(&value)) {
                Ok(value) => return Reading { private: is_private(&self.path(path)), ..reading(factor, *path, Ok(value)) },
                Err(Missing::NotPermitted) => return reading(factor, *path, Err(Missing::NotPermitted)),
                Err(Missing::Absent) => {}
                Err(why) if nearest.1 == Missing::Absent => nearest = (path, why),
                Err(_) => {}
            }
        }
        reading(factor, nearest.0, Err(nearest.1))
    }

    /// The names in a folder, in order.
    fn list(&self, path: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// Where a path really leads, seen from the root.
    fn real(&self, path: &str) -> Option<String> {
        let root = self.root.canonicalize().ok()?;
        let real = self.path(path).canonicalize().ok()?;
        Some(format!("/{}", real.strip_prefix(root).ok()?.to_str()?))
    }
}

/// Whether a file is closed to its owner too. Root could read it all the same, and a system that closes it does not mean that.
fn is_closed(path: &Path) -> bool {
    mode(path) & 0o444 == 0
}

/// Whether only the owner and his group may read a file.
fn is_private(path: &Path) -> bool {
    mode(path) & 0o004 == 0
}

/// The permission bits of a file; all of them where it is not there or the system has none.
fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().map_or(0o777, |file| file.permissions().mode())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        0o777
    }
}

fn os(files: &Files<'_>) -> Reading {
    files.first(Factor::Os, &["/etc/machine-id", "/var/lib/dbus/machine-id"])
}

fn board(files: &Files<'_>) -> Reading {
    let paths = [
        "/sys/class/dmi/id/product_uuid",
        "/sys/class/dmi/id/board_serial",
        "/sys/class/dmi/id/product_serial",
        "/sys/firmware/devicetree/base/serial-number",
        "/sys/hypervisor/uuid",
    ];
    files.first(Factor::Board, &paths)
}

fn disk(files: &Files<'_>, environment: Environment) -> Reading {
    match environment {
        // A file on the Windows disk, made anew when the distribution is moved.
        Environment::Wsl => reading(Factor::Disk, "the disk", Err(Missing::Unstable)),
        _ => disk::read(files),
    }
}
