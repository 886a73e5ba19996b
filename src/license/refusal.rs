//! Why something that was asked for was refused, and why a key is doubted: what an authority keeps of what it said no to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a license did not get what was asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusedFor {
    /// It is revoked.
    Revoked,
    /// Every seat is taken.
    NoSeat,
    /// Its seats were passed on more often in a year than the tier allows.
    TooManyTransfers,
    /// The machine holds a seat of another customer.
    MachineElsewhere,
}

impl RefusedFor {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Revoked, Self::NoSeat, Self::TooManyTransfers, Self::MachineElsewhere];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::NoSeat => "no-seat",
            Self::TooManyTransfers => "too-many-transfers",
            Self::MachineElsewhere => "machine-elsewhere",
        }
    }
}

impl fmt::Display for RefusedFor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// Why a key cannot have come from this authority, or came from it behind its back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It names a signing key that is not one of this authority.
    UnknownKey,
    /// It names one of this authority, and the signature is not good.
    BadSignature,
    /// The signature is good, and the ledger does not know the key.
    NotInLedger,
}

impl Doubt {
    /// Every doubt, the gravest last.
    pub const ALL: [Self; 3] = [Self::UnknownKey, Self::BadSignature, Self::NotInLedger];

    /// The word for it: the code that a verdict gives.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown-key",
            Self::BadSignature => "bad-signature",
            Self::NotInLedger => "not-in-ledger",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_the_one_in_json() {
        for one in RefusedFor::ALL {
            assert_eq!(serde_json::to_string(&one).unwrap(), format!("\"{one}\""));
        }
        for one in Doubt::ALL {
            assert_eq!(serde_json::to_string(&one).unwrap(), format!("\"{one}\""));
        }
    }
}
