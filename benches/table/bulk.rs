//! What bulk issue costs beside its parts: raw signing, raw signing and strict verification, and raw insertion into SQLite, each
//! measured just before it, because other work on the machine falls on all of them alike.
//!
//! What is measured is the whole program: it starts, checks the file, signs, verifies, records and prints every key.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signer, SigningKey};
use wait4::Wait4;

use crate::Outcome;
use crate::home::{self, LIC};
use crate::sheet::{self, Promise, Wanted};

/// How many licenses are issued, unless the command line says how many.
const SIZES: [u64; 2] = [1_000, 100_000];
/// As much as the claims, the header and the dot of a usual key.
const MESSAGE: usize = 560;
/// As many bytes as the event of a usual license.
const BODY: usize = 1_500;
/// How long each raw measurement runs.
const LONG: Duration = Duration::from_millis(1_500);
/// The most memory that bulk issue may have, in bytes.
const MEMORY: f64 = 150.0 * 1_048_576.0;

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let sizes = wanted.number().map_or(SIZES.to_vec(), |size| vec![size]);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for size in sizes {
        let one = signed(1, false);
        let all = signed(cores, false);
        let verified = signed(cores, true);
        let sqlite = inserted();
        let (seconds, peak) = issued(size)?;
        let ours = size as f64 / seconds;
        sheet::heading(&format!("bulk issue of {size} licenses, {}", sheet::time(seconds)), "lic", "reference");
        for (name, reference, promise) in [
            ("beside signing on one core", one, None),
            ("beside signing on all cores", all, Some(Promise::AtLeast(0.45))),
            ("beside signing and verifying on all cores", verified, None),
            ("beside one row each into SQLite", sqlite, None),
        ] {
            sheet::row(name, &format!("{ours:.0}/s"), &format!("{reference:.0}/s"), ours / reference, promise);
        }
        sheet::row(
            "memory, beside what is allowed",
            &sheet::mib(peak),
            &sheet::mib(MEMORY),
            peak / MEMORY,
            Some(Promise::AtMost(1.0)),
        );
    }
    Ok(())
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

/// How many seconds the program takes for so many licenses, and how many bytes of memory it had at most.
fn issued(size: u64) -> Outcome<(f64, f64)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let home = folder.path().join("home");
    home::new(&home)?;
    let customers = 1_000.min(size / 10).max(1);
    let accounts: String = (0..customers).map(|number| format!("customer-{number},Customer {number}\n")).collect();
    let path = folder.path().join("accounts.csv");
    fs::write(&path, format!("slug,name\n{accounts}"))?;
    home::lic(&home, &["customer", "import", &path.to_string_lossy()])?;
    let orders = orders(folder.path(), size, customers)?;
    let keys = folder.path().join("keys.csv");

    let start = Instant::now();
    let mut command = Command::new(LIC);
    command.args(["issue", "-o", "csv", "-q", "--from"]).arg(&orders).arg("--home").arg(&home);
    let used = command.stdin(Stdio::null()).stdout(File::create(&keys)?).stderr(Stdio::null()).spawn()?.wait4()?;
    let seconds = start.elapsed().as_secs_f64();
    let printed = fs::read_to_string(keys)?.lines().count() as u64;
    if !used.status.success() || printed != size + 1 {
        return Err(format!("bulk issue: {}, {printed} lines printed", used.status).into());
    }
    Ok((seconds, used.rusage.maxrss as f64))
}

fn orders(folder: &Path, size: u64, customers: u64) -> Outcome<PathBuf> {
    let path = folder.join("orders.csv");
    let row = |number: u64| {
        let customer = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % customers;
        format!("customer-{customer},basic,{},1y,PO {number}\n", number % 40 + 1)
    };
    let rows: String = (0..size).map(row).collect();
    fs::write(&path, format!("customer,tier,seats,term,note\n{rows}"))?;
    Ok(path)
}
