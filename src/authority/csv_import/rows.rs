//! What the rows of a customer file say, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use super::sheet::Row;
use super::{ColumnName, CustomerField, ImportRow, Problem};
use crate::license::{Contact, CustomerKind, Slug};

/// Reads rows, and gathers what is wrong with them.
pub(super) struct Reader<'a> {
    pub columns: &'a BTreeMap<CustomerField, usize>,
    pub header: &'a [ColumnName],
    pub address: &'a dyn Fn(&str) -> Result<Contact, String>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl Reader<'_> {
    /// The customers of all good rows.
    pub fn rows(&mut self, rows: &[Row]) -> Vec<ImportRow> {
        let rows: Vec<ImportRow> = rows.iter().filter_map(|row| self.row(row)).collect();
        self.find_twins(&rows);
        rows
    }

    /// The customer of a row; `None` where the row is bad, and has been reported.
    fn row(&mut self, row: &Row) -> Option<ImportRow> {
        let before = self.problems.len();
        if self.cell(row, CustomerField::Name).is_none() {
            self.problem(row, CustomerField::Name, "the name is missing");
        }
        let name = self.line_of_text(row, CustomerField::Name);
        let slug = self.parsed(row, CustomerField::Slug, |text| text.parse::<Slug>().map_err(|error| error.to_string()));
        let kind = self.parsed(row, CustomerField::Kind, |text| {
            text.to_lowercase().parse::<CustomerKind>().map_err(|error| format!("{error}, not {}", short(text)))
        });
        let contacts = self.contacts(row);
        let owner = self.line_of_text(row, CustomerField::Owner);
        let reference = self.line_of_text(row, CustomerField::Reference);
        let notes = self.parsed(row, CustomerField::Notes, |text| {
            let text = text.replace("\r\n", "\n");
            if text.contains(|character: char| character.is_control() && !matches!(character, '\n' | '\t')) {
                return Err("a control character".to_owned());
            }
            Ok(text)
        });
        let suggested = slug.clone().or_else(|| name.as_deref().and_then(Slug::suggest));
        if let (Some(name), None) = (&name, &suggested) {
            let message = format!("no slug can be made of {}: give one in a column of its own", short(name));
            self.problem(row, CustomerField::Name, message);
        }
        let good = self.problems.len() == before;
        let (name, suggested) = name.zip(suggested).filter(|_| good)?;
        Some(ImportRow { line: row.line, name, slug, suggested, kind, contacts, owner, reference, notes })
    }

    /// Where a field stands in a row and what it says; `None` where there is no column and where the cell is empty.
    fn cell<'r>(&self, row: &'r Row, field: CustomerField) -> Option<&'r str> {
        let place = self.columns.get(&field)?;
        row.cells.get(*place).map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
    }

    fn parsed<T>(&mut self, row: &Row, field: CustomerField, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match parse(self.cell(row, field)?) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(row, field, message);
                None
            }
        }
    }

    fn line_of_text(&mut self, row: &Row, field: CustomerField) -> Option<String> {
        self.parsed(row, field, |text| {
            if text.contains(char::is_control) {
                Err("a line break or a control character".to_owned())
            } else {
                Ok(text.to_owned())
            }
        })
    }

    fn contacts(&mut self, row: &Row) -> Vec<Contact> {
        let mut contacts: Vec<Contact> = Vec::new();
        let mut known = BTreeSet::new();
        for text in self.cell(row, CustomerField::Contacts).map(addresses).unwrap_or_default() {
            match (self.address)(text) {
                Ok(contact) if known.insert(contact.mail.clone()) => contacts.push(contact),
                Ok(_) => {}
                Err(message) => self.problem(row, CustomerField::Contacts, message),
            }
        }
        let names =
            self.cell(row, CustomerField::ContactName).map(|cell| cell.split([';', '\n']).map(str::trim)).into_iter().flatten();
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        if names.iter().any(|name| name.contains(char::is_control)) {
            self.problem(row, CustomerField::ContactName, "a control character");
        } else if contacts.is_empty() && !names.is_empty() {
            let warning = self.at(row, CustomerField::ContactName, "left out: a contact without a mail address");
            self.warnings.push(warning);
        } else if names.len() > 1 && names.len() != contacts.len() {
            let message = format!("{} names for {} mail addresses", names.len(), contacts.len());
            self.problem(row, CustomerField::ContactName, message);
        }
        // One name for several addresses is that of the first.
        for (contact, name) in contacts.iter_mut().zip(names) {
            contact.name.get_or_insert_with(|| name.to_owned());
        }
        contacts
    }

    /// Reports rows that are about the same customer as one before them.
    fn find_twins(&mut self, rows: &[ImportRow]) {
        let mut references: BTreeMap<&str, u64> = BTreeMap::new();
        let mut slugs: BTreeMap<&Slug, Alike> = BTreeMap::new();
        for row in rows {
            if let Some(reference) = &row.reference
                && let Some(line) = references.insert(reference, row.line)
            {
                self.twin(row, CustomerField::Reference, format!("the same as in line {line}"));
                continue;
            }
            if let Some(line) = slugs.entry(&row.suggested).or_default().meet(row) {
                let field = if row.slug.is_some() { CustomerField::Slug } else { CustomerField::Name };
                self.twin(row, field, format!("the same customer as in line {line}, {}", row.suggested));
            }
        }
    }

    fn twin(&mut self, row: &ImportRow, field: CustomerField, message: String) {
        let column = self.columns.get(&field).map(|place| &self.header[*place]);
        self.problems.push(Problem::new(row.line, column, message));
    }

    fn problem(&mut self, row: &Row, field: CustomerField, message: impl Into<String>) {
        let problem = self.at(row, field, message);
        self.problems.push(problem);
    }

    fn at(&self, row: &Row, field: CustomerField, message: impl Into<String>) -> Problem {
        let place = self.columns.get(&field).copied();
        let line = place.and_then(|place| row.cells.get(place)).map_or(row.line, |(line, _)| *line);
        Problem::new(line, place.and_then(|place| self.header.get(place)), message)
    }
}

/// The lines of the first rows with the same slug or name: of them all, of those without a reference, and of those that give the
/// slug themselves.
#[derive(Default)]
struct Alike {
    any: Option<u64>,
    without_reference: Option<u64>,
    with_slug: Option<u64>,
}

impl Alike {
    /// The line of a row that is about the same customer. Two references are two customers, whatever their names; unless both
    /// rows give the same slug.
    fn meet(&mut self, row: &ImportRow) -> Option<u64> {
        let same = match (&row.reference, &row.slug) {
            (None, _) => self.any,
            (Some(_), None) => self.without_reference,
            (Some(_), Some(_)) => self.without_reference.or(self.with_slug),
        };
        self.any.get_or_insert(row.line);
        if row.reference.is_none() {
            self.without_reference.get_or_insert(row.line);
        }
        if row.slug.is_some() {
            self.with_slug.get_or_insert(row.line);
        }
        same
    }
}

/// The addresses of a cell. `;` and line breaks part them everywhere, a comma only behind an address: `Doe, Jane <jane@acme.example>`
/// is one. Nothing parts them inside quotes.
fn addresses(cell: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let (mut quoted, mut has_address) = (false, false);
    for (place, character) in cell.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '@' if !quoted => has_address = true,
            ';' | '\n' | ',' if !quoted && (has_address || character != ',') => {
                found.push(&cell[start..place]);
                (start, has_address) = (place + 1, false);
            }
            _ => {}
        }
    }
    found.push(&cell[start..]);
    found.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// The start of a cell, for a message.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
