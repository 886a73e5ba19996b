//! Reads of the revisions of licenses: what each granted, its key, and what happened to a license.

use rusqlite::OptionalExtension;

use super::names::Names;
use super::{Event, EventNumber, Fact, LedgerError, Tables, column};
use crate::license::{LicenseId, LicenseType, Slug, Terms, Timestamp};
use crate::token::Kid;

/// One revision of a license, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionRecord {
    /// Its number, from 1.
    pub rev: u32,
    /// The event that recorded it.
    pub event: EventNumber,
    /// The signing key.
    pub kid: Kid,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Who signed it.
    pub signed_by: Slug,
    /// The customer's short name.
    pub customer: Slug,
    /// The product.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// What the license is for.
    pub kind: LicenseType,
    /// For the vendor's own use.
    pub internal: bool,
    /// First second of validity.
    pub starts: Timestamp,
    /// The agreed end; `None`: perpetual.
    pub ends: Option<Timestamp>,
    /// The moment the key stops working, grace included.
    pub stops: Option<Timestamp>,
    /// How many days before the end it counts as expiring.
    pub warn_days: u32,
    /// The license count; `None`: unlimited.
    pub seats: Option<u32>,
}

impl Tables<'_> {
    /// The revisions of a license, the first first; none of an unknown license.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn revisions(&self, license: LicenseId) -> Result<Vec<RevisionRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT r.rev, r.event, k.kid, r.signed_at, r.signed_by, r.customer, r.tier, r.kind, r.internal, r.starts, r.ends,
             r.stops, r.warn_days, r.seats
             FROM licenses l CROSS JOIN revisions r ON r.license = l.status_index CROSS JOIN signing_keys k ON k.id = r.kid
             WHERE l.number = ? ORDER BY r.rev",
        )?;
        let mut names = Names::new(self.db);
        let mut rows = statement.query([license.number()])?;
        let mut revisions = Vec::new();
        while let Some(row) = rows.next()? {
            let tier = names.tier(row.get(6)?)?;
            let (product, tier) = (tier.product.clone(), tier.slug.clone());
            revisions.push(RevisionRecord {
                rev: row.get(0)?,
                event: EventNumber::from_column(row.get(1)?)?,
                kid: column::parsed(row, 2)?,
                signed_at: column::moment(row, 3)?,
                signed_by: names.operator(row.get(4)?)?.clone(),
                customer: names.customer(row.get(5)?)?.0.clone(),
                product,
                tier,
                kind: column::parsed(row, 7)?,
                internal: row.get(8)?,
                starts: column::moment(row, 9)?,
                ends: column::moment_if_any(row, 10)?,
                stops: column::moment_if_any(row, 11)?,
                warn_days: row.get(12)?,
                seats: row.get(13)?,
            });
        }
        Ok(revisions)
    }

    /// The whole terms of a revision.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn terms(&self, license: LicenseId, rev: u32) -> Result<Option<Terms>, LedgerError> {
        Ok(self.signed(license, rev)?.map(|(terms, _)| terms))
    }

    /// The signed key of a revision.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn key_text(&self, license: LicenseId, rev: u32) -> Result<Option<String>, LedgerError> {
        Ok(self.signed(license, rev)?.map(|(_, key)| key))
    }

    fn signed(&self, license: LicenseId, rev: u32) -> Result<Option<(Terms, String)>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT e.body FROM licenses l CROSS JOIN revisions r ON r.license = l.status_index AND r.rev = ?2
             CROSS JOIN events e ON e.number = r.event WHERE l.number = ?1",
        )?;
        let body: Option<String> = statement.query_row((license.number(), rev), |row| row.get(0)).optional()?;
        match body.map(|body| Event::read(&body)).transpose()?.map(|event| event.fact) {
            None => Ok(None),
            Some(Fact::LicenseIssued { terms, key, .. }) => Ok(Some((terms, key))),
            Some(other) => Err(LedgerError::odd("revision of a license", other.kind())),
        }
    }

    /// Everything that happened to a license, the first first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn history(&self, license: LicenseId) -> Result<Vec<Event>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT body FROM events WHERE license = ? ORDER BY number")?;
        let mut rows = statement.query([license.number()])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
        }
        Ok(events)
    }

    /// The terms of the customer's `most` newest licenses, each as it was issued, the newest first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn latest_terms(&self, customer: &Slug, most: usize) -> Result<Vec<Terms>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT body FROM events WHERE customer = (SELECT id FROM customers WHERE slug = ?) AND kind = 'license.issued'
             ORDER BY number DESC",
        )?;
        let mut rows = statement.query([customer.as_str()])?;
        let mut latest = Vec::new();
        while latest.len() < most
            && let Some(row) = rows.next()?
        {
            let event = Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            if let Fact::LicenseIssued { terms, rev: 1, .. } = event.fact {
                latest.push(terms);
            }
        }
        Ok(latest)
    }
}
