//! Reads of the revisions of licenses: what each granted, its key, and what happened to a license.

use std::collections::BTreeSet;

use super::names::Names;
use super::{Event, EventNumber, Fact, LedgerError, Tables, column};
use crate::license::{LicenseId, LicenseType, MachineId, Occasion, Slug, Terms, Timestamp};
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
    /// Why it was signed; `None`: it is the first, or was recorded before occasions were.
    pub occasion: Option<Occasion>,
}

impl Tables<'_> {
    /// The revisions of a license, the first first; none of an unknown license.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn revisions(&self, license: LicenseId) -> Result<Vec<RevisionRecord>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT r.rev, r.event, k.kid, r.signed_at, r.signed_by, r.customer, r.tier, r.kind, r.internal, r.starts, r.ends,
             r.stops, r.warn_days, r.seats, r.occasion
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
                kind: column::license_type(row, 7)?,
                internal: row.get(8)?,
                starts: column::moment(row, 9)?,
                ends: column::moment_if_any(row, 10)?,
                stops: column::moment_if_any(row, 11)?,
                warn_days: row.get(12)?,
                seats: row.get(13)?,
                occasion: column::parsed_if_any(row, 14)?,
            });
        }
        Ok(revisions)
    }

    /// The whole terms of a revision; of the first of a license that was taken over, what the older system granted.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn terms(&self, license: LicenseId, rev: u32) -> Result<Option<Terms>, LedgerError> {
        match self.signed(license, rev)? {
            Some((terms, _)) => Ok(Some(terms)),
            None if rev == 1 => Ok(self.taken_over(license)?.map(|(terms, _)| terms)),
            None => Ok(None),
        }
    }

    /// The signed key of a revision; `None` also of the first of a license that was taken over.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn key_text(&self, license: LicenseId, rev: u32) -> Result<Option<String>, LedgerError> {
        Ok(self.signed(license, rev)?.map(|(_, key)| key))
    }

    fn signed(&self, license: LicenseId, rev: u32) -> Result<Option<(Terms, String)>, LedgerError> {
        match self.revision_fact(license, rev)? {
            None => Ok(None),
            Some(Fact::LicenseIssued { terms, key, .. }) => Ok(Some((terms, key))),
            Some(other) => Err(LedgerError::odd("revision of a license", other.kind())),
        }
    }

    /// What was recorded when a revision was signed: [`Fact::LicenseIssued`].
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn revision_fact(&self, license: LicenseId, rev: u32) -> Result<Option<Fact>, LedgerError> {
        // No join: beside the partial indexes of the tables, it would be prepared anew for every license.
        let mut statement = self.db.prepare_cached(
            "SELECT (SELECT body FROM events WHERE number = r.event) FROM revisions r
             WHERE r.license = (SELECT status_index FROM licenses WHERE number = ?1) AND r.rev = ?2",
        )?;
        let mut rows = statement.query((license.number(), rev))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?.fact))
    }

    /// Every machine that a revision of a license was ever bound to.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn machines_ever_bound(&self, license: LicenseId) -> Result<BTreeSet<MachineId>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT e.body FROM licenses l CROSS JOIN revisions r ON r.license = l.status_index
             CROSS JOIN events e ON e.number = r.event WHERE l.number = ?",
        )?;
        let mut rows = statement.query([license.number()])?;
        let mut machines = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let event = Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            if let Fact::LicenseIssued { terms, .. } = event.fact {
                machines.extend(terms.machines.bound);
            }
        }
        Ok(machines)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, kid, ledger, record, revise, slug};

    #[test]
    fn every_revision_keeps_its_terms_and_its_key() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {})]);
        record(&mut ledger, 8, &[revise(1, 2, "globex", |terms| (terms.tier, terms.seats) = (slug("basic"), Some(9)))]);
        let revisions = ledger.read().revisions(id(1)).unwrap();
        let told: Vec<_> = revisions
            .iter()
            .map(|revision| (revision.rev, revision.customer.as_str(), revision.tier.as_str(), revision.seats))
            .collect();
        assert_eq!(told, [(1, "acme", "pro", Some(5)), (2, "globex", "basic", Some(9))]);
        assert_eq!((&revisions[1].kid, revisions[1].signed_at, revisions[1].event.get()), (&kid(), day(8), 11));
        assert_eq!(ledger.read().terms(id(1), 1).unwrap().unwrap().seats, Some(5));
        assert_eq!(ledger.read().terms(id(1), 2).unwrap().unwrap().seats, Some(9));
        assert_ne!(ledger.read().key_text(id(1), 1).unwrap(), ledger.read().key_text(id(1), 2).unwrap());
        assert_eq!(ledger.read().revisions(id(2)).unwrap(), []);
    }

    #[test]
    fn the_history_of_a_license_has_everything_in_order() {
        let mut ledger = ledger();
        let suspended = Fact::LicenseSuspended { license: id(1), reason: Some("unpaid".into()) };
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "acme", |_| {}), suspended.clone()]);
        record(&mut ledger, 2, &[Fact::LicenseReinstated { license: id(1), reason: None }]);
        let history = ledger.read().history(id(1)).unwrap();
        let told: Vec<(u64, &str)> = history.iter().map(|event| (event.number.get(), event.fact.kind())).collect();
        assert_eq!(told, [(10, "license.issued"), (12, "license.suspended"), (13, "license.reinstated")]);
        assert_eq!((history[1].at, history[1].by.as_str(), &history[1].fact), (day(1).plus_seconds(2), "anna", &suspended));
        assert_eq!(ledger.read().newest_event_time().unwrap(), Some(day(2)));
    }

    #[test]
    fn the_latest_terms_are_those_of_the_newest_licenses_of_the_customer() {
        let mut ledger = ledger();
        let seats = |number: u32| issue(number.into(), "acme", move |terms| terms.seats = Some(number));
        record(&mut ledger, 1, &[seats(1), seats(2), seats(3), seats(4), issue(9, "globex", |_| {})]);
        record(&mut ledger, 2, &[revise(1, 2, "acme", |terms| terms.seats = Some(100))]);
        let latest = ledger.read().latest_terms(&slug("acme"), 3).unwrap();
        assert_eq!(latest.iter().map(|terms| terms.seats).collect::<Vec<_>>(), [Some(4), Some(3), Some(2)]);
        assert_eq!(ledger.read().latest_terms(&slug("nobody"), 3).unwrap(), []);
    }

    #[test]
    fn ids_are_found_by_their_beginning() {
        let mut ledger = ledger();
        let facts: Vec<Fact> = (1..30).map(|number| issue(number, "acme", |_| {})).collect();
        record(&mut ledger, 1, &facts);
        let wanted = id(7);
        let prefix: crate::license::id::LicenseIdPrefix = wanted.to_string()[..8].parse().unwrap();
        assert_eq!(ledger.read().license_ids_in(prefix.range(), 10).unwrap(), [wanted]);
        let all = ledger.read().license_ids_in((0, i64::MAX), 10).unwrap();
        assert!(all.len() == 10 && all.is_sorted());
    }
}
