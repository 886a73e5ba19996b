//! `kill -9` at random moments of six kinds of work, often while another process writes.
//!
//! A kill falls anywhere between the start of the process and a little after its usual end. Whatever it hits, the work is done
//! whole or not at all; what was acknowledged (an id printed, an exit of 0) is there; and the same command again does what is
//! left and nothing twice. Now and then the command that comes again is killed as well.

use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use lic::ledger::{Access, EventFilter, Ledger, LedgerError, LicenseFilter};
use lic::license::{Date, LicenseId, Slug};

use super::stage::{Random, Stage, check, done, ids_in};

/// How many licenses a bulk issue has, and how many rows an import.
const BULK: u64 = 200;
const ROWS: u64 = 300;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Issue,
    Renew,
    Revoke,
    Bulk,
    File,
    Import,
}

impl Work {
    pub const ALL: [Self; 6] = [Self::Issue, Self::Renew, Self::Revoke, Self::Bulk, Self::File, Self::Import];

    pub fn name(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Renew => "renew",
            Self::Revoke => "revoke",
            Self::Bulk => "bulk",
            Self::File => "file",
            Self::Import => "import",
        }
    }

    /// How many rounds one authority sees before it is examined and the next one is made, so that it stays small.
    fn rounds(self) -> u64 {
        if matches!(self, Self::Bulk | Self::File | Self::Import) { 10 } else { 50 }
    }

    /// How much of it there is, in the ledger, of everything that was ever done.
    fn extent(self, ledger: &Ledger) -> Result<u64, LedgerError> {
        let mut filter = EventFilter { customer: customer("acme"), ..EventFilter::default() };
        filter.kinds = match self {
            Self::Issue | Self::Bulk | Self::File => {
                // No status is asked for, so that the moment does not matter.
                let licenses = LicenseFilter { customer: filter.customer, ..LicenseFilter::new(Date::LAST.start()) };
                return ledger.read().count_licenses(&licenses);
            }
            // A renewal is the issue of the next revision.
            Self::Renew => vec!["license.issued".to_owned()],
            Self::Revoke => vec!["license.revoked".to_owned()],
            Self::Import => {
                filter.customer = None;
                vec!["customer.added".to_owned(), "customer.changed".to_owned()]
            }
        };
        let mut events = 0;
        ledger.read().for_each_event(&filter, |_| {
            events += 1;
            Ok::<_, LedgerError>(())
        })?;
        Ok(events)
    }

    /// By how much one round adds to it.
    fn step(self) -> u64 {
        match self {
            Self::Bulk => BULK,
            Self::File | Self::Import => ROWS,
            Self::Issue | Self::Renew | Self::Revoke => 1,
        }
    }

    /// The command of a round; `licenses` are there to be renewed and revoked.
    fn args(self, round: u64, licenses: &[String], stage: &Stage) -> Result<Vec<String>, String> {
        let request = format!("{}-{round}", self.name());
        let license = licenses.get(round as usize % licenses.len().max(1)).map_or("", String::as_str);
        let bulk = BULK.to_string();
        let file = format!("accounts-{round}.csv");
        let words: &[&str] = match self {
            Self::Issue => &["issue", "acme", "--tier", "basic", "--request-id", &request, "--out", "keys/"],
            Self::Bulk => &["issue", "acme", "--tier", "basic", "--count", &bulk, "--request-id", &request, "--out", "keys/"],
            Self::File => {
                let rows = (0..ROWS).map(|row| format!("acme,basic,round {round} row {row}\n")).collect::<String>();
                std::fs::write(stage.path(&file), format!("customer,tier,note\n{rows}")).map_err(|error| error.to_string())?;
                &["issue", "--from", &file]
            }
            Self::Renew => &["renew", license, "--for", "1mo", "--request-id", &request, "--out", "keys/"],
            Self::Revoke => &["revoke", license, "--reason", "refund"],
            Self::Import => {
                let rows = (0..ROWS).map(|row| format!("Firm {round} {row},R-{round}-{row}\n")).collect::<String>();
                std::fs::write(stage.path(&file), format!("name,reference\n{rows}")).map_err(|error| error.to_string())?;
                &["customer", "import", &file]
            }
        };
        Ok(words.iter().chain(&["--as", "ops", "-o", "name"]).map(|word| (*word).to_owned()).collect())
    }
}

