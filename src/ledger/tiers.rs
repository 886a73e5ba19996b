//! Reads of the tiers.

use super::{LedgerError, Tables, column};
use crate::license::{Slug, Tier};

/// Which tiers to list; empty: all of them.
#[derive(Debug, Clone, Default)]
pub struct TierFilter {
    /// Those of one product.
    pub product: Option<Slug>,
    /// Those that are retired, or those that are not.
    pub retired: Option<bool>,
}

impl Tables<'_> {
    /// The tier with this short name in this product.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tier(&self, product: &Slug, slug: &Slug) -> Result<Option<Tier>, LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT definition FROM tiers WHERE product = ? AND slug = ?")?;
        let mut rows = statement.query([product.as_str(), slug.as_str()])?;
        rows.next()?.map(|row| column::json(row, 0)).transpose()
    }

    /// The tiers that fit, by product and rank.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn tiers(&self, filter: &TierFilter) -> Result<Vec<Tier>, LedgerError> {
        let mut statement = self.db.prepare_cached(
            "SELECT definition FROM tiers WHERE (?1 IS NULL OR product = ?1) AND (?2 IS NULL OR retired = ?2)
             ORDER BY product, rank, id",
        )?;
        let mut rows = statement.query((filter.product.as_ref().map(Slug::as_str), filter.retired))?;
        let mut tiers = Vec::new();
        while let Some(row) = rows.next()? {
            tiers.push(column::json(row, 0)?);
        }
        Ok(tiers)
    }

    /// The rows of the tiers whose product and short name fit, and how many tiers there are.
    pub(super) fn tier_ids(&self, fits: impl Fn(&str, &str) -> bool) -> Result<(Vec<i64>, usize), LedgerError> {
        let mut statement = self.db.prepare_cached("SELECT id, product, slug FROM tiers")?;
        let mut rows = statement.query([])?;
        let (mut chosen, mut all) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            all += 1;
            let text = |at: usize| -> Result<&str, rusqlite::Error> { Ok(row.get_ref(at)?.as_str()?) };
            if fits(text(1)?, text(2)?) {
                chosen.push(row.get(0)?);
            }
        }
        Ok((chosen, all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Fact;
    use crate::ledger::testing::{ledger, record, slug, tier};

    #[test]
    fn tiers_read_back_by_product_and_rank() {
        let mut ledger = ledger();
        let free = Tier { retired: true, yearly: Some("0 EUR".parse().unwrap()), ..tier("free", 5) };
        let other = Tier { product: slug("hangar"), ..tier("pro", 1) };
        record(
            &mut ledger,
            1,
            &[Fact::TierAdded(other.clone()), Fact::TierAdded(free.clone()), Fact::TierChanged(tier("basic", 99))],
        );
        let names = |filter: &TierFilter| -> Vec<String> {
            ledger.read().tiers(filter).unwrap().into_iter().map(|tier| tier.full_name()).collect()
        };
        assert_eq!(names(&TierFilter::default()), ["cockpit/free", "cockpit/pro", "cockpit/basic", "hangar/pro"]);
        assert_eq!(names(&TierFilter { product: Some(slug("hangar")), ..TierFilter::default() }), ["hangar/pro"]);
        assert_eq!(names(&TierFilter { retired: Some(true), ..TierFilter::default() }), ["cockpit/free"]);
        assert_eq!(ledger.read().tier(&slug("cockpit"), &slug("free")).unwrap(), Some(free));
        assert_eq!(ledger.read().tier(&slug("hangar"), &slug("pro")).unwrap(), Some(other));
        assert_eq!(ledger.read().tier(&slug("hangar"), &slug("free")).unwrap(), None);
    }
}
