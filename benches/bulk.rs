//! What bulk issue costs beside its parts: raw signing, raw signing and strict verification, and raw insertion into SQLite, all in
//! one run, because other work on the machine falls on all of them alike.
//!
//! `cargo bench --bench bulk` measures 1,000 and 100,000 licenses; `cargo bench --bench bulk -- 1000000` so many as well. What is
//! measured is the whole program: it starts, checks the file, signs, verifies, records and prints every key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};

/// As much as the claims, the header and the dot of a usual key.
const MESSAGE: usize = 560;
/// As many bytes as the event of a usual license.
const BODY: usize = 1_500;
/// How long each raw measurement runs.
const LONG: Duration = Duration::from_millis(1_500);

fn main() {
    let more = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let sizes: Vec<u64> = [1_000, 100_000].into_iter().chain(more).collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores; per second, each beside the raw measurements made just before it\n");
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "licenses", "lic", "sign 1", "sign all", "s+v all", "sqlite", "/sign 1", "/all", "/s+v", "/sqlite", "peak MiB"
    );
    for size in sizes {
        let one = signed(1, false);
        let all = signed(cores, false);
        let verified = signed(cores, true);
        let sqlite = inserted();
        let (seconds, peak) = issued(size);
        let ours = size as f64 / seconds;
        println!(
            "{size:>9} {ours:>9.0} {one:>9.0} {all:>9.0} {verified:>9.0} {sqlite:>9.0} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {peak:>8.0}",
            ours / one,
            ours / all,
            ours / verified,
            ours / sqlite
        );
    }
}

/// How many signatures a second these threads make, and where it is asked for, verify.
fn signed(threads: usize, verify: bool) -> f64 {
    thread::scope(|scope| {
        let work = |number: usize| {
            let key = SigningKey::from_bytes(&[number as u8 + 1; 32]);
            let public = key.verifying_key();
            let mut message = vec![0x5a; MESSAGE];
            let start = Instant::now();
            let mut count = 0_u64;
            while start.elapsed() < LONG {
                for _ in 0..64 {
                    message[..8].copy_from_slice(&count.to_le_bytes());
                    let signature = key.sign(&message);
                    if verify {
                        public.verify_strict(&message, &signature).expect("a good signature");
                    }
                    std::hint::black_box(signature);
                    count += 1;
                }
            }
            count as f64 / start.elapsed().as_secs_f64()
        };
        let threads: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).sum::<f64>()
    })
}

/// How many rows a second SQLite takes: one table, one index of random numbers, the settings and the transactions of the ledger.
fn inserted() -> f64 {
    const ROWS: u64 = 100_000;
    let folder = tempfile::tempdir().expect("a folder");
    let db = rusqlite::Connection::open(folder.path().join("raw.db")).expect("a database");
    db.execute_batch(
        "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         CREATE TABLE rows (number INTEGER PRIMARY KEY, license INTEGER NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;",
    )
    .expect("a table");
    let body = "x".repeat(BODY);
    let start = Instant::now();
    let mut row = 0_u64;
    while row < ROWS {
        let tx = db.unchecked_transaction().expect("a transaction");
        let mut insert = tx.prepare_cached("INSERT INTO rows VALUES (?, ?, ?)").expect("a statement");
        for _ in 0..8_192.min(ROWS - row) {
            let license = (row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29) as i64;
            insert.execute((row as i64, license, &body)).expect("a row");
            row += 1;
        }
        drop(insert);
        tx.commit().expect("a commit");
    }
    ROWS as f64 / start.elapsed().as_secs_f64()
}

/// How long the program takes for so many licenses, and how much memory it had at most, in MiB.
fn issued(size: u64) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let lic = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lic"));
        command.args(args).env_clear().env("LIC_HOME", folder.path().join("home")).current_dir(folder.path());
        command.stdin(Stdio::null());
        command
    };
    let done = |args: &[&str]| assert!(lic(args).output().expect("a process").status.success(), "{args:?}");
    done(&["init", "--name", "Bench", "--product", "cockpit", "--operator", "ops", "--no-passphrase"]);
    let customers = 1_000.min(size / 10);
    let accounts: String = (0..customers).map(|number| format!("customer-{number},Customer {number}\n")).collect();
    fs::write(folder.path().join("accounts.csv"), format!("slug,name\n{accounts}")).expect("a file");
    done(&["customer", "import", "accounts.csv", "--as", "ops", "-q"]);
    let orders = orders(folder.path(), size, customers);
    let start = Instant::now();
    let file = orders.to_string_lossy().into_owned();
    let mut child = lic(&["issue", "--from", &file, "-o", "csv", "-q", "--as", "ops"])
        .stdout(fs::File::create(folder.path().join("keys.csv")).expect("a file"))
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut peak = 0.0_f64;
    let status = loop {
        match child.try_wait().expect("a process") {
            Some(status) => break status,
            None => peak = peak.max(highest(child.id())),
        }
        thread::sleep(Duration::from_millis(2));
    };
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.success(), "{status}");
    let keys = fs::read_to_string(folder.path().join("keys.csv")).expect("the keys").lines().count() as u64;
    assert_eq!(keys, size + 1, "every key is printed");
    (seconds, peak)
}

fn orders(folder: &Path, size: u64, customers: u64) -> PathBuf {
    let path = folder.join("orders.csv");
    let row = |number: u64| {
        let customer = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % customers;
        format!("customer-{customer},basic,{},1y,PO {number}\n", number % 40 + 1)
    };
    let rows: String = (0..size).map(row).collect();
    fs::write(&path, format!("customer,tier,seats,term,note\n{rows}")).expect("a file");
    path
}

/// The most memory that a process had, in MiB.
fn highest(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
}
