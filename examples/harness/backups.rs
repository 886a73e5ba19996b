//! Backups taken while two processes write: every one restores, replays, and holds what was acknowledged before it began.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lic::ledger::{Access, Ledger};
use lic::license::LicenseId;

use super::stage::{Stage, done};

/// Takes `count` backups.
///
/// # Errors
/// The first thing that went wrong: a command that failed, a license that is missing.
pub fn run(lic: &Path, count: u64) -> Result<String, String> {
    let stage = Stage::new(lic)?;
    let (stop, acknowledged) = (AtomicBool::new(false), Mutex::new(Vec::<String>::new()));
    let known = || acknowledged.lock().map(|known| known.clone()).unwrap_or_default();
    let mut taken = Vec::new();
    std::thread::scope(|scope| {
        let writers: Vec<_> = ["acme", "bolt"]
            .into_iter()
            .map(|customer| {
                let (stage, stop, acknowledged) = (&stage, &stop, &acknowledged);
                scope.spawn(move || write(stage, customer, stop, acknowledged))
            })
            .collect();
        let backups = (0..count).try_for_each(|number| {
            let before = known();
            let made = stage.lic(&["backup", "--to", "backups", "-o", "name"])?;
            taken.push((number, made.trim().to_owned(), before));
            Ok::<_, String>(())
        });
        stop.store(true, Ordering::SeqCst);
        let written: Result<Vec<()>, String> =
            writers.into_iter().map(|writer| writer.join().unwrap_or_else(|_| Err("a writer panicked".into()))).collect();
        backups.and(written.map(|_| ()))
    })?;
    let (mut fewest, mut most) = (usize::MAX, 0);
    for (number, backup, before) in &taken {
        let home = format!("restored-{number}");
        stage.lic(&["backup", "--verify", backup, "-q"])?;
        stage.lic(&["restore", backup, "--home", &home, "-q"])?;
        let ledger = Ledger::open(&stage.path(&home).join("ledger.db"), Access::ReadOnly).map_err(|error| error.to_string())?;
        let replay = ledger.replay(|_| {}).map_err(|error| error.to_string())?;
        if let Some(difference) = replay.difference {
            return Err(format!("{backup}: {difference}"));
        }
        for id in before {
            let id: LicenseId = id.parse().map_err(|error| format!("{id}: {error}"))?;
            if ledger.read().license(id).map_err(|error| error.to_string())?.is_none() {
                return Err(format!("{backup} lacks {id}, which was acknowledged before the backup began"));
            }
        }
        (fewest, most) = (fewest.min(before.len()), most.max(before.len()));
    }
    if most == 0 {
        return Err("nothing was written while the backups were made".into());
    }
    Ok(format!(
        "{} backups while two processes wrote {} licenses: all restored and replayed, and each had what was acknowledged before it began ({fewest} to {most} licenses)",
        taken.len(),
        known().len()
    ))
}

/// Issues licenses, a process for every few, and remembers which were acknowledged.
fn write(stage: &Stage, customer: &str, stop: &AtomicBool, acknowledged: &Mutex<Vec<String>>) -> Result<(), String> {
    let out = format!("keys-{customer}/");
    while !stop.load(Ordering::SeqCst) {
        let args = ["issue", customer, "--tier", "basic", "--count", "3", "--out", &out, "--as", "ops", "-o", "name"];
        let output = stage.command(&args).output().map_err(|error| error.to_string())?;
        let ids = done(&output).map_err(|why| format!("lic issue: {why}"))?;
        if let Ok(mut known) = acknowledged.lock() {
            known.extend(ids.lines().map(str::to_owned));
        }
    }
    Ok(())
}