/// What the kills of one kind of work met.
#[derive(Default)]
struct Met {
    killed: u64,
    done: u64,
    unseen: u64,
    acknowledged: u64,
    too_late: u64,
    again: u64,
    beside: u64,
}

/// Kills each kind of work so many times, or the one that is named.
///
/// # Errors
/// The first thing that was lost, doubled, half done or damaged.
pub fn run(lic: &Path, count: u64, seed: u64, of: Option<&str>) -> Result<String, String> {
    let works: Vec<Work> = Work::ALL.into_iter().filter(|work| of.is_none_or(|of| of == work.name())).collect();
    if works.is_empty() {
        return Err(format!("--of names issue, renew, revoke, bulk, file or import, not {}", of.unwrap_or("nothing")));
    }
    let reports: Result<Vec<String>, String> = works.into_iter().map(|work| kill(lic, work, count, seed)).collect();
    Ok(reports?.join("\n"))
}

fn kill(lic: &Path, work: Work, count: u64, seed: u64) -> Result<String, String> {
    let (mut met, mut random) = (Met::default(), Random::new(seed));
    let mut authorities = 0;
    while met.killed < count {
        let stage = Stage::new(lic)?;
        one_authority(&stage, work, count, &mut random, &mut met).map_err(|why| format!("{}: {why}", work.name()))?;
        authorities += 1;
        if met.killed == 0 {
            return Err(format!("{}: no kill came in time", work.name()));
        }
    }
    let Met { killed, done, unseen, acknowledged, too_late, again, beside } = met;
    Ok(format!(
        "{:<7} {killed} killed ({} before the commit, {done} after it, {acknowledged} of them acknowledged; {unseen} not looked at before it came again; {again} killed again when they came again; {too_late} kills came too late), {beside} rounds beside another writer, {authorities} authorities: nothing lost, doubled or half done",
        work.name(),
        killed - done - unseen
    ))
}

