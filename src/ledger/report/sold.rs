//! What is in force, by tier and group: what a vendor lives on.

use std::collections::HashMap;

use super::fold::Counts;
use super::group::{Group, Grouping, Key};
use super::tally::Amount;
use crate::ledger::names::Names;
use crate::ledger::{LedgerError, LicenseFilter, Tables};
use crate::license::Slug;

/// What licenses in force have in common. The plus keeps the database from going through an index of ends, which would lead to the
/// licenses one by one.
const IN_FORCE: &str = "+l.standing = 0 AND l.starts <= $at AND (+l.ends > $at OR +l.ends IS NULL)";

/// What is in force of a tier in a group: it has begun, has not come to its end, and is neither suspended nor revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sold {
    /// The licenses with an end.
    pub terms: Amount,
    /// The licenses without one.
    pub perpetual: Amount,
}

/// What is in force, by tier and group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sales {
    /// The tiers of which something is in force, by product and short name.
    pub tiers: Vec<(Slug, Slug)>,
    /// Of each group what is in force of which tier, by its place in `tiers`. Both groups and tiers are in order.
    pub groups: Vec<(Group, Vec<(usize, Sold)>)>,
}

impl Tables<'_> {
    /// Counts the licenses that fit and are in force, group by group and in each by tier.
    ///
    /// # Errors
    /// [`LedgerError`] where the ledger cannot be read.
    pub fn sold(&self, filter: &LicenseFilter, by: Grouping) -> Result<Sales, LedgerError> {
        let mut counts: Counts<(i64, Key), Sold> = Counts::default();
        let pass = self.pass(filter, by, "l.tier, l.seats, l.ends IS NULL", &[IN_FORCE])?;
        self.each_row(&pass, |row| {
            let sold = counts.of((row.get(0)?, by.key(row, 3)?));
            if row.get(2)? { &mut sold.perpetual } else { &mut sold.terms }.add(row.get(1)?);
            Ok(())
        })?;
        let mut names = Names::new(self.db);
        let mut tiers: Vec<((Slug, Slug), i64)> = Vec::new();
        for ((tier, _), _) in &counts.all {
            if !tiers.iter().any(|(_, known)| known == tier) {
                let named = names.tier(*tier)?;
                tiers.push(((named.product.clone(), named.slug.clone()), *tier));
            }
        }
        tiers.sort_unstable();
        let places: HashMap<i64, usize> = tiers.iter().enumerate().map(|(place, (_, tier))| (*tier, place)).collect();
        let mut all: Vec<(Key, usize, Sold)> =
            counts.all.into_iter().filter_map(|((tier, key), sold)| Some((key, *places.get(&tier)?, sold))).collect();
        all.sort_unstable_by_key(|(key, place, _)| (*key, *place));
        let mut groups: Vec<(Group, Vec<(usize, Sold)>)> = Vec::new();
        for of_group in all.chunk_by(|one, other| one.0 == other.0) {
            let group = by.group(of_group[0].0, &mut names)?;
            groups.push((group, of_group.iter().map(|(_, place, sold)| (*place, *sold)).collect()));
        }
        groups.sort_by(|one, other| one.0.cmp(&other.0));
        // The tiers of one product have a key each, and are one group.
        groups.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.append(&mut next.1);
                kept.1.sort_unstable_by_key(|(place, _)| *place);
            }
            same
        });
        Ok(Sales { tiers: tiers.into_iter().map(|(named, _)| named).collect(), groups })
    }
}
