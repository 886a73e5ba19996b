//! Keeping customers: add, edit, archive, import.

use std::collections::{BTreeMap, BTreeSet};

use super::csv_import::{CustomerCsv, CustomerField, ImportRow};
use super::difference::{Difference, differences};
use super::{Actor, Authority, Error, Mode, find};
use crate::ledger::{CustomerFilter, Fact, Tables, Transaction};
use crate::license::{Contact, Customer, CustomerKind, Role, Slug, Timestamp};
use crate::mail::address;

/// The slug of the customer that every authority has from the start, for its own use.
pub const INTERNAL: &str = "internal";

/// How alike two display names must be to be pointed out (0 to 1, Jaro-Winkler on the names without legal forms).
const NEARLY_THE_SAME: f64 = 0.93;

/// Words that tell companies apart no better than their absence does.
const LEGAL_FORMS: [&str; 22] = [
    "ag",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "gmbh",
    "group",
    "holding",
    "inc",
    "kg",
    "limited",
    "llc",
    "llp",
    "ltd",
    "nv",
    "oy",
    "plc",
    "sa",
    "sarl",
    "se",
    "srl",
];

const LONGEST_TEXT: usize = 10_000;

/// What to change about a customer. Absent fields stay as they are; an inner `None` clears the field.
#[derive(Debug, Clone, Default)]
pub struct CustomerChange {
    /// The display name.
    pub name: Option<String>,
    /// What the account is to the vendor.
    pub kind: Option<CustomerKind>,
    /// Contacts to add.
    pub add_contacts: Vec<Contact>,
    /// Mail addresses of contacts to take off.
    pub remove_contacts: Vec<String>,
    /// The account owner.
    pub owner: Option<Option<String>>,
    /// The number in another system.
    pub reference: Option<Option<String>>,
    /// Notes.
    pub notes: Option<Option<String>>,
    /// Set aside, or taken back.
    pub archived: Option<bool>,
}

impl CustomerChange {
    fn apply(&self, customer: &mut Customer) -> Result<(), Error> {
        fn set<T: Clone>(field: &mut T, change: &Option<T>) {
            if let Some(change) = change {
                field.clone_from(change);
            }
        }
        set(&mut customer.name, &self.name);
        set(&mut customer.kind, &self.kind);
        set(&mut customer.owner, &self.owner);
        set(&mut customer.reference, &self.reference);
        set(&mut customer.notes, &self.notes);
        set(&mut customer.archived, &self.archived);
        for mail in &self.remove_contacts {
            let before = customer.contacts.len();
            customer.contacts.retain(|contact| !contact.mail.eq_ignore_ascii_case(mail));
            if customer.contacts.len() == before {
                return Err(Error::Invalid(format!("customer '{}' has no contact {mail}", customer.slug)));
            }
        }
        for contact in &self.add_contacts {
            customer.contacts.retain(|known| !known.mail.eq_ignore_ascii_case(&contact.mail));
            customer.contacts.push(contact.clone());
        }
        Ok(())
    }
}

/// What an import does to one customer.
#[derive(Debug, Clone, PartialEq)]
pub enum Imported {
    /// New; with the known customer whose name is the same but for its legal form, where there is one.
    Added(Customer, Option<Customer>),
    /// Known, and changed.
    Changed(Customer, Vec<Difference>),
    /// Known, and the same.
    Unchanged(Customer),
}

impl Authority {
    /// Adds a customer. Gives the known customers whose names are nearly the same.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], bad texts or mail addresses, a role that does not cover it.
    pub fn add_customer(
        &mut self,
        actor: &Actor,
        customer: &Customer,
        at: Timestamp,
        mode: Mode,
    ) -> Result<Vec<Customer>, Error> {
        self.change(mode, |tx| {
            actor.require(Role::Issuer, "add customers", &tx.read())?;
            let alike = nearly_the_same(&tx.read(), customer)?;
            add(tx, actor, customer, at)?;
            Ok(alike)
        })
    }

    /// Changes a customer. Gives what it is now and what was changed; nothing is recorded where nothing changes.
    ///
    /// # Errors
    /// [`Error::UnknownCustomer`], bad texts or mail addresses, a role that does not cover it.
    pub fn edit_customer(
        &mut self,
        actor: &Actor,
        name: &str,
        change: &CustomerChange,
        at: Timestamp,
        mode: Mode,
    ) -> Result<(Customer, Vec<Difference>), Error> {
        self.change(mode, |tx| {
            actor.require(Role::Issuer, "change customers", &tx.read())?;
            let before = find::customer(&tx.read(), name)?;
            let mut after = before.clone();
            change.apply(&mut after)?;
            if after.archived && after.slug.as_str() == INTERNAL {
                return Err(Error::Invalid("the built-in customer 'internal' cannot be archived".into()));
            }
            let changes = replace(tx, actor, &before, &after, at)?;
            Ok((after, changes))
        })
    }

