//! A license taken over from an older system.

use std::borrow::Cow;

use serde::Serialize;

use crate::authority::takeover::TakenOver;
use crate::license::{Date, LicenseId, Slug, Timestamp};
use crate::render::{Cell, Column, Noun, View};

/// A license taken over from an older system.
#[derive(Serialize)]
pub struct TakenOverView {
    reference: String,
    id: LicenseId,
    customer: Slug,
    tier: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl TakenOverView {
    pub fn new(taken: &TakenOver, file: Option<String>) -> Self {
        Self {
            reference: taken.reference.clone(),
            id: taken.id,
            customer: taken.customer.slug.clone(),
            tier: taken.terms.tier.clone(),
            seats: taken.terms.seats,
            until: taken.terms.ends.map(Timestamp::last_day),
            known: taken.known,
            file,
            key: taken.issued.as_ref().map(|issued| issued.key.clone()),
        }
    }
}

impl View for TakenOverView {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("reference", "Reference"),
                Column::new("id", "License"),
                Column::new("customer", "Customer"),
                Column::new("tier", "Tier"),
                Column::number("seats", "Seats"),
                Column::new("until", "Until"),
                Column::new("known", "Known"),
                Column::text("file", "File"),
                Column::text("key", "Key"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.reference).into(),
            self.id.into(),
            (&self.customer).into(),
            (&self.tier).into(),
            Cell::from(self.seats).or("unlimited"),
            Cell::from(self.until).or("never"),
            self.known.into(),
            self.file.as_ref().into(),
            self.key.as_ref().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}
