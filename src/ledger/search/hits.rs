//! Why a license was found: which word stands where. And finding along the order of a list.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use super::scan::is_machine;
use super::{Search, Word, plain};
use crate::ledger::{LedgerError, LicenseFilter, LicenseRecord, LicenseSort, Tables};
use crate::license::{Customer, LicenseId, Slug};

/// How far along a list to look for a page of what is common.
const ALONG: u32 = 2_000;

/// Where a word was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The id of the license.
    Id,
    /// The customer's short name or name.
    Customer,
    /// The account's number in another system.
    Reference,
    /// A contact's name or address.
    Contact,
    /// The label or the ID of a machine that holds a seat.
    Machine,
    /// The note of the license.
    Note,
    /// The notes about the customer.
    CustomerNotes,
    /// The product or the tier.
    Tier,
}

impl Place {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Customer => "customer",
            Self::Reference => "reference",
            Self::Contact => "contact",
            Self::Machine => "machine",
            Self::Note => "note",
            Self::CustomerNotes => "customer notes",
            Self::Tier => "tier",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// One word, where it was found, and the text there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The word, as it was typed.
    pub word: String,
    /// Where.
    pub place: Place,
    /// The whole text there.
    pub text: String,
}

/// Tells why licenses were found. Each customer is read once.
pub struct Hits<'c> {
    tables: Tables<'c>,
    search: &'c Search,
    customers: HashMap<Slug, Option<Rc<Customer>>>,
}

type Machine = (Option<String>, String);

impl<'c> Hits<'c> {
    /// Of one search.
    #[must_use]
    pub fn new(tables: Tables<'c>, search: &'c Search) -> Self {
        Self { tables, search, customers: HashMap::new() }
    }

    /// Where each word stands, for the words in their order; `None` where one of them stands nowhere.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn of(&mut self, license: &LicenseRecord) -> Result<Option<Vec<Hit>>, LedgerError> {
        let search = self.search;
        let mut machines = None;
        let mut hits = Vec::with_capacity(search.words.len());
        for word in &search.words {
            match self.hit(word, license, &mut machines)? {
                Some((place, text)) => hits.push(Hit { word: word.typed.clone(), place, text }),
                None => return Ok(None),
            }
        }
        Ok(Some(hits))
    }

    fn hit(
        &mut self,
        word: &Word,
        license: &LicenseRecord,
        machines: &mut Option<Vec<Machine>>,
    ) -> Result<Option<(Place, String)>, LedgerError> {
        let has = |text: &str| plain(text).contains(&word.plain);
        if word.names(license.id) {
            return Ok(Some((Place::Id, license.id.to_string())));
        }
        let customer = self.customer(&license.customer)?;
        if let Some(customer) = &customer {
            if has(&customer.name) || has(customer.slug.as_str()) {
                return Ok(Some((Place::Customer, format!("{} ({})", customer.name, customer.slug))));
            }
            if let Some(reference) = customer.reference.as_ref().filter(|text| has(text)) {
                return Ok(Some((Place::Reference, reference.clone())));
            }
            if let Some(contact) = customer.contacts.iter().map(ToString::to_string).find(|text| has(text)) {
                return Ok(Some((Place::Contact, contact)));
            }
        }
        if let Some(note) = license.note.as_ref().filter(|text| has(text)) {
            return Ok(Some((Place::Note, note.clone())));
        }
        let machines = match machines {
            Some(machines) => machines,
            none => none.insert(self.machines(license.id)?),
        };
        for (label, machine) in machines {
            if let Some(label) = label.as_ref().filter(|text| has(text)) {
                return Ok(Some((Place::Machine, label.clone())));
            }
            if is_machine(word, machine) {
                return Ok(Some((Place::Machine, machine.clone())));
            }
        }
        if let Some(notes) = customer.as_ref().and_then(|customer| customer.notes.as_ref()).filter(|text| has(text)) {
            return Ok(Some((Place::CustomerNotes, notes.clone())));
        }
        let in_tier = license.product.as_str().contains(&word.plain) || license.tier.as_str().contains(&word.plain);
        Ok(in_tier.then(|| (Place::Tier, format!("{}/{}", license.product, license.tier))))
    }

    fn customer(&mut self, slug: &Slug) -> Result<Option<Rc<Customer>>, LedgerError> {
        if let Some(known) = self.customers.get(slug) {
            return Ok(known.clone());
        }
        let customer = self.tables.customer(slug)?.map(Rc::new);
        self.customers.insert(slug.clone(), customer.clone());
        Ok(customer)
    }

    fn machines(&self, license: LicenseId) -> Result<Vec<Machine>, LedgerError> {
        let mut statement = self.tables.db.prepare_cached(
            "SELECT a.label, a.machine FROM licenses l CROSS JOIN activations a ON a.license = l.status_index
             WHERE l.number = ? AND a.ended_at IS NULL",
        )?;
        let machines = statement.query_map([license.number()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(machines.collect::<Result<_, _>>()?)
    }
}

impl Tables<'_> {
    /// A page of a search, where the first licenses of the list fill it or are all there are; `None` where they do not.
    pub(in crate::ledger) fn found_along(&self, filter: &LicenseFilter) -> Result<Option<Vec<LicenseRecord>>, LedgerError> {
        let (Some(search), Some(limit)) = (&filter.text, filter.limit) else { return Ok(None) };
        let is_read_in_order = !matches!(filter.sort, LicenseSort::Start | LicenseSort::Status | LicenseSort::Seats);
        if !is_read_in_order || filter.as_of.is_some() || filter.issued_by.is_some() || filter.statuses.len() > 1 {
            return Ok(None);
        }
        let wanted = limit.saturating_add(filter.offset) as usize;
        let (mut hits, mut found, mut seen) = (Hits::new(*self, search), Vec::new(), 0);
        let along = LicenseFilter { text: None, limit: Some(ALONG), offset: 0, ..filter.clone() };
        let full = self.each_license(&along, |license| {
            seen += 1;
            if hits.of(&license)?.is_some() {
                found.push(license);
            }
            if found.len() < wanted { Ok(()) } else { Err(Stop::Full) }
        });
        match full {
            Err(Stop::Failed(error)) => return Err(error),
            Ok(()) if seen == ALONG => return Ok(None),
            Ok(()) | Err(Stop::Full) => {}
        }
        Ok(Some(found.split_off(found.len().min(filter.offset as usize))))
    }
}

