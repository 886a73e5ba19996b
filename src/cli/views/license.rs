//! Licenses, in a list and at length.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::history::{EventView, RevisionView};
use crate::ledger::{ForeignRecord, Hit, LicenseRecord, StandingRecord};
use crate::license::{LicenseId, LicenseType, Slug, Standing, Status, Terms, Timestamp};
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};
use crate::token::armour;

/// `12 seats`, `1 seat` or `unlimited seats`.
pub fn seats(seats: Option<u32>) -> String {
    seats.map_or_else(|| "unlimited seats".into(), |seats| count(seats, "seat"))
}

/// `1 day`, `2 days`.
pub fn count(number: u32, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `until 2027-11-22` or `perpetual`.
pub fn until(ends: Option<Timestamp>) -> String {
    ends.map_or_else(|| "perpetual".into(), |end| format!("until {}", end.last_day()))
}

/// A license as it stands at a moment.
#[derive(Serialize)]
pub struct LicenseView {
    id: LicenseId,
    customer: Slug,
    customer_name: String,
    product: Slug,
    tier: Slug,
    #[serde(rename = "type")]
    kind: LicenseType,
    internal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    starts: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<crate::license::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stops: Option<Moment>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_left: Option<i64>,
    revision: u32,
    issued_at: Moment,
    issued_by: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The older system it was taken over from, as long as it has no key of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<String>,
}

impl LicenseView {
    pub fn new(record: &LicenseRecord, at: Timestamp) -> Self {
        let validity = record.validity();
        Self {
            id: record.id,
            customer: record.customer.clone(),
            customer_name: record.customer_name.clone(),
            product: record.product.clone(),
            tier: record.tier.clone(),
            kind: record.kind,
            internal: record.internal,
            seats: record.seats,
            starts: record.starts.into(),
            until: record.ends.map(Timestamp::last_day),
            ends: record.ends.map(Into::into),
            stops: record.stops.map(Into::into),
            status: validity.status(record.standing, at),
            days_left: validity.days_left(at),
            revision: record.rev,
            issued_at: record.issued_at.into(),
            issued_by: record.issued_by.clone(),
            note: record.note.clone(),
            foreign: record.foreign.clone(),
        }
    }
}

impl LicenseView {
    /// The customer's display name.
    pub fn customer_name(&self) -> &str {
        &self.customer_name
    }

    /// The tier's short name.
    pub fn tier(&self) -> &Slug {
        &self.tier
    }

    /// The day it was issued.
    pub fn issued_on(&self) -> crate::license::Date {
        self.issued_at.0.date()
    }
}

/// Those of a license, and the one of a search behind them.
const COLUMNS: [Column; 17] = [
    Column::new("id", "License"),
    Column::text("customer_name", "Customer"),
    Column::new("customer", "Slug").wide(),
    Column::new("product", "Product").optional(6),
    Column::text("tier", "Tier"),
    Column::new("type", "Type").optional(3),
    Column::new("internal", "Internal").wide(),
    Column::number("seats", "Seats").optional(2),
    Column::new("starts", "Starts").wide(),
    Column::new("until", "Until"),
    Column::number("days_left", "Days").optional(1),
    Column::new("status", "Status"),
    Column::new("issued_by", "Issued by").optional(5),
    Column::new("issued_at", "Issued").wide(),
    Column::text("note", "Note").optional(4),
    Column::text("foreign", "Foreign").optional(3),
    Column::text("found_in", "Found in"),
];

impl View for LicenseView {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        COLUMNS.split_last().map_or(&[], |(_found_in, columns)| columns)
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer_name).into(),
            (&self.customer).into(),
            (&self.product).into(),
            (&self.tier).into(),
            self.kind.as_str().into(),
            self.internal.into(),
            Cell::from(self.seats).or("unlimited"),
            self.starts.into(),
            Cell::from(self.until).or("never"),
            self.days_left.into(),
            self.status.as_str().into(),
            (&self.issued_by).into(),
            self.issued_at.into(),
            self.note.as_ref().into(),
            self.foreign.as_ref().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}

/// A license that was looked for.
#[derive(Serialize)]
pub struct FoundView {
    #[serde(flatten)]
    license: LicenseView,
    /// Where the words were found, and what stands there.
    found_in: Vec<String>,
}

impl FoundView {
    pub fn new(record: &LicenseRecord, at: Timestamp, hits: &[Hit]) -> Self {
        let mut found_in: Vec<String> = Vec::new();
        for hit in hits {
            let said = format!("{}: {}", hit.place, hit.text);
            if !found_in.contains(&said) {
                found_in.push(said);
            }
        }
        Self { license: LicenseView::new(record, at), found_in }
    }
}

impl View for FoundView {
    const NOUN: Noun = LicenseView::NOUN;

    fn columns() -> &'static [Column] {
        &COLUMNS
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = self.license.cells();
        cells.push(self.found_in.join("; ").into());
        cells
    }

    fn name(&self) -> Cow<'_, str> {
        self.license.name()
    }
}

/// A license at length: its terms, revisions, history and key.
#[derive(Serialize)]
pub struct LicenseDetail {
    #[serde(flatten)]
    license: LicenseView,
    tier_name: String,
    rank: u32,
    grace_days: u32,
    warn_days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    offline_days: Option<u32>,
    features: BTreeSet<Slug>,
    limits: BTreeMap<Slug, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_machines: Option<u32>,
    machines: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<StandingView>,
    revisions: Vec<RevisionView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<EventView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    older_system: Option<OlderSystem>,
}

