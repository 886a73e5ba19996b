//! Output formats: table, JSON, JSON Lines, CSV, TSV, Markdown and bare names, all from the same view structs.
//!
//! A view ([`View`], and [`Detail`] for one object at length) says what there is to see; [`list`], [`Renderer`] and [`detail`] write
//! it in the [`Format`] that was asked for. No view is defined here and no command is known here. Nothing is coloured, and
//! nothing asks a terminal for its width: the caller passes it in.
//!
//! # What each format promises
//!
//! - **table**: for people. Fits the width, escapes what a terminal would act on, `–` for what is unknown; changes between releases.
//! - **json**: one object with `"schema": 1` and the objects under their noun; **jsonl**: one object a line, each with the schema.
//! - **csv**: RFC 4180 and the keys of the columns as header; free text that a spreadsheet would run gets an apostrophe in front.
//! - **tsv**: one line a row whatever the text holds; `\\`, `\t`, `\n`, `\r` and `\u{1b}` for what would break that.
//! - **md**: a Markdown table in which no text acts as markup.
//! - **name**: what a command takes as argument, one a line.
//!
//! A report has a [`Frame`]: what it is about and its sums, in the formats that have a place for them. Its ends can be had as a
//! [`calendar`] as well.

pub mod calendar;
pub mod chart;
mod detail;
pub mod escape;
mod frame;
pub mod page;
#[cfg(test)]
mod sample;
mod stream;
mod table;
mod view;
mod width;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use detail::detail;
pub use frame::Frame;
pub use stream::Renderer;
#[cfg(test)]
pub(crate) use view::assert_agrees;
pub use view::{Align, Cell, Column, Detail, Moment, Noun, Section, View};
pub use width::{of as text_width, padded as pad, wrap};

/// The version of the JSON that is written. It grows when a member changes its meaning or goes, not when one is added.
pub const SCHEMA: u32 = 1;

/// What a list or a detail is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON document.
    Json,
    /// JSON Lines: one object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A Markdown table.
    Markdown,
    /// Names alone, one a line.
    Name,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [Self::Table, Self::Json, Self::Jsonl, Self::Csv, Self::Tsv, Self::Markdown, Self::Name];

    /// The format where none was asked for: a table on a terminal, TSV in a pipe.
    #[must_use]
    pub fn for_output(is_terminal: bool) -> Self {
        if is_terminal { Self::Table } else { Self::Tsv }
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Markdown => "md",
            Self::Name => "name",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an output format is table, json, jsonl, csv, tsv, md or name")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(UnknownFormat)
    }
}

/// How something is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// In which format.
    pub format: Format,
    /// The columns of the terminal, for a table. `None`: as wide as the content, with nothing cut, wrapped or left out.
    pub width: Option<u16>,
    /// A line under a table that is not part of the data: `… and 41 more: --limit 0 shows all`. No other format shows it.
    pub footer: Option<String>,
}

impl Options {
    /// The format, with no limit to the width and no footer.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { format, width: None, footer: None }
    }

    /// With the width of a terminal.
    #[must_use]
    pub fn width(self, width: Option<u16>) -> Self {
        Self { width, ..self }
    }

    /// With a line under a table.
    #[must_use]
    pub fn footer(self, footer: Option<String>) -> Self {
        Self { footer, ..self }
    }
}

/// Writes a list. An empty one is nothing at all as a table (the hint that there are none is the caller's to give), a header in CSV,
/// TSV and Markdown, and an empty array in JSON.
///
/// # Errors
/// Those of the writer, a broken pipe among them.
pub fn list<'v, V: View + 'v>(out: &mut dyn Write, views: impl IntoIterator<Item = &'v V>, options: &Options) -> io::Result<()> {
    let mut renderer = Renderer::new(out, options);
    for view in views {
        renderer.row(view)?;
    }
    renderer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("yaml".parse::<Format>(), Err(UnknownFormat));
    }
}
