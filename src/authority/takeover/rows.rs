//! What the rows of an older system's CSV say, by a mapping. Pure: whether customers and tiers are known is not asked here.

use std::collections::BTreeMap;

use super::mapping::Mapping;
use crate::authority::csv_import::sheet::{Row, Sheet};
use crate::authority::csv_import::{ColumnName, Problem, called};
use crate::license::{Contact, Date, LicenseType};

/// The longest key of an older system, in bytes.
const LONGEST_KEY: usize = 64 << 10;
/// The longest text of one line, in characters.
const LONGEST_LINE: usize = 200;

/// A license as the older system has it.
#[derive(Debug, Clone)]
pub struct ForeignRow {
    /// Its number there.
    pub reference: Cell<String>,
    /// Whose it is, as the file says it.
    pub customer: Cell<String>,
    /// The display name of a customer who is not known.
    pub customer_name: Option<Cell<String>>,
    /// The contact of a customer who is not known.
    pub contact: Option<Contact>,
    /// The tier, as the file says it.
    pub tier: Cell<String>,
    /// Its key there.
    pub key: Option<String>,
    /// What it is for.
    pub kind: LicenseType,
    /// The seats: `None` as the tier has them, `Some(None)` unlimited.
    pub seats: Option<Option<u32>>,
    /// The first day.
    pub starts: Option<Date>,
    /// The last day: `None` by the tier's term, `Some(None)` perpetual.
    pub until: Option<Option<Date>>,
    /// Where the last day stands, for what is found out about it later.
    pub place: Cell<()>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

/// Something that stands in a cell.
#[derive(Debug, Clone)]
pub struct Cell<T> {
    /// What it says.
    pub value: T,
    line: u64,
    column: Option<ColumnName>,
}

impl<T> Cell<T> {
    /// A problem with it.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.line, self.column.as_ref(), message)
    }
}

/// What a column can say about a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Reference,
    Customer,
    Tier,
    Key,
    CustomerName,
    Mail,
    Kind,
    Seats,
    Starts,
    Until,
    Note,
}

struct Reader<'a> {
    mapping: &'a Mapping,
    header: &'a [ColumnName],
    columns: BTreeMap<Field, usize>,
    address: &'a dyn Fn(&str) -> Result<Contact, String>,
    problems: Vec<Problem>,
}

