//! What would stop working if a signing key were taken out of the products, or marked as compromised.

use crate::authority::{Authority, Error};
use crate::ledger::{SignedGroup, SigningKeyRecord};
use crate::license::Timestamp;

/// What depends on a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlan {
    /// The key.
    pub key: SigningKeyRecord,
    /// The live licenses whose newest revision it signed, counted by customer and tier.
    pub groups: Vec<SignedGroup>,
    /// How many live licenses have a newest revision of another key, and an earlier one of this key that has not run out: they
    /// stop for customers who did not install the newest.
    pub superseded: u64,
}

/// How many licenses depend on a key, and how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many licenses.
    pub licenses: u64,
    /// How many of them have no end.
    pub perpetual: u64,
    /// The first end.
    pub earliest: Option<Timestamp>,
    /// The last end.
    pub latest: Option<Timestamp>,
}

impl Extent {
    /// The extent of these groups together.
    #[must_use]
    pub fn of<'g>(groups: impl IntoIterator<Item = &'g SignedGroup>) -> Self {
        groups.into_iter().fold(Self::default(), |extent, group| Self {
            licenses: extent.licenses + group.licenses,
            perpetual: extent.perpetual + group.perpetual,
            earliest: [extent.earliest, group.earliest].into_iter().flatten().min(),
            latest: extent.latest.max(group.latest),
        })
    }
}

impl Authority {
    /// What depends on a signing key at a moment.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn key_plan(&self, key: SigningKeyRecord, at: Timestamp) -> Result<KeyPlan, Error> {
        let tables = self.read();
        let groups = tables.signed_groups(&key.kid, at)?;
        let superseded = tables.superseded(&key.kid, at)?;
        Ok(KeyPlan { key, groups, superseded })
    }
}
