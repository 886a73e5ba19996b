//! Operators: the people who may act on the ledger.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::name::Slug;
use super::period::Period;
use super::terms::LicenseType;

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, keeps customers, and issues licenses.
    Issuer,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Issuer, Self::Admin];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Issuer => "issuer",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is admin, issuer or viewer")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// What an operator may issue. Absent and empty mean: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorLimits {
    /// The longest term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<Period>,
    /// The types of license.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub types: BTreeSet<LicenseType>,
    /// The tiers, by short name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tiers: BTreeSet<Slug>,
}

impl OperatorLimits {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.longest.is_none() && self.types.is_empty() && self.tiers.is_empty()
    }
}

/// A person who may act on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// The short name: the name of the system user, unless told otherwise.
    pub slug: Slug,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The mail address, checked by `mail::address` before it gets here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// What the person may issue.
    #[serde(default, skip_serializing_if = "OperatorLimits::is_empty")]
    pub limits: OperatorLimits,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_back_and_is_the_word_in_json() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn one_limit_is_a_limit() {
        let none = OperatorLimits::default();
        assert!(none.is_empty());
        for limits in [
            OperatorLimits { longest: Some(Period::days(30)), ..none.clone() },
            OperatorLimits { types: [LicenseType::Trial].into(), ..none.clone() },
            OperatorLimits { tiers: ["pro".parse().unwrap()].into(), ..none },
        ] {
            assert!(!limits.is_empty(), "{limits:?}");
        }
    }
}
