//! The names of rows, so that a file that comes again is known again.
//!
//! A row with a `request` cell has that name, as `--request-id` would give it to the same order alone. Every other row is named
//! after what it asks for: 128 bits of the SHA-256 of the order with the customer's short name and the tier's full name, spelled
//! with everything that is absent left out; and, where several rows of a file ask for just the same, how many came before it.
//! The name of the file, the order of its rows and columns, its spelling, and the day are no part of it. So the same file under
//! another name, sorted, or with rows added gives nothing twice; a row that was corrected is another order, and a new one.
//!
//! With a name for the whole file (`--request-id`), that stands before the names of its rows: the same orders once more.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::authority::Error;
use crate::authority::issue::Batch;
use crate::authority::order::{End, Order, Quantity};
use crate::authority::renew::{self, CountFrom, Renewal};
use crate::ledger::Request;
use crate::license::{Date, LicenseId, LicenseType, MachineId, Slug};

/// How a derived name was made. Another way of making them gets another word.
const DERIVED: &str = "row-1";
/// The longest name of a file.
const LONGEST: usize = 64;

/// The parts of an order that a name is made of.
#[derive(Serialize)]
struct Issue<'a> {
    issue: &'a Slug,
    tier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<End>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    kind: LicenseType,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    internal: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    features: &'a BTreeSet<Slug>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    without_features: &'a BTreeSet<Slug>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    limits: &'a BTreeMap<Slug, Option<u64>>,
    #[serde(skip_serializing_if = "<[MachineId]>::is_empty")]
    machines: &'a [MachineId],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_machines: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// The parts of a renewal that a name is made of.
#[derive(Serialize)]
struct Renew<'a> {
    renew: LicenseId,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<End>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<End>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<CountFrom>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reprice: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// Gives the rows of a file their names, and finds rows that ask for the same.
pub struct Names {
    /// The name of the file.
    file: Option<String>,
    /// How often a derived name came, or the line on which a given one stood, by the first eight bytes of its hash.
    seen: HashMap<u64, u32>,
    /// The hashes that came more than once.
    repeated: HashSet<u64>,
    /// Whether the rows were named before, so that `repeated` is complete, and no other hash has to be kept.
    known: bool,
    spelled: Vec<u8>,
}

/// What is kept of the names of a whole file: the hashes that came more than once.
#[derive(Debug, Clone, Default)]
pub struct Repeated(HashSet<u64>);

impl Names {
    /// For a file of at most so many rows.
    ///
    /// # Errors
    /// A name of the file that is empty, too long, or has blanks or a `#`.
    pub fn new(file: Option<&str>, rows: usize) -> Result<Self, Error> {
        let fits = |name: &str| (1..=LONGEST).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
        if file.is_some_and(|name| !fits(name)) {
            let why = format!("the name of a file has 1 to {LONGEST} printable ASCII characters, no blanks and no '#'");
            return Err(Error::Invalid(why));
        }
        let (seen, repeated) = (HashMap::with_capacity(rows), HashSet::new());
        Ok(Self { file: file.map(str::to_owned), seen, repeated, known: false, spelled: Vec::new() })
    }

    /// For the same rows once more, in the same order.
    ///
    /// # Errors
    /// As [`Names::new`].
    pub fn again(file: Option<&str>, repeated: &Repeated) -> Result<Self, Error> {
        Ok(Self { repeated: repeated.0.clone(), known: true, ..Self::new(file, 0)? })
    }

    /// What to keep of the names, now that all rows have theirs.
    #[must_use]
    pub fn repeated(self) -> Repeated {
        Repeated(self.repeated)
    }

    /// The name of a row that orders.
    ///
    /// # Errors
    /// A given name that cannot be one, or stands on an earlier line.
    pub fn order(&mut self, order: &Order, given: Option<&str>, line: u64) -> Result<Request, Error> {
        if let Some(given) = given {
            let given = self.given(given, line)?;
            let batch = Batch { count: 1, request: Some(given) };
            return batch.named(order)?.map(|named| named.at(0)).ok_or_else(unnamed);
        }
        let Order { customer, tier, seats, end, from, kind, internal, features, without_features, .. } = order;
        let Order { limits, machines, max_machines, grace_days, meta, note, product: _, .. } = order;
        self.derived(&Issue {
            issue: customer,
            tier,
            seats: *seats,
            end: *end,
            from: *from,
            kind: *kind,
            internal: *internal,
            features,
            without_features,
            limits,
            machines,
            max_machines: *max_machines,
            grace_days: *grace_days,
            meta: meta.as_ref(),
            note: note.as_deref(),
        })
    }

