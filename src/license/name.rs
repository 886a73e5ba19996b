//! Slugs: the short names of customers, products, tiers, features, limits and operators.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

/// A short name that is safe in a file name, a command line, a URL and a log: 1 to 64 characters of `a-z 0-9 - _ .`,
/// the first and the last a letter or a digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlug {
    /// No text at all.
    #[error("a name must not be empty")]
    Empty,
    /// More than 64 characters.
    #[error("a name has at most 64 characters, not {0}")]
    Long(usize),
    /// A character that slugs do not have.
    #[error("{0:?} is not allowed in a name: use a-z, 0-9, '-', '_' and '.'")]
    Character(char),
    /// Punctuation at the start or the end.
    #[error("a name starts and ends with a letter or a digit")]
    Edge,
}

impl Slug {
    /// The longest slug, in characters.
    pub const LONGEST: usize = 64;

    /// The text of the slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A slug made from a display name: `Müller & Söhne GmbH` gives `muller-sohne-gmbh`. `None` where nothing is left of it.
    #[cfg(feature = "authority")]
    #[must_use]
    pub fn suggest(name: &str) -> Option<Self> {
        let ascii = deunicode::deunicode(name).to_ascii_lowercase();
        let words: Vec<&str> = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut slug = words.join("-");
        slug.truncate(Self::LONGEST);
        slug.trim_end_matches('-').parse().ok()
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if let Some(character) = text.chars().find(|c| !allowed(*c)) {
            return Err(InvalidSlug::Character(character));
        }
        // From here on the text is ASCII, so that bytes are characters.
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        match text.len() {
            0 => Err(InvalidSlug::Empty),
            length if length > Self::LONGEST => Err(InvalidSlug::Long(length)),
            _ if !edge(text.as_bytes().first()) || !edge(text.as_bytes().last()) => Err(InvalidSlug::Edge),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_safe_everywhere() {
        for good in ["acme", "a", "acme-gmbh", "api.requests_per-hour", "7even"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        assert_eq!("".parse::<Slug>(), Err(InvalidSlug::Empty));
        assert_eq!("Acme".parse::<Slug>(), Err(InvalidSlug::Character('A')));
        assert_eq!("a b".parse::<Slug>(), Err(InvalidSlug::Character(' ')));
        assert_eq!("\u{1b}[31m".parse::<Slug>(), Err(InvalidSlug::Character('\u{1b}')));
        assert_eq!("-acme".parse::<Slug>(), Err(InvalidSlug::Edge));
        assert_eq!("..".parse::<Slug>(), Err(InvalidSlug::Edge));
        assert!("a".repeat(64).parse::<Slug>().is_ok());
        assert_eq!("a".repeat(65).parse::<Slug>(), Err(InvalidSlug::Long(65)));
    }

    #[test]
    fn an_error_shows_control_characters_escaped() {
        assert_eq!(
            InvalidSlug::Character('\u{1b}').to_string(),
            r"'\u{1b}' is not allowed in a name: use a-z, 0-9, '-', '_' and '.'"
        );
    }

    #[cfg(feature = "authority")]
    #[test]
    fn a_display_name_gives_a_slug() {
        let suggest = |name: &str| Slug::suggest(name).map(|slug| slug.to_string());
        assert_eq!(suggest("Müller & Söhne GmbH").as_deref(), Some("muller-sohne-gmbh"));
        assert_eq!(suggest("  ACME, Inc. ").as_deref(), Some("acme-inc"));
        assert_eq!(suggest("!!!"), None);
    }
}
