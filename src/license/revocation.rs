//! Why a license was taken back.

use std::fmt;
use std::str::FromStr;

/// Why a license was taken back: a closed list, so that reports can count by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RevocationReason {
    /// The money was given back.
    Refund,
    /// It was never paid for.
    Unpaid,
    /// It was got by deceit, or given on.
    Fraud,
    /// The key came into the wrong hands.
    KeyCompromise,
    /// Another license took its place.
    Superseded,
    /// The customer, or the use of the product, is no more.
    Cessation,
    /// Anything else; the note says what.
    Other,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 7] =
        [Self::Refund, Self::Unpaid, Self::Fraud, Self::KeyCompromise, Self::Superseded, Self::Cessation, Self::Other];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Unpaid => "unpaid",
            Self::Fraud => "fraud",
            Self::KeyCompromise => "key-compromise",
            Self::Superseded => "superseded",
            Self::Cessation => "cessation",
            Self::Other => "other",
        }
    }

    /// What it means, for choosing.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Refund => "the money was given back",
            Self::Unpaid => "it was never paid for",
            Self::Fraud => "got by deceit, or given on (final)",
            Self::KeyCompromise => "the key came into the wrong hands (final)",
            Self::Superseded => "another license took its place",
            Self::Cessation => "the customer or the use is no more",
            Self::Other => "anything else: say it with --note",
        }
    }

    /// Whether a license that was taken back for this stays so for ever.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Fraud | Self::KeyCompromise)
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a reason is refund, unpaid, fraud, key-compromise, superseded, cessation or other")]
pub struct UnknownReason;

impl FromStr for RevocationReason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(UnknownReason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_only_crimes_are_final() {
        for reason in RevocationReason::ALL {
            assert_eq!(reason.to_string().parse(), Ok(reason));
        }
        let last: Vec<&str> =
            RevocationReason::ALL.into_iter().filter(|reason| reason.is_final()).map(RevocationReason::as_str).collect();
        assert_eq!(last, ["fraud", "key-compromise"]);
        // Who is to choose among them reads which cannot be taken back.
        let said = RevocationReason::ALL.into_iter().filter(|reason| reason.meaning().ends_with("(final)"));
        assert!(said.eq(RevocationReason::ALL.into_iter().filter(|reason| reason.is_final())));
        assert_eq!(RevocationReason::Refund.meaning(), "the money was given back");
    }
}
