//! License ids: `LIC-7QK3-M2ZD`.
//!
//! Seven random symbols of Crockford's base32 (35 bits) and a check symbol. An id is a name, not a secret: it may be
//! printed, logged and read out over the telephone. The ledger makes sure that each is used once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::crockford;

/// How many symbols an id has after `LIC-`, the check symbol included.
const SYMBOLS: usize = 8;
const RANDOM_BITS: u32 = 35;

/// The name of one license. Displays as `LIC-XXXX-XXXX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseId(u64);

/// Why a text is not a license id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLicenseId {
    /// The text has another length than `LIC-` and eight symbols.
    #[error("a license id is LIC- and eight letters or digits, like LIC-7QK3-M2ZD")]
    Length,
    /// A character outside Crockford's alphabet.
    #[error("{0:?} does not occur in license ids")]
    Character(char),
    /// The last symbol does not fit the others: a typing mistake.
    #[error("the last character does not fit the others: one of them is mistyped")]
    Check,
}

impl LicenseId {
    /// The id made of the low 35 bits of `random`.
    #[must_use]
    pub fn from_random(random: u64) -> Self {
        Self(random & ((1 << RANDOM_BITS) - 1))
    }

    /// The 35 random bits as a number, for a compact column in the ledger.
    #[must_use]
    pub fn number(self) -> i64 {
        // 35 bits always fit.
        self.0 as i64
    }

    /// The id with this number, or `None` where the number has more than 35 bits.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        u64::try_from(number).ok().filter(|number| *number < 1 << RANDOM_BITS).map(Self)
    }

    fn values(self) -> [u8; SYMBOLS] {
        let mut values = [0; SYMBOLS];
        for (place, value) in values.iter_mut().take(SYMBOLS - 1).enumerate() {
            let shift = RANDOM_BITS - 5 * (place as u32 + 1);
            *value = ((self.0 >> shift) & 31) as u8;
        }
        values[SYMBOLS - 1] = crockford::check(&values[..SYMBOLS - 1]);
        values
    }
}

impl fmt::Display for LicenseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(13);
        text.push_str("LIC-");
        for (place, value) in self.values().into_iter().enumerate() {
            if place == SYMBOLS / 2 {
                text.push('-');
            }
            text.push(crockford::symbol(value));
        }
        out.pad(&text)
    }
}

impl fmt::Debug for LicenseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The symbols after an optional `LIC`, with hyphens, blanks and letter case ignored.
fn symbols(text: &str) -> Result<Vec<u8>, InvalidLicenseId> {
    let bare = text.trim();
    let has_prefix = bare.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("LIC-"));
    let rest = if has_prefix { &bare[4..] } else { bare };
    rest.chars()
        .filter(|character| !matches!(character, '-' | ' '))
        .map(|character| crockford::value(character).ok_or(InvalidLicenseId::Character(character)))
        .collect()
}

fn pack(values: &[u8]) -> u64 {
    values.iter().fold(0, |number, value| number * 32 + u64::from(*value))
}

impl FromStr for LicenseId {
    type Err = InvalidLicenseId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let values = symbols(text)?;
        if values.len() != SYMBOLS {
            return Err(InvalidLicenseId::Length);
        }
        let (random, check) = values.split_at(SYMBOLS - 1);
        if crockford::check(random) != check[0] {
            return Err(InvalidLicenseId::Check);
        }
        Ok(Self(pack(random)))
    }
}

impl Serialize for LicenseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LicenseId {
    /// Takes the canonical spelling only: what a machine wrote needs no forgiveness.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let id: Self = text.parse().map_err(serde::de::Error::custom)?;
        if id.to_string() == text { Ok(id) } else { Err(serde::de::Error::custom("license id is not in its canonical spelling")) }
    }
}

/// The first characters of a license id, as a person types them instead of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenseIdPrefix {
    first: i64,
    last: i64,
}

impl LicenseIdPrefix {
    /// The smallest and the largest [`LicenseId::number`] with this prefix.
    #[must_use]
    pub fn range(self) -> (i64, i64) {
        (self.first, self.last)
    }
}

impl FromStr for LicenseIdPrefix {
    type Err = InvalidLicenseId;

    /// Takes `LIC-` and one to seven symbols; without `LIC-`, at least three, so that no word is taken for a prefix by chance.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let has_prefix = text.trim().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("LIC-"));
        let values = symbols(text)?;
        let fewest = if has_prefix { 1 } else { 3 };
        if values.len() < fewest || values.len() >= SYMBOLS {
            return Err(InvalidLicenseId::Length);
        }
        let open = RANDOM_BITS - 5 * values.len() as u32;
        let first = pack(&values) << open;
        Ok(Self { first: first as i64, last: (first + (1 << open) - 1) as i64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_reads_as_people_type_it() {
        let id = LicenseId::from_random(0x3_1234_5678);
        let text = id.to_string();
        for typed in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', " ").replacen("LIC ", "LIC-", 1),
            text[4..].replace('0', "O").replace('1', "l"),
            format!("  {text}\n"),
        ] {
            assert_eq!(typed.parse(), Ok(id), "{typed}");
        }
    }

    #[test]
    fn a_mistyped_id_is_refused() {
        let text = LicenseId::from_random(12_345).to_string();
        let wrong = text.replacen('C', "D", 2).replace("LID", "LIC");
        assert_eq!(wrong.parse::<LicenseId>(), Err(InvalidLicenseId::Check));
        assert_eq!("LIC-12".parse::<LicenseId>(), Err(InvalidLicenseId::Length));
        assert_eq!("LIC-7QK3-M2Z!".parse::<LicenseId>(), Err(InvalidLicenseId::Character('!')));
    }

    #[test]
    fn a_number_with_more_bits_is_no_id() {
        assert!(LicenseId::from_number((1 << 35) - 1).is_some());
        for number in [-1, 1 << 35, i64::MAX] {
            assert_eq!(LicenseId::from_number(number), None, "{number}");
        }
    }

    #[test]
    fn a_prefix_is_not_the_whole_and_not_a_word() {
        for text in ["LIC-", "LIC-7QK3-M2ZD", "7QK3-M2ZD", "7Q", ""] {
            assert_eq!(text.parse::<LicenseIdPrefix>(), Err(InvalidLicenseId::Length), "{text:?}");
        }
        let range = |text: &str| text.parse().map(LicenseIdPrefix::range);
        assert_eq!(range("LIC-1"), Ok((1 << 30, (2 << 30) - 1)));
        assert_eq!(range("lic-000-0001"), Ok((1, 1)));
        assert!(range("7QK").is_ok() && range("LIC-7").is_ok());
    }

    proptest! {
        #[test]
        fn every_id_reads_back(random: u64) {
            let id = LicenseId::from_random(random);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(LicenseId::from_number(id.number()), Some(id));
        }

        #[test]
        fn a_prefix_holds_its_ids(random: u64, length in 1usize..8) {
            let id = LicenseId::from_random(random);
            let bare: String = id.to_string()[4..].chars().filter(|c| *c != '-').take(length).collect();
            let (first, last) = format!("LIC-{bare}").parse::<LicenseIdPrefix>().unwrap().range();
            prop_assert!((first..=last).contains(&id.number()));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,20}") {
            let _ = text.parse::<LicenseId>();
            let _ = text.parse::<LicenseIdPrefix>();
        }
    }
}
