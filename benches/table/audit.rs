//! What `lic audit verify` costs: each event is read, its leaf hashed, its fact replayed into a scratch ledger, and every row
//! compared. The reference only reads every event and hashes it.

use std::process::{Command, Stdio};
use std::time::Instant;

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use wait4::Wait4;

use crate::Outcome;
use crate::home::{self, LIC};
use crate::sheet::{self, Wanted};

/// A ledger of so many licenses has over a million events.
const LICENSES: u64 = 1_000_000;

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let home = home::filled(wanted.number().unwrap_or(LICENSES))?;
    let start = Instant::now();
    let events = hash_all(&home.join("ledger.db"))?;
    let hashed = start.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut command = Command::new(LIC);
    command.args(["audit", "verify", "--home"]).arg(&home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let used = command.spawn()?.wait4()?;
    let verified = start.elapsed().as_secs_f64();
    if !used.status.success() {
        return Err(format!("audit verify: {}", used.status).into());
    }
    sheet::heading(&format!("audit of {events} events"), "lic", "read and hash");
    sheet::row("audit verify", &sheet::time(verified), &sheet::time(hashed), verified / hashed, None);
    let per_second = |seconds: f64| format!("{:.0}/s", events as f64 / seconds);
    sheet::row("events a second", &per_second(verified), &per_second(hashed), hashed / verified, None);
    println!("at most {} resident", sheet::mib(used.rusage.maxrss as f64));
    Ok(())
}

/// Reads every event and hashes it; how many there are.
fn hash_all(path: &std::path::Path) -> Outcome<u64> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = db.prepare("SELECT body FROM events ORDER BY number")?;
    let mut rows = statement.query(())?;
    let mut events = 0;
    while let Some(row) = rows.next()? {
        std::hint::black_box(Sha256::digest(row.get_ref(0)?.as_bytes()?));
        events += 1;
    }
    Ok(events)
}
