//! Where words occur, all of them in one pass over each table, and what becomes of it in SQL.

use std::collections::BTreeSet;

use super::{Search, Word, plain, push_plain};
use crate::ledger::select::Query;
use crate::ledger::{LedgerError, Tables};
use crate::license::{Contact, fingerprint};

/// How many licenses may be fetched one by one and sorted, before it is better to go along the order of the list: for one word,
/// which is then found often along it, and for several, which may hardly meet. In tests both ways are taken.
const FEW: u64 = if cfg!(test) { 3 } else { 10_000 };
const FEW_OF_SEVERAL: u64 = if cfg!(test) { 6 } else { 200_000 };

/// The rows in which a word occurs.
#[derive(Default)]
struct Rows {
    customers: Vec<i64>,
    tiers: Vec<i64>,
    /// Of licenses: with such a note, or such a machine.
    licenses: Vec<i64>,
}

/// The conditions under which every word is found.
pub(in crate::ledger) fn condition(search: &Search, query: &mut Query, tables: Tables<'_>) -> Result<String, LedgerError> {
    let mut rows: Vec<Rows> = search.words.iter().map(|_| Rows::default()).collect();
    let customers = scan_customers(search, &mut rows, tables)?;
    scan_notes(search, &mut rows, tables)?;
    scan_machines(search, &mut rows, tables)?;
    for (word, rows) in search.words.iter().zip(&mut rows) {
        (rows.tiers, _) = tables.tier_ids(|product, slug| product.contains(&word.plain) || slug.contains(&word.plain))?;
    }
    let licenses = tables.next_status_index()?;
    let size = Size { licenses, each: licenses / customers.max(1) + 1 };

    let few = if search.words.len() == 1 { FEW } else { FEW_OF_SEVERAL };
    let lead = match lead(search, &rows, &size) {
        // Many customers may have few licenses, and then no walk along the list would end.
        Some((count, choice)) if count > few => Some((choice.count_exactly(tables)?, choice)),
        lead => lead,
    };
    let lead = lead.filter(|(count, _)| *count <= few);
    let mut all = Vec::new();
    let alone = search.words.len() == 1 && lead.is_some();
    if let Some((_, lead)) = lead {
        all.push(lead.condition("", query));
    }
    if !alone {
        // The plus keeps an index from being used that would not narrow the search.
        let each = search.words.iter().zip(rows).map(|(word, rows)| Choice { rows, ids: word.ids.into_iter().collect() });
        all.extend(each.map(|choice| choice.condition("+", query)));
    }
    Ok(all.join(" AND "))
}

/// How large the ledger is.
struct Size {
    licenses: u64,
    /// Of one customer, as a rule.
    each: u64,
}

/// Licenses of customers, of tiers, single ones, and those with ids in ranges.
struct Choice {
    rows: Rows,
    ids: Vec<(i64, i64)>,
}

impl Choice {
    fn condition(&self, plus: &str, query: &mut Query) -> String {
        let mut any = Vec::new();
        for (column, numbers) in
            [("customer", &self.rows.customers), ("tier", &self.rows.tiers), ("status_index", &self.rows.licenses)]
        {
            if !numbers.is_empty() {
                let numbers = query.bind_list(numbers);
                any.push(format!("l.{column} IN (SELECT value FROM json_each({numbers}))"));
            }
        }
        for (first, last) in &self.ids {
            let (first, last) = (query.bind(*first), query.bind(*last));
            any.push(format!("l.number BETWEEN {first} AND {last}"));
        }
        if any.is_empty() { "FALSE".to_owned() } else { format!("{plus}({})", any.join(" OR ")) }
    }

    /// How many licenses these are; some may count twice.
    fn count_exactly(&self, tables: Tables<'_>) -> Result<u64, LedgerError> {
        let sql = "SELECT count(*) FROM licenses WHERE customer IN (SELECT value FROM json_each(?))";
        let customers = format!("{:?}", self.rows.customers);
        let of_customers: i64 = tables.db.prepare_cached(sql)?.query_row([customers], |row| row.get(0))?;
        let mut count = of_customers.unsigned_abs() + self.rows.licenses.len() as u64;
        let mut of_ids = tables.db.prepare_cached("SELECT count(*) FROM licenses WHERE number BETWEEN ? AND ?")?;
        for range in &self.ids {
            let found: i64 = of_ids.query_row(*range, |row| row.get(0))?;
            count += found.unsigned_abs();
        }
        Ok(count)
    }

    /// About how many licenses these are.
    fn count(&self, size: &Size) -> u64 {
        let span = |(first, last): &(i64, i64)| {
            1 + (last.abs_diff(*first) / (1 << 10)).saturating_mul(size.licenses) / (1 << 25) // of 2^35 numbers
        };
        self.rows.customers.len() as u64 * size.each + self.rows.licenses.len() as u64 + self.ids.iter().map(span).sum::<u64>()
    }
}

