//! The machines that licenses are bound to, group by group.

use serde::Serialize;

use super::report::{Counts, columns};
use crate::authority::report::MachineCount;
use crate::render::{Cell, Column};

/// The machines of a group of licenses.
#[derive(Serialize)]
pub struct Machines {
    licenses: u64,
    machines: u64,
    limited: u64,
    limit: u64,
    free: u64,
    at_limit: u64,
    activated: u64,
    given_back: u64,
}

impl Machines {
    pub fn new(count: &MachineCount) -> Self {
        let MachineCount { usage, turnover } = count;
        Self {
            licenses: usage.licenses.licenses,
            machines: usage.bound,
            limited: usage.limited,
            limit: usage.limit,
            // An older system may have bound more machines than it allowed.
            free: usage.limit.saturating_sub(usage.limited_bound),
            at_limit: usage.full,
            activated: turnover.activated,
            given_back: turnover.given_back,
        }
    }
}

impl Counts for Machines {
    const COLUMNS: &'static [Column] = &columns::<10>(
        3,
        &[
            Column::number("licenses", "Licenses"),
            Column::number("machines", "Machines"),
            Column::number("limited", "Limited").wide(),
            Column::number("limit", "Limit"),
            Column::number("free", "Free").optional(2),
            Column::number("at_limit", "At limit"),
            Column::number("activated", "Activated").optional(1),
            Column::number("given_back", "Given back").optional(1),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.licenses.into(),
            self.machines.into(),
            self.limited.into(),
            self.limit.into(),
            self.free.into(),
            self.at_limit.into(),
            self.activated.into(),
            self.given_back.into(),
        ]
    }
}
