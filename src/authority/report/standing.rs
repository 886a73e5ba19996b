//! What there is: licenses, seats and machines, group by group.

use std::collections::BTreeMap;

use super::{By, Days, Scope};
use crate::authority::{Authority, Error};
use crate::ledger::LedgerError;
use crate::ledger::report::{Group, Only, Tally, Turnover};

/// The machines of a group of licenses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MachineCount {
    /// How it stands.
    pub tally: Tally,
    /// What came and went.
    pub turnover: Turnover,
}

impl Authority {
    /// Counts the licenses of a scope, group by group, and all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_tally(&self, scope: &Scope, only: Only) -> Result<(Vec<(Group, Tally)>, Tally), Error> {
        let mut groups = self.read().tally(&scope.filter, scope.grouping(), only)?;
        let mut total = Tally::default();
        groups.iter().for_each(|(_, tally)| total += *tally);
        by_size(&mut groups, scope.by, |tally| [tally.usable.licenses, tally.all.licenses]);
        Ok((groups, total))
    }

    /// Counts the machines of a scope, group by group, and all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_machines(&self, scope: &Scope, full: bool) -> Result<(Vec<(Group, MachineCount)>, MachineCount), Error> {
        let only = if full { Only::Full } else { Only::Bound };
        let days = scope.days.map(Days::moments);
        let (tallies, turnovers) = self.ledger.snapshot(|tables| {
            let tallies = tables.tally(&scope.filter, scope.grouping(), only)?;
            // What came after the moment of the report is not told.
            let after = scope.filter.at.plus_seconds(1);
            let turnovers = match days {
                Some((from, to)) => tables.turnover(&scope.filter, scope.grouping(), from, to.min(after))?,
                None => Vec::new(),
            };
            Ok::<_, LedgerError>((tallies, turnovers))
        })?;
        let mut counts: BTreeMap<Group, MachineCount> = BTreeMap::new();
        for (group, tally) in tallies {
            counts.entry(group).or_default().tally = tally;
        }
        for (group, turnover) in turnovers {
            // Where only licenses at their limit are asked for, nothing is told of others.
            match counts.get_mut(&group) {
                Some(count) => count.turnover = turnover,
                None if full => {}
                None => counts.entry(group).or_default().turnover = turnover,
            }
        }
        let mut total = MachineCount::default();
        for count in counts.values() {
            total.tally += count.tally;
            total.turnover += count.turnover;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        by_size(&mut counts, scope.by, |count| [count.tally.bound, count.tally.limited]);
        Ok((counts, total))
    }
}

/// Puts the largest groups first where groups have no order of their own but the alphabet; equals stay in its order.
pub(super) fn by_size<T>(groups: &mut [(Group, T)], by: Option<By>, size: impl Fn(&T) -> [u64; 2]) {
    if matches!(by, Some(By::Customer | By::Operator | By::License)) {
        groups.sort_by_cached_key(|(_, count)| std::cmp::Reverse(size(count)));
    }
}