/// The rounds of one authority, which is examined at the end.
fn one_authority(stage: &Stage, work: Work, count: u64, random: &mut Random, met: &mut Met) -> Result<(), String> {
    let stock = (work.rounds() + 1).to_string();
    let licenses = match work {
        Work::Renew | Work::Revoke => ids_in(
            &stage
                .lic(&["issue", "acme", "--tier", "basic", "--count", &stock, "--out", "stock/", "--as", "ops", "-o", "name"])?,
        ),
        Work::Issue | Work::Bulk | Work::File | Work::Import => Vec::new(),
    };
    let mut promised = licenses.clone();
    // The first round is not killed: it tells how long the work takes.
    let start = Instant::now();
    done(&start_work(stage, &work.args(0, &licenses, stage)?)?.wait_with_output().map_err(|error| error.to_string())?)?;
    let usual = start.elapsed();
    for round in 1..=work.rounds() {
        if met.killed >= count {
            break;
        }
        let args = work.args(round, &licenses, stage)?;
        let before = extent(stage, work)?;
        let beside = (random.below(3) == 0).then(|| another(stage, round)).transpose()?;
        // With another writer at work it takes longer.
        let longest = usual.mul_f64(if beside.is_some() { 1.6 } else { 1.1 });
        let (output, killed) = start_and_kill(stage, &args, longest, random)?;
        let other = beside.map(|child| child.wait_with_output().map_err(|error| error.to_string())).transpose()?;
        if let Some(other) = &other {
            promised.extend(ids_in(&done(other).map_err(|why| format!("the other writer: {why}"))?));
            met.beside += 1;
        }
        let printed = ids_in(&String::from_utf8_lossy(&output.stdout));
        let acknowledged = !printed.is_empty() || output.status.success();
        if !killed && !output.status.success() {
            return Err(format!("{}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)));
        }
        let whole = before + work.step();
        // Looking takes in what the killed process left beside the ledger. Now and then that is left to the command itself.
        let looked = acknowledged || random.below(4) != 0;
        if looked {
            let after = extent(stage, work)?;
            if after != before && after != whole {
                return Err(format!("half done: {} of {} in round {round}", after - before, work.step()));
            }
            if acknowledged && after != whole {
                return Err(format!("acknowledged and lost in round {round}"));
            }
            met.done += u64::from(killed && after == whole);
        }
        met.unseen += u64::from(killed && !looked);
        met.too_late += u64::from(!killed);
        met.killed += u64::from(killed);
        met.acknowledged += u64::from(killed && acknowledged);
        if random.below(4) == 0 {
            let (_, killed) = start_and_kill(stage, &args, usual, random)?;
            met.again += u64::from(killed);
        }
        let again = start_work(stage, &args)?.wait_with_output().map_err(|error| error.to_string())?;
        let refused = work == Work::Revoke && String::from_utf8_lossy(&again.stderr).contains("is already revoked");
        let given = if refused { printed.clone() } else { ids_in(&done(&again)?) };
        if !printed.iter().all(|id| given.contains(id)) {
            return Err(format!("the same request gave other licenses in round {round}"));
        }
        let now = extent(stage, work)?;
        if now != whole {
            return Err(format!("{before} before round {round}, {now} after it, in place of {whole}"));
        }
        promised.extend(given);
    }
    let ledger = check(stage)?;
    for id in promised {
        let id: LicenseId = id.parse().map_err(|error| format!("{id}: {error}"))?;
        if ledger.read().license(id).map_err(|error| error.to_string())?.is_none() {
            return Err(format!("{id} was acknowledged and is not there"));
        }
    }
    Ok(())
}

fn extent(stage: &Stage, work: Work) -> Result<u64, String> {
    let ledger = Ledger::open(&stage.home().join("ledger.db"), Access::ReadOnly).map_err(|error| error.to_string())?;
    work.extent(&ledger).map_err(|error| error.to_string())
}

fn customer(name: &str) -> Option<Slug> {
    name.parse().ok()
}

fn start_work(stage: &Stage, args: &[String]) -> Result<Child, String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    stage.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())
}

/// A writer that nobody kills.
fn another(stage: &Stage, round: u64) -> Result<Child, String> {
    let request = format!("beside-{round}");
    let words =
        ["issue", "bolt", "--tier", "basic", "--request-id", &request, "--out", "keys-bolt/", "--as", "ops", "-o", "name"];
    start_work(stage, &words.map(str::to_owned))
}

/// Starts the work and kills it after a random part of `longest`; whether it was still at work.
fn start_and_kill(stage: &Stage, args: &[String], longest: Duration, random: &mut Random) -> Result<(Output, bool), String> {
    let mut child = start_work(stage, args)?;
    // What it prints is read while it works: a full pipe would hold it up.
    let reading = child.stdout.take().map(drain);
    let errors = child.stderr.take().map(drain);
    std::thread::sleep(longest.mul_f64(random.below(10_000) as f64 / 10_000.0));
    child.kill().map_err(|error| error.to_string())?;
    let mut output = child.wait_with_output().map_err(|error| error.to_string())?;
    let read =
        |thread: Option<std::thread::JoinHandle<Vec<u8>>>| thread.and_then(|thread| thread.join().ok()).unwrap_or_default();
    (output.stdout, output.stderr) = (read(reading), read(errors));
    let killed = output.status.code().is_none();
    Ok((output, killed))
}

fn drain(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}
