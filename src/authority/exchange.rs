//! The whole ledger as JSON Lines, out and in again: `docs/ledger-format.md` describes the format.
//!
//! A line is an object with one member, whose name says what the line is. The events stand in it byte by byte as they were
//! written, so that their hashes, and with them every checkpoint, stay the same. Signing keys are never part of it.

use std::io::{BufRead, Read, Write};

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::init::{make_private_folder, sync_folder, write_new};
use super::settings::{NewSettings, commented};
use super::{Authority, Error, Home, Mode};
use crate::audit::{Frontier, leaf_hash};
use crate::ledger::{Access, Ledger, LedgerError, Transaction};

/// The version of the format.
const VERSION: u32 = 1;
/// What surrounds an event on its line.
const EVENT: (&str, &str) = ("{\"event\":", "}");
/// The longest line that is read. An event has at most a few hundred KiB.
const LONGEST_LINE: u64 = 4 << 20;
/// So many events are imported in one transaction, so that none grows beyond bounds. What they are imported into is thrown
/// away whole when something fails.
const BATCH: u64 = 10_000;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    #[serde(rename = "lic-ledger")]
    ledger: Described,
}

/// What the first line says of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    version: u32,
    /// The vendor's name.
    pub name: String,
    /// The issuer.
    pub issuer: String,
    /// How many events follow.
    pub size: u64,
    /// The Merkle root over them, in base64.
    pub root: String,
}

impl Authority {
    /// Writes the whole ledger, as it is at one moment. `progress` hears of every event written.
    ///
    /// # Errors
    /// When the ledger cannot be read, or its events do not belong to its head: then what was written is of no use.
    pub fn export(&self, out: &mut dyn Write, mut progress: impl FnMut(u64)) -> Result<Described, Error> {
        self.ledger.snapshot(|tables| {
            let authority = tables.authority()?;
            let authority = authority.ok_or_else(|| LedgerError::Damaged("it does not say whose it is".into()))?;
            let head = tables.head()?;
            let described = Described {
                version: VERSION,
                name: authority.name,
                issuer: authority.issuer,
                size: head.size(),
                root: Base64::encode_string(&head.root()),
            };
            let heading = serde_json::to_string(&Heading { ledger: described.clone() });
            let heading = heading.map_err(|error| Error::Invalid(error.to_string()))?;
            writeln!(out, "{heading}").map_err(Error::Terminal)?;
            let mut log = Frontier::new();
            tables.for_each_body(|body| {
                log.append(leaf_hash(body.as_bytes()));
                progress(log.size());
                writeln!(out, "{}{body}{}", EVENT.0, EVENT.1).map_err(Error::Terminal)
            })?;
            if log != head {
                let why = "its events are not those that its head was made of; 'lic audit verify' tells which";
                return Err(LedgerError::Damaged(why.into()).into());
            }
            out.flush().map_err(Error::Terminal)?;
            Ok(described)
        })
    }

    /// Makes the ledger of a home from what [`Authority::export`] wrote. Settings that are there stay; where there are none,
    /// new ones are written. `progress` hears of every event taken in, and of how many there are.
    ///
    /// Everything is made beside its final place and moved there at the end.
    ///
    /// # Errors
    /// [`Error::Occupied`] where there is a ledger; [`Error::Invalid`], which names the line, and then there is nothing new.
    pub fn import(home: &Home, input: impl BufRead, mode: Mode, progress: impl FnMut(u64, u64)) -> Result<Described, Error> {
        let path = home.ledger_path();
        if path.symlink_metadata().is_ok() {
            return Err(Error::Occupied(path));
        }
        if mode == Mode::Rehearse {
            return fill(&mut Ledger::scratch()?, input, progress);
        }
        let new = !home.path().exists();
        make_private_folder(home.path())?;
        let imported = Self::import_beside(home, input, progress);
        if new && imported.is_err() {
            // Only where it is empty, as it is when nothing was imported.
            let _ = std::fs::remove_dir(home.path());
        }
        imported
    }

    fn import_beside(home: &Home, input: impl BufRead, progress: impl FnMut(u64, u64)) -> Result<Described, Error> {
        let path = home.ledger_path();
        let staging = tempfile::Builder::new()
            .prefix(".lic-import-")
            .tempdir_in(home.path())
            .map_err(|source| Error::file(home.path(), source))?;
        let staged = Home::at(staging.path().to_owned());
        let mut ledger = Ledger::create(&staged.ledger_path())?;
        let described = fill(&mut ledger, input, progress)?;
        ledger.close()?;
        // Never over a ledger that was made meanwhile.
        let made = tempfile::TempPath::try_from_path(staged.ledger_path()).map_err(|source| Error::file(&path, source))?;
        made.persist_noclobber(&path).map_err(|refused| Error::file(&path, refused.error))?;
        if home.settings_path().symlink_metadata().is_err() {
            let new = NewSettings { name: &described.name, issuer: Some(&described.issuer), product: None, preset_tier: None };
            write_new(&home.settings_path(), &commented(&new))?;
        }
        sync_folder(home.path());
        Self::open(home.clone(), Access::ReadOnly)?.close()?;
        Ok(described)
    }
}

