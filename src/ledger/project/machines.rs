//! What facts about machines change: the seats that machines hold.

use rusqlite::{Connection, OptionalExtension};

use super::licenses::find_license;
use super::{Change, Customers, run};
use crate::ledger::LedgerError;
use crate::license::{LicenseId, MachineId, Terms};

/// The license that a fact is about.
fn license(db: &Connection, license: LicenseId) -> Result<(i64, i64), LedgerError> {
    let known = find_license(db, license)?.ok_or_else(|| LedgerError::unknown("license", license))?;
    Ok((known.status_index, known.customer))
}

/// The event of the seat that a machine holds.
fn seat(db: &Connection, index: i64, machine: &MachineId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT event FROM activations WHERE license = ? AND machine = ? AND ended_at IS NULL")?
        .query_row((index, machine.as_str()), |row| row.get(0))
        .optional()
}

/// What an activation says beside its license.
pub(super) struct Activated<'f> {
    pub machine: &'f MachineId,
    pub replaces: Option<&'f MachineId>,
    pub label: Option<&'f str>,
    pub nonce: Option<&'f str>,
    pub key: Option<&'f str>,
}

pub(super) fn activated<'f>(db: &Connection, id: LicenseId, fact: Activated<'f>) -> Result<Change<'f>, LedgerError> {
    let (index, customer) = license(db, id)?;
    if let Some(nonce) = fact.nonce
        && db.prepare_cached("SELECT 1 FROM activation_requests WHERE nonce = ?")?.exists([nonce])?
    {
        return Err(LedgerError::already("activation request", nonce));
    }
    let held = seat(db, index, fact.replaces.unwrap_or(fact.machine))?;
    Ok(Change::new(Customers::Known(customer), move |db, stamp| {
        let machine = fact.machine.as_str();
        match held {
            Some(event) => run(
                db,
                "UPDATE activations SET machine = ?3, label = coalesce(?4, label), nonce = coalesce(?5, nonce),
                 receipt_key = coalesce(?6, receipt_key) WHERE license = ?1 AND event = ?2",
                (index, event, machine, fact.label, fact.nonce, fact.key),
            )?,
            None => run(
                db,
                "INSERT INTO activations (license, event, machine, label, activated_at, activated, nonce, receipt_key, ended_at, given_back)
                 VALUES (?, ?, ?, ?, ?, 1, ?, ?, NULL, 0)",
                (index, stamp.number, machine, fact.label, stamp.at, fact.nonce, fact.key),
            )?,
        }
        match fact.nonce {
            None => Ok(()),
            Some(nonce) => {
                run(db, "INSERT INTO activation_requests (nonce, license, event) VALUES (?, ?, ?)", (nonce, index, stamp.number))
            }
        }
    }))
}

pub(super) fn deactivated<'f>(db: &Connection, id: LicenseId, machine: &'f MachineId) -> Result<Change<'f>, LedgerError> {
    let (index, customer) = license(db, id)?;
    let held = seat(db, index, machine)?;
    Ok(Change::new(Customers::Known(customer), move |db, stamp| {
        match held {
        Some(event) => run(
            db,
            "UPDATE activations SET ended_at = ?3, given_back = 1 WHERE license = ?1 AND event = ?2",
            (index, event, stamp.at),
        ),
        // It was bound when the license was issued; its seat is passed on all the same.
        None => run(
            db,
            "INSERT INTO activations (license, event, machine, label, activated_at, activated, nonce, receipt_key, ended_at, given_back)
             VALUES (?1, ?2, ?3, NULL, ?4, 0, NULL, NULL, ?4, 1)",
            (index, stamp.number, machine.as_str(), stamp.at),
        ),
    }
    }))
}

pub(super) fn renamed<'f>(
    db: &Connection,
    id: LicenseId,
    machine: &'f MachineId,
    label: Option<&'f str>,
) -> Result<Change<'f>, LedgerError> {
    let (index, customer) = license(db, id)?;
    let held = seat(db, index, machine)?;
    Ok(Change::new(Customers::Known(customer), move |db, stamp| {
        match held {
        Some(event) => run(db, "UPDATE activations SET label = ?3 WHERE license = ?1 AND event = ?2", (index, event, label)),
        None => run(
            db,
            "INSERT INTO activations (license, event, machine, label, activated_at, activated, nonce, receipt_key, ended_at, given_back)
             VALUES (?, ?, ?, ?, ?, 0, NULL, NULL, NULL, 0)",
            (index, stamp.number, machine.as_str(), label, stamp.at),
        ),
    }
    }))
}

/// Ends the seats of machines that a new revision is no longer bound to: those let go with a transfer.
pub(super) fn let_go(db: &Connection, index: i64, terms: &Terms, at: i64) -> rusqlite::Result<()> {
    let held: Vec<(i64, String)> = db
        .prepare_cached("SELECT event, machine FROM activations WHERE license = ? AND ended_at IS NULL")?
        .query_map([index], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (event, machine) in held {
        if !terms.machines.bound.iter().any(|bound| bound.as_str() == machine) {
            run(db, "UPDATE activations SET ended_at = ? WHERE license = ? AND event = ?", (at, index, event))?;
        }
    }
    Ok(())
}
