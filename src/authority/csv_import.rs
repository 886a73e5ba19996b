//! Customers from the CSV file of a CRM: which column is what, and what each row says.
//!
//! Pure: bytes in, rows or problems out. Whether a row adds a customer or changes one is decided where the ledger is at hand.
//! A file is taken whole or not at all, so that all of its problems are reported at once.

pub(in crate::authority) mod columns;
mod rows;
pub(in crate::authority) mod sheet;
pub(in crate::authority) mod stream;

use std::collections::BTreeSet;
use std::fmt;

pub(in crate::authority) use self::columns::called;
pub use self::columns::{ColumnName, CustomerField, UnknownField};
use self::rows::Reader;
use self::sheet::Sheet;
use crate::license::{Contact, CustomerKind, Slug};

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerCsv {
    /// One for each customer, in the order of the file.
    pub rows: Vec<ImportRow>,
    /// The fields the file has columns for. What an existing customer has in any other field stays as it is.
    pub fields: BTreeSet<CustomerField>,
    /// The columns that were not understood, as the header spells them.
    pub ignored: Vec<String>,
    /// What was left out of rows that are otherwise good.
    pub warnings: Vec<Problem>,
}

/// One customer as the file describes it. `None` and empty: the cell is empty, or there is no such column.
///
/// The row is about the customer with its reference, else with its slug, else, where it has neither, with the suggested slug.
/// No two rows of a file are about the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The line it starts on, from 1.
    pub line: u64,
    /// The display name.
    pub name: String,
    /// The short name, where the file gives one.
    pub slug: Option<Slug>,
    /// The slug, else a short name made of the display name. Rows with different references may suggest the same, and a customer of
    /// the ledger may have it: for a new customer, see that it is free.
    pub suggested: Slug,
    /// What the account is to the vendor.
    pub kind: Option<CustomerKind>,
    /// Who receives mail.
    pub contacts: Vec<Contact>,
    /// The salesperson in charge.
    pub owner: Option<String>,
    /// The account's number in the CRM.
    pub reference: Option<String>,
    /// Anything else.
    pub notes: Option<String>,
}

/// What is wrong, and where. Quotes the file, so that it has to be escaped before a terminal shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file, from 1; of a cell, the line it starts on.
    pub line: u64,
    /// The column, where it is about a cell.
    pub column: Option<ColumnName>,
    /// What is wrong, in words.
    pub message: String,
}

