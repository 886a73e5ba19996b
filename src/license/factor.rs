//! What a machine is known by, and what has become of it.

use std::fmt;

use serde::{Serialize, Serializer};

/// How many factors must match where a license does not say.
pub const DEFAULT_REQUIRE: u8 = 3;

/// What a machine is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Factor {
    /// The id that the operating system gave itself when it was installed.
    Os,
    /// The UUID or serial number of the main board, or of the virtual machine.
    Board,
    /// The serial number of the disk that holds the system.
    Disk,
    /// The permanent address of a physical network card.
    Network,
    /// The processor's make and number of cores. Thousands share it: it never passes alone.
    Cpu,
}

impl Factor {
    /// Every factor, in the order in which they stand in an ID.
    pub const ALL: [Self; 5] = [Self::Os, Self::Board, Self::Disk, Self::Network, Self::Cpu];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Os => "os",
            Self::Board => "board",
            Self::Disk => "disk",
            Self::Network => "network",
            Self::Cpu => "cpu",
        }
    }

    /// Whether one machine differs from the next by it.
    #[must_use]
    pub fn identifies(self) -> bool {
        self != Self::Cpu
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl Serialize for Factor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What has become of one factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// As it was.
    Same,
    /// Another value.
    Changed,
    /// Known then, and not to be read now.
    Gone,
    /// Not known then.
    New,
    /// Never known.
    Unknown,
}

impl Change {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::New => "new",
            Self::Unknown => "unknown",
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A machine beside the ID that was once made on it, or on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    pub(super) factors: [(Factor, Change); Factor::ALL.len()],
}

impl Comparison {
    /// What has become of each factor.
    #[must_use]
    pub fn factors(&self) -> &[(Factor, Change)] {
        &self.factors
    }

    /// The factors that this has become of.
    pub fn all(&self, change: Change) -> impl Iterator<Item = Factor> + '_ {
        self.factors.iter().filter(move |(_, found)| *found == change).map(|(factor, _)| *factor)
    }

    /// How many are as they were.
    #[must_use]
    pub fn same(&self) -> usize {
        self.all(Change::Same).count()
    }

    /// How many were known then.
    #[must_use]
    pub fn known(&self) -> usize {
        self.factors.iter().filter(|(_, change)| !matches!(change, Change::New | Change::Unknown)).count()
    }

    /// How many must match: what the license says, or three; all that were known where those are fewer.
    #[must_use]
    pub fn required(&self, require: Option<u8>) -> usize {
        usize::from(require.unwrap_or(DEFAULT_REQUIRE)).min(self.known()).max(1)
    }

    /// Whether it is the same machine. A factor that either side does not know never counts, and neither does the processor
    /// alone.
    #[must_use]
    pub fn passes(&self, require: Option<u8>) -> bool {
        self.same() >= self.required(require) && self.all(Change::Same).any(Factor::identifies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_each_factor_is_told_in_words() {
        use Change::{Changed, Gone, New, Same, Unknown};
        let mut changes = [Same, Changed, Gone, New, Unknown].into_iter();
        let comparison = Comparison { factors: Factor::ALL.map(|factor| (factor, changes.next().unwrap())) };
        let told: Vec<String> =
            comparison.factors().iter().map(|(factor, change)| format!("{factor} {}", change.as_str())).collect();
        assert_eq!(told, ["os same", "board changed", "disk gone", "network new", "cpu unknown"]);
        assert_eq!(serde_json::to_string(comparison.factors()).unwrap().matches("\"unknown\"").count(), 1);
        // Of what was known then, one in three is the same.
        assert_eq!((comparison.known(), comparison.same()), (3, 1));
    }
}
