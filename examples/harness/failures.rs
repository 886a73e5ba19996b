//! Writes that fail at every point of an issue: files that may not grow further, and a full disk.
//!
//! The room grows step by step, from none at all until everything succeeds. Every time the command fails with one clean error,
//! the license is there whole or not at all, the ledger is sound, and with room again the same request gives one license.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use lic::ledger::LicenseFilter;
use lic::license::Date;

use super::stage::{Stage, check};

/// A block of `ulimit -f`.
const BLOCK: u64 = 512;
/// A page of a disk in memory.
const PAGE: u64 = 4096;
/// More room than an issue takes beside the ledger's own file: the WAL, its index and the key.
const AMPLE: u64 = 256 * 1024;
/// What is said where the license is there and its key could not be saved.
const UNSAVED: &str = "signed, but not saved";

const ISSUE: [&str; 13] = [
    "issue",
    "acme",
    "--tier",
    "basic",
    "--request-id",
    "order-1",
    "--out",
    "home/issued/",
    "--as",
    "ops",
    "-o",
    "name",
    "--no-input",
];

/// Takes room away in steps of so many blocks of 512 bytes, or of one page of a disk, whichever is more.
///
/// # Errors
/// The first failure that was not clean, a license that is half there, a ledger that is damaged.
pub fn run(lic: &Path, step: u64) -> Result<String, String> {
    let stage = Stage::new(lic)?;
    std::fs::rename(stage.home(), stage.path("before")).map_err(|error| error.to_string())?;
    let size = std::fs::metadata(stage.path("before/ledger.db")).map_err(|error| error.to_string())?.len();
    let blocks = (size + AMPLE) / BLOCK;
    let mut limited = Told::default();
    for limit in (0..blocks).step_by(step.max(1) as usize).chain([blocks]) {
        copy(&stage.path("before"), &stage.home())?;
        // A program that ignores the signal is told by the failing write.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
        let mut command = stage.command_in(&["sh", "-c", &script], &ISSUE);
        let succeeded = judge(&stage, &output(&mut command)?, limit.is_multiple_of(2 * step), &mut limited, || Ok(()));
        let succeeded = succeeded.map_err(|why| format!("files limited to {limit} blocks: {why}"))?;
        if limit == blocks && !succeeded {
            return Err(format!("with files of {limit} blocks there was room enough"));
        }
        std::fs::remove_dir_all(stage.home()).map_err(|error| error.to_string())?;
    }
    let full = match full_disks(&stage, step)? {
        Some(told) => told.report("a full disk"),
        None => "a full disk was not tried: a small disk is mounted for it, which takes root".to_owned(),
    };
    Ok(format!("{}\n{full}", limited.report("files that may not grow")))
}

/// What the attempts were told, and how often.
#[derive(Default)]
struct Told(BTreeMap<String, u64>);

impl Told {
    fn report(&self, what: &str) -> String {
        let all: u64 = self.0.values().sum();
        let lines: Vec<String> = self.0.iter().map(|(said, times)| format!("  {times:>6}  {said}")).collect();
        format!("{what}: {all} attempts, every error clean, every ledger sound, every request one license:\n{}", lines.join("\n"))
    }
}

/// Tries disks of every size from one that the home just fits on; `None` where none can be mounted.
fn full_disks(stage: &Stage, step: u64) -> Result<Option<Told>, String> {
    let mut told = Told::default();
    std::fs::create_dir(stage.home()).map_err(|error| error.to_string())?;
    let home = stage.home();
    let mount = |options: String| {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&home).output();
        mounted.is_ok_and(|mounted| mounted.status.success())
    };
    let step = (step * BLOCK).div_ceil(PAGE) * PAGE;
    let mut size = PAGE;
    let mut enough = 0;
    // The key is the last that is written; three disks with room for it are enough.
    while enough < 3 {
        if !mount(format!("size={size}")) {
            return Ok(None);
        }
        let disk = Mounted(&home);
        if copy(&stage.path("before"), &home).is_ok() {
            let output = output(&mut stage.command(&ISSUE))?;
            let grow = || if mount("remount,size=64m".to_owned()) { Ok(()) } else { Err("the disk cannot grow".to_owned()) };
            let looks = size.is_multiple_of(2 * step);
            let succeeded =
                judge(stage, &output, looks, &mut told, grow).map_err(|why| format!("a disk of {size} bytes: {why}"))?;
            enough += u64::from(succeeded);
        }
        drop(disk);
        size += if told.0.is_empty() { PAGE } else { step };
    }
    Ok(Some(told))
}

/// A disk that is taken away again, whatever happens.
struct Mounted<'p>(&'p Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

/// Judges an attempt and what it left behind; `looks` tells whether to look before the same request comes again, which takes
/// in what the attempt left beside the ledger. `make_room` gives all the room there is. Gives whether the attempt succeeded.
fn judge(
    stage: &Stage,
    output: &Output,
    looks: bool,
    told: &mut Told,
    make_room: impl FnOnce() -> Result<(), String>,
) -> Result<bool, String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let errors: Vec<&str> = stderr.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    let said = match (output.status.code(), errors.as_slice()) {
        (Some(0), []) => "done",
        (Some(1), [said]) if !stderr.contains("panicked") => said,
        _ => return Err(format!("{}, and said: {stderr}", output.status)),
    };
    let there = u64::from(said == "done" || said.starts_with(UNSAVED));
    let shown = if said.starts_with(UNSAVED) { UNSAVED } else { said };
    let shown = shown.replace(&*stage.path("").to_string_lossy(), "");
    *told.0.entry(without_odd_names(&shown)).or_default() += 1;
    let issued = stage.home().join("issued");
    let files: Vec<String> = std::fs::read_dir(&issued)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let saved: &[&str] = if said == "done" { &["acme-basic.lic"] } else { &[] };
    if files != saved {
        return Err(format!("it said '{said}' and left {files:?} in the folder of keys"));
    }
    make_room()?;
    if looks && licenses(stage)? != there {
        return Err(format!("it said '{said}', and there are {} licenses", licenses(stage)?));
    }
    let id = stage.lic(&ISSUE)?;
    if licenses(stage)? != 1 || id.lines().count() != 1 {
        return Err(format!("after '{said}' the same request left {} licenses", licenses(stage)?));
    }
    if said == "done" && String::from_utf8_lossy(&output.stdout) != id {
        return Err(format!("{} was acknowledged, and the same request gave {id}", String::from_utf8_lossy(&output.stdout)));
    }
    stage.lic(&["verify", "home/issued/acme-basic.lic", "-q"])?;
    check(stage)?;
    Ok(said == "done")
}

fn licenses(stage: &Stage) -> Result<u64, String> {
    let ledger = check(stage)?;
    ledger.read().count_licenses(&LicenseFilter::new(Date::LAST.start())).map_err(|error| error.to_string())
}

fn output(command: &mut Command) -> Result<Output, String> {
    command.output().map_err(|error| error.to_string())
}

/// `.lic-AbC123` is another name every time.
fn without_odd_names(said: &str) -> String {
    let words = said.split_inclusive('/').map(|part| if part.starts_with(".lic-") { ".lic-…" } else { part });
    words.collect()
}

/// Copies a folder, its files and its folders.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(to).map_err(failed)?;
    std::fs::set_permissions(to, std::fs::metadata(from).map_err(failed)?.permissions()).map_err(failed)?;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target).map_err(failed)?;
        }
    }
    Ok(())
}
