//! Replaying the log: whether the events say what they said when they were written, and the tables what the events say.
//!
//! The events are hashed and read again, one by one, and projected into a scratch ledger by the code that records; then
//! every row of every table is compared. What a replay cannot see is a log that was rewritten as a whole, head and tables
//! included: that takes a checkpoint from outside.

use std::cmp::Ordering;

use rusqlite::config::DbConfig;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::event::Event;
use super::{Difference, EventNumber, Ledger, LedgerError, log, project};
use crate::audit::{Frontier, Hash, leaf_hash};

/// Tables that no event stands behind: the state of somebody's work. Their rows are not compared.
const WORK: [&str; 3] = ["mails", "mail_lines", "mail_runs"];

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// How many events were replayed, up to the first difference.
    pub events: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// The first thing that is not as it should be; `None`: everything is.
    pub difference: Option<Difference>,
}

/// The outcome of a part: `Err` carries the first difference, or why it could not be looked for.
type Part<T> = Result<T, Stop>;

enum Stop {
    Found(Difference),
    Failed(LedgerError),
}

impl From<Difference> for Stop {
    fn from(difference: Difference) -> Self {
        Self::Found(difference)
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Ledger {
    /// Replays the log, and compares what comes out with what is there. `progress` hears of every event replayed.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read. A difference is an answer, not an error.
    pub fn replay(&self, mut progress: impl FnMut(EventNumber)) -> Result<Replay, LedgerError> {
        self.snapshot(|tables| {
            let scratch = Ledger::scratch()?;
            let mut log = Frontier::new();
            let outcome = compare_schemas(tables.db, &scratch.db)
                .and_then(|()| replay_events(tables.db, &scratch.db, &mut log, &mut progress))
                .and_then(|()| compare_tables(tables.db, &scratch.db));
            let difference = match outcome {
                Ok(()) => None,
                Err(Stop::Found(difference)) => Some(difference),
                Err(Stop::Failed(error)) => return Err(error),
            };
            Ok(Replay { events: log.size(), root: log.root(), difference })
        })
    }

    /// What the engine itself finds wrong with the file: damaged pages, indexes that miss rows, rows that refer to none. Empty
    /// where all is well.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read at all.
    pub fn integrity(&self) -> Result<Vec<String>, LedgerError> {
        let mut found = Vec::new();
        self.db.pragma_query(None, "integrity_check", |row| {
            let line: String = row.get(0)?;
            if line != "ok" {
                found.push(line);
            }
            Ok(())
        })?;
        self.db.pragma_query(None, "foreign_key_check", |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            found.push(format!("a row of {table} refers to a row of {parent} that is missing"));
            Ok(())
        })?;
        Ok(found)
    }
}

fn compare_schemas(db: &Connection, scratch: &Connection) -> Part<()> {
    let schema = |db: &Connection| -> Result<Vec<(String, Option<String>)>, rusqlite::Error> {
        let mut statement = db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let (found, expected) = (schema(db)?, schema(scratch)?);
    // `sqlite_stat1` and its like come from ANALYZE and say nothing about licenses.
    let odd = found.iter().find(|entry| !entry.0.starts_with("sqlite_stat") && !expected.contains(entry));
    match odd.or_else(|| expected.iter().find(|entry| !found.contains(entry))) {
        Some((name, _)) => Err(Difference::Schema { name: name.clone() }.into()),
        None => Ok(()),
    }
}

fn replay_events(db: &Connection, scratch: &Connection, log: &mut Frontier, progress: &mut impl FnMut(EventNumber)) -> Part<()> {
    // The scratch ledger gets the projection alone; revisions may refer to events that are not in it.
    scratch.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    let writing = scratch.unchecked_transaction()?;
    let head = log::head(db)?;
    let mut statement =
        db.prepare("SELECT number, at, operator, kind, license, customer, leaf, body FROM events ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut known = project::Known::default();
    while let Some(row) = rows.next()? {
        let number = EventNumber::after(log.size());
        let place = number.get();
        let found: i64 = row.get(0)?;
        if found != number.column() {
            return Err(Difference::EventsMissing { first: place, last: found.unsigned_abs().saturating_sub(1) }.into());
        }
        let body = row.get_ref(7)?.as_bytes().map_err(rusqlite::Error::from)?;
        let leaf = leaf_hash(body);
        if row.get_ref(6)?.as_bytes_or_null().map_err(rusqlite::Error::from)? != Some(leaf.as_slice()) {
            return Err(Difference::EventChanged { number: place }.into());
        }
        log.append(leaf);
        let refused = |error: LedgerError| Difference::EventRefused { number: place, reason: error.to_string() };
        let body = std::str::from_utf8(body).map_err(|error| refused(LedgerError::Damaged(error.to_string())))?;
        let event = Event::read(body).map_err(refused)?;
        let change = project::prepare(scratch, &mut known, &event.by, &event.fact).map_err(refused)?;
        let columns = change.columns(number);
        let beside = [
            ("number", Value::from(event.number.column()), 0),
            ("at", Value::from(event.at.seconds()), 1),
            ("operator", Value::from(event.by.to_string()), 2),
            ("kind", Value::from(event.fact.kind().to_owned()), 3),
            ("license", Value::from(columns.license), 4),
            ("customer", Value::from(columns.customer), 5),
        ];
        for (column, expected, at) in beside {
            if row.get_ref(at)? != ValueRef::from(&expected) {
                return Err(Difference::EventColumn { number: place, column }.into());
            }
        }
        change.apply(scratch, &mut known, number, event.at).map_err(refused)?;
        progress(number);
    }
    writing.commit()?;
    match head.size() {
        size if size > log.size() => Err(Difference::EventsMissing { first: log.size() + 1, last: size }.into()),
        _ if head == *log => Ok(()),
        _ => Err(Difference::Head.into()),
    }
}

fn compare_tables(db: &Connection, scratch: &Connection) -> Part<()> {
    let mut names = scratch.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('events', 'log_head')
         ORDER BY rowid",
    )?;
    let mut names = names.query([])?;
    while let Some(row) = names.next()? {
        let name: String = row.get(0)?;
        if !WORK.contains(&name.as_str()) {
            compare_table(&name, db, scratch)?;
        }
    }
    Ok(())
}

/// Walks through a table in both ledgers side by side, in the order of its key.
fn compare_table(table: &str, db: &Connection, scratch: &Connection) -> Part<()> {
    // The schema puts the columns of the key first.
    let sql = "SELECT count(*) FROM pragma_table_info(?) WHERE pk > 0";
    let keys: u16 = scratch.prepare_cached(sql)?.query_row([table], |row| row.get(0))?;
    let keys = usize::from(keys);
    let order: Vec<String> = (1..=keys).map(|column| column.to_string()).collect();
    let sql = format!("SELECT * FROM {table} ORDER BY {}", order.join(", "));
    let (mut found, mut expected) = (db.prepare(&sql)?, scratch.prepare(&sql)?);
    let columns: Vec<String> = found.column_names().map(str::to_owned).collect();
    let (mut found, mut expected) = (found.query([])?, expected.query([])?);
    loop {
        let (is, should) = (found.next()?, expected.next()?);
        let order = match (is, should) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(is), Some(should)) => compare_keys(is, should, keys)?,
        };
        let (table, name) = (table.to_owned(), |row| name(row, &columns[..keys]));
        match (is, should) {
            (Some(row), _) if order.is_lt() => return Err(Difference::RowAdded { table, row: name(row)? }.into()),
            (_, Some(row)) if order.is_gt() => return Err(Difference::RowMissing { table, row: name(row)? }.into()),
            (Some(is), Some(should)) => {
                for (at, column) in columns.iter().enumerate().skip(keys) {
                    let (found, expected) = (is.get_ref(at)?, should.get_ref(at)?);
                    if found != expected {
                        let (column, found, expected) = (column.clone(), shown(found), shown(expected));
                        return Err(Difference::Row { table, row: name(should)?, column, found, expected }.into());
                    }
                }
            }
            _ => {}
        }
    }
}

