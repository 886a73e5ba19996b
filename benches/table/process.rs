//! What whole commands cost, beside starting a program that does nothing (`examples/empty.rs`, built with the same profile).
//!
//! All rows take turns, so that a busy machine slows them all; the medians of the wall-clock times are compared. A row that
//! takes long takes fewer of the turns, and each is started right after the empty program, so that none finds the processor's caches
//! full of what a report left there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Outcome;
use crate::home::{self, LIC};
use crate::sheet::{self, Promise, Wanted, median};

/// How many turns there are.
const TURNS: u64 = 301;
/// How many turns each row takes at least.
const LEAST: u64 = 7;
/// How long a row may take in each of the turns, in seconds on the average.
const SHARE: f64 = 0.02;
/// How many licenses the large ledger has.
const LARGE: u64 = 1_000_000;
/// What is asked of the large ledger, with what it may cost at most.
const QUESTIONS: [(&str, Option<f64>, &[&str]); 8] = [
    ("list --expiring 30d, of a million", Some(30.0), &["list", "--expiring", "30d", "--limit", "100"]),
    ("notify --dry-run, 1,000 of a million", Some(100.0), &["notify", "--dry-run"]),
    ("search a customer, of a million", None, &["list", "--search", "customer-012345", "--limit", "100"]),
    ("search a common word, of a million", None, &["list", "--search", "gmbh", "--limit", "100"]),
    ("search two words, of a million", None, &["list", "--search", "söhne analytics", "--limit", "100"]),
    ("search a note, of a million", None, &["list", "--search", "21474836475", "--limit", "100"]),
    ("search a label, of a million", None, &["list", "--search", "floor 64712", "--limit", "100"]),
    ("search what is not there, of a million", None, &["list", "--search", "nowhere"]),
];

/// The reports and the dashboard, as they are typed: `TODAY` stands for the first second of today, a moment of the past after which
/// nothing happened, and `PAGE` for a file. With what each may cost: those that only count as much as a hundred starts of an empty
/// program, all others as much as a thousand, which is about a tenth of a second and a second.
const REPORTS: [(&str, f64); 18] = [
    ("report expiring", 1_000.0),
    ("report expiring --by tier", 100.0),
    ("report expiring -o ics --within 1y", 1_000.0),
    ("report expired", 1_000.0),
    ("report issued --limit 100 -o json", 1_000.0),
    ("report customers", 1_000.0),
    ("report customers --customer customer-000007", 100.0),
    ("report tiers", 1_000.0),
    ("report tiers --at TODAY", 1_000.0),
    ("report seats", 1_000.0),
    ("report revenue", 1_000.0),
    ("report revenue --by customer", 1_000.0),
    ("report machines", 1_000.0),
    ("report machines --at TODAY", 1_000.0),
    ("report renewals", 1_000.0),
    ("dashboard", 1_000.0),
    ("dashboard --at TODAY", 1_000.0),
    ("dashboard --html PAGE --replace", 1_000.0),
];

/// One thing to measure.
struct Row {
    name: &'static str,
    promise: Option<Promise>,
    command: Vec<OsString>,
    times: Vec<f64>,
}

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let turns = wanted.number().unwrap_or(TURNS);
    let small = home::small()?;
    let of = |file: &str| small.join(file).display().to_string();
    let alone = example("verify")?.display().to_string();
    let (home, key, keys, saved) = (of(""), of("acme.lic"), of("vendor.pem"), of("saved/"));

    let mut rows = vec![Row::new("an empty program", None, vec![example("empty")?.into()])];
    let mut add = |name, most: Option<f64>, command: &[&str]| {
        if wanted.row(name) {
            rows.push(Row::new(name, most.map(Promise::AtMost), command.iter().map(OsString::from).collect()));
        }
    };
    add("verify a key with --keys", Some(1.3), &[LIC, "verify", &key, "--keys", &keys]);
    add("the library alone verifies it", None, &[&alone, &key, &keys, home::PRODUCT]);
    add("verify a key with the ledger", None, &[LIC, "verify", &key, "--home", &home]);
    add("issue", Some(5.0), &[LIC, "issue", "acme", "--tier", "professional", "--out", &saved, "--home", &home]);
    add("show a license", None, &[LIC, "show", &key, "--home", &home]);
    add("say the version", None, &[LIC, "--version"]);
    for (name, command) in others(&small, &key)? {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        add(name, None, &words);
    }
    if QUESTIONS.iter().any(|(name, ..)| wanted.row(name)) || REPORTS.iter().any(|(name, _)| wanted.row(name)) {
        let large = home::filled(LARGE)?.display().to_string();
        let (today, page) = (home::now()?.date().to_string(), of("page.html"));
        let meant = |word: &'static str| match word {
            "TODAY" => today.as_str(),
            "PAGE" => page.as_str(),
            word => word,
        };
        for (name, most, arguments) in QUESTIONS {
            add(name, most, &[&[LIC], arguments, &["--home", &large]].concat());
        }
        for (name, most) in REPORTS {
            let command: Vec<&str> = [LIC].into_iter().chain(name.split(' ').map(meant)).chain(["--home", &large]).collect();
            add(name, Some(most), &command);
        }
    }
    take_turns(&mut rows, turns)?;

    let empty = median(rows[0].times.clone());
    sheet::heading("process", "command", "empty program");
    for row in rows {
        let time = median(row.times);
        sheet::row(row.name, &sheet::time(time), &sheet::time(empty), time / empty, row.promise);
    }
    Ok(())
}