    /// Adds and updates customers in one go, all or none.
    ///
    /// A customer that is known by its reference, else by its slug, else (for rows with neither) by the slug that its name
    /// suggests, is updated in the fields that the file has. Every other is added, under a slug that is free.
    ///
    /// # Errors
    /// The first row that cannot be taken, by its line; nothing is changed then.
    pub fn import_customers(
        &mut self,
        actor: &Actor,
        csv: &CustomerCsv,
        at: Timestamp,
        mode: Mode,
    ) -> Result<Vec<Imported>, Error> {
        self.change(mode, |tx| {
            actor.require(Role::Issuer, "import customers", &tx.read())?;
            let mut names = NamesTaken::of(&tx.read())?;
            let mut one = |row: &ImportRow| {
                import_one(tx, actor, row, &csv.fields, &mut names, at).map_err(|error| match error {
                    Error::Invalid(why) => Error::Invalid(format!("line {}: {why}", row.line)),
                    other => other,
                })
            };
            csv.rows.iter().map(&mut one).collect()
        })
    }
}

fn import_one(
    tx: &Transaction<'_>,
    actor: &Actor,
    row: &ImportRow,
    fields: &BTreeSet<CustomerField>,
    names: &mut NamesTaken,
    at: Timestamp,
) -> Result<Imported, Error> {
    let Some(before) = known(&tx.read(), row)? else {
        let customer = Customer {
            slug: match &row.slug {
                Some(slug) => slug.clone(),
                None => free_slug(&tx.read(), &row.suggested)?,
            },
            name: row.name.clone(),
            kind: row.kind.unwrap_or(CustomerKind::Customer),
            contacts: row.contacts.clone(),
            owner: row.owner.clone(),
            reference: row.reference.clone(),
            notes: row.notes.clone(),
            archived: false,
        };
        add(tx, actor, &customer, at)?;
        let alike = names.take(&customer);
        return Ok(Imported::Added(customer, alike));
    };
    let mut after = before.clone();
    after.name.clone_from(&row.name);
    for field in fields {
        match field {
            CustomerField::Kind => after.kind = row.kind.unwrap_or(after.kind),
            CustomerField::Contacts => after.contacts.clone_from(&row.contacts),
            CustomerField::Owner => after.owner.clone_from(&row.owner),
            CustomerField::Reference => after.reference.clone_from(&row.reference),
            CustomerField::Notes => after.notes.clone_from(&row.notes),
            CustomerField::Name | CustomerField::Slug | CustomerField::ContactName => {}
        }
    }
    let changes = replace(tx, actor, &before, &after, at)?;
    Ok(if changes.is_empty() { Imported::Unchanged(before) } else { Imported::Changed(after, changes) })
}

/// The names of all customers without their legal forms, for pointing out doubles in a large import.
struct NamesTaken(BTreeMap<String, Customer>);

impl NamesTaken {
    fn of(tables: &Tables<'_>) -> Result<Self, Error> {
        let all = tables.customers(&CustomerFilter::default())?;
        Ok(Self(all.into_iter().map(|customer| (bare_name(&customer.name), customer)).collect()))
    }

    /// Takes a name in; gives the customer who had it.
    fn take(&mut self, customer: &Customer) -> Option<Customer> {
        self.0.insert(bare_name(&customer.name), customer.clone())
    }
}

/// The customer that a row is about, where there is one.
fn known(tables: &Tables<'_>, row: &ImportRow) -> Result<Option<Customer>, Error> {
    if let Some(reference) = &row.reference
        && let Some(known) = tables.customer_by_reference(reference)?
    {
        if let Some(slug) = row.slug.as_ref().filter(|slug| **slug != known.slug)
            && tables.customer(slug)?.is_some()
        {
            let why = format!("reference '{reference}' is customer '{}', and '{slug}' is another one", known.slug);
            return Err(Error::Invalid(why));
        }
        return Ok(Some(known));
    }
    if let Some(slug) = &row.slug {
        return Ok(tables.customer(slug)?);
    }
    let suggested = tables.customer(&row.suggested)?;
    // A customer with a number of its own is another one than a row with another number, whatever their names.
    Ok(suggested.filter(|known| known.reference.is_none() || row.reference.is_none()))
}

