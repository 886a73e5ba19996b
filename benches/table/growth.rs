//! How time and memory grow with the ledger: the same commands on a thousand, a hundred thousand and a million licenses.
//!
//! The reference of each row is the same command on the ledger before it, so the ratio says what ten or a hundred times as many
//! licenses cost. Memory is the most that the process had resident, as the system counted it.

use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

use crate::Outcome;
use crate::home::{self, LIC};
use crate::sheet::{self, Wanted, median};

const SIZES: [u64; 3] = [1_000, 100_000, 1_000_000];
/// How often each command runs.
const TURNS: u64 = 5;

const COMMANDS: [(&str, &[&str]); 8] = [
    ("show one license", &["show", "LICENSE"]),
    ("list the first page", &["list", "--limit", "100"]),
    ("list all, as CSV", &["list", "-o", "csv"]),
    ("search a word", &["list", "--search", "analytics", "--limit", "100"]),
    ("notify --dry-run", &["notify", "--dry-run"]),
    ("dashboard", &["dashboard"]),
    ("report customers", &["report", "customers"]),
    ("issue", &["issue", "customer-000001", "--tier", "basic", "--out", "-", "--dry-run"]),
];

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let turns = wanted.number().unwrap_or(TURNS);
    let homes = SIZES.iter().map(|size| home::filled(*size)).collect::<Outcome<Vec<_>>>()?;
    let mut sizes = Vec::new();
    for home in &homes {
        sizes.push(std::fs::metadata(home.join("ledger.db"))?.len() as f64);
    }
    let license = crate::content::id(7).to_string();
    sheet::heading("growth: time", "at this size", "at the last");
    grow("size of the ledger, per license", &per_license(&sizes), bytes);
    let mut memory = Vec::new();
    for (name, arguments) in COMMANDS.iter().filter(|(name, _)| wanted.row(name)) {
        let (mut times, mut peaks) = (Vec::new(), Vec::new());
        for home in &homes {
            let arguments = arguments.iter().map(|word| if *word == "LICENSE" { license.as_str() } else { word });
            let words: Vec<&str> = arguments.chain(["--home"]).collect();
            let mut runs = Vec::new();
            for _ in 0..turns {
                let mut command = Command::new(LIC);
                command.args(&words).arg(home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                let start = Instant::now();
                let used = command.spawn()?.wait4()?;
                if !used.status.success() {
                    return Err(format!("{name}: {}", used.status).into());
                }
                runs.push((start.elapsed().as_secs_f64(), used.rusage.maxrss as f64));
            }
            times.push(median(runs.iter().map(|(time, _)| *time).collect()));
            peaks.push(runs.iter().map(|(_, peak)| *peak).fold(0.0, f64::max));
        }
        grow(name, &times, sheet::time);
        memory.push((name, peaks));
    }
    sheet::heading("growth: memory", "at this size", "at the last");
    for (name, peaks) in memory {
        grow(name, &peaks, sheet::mib);
    }
    Ok(())
}

/// A row for each step from one size to the next.
fn grow(name: &str, figures: &[f64], said: impl Fn(f64) -> String) {
    for (pair, size) in figures.windows(2).zip(&SIZES[1..]) {
        sheet::row(&format!("{name}, {size}"), &said(pair[1]), &said(pair[0]), pair[1] / pair[0], None);
    }
}

fn per_license(sizes: &[f64]) -> Vec<f64> {
    sizes.iter().zip(SIZES).map(|(size, licenses)| size / licenses as f64).collect()
}

fn bytes(bytes: f64) -> String {
    format!("{bytes:.0} bytes")
}
