//! A CSV file as the programs of this world write it: its encoding, its delimiter, its header, and its rows with the lines they
//! stand on. What the columns mean is not known here.

use std::borrow::Cow;
use std::io::Read;

use csv::StringRecord;

use super::{ColumnName, Problem};

/// The largest cell, in bytes.
const LARGEST_CELL: usize = 1 << 20;
/// The longest name of a column, in bytes: every problem with one of its cells repeats it.
const LONGEST_NAME: usize = 256;
/// Read after the end of the file: where it does not arrive as a row of its own, a quote was left open. Files have no zero bytes.
const SENTINEL: &str = "\0";

pub(super) const NO_HEADER: &str = "the file is empty: its first line has to name the columns";

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy)]
pub(in crate::authority) struct Dialect {
    /// What parts the cells.
    pub delimiter: u8,
    /// Whether lines that begin with `#` are left out.
    pub comments: bool,
}

/// The header and the rows of a file.
pub(in crate::authority) struct Sheet {
    /// The line of the header.
    pub line: u64,
    /// Empty where the file cannot be read at all.
    pub header: Vec<ColumnName>,
    pub rows: Vec<Row>,
    /// Rows that are none, as they stand in the file.
    pub ragged: Vec<Row>,
}

/// A row with as many cells as the header, each trimmed.
pub(in crate::authority) struct Row {
    /// The line it starts on.
    pub line: u64,
    /// Each cell with the line it starts on: quoted cells before it may run over several.
    pub cells: Vec<(u64, String)>,
}

impl Sheet {
    /// Reads the whole file. Rows that are empty throughout are left out: spreadsheets like to add them.
    ///
    /// The problems are everything that keeps the file from being a table. The good rows come along, so that what they say can be
    /// checked as well.
    pub fn read(bytes: &[u8]) -> (Self, Vec<Problem>) {
        let mut sheet = Self { line: 1, header: Vec::new(), rows: Vec::new(), ragged: Vec::new() };
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(problem) => return (sheet, vec![problem]),
        };
        let (text, delimiter) = delimiter(&text);
        let problems = sheet.take(text, &Dialect { delimiter, comments: false }, 1);
        (sheet, problems)
    }

    /// Takes the rows of a part of a file, which begins at a line and ends with a row; the first row that is taken is the header.
    pub fn take(&mut self, text: &str, dialect: &Dialect, first_line: u64) -> Vec<Problem> {
        let records = match records(text, dialect, first_line) {
            Ok(records) => records,
            Err(problem) => return vec![problem],
        };
        let mut problems = Vec::new();
        let mut records = records.into_iter().filter(|(_, record)| record.iter().any(|cell| !cell.trim().is_empty()));
        if self.header.is_empty() {
            match records.next() {
                Some((line, header)) => {
                    self.line = line;
                    if let Some((number, _)) = (1..).zip(&header).find(|(_, name)| name.trim().len() > LONGEST_NAME) {
                        let message = format!("the name of column {number} is longer than {LONGEST_NAME} bytes: is it a header?");
                        return vec![Problem::new(line, None, message)];
                    }
                    self.header =
                        (1..).zip(&header).map(|(number, name)| ColumnName { name: name.trim().to_owned(), number }).collect();
                }
                None => problems.push(Problem::new(1, None, NO_HEADER)),
            }
        }
        for (line, record) in records {
            match self.row(line, &record) {
                Ok(row) => self.rows.push(row),
                Err(problem) => {
                    let cells = record.iter().map(|cell| (line, cell.to_owned())).collect();
                    self.ragged.push(Row { line, cells });
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn row(&self, line: u64, record: &StringRecord) -> Result<Row, Problem> {
        let columns = self.header.len();
        if record.len() < columns || record.iter().skip(columns).any(|cell| !cell.trim().is_empty()) {
            let cells = if record.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", record.len()) };
            return Err(Problem::new(
                line,
                None,
                format!("{cells}, where the header has {columns}: is a quote or a delimiter missing?"),
            ));
        }
        let mut at = line;
        let mut cells = Vec::with_capacity(columns);
        for (column, cell) in self.header.iter().zip(record) {
            if cell.len() > LARGEST_CELL {
                return Err(Problem::new(at, Some(column), "more than 1 MiB in one cell"));
            }
            cells.push((at, unprotected(cell.trim()).to_owned()));
            at += line_feeds(cell);
        }
        Ok(Row { line, cells })
    }
}

/// The text without its byte order mark, with line feeds between its lines.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let text = plain_text(bytes, 1)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Old spreadsheets on the Mac end lines with a carriage return alone.
    Ok(if text.contains('\n') { text.into() } else { text.replace('\r', "\n").into() })
}

/// The text of a part of a file that begins at a line.
pub(super) fn plain_text(bytes: &[u8], first_line: u64) -> Result<&str, Problem> {
    let refused = |place: usize, what: &str| {
        let line = first_line + bytes[..place].iter().filter(|byte| **byte == b'\n').count() as u64;
        Problem::new(line, None, format!("{what}: save the file as \"CSV UTF-8\" first"))
    };
    if first_line == 1 && (bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")) {
        return Err(refused(0, "the file is UTF-16, not UTF-8"));
    }
    if let Some(place) = bytes.iter().position(|byte| *byte == 0) {
        return Err(refused(place, "a zero byte, which no UTF-8 text has"));
    }
    std::str::from_utf8(bytes).map_err(|error| refused(error.valid_up_to(), "not UTF-8 (perhaps Latin-1 or Windows-1252)"))
}

/// The records, each with the line it starts on.
fn records(text: &str, dialect: &Dialect, first_line: u64) -> Result<Vec<(u64, StringRecord)>, Problem> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(dialect.comments.then_some(b'#'))
        .delimiter(dialect.delimiter)
        .from_reader(text.as_bytes().chain("\n".as_bytes()).chain(SENTINEL.as_bytes()));
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Problem::new(first_line, None, format!("unreadable: {error}")))?;
        // The position is where the reader stood before it skipped empty lines.
        let line = record.position().map_or(first_line, |position| {
            let rest = text.get(position.byte() as usize..).unwrap_or_default();
            first_line - 1 + position.line() + line_feeds(&rest[..skipped(rest, dialect.comments)])
        });
        records.push((line, record));
    }
    match records.pop() {
        Some((_, last)) if &last == [SENTINEL].as_slice() => Ok(records),
        Some((line, _)) => Err(Problem::new(line, None, "a quote is opened in this row and closed nowhere")),
        None => Ok(records),
    }
}

