//! The cells of a row by the fields they stand for, and what is wrong with them.

use std::collections::BTreeMap;

use crate::authority::csv_import::columns::{Field, assign, nearly};
use crate::authority::csv_import::sheet::Row;
use crate::authority::csv_import::{ColumnName, Problem};

/// The longest text of one line, in characters.
const LONGEST_LINE: usize = 1000;
/// The column that is written beside rows that could not be done. A file that comes back with it is read as if it had none.
pub const PROBLEM: &str = "problem";

/// Which field is in which column.
pub struct Columns<F> {
    places: BTreeMap<F, usize>,
    header: Vec<ColumnName>,
}

impl<F: Field> Columns<F> {
    /// Finds the columns of the fields. `is_known` tells columns that are no field and understood all the same.
    ///
    /// # Errors
    /// A header that leaves doubt, and columns whose names are nearly those of a field.
    pub fn find(header: &[ColumnName], map: &[(F, String)], is_known: impl Fn(&str) -> bool) -> Result<Self, Vec<String>> {
        let places = assign(header, map)?;
        let columns = Self { places, header: header.to_vec() };
        let doubts: Vec<String> = columns
            .others()
            .filter(|(_, column)| !is_known(&column.name))
            .filter_map(|(_, column)| {
                let field: F = nearly(column)?;
                // Who left a field out has said that such a column is none.
                let said = columns.places.contains_key(&field) || map.iter().any(|(mapped, _)| *mapped == field);
                (!said).then(|| {
                    format!(
                        "{column} is nearly {field}: rename it, or say --map {field}='{}', or --map {field}= for none",
                        column.name
                    )
                })
            })
            .collect();
        if doubts.is_empty() { Ok(columns) } else { Err(doubts) }
    }

    /// Whether there is a column for a field.
    pub fn has(&self, field: F) -> bool {
        self.places.contains_key(&field)
    }

    /// The columns that stand for no field, with their places.
    pub fn others(&self) -> impl Iterator<Item = (usize, &ColumnName)> {
        let is_taken = |place: &usize| self.places.values().any(|taken| taken == place);
        self.header.iter().enumerate().filter(move |(place, _)| !is_taken(place))
    }

    /// A problem with the cell of a field, or with the row where it has no such column.
    pub fn problem(&self, row: &Row, field: Option<F>, message: impl Into<String>) -> Problem {
        let place = field.and_then(|field| self.places.get(&field));
        let cell = place.and_then(|place| Some((row.cells.get(*place)?.0, self.header.get(*place))));
        let (line, column) = cell.unwrap_or((row.line, None));
        Problem::new(line, column, message)
    }

    /// A problem with the cell in a column.
    pub fn problem_at(&self, row: &Row, place: usize, message: impl Into<String>) -> Problem {
        Problem::new(row.cells.get(place).map_or(row.line, |cell| cell.0), self.header.get(place), message)
    }

    /// The cells of a row.
    pub fn of<'r>(&'r self, row: &'r Row) -> Cells<'r, F> {
        Cells { columns: self, row, problems: Vec::new() }
    }
}

/// The cells of one row, and what was found wrong with them.
pub struct Cells<'r, F> {
    columns: &'r Columns<F>,
    row: &'r Row,
    pub problems: Vec<Problem>,
}

impl<'r, F: Field> Cells<'r, F> {
    /// What a cell says; `None` where there is no column and where it is empty.
    pub fn text(&self, field: F) -> Option<&'r str> {
        let place = self.columns.places.get(&field)?;
        self.row.cells.get(*place).map(|(_, text)| text.as_str()).filter(|text| !text.is_empty())
    }

    /// What a cell means.
    pub fn parsed<T>(&mut self, field: F, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(field)?;
        parse(text).map_err(|why| self.refuse(Some(field), why)).ok()
    }

    /// What the parts of a cell mean, parted by `;` or `,` or blanks.
    pub fn each<T>(&mut self, field: F, parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let text = self.text(field).unwrap_or_default();
        let parts = text.split(|sign: char| matches!(sign, ';' | ',') || sign.is_whitespace());
        let mut found = Vec::new();
        for part in parts.filter(|part| !part.is_empty()) {
            match parse(part) {
                Ok(value) => found.push(value),
                Err(why) => self.refuse(Some(field), why),
            }
        }
        found
    }

    /// A text of one line.
    pub fn line(&mut self, field: F) -> Option<String> {
        self.parsed(field, |text| {
            if text.contains(char::is_control) {
                Err("a line break or a control character".into())
            } else if text.chars().count() > LONGEST_LINE {
                Err(format!("more than {LONGEST_LINE} characters"))
            } else {
                Ok(text.to_owned())
            }
        })
    }

    /// Notes down what is wrong with a cell, or with the row.
    pub fn refuse(&mut self, field: Option<F>, why: impl Into<String>) {
        self.problems.push(self.columns.problem(self.row, field, why));
    }
}

/// `'x' `, cut where it is long.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let cut = text.chars().count() > LONGEST;
    let start: String = text.chars().take(LONGEST).collect();
    if cut { format!("'{start}…'") } else { format!("'{start}'") }
}

/// Yes or no.
pub fn truth(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "x" => Ok(true),
        "no" | "false" | "0" => Ok(false),
        _ => Err(format!("{} is neither yes nor no", shown(text))),
    }
}
