//! The machines that licenses are bound to, group by group.

use std::borrow::Cow;

use serde::Serialize;

use super::report::GroupName;
use crate::authority::report::MachineCount;
use crate::render::{Cell, Column, Noun, View};

/// The machines of a group of licenses.
#[derive(Serialize)]
pub struct MachinesView {
    #[serde(flatten)]
    group: GroupName,
    licenses: u64,
    machines: u64,
    limited: u64,
    limit: u64,
    free: u64,
    at_limit: u64,
    activated: u64,
    given_back: u64,
}

impl MachinesView {
    pub fn new(group: GroupName, count: &MachineCount) -> Self {
        let MachineCount { tally, turnover } = count;
        Self {
            group,
            licenses: tally.usable.licenses,
            machines: tally.bound,
            limited: tally.limited,
            limit: tally.limit,
            // An older system may have bound more machines than it allowed.
            free: tally.limit.saturating_sub(tally.limited_bound),
            at_limit: tally.full,
            activated: turnover.activated,
            given_back: turnover.given_back,
        }
    }
}

impl View for MachinesView {
    const NOUN: Noun = Noun { one: "group", many: "groups" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("group", "Group"),
                Column::text("name", "Name").optional(3),
                Column::number("licenses", "Licenses"),
                Column::number("machines", "Machines"),
                Column::number("limited", "Limited").wide(),
                Column::number("limit", "Limit"),
                Column::number("free", "Free").optional(2),
                Column::number("at_limit", "At limit"),
                Column::number("activated", "Activated").optional(1),
                Column::number("given_back", "Given back").optional(1),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let [group, name] = self.group.cells();
        vec![
            group,
            name,
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

    fn name(&self) -> Cow<'_, str> {
        self.group.text().into()
    }
}
