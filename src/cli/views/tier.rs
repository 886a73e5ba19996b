//! Tiers, in a list and at length.

use std::borrow::Cow;

use serde::Serialize;

use super::license::{count, limits_cell};
use crate::license::{Slug, Tier};
use crate::render::{Cell, Column, Detail, Noun, Section, View};

/// A tier.
#[derive(Serialize)]
pub struct TierView {
    #[serde(flatten)]
    tier: Tier,
}

impl TierView {
    pub fn new(tier: &Tier) -> Self {
        Self { tier: tier.clone() }
    }
}

impl View for TierView {
    const NOUN: Noun = Noun { one: "tier", many: "tiers" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("product", "Product"),
                Column::new("slug", "Tier"),
                Column::text("name", "Name"),
                Column::number("rank", "Rank").optional(4),
                Column::new("term", "Term"),
                Column::number("seats", "Seats"),
                Column::number("machines", "Machines").optional(3),
                Column::number("grace_days", "Grace").optional(3),
                Column::number("monthly", "Monthly").optional(2),
                Column::number("yearly", "Yearly").optional(1),
                Column::text("features", "Features").optional(5),
                Column::new("retired", "Retired").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let tier = &self.tier;
        vec![
            (&tier.product).into(),
            (&tier.slug).into(),
            (&tier.name).into(),
            tier.rank.into(),
            tier.term.to_string().into(),
            Cell::from(tier.seats).or("unlimited"),
            Cell::from(tier.machines).or("any"),
            tier.grace_days.into(),
            tier.monthly.map(|price| price.to_string()).into(),
            tier.yearly.map(|price| price.to_string()).into(),
            Cell::list(tier.features.iter().map(Slug::as_str)),
            tier.retired.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.tier.full_name().into()
    }
}

impl Detail for TierView {
    fn sections(&self) -> Vec<Section<'_>> {
        let tier = &self.tier;
        vec![Section::facts([
            ("Tier", tier.full_name().into()),
            ("Name", (&tier.name).into()),
            ("Rank", tier.rank.into()),
            ("Term", tier.term.to_string().into()),
            ("Seats", Cell::from(tier.seats).or("unlimited")),
            ("Machines", Cell::from(tier.machines).or("not bound to machines")),
            ("Of sorts", Cell::list(tier.machine_kinds.iter().map(|kind| kind.plural())).or("any")),
            ("Must match", Cell::from(tier.machine_factors.map(|count| format!("{count} of 5 factors"))).or("3 of 5 factors")),
            ("Transfers", format!("{} a year", count(tier.yearly_transfers(tier.machines), "seat")).into()),
            ("Grace", count(tier.grace_days, "day").into()),
            ("Warns", format!("{} before the end", count(tier.warn_days, "day")).into()),
            ("Offline", Cell::from(tier.offline_days.map(|days| count(days, "day"))).or("for ever")),
            ("Features", Cell::list(tier.features.iter().map(Slug::as_str))),
            ("Limits", limits_cell(&tier.limits).or("none")),
            ("Monthly", tier.monthly.map(|price| format!("{price} a seat")).into()),
            ("Yearly", tier.yearly.map(|price| format!("{price} a seat")).into()),
            ("Retired", tier.retired.into()),
        ])]
    }
}
