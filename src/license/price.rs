//! Prices: a decimal amount with a currency, `49.90 EUR`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of money: hundredths of a currency's main unit, and its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    hundredths: u64,
    currency: [u8; 3],
}

/// Why a text is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a price is an amount with at most two decimals and a currency code: 49.90 EUR")]
pub struct InvalidPrice;

impl Price {
    /// The amount in hundredths of the currency's main unit.
    #[must_use]
    pub fn hundredths(self) -> u64 {
        self.hundredths
    }

    /// The ISO 4217 code: three capital letters.
    #[must_use]
    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }
}

impl FromStr for Price {
    type Err = InvalidPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (amount, code) = text.trim().split_once(' ').ok_or(InvalidPrice)?;
        let (whole, decimals) = amount.split_once('.').unwrap_or((amount, "00"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || whole.len() > 12 || !digits(decimals) || decimals.len() > 2 {
            return Err(InvalidPrice);
        }
        let cents: u64 = format!("{decimals:0<2}").parse().map_err(|_| InvalidPrice)?;
        let whole: u64 = whole.parse().map_err(|_| InvalidPrice)?;
        let currency: [u8; 3] = code.trim().as_bytes().try_into().map_err(|_| InvalidPrice)?;
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return Err(InvalidPrice);
        }
        Ok(Self { hundredths: whole * 100 + cents, currency })
    }
}

impl fmt::Display for Price {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&format!("{}.{:02} {}", self.hundredths / 100, self.hundredths % 100, self.currency()))
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_an_amount_and_a_currency() {
        for (text, shown) in
            [("49 EUR", "49.00 EUR"), ("49.9 EUR", "49.90 EUR"), ("0.05 USD", "0.05 USD"), ("1200 JPY", "1200.00 JPY")]
        {
            assert_eq!(text.parse::<Price>().map(|price| price.to_string()).as_deref(), Ok(shown));
        }
        for wrong in
            ["49", "EUR 49", "49 eur", "-1 EUR", "1.234 EUR", "1,00 EUR", "1. EUR", ".5 EUR", "9999999999999 EUR", "1 EURO"]
        {
            assert_eq!(wrong.parse::<Price>(), Err(InvalidPrice), "{wrong}");
        }
        let largest: Price = "999999999999.99 EUR".parse().unwrap();
        assert_eq!((largest.hundredths(), largest.currency()), (99_999_999_999_999, "EUR"));
    }
}
