//! A list written row by row. Only a table waits for the last row; every other format holds one row at a time.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::marker::PhantomData;

use super::table::Table;
use super::view::{Align, Cell, Column, View};
use super::{Format, Frame, Options, SCHEMA, escape};

/// Writes the views of one list to `W` as they come. Call [`Renderer::finish`] at the end: what ends without it is, on purpose,
/// no complete document.
pub struct Renderer<'f, V, W: Write> {
    options: Options,
    frame: Option<&'f Frame<'f>>,
    columns: Vec<Column>,
    out: BufWriter<W>,
    rows: u64,
    table: Table,
    view: PhantomData<fn(&V)>,
}

impl<'f, V: View, W: Write> Renderer<'f, V, W> {
    /// Nothing is written before the first row, so that a list that fails at once leaves nothing behind.
    pub fn new(out: W, options: &Options) -> Self {
        Self::build(out, options, None)
    }

    /// A list with something around it.
    pub fn framed(out: W, options: &Options, frame: &'f Frame<'f>) -> Self {
        Self::build(out, options, Some(frame))
    }

    fn build(out: W, options: &Options, frame: Option<&'f Frame<'f>>) -> Self {
        let columns = frame.map_or_else(|| V::columns().to_vec(), |frame| frame.titled(V::columns()));
        let (out, table) = (BufWriter::with_capacity(1 << 16, out), Table::new(columns.clone()));
        Self { options: options.clone(), frame, columns, out, rows: 0, table, view: PhantomData }
    }

    /// Writes one row.
    ///
    /// # Errors
    /// Those of the writer, a broken pipe among them.
    pub fn row(&mut self, view: &V) -> io::Result<()> {
        if self.rows == 0 {
            self.head()?;
        }
        self.rows += 1;
        match self.options.format {
            Format::Table => self.table.push(&view.cells()),
            Format::Json => {
                let object = serde_json::to_string_pretty(view)?.replace('\n', "\n    ");
                let comma = if self.rows == 1 { "" } else { "," };
                write!(self.out, "{comma}\n    {}", escape::json(&object))?;
            }
            Format::Jsonl => writeln!(self.out, "{}", json_line(view)?)?,
            Format::Csv => csv_line(&mut self.out, &view.cells())?,
            Format::Tsv => tsv_line(&mut self.out, &view.cells())?,
            Format::Markdown => writeln!(self.out, "{}", markdown_line(&view.cells()))?,
            Format::Name => writeln!(self.out, "{}", escape::human(&view.name()))?,
        }
        Ok(())
    }

    /// Writes what stands after the last row, and passes everything on.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        if self.rows == 0 {
            self.head()?;
        }
        let sums = self.frame.map_or(&[][..], |frame| &frame.totals);
        match self.options.format {
            Format::Table => {
                // Sums of nothing are nothing.
                sums.iter().filter(|_| self.rows > 0).for_each(|cells| self.table.push_sum(cells));
                for line in self.table.lines(self.options.width.map(usize::from)) {
                    writeln!(self.out, "{line}")?;
                }
                for line in self.options.footer.iter().flat_map(|footer| footer.lines()) {
                    writeln!(self.out, "{}", escape::human(line))?;
                }
            }
            Format::Json => {
                self.out.write_all(if self.rows == 0 { b"]" } else { b"\n  ]" })?;
                if let Some(frame) = self.frame {
                    let total = serde_json::to_string_pretty(&frame.total)?.replace('\n', "\n  ");
                    write!(self.out, ",\n  \"total\": {}", escape::json(&total))?;
                }
                self.out.write_all(b"\n}\n")?;
            }
            Format::Markdown => {
                for cells in sums.iter().filter(|_| self.rows > 0) {
                    writeln!(self.out, "{}", markdown_line(cells))?;
                }
            }
            _ => {}
        }
        self.out.flush()
    }

    fn head(&mut self) -> io::Result<()> {
        let keys = || self.columns.iter().map(|column| column.key);
        match self.options.format {
            Format::Json => {
                write!(self.out, "{{\n  \"schema\": {SCHEMA},\n")?;
                for (name, value) in self.frame.iter().flat_map(|frame| &frame.about) {
                    writeln!(self.out, "  \"{name}\": {},", escape::json(&value.to_string()))?;
                }
                write!(self.out, "  \"{}\": [", V::NOUN.many)
            }
            Format::Csv => writeln!(self.out, "{}", keys().collect::<Vec<_>>().join(",")),
            Format::Tsv => writeln!(self.out, "{}", keys().collect::<Vec<_>>().join("\t")),
            Format::Markdown => write!(self.out, "{}", markdown_head(&self.columns)),
            Format::Table | Format::Jsonl | Format::Name => Ok(()),
        }
    }
}

