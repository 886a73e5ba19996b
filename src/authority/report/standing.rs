//! What there is: licenses, seats and machines, group by group.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::{By, Days, Scope};
use crate::authority::{Authority, Error};
use crate::ledger::LedgerError;
use crate::ledger::report::{Amount, Group, Only, Tally, Turnover, Usage};

/// The machines of a group of licenses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MachineCount {
    /// How many are bound to what.
    pub usage: Usage,
    /// What came and went.
    pub turnover: Turnover,
}

impl Authority {
    /// Counts the licenses of a scope and their seats, group by group, and all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_amounts(&self, scope: &Scope) -> Result<(Vec<(Group, Amount)>, Amount), Error> {
        let groups = self.read().amounts(&scope.filter, scope.grouping())?;
        Ok(summed(groups, scope.by, |amount| [amount.licenses, 0]))
    }

    /// Tells what there is of a scope, group by group, and of all of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_tally(&self, scope: &Scope) -> Result<(Vec<(Group, Tally)>, Tally), Error> {
        let groups = self.read().tally(&scope.filter, scope.grouping())?;
        Ok(summed(groups, scope.by, |tally| [tally.usable.licenses, tally.all.licenses]))
    }

    /// Tells what is used of the seats of a scope, group by group, and of all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_usage(&self, scope: &Scope, only: Only) -> Result<(Vec<(Group, Usage)>, Usage), Error> {
        let groups = self.read().usage(&scope.filter, scope.grouping(), only)?;
        Ok(summed(groups, scope.by, |usage| [usage.licenses.licenses, 0]))
    }

    /// Counts the machines of a scope, group by group, and all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_machines(&self, scope: &Scope, full: bool) -> Result<(Vec<(Group, MachineCount)>, MachineCount), Error> {
        let only = if full { Only::Full } else { Only::Bound };
        let days = scope.days.map(Days::moments);
        let (usages, turnovers) = self.ledger.snapshot(|tables| {
            let usages = tables.usage(&scope.filter, scope.grouping(), only)?;
            // What came after the moment of the report is not told.
            let after = scope.filter.at.plus_seconds(1);
            let turnovers = match days {
                Some((from, to)) => tables.turnover(&scope.filter, scope.grouping(), from, to.min(after))?,
                None => Vec::new(),
            };
            Ok::<_, LedgerError>((usages, turnovers))
        })?;
        let mut counts: BTreeMap<Group, MachineCount> = BTreeMap::new();
        for (group, usage) in usages {
            counts.entry(group).or_default().usage = usage;
        }
        for (group, turnover) in turnovers {
            // Where only licenses at their limit are asked for, nothing is told of others.
            match counts.get_mut(&group) {
                Some(count) => count.turnover = turnover,
                None if full => {}
                None => counts.entry(group).or_default().turnover = turnover,
            }
        }
        Ok(summed(counts.into_iter().collect(), scope.by, |count| [count.usage.bound, count.usage.limited]))
    }
}

impl AddAssign for MachineCount {
    fn add_assign(&mut self, other: Self) {
        self.usage += other.usage;
        self.turnover += other.turnover;
    }
}

/// Groups in the order in which they are shown, and the sum of them.
fn summed<T: AddAssign + Copy + Default>(
    mut groups: Vec<(Group, T)>,
    by: Option<By>,
    size: impl Fn(&T) -> [u64; 2],
) -> (Vec<(Group, T)>, T) {
    let mut total = T::default();
    groups.iter().for_each(|(_, count)| total += *count);
    by_size(&mut groups, by, size);
    (groups, total)
}

/// Puts the largest groups first where groups have no order of their own but the alphabet; equals stay in its order.
pub(super) fn by_size<T>(groups: &mut [(Group, T)], by: Option<By>, size: impl Fn(&T) -> [u64; 2]) {
    if matches!(by, Some(By::Customer | By::Operator | By::License)) {
        groups.sort_by_cached_key(|(_, count)| std::cmp::Reverse(size(count)));
    }
}
