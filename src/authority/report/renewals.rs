//! Which ends were renewed on time.

use super::{Days, Scope, by_size};
use crate::authority::{Authority, Error};
use crate::ledger::report::{Group, Renewals};

impl Authority {
    /// What became of the ends that came in the days of a scope, group by group, and of all of them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_renewals(&self, scope: &Scope) -> Result<(Vec<(Group, Renewals)>, Renewals), Error> {
        let at = scope.filter.at;
        let (after, to) = scope.days.map_or((at, at), Days::moments);
        let mut groups = self.ledger.snapshot(|tables| tables.renewals(&scope.filter, scope.grouping(), after, to))?;
        let mut total = Renewals::default();
        groups.iter().for_each(|(_, renewals)| total += *renewals);
        by_size(&mut groups, scope.by, |renewals| [renewals.due(), renewals.on_time]);
        Ok((groups, total))
    }
}
