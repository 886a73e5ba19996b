//! A transaction: facts are recorded here, and tables read as they stand in it.

use std::cell::RefCell;

use rusqlite::{Connection, TransactionBehavior};

use super::log::{Log, Pending};
use super::project::{self, Change, Known};
use super::{Event, EventNumber, Fact, LedgerError, Spelled, Tables};
use crate::audit::Frontier;
use crate::license::{Slug, Timestamp};

/// A transaction on the ledger. Nothing of it is seen by others before it is committed.
pub struct Transaction<'c> {
    db: rusqlite::Transaction<'c>,
    /// `None` after a fact failed half-way: what was recorded can then no longer be kept.
    log: RefCell<Option<Log>>,
    known: RefCell<Known>,
}

impl<'c> Transaction<'c> {
    pub(super) fn begin(db: &'c mut Connection) -> Result<Self, LedgerError> {
        let db = rusqlite::Transaction::new(db, TransactionBehavior::Immediate)?;
        let log = RefCell::new(Some(Log::load(&db)?));
        Ok(Self { db, log, known: RefCell::default() })
    }

    /// The tables as they stand in this transaction.
    #[must_use]
    pub fn read(&self) -> Tables<'_> {
        Tables { db: &self.db }
    }

    /// Records that `fact` happened at `at`, done by `by`: the event and every row it changes.
    ///
    /// # Errors
    /// [`LedgerError::AlreadyExists`], [`LedgerError::NotFound`] and [`LedgerError::Unrecordable`] leave the transaction as
    /// it was, so that the work may go on. After any other error nothing of the transaction can be kept.
    pub fn record(&self, at: Timestamp, by: &Slug, fact: &Fact) -> Result<EventNumber, LedgerError> {
        let mut place = self.log.borrow_mut();
        let log = place.as_mut().ok_or(LedgerError::Spoiled)?;
        let change = project::prepare(&self.db, &mut self.known.borrow_mut(), by, fact)?;
        let event = log.next(at, by, fact)?;
        let recorded = self.append(event, change, at);
        recorded.inspect_err(|_| *place = None)
    }

    /// Takes over an event from another ledger, as the bytes that were written there, and with them its hash.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`] for bytes that are no event, [`LedgerError::Unrecordable`] for an event out of its order; else
    /// as [`Transaction::record`].
    pub fn take_over(&self, body: &str) -> Result<EventNumber, LedgerError> {
        let mut place = self.log.borrow_mut();
        let log = place.as_mut().ok_or(LedgerError::Spoiled)?;
        let event = Event::read(body)?;
        let pending = log.written(&event, body)?;
        let change = project::prepare(&self.db, &mut self.known.borrow_mut(), &event.by, &event.fact)?;
        let recorded = self.append(pending, change, event.at);
        recorded.inspect_err(|_| *place = None)
    }

    /// Records an event that was spelled out before its turn, and gives back what it says. The caller has made sure, since the
    /// ledger last changed, that a new license has an id of its own and answers a request that was not answered.
    ///
    /// # Errors
    /// [`LedgerError::Unrecordable`] where its place in the log is taken or not yet reached; else as [`Transaction::record`].
    /// After an id or a request that is there already, nothing of the transaction can be kept.
    pub fn record_spelled(&self, event: Spelled) -> Result<Fact, LedgerError> {
        let mut place = self.log.borrow_mut();
        let log = place.as_mut().ok_or(LedgerError::Spoiled)?;
        let pending = log.spelled(&event)?;
        let change = project::prepare_new(&self.db, &mut self.known.borrow_mut(), &event.by, &event.fact)?;
        let recorded = self.append(pending, change, event.at);
        recorded.inspect_err(|_| *place = None)?;
        Ok(event.into_fact())
    }

    fn append(&self, event: Pending<'_>, change: Change<'_>, at: Timestamp) -> Result<EventNumber, LedgerError> {
        let number = event.number;
        event.append(&self.db, change.columns(number))?;
        change.apply(&self.db, &mut self.known.borrow_mut(), number, at)?;
        Ok(number)
    }

    /// The head of the log, with what was recorded in this transaction.
    ///
    /// # Errors
    /// [`LedgerError::Spoiled`] after a fact failed half-way.
    pub fn head(&self) -> Result<Frontier, LedgerError> {
        self.log.borrow().as_ref().map(|log| log.head().clone()).ok_or(LedgerError::Spoiled)
    }

    /// Whether the transaction may be kept.
    pub(super) fn check(&self) -> Result<(), LedgerError> {
        self.head().map(|_| ())
    }

    pub(super) fn commit(self) -> Result<(), LedgerError> {
        self.log.into_inner().ok_or(LedgerError::Spoiled)?.save(&self.db)?;
        self.db.commit()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, id, issue, kid, ledger, noted, record, requested, revise, slug};
    use crate::ledger::{Ledger, LicenseFilter};
    use crate::license::{Standing, Status};

    fn refused(ledger: &mut Ledger, fact: &Fact) -> LedgerError {
        ledger.write(|transaction| transaction.record(day(9), &slug("anna"), fact)).unwrap_err()
    }

    #[test]
    fn an_issued_license_is_found_with_everything_it_was_given() {
        let mut ledger = ledger();
        let fact = noted(requested(issue(1, "acme", |terms| terms.seats = None), "order-1"), "by telephone");
        record(&mut ledger, 3, &[fact.clone(), issue(2, "globex", |_| {})]);
        let tables = ledger.read();
        let license = tables.license(id(1)).unwrap().unwrap();
        assert_eq!((license.customer_name.as_str(), license.tier_name.as_str()), ("Acme", "PRO"));
        assert_eq!((license.seats, license.rev, license.standing), (None, 1, Standing::Good));
        assert_eq!((license.issued_at, license.issued_by.as_str()), (day(3), "anna"));
        assert_eq!(license.note.as_deref(), Some("by telephone"));
        assert_eq!(license.status(day(3)), Status::Active);
        let indexes: Vec<u64> = [1, 2].map(|number| tables.license(id(number)).unwrap().unwrap().status_index).into();
        assert_eq!((indexes, tables.next_status_index().unwrap()), (vec![0, 1], 2));
        let Fact::LicenseIssued { key, terms, .. } = fact else { panic!() };
        assert_eq!(tables.key_text(id(1), 1).unwrap(), Some(key));
        assert_eq!(tables.terms(id(1), 1).unwrap(), Some(terms));
        assert_eq!(tables.key_text(id(1), 2).unwrap(), None);
        let request = tables.license_by_request("order-1").unwrap().unwrap();
        assert_eq!((request.license, request.rev, request.digest.as_str()), (id(1), 1, "digest"));
        assert_eq!(tables.license_by_request("order-2").unwrap(), None);
    }

    #[test]
    fn what_is_unknown_or_there_already_is_refused_with_its_name() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[requested(issue(1, "acme", |_| {}), "order-1")]);
        for (fact, said) in [
            (issue(1, "acme", |_| {}), format!("license {} exists already", id(1))),
            (issue(2, "initech", |_| {}), "the ledger knows no customer initech".to_owned()),
            (issue(2, "acme", |terms| terms.tier = slug("gold")), "the ledger knows no tier cockpit/gold".to_owned()),
            (requested(issue(2, "acme", |_| {}), "order-1"), "request order-1 exists already".to_owned()),
            (revise(1, 3, "acme", |_| {}), format!("the ledger knows no revision 2 of {}", id(1))),
            (revise(2, 2, "acme", |_| {}), format!("the ledger knows no license {}", id(2))),
            (Fact::LicenseReinstated { license: id(2), reason: None }, format!("the ledger knows no license {}", id(2))),
            (
                Fact::SigningKeyCopied { kid: kid(), operator: slug("carl"), protected: true },
                "the ledger knows no operator carl".into(),
            ),
        ] {
            assert_eq!(refused(&mut ledger, &fact).to_string(), said);
        }
        let by = slug("carl");
        let nobody = ledger.write(|transaction| transaction.record(day(9), &by, &issue(2, "acme", |_| {}))).unwrap_err();
        assert_eq!(nobody.to_string(), "the ledger knows no operator carl");
        assert_eq!(ledger.head().unwrap().size(), 10);
    }

    #[test]
    fn work_goes_on_after_a_fact_that_was_refused() {
        let mut ledger = ledger();
        let before = ledger.head().unwrap().size();
        ledger
            .write(|transaction| {
                assert!(transaction.record(day(1), &slug("anna"), &issue(1, "initech", |_| {})).is_err());
                transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {}))
            })
            .unwrap();
        assert_eq!(ledger.head().unwrap().size(), before + 1);
        assert_eq!(ledger.read().count_licenses(&LicenseFilter::new(day(1))).unwrap(), 1);
    }

    #[test]
    fn a_transaction_that_fails_or_is_rehearsed_leaves_nothing() {
        let mut ledger = ledger();
        let before = ledger.head().unwrap();
        let failed: Result<(), LedgerError> = ledger.write(|transaction| {
            transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {}))?;
            Err(LedgerError::Busy)
        });
        assert!(matches!(failed, Err(LedgerError::Busy)));
        let index = ledger.rehearse(|transaction| {
            transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {}))?;
            assert!(transaction.read().license(id(1))?.is_some());
            assert_ne!(transaction.head()?, before);
            transaction.read().next_status_index()
        });
        assert_eq!(index.unwrap(), 1);
        assert_eq!(ledger.head().unwrap(), before);
        assert_eq!(ledger.read().license(id(1)).unwrap(), None);
    }

    #[test]
    fn a_transaction_in_which_a_fact_failed_half_way_is_not_kept() {
        let mut ledger = ledger();
        ledger.db.execute_batch("DROP TABLE revisions").unwrap();
        let kept = ledger.write(|transaction| {
            assert!(transaction.record(day(1), &slug("anna"), &issue(1, "acme", |_| {})).is_err());
            assert!(matches!(transaction.read().license(id(1)), Ok(Some(_))));
            Ok::<_, LedgerError>(())
        });
        assert!(matches!(kept, Err(LedgerError::Spoiled)));
        assert_eq!(ledger.read().license(id(1)).unwrap(), None);
    }

    #[test]
    fn a_revoked_license_stays_revoked_when_it_is_revised() {
        let mut ledger = ledger();
        let revoked = Fact::LicenseRevoked { license: id(1), reason: "fraud".into(), note: None };
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), revoked]);
        record(&mut ledger, 2, &[revise(1, 2, "acme", |terms| terms.ends = Some(day(730)))]);
        let license = ledger.read().license(id(1)).unwrap().unwrap();
        assert_eq!((license.rev, license.ends, license.revised_at), (2, Some(day(730)), day(2)));
        assert_eq!((license.issued_at, license.standing), (day(1), Standing::Revoked));
    }

    #[test]
    fn events_taken_over_make_the_same_log_and_the_same_tables() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), revise(1, 2, "globex", |terms| terms.seats = None)]);
        let mut bodies = Vec::new();
        let take = |body: &str| {
            bodies.push(body.to_owned());
            Ok::<_, LedgerError>(())
        };
        ledger.read().for_each_body(take).unwrap();
        let mut other = Ledger::in_memory().unwrap();
        for body in &bodies {
            other.write(|transaction| transaction.take_over(body)).unwrap();
        }
        assert_eq!(other.head().unwrap(), ledger.head().unwrap());
        assert_eq!(other.replay(|_| {}).unwrap().difference, None);

        let mut third = Ledger::in_memory().unwrap();
        let refused = |ledger: &mut Ledger, body: &str| ledger.write(|tx| tx.take_over(body)).unwrap_err().to_string();
        assert_eq!(refused(&mut third, &bodies[1]), "this cannot be recorded: event 2 stands where event 1 belongs");
        assert!(refused(&mut third, "{}").starts_with("the ledger is damaged: an event cannot be read"));
        let forged = bodies[9].replace("\"number\":10", "\"number\":1");
        assert_eq!(refused(&mut third, &forged), "the ledger knows no customer acme");
        assert_eq!(third.head().unwrap().size(), 0);
    }

    #[test]
    fn an_event_spelled_before_its_turn_is_the_same_event_and_good_for_one_place_alone() {
        let (mut spelled, mut direct) = (ledger(), ledger());
        let fact = issue(1, "acme", |_| {});
        let size = spelled.head().unwrap().size();
        let at = |size| Spelled::new(size, day(2), &slug("anna"), fact.clone()).unwrap();
        for wrong in [size - 1, size + 1] {
            let refused = spelled.write(|tx| tx.record_spelled(at(wrong))).unwrap_err();
            assert!(matches!(refused, LedgerError::Unrecordable(_)), "{refused}");
        }
        assert_eq!(spelled.write(|tx| tx.record_spelled(at(size))).unwrap(), fact);
        direct.write(|tx| tx.record(day(2), &slug("anna"), &fact)).unwrap();
        assert_eq!(spelled.head().unwrap(), direct.head().unwrap());
        assert_eq!(spelled.replay(|_| {}).unwrap().difference, None);
        assert!(spelled.read().is_license(id(1)).unwrap() && !spelled.read().is_license(id(2)).unwrap());
    }

    #[test]
    fn what_was_said_to_be_new_and_is_not_spoils_the_transaction() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[requested(issue(1, "acme", |_| {}), "order-1")]);
        let before = ledger.head().unwrap();
        for again in [issue(1, "acme", |_| {}), requested(issue(2, "acme", |_| {}), "order-1")] {
            let kept = ledger.write(|tx| {
                let size = before.size();
                tx.record_spelled(Spelled::new(size, day(2), &slug("anna"), issue(3, "acme", |_| {}))?)?;
                assert!(tx.record_spelled(Spelled::new(size + 1, day(2), &slug("anna"), again.clone())?).is_err());
                Ok::<_, LedgerError>(())
            });
            assert!(matches!(kept, Err(LedgerError::Spoiled)), "{again:?}");
            assert_eq!((ledger.head().unwrap(), ledger.read().license(id(3)).unwrap()), (before.clone(), None));
        }
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn new_licenses_of_one_transaction_get_places_one_after_the_other() {
        let mut ledger = ledger();
        let place = |ledger: &Ledger, number| ledger.read().license(id(number)).unwrap().unwrap().status_index;
        ledger
            .write(|tx| {
                let by = slug("anna");
                tx.record(day(1), &by, &issue(1, "acme", |_| {}))?;
                // Refused before anything is written: it takes no place.
                let deep = (0..200).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
                assert!(tx.record(day(1), &by, &issue(7, "acme", |terms| terms.meta = Some(deep))).is_err());
                assert!(tx.record(day(1), &by, &issue(1, "acme", |_| {})).is_err());
                tx.record(day(1), &by, &revise(1, 2, "acme", |_| {}))?;
                tx.record(day(1), &by, &issue(2, "acme", |_| {}))?;
                tx.record_spelled(Spelled::new(tx.head()?.size(), day(1), &by, issue(3, "acme", |_| {}))?)
            })
            .unwrap();
        assert_eq!([1, 2, 3].map(|number| place(&ledger, number)), [0, 1, 2]);
        assert_eq!(ledger.replay(|_| {}).unwrap().difference, None);
    }

    #[test]
    fn events_are_never_changed_or_removed_or_written_over() {
        let ledger = ledger();
        for (sql, said) in [
            ("UPDATE events SET operator = 'mallory' WHERE number = 1", "events are never changed"),
            ("DELETE FROM events WHERE number = 9", "events are never removed"),
            ("INSERT OR REPLACE INTO events SELECT * FROM events WHERE number = 9", "events are numbered without gaps"),
        ] {
            let error = ledger.db.execute_batch(sql).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
