//! What whole commands cost, as ratios to starting a program that does nothing, in the same run.
//!
//! `cargo bench --bench process`. The empty program is `examples/empty.rs`, built with the same profile. All commands take
//! turns, so that a busy machine slows them all; the medians of the wall-clock times are compared. Nothing is asserted: the
//! last column says whether a promise is kept. Words on the command line choose rows by parts of their names, and a number
//! says how many turns there are: `cargo bench --bench process -- verify 1000`.
//!
//! The ledger of a million licenses is made once, under `target/bench-process/`, and used again. The reports take long enough
//! to be measured only where they are asked for: `cargo bench --bench process -- report 11`.

#[path = "../examples/fill_ledger/content.rs"]
mod content;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use content::{Ends, Extent, Outcome};
use lic::ledger::{Access, KeyPurpose, Ledger};
use lic::license::Timestamp;

/// The program to measure, built by cargo with the profile of this bench.
const LIC: &str = env!("CARGO_BIN_EXE_lic");
const TURNS: usize = 301;
const LICENSES: u64 = 1_000_000;
const TIERS: [&str; 4] = ["basic", "standard", "professional", "enterprise"];
/// How many facts stand in one transaction while the large ledger is filled.
const BATCH: u64 = 10_000;
/// Stands in the home of the large ledger once it is filled; its name changes with what it is filled with.
const CONTENT: &str = "filled-3";

/// Stands for the first second of today: a moment of the past after which nothing happened.
const TODAY: &str = "TODAY";
/// The reports, with what each may cost: those that only count as much as a hundred starts of an empty program, all others as
/// much as a thousand, which is about a tenth of a second and a second.
const REPORTS: [(&str, f64, &[&str]); 14] = [
    ("report expiring", 1_000.0, &["expiring"]),
    ("report expiring --by tier", 100.0, &["expiring", "--by", "tier"]),
    ("report expiring -o ics --within 1y", 1_000.0, &["expiring", "-o", "ics", "--within", "1y"]),
    ("report expired", 1_000.0, &["expired"]),
    ("report issued --limit 100 -o json", 1_000.0, &["issued", "--limit", "100", "-o", "json"]),
    ("report customers", 1_000.0, &["customers"]),
    ("report customers --customer C", 100.0, &["customers", "--customer", "customer-000007"]),
    ("report tiers", 1_000.0, &["tiers"]),
    ("report tiers --at TODAY", 1_000.0, &["tiers", "--at", TODAY]),
    ("report seats", 1_000.0, &["seats"]),
    ("report revenue", 1_000.0, &["revenue"]),
    ("report revenue --by customer", 1_000.0, &["revenue", "--by", "customer"]),
    ("report machines", 1_000.0, &["machines"]),
    ("report renewals", 1_000.0, &["renewals"]),
];

/// One thing to measure.
struct Row {
    name: &'static str,
    /// What it may cost at most, in starts of an empty program.
    target: Option<f64>,
    program: PathBuf,
    arguments: Vec<OsString>,
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let turns = words.iter().find_map(|word| word.parse().ok()).unwrap_or(TURNS);
    let names: Vec<&String> = words.iter().filter(|word| word.parse::<usize>().is_err()).collect();
    let asked_for = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-process");
    let small = small_home(&folder.join("small"))?;
    let text = |path: &Path| path.display().to_string();
    let (home, key, keys) = (text(&small), text(&small.join("acme.lic")), text(&small.join("vendor.pem")));
    let saved = text(&small.join("saved")) + "/";

    let mut rows = vec![Row { name: "an empty program", target: None, program: empty_program()?, arguments: Vec::new() }];
    let mut add = |name: &'static str, target: Option<f64>, arguments: &[&str]| {
        if asked_for(name) {
            let arguments = arguments.iter().map(OsString::from).collect();
            rows.push(Row { name, target, program: LIC.into(), arguments });
        }
    };
    add("verify a key with --keys", Some(1.3), &["verify", &key, "--keys", &keys]);
    add("verify a key with the ledger", None, &["verify", &key, "--home", &home]);
    add("issue", Some(5.0), &["issue", "acme", "--tier", "professional", "--out", &saved, "--home", &home]);
    add("show a license", None, &["show", &key, "--home", &home]);
    add("say the version", None, &["--version"]);
    let large: [(&str, Option<f64>, &[&str]); 8] = [
        ("list --expiring 30d, of a million", Some(30.0), &["list", "--expiring", "30d", "--limit", "100"]),
        ("search a customer, of a million", None, &["list", "--search", "customer-012345", "--limit", "100"]),
        ("search a common word, of a million", None, &["list", "--search", "gmbh", "--limit", "100"]),
        ("search two words, of a million", None, &["list", "--search", "söhne analytics", "--limit", "100"]),
        ("search a note, of a million", None, &["list", "--search", "21474836475", "--limit", "100"]),
        ("search a label, of a million", None, &["list", "--search", "floor 64712", "--limit", "100"]),
        ("search what is not there, of a million", None, &["list", "--search", "nowhere"]),
        ("notify --dry-run, 1,000 of a million", Some(100.0), &["notify", "--dry-run"]),
    ];
    for (name, target, arguments) in large {
        if asked_for(name) {
            let home = text(&large_home(&folder.join("million"))?);
            add(name, target, &[arguments, &["--home", &home]].concat());
        }
    }
    if names.iter().any(|name| name.starts_with("report")) {
        let large = text(&large_home(&folder.join("million"))?);
        for (name, target, arguments) in REPORTS {
            let today = now()?.date().to_string();
            let dated: Vec<&str> = arguments.iter().map(|word| if *word == TODAY { today.as_str() } else { word }).collect();
            add(name, Some(target), &[&["report"], dated.as_slice(), &["--home", &large]].concat());
        }
    }
    measure(&rows, turns)
}

