//! Mistakes in files that people write, shown where they are: the line, and a caret under what is wrong.

use std::fmt::{self, Write};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthChar;

use crate::license::text::is_hidden;

/// Why a settings file or a tiers file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The system refused.
    #[error("cannot read {}: {}", .path.display(), plain(.source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("{} is not UTF-8 text: line {line} has a byte that no text has", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line of the first such byte, counted from 1.
        line: usize,
    },
    /// A mistake at a place in the text.
    #[error(transparent)]
    Mistake(Box<Mistake>),
}

impl SettingsError {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Mistake(mistake) => mistake.hint.as_deref(),
            Self::NotText { .. } => Some("save the file as UTF-8"),
            Self::Unreadable { .. } => None,
        }
    }
}

/// A mistake at a place in a text. Displays as the message, the place, and the line with carets under the mistake:
///
/// ```text
/// unknown setting `produt`
///   --> lic.toml:7:1
///   |
/// 7 | produt = "cockpit"
///   | ^^^^^^
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, in one line.
    pub message: String,
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The line itself without control characters, and where the carets start and how many they are, in cells of a terminal.
    source: (String, usize, usize),
    /// What was probably meant.
    pub hint: Option<String>,
}

impl Mistake {
    /// The mistake at `span`, in bytes of `text`.
    pub(in crate::authority) fn at(text: &str, path: &Path, span: Range<usize>, message: impl Into<String>) -> Self {
        // A span may end beyond the text, where something is missing at its end, and need not fall between characters.
        let start = floor(text, span.start);
        let (before, line) = match text[..start].rfind('\n') {
            Some(end) => (&text[end + 1..start], text[..start].matches('\n').count() + 1),
            None => (&text[..start], 1),
        };
        let line_start = start - before.len();
        let whole = text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let marked_end = floor(text, span.end).min(line_start + whole.len()).max(start);
        let marked = width(&text[start..marked_end]).max(1);
        let message: String = message.into();
        Self {
            // It may quote the file.
            message: message.chars().map(visible).collect(),
            path: path.to_owned(),
            line,
            column: before.chars().count() + 1,
            source: (whole.chars().map(visible).collect(), width(before), marked),
            hint: None,
        }
    }

    /// The same with what was probably meant.
    pub(in crate::authority) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The mistake that the TOML reader found, in the words of this program.
    pub(in crate::authority) fn from_toml(text: &str, path: &Path, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let (message, hint) = reword(error.message());
        let mistake = Self { hint, ..Self::at(text, path, span, message) };
        if mistake.is_about_a_secret() { mistake.without_value() } else { mistake }
    }

    /// Whether the line may hold a password, under its own name or a mistyped one.
    fn is_about_a_secret(&self) -> bool {
        let name = self.source.0.split('=').next().unwrap_or_default().to_lowercase();
        self.message == NO_PASSWORD || ((name.contains("pas") || name.contains("secret")) && !name.contains("file"))
    }

    /// The same without what stands behind the `=`: what is printed here ends up in logs.
    fn without_value(mut self) -> Self {
        let (source, start, marked) = &mut self.source;
        if let Some((name, _)) = source.split_once('=') {
            let shown = width(name) + 2;
            *source = format!("{name}= …");
            *start = (*start).min(shown);
            *marked = (*marked).min(shown + 1 - *start).max(1);
        }
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (source, start, marked) = &self.source;
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(out, "{}", self.message)?;
        writeln!(out, "{gutter} --> {}:{}:{}", self.path.display(), self.line, self.column)?;
        writeln!(out, "{gutter} |")?;
        writeln!(out, "{number} | {source}")?;
        write!(out, "{gutter} | {}{}", " ".repeat(*start), "^".repeat(*marked))
    }
}

impl std::error::Error for Mistake {}

impl From<Mistake> for SettingsError {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(Box::new(mistake))
    }
}

/// What the system said, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// The start of the character at a byte of the text, or the end of the text.
fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A character as it is shown in a line of source: control characters and those that turn the writing direction would
/// shift the caret, or worse.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        character if is_hidden(character) => '\u{fffd}',
        character => character,
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|character| visible(character).width().unwrap_or(0)).sum()
}

/// A secret in a file that is shown, copied and backed up.
pub(in crate::authority) const NO_PASSWORD: &str = "no password is kept in lic.toml";
const PASSWORD_FILE: &str = "put it into a file that you alone may read: password_file = \"/etc/lic/smtp-password\"";

