//! What stands around the rows of a report.

use serde_json::Value;

use super::view::{Cell, Column};

/// What a report is about, before its rows, and its sums, after them.
///
/// A table and Markdown show the sums as the last rows. JSON has what it is about as members before the list, and the sums as the
/// member `total` after it. CSV, TSV, JSON Lines and names hold the rows alone, so that what adds them up counts nothing twice.
#[derive(Debug, Default)]
pub struct Frame<'a> {
    /// Members of the JSON document.
    pub about: Vec<(&'static str, Value)>,
    /// For people, other titles of columns, by their keys.
    pub titles: Vec<(&'static str, &'static str)>,
    /// Rows of sums; several where there is no adding up, such as of currencies.
    pub totals: Vec<Vec<Cell<'a>>>,
    /// The sums as JSON.
    pub total: Value,
}

impl Frame<'_> {
    /// The columns under the titles that they have here.
    pub(super) fn titled(&self, columns: &[Column]) -> Vec<Column> {
        let title = |column: &Column| {
            let other = self.titles.iter().find(|(key, _)| *key == column.key);
            Column { title: other.map_or(column.title, |(_, title)| title), ..*column }
        };
        columns.iter().map(title).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Word, written};
    use super::super::{Format, Options, Renderer};
    use super::*;

    fn framed(words: &[&str], format: Format) -> String {
        let frame = Frame {
            about: vec![("report", "words".into())],
            titles: vec![("word", "Saying")],
            totals: vec![vec!["total".into()]],
            total: serde_json::json!({ "words": words.len() }),
        };
        let options = Options::new(format).width(Some(40));
        written(|out| {
            let mut rows = Renderer::framed(out, &options, &frame);
            for word in words {
                rows.row(&Word { word: (*word).to_owned() })?;
            }
            rows.finish()
        })
    }

    #[test]
    fn sums_stand_under_a_rule_of_their_own_in_a_table_and_last_in_markdown() {
        assert_eq!(framed(&["a", "b"], Format::Table), "Saying\n──────\na\nb\n──────\ntotal\n");
        assert_eq!(framed(&["a"], Format::Markdown), "| Saying |\n| --- |\n| a |\n| total |\n");
        assert_eq!(framed(&[], Format::Table), "");
    }

    #[test]
    fn json_says_what_it_is_about_and_what_it_adds_up_to() {
        let document: Value = serde_json::from_str(&framed(&["a", "b"], Format::Json)).unwrap();
        let expected = serde_json::json!({
            "schema": 1, "report": "words", "words": [{ "word": "a" }, { "word": "b" }], "total": { "words": 2 }
        });
        assert_eq!(document, expected);
        let empty: Value = serde_json::from_str(&framed(&[], Format::Json)).unwrap();
        assert_eq!(empty["total"]["words"], 0);
    }

    #[test]
    fn rows_for_programs_are_rows_alone() {
        assert_eq!(framed(&["a", "b"], Format::Csv), "word\na\nb\n");
        assert_eq!(framed(&["a"], Format::Tsv), "word\na\n");
        assert_eq!(framed(&["a"], Format::Jsonl), "{\"schema\":1,\"word\":\"a\"}\n");
        assert_eq!(framed(&["a"], Format::Name), "a\n");
    }
}
