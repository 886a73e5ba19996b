//! Two writers at once, a process for every call: nobody is told that the ledger is busy, no id is given twice, and the places
//! in the status lists have no gap.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::stage::{Stage, check, done, ids_in};

/// Lets two writers issue `count` licenses each, `batch` in one call.
///
/// # Errors
/// The first call that failed, an id given twice, a license that is missing, a gap.
pub fn run(lic: &Path, count: u64, batch: u64) -> Result<String, String> {
    let stage = Stage::new(lic)?;
    let start = Instant::now();
    let (first, second) = std::thread::scope(|scope| {
        let writers = ["acme", "bolt"].map(|customer| {
            let stage = &stage;
            scope.spawn(move || write(stage, customer, count, batch.clamp(1, count.max(1))))
        });
        let [first, second] = writers.map(|writer| writer.join().unwrap_or_else(|_| Err("a writer panicked".into())));
        Ok::<_, String>((first?, second?))
    })?;
    let took = start.elapsed();
    let ids: BTreeSet<&String> = first.ids.iter().chain(&second.ids).collect();
    let all = 2 * count;
    if ids.len() as u64 != all {
        return Err(format!("{} different licenses were acknowledged, in place of {all}", ids.len()));
    }
    let ledger = check(&stage)?;
    let tables = ledger.read();
    for index in 0..all {
        let id = tables.license_id_at(index).map_err(|error| error.to_string())?;
        let id = id.ok_or_else(|| format!("there is no license at place {index} of the status list"))?;
        if !ids.contains(&id.to_string()) {
            return Err(format!("{id} is in the ledger, and nobody was told of it"));
        }
    }
    if let Some(id) = tables.license_id_at(all).map_err(|error| error.to_string())? {
        return Err(format!("{id} is one license too many"));
    }
    Ok(format!(
        "two writers, {count} licenses each, {batch} to a call: {all} different ids, no gap in the status list, no call failed; {} s, the slowest call {} ms",
        took.as_secs(),
        first.slowest.max(second.slowest).as_millis()
    ))
}

/// What a writer got.
struct Written {
    ids: Vec<String>,
    slowest: Duration,
}

fn write(stage: &Stage, customer: &str, count: u64, batch: u64) -> Result<Written, String> {
    let out = format!("keys-{customer}/");
    let mut written = Written { ids: Vec::new(), slowest: Duration::ZERO };
    while (written.ids.len() as u64) < count {
        let request = format!("{customer}-{}", written.ids.len());
        let many = batch.min(count - written.ids.len() as u64).to_string();
        let start = Instant::now();
        let args = ["issue", customer, "--tier", "basic", "--count", &many, "--request-id", &request, "--out", &out];
        let output = stage.command(&[&args[..], &["--as", "ops", "-o", "name"]].concat()).output();
        let ids = ids_in(&done(&output.map_err(|error| error.to_string())?).map_err(|why| format!("{request}: {why}"))?);
        if ids.len().to_string() != many {
            return Err(format!("{request}: {} ids in place of {many}", ids.len()));
        }
        written.slowest = written.slowest.max(start.elapsed());
        written.ids.extend(ids);
    }
    Ok(written)
}