/// Where a license was taken over from.
#[derive(Serialize)]
pub struct OlderSystem {
    system: String,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    taken_at: Moment,
    taken_by: Slug,
}

impl OlderSystem {
    pub fn new(record: ForeignRecord) -> Self {
        let ForeignRecord { system, reference, key, taken_at, taken_by, .. } = record;
        Self { system, reference, key, taken_at: taken_at.into(), taken_by }
    }
}

/// That a license is suspended or revoked: since when, by whom and why.
#[derive(Serialize)]
struct StandingView {
    standing: Standing,
    at: Moment,
    by: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl StandingView {
    fn new(record: StandingRecord) -> Self {
        let StandingRecord { standing, at, by, reason, note } = record;
        Self { standing, at: at.into(), by, reason, note }
    }

    /// ` since 2026-11-22 09:00Z, by ops: refund, credit note 4711`.
    fn told(&self) -> String {
        let why = [&self.reason, &self.note].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
        let why = if why.is_empty() { why } else { format!(": {why}") };
        format!(" since {}, by {}{why}", self.at.0.date(), self.by)
    }
}

/// What a [`LicenseDetail`] is made of, beside the record and the terms.
pub struct Parts {
    /// What stands against it.
    pub decided: Option<StandingRecord>,
    pub revisions: Vec<RevisionView>,
    pub history: Vec<EventView>,
    pub key: Option<String>,
    pub older_system: Option<OlderSystem>,
}

impl LicenseDetail {
    pub fn new(record: &LicenseRecord, terms: &Terms, parts: Parts, at: Timestamp) -> Self {
        Self {
            license: LicenseView::new(record, at),
            tier_name: terms.tier_name.clone(),
            rank: terms.rank,
            grace_days: terms.grace_days,
            warn_days: terms.warn_days,
            offline_days: terms.offline_days,
            features: terms.features.clone(),
            limits: terms.limits.clone(),
            max_machines: terms.machines.max,
            machines: terms.machines.bound.iter().map(ToString::to_string).collect(),
            meta: terms.meta.clone(),
            standing: parts.decided.map(StandingView::new),
            revisions: parts.revisions,
            history: parts.history,
            key: parts.key,
            older_system: parts.older_system,
        }
    }
}

impl View for LicenseDetail {
    const NOUN: Noun = LicenseView::NOUN;

    fn columns() -> &'static [Column] {
        LicenseView::columns()
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        self.license.cells()
    }

    fn name(&self) -> Cow<'_, str> {
        self.license.name()
    }
}

/// `users 25, employees 100`.
pub fn limits_cell(limits: &BTreeMap<Slug, u64>) -> Cell<'static> {
    Cell::list(limits.iter().map(|(name, limit)| format!("{name} {limit}")))
}

impl Detail for LicenseDetail {
    fn sections(&self) -> Vec<Section<'_>> {
        let license = &self.license;
        let mut kind = license.kind.to_string();
        if license.internal {
            kind.push_str(", internal");
        }
        let machines = Cell::list(self.machines.iter().map(String::as_str)).or("any machine");
        let mut sections = vec![
            Section::facts([
                ("License", license.id.into()),
                ("Customer", format!("{} ({})", license.customer_name, license.customer).into()),
                (
                    "Status",
                    format!("{}{}", license.status, self.standing.as_ref().map_or_else(String::new, StandingView::told)).into(),
                ),
                ("Product", (&license.product).into()),
                ("Tier", format!("{} ({})", self.tier_name, license.tier).into()),
                ("Type", kind.into()),
                ("Starts", license.starts.into()),
                ("Until", Cell::from(license.until).or("never: perpetual")),
                ("Days left", license.days_left.into()),
                ("Issued", license.issued_at.into()),
                ("Issued by", (&license.issued_by).into()),
                ("Note", license.note.as_ref().into()),
            ]),
            Section::facts([
                ("Seats", Cell::from(license.seats).or("unlimited")),
                ("Features", Cell::list(self.features.iter().map(Slug::as_str))),
                ("Limits", limits_cell(&self.limits)),
                ("Machines", machines),
                ("At most", Cell::from(self.max_machines.map(|max| count(max, "machine"))).or("any number of machines")),
                ("Grace", count(self.grace_days, "day").into()),
                ("Warns", format!("{} before the end", count(self.warn_days, "day")).into()),
                ("Offline", Cell::from(self.offline_days.map(|days| count(days, "day"))).or("for ever")),
                ("Meta", self.meta.as_ref().map(ToString::to_string).into()),
            ])
            .titled("Terms"),
            Section::rows(&self.revisions).titled("Revisions"),
            Section::rows(&self.history).titled("History"),
        ];
        if let Some(old) = &self.older_system {
            let key = Cell::from(old.key.as_ref()).or("none");
            let facts = [
                ("System", (&old.system).into()),
                ("Number", (&old.reference).into()),
                ("Key there", key),
                ("Taken over", old.taken_at.into()),
                ("By", (&old.taken_by).into()),
            ];
            sections.push(Section::facts(facts).titled("Older system"));
        }
        if let Some(key) = &self.key {
            sections.push(Section::block(armour::wrap(key)).titled("Key"));
        }
        sections
    }
}