/// Why a list is read no further.
enum Stop {
    Full,
    Failed(LedgerError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{customer, day, deed, id, issue, ledger, noted, record, slug};
    use crate::ledger::{Fact, Ledger};
    use proptest::prelude::*;

    /// The licenses found by the conditions in SQL, and where the words stand in each.
    fn found(ledger: &Ledger, text: &str) -> Vec<(LicenseId, Vec<String>)> {
        let search = text.parse().unwrap();
        let mut hits = Hits::new(ledger.read(), &search);
        let filter = LicenseFilter { text: Some(search.clone()), ..LicenseFilter::new(day(2)) };
        let licenses = ledger.read().licenses(&filter).unwrap().into_iter();
        let said = |hit: Hit| format!("{} {}", hit.place, hit.text);
        licenses.map(|license| (license.id, hits.of(&license).unwrap().unwrap().into_iter().map(said).collect())).collect()
    }

    const MACHINE: &str = "MID-10ZVN-BNJ3P-0Q8RT-4X7WM-K2H5D-9CEFA";

    fn activated(number: u64, machine: &str, label: Option<&str>) -> Fact {
        // As a ledger holds it that a later version wrote: this one would make sure of its check symbols.
        let machine = serde_json::from_value(machine.into()).unwrap();
        Fact::MachineActivated {
            license: id(number),
            machine,
            replaces: None,
            label: label.map(Into::into),
            nonce: None,
            key: None,
        }
    }

    fn filled() -> Ledger {
        let mut ledger = ledger();
        let quoted = crate::license::Contact { name: Some("Jim \"Quote\" O\\Hara".into()), mail: "jim@name.example".into() };
        let initech = Customer { contacts: vec![quoted], notes: Some("likes mail, met in Köln".into()), ..customer("Initech") };
        record(
            &mut ledger,
            1,
            &[
                Fact::CustomerAdded(initech),
                issue(1, "acme", |_| {}),
                noted(issue(2, "globex", |_| {}), "Bestellung 4711 für Köln"),
                issue(3, "initech", |terms| terms.tier = slug("basic")),
                activated(1, MACHINE, Some("Büro Köln")),
                activated(2, "host-7f3a9c", None),
            ],
        );
        ledger
    }

    #[test]
    fn what_was_found_is_told() {
        let ledger = filled();
        let start = id(2).to_string()[..8].replace('0', "o").to_lowercase();
        for (text, expected) in [
            ("globex", vec![(2, vec!["customer Globex (globex)"])]),
            ("crm-7 angstrom", vec![(2, vec!["reference CRM-7", "contact Jörg Ångström <jorg@globex.example>"])]),
            ("JORG@globex.example", vec![(2, vec!["contact Jörg Ångström <jorg@globex.example>"])]),
            ("4711", vec![(2, vec!["note Bestellung 4711 für Köln"])]),
            (
                "koln",
                vec![
                    (1, vec!["machine Büro Köln"]),
                    (2, vec!["note Bestellung 4711 für Köln"]),
                    (3, vec!["customer notes likes mail, met in Köln"]),
                ],
            ),
            ("mail", vec![(3, vec!["customer notes likes mail, met in Köln"])]),
            ("\"quote\"", vec![(3, vec!["contact Jim \"Quote\" O\\Hara <jim@name.example>"])]),
            ("o\\hara", vec![(3, vec!["contact Jim \"Quote\" O\\Hara <jim@name.example>"])]),
            ("basic", vec![(3, vec!["tier cockpit/basic"])]),
            (MACHINE, vec![(1, vec![&format!("machine {MACHINE}")])]),
            ("mid-1ozvn-bnj3p", vec![(1, vec![&format!("machine {MACHINE}")])]),
            ("bnj3p", vec![(1, vec![&format!("machine {MACHINE}")])]),
            ("7F3A", vec![(2, vec!["machine host-7f3a9c"])]),
            (&start, vec![(2, vec![&format!("id {}", id(2))])]),
            ("name", vec![(3, vec!["contact Jim \"Quote\" O\\Hara <jim@name.example>"])]),
            ("%", vec![]),
            ("_", vec![]),
            ("*", vec![]),
            ("'; drop table licenses; --", vec![]),
            ("\0", vec![]),
            ("globex initech", vec![]),
        ] {
            let expected: Vec<(LicenseId, Vec<String>)> =
                expected.into_iter().map(|(number, said)| (id(number), said.into_iter().map(str::to_owned).collect())).collect();
            let mut found = found(&ledger, text);
            found.sort_by_key(|(found, _)| (1..4).position(|number| id(number) == *found));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_machine_that_gave_its_seat_back_is_not_found() {
        let mut ledger = filled();
        let machine = "host-7f3a9c".parse().unwrap();
        record(&mut ledger, 2, &[Fact::MachineDeactivated { license: id(2), machine, reason: None, receipt: None }]);
        assert_eq!(found(&ledger, "7f3a"), []);
    }

    proptest! {
        #[test]
        fn along_the_list_in_sql_and_license_by_license_the_same_is_found(
            deeds in prop::collection::vec(deed(), 1..60),
            words in prop::collection::vec(
                prop::sample::select(vec!["acme", "globex", "i", "CRM-9", "crm-7", "noted", "host", "a", "serv", "pro", "1", "47", "jorg", "mail"]),
                1..4,
            ),
            (limit, offset, reverse) in (1u32..5, 0u32..3, any::<bool>()),
        ) {
            let mut ledger = ledger();
            for (second, fact) in deeds.iter().enumerate() {
                let _ = ledger.write(|transaction| transaction.record(day(1).plus_seconds(second as i64), &slug("anna"), fact));
            }
            let search: Search = words.join(" ").parse().unwrap();
            let mut hits = Hits::new(ledger.read(), &search);
            let every = LicenseFilter { reverse, ..LicenseFilter::new(day(2)) };
            let mut one_by_one = ledger.read().licenses(&every).unwrap();
            one_by_one.retain(|license| hits.of(license).unwrap().is_some());
            let all = LicenseFilter { text: Some(search.clone()), ..every };
            prop_assert_eq!(&ledger.read().licenses(&all).unwrap(), &one_by_one);
            prop_assert_eq!(ledger.read().count_licenses(&all).unwrap(), one_by_one.len() as u64);
            let page = LicenseFilter { limit: Some(limit), offset, ..all };
            let expected: Vec<_> = one_by_one.into_iter().skip(offset as usize).take(limit as usize).collect();
            prop_assert_eq!(ledger.read().found_along(&page).unwrap(), Some(expected.clone()));
            let mut in_sql = Vec::new();
            let read = ledger.read().each_license(&page, |license| {
                in_sql.push(license);
                Ok::<_, LedgerError>(())
            });
            read.unwrap();
            prop_assert_eq!(in_sql, expected);
        }
    }
}