    /// The name of a row that renews; `until` is the last day that it names.
    ///
    /// # Errors
    /// As [`Names::order`].
    pub fn renewal(
        &mut self,
        license: LicenseId,
        renewal: &Renewal,
        until: Option<End>,
        given: Option<&str>,
        line: u64,
    ) -> Result<Request, Error> {
        if let Some(given) = given {
            let given = self.given(given, line)?;
            return renew::named(renewal, Some(&given))?.map(|named| named.at(0)).ok_or_else(unnamed);
        }
        let Renewal { end, from, reprice, seats, note, .. } = renewal;
        self.derived(&Renew {
            renew: license,
            end: *end,
            until,
            from: *from,
            reprice: *reprice,
            seats: *seats,
            note: note.as_deref(),
        })
    }

    /// Refuses a license that an earlier row has renewed.
    ///
    /// # Errors
    /// [`Error::Invalid`], with the line of that row.
    pub fn renewed_once(&mut self, license: LicenseId, line: u64) -> Result<(), Error> {
        match self.note_line(&digest(&license.number().to_be_bytes()), line) {
            None => Ok(()),
            Some(before) => Err(Error::Invalid(format!("the same license as in line {before}"))),
        }
    }

    fn given(&mut self, given: &str, line: u64) -> Result<String, Error> {
        match self.note_line(&digest(given.as_bytes()), line) {
            None => Ok(self.of_file(given)),
            Some(before) => Err(Error::Invalid(format!("the same request as in line {before}"))),
        }
    }

    fn of_file(&self, name: &str) -> String {
        match &self.file {
            Some(file) => format!("{file}/{name}"),
            None => name.to_owned(),
        }
    }

