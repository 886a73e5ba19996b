//! Reads of the customers.

use rusqlite::Row;

use super::search::{plain, plain_words};
use super::{LedgerError, Tables, column};
use crate::license::{Contact, Customer, CustomerKind, Slug};

const BY_SLUG: &str = "SELECT slug, name, kind, contacts, owner, reference, notes, archived FROM customers WHERE slug = ?";
const BY_REFERENCE: &str =
    "SELECT slug, name, kind, contacts, owner, reference, notes, archived FROM customers WHERE reference = ?";
const ALL: &str = "SELECT slug, name, kind, contacts, owner, reference, notes, archived FROM customers
    WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR archived = ?2) AND (?3 IS NULL OR owner = ?3) ORDER BY slug";

/// Which customers to list; empty: all of them, also those set aside.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Those of one kind.
    pub kind: Option<CustomerKind>,
    /// Those that are archived, or those that are not.
    pub archived: Option<bool>,
    /// Those of one account owner.
    pub owner: Option<String>,
    /// Those in whose short name, name, contacts, reference or notes every word of this occurs, whatever its case and accents.
    pub text: Option<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

fn customer(row: &Row<'_>) -> Result<Customer, LedgerError> {
    Ok(Customer {
        slug: column::parsed(row, 0)?,
        name: row.get(1)?,
        kind: column::parsed(row, 2)?,
        contacts: column::json(row, 3)?,
        owner: row.get(4)?,
        reference: row.get(5)?,
        notes: row.get(6)?,
        archived: row.get(7)?,
    })
}

fn mentions(customer: &Customer, words: &[String]) -> bool {
    let contacts: Vec<String> = customer.contacts.iter().map(Contact::to_string).collect();
    let optional = [&customer.reference, &customer.notes].into_iter().flatten().map(String::as_str);
    let mut texts = vec![customer.slug.as_str(), &customer.name];
    texts.extend(contacts.iter().map(String::as_str));
    texts.extend(optional);
    let text = plain(&texts.join("\n"));
    words.iter().all(|word| text.contains(word))
}

impl Tables<'_> {
    /// The customer with this short name.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn customer(&self, slug: &Slug) -> Result<Option<Customer>, LedgerError> {
        let mut statement = self.db.prepare_cached(BY_SLUG)?;
        let mut rows = statement.query([slug.as_str()])?;
        rows.next()?.map(customer).transpose()
    }

    /// The customer with this number in another system.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn customer_by_reference(&self, reference: &str) -> Result<Option<Customer>, LedgerError> {
        let mut statement = self.db.prepare_cached(BY_REFERENCE)?;
        let mut rows = statement.query([reference])?;
        rows.next()?.map(customer).transpose()
    }

    /// The customers that fit, by short name.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn customers(&self, filter: &CustomerFilter) -> Result<Vec<Customer>, LedgerError> {
        let words = filter.text.as_deref().map(plain_words);
        let most = filter.limit.unwrap_or(usize::MAX);
        let mut statement = self.db.prepare_cached(ALL)?;
        let mut rows = statement.query((filter.kind.map(CustomerKind::as_str), filter.archived, filter.owner.as_deref()))?;
        let mut customers = Vec::new();
        while customers.len() < most
            && let Some(row) = rows.next()?
        {
            let customer = customer(row)?;
            if words.as_ref().is_none_or(|words| mentions(&customer, words)) {
                customers.push(customer);
            }
        }
        Ok(customers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{customer, ledger, record, slug};
    use crate::ledger::{Fact, Ledger};

    fn found(ledger: &Ledger, filter: &CustomerFilter) -> Vec<String> {
        ledger.read().customers(filter).unwrap().into_iter().map(|customer| customer.slug.to_string()).collect()
    }

    #[test]
    fn a_customer_reads_back_by_name_and_by_reference() {
        let ledger = ledger();
        let globex = ledger.read().customer(&slug("globex")).unwrap().unwrap();
        assert_eq!(globex.contacts[0].to_string(), "Jörg Ångström <jorg@globex.example>");
        assert_eq!(ledger.read().customer_by_reference("CRM-7").unwrap(), Some(globex));
        assert_eq!(ledger.read().customer_by_reference("CRM-8").unwrap(), None);
        assert_eq!(ledger.read().customer(&slug("initech")).unwrap(), None);
    }

    #[test]
    fn customers_are_narrowed_down() {
        let mut ledger = ledger();
        let initech = Customer { owner: Some("ben".into()), notes: Some("Wichtig für Q3".into()), ..customer("Initech") };
        record(
            &mut ledger,
            1,
            &[Fact::CustomerAdded(initech), Fact::CustomerChanged(Customer { archived: true, ..customer("Acme") })],
        );
        let all = CustomerFilter::default();
        assert_eq!(found(&ledger, &all), ["acme", "globex", "initech"]);
        assert_eq!(found(&ledger, &CustomerFilter { limit: Some(2), ..all.clone() }), ["acme", "globex"]);
        assert_eq!(found(&ledger, &CustomerFilter { archived: Some(false), ..all.clone() }), ["globex", "initech"]);
        assert_eq!(found(&ledger, &CustomerFilter { kind: Some(CustomerKind::Partner), ..all.clone() }), ["globex"]);
        assert_eq!(found(&ledger, &CustomerFilter { owner: Some("ben".into()), ..all.clone() }), ["initech"]);
        for (text, slug) in [("ANGSTROM", "globex"), ("crm-7", "globex"), ("fur wichtig", "initech"), ("acm", "acme")] {
            assert_eq!(found(&ledger, &CustomerFilter { text: Some(text.into()), ..all.clone() }), [slug], "{text}");
        }
    }

    #[test]
    fn a_reference_belongs_to_one_customer() {
        let mut ledger = ledger();
        let taken = Customer { reference: Some("CRM-7".into()), ..customer("Initech") };
        let by = slug("anna");
        let at = crate::ledger::testing::day(1);
        let error = ledger.write(|transaction| transaction.record(at, &by, &Fact::CustomerAdded(taken))).unwrap_err();
        assert_eq!(error.to_string(), "a customer with the reference CRM-7 exists already");
        let own = ledger.read().customer(&slug("globex")).unwrap().unwrap();
        record(&mut ledger, 1, &[Fact::CustomerChanged(own)]);
    }
}