/// How much the reader skips before the record that comes next: empty lines, and comments.
fn skipped(text: &str, comments: bool) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(['\r', '\n']);
        match rest.find('\n') {
            Some(end) if comments && rest.starts_with('#') => rest = &rest[end..],
            _ => return text.len() - rest.len(),
        }
    }
}

fn line_feeds(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

/// The text of the table, and what parts its cells: what Excel's `sep=` line says, else whichever of `;`, tab and `,` occurs most in
/// the header, quoted names apart.
pub(super) fn delimiter(text: &str) -> (&str, u8) {
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    if let Some(&[delimiter]) = first.strip_prefix("sep=").map(|sign| sign.trim_end_matches('\r').as_bytes()) {
        return (rest, delimiter);
    }
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0)];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of equals the last, so that a file of one column counts as comma-separated.
    (text, counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| sign))
}

/// The cell without the apostrophe that keeps spreadsheets from running it, as our own CSV and that of others has it.
fn unprotected(cell: &str) -> &str {
    let formula = |text: &str| text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    cell.strip_prefix('\'').filter(|text| formula(text)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: impl AsRef<[u8]>) -> Vec<(u64, Vec<String>)> {
        let (sheet, problems) = Sheet::read(text.as_ref());
        assert_eq!(problems, []);
        sheet.rows.into_iter().map(|row| (row.line, row.cells.into_iter().map(|(_, cell)| cell).collect())).collect()
    }

    fn refused(text: impl AsRef<[u8]>) -> String {
        let (_, problems) = Sheet::read(text.as_ref());
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_spreadsheet_program_is_understood() {
        let expected = [(2, vec!["Acme, Inc".to_owned(), "a;b".to_owned()])];
        for text in [
            "name,notes\n\"Acme, Inc\",a;b\n",
            "name;notes\r\nAcme, Inc;\"a;b\"\r\n",
            "name\tnotes\nAcme, Inc\ta;b",
            "\u{feff}name;notes\n Acme, Inc ;\"a;b\"",
            "name;notes\rAcme, Inc;\"a;b\"\r",
            "\"name, or, company\";notes\nAcme, Inc;\"a;b\"\n",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
        assert_eq!(read("sep=,\r\nname,notes\r\n\"Acme, Inc\",a;b\r\n"), [(3, expected[0].1.clone())]);
        assert_eq!(read("name\nAcme\n"), [(2, vec!["Acme".to_owned()])]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "\n\nname;notes\n\nA;\"one\ntwo\r\nthree\"\n;;\n \n\nB;\n";
        let lines: Vec<u64> = read(text).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [5, 11]);
        let (sheet, _) = Sheet::read(b"a,b,c\n\"1\n2\",\"3\n4\n5\",6\n");
        assert_eq!(sheet.rows[0].cells.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 5]);
    }

    #[test]
    fn another_encoding_is_named_with_its_line() {
        assert_eq!(
            refused(b"name\nAcme\nM\xfcller\n"),
            "line 3: not UTF-8 (perhaps Latin-1 or Windows-1252): save the file as \"CSV UTF-8\" first"
        );
        assert!(refused(b"\xff\xfen\0a\0").starts_with("line 1: the file is UTF-16"));
        assert!(refused(b"name\nA\0c").starts_with("line 2: a zero byte"));
    }

    #[test]
    fn a_file_that_is_no_table_is_refused() {
        insta::assert_snapshot!(refused(""), @"line 1: the file is empty: its first line has to name the columns");
        insta::assert_snapshot!(refused("\u{feff}\r\n;;\r\n"), @"line 1: the file is empty: its first line has to name the columns");
        insta::assert_snapshot!(refused("a;b\n1;2\n\"3;4\n5;6\n"), @"line 3: a quote is opened in this row and closed nowhere");
        insta::assert_snapshot!(refused("a;b\n1\n1;2;3\n1;2;;\n"), @"
        line 2: 1 cell, where the header has 2: is a quote or a delimiter missing?
        line 3: 3 cells, where the header has 2: is a quote or a delimiter missing?
        ");
        insta::assert_snapshot!(refused(format!("a;b\n1;{}\n", "x".repeat(LARGEST_CELL + 1))), @"line 2, column 2 (b): more than 1 MiB in one cell");
    }

    #[test]
    fn the_apostrophe_against_formulas_is_taken_off() {
        assert_eq!(
            read("a;b\n'=1+1;'tis\n''=x;'+49 30\n"),
            [(2, vec!["=1+1".to_owned(), "'tis".to_owned()]), (3, vec!["'=x".to_owned(), "+49 30".to_owned()])]
        );
    }

    proptest! {
        #[test]
        fn no_file_makes_the_reader_panic(bytes: Vec<u8>, text in "[a\";,\\t\\r\\n]{0,40}") {
            Sheet::read(&bytes);
            Sheet::read(text.as_bytes());
        }
    }
}