/// Serde's message in this program's words, and a hint. A message of an unknown form stays as it is.
fn reword(message: &str) -> (String, Option<String>) {
    if message == NO_PASSWORD {
        return (message.to_owned(), Some(PASSWORD_FILE.to_owned()));
    }
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let Some((name, known)) = names.split_first() else { return (message.to_owned(), None) };
    if message.starts_with("unknown field") {
        (format!("unknown setting `{name}`"), Some(suggest(name, known)))
    } else if message.starts_with("unknown variant") {
        (format!("unknown value `{name}`"), Some(suggest(name, known)))
    } else if message.starts_with("missing field") {
        (format!("the setting `{name}` is missing"), None)
    } else {
        (message.to_owned(), None)
    }
}

fn suggest(name: &str, known: &[&str]) -> String {
    let distance = |other: &&&str| strsim::damerau_levenshtein(&name.to_lowercase(), other);
    let close = known.iter().min_by_key(distance).filter(|other| distance(other) <= 1 + name.chars().count() / 4);
    match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            let mut hint = String::from("known here:");
            for (place, name) in known.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                let _ = write!(hint, "{comma} {name}");
            }
            hint
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        Mistake::at(text, Path::new("lic.toml"), span, "wrong").to_string()
    }

    #[test]
    fn the_caret_stands_under_the_mistake() {
        assert_eq!(
            shown("a = 1\nbc = 2\n", 6..8),
            "wrong
  --> lic.toml:2:1
  |
2 | bc = 2
  | ^^"
        );
    }

    #[test]
    fn the_caret_stands_right_after_wide_characters_tabs_and_marks() {
        let text = "\t名 = \u{1b}x\r\n";
        let at = text.find('x').unwrap();
        assert_eq!(
            shown(text, at..at + 1),
            "wrong
  --> lic.toml:1:7
  |
1 |  名 = \u{fffd}x
  |        ^"
        );
    }

    #[test]
    fn a_mistake_over_several_lines_is_marked_in_the_first() {
        assert!(shown("a = '''\nb\n'''\n", 4..13).ends_with("1 | a = '''\n  |     ^^^"));
    }

    #[test]
    fn a_password_is_not_shown_where_it_stands_by_mistake() {
        for (text, marked) in [
            ("password = 'hunter2'\n", NO_PASSWORD),
            ("pasword = 'hunter2'\n", "unknown field `pasword`, expected `password_file`"),
            ("smtp_secret = 'hunter2'\n", "unknown field `smtp_secret`, expected `user`"),
        ] {
            let at = if marked == NO_PASSWORD { 11..20 } else { 0..7 };
            let mistake = Mistake::at(text, Path::new("lic.toml"), at, reword(marked).0);
            assert!(mistake.is_about_a_secret());
            let shown = mistake.without_value().to_string();
            assert!(!shown.contains("hunter2") && shown.lines().count() == 5, "{shown}");
        }
        let file = Mistake::at("pass_file = 3\n", Path::new("lic.toml"), 0..9, "unknown setting `pass_file`");
        assert!(!file.is_about_a_secret());
    }

    #[test]
    fn what_was_meant_is_suggested() {
        let reworded = reword("unknown field `produt`, expected one of `product`, `tier`, `out`");
        assert_eq!(reworded, ("unknown setting `produt`".into(), Some("did you mean `product`?".into())));
        let reworded = reword("unknown field `colour`, expected one of `product`, `tier`, `out`");
        assert_eq!(reworded.1.as_deref(), Some("known here: product, tier, out"));
        let reworded = reword("unknown variant `comercial`, expected one of `commercial`, `trial`, `test`");
        assert_eq!(reworded, ("unknown value `comercial`".into(), Some("did you mean `commercial`?".into())));
        assert_eq!(reword("something else"), ("something else".into(), None));
    }

    proptest! {
        #[test]
        fn every_place_in_every_text_can_be_shown(text in "(\\PC|\n|\t|\u{1b}){0,40}", start in 0usize..200, length in 0usize..50) {
            let mistake = Mistake::at(&text, Path::new("x"), start..start + length, "wrong");
            prop_assert!(mistake.line <= text.matches('\n').count() + 1);
            prop_assert_eq!(mistake.to_string().lines().count(), 5);
        }
    }
}