fn compare_keys(is: &Row<'_>, should: &Row<'_>, keys: usize) -> Result<Ordering, rusqlite::Error> {
    for at in 0..keys {
        let order = match (is.get_ref(at)?, should.get_ref(at)?) {
            (ValueRef::Integer(is), ValueRef::Integer(should)) => is.cmp(&should),
            (ValueRef::Text(is), ValueRef::Text(should)) => is.cmp(should),
            // A key of another type: the file was changed past the engine, and the row with it.
            _ => Ordering::Less,
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

/// The key of a row: `license 3, rev 2`.
fn name(row: &Row<'_>, keys: &[String]) -> Result<String, rusqlite::Error> {
    let parts: Result<Vec<String>, rusqlite::Error> =
        keys.iter().enumerate().map(|(at, column)| Ok(format!("{column} {}", shown(row.get_ref(at)?)))).collect();
    Ok(parts?.join(", "))
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "empty".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, deed, issue, ledger, one_fact_of_each_kind, record, revise, slug};
    use crate::ledger::{LicenseFilter, Transaction};
    use crate::license::{Status, Timestamp};
    use proptest::prelude::*;

    fn busy_ledger() -> Ledger {
        let mut ledger = Ledger::in_memory().unwrap();
        record(&mut ledger, 0, &one_fact_of_each_kind());
        record(&mut ledger, 1, &[issue(2, "acme", |_| {}), revise(2, 2, "globex", |terms| terms.seats = None)]);
        ledger
    }

    fn replayed(ledger: &Ledger) -> Replay {
        ledger.replay(|_| {}).unwrap()
    }

    #[test]
    fn a_ledger_says_what_its_events_say() {
        let ledger = busy_ledger();
        let mut heard = Vec::new();
        let replay = ledger.replay(|number| heard.push(number.get())).unwrap();
        assert_eq!(replay.difference, None);
        assert_eq!((replay.events, replay.root), (ledger.head().unwrap().size(), ledger.head().unwrap().root()));
        assert_eq!(heard, (1..=replay.events).collect::<Vec<u64>>());
        assert_eq!(ledger.integrity().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn whatever_was_tampered_with_is_named() {
        const OPEN: &str = "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_removed;";
        let triggers: Vec<String> = {
            let ledger = busy_ledger();
            let mut statement = ledger.db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        for (sql, found) in [
            // Rows of the tables.
            (
                "UPDATE licenses SET seats = 500 WHERE status_index = 0",
                "licenses (status_index 0): seats is 500, and by the events 5",
            ),
            ("UPDATE licenses SET standing = 0", "licenses (status_index 0): standing is 0, and by the events 1"),
            (
                "UPDATE revisions SET ends = ends + 86400, stops = stops + 86400 WHERE rev = 2",
                "revisions (license 2, rev 2): ends is 1798848000, and by the events 1798761600",
            ),
            (
                "UPDATE customers SET name = 'Mallory' WHERE slug = 'globex'",
                "customers (id 7): name is \"Mallory\", and by the events \"Globex\"",
            ),
            (
                "DELETE FROM standings WHERE event = (SELECT min(event) FROM standings)",
                "standings (license 0, event 16) is missing",
            ),
            ("DELETE FROM requests", "requests (id \"r\") is missing"),
            (
                "INSERT INTO operators SELECT 99, 'mallory', name, mail, role, limits, 0 FROM operators WHERE id = 2",
                "operators (id 99) comes from no event",
            ),
            (
                "UPDATE authority SET issuer = 'https://evil.example'",
                "authority (one 1): issuer is \"https://evil.example\", and by the events \"https://vendor.example\"",
            ),
            // Events.
            (
                "UPDATE events SET body = replace(body, 'refund', 'mercy!') WHERE number = 18",
                "event 18 was changed after it was written",
            ),
            ("DELETE FROM events WHERE number = 16", "event 16 is missing"),
            ("DELETE FROM events WHERE number BETWEEN 16 AND 18", "events 16 to 18 are missing"),
            ("DELETE FROM events WHERE number > 18", "events 19 to 29 are missing"),
            ("UPDATE events SET customer = 7 WHERE number = 16", "the column customer of event 16 contradicts the event"),
            ("UPDATE events SET at = at + 1 WHERE number = 16", "the column at of event 16 contradicts the event"),
            ("UPDATE log_head SET frontier = x'0000000000000000'", "the head of the log does not belong to its events"),
            // The schema.
            ("DROP INDEX licenses_by_end", "licenses_by_end is not as this program makes it"),
            ("CREATE TABLE extra (x)", "extra is not as this program makes it"),
        ] {
            let ledger = busy_ledger();
            ledger.db.execute_batch(&format!("PRAGMA foreign_keys = OFF; {OPEN} {sql}; {}", triggers[..2].join(";"))).unwrap();
            let difference = replayed(&ledger).difference.map(|difference| difference.to_string());
            assert_eq!(difference.as_deref(), Some(found), "{sql}");
        }
        let ledger = busy_ledger();
        ledger.db.execute_batch(OPEN).unwrap();
        assert_eq!(replayed(&ledger).difference, Some(Difference::Schema { name: "events_are_never_changed".into() }));
    }

    #[test]
    fn an_event_forged_with_its_hash_is_found_by_the_tables_or_the_head() {
        let ledger = busy_ledger();
        let body: String = ledger.db.query_row("SELECT body FROM events WHERE number = 18", [], |row| row.get(0)).unwrap();
        let forged = body.replace("refund", "mercy!");
        ledger.db.execute_batch("DROP TRIGGER events_are_never_changed").unwrap();
        let sql = "UPDATE events SET body = ?, leaf = ? WHERE number = 18";
        ledger.db.execute(sql, (&forged, leaf_hash(forged.as_bytes()).as_slice())).unwrap();
        ledger
            .db
            .execute_batch(
                "CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;",
            )
            .unwrap();
        assert_eq!(replayed(&ledger).difference, Some(Difference::Head));
    }

    #[test]
    fn an_event_that_cannot_have_happened_is_refused_with_its_reason() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "acme", |_| {})]);
        let body: String = ledger.db.query_row("SELECT body FROM events WHERE number = 10", [], |row| row.get(0)).unwrap();
        let forged = body.replace("\"acme\"", "\"umbrella\"");
        ledger.db.execute_batch("DROP TRIGGER events_are_never_changed").unwrap();
        ledger
            .db
            .execute("UPDATE events SET body = ?, leaf = ? WHERE number = 10", (&forged, leaf_hash(forged.as_bytes()).as_slice()))
            .unwrap();
        let scratch = Ledger::scratch().unwrap();
        let found = replay_events(&ledger.db, &scratch.db, &mut Frontier::new(), &mut |_| {});
        let Err(Stop::Found(difference)) = found else { panic!("nothing found") };
        assert_eq!(difference.to_string(), "event 10 cannot be replayed: the ledger knows no customer umbrella");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_was_recorded_replays_to_the_same_tables(deeds in prop::collection::vec((deed(), 0i64..400, any::<bool>()), 1..60)) {
            let mut ledger = ledger();
            let mut recorded = 9;
            for (fact, days, keep) in &deeds {
                let by = slug("anna");
                let work = |transaction: &Transaction<'_>| transaction.record(day(*days), &by, fact);
                let done = if *keep { ledger.write(work) } else { ledger.rehearse(work) };
                match done {
                    Ok(_) => recorded += u64::from(*keep),
                    Err(LedgerError::AlreadyExists { .. } | LedgerError::NotFound { .. } | LedgerError::Unrecordable(_)) => {}
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
            }
            let replay = replayed(&ledger);
            prop_assert_eq!(&replay.difference, &None);
            prop_assert_eq!(replay.events, recorded);
            prop_assert_eq!(ledger.integrity().unwrap(), Vec::<String>::new());

            // Each license has exactly one status by the columns, and it is the one by the rules.
            for at in [0, 29, 30, 370, 400, 500, 900].map(day).into_iter().flat_map(|at: Timestamp| [at.plus_seconds(-1), at]) {
                let mut told = 0;
                for status in Status::ALL {
                    let filter = LicenseFilter { statuses: vec![status], ..LicenseFilter::new(at) };
                    for license in ledger.read().licenses(&filter).unwrap() {
                        prop_assert_eq!(license.status(at), status);
                        told += 1;
                    }
                }
                prop_assert_eq!(told, ledger.read().count_licenses(&LicenseFilter::new(at)).unwrap());
            }
        }
    }
}
