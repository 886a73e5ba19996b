//! How the table looks, the same in every part, and what the command line asks of a part.

use std::fmt::Write;
use std::fs;
use std::thread;

/// What a ratio may be.
#[derive(Debug, Clone, Copy)]
pub enum Promise {
    /// It costs at most so many times the reference.
    AtMost(f64),
    /// It reaches at least this share of the reference.
    #[cfg_attr(not(feature = "authority"), expect(dead_code, reason = "the library makes no such promise"))]
    AtLeast(f64),
}

impl Promise {
    fn said(self, ratio: f64) -> String {
        let (words, limit, kept) = match self {
            Self::AtMost(limit) => ("at most", limit, ratio <= limit),
            Self::AtLeast(limit) => ("at least", limit, ratio >= limit),
        };
        format!("{words} {limit}: {}", if kept { "kept" } else { "MISSED" })
    }
}

/// What the words behind a part's name ask for.
#[derive(Debug)]
pub struct Wanted {
    words: Vec<String>,
    number: Option<u64>,
}

impl Wanted {
    /// Of these words a number is a number, and all others are parts of the names of rows.
    pub fn new(words: &[String]) -> Self {
        let number = words.iter().find_map(|word| word.parse().ok());
        let words = words.iter().filter(|word| word.parse::<u64>().is_err()).cloned().collect();
        Self { words, number }
    }

    /// Whether this row is to be measured.
    pub fn row(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    /// The number that is asked for, in place of the usual one.
    #[cfg_attr(not(feature = "authority"), expect(dead_code, reason = "the library's part counts nothing"))]
    pub fn number(&self) -> Option<u64> {
        self.number
    }
}

/// The line above the rows of a part.
pub fn heading(part: &str, ours: &str, beside: &str) {
    println!("\n{part:<48} {ours:>14} {beside:>14} {:>9}  promise", "ratio");
}

/// One row: what it is, our figure, the reference's, their ratio.
pub fn row(name: &str, ours: &str, beside: &str, ratio: f64, promise: Option<Promise>) {
    let mut line = format!("{name:<48} {ours:>14} {beside:>14} {ratio:>9.3}");
    if let Some(promise) = promise {
        let _ = write!(line, "  {}", promise.said(ratio));
    }
    println!("{line}");
}

/// A time in the unit that suits it.
pub fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1e-3 => format!("{:.2} µs", seconds * 1e6),
        seconds if seconds < 1.0 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{seconds:.2} s"),
    }
}

/// A size in MiB.
#[cfg_attr(not(feature = "authority"), expect(dead_code, reason = "the library's part measures no memory"))]
pub fn mib(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1_048_576.0)
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the figures were taken on.
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    format!("{cores} cores of {model}, lic {}", env!("CARGO_PKG_VERSION"))
}
