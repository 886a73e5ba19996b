//! Licenses that were suspended, revoked or reinstated.

use std::borrow::Cow;

use serde::Serialize;

use crate::ledger::LicenseRecord;
use crate::license::{LicenseId, Slug, Standing, Status, Timestamp};
use crate::render::{Cell, Column, Moment, Noun, View};

/// A license about which something was decided.
#[derive(Serialize)]
pub struct DecidedView {
    id: LicenseId,
    customer: Slug,
    customer_name: String,
    tier: Slug,
    before: Status,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    at: Moment,
}

impl DecidedView {
    /// `before` is the license as it was.
    pub fn new(before: &LicenseRecord, now: Standing, reason: Option<&str>, note: Option<&str>, at: Timestamp) -> Self {
        Self {
            id: before.id,
            customer: before.customer.clone(),
            customer_name: before.customer_name.clone(),
            tier: before.tier.clone(),
            before: before.status(at),
            status: before.validity().status(now, at),
            reason: reason.map(str::to_owned),
            note: note.map(str::to_owned),
            at: at.into(),
        }
    }
}

impl View for DecidedView {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("id", "License"),
                Column::text("customer_name", "Customer"),
                Column::new("tier", "Tier"),
                Column::new("before", "Before"),
                Column::new("status", "Status"),
                Column::text("reason", "Reason"),
                Column::text("note", "Note"),
                Column::new("at", "At"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer_name).into(),
            (&self.tier).into(),
            self.before.as_str().into(),
            self.status.as_str().into(),
            self.reason.as_ref().into(),
            self.note.as_ref().into(),
            self.at.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}
