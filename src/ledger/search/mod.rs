//! Searching: what somebody looks for, and texts as they are compared, without case and accents.
//!
//! # Why there is no index of words
//!
//! Customers, notes and machines are few beside licenses, and are gone through from end to end (`scan`): that takes a fraction of
//! a second where there are hundreds of thousands. Anything that would make it faster had to be written with every license. What
//! is common, and would give a long list, is found along the order of the list instead (`hits`), as soon as a page is full.

mod hits;
mod scan;

use std::str::FromStr;

use crate::license::LicenseId;
use crate::license::crockford;
use crate::license::id::LicenseIdPrefix;

pub use hits::{Hit, Hits, Place};
pub(super) use scan::condition;

/// How many words a search may have.
const MOST_WORDS: usize = 16;
/// How many characters they may have together.
const MOST_CHARACTERS: usize = 256;
/// How many symbols of a machine ID are enough to look for it: fewer stand in many by chance.
const MACHINE_SYMBOLS: usize = 5;

/// What somebody looks for: words that must all be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    words: Vec<Word>,
}

/// Why a text cannot be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// Nothing but blanks and signs that nobody sees.
    #[error("there is no word in it to look for")]
    NoWord,
    /// Longer than anything that is looked for.
    #[error(
        "a search has at most {MOST_WORDS} words of {MOST_CHARACTERS} characters together; this one has {words} of {characters}"
    )]
    TooLong {
        /// How many words.
        words: usize,
        /// How many characters.
        characters: usize,
    },
}

/// One word of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    typed: String,
    /// As it is compared.
    plain: String,
    /// The numbers of the license ids that it may begin.
    ids: Option<(i64, i64)>,
    /// The symbols of a machine ID that it may be a part of.
    symbols: Option<String>,
}

impl FromStr for Search {
    type Err = InvalidSearch;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (words, characters) = (text.split_whitespace().count(), text.chars().filter(|sign| !sign.is_whitespace()).count());
        if words > MOST_WORDS || characters > MOST_CHARACTERS {
            return Err(InvalidSearch::TooLong { words, characters });
        }
        let words: Vec<Word> = text.split_whitespace().filter_map(Word::new).collect();
        if words.is_empty() { Err(InvalidSearch::NoWord) } else { Ok(Self { words }) }
    }
}

impl Word {
    fn new(typed: &str) -> Option<Self> {
        // As addresses are pasted: Jane Doe <jane@acme.example>;
        let trimmed = typed.trim_matches(['<', '>', '"', ',', ';']);
        let typed = if trimmed.is_empty() { typed } else { trimmed };
        let plain = plain(typed);
        (!plain.is_empty()).then(|| Self { typed: typed.into(), ids: ids(&plain), symbols: machine_symbols(&plain), plain })
    }

    fn names(&self, license: LicenseId) -> bool {
        self.ids.is_some_and(|(first, last)| (first..=last).contains(&license.number()))
    }
}

/// The ids that a word may begin. Almost every short word is made of letters that occur in ids, so it must look like one.
fn ids(word: &str) -> Option<(i64, i64)> {
    if let Ok(id) = word.parse::<LicenseId>() {
        return Some((id.number(), id.number()));
    }
    word.parse::<LicenseIdPrefix>().ok().filter(|_| word.starts_with("lic-") || has_digit(word)).map(LicenseIdPrefix::range)
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// What a word says of a machine ID, in its alphabet and without what separates its groups.
fn machine_symbols(word: &str) -> Option<String> {
    let (rest, meant) = word.strip_prefix("mid-").map_or((word, false), |rest| (rest, true));
    let symbols: Option<String> =
        rest.chars().filter(|sign| *sign != '-').map(|sign| crockford::value(sign).map(crockford::symbol)).collect();
    symbols.filter(|symbols| symbols.len() >= MACHINE_SYMBOLS && (meant || has_digit(word)))
}

/// A text without case and accents: `Müller` as `muller`.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    push_plain(text, &mut plain);
    plain
}

