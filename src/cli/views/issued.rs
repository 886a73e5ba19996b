//! A license just issued, and where its key was saved.

use std::borrow::Cow;

use serde::Serialize;

use super::license::{count, seats, until};
use crate::authority::issue::Issued;
use crate::license::{Date, LicenseId, LicenseType, Slug, Terms, Timestamp};
use crate::render::{Cell, Column, Moment, Noun, View};

/// A license just issued.
#[derive(Serialize)]
pub struct IssuedView {
    id: LicenseId,
    revision: u32,
    customer: Slug,
    customer_name: String,
    product: Slug,
    tier: Slug,
    #[serde(rename = "type")]
    kind: LicenseType,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    starts: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    repeated: bool,
    key: String,
}

impl IssuedView {
    pub fn new(issued: &Issued, file: Option<String>) -> Self {
        let terms = &issued.terms;
        Self {
            id: issued.id,
            revision: issued.rev,
            customer: issued.customer.slug.clone(),
            customer_name: issued.customer.name.clone(),
            product: terms.product.clone(),
            tier: terms.tier.clone(),
            kind: terms.kind,
            seats: terms.seats,
            starts: terms.starts.into(),
            until: terms.ends.map(Timestamp::last_day),
            file,
            repeated: issued.repeated,
            key: issued.key.clone(),
        }
    }
}

impl View for IssuedView {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("id", "License"),
                Column::new("customer", "Customer"),
                Column::new("tier", "Tier"),
                Column::new("type", "Type"),
                Column::number("seats", "Seats"),
                Column::new("until", "Until"),
                Column::text("file", "File"),
                Column::text("key", "Key"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer).into(),
            (&self.tier).into(),
            self.kind.as_str().into(),
            Cell::from(self.seats).or("unlimited"),
            Cell::from(self.until).or("never"),
            self.file.as_ref().into(),
            (&self.key).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}

/// What was granted, on one line: `Acme GmbH · pro · 12 seats · until 2027-11-22 · any machine`. The first day is told where it
/// is still to come.
pub fn summary(customer_name: &str, terms: &Terms, today: Date) -> String {
    let machines = match (terms.machines.bound.len(), terms.machines.max) {
        (0, None) => "any machine".to_owned(),
        (0, Some(max)) => format!("up to {}", count(max, "machine")),
        (bound, _) => format!("bound to {}", count(u32::try_from(bound).unwrap_or(u32::MAX), "machine")),
    };
    let mut parts = vec![customer_name.to_owned(), terms.tier.to_string(), seats(terms.seats)];
    if terms.kind != LicenseType::Commercial {
        parts.push(terms.kind.to_string());
    }
    if terms.internal {
        parts.push("internal".into());
    }
    if terms.starts.date() > today {
        parts.push(format!("from {}", terms.starts.date()));
    }
    parts.extend([until(terms.ends), machines]);
    parts.join(" · ")
}
