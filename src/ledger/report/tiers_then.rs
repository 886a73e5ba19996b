//! The tiers as they were.

use crate::ledger::{Event, Fact, LedgerError, Tables};
use crate::license::{Tier, Timestamp};

impl Tables<'_> {
    /// The tiers as they were at a moment, by product and rank. One that was added later is as it was at first: where a clock was set
    /// back, licenses of a tier may be older than the tier.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tiers_as_of(&self, then: Timestamp) -> Result<Vec<Tier>, LedgerError> {
        // `at` and `kind` stand in one index, so that only events about tiers are read.
        let mut statement = self.db.prepare_cached(
            "SELECT body FROM events INDEXED BY events_by_time WHERE kind IN ('tier.added', 'tier.changed') ORDER BY number",
        )?;
        let mut rows = statement.query([])?;
        let mut tiers: Vec<Tier> = Vec::new();
        while let Some(row) = rows.next()? {
            let event = Event::read(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
            if let Fact::TierAdded(tier) | Fact::TierChanged(tier) = event.fact {
                match tiers.iter_mut().find(|known| (&known.product, &known.slug) == (&tier.product, &tier.slug)) {
                    Some(known) if event.at <= then => *known = tier,
                    Some(_) => {}
                    None => tiers.push(tier),
                }
            }
        }
        // Of equal rank, the older first.
        tiers.sort_by(|one, other| (&one.product, one.rank).cmp(&(&other.product, other.rank)));
        Ok(tiers)
    }
}
