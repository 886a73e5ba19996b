//! A CSV file of any size, read in parts that end with a row, so that no more than a part is ever held.

use std::io::{self, Read};

use super::sheet::{Dialect, Row, Sheet, delimiter, plain_text};
use super::{ColumnName, Problem};

/// How much is read before rows are given out.
const PART: usize = 256 << 10;
/// The longest row, in bytes.
const LONGEST_ROW: usize = 8 << 20;
/// The lines before the header that are looked at for what parts the cells.
const HEAD: usize = 64 << 10;

/// The rows of a file, part by part.
pub(in crate::authority) struct SheetStream<R> {
    input: R,
    /// Whether lines end with a carriage return alone, as old spreadsheets on the Mac have it.
    carriage_returns: bool,
    /// What was read and not given out.
    buffer: Vec<u8>,
    /// How much of it was looked through for ends of rows, and where the last one was found.
    scanned: usize,
    end_of_row: usize,
    inside: Inside,
    /// The line that the buffer begins with.
    line: u64,
    ended: bool,
    dialect: Dialect,
    sheet: Sheet,
    /// The problems of the part that was read with the header.
    first: Option<Vec<Problem>>,
}

/// Some rows of a file.
pub(in crate::authority) struct Part {
    pub rows: Vec<Row>,
    pub problems: Vec<Problem>,
    /// The rows that have another number of cells than the header; each has a problem with its line.
    pub ragged: Vec<Row>,
    /// Nothing can be said about what comes after it.
    pub last: bool,
}

/// Where in a row the look-out for its end is, by the rules of the reader of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    StartOfRow,
    StartOfCell,
    Cell,
    Quoted,
    /// Behind a quote in a quoted cell: the end of the cell, or half of a quote.
    Quote,
    Comment,
}

impl Inside {
    fn next(self, byte: u8, dialect: &Dialect) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::Quote,
            (Self::Quoted, _) | (Self::Quote, b'"') => Self::Quoted,
            (_, b'\n') => Self::StartOfRow,
            (Self::Comment, _) => Self::Comment,
            (Self::StartOfRow, b'#') if dialect.comments => Self::Comment,
            (Self::StartOfRow | Self::StartOfCell, b'"') => Self::Quoted,
            (_, byte) if byte == dialect.delimiter => Self::StartOfCell,
            // A carriage return ends a row for the reader as well.
            (_, b'\r') => Self::StartOfRow,
            _ => Self::Cell,
        }
    }
}

impl<R: Read> SheetStream<R> {
    /// Reads the header, below the lines that begin with `#`. Where there is none, the first part says why.
    pub fn open(input: R, carriage_returns: bool) -> io::Result<Self> {
        let dialect = Dialect { delimiter: b',', comments: true };
        let mut stream = Self {
            input,
            carriage_returns,
            buffer: Vec::new(),
            scanned: 0,
            end_of_row: 0,
            inside: Inside::StartOfRow,
            line: 1,
            ended: false,
            dialect,
            sheet: Sheet { line: 1, header: Vec::new(), rows: Vec::new(), ragged: Vec::new() },
            first: None,
        };
        stream.fill()?;
        if stream.buffer.starts_with("\u{feff}".as_bytes()) {
            stream.buffer.drain(..3);
        }
        let head = &stream.buffer[..stream.buffer.len().min(HEAD)];
        let head = String::from_utf8_lossy(head);
        let (rest, sign) = delimiter(without_comments(&head));
        stream.dialect.delimiter = sign;
        if rest.len() < head.len() && head.starts_with("sep=") {
            // The line break of that line stays, so that lines are counted right.
            let told = head.len() - rest.len();
            stream.buffer.drain(..told);
        }
        let problems = loop {
            match stream.cut()? {
                Some(Ok(text)) => {
                    let problems = stream.parse(&text);
                    if !stream.sheet.header.is_empty() || stream.ended {
                        break problems;
                    }
                }
                Some(Err(problem)) => {
                    stream.ended = true;
                    break vec![problem];
                }
                None => break vec![Problem::new(1, None, super::sheet::NO_HEADER)],
            }
        };
        stream.first = Some(problems);
        Ok(stream)
    }

    /// The line of the header.
    pub fn header_line(&self) -> u64 {
        self.sheet.line
    }

    /// The columns; none where the file cannot be read.
    pub fn header(&self) -> &[ColumnName] {
        &self.sheet.header
    }

