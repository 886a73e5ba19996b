//! Licenses counted group by group: how many, in which status, for how many seats.

use serde::Serialize;

use super::report::{Counts, columns};
use crate::ledger::report::{Amount, Tally, Usage};
use crate::license::{Date, Status, Timestamp};
use crate::render::{Cell, Column};

/// A group of the licenses in a list: how many they are, and for how many seats.
#[derive(Serialize)]
pub struct Licenses {
    licenses: u64,
    seats: u64,
    unlimited: u64,
}

impl Licenses {
    pub fn new(amount: &Amount) -> Self {
        Self { licenses: amount.licenses, seats: amount.seats, unlimited: amount.unlimited }
    }
}

impl Counts for Licenses {
    const COLUMNS: &'static [Column] = &columns::<5>(
        3,
        &[
            Column::number("licenses", "Licenses"),
            Column::number("seats", "Seats"),
            Column::number("unlimited", "Unlimited").optional(1),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.licenses.into(), self.seats.into(), self.unlimited.into()]
    }
}

/// What there is of a group of licenses, by status, and the seats of those that work.
#[derive(Serialize)]
pub struct Stock {
    licenses: u64,
    active: u64,
    expiring: u64,
    grace: u64,
    expired: u64,
    scheduled: u64,
    suspended: u64,
    revoked: u64,
    usable: u64,
    seats: u64,
    unlimited: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_until: Option<Date>,
}

impl Stock {
    pub fn new(tally: &Tally) -> Self {
        let of = |status| tally.statuses.of(status);
        Self {
            licenses: tally.all.licenses,
            active: of(Status::Active),
            expiring: of(Status::Expiring),
            grace: of(Status::Grace),
            expired: of(Status::Expired),
            scheduled: of(Status::Scheduled),
            suspended: of(Status::Suspended),
            revoked: of(Status::Revoked),
            usable: tally.usable.licenses,
            seats: tally.usable.seats,
            unlimited: tally.usable.unlimited,
            next_until: tally.next_end.map(Timestamp::last_day),
        }
    }
}

impl Counts for Stock {
    const COLUMNS: &'static [Column] = &columns::<14>(
        7,
        &[
            Column::number("licenses", "Licenses"),
            Column::number("usable", "Usable").optional(2),
            Column::number("active", "Active"),
            Column::number("expiring", "Expiring"),
            Column::number("grace", "Grace").optional(4),
            Column::number("expired", "Expired").optional(4),
            Column::number("scheduled", "Scheduled").optional(6),
            Column::number("suspended", "Suspended").optional(8),
            Column::number("revoked", "Revoked").optional(5),
            Column::number("seats", "Seats"),
            Column::number("unlimited", "Unlimited").optional(5),
            Column::new("next_until", "Next end").optional(1),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.licenses.into(),
            self.usable.into(),
            self.active.into(),
            self.expiring.into(),
            self.grace.into(),
            self.expired.into(),
            self.scheduled.into(),
            self.suspended.into(),
            self.revoked.into(),
            self.seats.into(),
            self.unlimited.into(),
            self.next_until.into(),
        ]
    }
}

/// The seats of a group of licenses that work.
#[derive(Serialize)]
pub struct Seats {
    licenses: u64,
    seats: u64,
    unlimited: u64,
    machines: u64,
    over_used: u64,
    over: u64,
}

impl Seats {
    pub fn new(usage: &Usage) -> Self {
        let Usage { bound, over_used, over, .. } = *usage;
        let Amount { licenses, seats, unlimited } = usage.licenses;
        Self { licenses, seats, unlimited, machines: bound, over_used, over }
    }
}

impl Counts for Seats {
    const COLUMNS: &'static [Column] = &columns::<8>(
        3,
        &[
            Column::number("licenses", "Licenses"),
            Column::number("seats", "Seats sold"),
            Column::number("unlimited", "Unlimited").optional(2),
            Column::number("machines", "Machines bound"),
            Column::number("over_used", "Over-used"),
            Column::number("over", "Seats over").optional(1),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { licenses, seats, unlimited, machines, over_used, over, .. } = *self;
        let counts = [licenses, seats, unlimited, machines, over_used, over];
        counts.map(Cell::from).into()
    }
}
