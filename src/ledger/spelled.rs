//! Events that are spelled out before their turn: the costly part of recording, done where no lock is held.

use super::event::NewEvent;
use super::{EventNumber, Fact, LedgerError};
use crate::audit::{Hash, leaf_hash};
use crate::license::{Slug, Timestamp};

/// An event with its bytes and its leaf, for the place in the log that it was made for. [`super::Transaction::record_spelled`]
/// records it there, and nowhere else.
#[derive(Debug, Clone)]
pub struct Spelled {
    pub(super) number: EventNumber,
    pub(super) at: Timestamp,
    pub(super) by: Slug,
    pub(super) fact: Fact,
    pub(super) body: Vec<u8>,
    pub(super) leaf: Hash,
}

impl Spelled {
    /// The event that says `fact` in a log that has `size` events before it.
    ///
    /// # Errors
    /// [`LedgerError::Unrecordable`] for a fact that cannot be written.
    pub fn new(size: u64, at: Timestamp, by: &Slug, fact: Fact) -> Result<Self, LedgerError> {
        let number = EventNumber::after(size);
        // As much as most of them take.
        let mut body = Vec::with_capacity(2048);
        NewEvent { number, at, by, fact: &fact }.write(&mut body)?;
        let leaf = leaf_hash(&body);
        Ok(Self { number, at, by: by.clone(), fact, body, leaf })
    }

    /// What it says.
    #[must_use]
    pub fn fact(&self) -> &Fact {
        &self.fact
    }

    /// What it says, once it is recorded.
    #[must_use]
    pub fn into_fact(self) -> Fact {
        self.fact
    }
}