/// One object on one line, with the schema as its first member: each line is a document of its own.
pub(super) fn json_line<V: View>(view: &V) -> io::Result<String> {
    let object = serde_json::to_string(&view)?;
    let members = object.strip_prefix('{').unwrap_or(&object);
    let comma = if members == "}" { "" } else { "," };
    Ok(format!("{{\"schema\":{SCHEMA}{comma}{}", escape::json(members)))
}

/// RFC 4180, with plain line feeds between the rows, as the tools on the other side of a pipe expect them.
fn csv_line(out: &mut impl Write, cells: &[Cell<'_>]) -> io::Result<()> {
    for (place, cell) in cells.iter().enumerate() {
        out.write_all(if place > 0 { b"," } else { b"" })?;
        if let Cell::Number(number) = cell {
            out.write_all(itoa::Buffer::new().format(*number).as_bytes())?;
            continue;
        }
        let text = cell.for_programs();
        let text = if cell.is_free_text() { escape::csv(&text) } else { Cow::Borrowed(text.as_ref()) };
        // A row that is one empty cell would be an empty line, which readers skip.
        if text.contains([',', '"', '\r', '\n']) || (text.is_empty() && cells.len() == 1) {
            write!(out, "\"{}\"", text.replace('"', "\"\""))?;
        } else {
            out.write_all(text.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

fn tsv_line(out: &mut impl Write, cells: &[Cell<'_>]) -> io::Result<()> {
    for (place, cell) in cells.iter().enumerate() {
        out.write_all(if place > 0 { b"\t" } else { b"" })?;
        if let Cell::Number(number) = cell {
            out.write_all(itoa::Buffer::new().format(*number).as_bytes())?;
        } else {
            out.write_all(escape::tsv(&cell.for_programs()).as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

/// The header of a Markdown table and the line under it.
pub(super) fn markdown_head(columns: &[Column]) -> String {
    let mut titles = String::from("|");
    let mut rule = String::from("|");
    for column in columns {
        titles.extend([" ", &escape::markdown(column.title), " |"]);
        rule.push_str(if column.align == Align::Right { " ---: |" } else { " --- |" });
    }
    format!("{titles}\n{rule}\n")
}

/// A row of a Markdown table.
pub(super) fn markdown_line(cells: &[Cell<'_>]) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.extend([" ", &escape::markdown(&cell.for_people()), " |"]);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::sample::{License, Word, hostile, licenses, list};
    use super::super::{Options, assert_agrees};
    use super::*;

    #[test]
    fn cells_and_json_say_the_same() {
        licenses().iter().for_each(assert_agrees);
        assert_agrees(&hostile());
    }

    #[test]
    fn json_is_one_document_with_its_schema() {
        insta::assert_snapshot!(list(&licenses()[..2], Format::Json, None), @r#"
        {
          "schema": 1,
          "licenses": [
            {
              "id": "LIC-0000-007E",
              "customer": "日本株式会社ソフトウェア開発センター東京",
              "tier": "Professional",
              "status": "active",
              "issued_at": "2026-11-22T14:03:59Z"
            },
            {
              "id": "LIC-0000-008G",
              "customer": "Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG",
              "tier": "Enterprise Unlimited Plus",
              "seats": 1500,
              "last_day": "2026-11-19",
              "status": "grace",
              "days_left": -3,
              "features": [
                "api",
                "sso"
              ],
              "issued_at": "2026-11-22T14:03:59Z",
              "note": "bought at the fair, renew by hand"
            }
          ]
        }
        "#);
    }

    #[test]
    fn each_line_of_jsonl_is_a_document() {
        insta::assert_snapshot!(list(&licenses()[..2], Format::Jsonl, None), @r#"
        {"schema":1,"id":"LIC-0000-007E","customer":"日本株式会社ソフトウェア開発センター東京","tier":"Professional","status":"active","issued_at":"2026-11-22T14:03:59Z"}
        {"schema":1,"id":"LIC-0000-008G","customer":"Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG","tier":"Enterprise Unlimited Plus","seats":1500,"last_day":"2026-11-19","status":"grace","days_left":-3,"features":["api","sso"],"issued_at":"2026-11-22T14:03:59Z","note":"bought at the fair, renew by hand"}
        "#);
    }

    #[test]
    fn csv_has_keys_and_plain_values() {
        insta::assert_snapshot!(list(&licenses(), Format::Csv, None), @r#"
        id,customer,tier,seats,last_day,status,days_left,features,issued_at,note
        LIC-0000-007E,日本株式会社ソフトウェア開発センター東京,Professional,,,active,,,2026-11-22T14:03:59Z,
        LIC-0000-008G,"Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG",Enterprise Unlimited Plus,1500,2026-11-19,grace,-3,api;sso,2026-11-22T14:03:59Z,"bought at the fair, renew by hand"
        LIC-C938-NKRA,Acme GmbH,Professional,12,2027-11-22,active,365,api;sso,2026-11-22T14:03:59Z,
        "#);
    }

    #[test]
    fn tsv_has_keys_and_plain_values() {
        insta::assert_snapshot!(list(&licenses(), Format::Tsv, None), @"
        id	customer	tier	seats	last_day	status	days_left	features	issued_at	note
        LIC-0000-007E	日本株式会社ソフトウェア開発センター東京	Professional			active			2026-11-22T14:03:59Z	
        LIC-0000-008G	Müller, Söhne & Enkel Maschinenbau Beteiligungsgesellschaft mbH & Co. KG	Enterprise Unlimited Plus	1500	2026-11-19	grace	-3	api;sso	2026-11-22T14:03:59Z	bought at the fair, renew by hand
        LIC-C938-NKRA	Acme GmbH	Professional	12	2027-11-22	active	365	api;sso	2026-11-22T14:03:59Z
        ");
    }

    #[test]
    fn markdown_is_a_table() {
        insta::assert_snapshot!(list(&licenses(), Format::Markdown, None), @r"
        | License | Customer | Tier | Seats | Ends | Status | Days | Features | Issued | Note |
        | --- | --- | --- | ---: | --- | --- | ---: | --- | --- | --- |
        | LIC-0000-007E | 日本株式会社ソフトウェア開発センター東京 | Professional | unlimited | never | active | – | – | 2026-11-22 14:03Z | – |
        | LIC-0000-008G | Müller, Söhne \& Enkel Maschinenbau Beteiligungsgesellschaft mbH \& Co. KG | Enterprise Unlimited Plus | 1500 | 2026-11-19 | grace | -3 | api, sso | 2026-11-22 14:03Z | bought at the fair, renew by hand |
        | LIC-C938-NKRA | Acme GmbH | Professional | 12 | 2027-11-22 | active | 365 | api, sso | 2026-11-22 14:03Z | – |
        ");
    }

    #[test]
    fn names_stand_alone() {
        insta::assert_snapshot!(list(&licenses(), Format::Name, None), @"
        LIC-0000-007E
        LIC-0000-008G
        LIC-C938-NKRA
        ");
    }

    #[test]
    fn an_empty_list_is_a_header_or_an_empty_array() {
        for (format, empty) in [
            (Format::Json, "{\n  \"schema\": 1,\n  \"words\": []\n}\n"),
            (Format::Jsonl, ""),
            (Format::Csv, "word\n"),
            (Format::Tsv, "word\n"),
            (Format::Markdown, "| Word |\n| --- |\n"),
            (Format::Name, ""),
        ] {
            assert_eq!(list::<Word>(&[], format, Some(10)), empty, "{format}");
        }
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        let rows = |format| list(&[hostile()], format, None).split_once('\n').unwrap().1.to_owned();
        let end = ",'-1+2,12,2027-11-22,active,-3,api;sso,2026-11-22T14:03:59Z,\n";
        let customer = "\"'=HYPERLINK(\"\"http://x\"\")\u{1b}[2J\u{202e}gpj|<b>\t'a','b'\r\n\\\"";
        assert_eq!(rows(Format::Csv), format!("LIC-C938-NKRA,{customer}{end}"));
        let end = "\t-1+2\t12\t2027-11-22\tactive\t-3\tapi;sso\t2026-11-22T14:03:59Z\t\n";
        let customer = "=HYPERLINK(\"http://x\")\\u{1b}[2J\u{202e}gpj|<b>\\t'a','b'\\r\\n\\\\";
        assert_eq!(rows(Format::Tsv), format!("LIC-C938-NKRA\t{customer}{end}"));
        insta::assert_snapshot!(list(&[hostile()], Format::Markdown, None), @r#"
        | License | Customer | Tier | Seats | Ends | Status | Days | Features | Issued | Note |
        | --- | --- | --- | ---: | --- | --- | ---: | --- | --- | --- |
        | LIC-C938-NKRA | =HYPERLINK("http://x")\\u{1b}\[2J\\u{202e}gpj\|\<b\>\\t'a','b'\\r\\n\\ | -1+2 | 12 | 2027-11-22 | active | -3 | api, sso | 2026-11-22 14:03Z | – |
        "#);
        insta::assert_snapshot!(list(&[hostile()], Format::Jsonl, None), @r#"{"schema":1,"id":"LIC-C938-NKRA","customer":"=HYPERLINK(\"http://x\")\u001b[2J\u202egpj|<b>\t'a','b'\r\n\\","tier":"-1+2","seats":12,"last_day":"2027-11-22","status":"active","days_left":-3,"features":["api","sso"],"issued_at":"2026-11-22T14:03:59Z"}"#);
    }

    #[test]
    fn the_width_and_the_footer_are_for_tables_only() {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Table) {
            let mut out = Vec::new();
            let options = Options::new(format).width(Some(20)).footer(Some("more".into()));
            super::super::list(&mut out, &licenses(), &options).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), list(&licenses(), format, None), "{format}");
        }
    }

    #[test]
    fn nothing_is_written_before_the_first_row() {
        let mut out = Vec::new();
        drop(Renderer::<License, _>::new(&mut out, &Options::new(Format::Json)));
        assert!(out.is_empty());
    }

    #[test]
    fn a_broken_pipe_is_passed_up_before_all_rows_are_read() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in [Format::Json, Format::Jsonl, Format::Csv, Format::Tsv, Format::Markdown, Format::Name] {
            let options = Options::new(format);
            let mut renderer = Renderer::new(Broken, &options);
            let licenses = licenses();
            let error = licenses.iter().cycle().take(100_000).find_map(|license| renderer.row(license).err()).unwrap();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format}");
        }
    }

    fn undo_tsv(cell: &str) -> String {
        // The escapes that ordinary text needs; `escape` tests the others.
        cell.replace("\\\\", "\u{0}").replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t").replace('\u{0}', "\\")
    }

    proptest! {
        #[test]
        fn every_format_for_programs_reads_back(texts in vec("[a-z,;\"'=|\\\\\t\r\n 日é-]{0,12}", 0..6), tier: String) {
            let views: Vec<License> = texts
                .iter()
                .map(|text| {
                    let note = (!text.is_empty()).then(|| text.clone());
                    License { customer: text.clone(), tier: tier.clone(), note, ..hostile() }
                })
                .collect();

            let csv = list(&views, Format::Csv, None);
            let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(rows.len(), views.len());
            for (row, view) in rows.iter().zip(&views) {
                let cells: Vec<_> = row.iter().map(escape::undo_csv).collect();
                let expected: Vec<_> = view.cells().iter().map(|cell| cell.for_programs().into_owned()).collect();
                prop_assert_eq!(cells, expected);
            }

            let tsv = list(&views, Format::Tsv, None);
            prop_assert_eq!(tsv.lines().count(), views.len() + 1);
            for (line, view) in tsv.lines().skip(1).zip(&views) {
                let cells: Vec<_> = line.split('\t').collect();
                prop_assert_eq!(cells.len(), License::columns().len());
                prop_assert_eq!(undo_tsv(cells[1]), view.customer.as_str());
            }

            let expected: Vec<Value> = views.iter().map(|view| serde_json::to_value(view).unwrap()).collect();
            let json: Value = serde_json::from_str(&list(&views, Format::Json, None)).unwrap();
            prop_assert_eq!(&json["schema"], 1);
            prop_assert_eq!(&json["licenses"], &Value::from(expected.clone()));
            for (line, mut object) in list(&views, Format::Jsonl, None).lines().zip(expected) {
                object["schema"] = 1.into();
                prop_assert_eq!(serde_json::from_str::<Value>(line).unwrap(), object);
            }
        }

        #[test]
        fn one_empty_cell_is_still_a_row(texts in vec("[a ]?", 0..4)) {
            let views: Vec<_> = texts.iter().map(|text| Word { word: text.clone() }).collect();
            let csv = list(&views, Format::Csv, None);
            let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
            let words: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
            prop_assert_eq!(words, texts);
        }

        #[test]
        fn markdown_keeps_every_row_on_one_line_of_as_many_cells(text: String) {
            let shown = list(&[Word { word: text }], Format::Markdown, None);
            prop_assert_eq!(shown.lines().count(), 3);
            let row = shown.lines().nth(2).unwrap();
            prop_assert_eq!(row.replace("\\\\", "").replace("\\|", "").matches('|').count(), 2);
        }
    }
}
