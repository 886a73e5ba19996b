//! Tiers: the plans of a product.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::environment::MachineKind;
use super::name::Slug;
use super::period::{InvalidPeriod, Period};
use super::price::Price;

/// How long a license runs unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Without an end.
    Perpetual,
    /// For a period from its first day.
    For(Period),
}

impl FromStr for Term {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "perpetual" { Ok(Self::Perpetual) } else { text.parse().map(Self::For) }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Perpetual => out.pad("perpetual"),
            Self::For(period) => fmt::Display::fmt(period, out),
        }
    }
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The yearly transfers of a license whose tier does not say, and that few machines may be bound to.
pub const LEAST_TRANSFERS: u32 = 4;

/// A plan of a product: what its licenses grant unless told otherwise. Changing a tier never changes a key already issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The product it belongs to.
    pub product: Slug,
    /// The short name, unique within the product.
    pub slug: Slug,
    /// The display name, which stands in every key.
    pub name: String,
    /// Its place in the order of the product's tiers; higher is more.
    pub rank: u32,
    /// How long a license runs.
    pub term: Term,
    /// The license count; absent: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    /// How many machines may be bound; absent: not bound to machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<u32>,
    /// Which sorts of machines may be bound; empty: any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub machine_kinds: BTreeSet<MachineKind>,
    /// How many factors of a bound machine must match; absent: the verifier's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_factors: Option<u8>,
    /// How many seats may pass from one machine to another in a year; absent: as many as may be bound, and at least
    /// [`LEAST_TRANSFERS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfers: Option<u32>,
    /// How many days past the end a key still works.
    pub grace_days: u32,
    /// How many days before the end the program starts to warn.
    pub warn_days: u32,
    /// How old, in days, the newest status list may be; absent: none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_days: Option<u32>,
    /// Names of the features granted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Slug>,
    /// Named limits; a name that is absent is unlimited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Slug, u64>,
    /// The price of a seat for a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Price>,
    /// The price of a seat for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yearly: Option<Price>,
    /// No longer offered for new licenses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

impl Tier {
    /// How many seats of one license may pass from one machine to another in a year, where so many machines may be bound.
    #[must_use]
    pub fn yearly_transfers(&self, machines: Option<u32>) -> u32 {
        self.transfers.unwrap_or_else(|| machines.unwrap_or(0).max(LEAST_TRANSFERS))
    }

    /// `product/tier`, the name that is unique in an authority.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.product, self.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(transfers: Option<u32>) -> Tier {
        let mut tier: Tier = serde_json::from_str(
            r#"{"product":"cockpit","slug":"pro","name":"Professional","rank":3,"term":"1y","grace_days":14,"warn_days":30}"#,
        )
        .unwrap();
        tier.transfers = transfers;
        tier
    }

    #[test]
    fn a_term_reads_back() {
        for (text, term) in [("perpetual", Term::Perpetual), ("1y", Term::For(Period::years(1)))] {
            assert_eq!((text.parse(), term.to_string().as_str()), (Ok(term), text));
            assert_eq!(serde_json::to_string(&term).unwrap(), format!("\"{text}\""));
        }
        assert!("for ever".parse::<Term>().is_err());
    }

    #[test]
    fn a_machine_may_be_replaced_as_often_as_there_are_machines_and_four_times_at_least() {
        for (machines, transfers) in [(None, 4), (Some(2), 4), (Some(10), 10)] {
            assert_eq!(tier(None).yearly_transfers(machines), transfers, "{machines:?}");
        }
        assert_eq!(tier(Some(0)).yearly_transfers(Some(10)), 0);
    }

    #[test]
    fn a_tier_is_named_with_its_product() {
        assert_eq!(tier(None).full_name(), "cockpit/pro");
    }
}
