//! Reads of what tells of something wrong: refusals, doubted keys, renewals of what is switched off, machines of several customers.
//!
//! Each reads an index of the few rows that can matter, whatever the number of licenses.

use rusqlite::params_from_iter;

use super::machines;
use super::{ActivationRecord, Event, LedgerError, Tables, column};
use crate::license::{LicenseId, Slug, Standing, Timestamp};

/// The most events that are read: whoever has more has read enough.
const MOST_EVENTS: u32 = 1_000;

/// A license that was renewed after it was suspended or revoked, and is so still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewedWhileOff {
    /// The license.
    pub license: LicenseId,
    /// Its customer's short name.
    pub customer: Slug,
    /// How it stands.
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
    /// When it was last renewed.
    pub renewed_at: Timestamp,
}

impl Tables<'_> {
    /// The refusals and the doubted keys of a span, both ends included; the newest first, a thousand at most.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn alerting_events(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Event>, LedgerError> {
        let mut statement = self.db.prepare_cached(ALERTING)?;
        let mut rows = statement.query((since.seconds(), until.seconds(), MOST_EVENTS))?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
        }
        Ok(events)
    }

    /// The licenses that stand suspended or revoked at a moment, and were renewed since; the last renewed first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn renewed_while_off(&self, at: Timestamp) -> Result<Vec<RenewedWhileOff>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT l.number, c.slug, s.standing, s.at, max(r.signed_at)
             FROM standings s
             CROSS JOIN revisions r ON r.license = s.license AND r.event > s.event AND r.signed_at <= ?1 AND r.occasion = 'renewal'
             CROSS JOIN licenses l ON l.status_index = s.license
             CROSS JOIN customers c ON c.id = r.customer
             WHERE s.standing <> 0
               AND s.event = (SELECT max(e.event) FROM standings e WHERE e.license = s.license AND e.at <= ?1)
             GROUP BY s.license ORDER BY max(r.signed_at) DESC, s.license",
        )?;
        let mut rows = statement.query([at.seconds()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(RenewedWhileOff {
                license: super::licenses::license_id(row.get(0)?)?,
                customer: column::parsed(row, 1)?,
                standing: column::standing(row, 2)?,
                since: column::moment(row, 3)?,
                renewed_at: column::moment(row, 4)?,
            });
        }
        Ok(found)
    }

    /// The machines that hold more than one seat of licenses that are not revoked: every seat of each, those with one ID together. With
    /// a moment of the past, those of then.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn machines_seated_twice(&self, as_of: Option<Timestamp>) -> Result<Vec<ActivationRecord>, LedgerError> {
        // The seats of today stand in an index of their own.
        let held = match as_of {
            None => "a.ended_at IS NULL",
            Some(_) => "a.activated_at <= ?1 AND (a.ended_at IS NULL OR a.ended_at > ?1)",
        };
        let sql = format!(
            "{} WHERE {held} AND l.standing <> 1
               AND a.machine IN (SELECT a.machine FROM activations a WHERE {held} GROUP BY a.machine HAVING count(*) > 1)
             ORDER BY a.machine, a.activated_at, a.event",
            machines::SELECT
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(as_of.map(Timestamp::seconds)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(machines::record(row)?);
        }
        Ok(found)
    }
}

const ALERTING: &str = "SELECT body FROM events WHERE kind IN ('license.refused', 'key.doubted') AND at >= ? AND at <= ?
    ORDER BY number DESC LIMIT ?";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, ledger, record as put, refused, revise, slug};
    use crate::ledger::{Fact, Ledger};
    use crate::license::RefusedFor;

    fn activated(number: u64, machine: &str) -> Fact {
        let machine = machine.parse().unwrap();
        Fact::MachineActivated { license: id(number), machine, replaces: None, label: None, nonce: None, key: None }
    }

    fn plan(ledger: &Ledger, sql: &str) -> String {
        let mut statement = ledger.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = statement.query_map([1, 2, 3], |row| row.get::<_, String>(3)).unwrap();
        steps.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    }

    #[test]
    fn refusals_are_found_by_an_index_of_their_own_and_change_no_license() {
        let mut ledger = ledger();
        put(&mut ledger, 1, &[issue(1, "acme", |_| {})]);
        let before = ledger.read().license(id(1)).unwrap();
        put(&mut ledger, 5, &[refused(1, RefusedFor::NoSeat, Some("host-9"))]);
        put(&mut ledger, 9, &[refused(1, RefusedFor::Revoked, None)]);
        assert_eq!(ledger.read().license(id(1)).unwrap(), before);
        let days = |from, to| -> Vec<i64> {
            let events = ledger.read().alerting_events(day(from), day(to)).unwrap();
            events.iter().map(|event| (event.at.seconds() - day(0).seconds()) / 86_400).collect()
        };
        assert_eq!((days(0, 30), days(6, 30), days(0, 5), days(0, 4)), (vec![9, 5], vec![9], vec![5], vec![]));
        assert!(plan(&ledger, ALERTING).contains("USING INDEX events_of_alerts"), "{}", plan(&ledger, ALERTING));
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
        let unknown = ledger.write(|tx| tx.record(day(9), &slug("anna"), &refused(2, RefusedFor::NoSeat, None)).map(|_| ()));
        assert!(unknown.is_err(), "a refusal of no license");
    }

    #[test]
    fn a_license_renewed_while_it_is_off_is_found_until_it_is_good_again() {
        let mut ledger = ledger();
        let licenses: Vec<Fact> = (1..=3).map(|number| issue(number, "acme", |_| {})).collect();
        put(&mut ledger, 1, &licenses);
        put(&mut ledger, 2, &[revise(1, 2, "acme", |_| {}), revise(2, 2, "acme", |_| {})]);
        let suspended = |number| Fact::LicenseSuspended { license: id(number), reason: None };
        put(&mut ledger, 3, &[suspended(1), suspended(2)]);
        put(&mut ledger, 5, &[revise(1, 3, "acme", |_| {}), revise(3, 2, "acme", |_| {})]);
        put(&mut ledger, 8, &[Fact::LicenseReinstated { license: id(1), reason: None }]);
        let found = |at| ledger.read().renewed_while_off(day(at)).unwrap();
        assert_eq!((found(2), found(4), found(9)), (vec![], vec![], vec![]));
        let [only] = <[RenewedWhileOff; 1]>::try_from(found(7)).unwrap();
        assert_eq!((only.license, only.standing, only.since, only.renewed_at), (id(1), Standing::Suspended, day(3), day(5)));
    }

    #[test]
    fn a_machine_with_seats_of_several_licenses_is_found() {
        let mut ledger = ledger();
        let licenses = [issue(1, "acme", |_| {}), issue(2, "globex", |_| {}), issue(3, "globex", |_| {})];
        put(&mut ledger, 1, &licenses);
        put(&mut ledger, 2, &[activated(1, "host-1"), activated(2, "host-1"), activated(2, "host-2"), activated(3, "host-3")]);
        let license = id(2);
        let gone = Fact::MachineDeactivated { license, machine: "host-1".parse().unwrap(), reason: None, receipt: None };
        let seats = |ledger: &Ledger, as_of| -> Vec<LicenseId> {
            ledger.read().machines_seated_twice(as_of).unwrap().iter().map(|one| one.license).collect()
        };
        assert_eq!(seats(&ledger, None), [id(1), id(2)]);
        put(&mut ledger, 5, &[gone]);
        assert_eq!(seats(&ledger, None), []);
        assert_eq!((seats(&ledger, Some(day(3))), seats(&ledger, Some(day(1)))), (vec![id(1), id(2)], vec![]));
    }
}
