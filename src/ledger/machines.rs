//! Reads of the machines that hold seats of licenses.

use rusqlite::{OptionalExtension, Row};

use super::{LedgerError, Tables, column};
use crate::license::{LicenseId, MachineId, Slug, Timestamp};

/// A machine that holds or held a seat of a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationRecord {
    /// The license.
    pub license: LicenseId,
    /// Its customer's short name.
    pub customer: Slug,
    /// The product.
    pub product: Slug,
    /// The machine ID, as it was last.
    pub machine: MachineId,
    /// What people call it.
    pub label: Option<String>,
    /// Since when.
    pub activated_at: Timestamp,
    /// The public key that signs for the machine, where it asked with a request.
    pub receipt_key: Option<String>,
    /// Until when; `None`: it holds its seat.
    pub ended_at: Option<Timestamp>,
}

pub(super) const SELECT: &str =
    "SELECT l.number, c.slug, t.product, a.machine, a.label, a.activated_at, a.receipt_key, a.ended_at
    FROM activations a CROSS JOIN licenses l ON l.status_index = a.license CROSS JOIN customers c ON c.id = l.customer
    CROSS JOIN tiers t ON t.id = l.tier";

pub(super) fn record(row: &Row<'_>) -> Result<ActivationRecord, LedgerError> {
    let number: i64 = row.get(0)?;
    Ok(ActivationRecord {
        license: LicenseId::from_number(number).ok_or_else(|| LedgerError::odd("license number", number))?,
        customer: column::parsed(row, 1)?,
        product: column::parsed(row, 2)?,
        machine: column::parsed(row, 3)?,
        label: row.get(4)?,
        activated_at: column::moment(row, 5)?,
        receipt_key: row.get(6)?,
        ended_at: column::moment_if_any(row, 7)?,
    })
}

impl Tables<'_> {
    /// The machines that hold seats: of one license, or of all that are not revoked; the oldest first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn activations(&self, license: Option<LicenseId>) -> Result<Vec<ActivationRecord>, LedgerError> {
        let which = if license.is_some() { "l.number = ?1" } else { "l.standing <> 1 AND ?1 IS NULL" };
        let sql = format!("{SELECT} WHERE {which} AND a.ended_at IS NULL ORDER BY a.activated_at, a.event");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([license.map(LicenseId::number)])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(record(row)?);
        }
        Ok(found)
    }

    /// The activation that a request led to, ended or not; with whether a later request took its place.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn activation_by_request(&self, nonce: &str) -> Result<Option<ActivationRecord>, LedgerError> {
        let sql = format!("{SELECT} WHERE a.nonce = ?");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([nonce])?;
        rows.next()?.map(record).transpose()
    }

    /// The license that a request was answered for.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn request_answered(&self, nonce: &str) -> Result<Option<LicenseId>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.number FROM activation_requests r CROSS JOIN licenses l ON l.status_index = r.license WHERE r.nonce = ?",
        )?;
        let number: Option<i64> = statement.query_row([nonce], |row| row.get(0)).optional()?;
        Ok(number.and_then(LicenseId::from_number))
    }

    /// How many seats of a license were given back since a moment.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn seats_given_back(&self, license: LicenseId, since: Timestamp) -> Result<u32, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT count(*) FROM licenses l CROSS JOIN activations a ON a.license = l.status_index
             WHERE l.number = ? AND a.given_back AND a.ended_at >= ?",
        )?;
        Ok(statement.query_row((license.number(), since.seconds()), |row| row.get(0))?)
    }
}
