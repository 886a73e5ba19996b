//! The reliability harness: what the tests check a few times, done as often as one likes.
//!
//! ```text
//! cargo build --release
//! cargo run --release --example harness -- flips              # 2,000 flipped bytes in a ledger of 1,000 licenses
//! cargo run --release --example harness -- backups            # 60 backups while two processes write
//! cargo run --release --example harness -- kills              # 1,000 kills of each of six kinds of work; --of names one
//! cargo run --release --example harness -- writers            # two writers at once, 5,000 licenses each; --batch 500: in bulk
//! cargo run --release --example harness -- notify             # 200 kills of 'lic notify' with a mail server
//! cargo run --release --example harness -- month              # 31 days of 'lic notify' with outages, as a transcript
//! cargo run --release --example harness -- failures           # an issue without room: every 512 bytes of files, every page of a disk
//! ```
//!
//! Each part is a file of its own with a `run` that the tests call as well (`tests/harness.rs`). The program that is driven is
//! the `lic` beside this one, or the one that `--lic PATH` names.

#![forbid(unsafe_code)]

mod backups;
mod failures;
mod flips;
mod inside;
mod kills;
mod mails;
mod month;
#[path = "../../tests/smtp/server.rs"]
mod server;
mod stage;
mod writers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: harness flips   [--count 2000] [--licenses 1000] [--seed 1] [--lic PATH]
       harness backups [--count 60] [--lic PATH]
       harness kills   [--count 1000] [--of issue|renew|revoke|bulk|file|import] [--seed 1] [--lic PATH]
       harness notify  [--count 200] [--seed 1] [--lic PATH]
       harness month   [--customers 40] [--seed 1]
       harness writers [--count 5000] [--batch 1] [--lic PATH]
       harness failures [--step 1] [--lic PATH]";

fn main() -> ExitCode {
    match part() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn part() -> Result<String, String> {
    let mut words = std::env::args().skip(1);
    let part = words.next().ok_or(USAGE)?;
    let mut options = BTreeMap::new();
    while let Some(name) = words.next() {
        let name = name.strip_prefix("--").ok_or(USAGE)?.to_owned();
        options.insert(name, words.next().ok_or(USAGE)?);
    }
    let mut number = |name: &str, default: u64| match options.remove(name) {
        Some(text) => text.parse().map_err(|_| format!("--{name} {text}: not a whole number\n{USAGE}")),
        None => Ok(default),
    };
    let full = match part.as_str() {
        "flips" => 2_000,
        "kills" => 1_000,
        "notify" => 200,
        "writers" => 5_000,
        _ => 60,
    };
    let count = number("count", full)?;
    let (licenses, batch, step, seed) = (number("licenses", 1_000)?, number("batch", 1)?, number("step", 1)?, number("seed", 1)?);
    let customers = number("customers", 40)?;
    let of = options.remove("of");
    let lic = match options.remove("lic") {
        Some(path) => PathBuf::from(path),
        None => beside_this_one()?,
    };
    if let Some(unknown) = options.keys().next() {
        return Err(format!("--{unknown} is no option\n{USAGE}"));
    }
    match part.as_str() {
        "flips" => flips::run(&lic, count, licenses, seed),
        "backups" => backups::run(&lic, count),
        "kills" => kills::run(&lic, count, seed, of.as_deref()),
        "notify" => mails::run(&lic, count, seed),
        "month" => month::run(customers.max(1), seed),
        "failures" => failures::run(&lic, step.max(1)),
        "writers" => writers::run(&lic, count, batch),
        _ => Err(USAGE.to_owned()),
    }
}

/// `target/release/lic` of `target/release/examples/harness`.
fn beside_this_one() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let lic = own.parent().and_then(|examples| examples.parent()).map(|target| target.join("lic"));
    lic.filter(|lic| lic.is_file()).ok_or_else(|| "build the program first, or name it with --lic".to_owned())
}