/// Reads a file. `address` checks a mail address.
///
/// # Errors
/// Every problem of the file, in the order of its lines.
pub fn read(
    bytes: &[u8],
    mapping: &Mapping,
    address: &dyn Fn(&str) -> Result<Contact, String>,
) -> Result<Vec<ForeignRow>, Vec<Problem>> {
    let (sheet, problems) = Sheet::read(bytes);
    if sheet.header.is_empty() {
        return Err(problems);
    }
    let columns = columns(mapping, &sheet)?;
    let mut reader = Reader { mapping, header: &sheet.header, columns, address, problems };
    let rows: Vec<ForeignRow> = sheet.rows.iter().filter_map(|row| reader.row(row)).collect();
    reader.find_twins(&rows);
    let mut problems = reader.problems;
    if problems.is_empty() {
        return Ok(rows);
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// Which field is in which column, counted from 0.
fn columns(mapping: &Mapping, sheet: &Sheet) -> Result<BTreeMap<Field, usize>, Vec<Problem>> {
    let told = &mapping.columns;
    let optional = |field, name: &'static str, column: &Option<String>| column.clone().map(|column| (field, name, column));
    let all = [
        Some((Field::Reference, "reference", told.reference.clone())),
        Some((Field::Customer, "customer", told.customer.clone())),
        Some((Field::Tier, "tier", told.tier.clone())),
        optional(Field::Key, "key", &told.key),
        optional(Field::CustomerName, "customer_name", &told.customer_name),
        optional(Field::Mail, "mail", &told.mail),
        optional(Field::Kind, "type", &told.kind),
        optional(Field::Seats, "seats", &told.seats),
        optional(Field::Starts, "starts", &told.starts),
        optional(Field::Until, "until", &told.until),
        optional(Field::Note, "note", &told.note),
    ];
    let mut columns = BTreeMap::new();
    let mut problems = Vec::new();
    for (field, name, column) in all.into_iter().flatten() {
        match called(&sheet.header, column.trim())[..] {
            [place] => drop(columns.insert(field, place)),
            [] => {
                let has: Vec<&str> = sheet.header.iter().map(|column| column.name.as_str()).collect();
                let message =
                    format!("{name} is mapped to '{column}', and no column is called that; the file has: {}", has.join(", "));
                problems.push(Problem::new(sheet.line, None, message));
            }
            _ => problems.push(Problem::new(sheet.line, None, format!("several columns are called '{column}'"))),
        }
    }
    if problems.is_empty() { Ok(columns) } else { Err(problems) }
}

impl Reader<'_> {
    fn row(&mut self, row: &Row) -> Option<ForeignRow> {
        let before = self.problems.len();
        let reference = self.needed(row, Field::Reference, "the number of the license");
        let customer = self.needed(row, Field::Customer, "the customer");
        let tier = self.needed(row, Field::Tier, "the tier");
        let customer_name = self.line(row, Field::CustomerName);
        let address = self.address;
        let contact = self.parsed(row, Field::Mail, address);
        let key = self.parsed(row, Field::Key, |text| {
            if text.len() > LONGEST_KEY { Err("more than 64 KiB".into()) } else { Ok(text.to_owned()) }
        });
        let kind = self.kind(row);
        let seats = self.seats(row);
        let dates = &self.mapping.dates;
        let date =
            |text: &str| dates.parse(text).ok_or_else(|| format!("'{}' is no date of the form {}", short(text), dates.format));
        let starts = self.parsed(row, Field::Starts, date);
        let until = self.until(row, &date);
        if let (Some(starts), Some(Some(until))) = (starts, until)
            && until < starts
        {
            let problem = self.cell(row, Field::Until).problem(format!("the last day, {until}, lies before the first, {starts}"));
            self.problems.push(problem);
        }
        let note = self.line(row, Field::Note).map(|cell| cell.value);
        let place = self.cell(row, Field::Until);
        let good = self.problems.len() == before;
        let (reference, customer, tier) = (reference?, customer?, tier?);
        let place = Cell { value: (), line: place.line, column: place.column };
        let row = ForeignRow { reference, customer, customer_name, contact, tier, key, kind, seats, starts, until, place, note };
        good.then_some(row)
    }

    fn kind(&mut self, row: &Row) -> LicenseType {
        let types = &self.mapping.types;
        let kind = self.parsed(row, Field::Kind, |text| {
            let known = types.get(text).copied().or_else(|| text.to_lowercase().parse().ok());
            known
                .filter(|kind| *kind != LicenseType::Test)
                .ok_or_else(|| format!("'{}' is neither commercial nor trial: say which in [types]", short(text)))
        });
        kind.unwrap_or(LicenseType::Commercial)
    }

    fn seats(&mut self, row: &Row) -> Option<Option<u32>> {
        let unlimited = &self.mapping.unlimited;
        self.parsed(row, Field::Seats, |text| {
            if unlimited.iter().any(|word| word.eq_ignore_ascii_case(text)) {
                return Ok(None);
            }
            match text.parse::<u32>() {
                Ok(0) | Err(_) => Err(format!("'{}' is no whole number from 1, and not in `unlimited`", short(text))),
                Ok(seats) => Ok(Some(seats)),
            }
        })
    }

    fn until(&mut self, row: &Row, date: &dyn Fn(&str) -> Result<Date, String>) -> Option<Option<Date>> {
        self.columns.get(&Field::Until)?;
        let cell = self.cell(row, Field::Until);
        if self.mapping.dates.perpetual.iter().any(|word| word.eq_ignore_ascii_case(&cell.value)) {
            return Some(None);
        }
        if cell.value.is_empty() {
            self.problems.push(cell.problem("the last day is missing; if it means perpetual, add \"\" to perpetual in [dates]"));
            return None;
        }
        self.parsed(row, Field::Until, date).map(Some)
    }

    /// What stands in a cell, and where; an empty text where there is no such column.
    fn cell(&self, row: &Row, field: Field) -> Cell<String> {
        let place = self.columns.get(&field).copied();
        let (line, value) = place.and_then(|place| row.cells.get(place)).cloned().unwrap_or((row.line, String::new()));
        Cell { value, line, column: place.and_then(|place| self.header.get(place)).cloned() }
    }

    fn parsed<T>(&mut self, row: &Row, field: Field, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let cell = self.cell(row, field);
        if cell.value.is_empty() {
            return None;
        }
        parse(&cell.value).map_err(|message| self.problems.push(cell.problem(message))).ok()
    }

    fn line(&mut self, row: &Row, field: Field) -> Option<Cell<String>> {
        let cell = self.cell(row, field);
        let value = self.parsed(row, field, |text| {
            if text.contains(char::is_control) {
                Err("a line break or a control character".to_owned())
            } else if text.chars().count() > LONGEST_LINE {
                Err(format!("more than {LONGEST_LINE} characters"))
            } else {
                Ok(text.to_owned())
            }
        })?;
        Some(Cell { value, ..cell })
    }

    fn needed(&mut self, row: &Row, field: Field, what: &str) -> Option<Cell<String>> {
        let cell = self.cell(row, field);
        if cell.value.is_empty() {
            self.problems.push(cell.problem(format!("{what} is missing")));
            return None;
        }
        self.line(row, field)
    }

    /// Reports rows with the number of one before them.
    fn find_twins(&mut self, rows: &[ForeignRow]) {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for row in rows {
            if let Some(line) = seen.insert(&row.reference.value, row.reference.line) {
                self.problems.push(row.reference.problem(format!("the same number as in line {line}")));
            }
        }
    }
}

/// The start of a cell, for a message.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