/// The fewest licenses among which all that is looked for must be, and how many they are. A word that a tier is called by leads
/// nowhere.
fn lead(search: &Search, rows: &[Rows], size: &Size) -> Option<(u64, Choice)> {
    let of_tiers = |rows: &Rows| !rows.tiers.is_empty();
    let words: Vec<(&Word, &Rows)> = search.words.iter().zip(rows).filter(|(_, rows)| !of_tiers(rows)).collect();
    let choice =
        |customers: Vec<i64>, licenses: Vec<i64>, ids| Choice { rows: Rows { customers, licenses, ..Rows::default() }, ids };
    let mut choices: Vec<Choice> = words
        .iter()
        .map(|(word, rows)| choice(rows.customers.clone(), rows.licenses.clone(), word.ids.into_iter().collect()))
        .collect();
    if let Some(((_, first), rest)) = words.split_first().filter(|(_, rest)| !rest.is_empty()) {
        // Where no word is found in a note, a machine or the id, all are found in the customer.
        let sets: Vec<BTreeSet<i64>> = rest.iter().map(|(_, rows)| rows.customers.iter().copied().collect()).collect();
        let in_all = first.customers.iter().copied().filter(|id| sets.iter().all(|set| set.contains(id))).collect();
        let licenses: BTreeSet<i64> = words.iter().flat_map(|(_, rows)| rows.licenses.iter().copied()).collect();
        choices.push(choice(in_all, licenses.into_iter().collect(), words.iter().filter_map(|(word, _)| word.ids).collect()));
    }
    choices.into_iter().map(|choice| (choice.count(size), choice)).min_by_key(|(count, _)| *count)
}

/// Looks through the customers; gives how many there are.
fn scan_customers(search: &Search, rows: &mut [Rows], tables: Tables<'_>) -> Result<u64, LedgerError> {
    let mut statement = tables.db.prepare_cached("SELECT id, slug, name, reference, notes, contacts FROM customers")?;
    let mut found = statement.query([])?;
    let (mut count, mut text) = (0, String::new());
    while let Some(row) = found.next()? {
        count += 1;
        text.clear();
        for column in 1..5 {
            if let Some(part) = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)? {
                push_plain(part, &mut text);
            }
            text.push('\n');
        }
        let contacts = row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?;
        let begin = text.len();
        push_plain(contacts, &mut text);
        let mut people: Option<String> = None;
        for (word, rows) in search.words.iter().zip(&mut *rows) {
            let hit = text[..begin].contains(&word.plain)
                || (may_occur(&word.plain, &text[begin..]) && {
                    // The JSON has words of its own. It is read only where it may matter.
                    if people.is_none() {
                        people = Some(plain_contacts(contacts)?);
                    }
                    people.as_ref().is_some_and(|people| people.contains(&word.plain))
                });
            if hit {
                rows.customers.push(row.get(0)?);
            }
        }
    }
    Ok(count)
}

/// Whether a word may occur in what a JSON text says. Quotes and such are written otherwise there.
fn may_occur(word: &str, json: &str) -> bool {
    json.contains(word) || word.contains(|sign: char| sign == '"' || sign == '\\' || sign.is_control())
}

fn plain_contacts(json: &str) -> Result<String, LedgerError> {
    let contacts: Vec<Contact> = serde_json::from_str(json).map_err(|error| LedgerError::odd("contacts", error))?;
    Ok(contacts.iter().map(|contact| plain(&contact.to_string())).collect::<Vec<_>>().join("\n"))
}

/// Looks through the notes, which an index holds.
fn scan_notes(search: &Search, rows: &mut [Rows], tables: Tables<'_>) -> Result<(), LedgerError> {
    let mut statement = tables.db.prepare_cached("SELECT status_index, note FROM licenses WHERE note IS NOT NULL")?;
    let mut found = statement.query([])?;
    let mut text = String::new();
    while let Some(row) = found.next()? {
        text.clear();
        push_plain(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?, &mut text);
        for (word, rows) in search.words.iter().zip(&mut *rows) {
            if text.contains(&word.plain) {
                rows.licenses.push(row.get(0)?);
            }
        }
    }
    Ok(())
}

/// Looks through the machines that hold seats: their labels and their names.
fn scan_machines(search: &Search, rows: &mut [Rows], tables: Tables<'_>) -> Result<(), LedgerError> {
    // In the order of the table, for which the plus is: by the index of machines each row would be looked up by itself.
    let sql = "SELECT license, label, machine FROM activations WHERE +ended_at IS NULL";
    let mut statement = tables.db.prepare_cached(sql)?;
    let mut found = statement.query([])?;
    let mut text = String::new();
    while let Some(row) = found.next()? {
        let label = row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default();
        let machine = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        text.clear();
        push_plain(label, &mut text);
        for (word, rows) in search.words.iter().zip(&mut *rows) {
            if text.contains(&word.plain) || is_machine(word, machine) {
                rows.licenses.push(row.get(0)?);
            }
        }
    }
    Ok(())
}

/// Whether a word is a part of a machine's name: of one that `lic fingerprint` made, enough of it; of any other, any part.
pub(super) fn is_machine(word: &Word, machine: &str) -> bool {
    match machine.strip_prefix(fingerprint::PREFIX) {
        None => plain(machine).contains(&word.plain),
        Some(rest) => word.symbols.as_ref().is_some_and(|symbols| rest.replace('-', "").contains(symbols)),
    }
}
