//! Reads of the log: events sought by what they are about, and proofs over their leaves.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};

use super::names::Names;
use super::{Event, EventNumber, LedgerError, Tables, log};
use crate::audit::{self, Frontier, Hash};
use crate::license::{LicenseId, Slug, Timestamp};

/// Which events are sought. Everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// About this license.
    pub license: Option<LicenseId>,
    /// About this customer.
    pub customer: Option<Slug>,
    /// Done by this operator.
    pub operator: Option<Slug>,
    /// At this moment or later.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
    /// Of one of these kinds: a whole name (`license.issued`) or its first word (`license`). None: of any.
    pub kinds: Vec<String>,
    /// The first first, in place of the newest.
    pub oldest_first: bool,
    /// So many at most.
    pub limit: Option<u32>,
}

/// An event as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRecord {
    /// The event.
    pub event: Event,
    /// The customer it is about, where it is about one.
    pub customer: Option<Slug>,
}

impl Tables<'_> {
    /// Hands every event that is sought to `take`, one by one, so that none but one is in memory.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read, and what `take` returns, which ends the search.
    pub fn for_each_event<E: From<LedgerError>>(
        &self,
        filter: &EventFilter,
        mut take: impl FnMut(EventRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let (sql, values) = match self.numbers(filter)? {
            Some(query) => query,
            None => return Ok(()),
        };
        let mut names = Names::new(self.db);
        let found = || -> Result<_, LedgerError> {
            let bodies = self.db.prepare_cached("SELECT body, customer FROM events WHERE number = ?")?;
            Ok((self.db.prepare(&sql)?, bodies))
        };
        let (mut numbers, mut bodies) = found()?;
        let mut numbers = numbers.query(params_from_iter(values)).map_err(LedgerError::from)?;
        while let Some(row) = numbers.next().map_err(LedgerError::from)? {
            let mut read = || -> Result<EventRecord, LedgerError> {
                let mut rows = bodies.query([row.get::<_, i64>(0)?])?;
                let row = rows.next()?.ok_or_else(|| LedgerError::Damaged("an event is in an index only".into()))?;
                let event = Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
                let customer: Option<i64> = row.get(1)?;
                let customer = customer.map(|id| Ok::<_, LedgerError>(names.customer(id)?.0.clone())).transpose()?;
                Ok(EventRecord { event, customer })
            };
            take(read()?)?;
        }
        Ok(())
    }

    /// The query for the numbers of the events that are sought; `None` where there can be none.
    fn numbers(&self, filter: &EventFilter) -> Result<Option<(String, Vec<Value>)>, LedgerError> {
        let mut values = Vec::new();
        let mut terms: Vec<String> = Vec::new();
        let mut term = |sql: &str, value: Value| {
            terms.push(sql.to_owned());
            values.push(value);
        };
        if let Some(license) = filter.license {
            term("license = ?", license.number().into());
        }
        if let Some(customer) = &filter.customer {
            let mut statement = self.db.prepare_cached("SELECT id FROM customers WHERE slug = ?")?;
            let id: Option<i64> = statement.query_row([customer.as_str()], |row| row.get(0)).optional()?;
            let Some(id) = id else { return Ok(None) };
            term("customer = ?", id.into());
        }
        if let Some(operator) = &filter.operator {
            term("operator = ?", operator.to_string().into());
        }
        if let Some(since) = filter.since {
            term("at >= ?", since.seconds().into());
        }
        if let Some(before) = filter.before {
            term("at < ?", before.seconds().into());
        }
        if !filter.kinds.is_empty() {
            let mut kinds = Vec::new();
            for kind in &filter.kinds {
                // A whole name, or everything from `word.` on and before `word/`, the next sign after the dot.
                kinds.push("kind = ? OR (kind > ? AND kind < ?)");
                values.extend([kind.clone(), format!("{kind}."), format!("{kind}/")].map(Value::from));
            }
            terms.push(format!("({})", kinds.join(" OR ")));
        }
        // Time, kind and operator all stand in one index, which is a fiftieth of the table.
        let by_time = filter.license.is_none() && filter.customer.is_none() && !terms.is_empty();
        let from = if by_time { "events INDEXED BY events_by_time" } else { "events" };
        let filtered = if terms.is_empty() { String::new() } else { format!(" WHERE {}", terms.join(" AND ")) };
        let order = if filter.oldest_first { "" } else { " DESC" };
        let limit = filter.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
        Ok(Some((format!("SELECT number FROM {from}{filtered} ORDER BY number{order}{limit}"), values)))
    }

    /// Every kind of event that the log holds, in the order of the alphabet.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn event_kinds(&self) -> Result<Vec<String>, LedgerError> {
        let mut statement = self.db.prepare("SELECT DISTINCT kind FROM events INDEXED BY events_by_time ORDER BY kind")?;
        let kinds = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(kinds)
    }

    /// The event with this number, as the bytes that are its leaf in the tree.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn event_body(&self, number: EventNumber) -> Result<Option<String>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT body FROM events WHERE number = ?")?;
        Ok(statement.query_row([number.column()], |row| row.get(0)).optional()?)
    }

    /// Hands the bytes of every event to `take`, the first first.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read, and what `take` returns, which ends the walk.
    pub fn for_each_body<E: From<LedgerError>>(&self, mut take: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        let mut statement = self.db.prepare("SELECT body FROM events ORDER BY number").map_err(LedgerError::from)?;
        let mut rows = statement.query([]).map_err(LedgerError::from)?;
        while let Some(row) = rows.next().map_err(LedgerError::from)? {
            take(text(row).map_err(LedgerError::from)?)?;
        }
        Ok(())
    }

    /// The head of the log: how many events there are, and their Merkle root.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn head(&self) -> Result<Frontier, LedgerError> {
        log::head(self.db)
    }

    /// The number of the last event that is there; 0 in an empty log.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn last_event(&self) -> Result<u64, LedgerError> {
        let last: Option<i64> = self.db.prepare_cached("SELECT max(number) FROM events")?.query_row([], |row| row.get(0))?;
        Ok(last.map_or(0, i64::unsigned_abs))
    }

    /// The proof that the event with this number is in the tree of the first `size` events.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read, or has fewer events.
    pub fn inclusion_proof(&self, number: EventNumber, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.with_leaves(|leaves| audit::inclusion_proof(leaves, number.leaf_index(), size))
    }

    /// The proof that the tree of the first `old` events is the beginning of the tree of the first `size`.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read, or has fewer events.
    pub fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.with_leaves(|leaves| audit::consistency_proof(leaves, old, size))
    }

    fn with_leaves<T>(
        &self,
        work: impl FnOnce(&mut dyn Iterator<Item = Hash>) -> Result<T, audit::ProofError>,
    ) -> Result<T, LedgerError> {
        let mut statement = self.db.prepare("SELECT leaf FROM events ORDER BY number")?;
        let mut rows = statement.query_map([], |row| row.get::<_, Hash>(0))?;
        let mut failed = None;
        let mut leaves = std::iter::from_fn(|| match rows.next()? {
            Ok(leaf) => Some(leaf),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        let made = work(&mut leaves);
        match failed {
            Some(error) => Err(error.into()),
            None => made.map_err(|error| LedgerError::Damaged(error.to_string())),
        }
    }
}

fn text<'r>(row: &'r Row<'_>) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(0)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{leaf_hash, verify_consistency, verify_inclusion};
    use crate::ledger::testing::{day, id, issue, ledger, record, slug};
    use crate::ledger::{Fact, Ledger};

    fn busy() -> Ledger {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {}), issue(2, "globex", |_| {})]);
        record(&mut ledger, 2, &[Fact::LicenseRevoked { license: id(1), reason: "refund".into(), note: None }]);
        ledger
            .write(|transaction| {
                transaction.record(day(3), &slug("ben"), &Fact::LicenseReinstated { license: id(1), reason: None })
            })
            .unwrap();
        ledger
    }

    fn found(ledger: &Ledger, filter: &EventFilter) -> Vec<u64> {
        let mut numbers = Vec::new();
        let take = |record: EventRecord| {
            numbers.push(record.event.number.get());
            Ok::<_, LedgerError>(())
        };
        ledger.read().for_each_event(filter, take).unwrap();
        numbers
    }

    #[test]
    fn events_are_found_by_everything_they_are_about() {
        let ledger = busy();
        let any = EventFilter::default;
        let kinds = |kinds: &[&str]| EventFilter { kinds: kinds.iter().map(ToString::to_string).collect(), ..any() };
        for (filter, expected) in [
            (EventFilter { limit: Some(3), ..any() }, vec![13, 12, 11]),
            (EventFilter { limit: Some(2), oldest_first: true, ..any() }, vec![1, 2]),
            (EventFilter { license: Some(id(1)), ..any() }, vec![13, 12, 10]),
            (EventFilter { license: Some(id(9)), ..any() }, vec![]),
            (EventFilter { customer: Some(slug("acme")), ..any() }, vec![13, 12, 10, 6]),
            (EventFilter { customer: Some(slug("nobody")), ..any() }, vec![]),
            (EventFilter { operator: Some(slug("ben")), ..any() }, vec![13]),
            (EventFilter { since: Some(day(2)), ..any() }, vec![13, 12]),
            (EventFilter { since: Some(day(1)), before: Some(day(2)), ..any() }, vec![11, 10]),
            (kinds(&["license.revoked"]), vec![12]),
            (kinds(&["license"]), vec![13, 12, 11, 10]),
            (kinds(&["licens"]), vec![]),
            (kinds(&["customer", "tier.added"]), vec![9, 8, 7, 6]),
            (EventFilter { customer: Some(slug("acme")), since: Some(day(1)), ..kinds(&["license.issued"]) }, vec![10]),
        ] {
            assert_eq!(found(&ledger, &filter), expected, "{filter:?}");
            let turned = EventFilter { oldest_first: !filter.oldest_first, limit: None, ..filter.clone() };
            if filter.limit.is_none() {
                assert_eq!(found(&ledger, &turned), expected.into_iter().rev().collect::<Vec<_>>(), "{turned:?}");
            }
        }
        assert!(ledger.read().event_kinds().unwrap().contains(&"license.revoked".to_owned()));
    }

    #[test]
    fn an_event_about_a_license_tells_whose_it_is() {
        let ledger = busy();
        let mut customers = Vec::new();
        let filter = EventFilter { license: Some(id(1)), ..EventFilter::default() };
        let take = |record: EventRecord| {
            customers.push(record.customer.unwrap().to_string());
            Ok::<_, LedgerError>(())
        };
        ledger.read().for_each_event(&filter, take).unwrap();
        assert_eq!(customers, ["acme", "acme", "acme"]);
    }

    #[test]
    fn no_search_reads_the_whole_table() {
        let ledger = busy();
        let any = EventFilter::default;
        for filter in [
            EventFilter { license: Some(id(1)), ..any() },
            EventFilter { customer: Some(slug("acme")), ..any() },
            EventFilter { operator: Some(slug("ben")), ..any() },
            EventFilter { kinds: vec!["license".into()], ..any() },
            EventFilter { since: Some(day(1)), ..any() },
        ] {
            let (sql, values) = ledger.read().numbers(&filter).unwrap().unwrap();
            let mut plan = ledger.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> =
                plan.query_map(params_from_iter(values), |row| row.get(3)).unwrap().map(Result::unwrap).collect();
            assert!(plan[0].contains("INDEX events_by_"), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn what_the_ledger_proves_verifies() {
        let ledger = busy();
        let (tables, head) = (ledger.read(), ledger.head().unwrap());
        for number in 1..=head.size() {
            let number = EventNumber::from_column(number as i64).unwrap();
            let proof = tables.inclusion_proof(number, head.size()).unwrap();
            let leaf = leaf_hash(tables.event_body(number).unwrap().unwrap().as_bytes());
            assert!(verify_inclusion(&leaf, number.leaf_index(), head.size(), &proof, &head.root()));
        }
        let mut old = Frontier::new();
        let mut seen = Vec::new();
        tables
            .for_each_body(|body| {
                old.append(leaf_hash(body.as_bytes()));
                seen.push((old.size(), old.root()));
                Ok::<_, LedgerError>(())
            })
            .unwrap();
        assert_eq!(old, head);
        for (size, root) in seen {
            let proof = tables.consistency_proof(size, head.size()).unwrap();
            assert!(verify_consistency(size, &root, head.size(), &head.root(), &proof), "{size}");
        }
        assert!(tables.consistency_proof(2, head.size() + 1).is_err());
    }
}
