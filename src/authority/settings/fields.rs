//! How single values of a settings file and of a tiers file are read, with messages that say what is allowed.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};

use crate::license::terms::LARGEST_LIMIT;
use crate::license::text::is_hidden;
use crate::license::{Date, Slug};

/// The longest display name, in characters.
const LONGEST_NAME: usize = 200;

/// The most days of grace, warning or time offline: a hundred years.
const MOST_DAYS: u32 = 36_525;

/// A name for display: some text in one line, without blanks around it.
pub(in crate::authority) fn display_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.trim() != text {
        return Err(D::Error::custom("a name must not be empty, nor start or end with a blank"));
    }
    if text.chars().any(is_hidden) {
        return Err(D::Error::custom("a name is one line of text without control characters"));
    }
    if text.chars().count() > LONGEST_NAME {
        return Err(D::Error::custom(format!("a name has at most {LONGEST_NAME} characters")));
    }
    Ok(text)
}

/// [`display_name`], where it may be absent.
pub(in crate::authority) fn some_display_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    display_name(deserializer).map(Some)
}

/// The longest address, in characters: it stands in every key.
const LONGEST_ADDRESS: usize = 400;

/// A web address that files can be put below, where it may be absent.
pub(in crate::authority) fn some_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |rest: &str| {
        let named = rest.chars().next().is_some_and(|first| first != '/');
        named && !rest.ends_with('/') && rest.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '\\'))
    };
    if rest.is_some_and(plain) && text.len() <= LONGEST_ADDRESS {
        return Ok(Some(text));
    }
    Err(D::Error::custom("an address is written https://host/path, without a slash at its end, a question mark or blanks"))
}

/// A count of seats or machines: at least one.
pub(in crate::authority) fn some_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let count = u32::try_from(number).ok().filter(|count| *count > 0);
    count.map(Some).ok_or_else(|| {
        D::Error::custom(format!("a whole number from 1 is wanted here, not {number}; leave the line out for unlimited"))
    })
}

/// A tier's place among the others.
pub(in crate::authority) fn rank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(deserializer)?;
    u32::try_from(number).map_err(|_| D::Error::custom(format!("a rank is a whole number from 0 to {}, not {number}", u32::MAX)))
}

/// A number of days.
pub(in crate::authority) fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let days = u32::try_from(number).ok().filter(|days| *days <= MOST_DAYS);
    days.ok_or_else(|| D::Error::custom(format!("a number of days is wanted here, from 0 to {MOST_DAYS}, not {number}")))
}

/// [`days`], where it may be absent.
pub(in crate::authority) fn some_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    days(deserializer).map(Some)
}

/// A date, with or without quotes: TOML has dates of its own.
pub(in crate::authority) fn some_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A limit: zero, or a whole number that every JSON reader keeps exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit(u64);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        let limit = u64::try_from(number).ok().filter(|limit| *limit <= LARGEST_LIMIT);
        limit
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("a limit is a whole number from 0 to {LARGEST_LIMIT}, not {number}")))
    }
}

/// Limits by name.
pub(in crate::authority) fn limits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Slug, u64>, D::Error> {
    let limits = BTreeMap::<Slug, Limit>::deserialize(deserializer)?;
    Ok(limits.into_iter().map(|(name, limit)| (name, limit.0)).collect())
}

/// A text as a TOML string in one line. Everything that is not plain is escaped, so that no text can end its line.
pub(in crate::authority) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            character if is_hidden(character) => out.push_str(&format!("\\u{:04X}", u32::from(character))),
            character => out.push(character),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_text_survives_quoting(text in "(\\PC|[\\x00-\\x1f\"\\\\\u{85}\u{2028}\u{202e}]){0,40}") {
            let quoted = quoted(&text);
            prop_assert_eq!(quoted.lines().count(), 1);
            let read: toml::Table = format!("text = {quoted}").parse().unwrap();
            prop_assert_eq!(read["text"].as_str(), Some(text.as_str()));
        }
    }
}