fn measure(rows: &[Row], turns: usize) -> Outcome<()> {
    // The first runs find cold caches.
    for row in rows.iter().cycle().take(3 * rows.len()) {
        run(row)?;
    }
    let mut times = vec![Vec::with_capacity(turns); rows.len()];
    for _ in 0..turns {
        for (row, times) in rows.iter().zip(&mut times) {
            times.push(run(row)?);
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    println!("{:<36} {:>10} {:>8} {:>8}", "", "median ms", "ratio", "target");
    for (row, time) in rows.iter().zip(&medians) {
        let ratio = time / medians[0];
        let target = row.target.map(|target| format!("{target:.1}")).unwrap_or_default();
        let kept = row.target.map_or("", |target| if ratio <= target { "ok" } else { "over" });
        println!("{:<36} {time:>10.3} {ratio:>8.2} {target:>8}  {kept}", row.name);
    }
    println!("medians of {turns} turns");
    Ok(())
}

/// How many milliseconds pass from the start of the program to its end.
fn run(row: &Row) -> Outcome<f64> {
    let mut command = Command::new(&row.program);
    command.args(&row.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed().as_secs_f64() * 1_000.0;
    if status.success() { Ok(time) } else { Err(format!("{}: {status}", row.name).into()) }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Builds `examples/empty.rs` with the profile that the benches have, and says where it is.
fn empty_program() -> Outcome<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--example", "empty", "--message-format", "json", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .env("CARGO_TARGET_DIR", target)
        .stderr(Stdio::inherit())
        .output()?;
    for line in String::from_utf8(built.stdout)?.lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if let (Some("empty"), Some(program)) = (message["target"]["name"].as_str(), message["executable"].as_str()) {
            return Ok(program.into());
        }
    }
    Err("the empty program was not built".into())
}

/// A new authority with one customer, one key and its public keys in a file.
fn small_home(home: &Path) -> Outcome<PathBuf> {
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    new_home(home)?;
    lic(home, &["customer", "add", "acme", "--name", "Acme GmbH"])?;
    let key = home.join("acme.lic").display().to_string();
    lic(home, &["issue", "acme", "--tier", "professional", "--out", &key])?;
    fs::write(home.join("vendor.pem"), lic(home, &["key", "export", "--format", "pem"])?)?;
    fs::create_dir(home.join("saved"))?;
    Ok(home.to_owned())
}

fn new_home(home: &Path) -> Outcome<()> {
    fs::create_dir_all(home)?;
    lic(home, &["init", "--name", "Example Software", "--product", "cockpit", "--no-passphrase"]).map(|_| ())
}

/// What the program prints.
fn lic(home: &Path, arguments: &[&str]) -> Outcome<Vec<u8>> {
    let output = Command::new(LIC).arg("--home").arg(home).args(arguments).arg("--no-input").output()?;
    let said = || format!("lic {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(output.stdout) } else { Err(said().into()) }
}

/// An authority with a million licenses; the one of an earlier run, where it is whole and of the ledger's present version.
fn large_home(home: &Path) -> Outcome<PathBuf> {
    let path = home.join("ledger.db");
    let extent = Extent::of(LICENSES);
    // Its last license is there, and it is of the present version.
    let filled = Ledger::open(&path, Access::ReadOnly).and_then(|ledger| ledger.read().license(content::id(LICENSES - 1)));
    if filled.is_ok_and(|last| last.is_some()) && home.join(CONTENT).exists() {
        return Ok(home.to_owned());
    }
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    new_home(home)?;
    eprintln!("filling a ledger with {LICENSES} licenses, once");
    let mut ledger = Ledger::open(&path, Access::ReadWrite)?;
    ledger.expect_bulk()?;
    // Yesterday, so that the ledger has a past to be looked at.
    let now = now()?.plus_days(-1);
    let ends = Ends { around: now, thin: true };
    let operators = ledger.read().operators()?;
    let by = operators.first().ok_or("no operator")?.slug.clone();
    let keys = ledger.read().signing_keys()?;
    let kid = keys.iter().find(|key| key.purpose == KeyPurpose::License).ok_or("no signing key")?.kid;
    ledger.write(|transaction| {
        for number in 0..extent.customers() {
            transaction.record(now, &by, &content::customer(number, extent)?)?;
        }
        Outcome::Ok(())
    })?;
    for batch in 0..LICENSES.div_ceil(BATCH) {
        ledger.write(|transaction| {
            for number in batch * BATCH..LICENSES.min((batch + 1) * BATCH) {
                for fact in content::life(number, ends, &TIERS, extent, kid)? {
                    transaction.record(now, &by, &fact)?;
                }
            }
            Outcome::Ok(())
        })?;
    }
    ledger.close()?;
    let mail = "\n[mail]\ntransport = \"folder\"\nfrom = \"licenses@example.com\"\n[notify]\ndigest = [\"sales@example.com\"]\n";
    let settings = fs::read_to_string(home.join("lic.toml"))?;
    fs::write(home.join("lic.toml"), settings + mail)?;
    fs::write(home.join(CONTENT), "")?;
    Ok(home.to_owned())
}

fn now() -> Outcome<Timestamp> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Timestamp::from_seconds(i64::try_from(seconds)?)?)
}
