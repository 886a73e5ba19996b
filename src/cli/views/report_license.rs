//! Licenses that come to their end, came to it, or were issued; as rows, as sums, and as days in a calendar.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde::Serialize;

use super::license::seats;
use crate::ledger::LicenseRecord;
use crate::ledger::report::Amount;
use crate::license::{Date, LicenseId, LicenseType, Slug, Status, Timestamp};
use crate::render::calendar::Event;
use crate::render::{Cell, Column, Moment, Noun, View};

/// A license in a report.
#[derive(Serialize)]
pub struct ReportedLicense {
    id: LicenseId,
    customer: Slug,
    customer_name: String,
    #[serde(rename = "type")]
    kind: LicenseType,
    internal: bool,
    product: Slug,
    tier: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    issued_by: Slug,
    issued_on: Date,
    issued_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<i64>,
    status: Status,
}

impl ReportedLicense {
    pub fn new(record: &LicenseRecord, at: Timestamp) -> Self {
        Self {
            id: record.id,
            customer: record.customer.clone(),
            customer_name: record.customer_name.clone(),
            kind: record.kind,
            internal: record.internal,
            product: record.product.clone(),
            tier: record.tier.clone(),
            seats: record.seats,
            issued_by: record.issued_by.clone(),
            issued_on: record.issued_at.date(),
            issued_at: record.issued_at.into(),
            until: record.ends.map(Timestamp::last_day),
            days_left: record.validity().days_left(at),
            status: record.status(at),
        }
    }
}

impl View for ReportedLicense {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("id", "License"),
                Column::text("customer_name", "Account"),
                Column::new("customer", "Slug").wide(),
                Column::new("type", "Type").optional(3),
                Column::new("internal", "Internal").wide(),
                Column::new("product", "Product").wide(),
                Column::text("tier", "Tier"),
                Column::number("seats", "Seats"),
                Column::text("issued_by", "Creator").optional(1),
                Column::new("issued_on", "Created").optional(2),
                Column::new("until", "Until"),
                Column::number("days_left", "Days"),
                Column::new("status", "Status").optional(4),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer_name).into(),
            (&self.customer).into(),
            self.kind.as_str().into(),
            self.internal.into(),
            (&self.product).into(),
            (&self.tier).into(),
            Cell::from(self.seats).or("unlimited"),
            (&self.issued_by).into(),
            self.issued_on.into(),
            Cell::from(self.until).or("never"),
            self.days_left.into(),
            self.status.as_str().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}

/// The sums under a list of licenses, as its columns have them.
pub fn totals(amount: &Amount) -> Vec<Cell<'static>> {
    let mut cells: Vec<Cell<'static>> = ReportedLicense::columns().iter().map(|_| Cell::Absent("")).collect();
    for (cell, column) in cells.iter_mut().zip(ReportedLicense::columns()) {
        match column.key {
            "id" => *cell = "total".into(),
            "customer_name" => {
                *cell = format!("{} license{}", amount.licenses, if amount.licenses == 1 { "" } else { "s" }).into()
            }
            "seats" => *cell = amount.seats.into(),
            _ => {}
        }
    }
    cells
}

/// The last day of a license as a day in a calendar. The names of the days of one authority differ from those of others.
pub fn event(record: &LicenseRecord, issuer: &str) -> Option<Event> {
    let day = record.ends?.last_day();
    // The host alone: the name of a day is no address.
    let host = issuer.split_once("://").map_or(issuer, |(_, rest)| rest).split(['/', ':']).next().unwrap_or_default();
    let internal = if record.internal { ", internal" } else { "" };
    let (id, seats) = (record.id, seats(record.seats));
    Some(Event {
        uid: line(format_args!("{id}-{}@{host}", day.to_basic())),
        day,
        changed: record.revised_at,
        summary: line(format_args!("{}: {} ends ({seats})", record.customer_name, record.tier_name)),
        description: vec![
            line(format_args!("License {id} of {} ({})", record.customer_name, record.customer)),
            line(format_args!("{}/{}, {}{internal}, {seats}", record.product, record.tier, record.kind)),
            line(format_args!("Created {} by {}, ends {day}", record.issued_at.date(), record.issued_by)),
            line(format_args!("Renew it with: lic renew {id}")),
        ],
        categories: vec![record.kind.to_string()],
    })
}

/// A line as a text that has room for most lines from the beginning: there are many of them, and each time it grows it is copied.
fn line(words: fmt::Arguments<'_>) -> String {
    let mut line = String::with_capacity(96);
    // Writing to a string cannot fail.
    let _ = line.write_fmt(words);
    line
}