impl Problem {
    pub(in crate::authority) fn new(line: u64, column: Option<&ColumnName>, message: impl Into<String>) -> Self {
        Self { line, column: column.cloned(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(out, ", {column}")?;
        }
        write!(out, ": {}", self.message)
    }
}

/// Reads a file. `map` says which column a field is in, by the name in the header, over what the names suggest; an empty name leaves
/// the field out. `address` checks a mail address, with or without a name (`Ada <ada@acme.example>`).
///
/// # Errors
/// Every problem of the file, in the order of its lines.
pub fn read(
    bytes: &[u8],
    map: &[(CustomerField, String)],
    address: &dyn Fn(&str) -> Result<Contact, String>,
) -> Result<CustomerCsv, Vec<Problem>> {
    let (sheet, problems) = Sheet::read(bytes);
    if sheet.header.is_empty() {
        return Err(problems);
    }
    let columns = match columns::assign(&sheet.header, map) {
        Ok(columns) => columns,
        // Without knowing the columns, nothing can be said about the rows.
        Err(wrong) => return Err(wrong.into_iter().map(|message| Problem::new(sheet.line, None, message)).collect()),
    };
    let mut reader = Reader { columns: &columns, header: &sheet.header, address, problems, warnings: Vec::new() };
    let rows = reader.rows(&sheet.rows);
    let Reader { mut problems, warnings, .. } = reader;
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(problems);
    }
    let used: BTreeSet<usize> = columns.values().copied().collect();
    let ignored = sheet.header.into_iter().enumerate().filter(|(place, _)| !used.contains(place)).map(|(_, column)| column.name);
    Ok(CustomerCsv { rows, fields: columns.into_keys().collect(), ignored: ignored.collect(), warnings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands in for the real check of addresses: one `@`, and `<…>` around an address behind a name.
    fn address(text: &str) -> Result<Contact, String> {
        let (name, mail) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, mail)) => (Some(name.trim().trim_matches('"').to_owned()), mail),
            None => (None, text),
        };
        if mail.matches('@').count() == 1 && !mail.contains([' ', ',']) {
            Ok(Contact { name: name.filter(|name| !name.is_empty()), mail: mail.to_owned() })
        } else {
            Err(format!("{text} is not a mail address"))
        }
    }

    fn read(text: &str) -> CustomerCsv {
        super::read(text.as_bytes(), &[], &address).unwrap()
    }

    fn problems(text: &str, map: &[(CustomerField, &str)]) -> String {
        let map: Vec<_> = map.iter().map(|(field, name)| (*field, (*name).to_owned())).collect();
        let problems = super::read(text.as_bytes(), &map, &address).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    fn contacts(cell: &str, names: &str) -> Vec<String> {
        let text = format!("name\tmail\tcontact\nAcme\t\"{}\"\t\"{names}\"\n", cell.replace('"', "\"\""));
        read(&text).rows[0].contacts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_header_of_endless_names_is_refused_in_one_line() {
        // Every bad cell under it would repeat the name.
        let text = format!("name,e{}mail\n{}", "-".repeat(100_000), "x,bad\n".repeat(1_000));
        assert_eq!(problems(&text, &[]), "line 1: the name of column 2 is longer than 256 bytes: is it a header?");
    }

    #[test]
    fn a_row_says_everything_about_a_customer() {
        let file = read(
            "Company;CRM-ID;Short Name;Type;E-Mail;Contact Name;Account Owner;Notes;Phone\r\n\
             Acme GmbH;C-17;acme;Prospect;ada@acme.example;Ada;kim;\"two\r\nlines\";123\r\n\
             Müller & Söhne;;;;;;;;\r\n",
        );
        let acme = ImportRow {
            line: 2,
            name: "Acme GmbH".into(),
            slug: "acme".parse().ok(),
            suggested: "acme".parse().unwrap(),
            kind: Some(CustomerKind::Prospect),
            contacts: vec![Contact { name: Some("Ada".into()), mail: "ada@acme.example".into() }],
            owner: Some("kim".into()),
            reference: Some("C-17".into()),
            notes: Some("two\nlines".into()),
        };
        let bare = ImportRow {
            line: 4,
            name: "Müller & Söhne".into(),
            slug: None,
            suggested: "muller-sohne".parse().unwrap(),
            kind: None,
            contacts: vec![],
            owner: None,
            reference: None,
            notes: None,
        };
        assert_eq!(file.rows, [acme, bare]);
        assert_eq!(file.ignored, ["Phone"]);
        assert_eq!(file.fields, CustomerField::ALL.into());
        assert_eq!(file.warnings, []);
    }

    #[test]
    fn columns_are_found_by_the_names_crms_give_them() {
        for (header, field) in [
            ("ACCOUNT NAME", CustomerField::Name),
            (" organisation ", CustomerField::Name),
            ("e_mail", CustomerField::Contacts),
            ("Account Owner", CustomerField::Owner),
            ("Record ID", CustomerField::Reference),
            ("account_type", CustomerField::Kind),
        ] {
            assert_eq!(header.parse(), Ok(field));
        }
        for field in CustomerField::ALL {
            assert_eq!(field.to_string().parse(), Ok(field));
        }
        assert_eq!("phone".parse::<CustomerField>(), Err(UnknownField));
    }

    #[test]
    fn a_mapping_outweighs_the_names() {
        let map = [
            (CustomerField::Name, "Kunde".to_owned()),
            (CustomerField::Reference, "kunden-nr".to_owned()),
            (CustomerField::Kind, String::new()),
        ];
        let file = super::read(b"Name,Kunde,Kunden Nr,Type\nAda,Acme,17,Manufacturing\n", &map, &address).unwrap();
        assert_eq!((file.rows[0].name.as_str(), file.rows[0].reference.as_deref()), ("Acme", Some("17")));
        assert_eq!(file.fields, [CustomerField::Name, CustomerField::Reference].into());
        assert_eq!(file.ignored, ["Name", "Type"]);
    }

    #[test]
    fn a_header_that_leaves_doubt_is_refused() {
        let two = [(CustomerField::Name, "a"), (CustomerField::Name, "b")];
        insta::assert_snapshot!(problems("\nphone,city\n1,2\n", &[]), @"line 2: no column for the name (name, company, account); the file has: phone, city");
        insta::assert_snapshot!(problems("name,email,Email\nAcme,,\n", &[]), @"line 1: column 2 (email) and column 3 (Email) could both be mail: map or rename one");
        insta::assert_snapshot!(problems("name,company\nAda,Acme\n", &[]), @"line 1: column 1 (name) and column 2 (company) could both be name: map or rename one");
        insta::assert_snapshot!(problems("name,x,x\nAcme,,\n", &[(CustomerField::Notes, "x")]), @"line 1: column 2 (x) and column 3 (x) could both be notes: map or rename one");
        insta::assert_snapshot!(problems("name,x\nAcme,\n", &[(CustomerField::Notes, "y"), (CustomerField::Slug, "z")]), @"
        line 1: slug is mapped to z, and no column is called that; the file has: name, x
        line 1: notes is mapped to y, and no column is called that; the file has: name, x
        ");
        insta::assert_snapshot!(problems("a,b\nAcme,\n", &two), @"line 1: name is mapped more than once");
        insta::assert_snapshot!(problems("name\nAcme\n", &[(CustomerField::Name, "")]), @"line 1: the name cannot be left out");
    }

    #[test]
    fn every_bad_row_is_reported_with_its_line_and_column() {
        insta::assert_snapshot!(problems(
            "name,slug,kind,mail,contact,owner,reference,notes\n\
             ,acme,,nobody,,,,\n\
             \"two\nlines\",,,,,,,\n\
             !!!,,,,,,,\n\
             Acme,Acme!,Manufacturing,\"a@x, b\",,,,\n\
             Beta,,,\"a@x;b@x;c@x\",Ada;Bob,\u{1b}[31m,,\n\
             \"Gamma\",,,\"d@x\n;nobody\",,,,\u{7}\n\
             Delta,,,\n\
             Good,,,,,,,\n",
            &[]
        ), @"
        line 2, column 1 (name): the name is missing
        line 2, column 4 (mail): nobody is not a mail address
        line 3, column 1 (name): a line break or a control character
        line 5, column 1 (name): no slug can be made of !!!: give one in a column of its own
        line 6, column 2 (slug): 'A' is not allowed in a name: use a-z, 0-9, '-', '_' and '.'
        line 6, column 3 (kind): a kind of customer is customer, prospect, partner or internal, not Manufacturing
        line 6, column 4 (mail): b is not a mail address
        line 7, column 5 (contact): 2 names for 3 mail addresses
        line 7, column 6 (owner): a line break or a control character
        line 8, column 4 (mail): nobody is not a mail address
        line 9, column 8 (notes): a control character
        line 10: 4 cells, where the header has 8: is a quote or a delimiter missing?
        ");
    }

    #[test]
    fn two_rows_about_the_same_customer_are_refused() {
        insta::assert_snapshot!(problems("name,reference\nAcme,1\nBeta,1\n", &[]), @"line 3, column 2 (reference): the same as in line 2");
        insta::assert_snapshot!(problems("name\nAcme\nACME\n", &[]), @"line 3, column 1 (name): the same customer as in line 2, acme");
        insta::assert_snapshot!(problems("name,slug\nAcme,\nBeta,acme\n", &[]), @"line 3, column 2 (slug): the same customer as in line 2, acme");
        insta::assert_snapshot!(problems("name,slug,reference\nAcme,x,1\nBeta,x,2\n", &[]), @"line 3, column 2 (slug): the same customer as in line 2, x");
        insta::assert_snapshot!(problems("name,reference\nAcme,1\nAcme,\n", &[]), @"line 3, column 1 (name): the same customer as in line 2, acme");
    }

    #[test]
    fn two_references_are_two_customers_of_the_same_name() {
        let rows = read("name,reference\nAcme,1\nAcme,2\n").rows;
        assert_eq!(rows[0].suggested, rows[1].suggested);
    }

    #[test]
    fn a_cell_holds_several_contacts() {
        assert_eq!(contacts("a@x, b@x;c@x", ""), ["a@x", "b@x", "c@x"]);
        assert_eq!(contacts("a@x; a@x;", ""), ["a@x"]);
        assert_eq!(contacts("Doe, Jane <j@x>, b@x", ""), ["Doe, Jane <j@x>", "b@x"]);
        assert_eq!(contacts("\"Doe; Jane\" <j@x>", ""), ["Doe; Jane <j@x>"]);
    }

    #[test]
    fn names_go_to_the_contacts_that_have_none() {
        assert_eq!(contacts("a@x;b@x", "Ada; Bob"), ["Ada <a@x>", "Bob <b@x>"]);
        assert_eq!(contacts("a@x;b@x", "Lovelace, Ada"), ["Lovelace, Ada <a@x>", "b@x"]);
        assert_eq!(contacts("Al <a@x>", "Ada"), ["Al <a@x>"]);
    }

    #[test]
    fn a_contact_without_an_address_is_left_out_with_a_warning() {
        let file = read("name,contact\nAcme,Ada\n");
        assert_eq!(file.rows[0].contacts, []);
        assert_eq!(file.warnings[0].to_string(), "line 2, column 2 (contact): left out: a contact without a mail address");
    }

    #[test]
    fn a_header_alone_is_an_empty_import() {
        assert_eq!(read("name,slug\n").rows, []);
    }

    proptest! {
        #[test]
        fn no_file_makes_the_import_panic(text in "(name|mail|id|[a@\";,<>\\t\\r\\n'=é]){0,40}", bytes: Vec<u8>) {
            let _ = super::read(text.as_bytes(), &[], &address);
            let _ = super::read(&bytes, &[], &address);
            let _ = super::read(format!("name,mail,contact\n{text}").as_bytes(), &[], &address);
        }
    }
}