    /// The next rows; `None` at the end.
    pub fn next_part(&mut self) -> io::Result<Option<Part>> {
        let problems = match self.first.take() {
            Some(problems) => problems,
            None if self.sheet.header.is_empty() => return Ok(None),
            None => match self.cut()? {
                None => return Ok(None),
                Some(Ok(text)) => self.parse(&text),
                Some(Err(problem)) => {
                    self.ended = true;
                    self.buffer.clear();
                    return Ok(Some(self.part(vec![problem], true)));
                }
            },
        };
        let last = self.sheet.header.is_empty();
        Ok(Some(self.part(problems, last)))
    }

    fn part(&mut self, problems: Vec<Problem>, last: bool) -> Part {
        let sheet = &mut self.sheet;
        Part { rows: std::mem::take(&mut sheet.rows), ragged: std::mem::take(&mut sheet.ragged), problems, last }
    }

    fn parse(&mut self, part: &(Vec<u8>, u64)) -> Vec<Problem> {
        let (bytes, line) = part;
        match plain_text(bytes, *line) {
            Ok(text) => self.sheet.take(text, &self.dialect, *line),
            Err(problem) => vec![problem],
        }
    }

    /// The bytes of the next rows, with the line they begin on.
    #[allow(clippy::type_complexity)] // bytes and their line, or why there are none, at the end or before it
    fn cut(&mut self) -> io::Result<Option<Result<(Vec<u8>, u64), Problem>>> {
        loop {
            for (place, byte) in self.buffer.iter().enumerate().skip(self.scanned) {
                self.inside = self.inside.next(*byte, &self.dialect);
                if *byte == b'\n' && self.inside == Inside::StartOfRow {
                    self.end_of_row = place + 1;
                }
            }
            self.scanned = self.buffer.len();
            if self.end_of_row > 0 && self.buffer.len() >= PART {
                return Ok(Some(Ok(self.take(self.end_of_row))));
            }
            if self.ended {
                let all = self.buffer.len();
                return Ok((all > 0).then(|| Ok(self.take(all))));
            }
            if self.buffer.len() > LONGEST_ROW {
                let why = "more than 8 MiB in one row: is a quote missing?";
                return Ok(Some(Err(Problem::new(self.line, None, why))));
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> (Vec<u8>, u64) {
        let rest = self.buffer.split_off(length);
        let part = std::mem::replace(&mut self.buffer, rest);
        (self.scanned, self.end_of_row) = (self.buffer.len(), 0);
        let line = self.line;
        self.line += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        (part, line)
    }

    fn fill(&mut self) -> io::Result<()> {
        let before = self.buffer.len();
        let read = self.input.by_ref().take(PART as u64).read_to_end(&mut self.buffer)?;
        self.ended = read < PART;
        if self.carriage_returns {
            self.buffer[before..].iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
        Ok(())
    }
}

/// The text from its first line that is no comment.
fn without_comments(text: &str) -> &str {
    let mut rest = text;
    loop {
        let line = rest.trim_start_matches(['\r', '\n']);
        match line.split_once('\n') {
            Some((_, after)) if line.starts_with('#') => rest = after,
            _ => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time.
    struct Drops<'b>(&'b [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(into.len());
            self.0.read(&mut into[..size])
        }
    }

    type Cells = Vec<(u64, Vec<(u64, String)>)>;

    fn streamed(bytes: &[u8]) -> (Vec<String>, Cells, Vec<String>) {
        let old_mac = !bytes.contains(&b'\n');
        let mut stream = SheetStream::open(Drops(bytes, 7), old_mac).unwrap();
        let header = stream.header().iter().map(|column| column.name.clone()).collect();
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        while let Some(part) = stream.next_part().unwrap() {
            rows.extend(part.rows.into_iter().map(|row| (row.line, row.cells)));
            problems.extend(part.problems.iter().map(ToString::to_string));
        }
        (header, rows, problems)
    }

    fn whole(bytes: &[u8]) -> (Vec<String>, Cells, Vec<String>) {
        let (sheet, problems) = Sheet::read(bytes);
        let header = sheet.header.into_iter().map(|column| column.name).collect();
        let rows = sheet.rows.into_iter().map(|row| (row.line, row.cells)).collect();
        (header, rows, problems.iter().map(ToString::to_string).collect())
    }

    /// More than a part, with rows that run over several lines, quotes in cells that are not quoted, and empty lines.
    fn long(line_end: &str) -> String {
        let mut text = format!("\u{feff}customer;note;seats{line_end}");
        for number in 0..30_000 {
            let note = match number % 5 {
                0 => format!("\"one{line_end}two; \"\"{number}\"\"\""),
                1 => "a 5\" disk".to_owned(),
                2 => String::new(),
                3 => "\"\"".to_owned(),
                _ => "\"x\"y\"z".to_owned(),
            };
            text += &format!("customer-{number};{note};{number}{line_end}");
            if number % 7 == 0 {
                text += line_end;
            }
        }
        text
    }

    #[test]
    fn a_file_in_parts_is_the_same_file() {
        for line_end in ["\n", "\r\n"] {
            let text = long(line_end);
            let (read, expected) = (streamed(text.as_bytes()), whole(text.as_bytes()));
            assert!(text.len() > 3 * PART && expected.1.len() == 30_000);
            assert_eq!(read.0, expected.0);
            assert!(read.1 == expected.1 && read.2 == expected.2, "{line_end:?}");
        }
    }

    #[test]
    fn lines_that_begin_with_a_number_sign_are_left_out_and_counted() {
        let text = "# a \"comment\n#\n\ncustomer;tier\n# another; one\n\nacme;\"#basic\"\n\"#1 Corp\";pro\n#end";
        let (header, rows, problems) = streamed(text.as_bytes());
        assert_eq!((header, problems), (vec!["customer".to_owned(), "tier".to_owned()], vec![]));
        assert_eq!(rows.iter().map(|row| (row.0, row.1[0].1.as_str())).collect::<Vec<_>>(), [(7, "acme"), (8, "#1 Corp")]);
        assert_eq!(rows[0].1[1].1, "#basic");
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        let told = |bytes: &[u8]| streamed(bytes).2.join("\n");
        assert_eq!(told(b""), "line 1: the file is empty: its first line has to name the columns");
        assert_eq!(told(b"# nothing\n"), "line 1: the file is empty: its first line has to name the columns");
        assert!(told(b"\xff\xfea\0").starts_with("line 1: the file is UTF-16"));
        let mut late = long("\n").into_bytes();
        late.extend(b"M\xfcller;;\n");
        let lines = late.iter().filter(|byte| **byte == b'\n').count();
        assert!(told(&late).starts_with(&format!("line {lines}: not UTF-8")), "{}", told(&late));
        let endless = format!("a;b\n1;2\n\"{}", "x\n".repeat(LONGEST_ROW));
        assert_eq!(told(endless.as_bytes()), "line 3: more than 8 MiB in one row: is a quote missing?");
        assert_eq!(told(b"a;b\n1;2\n\"3;4\n"), "line 3: a quote is opened in this row and closed nowhere");
    }

    #[test]
    fn excel_and_the_old_mac_are_understood() {
        for text in ["sep=;\r\na;b\r\n1,2;3\r\n", "a;b\r1,2;3\r"] {
            let (header, rows, problems) = streamed(text.as_bytes());
            assert_eq!((header, problems), (vec!["a".to_owned(), "b".to_owned()], vec![]), "{text:?}");
            assert_eq!(rows[0].1[0].1, "1,2", "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn rows_are_cut_where_the_reader_ends_them(text in "a;b\n([a\";\\r\\n]|\"\"|\"\n){0,60}") {
            let bytes = text.as_bytes();
            let dialect = Dialect { delimiter: b';', comments: false };
            let mut inside = Inside::StartOfRow;
            for (place, byte) in bytes.iter().enumerate() {
                inside = inside.next(*byte, &dialect);
                if *byte == b'\n' && inside == Inside::StartOfRow {
                    let (start, rest) = text.split_at(place + 1);
                    let records = |text: &str| csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(b';')
                        .from_reader(text.as_bytes()).records().map(Result::unwrap).collect::<Vec<_>>();
                    let cut: Vec<_> = records(start).into_iter().chain(records(rest)).collect();
                    prop_assert_eq!(cut, records(&text));
                }
            }
        }

        #[test]
        fn no_file_makes_the_stream_panic(bytes: Vec<u8>, text in "[#a\";,\\t\\r\\n]{0,40}") {
            streamed(&bytes);
            streamed(text.as_bytes());
        }
    }
}