impl Row {
    fn new(name: &'static str, promise: Option<Promise>, command: Vec<OsString>) -> Self {
        Self { name, promise, command, times: Vec::new() }
    }

    /// How many seconds pass from the start of the program to its end.
    fn run(&self) -> Outcome<f64> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        let time = start.elapsed().as_secs_f64();
        if status.success() { Ok(time) } else { Err(format!("{}: {status}", self.name).into()) }
    }
}

fn take_turns(rows: &mut [Row], turns: u64) -> Outcome<()> {
    // The first runs find cold caches; the last of them says how long the row takes.
    let mut every = Vec::with_capacity(rows.len());
    for row in rows.iter() {
        row.run()?;
        let long = (row.run()? / SHARE).ceil() as u64;
        every.push(long.clamp(1, (turns / LEAST).max(1)));
    }
    let before = Row::new("an empty program", None, rows[0].command.clone());
    for turn in 0..turns {
        for (row, every) in rows.iter_mut().zip(&every) {
            if turn % every == 0 {
                before.run()?;
                let time = row.run()?;
                row.times.push(time);
            }
        }
    }
    Ok(())
}

/// Other people's verifiers of Ed25519 on as many bytes, where they are installed.
fn others(home: &Path, key: &str) -> Outcome<Vec<(&'static str, Vec<String>)>> {
    let path = |file: &str| home.join(file).display().to_string();
    let text = lic::token::armour::find(&std::fs::read(key)?)?.into_owned();
    let (signed, signature) = text.rsplit_once('.').ok_or("no signature")?;
    std::fs::write(home.join("signed"), signed)?;
    let signature =
        <base64ct::Base64UrlUnpadded as base64ct::Encoding>::decode_vec(signature).map_err(|error| error.to_string())?;
    std::fs::write(home.join("signature"), signature)?;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let (signed, signature, public) = (path("signed"), path("signature"), path("vendor.pem"));
    let mut found = Vec::new();
    if installed("openssl") {
        let command =
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", &public, "-rawin", "-in", &signed, "-sigfile", &signature];
        found.push(("openssl verifies the same signature", words(&command)));
    }
    if installed("minisign") {
        let (public, secret) = (path("minisign.pub"), path("minisign.key"));
        for arguments in [&["-G", "-W", "-f", "-p", &public, "-s", &secret], &["-S", "-W", "-s", &secret, "-m", &signed][..]] {
            let made = Command::new("minisign").args(arguments).stdin(Stdio::null()).output()?;
            if !made.status.success() {
                return Err(format!("minisign: {}", String::from_utf8_lossy(&made.stderr)).into());
            }
        }
        found.push(("minisign verifies as many bytes", words(&["minisign", "-V", "-q", "-p", &public, "-m", &signed])));
    }
    Ok(found)
}

/// Whether a program can be started; a word where not.
fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("-v").stdin(Stdio::null()).output().is_ok();
    if !found {
        eprintln!("{program} is not installed: its row is left out");
    }
    found
}

/// Builds an example with the profile that the benches have, and says where it is.
fn example(name: &str) -> Outcome<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--example", name, "--message-format", "json", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        .stderr(Stdio::inherit())
        .output()?;
    for line in String::from_utf8(built.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        let built = message["target"]["name"].as_str() == Some(name);
        if let Some(program) = message["executable"].as_str().filter(|_| built) {
            return Ok(program.into());
        }
    }
    Err(format!("the example '{name}' was not built").into())
}
