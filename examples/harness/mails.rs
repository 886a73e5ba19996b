//! `kill -9` at random moments of `lic notify`, which mails to a server of this process.
//!
//! In each round a license with twelve contacts comes into its window, and the run that tells them is killed. The next run sends
//! what was not sent. Whatever the kill hit: every contact is told; nobody is told twice but by a mail that was at the server when
//! its sender died, once more under the same Message-ID (RFC 1047); and a last run has nothing to send.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use super::server::{Received, Server};
use super::stage::{Random, Stage, check};

const CONTACTS: usize = 12;
/// How many rounds one authority sees.
const ROUNDS: u64 = 25;

#[derive(Default)]
struct Met {
    killed: u64,
    midway: u64,
    again: u64,
    too_late: u64,
    doubled: u64,
    mails: usize,
}

/// Kills `lic notify` so many times.
///
/// # Errors
/// The first mail that was lost or sent more often than it may be.
pub fn run(lic: &Path, count: u64, seed: u64) -> Result<String, String> {
    let (mut met, mut random) = (Met::default(), Random::new(seed));
    while met.killed < count {
        let before = met.killed;
        one_authority(lic, count, &mut random, &mut met)?;
        if met.killed == before {
            return Err("no kill came in time".to_owned());
        }
    }
    let Met { killed, midway, again, too_late, doubled, mails } = met;
    Ok(format!(
        "notify  {killed} killed ({midway} between the first mail and the last; {again} killed again when they came again; {too_late} kills came too late), {mails} mails: none lost, {doubled} that were at the server when their sender died sent once more under the same Message-ID, none a third time"
    ))
}

fn one_authority(lic: &Path, count: u64, random: &mut Random, met: &mut Met) -> Result<(), String> {
    let (stage, server) = (Stage::new(lic)?, Server::start());
    let contacts: Vec<String> = (0..CONTACTS).map(|number| format!("c{number}@acme.example")).collect();
    let words: Vec<&str> = contacts.iter().flat_map(|contact| ["--add-contact", contact]).collect();
    stage.lic(&[&["customer", "edit", "acme", "--as", "ops"], words.as_slice()].concat())?;
    let settings = stage.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).map_err(|error| error.to_string())?;
    let mail = format!(
        "\n[mail]\ntransport = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"licenses@vendor.example\"\n",
        server.port
    );
    std::fs::write(&settings, text + &mail).map_err(|error| error.to_string())?;
    let mut usual = Duration::ZERO;
    for round in 0..=ROUNDS {
        if met.killed >= count {
            break;
        }
        let order = ["issue", "acme", "--tier", "basic", "--for", "5d", "--out", "keys/", "--as", "ops", "-o", "name"];
        let id = stage.lic(&order)?.trim().to_owned();
        let seen = server.received().len();
        let mut kills = 0;
        if round == 0 {
            // Not killed: it tells how long the work takes.
            let start = Instant::now();
            stage.lic(&["notify"])?;
            usual = start.elapsed();
        } else {
            kills += u64::from(start_and_kill(&stage, usual.mul_f64(1.1), random)?);
            met.killed += kills;
            met.too_late += 1 - kills;
            let there = server.received().len() - seen;
            met.midway += u64::from(kills > 0 && (1..CONTACTS).contains(&there));
            if random.below(4) == 0 {
                let again = u64::from(start_and_kill(&stage, usual, random)?);
                met.again += again;
                kills += again;
            }
        }
        settle(&stage)?;
        let received = server.received().split_off(seen);
        met.mails += received.len();
        met.doubled += everybody_told(&received, &id, &contacts, kills).map_err(|why| format!("round {round}: {why}"))?;
        let all = server.received().len();
        let last = stage.command(&["notify"]).output().map_err(|error| error.to_string())?;
        if !last.status.success() || !last.stderr.is_empty() || server.received().len() != all {
            return Err(format!("round {round}: a last run had something to do: {}", String::from_utf8_lossy(&last.stderr)));
        }
    }
    check(&stage).map(|_| ())
}

/// Runs it until nothing is left: once, or twice where a mail was in doubt twice and is given up with exit 75.
fn settle(stage: &Stage) -> Result<(), String> {
    let mut last = None;
    for _ in 0..2 {
        let output: Output = stage.command(&["notify"]).output().map_err(|error| error.to_string())?;
        match output.status.code() {
            Some(0) => return Ok(()),
            Some(75) => last = Some(String::from_utf8_lossy(&output.stderr).into_owned()),
            _ => return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr))),
        }
    }
    Err(last.unwrap_or_default())
}

/// How many mails came twice.
fn everybody_told(received: &[Received], id: &str, contacts: &[String], kills: u64) -> Result<u64, String> {
    let mut by_contact: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for mail in received {
        if !mail.text.replace("=\n", "").contains(id) {
            return Err(format!("a mail to {} is about something else", mail.to));
        }
        by_contact.entry(&mail.to).or_default().push(mail.message_id());
    }
    let mut doubled = 0;
    for contact in contacts {
        let ids = by_contact.get(contact.as_str()).ok_or_else(|| format!("{contact} was not told"))?;
        if ids.len() > 2 || ids.iter().collect::<BTreeSet<_>>().len() > 1 {
            return Err(format!("{contact} was told by {ids:?}"));
        }
        doubled += u64::from(ids.len() == 2);
    }
    // A killed run has one mail in its hands.
    if doubled > kills { Err(format!("{doubled} mails came twice after {kills} kills")) } else { Ok(doubled) }
}

/// Starts a run and kills it after a random part of `longest`; whether it was still at work.
fn start_and_kill(stage: &Stage, longest: Duration, random: &mut Random) -> Result<bool, String> {
    let run = stage.command(&["notify"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = run.map_err(|error| error.to_string())?;
    std::thread::sleep(longest.mul_f64(random.below(10_000) as f64 / 10_000.0));
    child.kill().map_err(|error| error.to_string())?;
    let status = child.wait().map_err(|error| error.to_string())?;
    Ok(status.code().is_none())
}
