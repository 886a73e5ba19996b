//! The serial number of the disk that holds the system.
//!
//! From the mount of `/` down: through partitions, encryption, volumes and mirrors to the first disk below.

use super::Files;
use crate::license::Factor;
use crate::machine::{Missing, Reading, filled, reading};

/// How many layers may lie between the file system and its disk.
const DEEPEST: usize = 8;

pub(super) fn read(files: &Files<'_>) -> Reading {
    let Some(disk) = root_mount(files).and_then(|mount| device(files, &mount)).and_then(|device| whole_disk(files, device))
    else {
        return reading(Factor::Disk, "the disk below /", Err(Missing::Absent));
    };
    let source = format!("/sys/block/{}", disk.rsplit('/').next().unwrap_or_default());
    reading(Factor::Disk, source, serial(files, &disk))
}

/// A mount: where it is, which part of its file system is seen there, its device's numbers, and what it was mounted from.
pub(super) struct Mount {
    pub at: String,
    pub numbers: String,
    pub root: String,
    pub kind: String,
    pub source: String,
}

/// What is mounted at `/`: the last of several.
pub(super) fn root_mount(files: &Files<'_>) -> Option<Mount> {
    mounts(files).into_iter().rfind(|mount| mount.at == "/")
}

/// Everything that is mounted, in order.
pub(super) fn mounts(files: &Files<'_>) -> Vec<Mount> {
    let text = files.text("/proc/self/mountinfo");
    let parse = |line: &str| {
        let (front, back) = line.split_once(" - ")?;
        let front: Vec<&str> = front.split(' ').collect();
        let mut back = back.split(' ');
        let (numbers, root, at) = (front.get(2)?, front.get(3)?, front.get(4)?);
        let (kind, source) = (back.next()?, back.next()?);
        let owned = |text: &str| text.to_owned();
        Some(Mount { at: owned(at), numbers: owned(numbers), root: owned(root), kind: owned(kind), source: owned(source) })
    };
    text.lines().filter_map(parse).collect()
}

/// The folder of a block device in `/sys`.
fn device(files: &Files<'_>, mount: &Mount) -> Option<String> {
    // btrfs has numbers of its own that no device has.
    files.real(&format!("/sys/dev/block/{}", mount.numbers)).or_else(|| {
        let name = mount.source.strip_prefix("/dev/")?;
        match name.strip_prefix("mapper/") {
            None => files.real(&format!("/sys/class/block/{name}")),
            Some(mapped) => {
                let named = |block: &String| files.text(&format!("/sys/class/block/{block}/dm/name")).trim() == mapped;
                let block = files.list("/sys/class/block").into_iter().find(named)?;
                files.real(&format!("/sys/class/block/{block}"))
            }
        }
    })
}

/// The folder of the disk that a block device lies on.
fn whole_disk(files: &Files<'_>, mut device: String) -> Option<String> {
    for _ in 0..DEEPEST {
        if files.exists(&format!("{device}/partition")) {
            device = device.rsplit_once('/')?.0.to_owned();
        }
        // Of a mirror the first half counts.
        match files.list(&format!("{device}/slaves")).first() {
            Some(below) => device = files.real(&format!("{device}/slaves/{below}"))?,
            None => return Some(device),
        }
    }
    None
}

fn serial(files: &Files<'_>, disk: &str) -> Result<String, Missing> {
    let mut why = Missing::Absent;
    for name in ["device/serial", "serial", "device/wwid", "wwid", "device/cid"] {
        match files.read(&format!("{disk}/{name}")).and_then(|value| filled(&value)) {
            Err(Missing::Absent) => {}
            Err(Missing::Blank) => why = Missing::Blank,
            found => return found,
        }
    }
    // What udev has read for everybody.
    let numbers = files.text(&format!("{disk}/dev"));
    let known = files.text(&format!("/run/udev/data/b{}", numbers.trim()));
    let property = |name: &str| known.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
    match property("E:ID_SERIAL_SHORT").or_else(|| property("E:ID_SERIAL")) {
        Some(serial) => filled(&serial),
        None => Err(why),
    }
}