/// The slug, or the first of `slug-2`, `slug-3`, … that no customer has.
pub(super) fn free_slug(tables: &Tables<'_>, wanted: &Slug) -> Result<Slug, Error> {
    let mut slug = wanted.clone();
    let mut number = 2;
    while tables.customer(&slug)?.is_some() {
        let suffix = format!("-{number}");
        let mut text = wanted.to_string();
        text.truncate(Slug::LONGEST - suffix.len());
        slug = format!("{text}{suffix}").parse().map_err(|why| Error::Invalid(format!("short name: {why}")))?;
        number += 1;
    }
    Ok(slug)
}

pub(super) fn add(tx: &Transaction<'_>, actor: &Actor, customer: &Customer, at: Timestamp) -> Result<(), Error> {
    check(&tx.read(), customer)?;
    if tx.read().customer(&customer.slug)?.is_some() {
        return Err(Error::AlreadyExists { what: "customer", name: customer.slug.to_string() });
    }
    tx.record(at, actor.slug(), &Fact::CustomerAdded(customer.clone()))?;
    Ok(())
}

fn replace(
    tx: &Transaction<'_>,
    actor: &Actor,
    before: &Customer,
    after: &Customer,
    at: Timestamp,
) -> Result<Vec<Difference>, Error> {
    check(&tx.read(), after)?;
    let changes = differences(before, after);
    if !changes.is_empty() {
        tx.record(at, actor.slug(), &Fact::CustomerChanged(after.clone()))?;
    }
    Ok(changes)
}

fn check(tables: &Tables<'_>, customer: &Customer) -> Result<(), Error> {
    check_line("name", &customer.name)?;
    if let Some(notes) = &customer.notes
        && notes.len() > LONGEST_TEXT
    {
        return Err(Error::Invalid(format!("the notes of customer '{}' are longer than {LONGEST_TEXT} bytes", customer.slug)));
    }
    for (what, text) in [("owner", &customer.owner), ("reference", &customer.reference)] {
        if let Some(text) = text {
            check_line(what, text)?;
        }
    }
    for contact in &customer.contacts {
        let read = address::check(&contact.to_string()).map_err(|why| Error::Invalid(format!("contact {contact}: {why}")))?;
        if Contact::from(read) != *contact {
            return Err(Error::Invalid(format!("contact {contact} does not read back as it was given")));
        }
    }
    if let Some(reference) = &customer.reference
        && let Some(other) = tables.customer_by_reference(reference)?
        && other.slug != customer.slug
    {
        return Err(Error::Invalid(format!("reference '{reference}' already belongs to customer '{}'", other.slug)));
    }
    Ok(())
}

/// Refuses texts that cannot stand on one line of a report, a mail header or a key.
pub(super) fn check_line(what: &str, text: &str) -> Result<(), Error> {
    let why = if text.trim().is_empty() {
        "must not be empty"
    } else if text.chars().any(char::is_control) {
        "must not contain line breaks or control characters"
    } else if text.chars().count() > 200 {
        "must not be longer than 200 characters"
    } else {
        return Ok(());
    };
    Err(Error::Invalid(format!("the {what} {why}")))
}

/// The known customers whose display names are nearly the same as this one's.
fn nearly_the_same(tables: &Tables<'_>, customer: &Customer) -> Result<Vec<Customer>, Error> {
    let name = bare_name(&customer.name);
    let mut alike = tables.customers(&CustomerFilter::default())?;
    alike.retain(|known| known.slug != customer.slug && strsim::jaro_winkler(&name, &bare_name(&known.name)) >= NEARLY_THE_SAME);
    Ok(alike)
}

/// A display name in small letters, without punctuation and legal forms.
fn bare_name(name: &str) -> String {
    let plain = Slug::suggest(name).map_or_else(|| name.to_lowercase(), |slug| slug.to_string());
    let words: Vec<&str> = plain.split('-').filter(|word| !LEGAL_FORMS.contains(word)).collect();
    if words.is_empty() { plain } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_do_not_tell_companies_apart() {
        assert_eq!(bare_name("ACME GmbH & Co. KG"), "acme");
        assert_eq!(bare_name("Acme, Inc."), "acme");
        assert_eq!(bare_name("The Company"), "the");
        assert_eq!(bare_name("SE"), "se");
    }
}
