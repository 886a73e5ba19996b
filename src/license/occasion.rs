//! Why a later revision of a license was signed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a later revision of a license was signed. The first has none: it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// It runs longer.
    Renewal,
    /// It grants something else.
    Change,
    /// It belongs to another customer.
    Transfer,
    /// A machine was bound to it.
    Activation,
    /// A machine was taken off it.
    Deactivation,
    /// It was signed again as it was, by another signing key.
    Reissue,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 6] = [Self::Renewal, Self::Change, Self::Transfer, Self::Activation, Self::Deactivation, Self::Reissue];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Renewal => "renewal",
            Self::Change => "change",
            Self::Transfer => "transfer",
            Self::Activation => "activation",
            Self::Deactivation => "deactivation",
            Self::Reissue => "reissue",
        }
    }

    /// What was done to the license.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Renewal => "renewed",
            Self::Change => "changed",
            Self::Transfer => "transferred",
            Self::Activation => "activated",
            Self::Deactivation => "deactivated",
            Self::Reissue => "reissued",
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for an occasion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a revision is for a renewal, change, transfer, activation, deactivation or reissue")]
pub struct UnknownOccasion;

impl FromStr for Occasion {
    type Err = UnknownOccasion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|occasion| occasion.as_str() == text).ok_or(UnknownOccasion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_is_the_one_in_json() {
        for occasion in Occasion::ALL {
            assert_eq!(occasion.to_string().parse(), Ok(occasion));
            assert_eq!(serde_json::to_string(&occasion).unwrap(), format!("\"{occasion}\""));
        }
        assert_eq!("issue".parse::<Occasion>(), Err(UnknownOccasion));
        let done = Occasion::ALL.map(Occasion::done);
        assert_eq!(done, ["renewed", "changed", "transferred", "activated", "deactivated", "reissued"]);
    }
}