/// Takes the lines into an empty ledger, and compares what comes out with what the first line says.
fn fill(ledger: &mut Ledger, input: impl BufRead, mut progress: impl FnMut(u64, u64)) -> Result<Described, Error> {
    let mut lines = Lines { input, number: 0, line: Vec::new() };
    let described = heading(lines.next()?)?;
    ledger.expect_bulk()?;
    let mut taken = 0;
    while taken < described.size {
        let batch = BATCH.min(described.size - taken);
        ledger.write(|tx| {
            for _ in 0..batch {
                match lines.next()? {
                    None => return Err(cut_off(described.size, taken)),
                    Some(line) => take(tx, line)?,
                }
                taken += 1;
                progress(taken, described.size);
            }
            Ok(())
        })?;
    }
    if let Some(line) = lines.next()? {
        let why = format!("line 1 promises {} events, and more follow", described.size);
        return Err(wrong(line.number, kind_of(line.text).map_or(why, |kind| unknown_kind(&kind))));
    }
    let head = ledger.head()?;
    if Base64::encode_string(&head.root()) != described.root {
        return Err(Error::Invalid("the events do not have the root that line 1 says: a line was changed, or line 1 was".into()));
    }
    match ledger.read().authority()? {
        Some(found) if found.name == described.name && found.issuer == described.issuer => Ok(described),
        Some(found) => {
            Err(wrong(1, format!("the ledger is of '{}', and the events are of '{}'", described.issuer, found.issuer)))
        }
        None => Err(Error::Invalid("the events do not say whose ledger it is".into())),
    }
}

fn take(tx: &Transaction<'_>, line: Line<'_>) -> Result<(), Error> {
    let Some(body) = line.text.strip_prefix(EVENT.0).and_then(|rest| rest.strip_suffix(EVENT.1)) else {
        let why = kind_of(line.text).map_or_else(|| "this is no event".into(), |kind| unknown_kind(&kind));
        return Err(wrong(line.number, why));
    };
    match tx.take_over(body) {
        Ok(_) => Ok(()),
        // What is wrong is the line, and not the ledger that is being made.
        Err(LedgerError::Damaged(why) | LedgerError::Unrecordable(why)) => Err(wrong(line.number, plain(&why).to_owned())),
        Err(error @ (LedgerError::AlreadyExists { .. } | LedgerError::NotFound { .. })) => {
            Err(wrong(line.number, format!("this cannot have happened: {error}")))
        }
        Err(error) => Err(error.into()),
    }
}

fn heading(line: Option<Line<'_>>) -> Result<Described, Error> {
    let none = || Error::Invalid("this is no export of a ledger: its first line does not say so".into());
    let value: Value = line.and_then(|line| serde_json::from_str(line.text).ok()).ok_or_else(none)?;
    let version = value.get("lic-ledger").and_then(|ledger| ledger.get("version")).and_then(Value::as_u64).ok_or_else(none)?;
    if version != u64::from(VERSION) {
        let why = format!("the file has version {version} of the format, and this program knows version {VERSION}");
        return Err(Error::Invalid(why));
    }
    match serde_json::from_value::<Heading>(value) {
        Ok(heading) => Ok(heading.ledger),
        Err(error) => Err(wrong(1, plain(&error.to_string()).to_owned())),
    }
}

/// A line of the file.
#[derive(Clone, Copy)]
struct Line<'l> {
    number: u64,
    text: &'l str,
}

struct Lines<R> {
    input: R,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<Line<'_>>, Error> {
        self.line.clear();
        let number = self.number + 1;
        let read = (&mut self.input).take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        let length =
            read.map_err(|error| Error::Invalid(format!("line {number} cannot be read: {}", super::error::plain(&error))))?;
        if length == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if length as u64 == LONGEST_LINE {
            return Err(wrong(number, "it is too long for any event".into()));
        }
        self.number = number;
        match std::str::from_utf8(&self.line) {
            Ok(text) => Ok(Some(Line { number, text })),
            Err(_) => Err(wrong(number, "it is not UTF-8 text".into())),
        }
    }
}

/// The kind of a line that is no event: the name of its only member.
fn kind_of(line: &str) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(line) else { return None };
    let mut names = members.into_iter().map(|(name, _)| name);
    names.next().filter(|name| name != "event" && names.next().is_none())
}

/// What a reader of JSON says, without the list of all that it knows and without the place in a text that is no line.
fn plain(why: &str) -> &str {
    let end = [", expected ", " at line "].into_iter().filter_map(|start| why.find(start)).min();
    &why[..end.unwrap_or(why.len())]
}

fn unknown_kind(kind: &str) -> String {
    format!("this program knows no lines of the kind '{kind}'")
}

fn cut_off(promised: u64, found: u64) -> Error {
    Error::Invalid(format!("the file is cut off: line 1 promises {promised} events, and {found} are there"))
}

fn wrong(line: u64, why: String) -> Error {
    Error::Invalid(format!("line {line}: {why}"))
}
