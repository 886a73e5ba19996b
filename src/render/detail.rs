//! One object at length: headed sections for people, one object or one row for programs.

use std::io::{self, Write};

use super::stream::{Renderer, json_line, markdown_head, markdown_line};
use super::table::Table;
use super::view::{Align, Body, Cell, Detail, Section};
use super::{Format, Options, SCHEMA, escape, width};

/// Before what stands under a heading.
const INDENT: &str = "  ";
/// Values are not wrapped to less than this, however narrow the terminal.
const NARROWEST_VALUE: usize = 20;

/// Writes one object.
///
/// # Errors
/// Those of the writer.
pub fn detail<V: Detail>(out: &mut dyn Write, view: &V, options: &Options) -> io::Result<()> {
    let text = match options.format {
        Format::Table => people(&view.sections(), options.width.map(usize::from)),
        Format::Markdown => markdown(&view.name(), &view.sections()),
        Format::Json => {
            let object = serde_json::to_string_pretty(view)?.replace('\n', "\n  ");
            format!("{{\n  \"schema\": {SCHEMA},\n  \"{}\": {}\n}}\n", V::NOUN.one, escape::json(&object))
        }
        Format::Jsonl => json_line(view)? + "\n",
        Format::Csv | Format::Tsv | Format::Name => {
            let mut row = Renderer::new(out, options);
            row.row(view)?;
            return row.finish();
        }
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn people(sections: &[Section<'_>], available: Option<usize>) -> String {
    // One width for the names of all sections, so that their values stand in one line.
    let names = sections.iter().flat_map(|section| match &section.body {
        Body::Facts(facts) => facts.as_slice(),
        _ => &[],
    });
    let widest = names.map(|(name, _)| width::of(&escape::human(name))).max().unwrap_or(0);
    let indented = sections.iter().any(|section| section.title.is_some());
    let mut out = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        let indent = if section.title.is_some() { INDENT } else { "" };
        if let Some(title) = section.title {
            out.extend([title, "\n"]);
        }
        match &section.body {
            Body::Facts(facts) => {
                // What stands without a heading makes up for the indent that the others have.
                let names = if indented && section.title.is_none() { widest + INDENT.len() } else { widest };
                for (name, cell) in facts {
                    fact(&mut out, indent, names, &escape::human(name), cell, available);
                }
            }
            Body::Rows(columns, rows) => {
                let mut table = Table::new(columns.to_vec());
                rows.iter().for_each(|row| table.push(row));
                for line in table.lines(available.map(|width| width.saturating_sub(indent.len()))) {
                    out.extend([indent, &line, "\n"]);
                }
            }
            Body::Block(text) => {
                for line in text.lines() {
                    out.extend([indent, &escape::human(line), "\n"]);
                }
            }
        }
    }
    out
}

fn fact(out: &mut String, indent: &str, names: usize, name: &str, cell: &Cell<'_>, available: Option<usize>) {
    let start = indent.len() + names + INDENT.len();
    let value = cell.for_people();
    let value = escape::human(&value);
    let room = available.map_or(usize::MAX, |width| width.saturating_sub(start).max(NARROWEST_VALUE));
    for (number, line) in width::wrap(&value, room).into_iter().enumerate() {
        let begin = out.len();
        out.push_str(indent);
        width::pad(out, if number == 0 { name } else { "" }, names, Align::Left);
        out.extend([INDENT, line]);
        out.truncate(begin + out[begin..].trim_end().len());
        out.push('\n');
    }
}

fn markdown(name: &str, sections: &[Section<'_>]) -> String {
    let mut out = format!("# {}\n", escape::markdown(name));
    for section in sections.iter().filter(|section| !section.is_empty()) {
        if let Some(title) = section.title {
            out.extend(["\n## ", &escape::markdown(title), "\n"]);
        }
        out.push('\n');
        match &section.body {
            Body::Facts(facts) => {
                for (name, cell) in facts {
                    out.extend(["- **", &escape::markdown(name), "**: ", &escape::markdown(&cell.for_people()), "\n"]);
                }
            }
            Body::Rows(columns, rows) => {
                out.push_str(&markdown_head(columns));
                for row in rows {
                    out.extend([&markdown_line(row), "\n"]);
                }
            }
            Body::Block(text) => {
                let fence = "`".repeat(longest_run_of_backticks(text).max(2) + 1);
                out.extend([&fence, "\n"]);
                for line in text.lines() {
                    out.extend([&escape::human(line), "\n"]);
                }
                out.extend([&fence, "\n"]);
            }
        }
    }
    out
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{License, hostile, licenses, written};
    use super::*;

    fn shown(view: &License, format: Format, width: Option<u16>) -> String {
        written(|out| detail(out, view, &Options::new(format).width(width)))
    }

    #[test]
    fn people_read_headed_sections() {
        insta::assert_snapshot!(shown(&licenses()[1], Format::Table, Some(60)), @"
        License     LIC-0000-008G
        Customer    Müller, Söhne & Enkel Maschinenbau
                    Beteiligungsgesellschaft mbH & Co. KG
        Note        bought at the fair, renew by hand

        Terms
          Last day  2026-11-19
          Seats     1500
          Features  api, sso
          Issued    2026-11-22 14:03Z

        Revisions
          License        Customer    Tier         Ends        Status
          ──────────────────────────────────────────────────────────
          LIC-0000-008G  Müller, S…  Enterprise…  2026-11-19  grace

        Key
          eyJhbGciOiJFZERTQSJ9
          .eyJqdGkiOiJMSUMifQ
        ");
        insta::assert_snapshot!(shown(&licenses()[0], Format::Table, Some(200)), @"
        License     LIC-0000-007E
        Customer    日本株式会社ソフトウェア開発センター東京
        Note        –

        Terms
          Last day  never
          Seats     unlimited
          Features  –
          Issued    2026-11-22 14:03Z

        Revisions
          License        Customer                                  Tier          Ends   Status  Issued
          ───────────────────────────────────────────────────────────────────────────────────────────────────────
          LIC-0000-007E  日本株式会社ソフトウェア開発センター東京  Professional  never  active  2026-11-22 14:03Z

        Key
          eyJhbGciOiJFZERTQSJ9
          .eyJqdGkiOiJMSUMifQ
        ");
    }

    #[test]
    fn markdown_has_headings() {
        insta::assert_snapshot!(shown(&licenses()[1], Format::Markdown, Some(60)), @r"
        # LIC-0000-008G

        - **License**: LIC-0000-008G
        - **Customer**: Müller, Söhne \& Enkel Maschinenbau Beteiligungsgesellschaft mbH \& Co. KG
        - **Note**: bought at the fair, renew by hand

        ## Terms

        - **Last day**: 2026-11-19
        - **Seats**: 1500
        - **Features**: api, sso
        - **Issued**: 2026-11-22 14:03Z

        ## Revisions

        | License | Customer | Tier | Seats | Ends | Status | Days | Features | Issued | Note |
        | --- | --- | --- | ---: | --- | --- | ---: | --- | --- | --- |
        | LIC-0000-008G | Müller, Söhne \& Enkel Maschinenbau Beteiligungsgesellschaft mbH \& Co. KG | Enterprise Unlimited Plus | 1500 | 2026-11-19 | grace | -3 | api, sso | 2026-11-22 14:03Z | bought at the fair, renew by hand |

        ## Key

        ```
        eyJhbGciOiJFZERTQSJ9
        .eyJqdGkiOiJMSUMifQ
        ```
        ");
    }

    #[test]
    fn programs_read_one_object() {
        insta::assert_snapshot!(shown(&licenses()[1], Format::Json, None), @r#"
        {
          "schema": 1,
          "license": {
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
        }
        "#);
        insta::assert_snapshot!(shown(&licenses()[0], Format::Jsonl, None), @r#"{"schema":1,"id":"LIC-0000-007E","customer":"日本株式会社ソフトウェア開発センター東京","tier":"Professional","status":"active","issued_at":"2026-11-22T14:03:59Z"}"#);
        insta::assert_snapshot!(shown(&licenses()[0], Format::Tsv, None), @"
        id	customer	tier	seats	last_day	status	days_left	features	issued_at	note
        LIC-0000-007E	日本株式会社ソフトウェア開発センター東京	Professional			active			2026-11-22T14:03:59Z
        ");
        insta::assert_snapshot!(shown(&licenses()[0], Format::Name, None), @"LIC-0000-007E");
    }

    #[test]
    fn hostile_text_stays_in_its_line() {
        let (hostile, plain) = (hostile(), &licenses()[2]);
        for format in [Format::Table, Format::Markdown, Format::Json, Format::Jsonl] {
            let text = shown(&hostile, format, None);
            assert_eq!(text.lines().count(), shown(plain, format, None).lines().count(), "{text}");
            assert!(!text.lines().any(|line| line.contains(escape::is_hidden)), "{text}");
        }
    }

    #[test]
    fn a_block_cannot_leave_its_fence() {
        let sections = [Section::block("a\n````\nb")];
        insta::assert_snapshot!(markdown("x", &sections), @"
        # x

        `````
        a
        ````
        b
        `````
        ");
    }
}
