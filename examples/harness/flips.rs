//! Bytes of a ledger flipped one at a time: whatever changes data is found by the doctor.
//!
//! A flip changes data where reading every table in full gives anything else than before, or fails. Those that change
//! nothing hit the free room of a page, or a counter that only the engine keeps; they are counted apart. What an index says
//! is data of its own to the doctor, who finds it, and not counted here.

use std::collections::BTreeMap;
use std::path::Path;

use lic::authority::Home;
use lic::authority::doctor::{Level, Patient};
use lic::license::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::stage::{Random, Stage};

/// The most that are tried for each that changes data, before something is wrong with this program.
const PATIENCE: u64 = 50;

/// Flips bytes until `count` of them changed data.
///
/// # Errors
/// Where one that changed data was not found, with its place.
pub fn run(lic: &Path, count: u64, licenses: u64, seed: u64) -> Result<String, String> {
    let stage = Stage::new(lic)?;
    fill(&stage, licenses)?;
    let path = stage.home().join("ledger.db");
    let whole = std::fs::read(&path).map_err(|error| error.to_string())?;
    let before = digest(&path).map_err(|error| error.to_string())?;
    // Later than anything that happened: the clock is not what is examined.
    let at: Timestamp = "2100-01-01".parse().map_err(|error| format!("{error}"))?;
    let errors = |at: Timestamp| -> Result<Vec<String>, String> {
        let patient = Patient::open(Home::at(stage.home()), at).map_err(|error| error.to_string())?;
        let findings = patient.thorough(true).examine();
        Ok(findings.into_iter().filter(|one| one.level == Level::Error).map(|one| one.what).collect())
    };
    if let Some(error) = errors(at)?.first() {
        return Err(format!("the ledger is not healthy to begin with: {error}"));
    }
    let mut random = Random::new(seed);
    let (mut changed, mut harmless, mut tried) = (0, 0, 0);
    let mut said: BTreeMap<&str, u64> = BTreeMap::new();
    let mut missed = Vec::new();
    while changed < count {
        tried += 1;
        if tried > count * PATIENCE {
            return Err(format!("only {changed} of {tried} flips changed data"));
        }
        let place = (random.next() % whole.len() as u64) as usize;
        let flip = (random.next() % 255) as u8 + 1;
        let mut bytes = whole.clone();
        bytes[place] ^= flip;
        std::fs::write(&path, &bytes).map_err(|error| error.to_string())?;
        if digest(&path).is_ok_and(|now| now == before) {
            harmless += 1;
            continue;
        }
        changed += 1;
        match errors(at)?.first() {
            Some(error) => *said.entry(kind(error)).or_default() += 1,
            None => missed.push(format!("byte {place} (page {}) xor {flip:#04x}", place / 8192 + 1)),
        }
    }
    let said: Vec<String> = said.into_iter().map(|(what, times)| format!("  {times:>6}  {what}")).collect();
    let report = format!(
        "{licenses} licenses, {} bytes; {tried} bytes flipped one at a time, seed {seed}\n{harmless} changed no data; {changed} did, and {} of them were found:\n{}",
        whole.len(),
        changed - missed.len() as u64,
        said.join("\n")
    );
    if missed.is_empty() { Ok(report) } else { Err(format!("{report}\nnot found:\n  {}", missed.join("\n  "))) }
}

/// Licenses of several tiers and customers, some of them revised or suspended where the program can do that.
fn fill(stage: &Stage, licenses: u64) -> Result<(), String> {
    let parts = [("acme", "basic"), ("bolt", "professional"), ("acme", "enterprise"), ("bolt", "standard")];
    for (number, (customer, tier)) in (0..).zip(parts) {
        let count = (licenses * (number + 1) / 4 - licenses * number / 4).to_string();
        if count != "0" {
            let out = format!("keys-{number}/");
            stage.lic(&[
                "issue", customer, "--tier", tier, "--count", &count, "--out", &out, "--as", "ops", "--note", "harness", "-q",
            ])?;
        }
    }
    Ok(())
}

/// What somebody reads who reads everything.
fn digest(path: &Path) -> Result<[u8; 32], rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(format!("file:{}?immutable=1", path.display()), flags)?;
    let mut digest = Sha256::new();
    for pragma in ["application_id", "user_version"] {
        let value: i64 = db.pragma_query_value(None, pragma, |row| row.get(0))?;
        digest.update(value.to_le_bytes());
    }
    let mut names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names.iter().map(String::as_str).chain(["sqlite_schema"]) {
        // The place of a table in the file is no data.
        let columns = if name == "sqlite_schema" { "type, name, tbl_name, sql" } else { "*" };
        let mut statement = db.prepare(&format!("SELECT {columns} FROM \"{name}\" NOT INDEXED"))?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        digest.update(name);
        while let Some(row) = rows.next()? {
            for column in 0..width {
                let (mark, bytes) = match row.get_ref(column)? {
                    ValueRef::Null => (b'n', Vec::new()),
                    ValueRef::Integer(number) => (b'i', number.to_le_bytes().to_vec()),
                    ValueRef::Real(number) => (b'r', number.to_le_bytes().to_vec()),
                    ValueRef::Text(text) => (b't', text.to_vec()),
                    ValueRef::Blob(blob) => (b'b', blob.to_vec()),
                };
                digest.update([mark]);
                digest.update((bytes.len() as u64).to_le_bytes());
                digest.update(bytes);
            }
        }
    }
    Ok(digest.finalize().into())
}

/// What sort of finding it is.
fn kind(error: &str) -> &'static str {
    const KINDS: [(&str, &str); 8] = [
        ("changed after it was written", "an event does not have its hash"),
        ("contradicts the event", "a column beside an event contradicts it"),
        ("by the events", "a row says something else than the events"),
        ("comes from no event", "a row comes from no event"),
        ("is missing", "something is missing"),
        ("is not as this program makes it", "the schema is another"),
        ("head of the log", "the head of the log does not belong to its events"),
        ("is not a ledger", "the file is no ledger any more"),
    ];
    KINDS.iter().find(|(part, _)| error.contains(part)).map_or("the engine found the file damaged", |(_, kind)| kind)
}
