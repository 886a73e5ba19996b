//! A table as a file for a spreadsheet: comma-separated values that run nothing.

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text from anywhere.
    Text(String),
    /// A number; `None`: unknown, or unlimited.
    Number(Option<i64>),
}

impl Cell {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => safe(text),
            Self::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        }
    }
}

/// The table as CSV (RFC 4180), with the mark by which spreadsheets know UTF-8. A cell that a spreadsheet would take for a formula
/// gets an apostrophe in front, and so does one that begins with such an apostrophe, so that taking one away gives it back.
#[must_use]
pub fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Vec<u8> {
    let mut out = "\u{feff}".as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut out);
    // Memory takes everything, and every row has the columns of the header.
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(Cell::written));
    }
    let _ = writer.flush();
    drop(writer);
    out
}

fn safe(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// The wide forms of the four signs count as well: spreadsheets in Japanese and Chinese take them.
fn is_formula(text: &str) -> bool {
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.trim_start_matches('\'').starts_with(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(cells: &[&str]) -> String {
        let bytes = csv(&["a", "b"], [cells.iter().map(|cell| Cell::Text((*cell).to_owned())).collect()]);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_spreadsheet_runs_no_cell_and_loses_none() {
        assert_eq!(table(&["=HYPERLINK(\"x\")", "Acme, Inc."]), "\u{feff}a,b\r\n\"'=HYPERLINK(\"\"x\"\")\",\"Acme, Inc.\"\r\n");
        assert_eq!(table(&["'=1", "line\nbreak"]), "\u{feff}a,b\r\n''=1,\"line\nbreak\"\r\n");
    }

    #[test]
    fn numbers_stay_numbers() {
        let bytes = csv(&["a", "b"], [vec![Cell::Number(Some(-1)), Cell::Number(None)]]);
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}a,b\r\n-1,\r\n");
    }

    proptest! {
        /// The same rule as that of the lists (`-o csv`).
        #[test]
        fn a_mailed_cell_is_written_as_a_listed_one(text in "['=+@a\t\r\n-]{0,4}|\\PC{0,8}") {
            prop_assert_eq!(safe(&text), crate::render::escape::csv(&text));
        }
    }
}
