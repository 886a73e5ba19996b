//! The columns of a customer file: which fields there are, and in which column each one stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

/// What a column can say about a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerField {
    /// The display name: the one column that every file must have.
    Name,
    /// The short name.
    Slug,
    /// Customer, prospect, partner or internal.
    Kind,
    /// Mail addresses: one, or several parted by `;` or `,`.
    Contacts,
    /// The names of the people behind the addresses.
    ContactName,
    /// The salesperson in charge.
    Owner,
    /// The account's number in the CRM.
    Reference,
    /// Anything else.
    Notes,
}

impl CustomerField {
    /// Every field.
    pub const ALL: [Self; 8] =
        [Self::Name, Self::Slug, Self::Kind, Self::Contacts, Self::ContactName, Self::Owner, Self::Reference, Self::Notes];

    /// The word for it in `--map FIELD=COLUMN`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.names()[0]
    }

    /// What its column may be called, in the form that [`normal`] gives; the word for it first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &[
                "name",
                "company",
                "company name",
                "account",
                "account name",
                "customer",
                "customer name",
                "organization",
                "organisation",
            ],
            Self::Slug => &["slug", "short name"],
            Self::Kind => &["kind", "type", "account type", "customer type"],
            Self::Contacts => &[
                "mail",
                "email",
                "e mail",
                "contacts",
                "emails",
                "email address",
                "e mail address",
                "mail address",
                "contact email",
            ],
            Self::ContactName => &["contact", "contact name", "contact person"],
            Self::Owner => &["owner", "account owner", "company owner", "salesperson", "sales rep", "account manager"],
            Self::Reference => &["reference", "crm id", "external id", "id", "account id", "record id"],
            Self::Notes => &["notes", "note", "comment", "comments"],
        }
    }
}

impl fmt::Display for CustomerField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a field of a customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a field is name, slug, kind, mail, contact, owner, reference or notes")]
pub struct UnknownField;

impl FromStr for CustomerField {
    type Err = UnknownField;

    /// Takes the word for a field, and every name that its column may have.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = normal(text);
        Self::ALL.into_iter().find(|field| field.names().contains(&name.as_str())).ok_or(UnknownField)
    }
}

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    /// What the header calls it.
    pub name: String,
    /// Its place, from 1.
    pub number: usize,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "column {} ({})", self.number, if self.name.is_empty() { "no name" } else { &self.name })
    }
}

/// A column's name as it is compared: lower case, its words parted by single blanks.
pub(in crate::authority) fn normal(name: &str) -> String {
    let words = name.split(|character: char| character.is_whitespace() || matches!(character, '-' | '_'));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The columns with this name, counted from 0: spelled exactly so, else alike.
pub(in crate::authority) fn called(header: &[ColumnName], name: &str) -> Vec<usize> {
    let places = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        header.iter().enumerate().filter(|(_, column)| fits(&column.name)).map(|(place, _)| place).collect()
    };
    let exact = places(&|column| column == name);
    if exact.is_empty() { places(&|column| normal(column) == normal(name)) } else { exact }
}

/// What the columns of a kind of file can say.
pub(in crate::authority) trait Field: Copy + Ord + fmt::Display + 'static {
    /// Every field.
    const EVERY: &'static [Self];

    /// What its column may be called, in the form that [`normal`] gives; the word for it first.
    fn names(self) -> &'static [&'static str];

    /// Whether a file without such a column is of no use.
    fn is_needed(self) -> bool {
        false
    }
}

impl Field for CustomerField {
    const EVERY: &'static [Self] = &Self::ALL;

    fn names(self) -> &'static [&'static str] {
        self.names()
    }

    fn is_needed(self) -> bool {
        self == Self::Name
    }
}

/// Which field is in which column, counted from 0. `map` says which column a field is in, over what the names suggest; an empty
/// name leaves the field out.
pub(in crate::authority) fn assign<F: Field>(
    header: &[ColumnName],
    map: &[(F, String)],
) -> Result<BTreeMap<F, usize>, Vec<String>> {
    let taken: BTreeSet<usize> = map.iter().flat_map(|(_, name)| called(header, name.trim())).collect();
    let suggested = |field: F| -> Vec<usize> {
        let free = header.iter().enumerate().filter(|(place, _)| !taken.contains(place));
        free.filter(|(_, column)| field.names().contains(&normal(&column.name).as_str())).map(|(place, _)| place).collect()
    };
    let has = || header.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut columns = BTreeMap::new();
    let mut wrong = Vec::new();
    for field in F::EVERY.iter().copied() {
        let mapped: Vec<&str> = map.iter().filter(|(mapped, _)| *mapped == field).map(|(_, name)| name.trim()).collect();
        let found = match mapped[..] {
            [] => suggested(field),
            [""] => Vec::new(),
            [name] => called(header, name),
            _ => {
                wrong.push(format!("{field} is mapped more than once"));
                continue;
            }
        };
        match (&found[..], mapped.first()) {
            ([place], _) => drop(columns.insert(field, *place)),
            ([one, other, ..], _) => {
                wrong.push(format!("{} and {} could both be {field}: map or rename one", header[*one], header[*other]));
            }
            ([], Some(name)) if !name.is_empty() => {
                wrong.push(format!("{field} is mapped to {name}, and no column is called that; the file has: {}", has()));
            }
            ([], None) if field.is_needed() => {
                let names: Vec<&str> = field.names().iter().copied().filter(|name| !name.contains(' ')).take(3).collect();
                wrong.push(format!("no column for the {field} ({}); the file has: {}", names.join(", "), has()));
            }
            ([], Some(_)) if field.is_needed() => wrong.push(format!("the {field} cannot be left out")),
            ([], _) => {}
        }
    }
    if wrong.is_empty() { Ok(columns) } else { Err(wrong) }
}

/// The field whose name is nearly that of a column that was not understood.
pub(in crate::authority) fn nearly<F: Field>(column: &ColumnName) -> Option<F> {
    /// From here on a name is a misspelling rather than another word.
    const ALIKE: f64 = 0.9;
    let name = normal(&column.name);
    let score = |field: F| field.names().iter().map(|known| strsim::jaro_winkler(known, &name)).fold(0.0, f64::max);
    let nearest = F::EVERY.iter().copied().max_by(|a, b| score(*a).total_cmp(&score(*b)));
    nearest.filter(|field| score(*field) >= ALIKE)
}