    /// Notes a line down; the line before it with the same hash, if there was one.
    fn note_line(&mut self, hash: &[u8; 32], line: u64) -> Option<u32> {
        let (hash, line) = (short(hash), u32::try_from(line).unwrap_or(u32::MAX));
        if self.comes_once(hash) {
            return None;
        }
        match self.seen.entry(hash) {
            std::collections::hash_map::Entry::Occupied(known) => {
                self.repeated.insert(hash);
                Some(*known.get())
            }
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(line);
                None
            }
        }
    }

    /// Whether it is known that no other row has this hash.
    fn comes_once(&self, hash: u64) -> bool {
        self.known && !self.repeated.contains(&hash)
    }

    /// The how manieth derived name with this hash it is.
    fn count(&mut self, hash: u64) -> u32 {
        if self.comes_once(hash) {
            return 1;
        }
        let count = self.seen.entry(hash).or_insert(0);
        *count += 1;
        if *count == 2 {
            self.repeated.insert(hash);
        }
        *count
    }

    fn derived(&mut self, wish: &impl Serialize) -> Result<Request, Error> {
        self.spelled.clear();
        serde_json::to_writer(&mut self.spelled, wish).map_err(|why| Error::Invalid(why.to_string()))?;
        let hash = digest(&self.spelled);
        let count = self.count(short(&hash));
        let name = format!("row-{}", Base64UrlUnpadded::encode_string(hash.first_chunk::<16>().map_or(&[], |half| half)));
        let mut id = self.of_file(&name);
        if count > 1 {
            id.push_str(&format!("#{count}"));
        }
        Ok(Request { id, digest: DERIVED.to_owned() })
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn short(hash: &[u8; 32]) -> u64 {
    u64::from_be_bytes(hash.first_chunk::<8>().copied().unwrap_or_default())
}

fn unnamed() -> Error {
    Error::Invalid("a row without a name".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(change: impl FnOnce(&mut Order)) -> Order {
        let mut order = Order::new("acme".parse().unwrap(), "cockpit/pro");
        change(&mut order);
        order
    }

    fn names(file: Option<&str>) -> Names {
        Names::new(file, 10).unwrap()
    }

    #[test]
    fn a_derived_name_is_that_of_the_order_and_stays_the_same_for_ever() {
        let first = names(None).order(&order(|_| {}), None, 2).unwrap();
        // Another name here would issue files a second time that were issued by the program before.
        assert_eq!((first.id.as_str(), first.digest.as_str()), ("row-2htUiURQew2amrVF5xUwQA", "row-1"));
        let mut all = names(None);
        let mut seen = std::collections::BTreeSet::new();
        let changes: [&dyn Fn(&mut Order); 12] = [
            &|_| {},
            &|order| order.customer = "globex".parse().unwrap(),
            &|order| order.tier = "cockpit/basic".into(),
            &|order| order.seats = Some(Quantity::Count(1)),
            &|order| order.seats = Some(Quantity::Unlimited),
            &|order| order.end = Some(End::Perpetual),
            &|order| order.from = Some("2027-01-01".parse().unwrap()),
            &|order| order.kind = LicenseType::Trial,
            &|order| order.internal = true,
            &|order| order.grace_days = Some(0),
            &|order| order.note = Some("PO 1".into()),
            &|order| order.meta = Some(serde_json::json!({"a": 1})),
        ];
        for (line, change) in (2..).zip(changes) {
            assert!(seen.insert(all.order(&order(change), None, line).unwrap().id));
        }
        // The product stands in the tier's full name already.
        let product = order(|order| order.product = "cockpit".parse().ok());
        assert_eq!(names(None).order(&product, None, 2).unwrap(), first);
    }

    #[test]
    fn rows_that_ask_for_the_same_are_counted() {
        let mut names = names(Some("december"));
        let ids: Vec<String> = (2..5).map(|line| names.order(&order(|_| {}), None, line).unwrap().id).collect();
        assert!(ids[0].starts_with("december/row-") && !ids[0].contains('#'), "{ids:?}");
        assert_eq!(ids[1..], [format!("{}#2", ids[0]), format!("{}#3", ids[0])]);
    }

    #[test]
    fn a_given_name_is_the_request_id_and_stands_in_a_file_once() {
        let mut names = names(None);
        let wish = order(|_| {});
        let given = names.order(&wish, Some("PO-1"), 2).unwrap();
        let alone = Batch { count: 1, request: Some("PO-1".into()) };
        assert_eq!(given, alone.named(&wish).unwrap().unwrap().at(0));
        assert_eq!(names.order(&wish, Some("PO-1"), 7).unwrap_err().to_string(), "the same request as in line 2");
        assert!(names.order(&wish, Some("PO 1"), 8).is_err());
        assert!(Names::new(Some("a b"), 1).is_err() && Names::new(Some(""), 1).is_err());
        let license = LicenseId::from_random(1);
        assert!(names.renewed_once(license, 3).is_ok());
        assert_eq!(names.renewed_once(license, 9).unwrap_err().to_string(), "the same license as in line 3");
    }

    #[test]
    fn rows_that_are_named_once_more_get_the_same_names() {
        // What each row orders, and the name that it has; some come twice and some three times.
        let rows: Vec<(u32, Option<&str>)> =
            [(1, None), (2, None), (1, None), (3, Some("a")), (4, None), (1, None), (2, None), (3, Some("b"))].into();
        let name = |names: &mut Names| -> Vec<String> {
            let named = (2..).zip(&rows).map(|(line, (seats, given))| {
                let order = order(|order| order.seats = Some(Quantity::Count(*seats)));
                names.order(&order, *given, line).unwrap().id
            });
            named.collect()
        };
        let mut first = names(Some("december"));
        let named = name(&mut first);
        let repeated = first.repeated();
        assert_eq!(repeated.0.len(), 2);
        let mut again = Names::again(Some("december"), &repeated).unwrap();
        assert_eq!(name(&mut again), named);
        assert_eq!(again.seen.len(), 2, "no more is kept than what comes again");
        // A name that was given twice is refused the second time, then as before.
        let mut doubled = names(None);
        let refused = |names: &mut Names| names.order(&order(|_| {}), Some("x"), 9).unwrap_err().to_string();
        doubled.order(&order(|_| {}), Some("x"), 2).unwrap();
        let told = refused(&mut doubled);
        let mut again = Names::again(None, &doubled.repeated()).unwrap();
        again.order(&order(|_| {}), Some("x"), 2).unwrap();
        assert_eq!(refused(&mut again), told);
    }
}
