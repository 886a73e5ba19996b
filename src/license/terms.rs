//! The terms of a license: what exactly was granted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::environment::MachineKind;
use super::machine_id::MachineId;
use super::name::Slug;
use super::status::Validity;
use super::time::Timestamp;

/// The largest value of a limit: the largest whole number that every JSON reader keeps exact (2^53 - 1).
pub const LARGEST_LIMIT: u64 = (1 << 53) - 1;

/// What a license is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenseType {
    /// Sold.
    Commercial,
    /// For trying out.
    Trial,
    /// For the product's own test suite; signed by the test signing key, which a release verifier does not trust.
    Test,
}

impl LicenseType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Commercial, Self::Trial, Self::Test];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commercial => "commercial",
            Self::Trial => "trial",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for LicenseType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a license type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a license type is commercial, trial or test")]
pub struct UnknownLicenseType;

impl FromStr for LicenseType {
    type Err = UnknownLicenseType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownLicenseType)
    }
}

/// On which machines a license may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineTerms {
    /// How many machines may be bound; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// The machines that are bound; empty: not bound to any yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound: Vec<MachineId>,
    /// How many factors of a machine must match; absent: the verifier's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<u8>,
    /// Which sorts of machines it may run on; empty: any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub kinds: BTreeSet<MachineKind>,
}

impl MachineTerms {
    /// Whether nothing is said about machines at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.max.is_none() && self.bound.is_empty() && self.require.is_none() && self.kinds.is_empty()
    }

    /// Whether a machine of this sort may be bound.
    #[must_use]
    pub fn allows(&self, kind: MachineKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// Everything that one revision of a license grants. Absent means unlimited, or that the feature is not used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The product: the token's audience.
    pub product: Slug,
    /// The tier's short name.
    pub tier: Slug,
    /// The tier's display name.
    pub tier_name: String,
    /// The tier's place in the order of its product's tiers; higher is more.
    pub rank: u32,
    /// What the license is for.
    #[serde(rename = "type")]
    pub kind: LicenseType,
    /// For the vendor's own use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// First second of validity.
    pub starts: Timestamp,
    /// The agreed end, the first second after it; absent: perpetual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// How many days past the end the key still works.
    pub grace_days: u32,
    /// How many days before the end the program starts to warn.
    pub warn_days: u32,
    /// How old, in days, the newest status list or lease may be; absent: none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_days: Option<u32>,
    /// The license count; absent: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    /// Names of the features granted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Slug>,
    /// Named limits; a name that is absent is unlimited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Slug, u64>,
    /// On which machines it may run.
    #[serde(default, skip_serializing_if = "MachineTerms::is_empty")]
    pub machines: MachineTerms,
    /// Any JSON of the vendor's own, at most 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<serde_json::Value>,
}

impl Terms {
    /// The moment the key stops working: the end and the grace days. `None` for a perpetual license.
    #[must_use]
    pub fn stops(&self) -> Option<Timestamp> {
        self.ends.map(|end| end.plus_days(i64::from(self.grace_days)))
    }

    /// The dates that decide the status.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { starts: self.starts, ends: self.ends, stops: self.stops(), warn_days: self.warn_days }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_and_is_the_word_in_json() {
        for kind in LicenseType::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("free".parse::<LicenseType>(), Err(UnknownLicenseType));
    }

    #[test]
    fn the_largest_limit_is_what_every_reader_of_json_holds_exactly() {
        assert_eq!(LARGEST_LIMIT, 9_007_199_254_740_991);
    }

    #[test]
    fn a_license_stops_when_its_grace_days_are_over() {
        let text = r#"{"product":"cockpit","tier":"pro","tier_name":"Pro","rank":1,"type":"trial","starts":0,"ends":864000,"grace_days":3,"warn_days":2}"#;
        let terms: Terms = serde_json::from_str(text).unwrap();
        assert_eq!(terms.stops(), Timestamp::from_seconds(13 * 86_400).ok());
        assert_eq!(terms.validity(), Validity { starts: terms.starts, ends: terms.ends, stops: terms.stops(), warn_days: 2 });
        assert_eq!(Terms { ends: None, ..terms }.stops(), None);
    }
}
