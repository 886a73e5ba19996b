//! Text made safe for the place it goes to.
//!
//! What people read shows its control and direction-changing characters as escapes, so that a customer's name can neither move
//! the cursor nor pose as another. What programs read stays faithful: each of those escapes can be undone.

use std::borrow::Cow;
use std::fmt::Write;

pub use crate::license::text::is_hidden;

/// Text for people, on one line: hidden characters appear as `\n`, `\t`, `\r` or `\u{202e}`. Messages use this too.
#[must_use]
pub fn human(text: &str) -> Cow<'_, str> {
    // Most of what is shown is of these signs alone. Looking at all of them, the compiler takes many at a time.
    if text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    escape(text, is_hidden, push_visibly)
}

/// A cell of tab-separated values: backslash, tab, line feed and carriage return become `\\`, `\t`, `\n` and `\r`, the other
/// control characters `\u{1b}`. Everything else stays, so that undoing the escapes gives the text back.
#[must_use]
pub fn tsv(text: &str) -> Cow<'_, str> {
    escape(text, |character| character == '\\' || character.is_control(), push_visibly)
}

/// A cell of comma-separated values, before quoting. A cell that a spreadsheet would run as a formula gets an apostrophe in
/// front, and so does one that has such an apostrophe already: taking one away always gives the text back.
#[must_use]
pub fn csv(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text that [`csv()`] was given.
#[must_use]
pub fn undo_csv(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

fn is_formula(text: &str) -> bool {
    // The wide forms of the four signs count as well: spreadsheets in Japanese and Chinese take them.
    let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    text.trim_start_matches('\'').starts_with(starts)
}

/// Text inside Markdown: hidden characters as for people, and a backslash before every sign that Markdown or HTML acts on.
#[must_use]
pub fn markdown(text: &str) -> Cow<'_, str> {
    let acts = |character| matches!(character, '\\' | '|' | '<' | '>' | '&' | '*' | '_' | '`' | '[' | ']' | '~' | '$');
    let push = |out: &mut String, character| {
        if acts(character) {
            out.extend(['\\', character]);
        } else {
            // The backslash of the visible escape has to survive Markdown as well.
            out.push('\\');
            push_visibly(out, character);
        }
    };
    escape(text, |character| acts(character) || is_hidden(character), push)
}

/// JSON text with hidden characters inside its strings written as `\u202e`: the same values, and nothing that a terminal acts on.
///
/// Takes finished JSON, where a line feed can only stand between values.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let push = |out: &mut String, character: char| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    };
    escape(text, |character| character != '\n' && is_hidden(character), push)
}

fn push_visibly(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        _ => out.extend(character.escape_unicode()),
    }
}

/// `text` with every character that `acts` picks written by `push`; borrowed where there is none.
fn escape(text: &str, acts: impl Fn(char) -> bool, push: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(&acts) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    for character in text[first..].chars() {
        if acts(character) {
            push(&mut out, character);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_see_what_a_text_hides() {
        assert_eq!(human("Müller & Söhne"), "Müller & Söhne");
        assert_eq!(human("\u{1b}[31mred\u{9b}0m"), r"\u{1b}[31mred\u{9b}0m");
        assert_eq!(human("a\nb\tc\r"), r"a\nb\tc\r");
        assert_eq!(human("acme\u{202e}gpj.exe\u{2066}"), r"acme\u{202e}gpj.exe\u{2066}");
        assert_eq!(human("ac\u{200b}me\u{feff}"), r"ac\u{200b}me\u{feff}");
        assert_eq!(human(r"C:\licenses"), r"C:\licenses");
    }

    #[test]
    fn joiners_stay_as_scripts_and_emoji_need_them() {
        assert!(matches!(human("👩\u{200d}💻 می\u{200c}خواهم"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_spreadsheet_runs_no_cell() {
        for formula in ["=1+1", "+49 30 1234", "-2", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1"] {
            assert_eq!(csv(formula), format!("'{formula}"));
        }
        for text in ["acme", "'tis", "a=b", ""] {
            assert_eq!(csv(text), text);
        }
    }

    #[test]
    fn markdown_acts_on_nothing_in_a_cell() {
        assert_eq!(markdown("a|b\\c"), r"a\|b\\c");
        assert_eq!(markdown("<img src=x>"), r"\<img src=x\>");
        assert_eq!(markdown("[x](javascript:1)"), r"\[x\](javascript:1)");
        assert_eq!(markdown("a\nb\u{202e}"), r"a\\nb\\u{202e}");
    }

    fn undo_tsv(cell: &str) -> String {
        let mut out = String::new();
        let mut rest = cell.chars();
        while let Some(character) = rest.next() {
            match (character, character == '\\') {
                (plain, false) => out.push(plain),
                _ => match rest.next().unwrap() {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    '\\' => out.push('\\'),
                    _ => {
                        let digits: String = rest.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                        out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
                    }
                },
            }
        }
        out
    }

    proptest! {
        #[test]
        fn escapes_for_programs_can_be_undone(text: String) {
            prop_assert_eq!(undo_tsv(&tsv(&text)), text.as_str());
            let cell = csv(&text);
            prop_assert_eq!(undo_csv(&cell), text.as_str());
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&json(&written)).unwrap(), text);
        }

        #[test]
        fn nothing_hidden_is_left(text: String) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert!(!human(&text).contains(is_hidden));
            prop_assert!(!markdown(&text).contains(is_hidden));
            prop_assert!(!json(&written).contains(is_hidden));
            prop_assert!(!tsv(&text).contains(char::is_control));
        }
    }
}