/// Appends a text without case and accents. What is written in other letters is spelled in Latin ones, without blanks.
fn push_plain(text: &str, to: &mut String) {
    if text.is_ascii() {
        let start = to.len();
        to.push_str(text);
        to[start..].make_ascii_lowercase();
        return;
    }
    for sign in text.chars() {
        if sign.is_ascii() {
            to.push(sign.to_ascii_lowercase());
        } else if sign.is_whitespace() {
            to.push(' ');
        } else if let Some(spelled) = deunicode::deunicode_char(sign) {
            to.extend(spelled.chars().filter(|sign| !sign.is_whitespace()).map(|sign| sign.to_ascii_lowercase()));
        } else {
            to.push(sign);
        }
    }
}

/// The words of a text, as they are compared. None: everything has them all.
pub(super) fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_accents_and_scripts_do_not_matter() {
        for (looked_for, text) in [
            ("muller", "MÜLLER & Söhne"),
            ("Straße", "Hauptstrasse 3"),
            ("jorg", "Jo\u{308}rg"),
            ("beijing", "北京 Ltd"),
            ("北京", "Beijing Ltd"),
            ("МИР", "Mir Corp"),
            ("שלום", "שלום עולם"),
        ] {
            assert!(plain(text).contains(&plain(looked_for)), "{looked_for} in {text}: {} {}", plain(looked_for), plain(text));
        }
    }

    #[test]
    fn a_search_has_words_and_not_too_many() {
        let words = |text: &str| text.parse::<Search>().map(|search| search.words.into_iter().map(|word| word.plain).collect());
        let found: Result<Vec<String>, _> = words("  \"Doe, Jane\" <jane@acme.example>; 100% \u{a0}x ");
        assert_eq!(found, Ok(["doe", "jane", "jane@acme.example", "100%", "x"].map(str::to_owned).to_vec()));
        assert_eq!(words("<"), Ok(vec!["<".to_owned()]));
        for nothing in ["", " \t\n", "\u{200f}\u{202e} \u{200b}", "\u{301}"] {
            assert_eq!(words(nothing), Err(InvalidSearch::NoWord), "{nothing:?}");
        }
        assert_eq!(words(&"x".repeat(10_000)), Err(InvalidSearch::TooLong { words: 1, characters: 10_000 }));
        assert_eq!(words(&"x ".repeat(17)), Err(InvalidSearch::TooLong { words: 17, characters: 17 }));
        assert!(words(&"x ".repeat(16)).is_ok());
    }

    #[test]
    fn what_looks_like_an_id_is_one() {
        let id = LicenseId::from_random(0x3_1234_0000);
        let text = id.to_string();
        let begins = |word: &str| Word::new(word).unwrap().names(id);
        assert!(begins(&text) && begins(&text.to_lowercase().replace('0', "o")) && begins(&text[..8]) && begins(&text[4..8]));
        for other in ["lic", "gmbh", "acme", "%", "_", "lic-%"] {
            assert!(Word::new(other).unwrap().ids.is_none(), "{other}");
        }
        let symbols = |word: &str| Word::new(word).unwrap().symbols;
        assert_eq!(symbols("mid-1OZVN-BNJ3P").as_deref(), Some("10ZVNBNJ3P"));
        assert_eq!(symbols("bnj3p").as_deref(), Some("BNJ3P"));
        assert_eq!((symbols("acmes"), symbols("n3p"), symbols("mid-")), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_text_is_looked_for_or_refused(text in "\\PC{0,300}|[%_*'\"\\\\\0 a-z]{0,40}") {
            if let Ok(search) = text.parse::<Search>() {
                prop_assert!(search.words.iter().all(|word| !word.plain.is_empty()));
            }
        }

        #[test]
        fn a_part_of_a_text_is_found_in_it(text in "\\PC{1,20}", from in 0usize..20, to in 0usize..20) {
            let signs: Vec<char> = text.chars().collect();
            let (from, to) = (from.min(signs.len()), to.min(signs.len()));
            let part: String = signs[from.min(to)..from.max(to)].iter().collect();
            prop_assert!(plain(&text).contains(&plain(&part)));
        }
    }
}
