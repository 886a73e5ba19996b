//! Recurring revenue, and the ends that were renewed, group by group.

use serde::Serialize;

use super::report::{Counts, columns};
use crate::authority::report::Revenue;
use crate::ledger::report::Renewals;
use crate::render::{Cell, Column};

/// What a group of licenses brings in one currency.
#[derive(Serialize)]
pub struct Money {
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    licenses: u64,
    seats: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yearly: Option<String>,
    perpetual: u64,
    unlimited: u64,
    unpriced: u64,
}

/// Hundredths as a decimal amount, `1234.50`.
fn amount(hundredths: u128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl Money {
    pub fn new(revenue: &Revenue) -> Self {
        let priced = revenue.currency.is_some();
        Self {
            currency: revenue.currency.clone(),
            licenses: revenue.paid.licenses,
            seats: revenue.paid.seats,
            monthly: priced.then(|| amount(revenue.monthly())),
            yearly: priced.then(|| amount(revenue.yearly)),
            perpetual: revenue.perpetual,
            unlimited: revenue.unlimited,
            unpriced: revenue.unpriced,
        }
    }
}

impl Money {
    /// Whether it is in a currency.
    pub fn is_priced(&self) -> bool {
        self.currency.is_some()
    }
}

impl Counts for Money {
    const COLUMNS: &'static [Column] = &columns::<10>(
        4,
        &[
            Column::number("licenses", "Licenses").optional(1),
            Column::number("seats", "Seats").optional(1),
            Column::number("monthly", "A month"),
            Column::number("yearly", "A year"),
            Column::new("currency", "Currency"),
            Column::number("perpetual", "Perpetual").optional(3),
            Column::number("unlimited", "Unlimited").optional(3),
            Column::number("unpriced", "Unpriced").optional(2),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.licenses.into(),
            self.seats.into(),
            self.monthly.as_ref().into(),
            self.yearly.as_ref().into(),
            self.currency.as_ref().into(),
            self.perpetual.into(),
            self.unlimited.into(),
            self.unpriced.into(),
        ]
    }
}

/// What became of the ends of a group of licenses.
#[derive(Serialize)]
pub struct Renewed {
    due: u64,
    on_time: u64,
    late: u64,
    grace: u64,
    lapsed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_time_share: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewed_share: Option<String>,
}

/// A share in per cent with one decimal, rounded to the nearest; of nothing there is none.
fn share(part: u64, all: u64) -> Option<String> {
    let thousandths = (u128::from(part) * 2_000 + u128::from(all)).checked_div(u128::from(all) * 2)?;
    Some(format!("{}.{}", thousandths / 10, thousandths % 10))
}

impl Renewed {
    pub fn new(renewals: &Renewals) -> Self {
        let Renewals { on_time, late, grace, lapsed } = *renewals;
        let due = renewals.due();
        let (on_time_share, renewed_share) = (share(on_time, due), share(on_time + late, due));
        Self { due, on_time, late, grace, lapsed, on_time_share, renewed_share }
    }
}

impl Counts for Renewed {
    const COLUMNS: &'static [Column] = &columns::<9>(
        3,
        &[
            Column::number("due", "Due"),
            Column::number("on_time", "On time"),
            Column::number("late", "Late"),
            Column::number("grace", "In grace").optional(1),
            Column::number("lapsed", "Lapsed"),
            Column::number("on_time_share", "On time %"),
            Column::number("renewed_share", "Renewed %").optional(2),
        ],
    );

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.due.into(),
            self.on_time.into(),
            self.late.into(),
            self.grace.into(),
            self.lapsed.into(),
            self.on_time_share.as_ref().into(),
            self.renewed_share.as_ref().into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_shares_are_exact_to_their_last_digit() {
        assert_eq!([0, 5, 1_234_567].map(amount), ["0.00", "0.05", "12345.67"]);
        let told = [(0, 0), (0, 3), (1, 3), (2, 3), (1, 1), (1, 2000), (1, 2001)].map(|(part, all)| share(part, all));
        let expected = [None, Some("0.0"), Some("33.3"), Some("66.7"), Some("100.0"), Some("0.1"), Some("0.0")];
        assert_eq!(told.each_ref().map(Option::as_deref), expected);
    }
}
