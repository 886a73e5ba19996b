//! Every figure that the project states, as ratios to a reference in the same run.
//!
//!     cargo bench --bench table                      # all parts
//!     cargo bench --bench table -- library           # one part
//!     cargo bench --bench table -- process issue     # the rows of a part whose names have these words
//!     cargo bench --bench table -- bulk 1000000      # a part with another number of what it counts
//!
//! Nothing is asserted but that the work was done: the last column says whether a promise is kept. Each part runs in a process
//! of its own, so that the memory of one part does not count for the programs that the next one starts. Ledgers to be measured
//! are made once, under `target/bench/`, and used again.

#[cfg(feature = "authority")]
mod audit;
#[cfg(feature = "authority")]
mod bulk;
#[cfg(feature = "authority")]
#[path = "../../examples/fill_ledger/content.rs"]
mod content;
#[cfg(feature = "authority")]
mod growth;
#[cfg(feature = "authority")]
mod home;
mod library;
#[cfg(feature = "authority")]
mod mail;
#[cfg(feature = "authority")]
mod process;
mod sheet;
#[cfg(feature = "authority")]
mod status;

use std::env;
use std::error::Error;
use std::process::Command;

use sheet::Wanted;

/// What goes wrong while something is measured.
type Outcome<T> = Result<T, Box<dyn Error>>;

type Part = (&'static str, fn(&Wanted) -> Outcome<()>);

/// The parts, in the order of the table.
const PARTS: &[Part] = &[
    ("library", library::measure),
    #[cfg(feature = "authority")]
    ("process", process::measure),
    #[cfg(feature = "authority")]
    ("growth", growth::measure),
    #[cfg(feature = "authority")]
    ("bulk", bulk::measure),
    #[cfg(feature = "authority")]
    ("status", status::measure),
    #[cfg(feature = "authority")]
    ("audit", audit::measure),
    #[cfg(feature = "authority")]
    ("mail", mail::measure),
];

fn main() -> Outcome<()> {
    // Cargo puts options of its own among the words.
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let Some((first, rest)) = words.split_first() else {
        println!("{}", sheet::machine());
        for (name, _) in PARTS {
            let status = Command::new(env::current_exe()?).arg(name).status()?;
            if !status.success() {
                return Err(format!("{name}: {status}").into());
            }
        }
        return Ok(());
    };
    #[cfg(feature = "authority")]
    if first == "fill" {
        return home::fill(&Wanted::new(rest));
    }
    let Some((_, measure)) = PARTS.iter().find(|(name, _)| name == first) else {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no part '{first}': {}", names.join(", ")).into());
    };
    measure(&Wanted::new(rest))
}
