//! What happened to a license: its revisions and its events.

use std::borrow::Cow;

use serde::Serialize;

use crate::ledger::{Event, RevisionRecord};
use crate::license::{Date, Occasion, Slug, Timestamp};
use crate::render::{Cell, Column, Moment, Noun, View};

/// A revision of a license.
#[derive(Serialize)]
pub struct RevisionView {
    revision: u32,
    signed_at: Moment,
    signed_by: Slug,
    kid: String,
    customer: Slug,
    tier: Slug,
    starts: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seats: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Occasion>,
}

impl RevisionView {
    pub fn new(record: &RevisionRecord) -> Self {
        Self {
            revision: record.rev,
            signed_at: record.signed_at.into(),
            signed_by: record.signed_by.clone(),
            kid: record.kid.to_string(),
            customer: record.customer.clone(),
            tier: record.tier.clone(),
            starts: record.starts.into(),
            until: record.ends.map(Timestamp::last_day),
            seats: record.seats,
            occasion: record.occasion,
        }
    }
}

impl View for RevisionView {
    const NOUN: Noun = Noun { one: "revision", many: "revisions" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::number("revision", "Rev"),
                Column::new("signed_at", "Signed"),
                Column::new("signed_by", "By"),
                Column::new("kid", "Kid").optional(2),
                Column::new("starts", "Starts").optional(1),
                Column::new("until", "Until"),
                Column::number("seats", "Seats"),
                Column::new("occasion", "For").optional(3),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.revision.into(),
            self.signed_at.into(),
            (&self.signed_by).into(),
            (&self.kid).into(),
            self.starts.into(),
            Cell::from(self.until).or("never"),
            Cell::from(self.seats).or("unlimited"),
            self.occasion.map(Occasion::as_str).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.revision.to_string().into()
    }
}

/// An event of the audit log.
#[derive(Serialize)]
pub struct EventView {
    number: u64,
    at: Moment,
    by: Slug,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    occasion: Option<Occasion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl EventView {
    pub fn new(event: &Event) -> Self {
        use crate::ledger::Fact;
        let (reason, note) = match &event.fact {
            Fact::LicenseIssued { customer, occasion: Some(Occasion::Transfer), note, .. } => {
                (Some(format!("to {customer}")), note.clone())
            }
            Fact::LicenseIssued { unusual, note, .. } => {
                (unusual.as_ref().map(|unusual| format!("unusual: {unusual}")), note.clone())
            }
            Fact::LicenseTakenOver { foreign, .. } => (Some(format!("{} {}", foreign.system, foreign.reference)), None),
            Fact::LicenseSuspended { reason, .. } | Fact::LicenseReinstated { reason, .. } => (reason.clone(), None),
            Fact::LicenseRevoked { reason, note, .. } => (Some(reason.clone()), note.clone()),
            Fact::LicenseNoted { note, .. } => (None, note.clone()),
            Fact::SigningKeyStateChanged { reason, .. } => (reason.clone(), None),
            Fact::StatusListPublished { number, revoked, suspended, .. } => {
                (Some(format!("number {number}: {revoked} revoked, {suspended} suspended")), None)
            }
            Fact::MachineActivated { machine, label, .. } | Fact::MachineRenamed { machine, label, .. } => {
                (Some(machine.to_string()), label.clone())
            }
            Fact::LicenseRefused { asked, why, machine, .. } => {
                (Some(format!("{asked}: {why}")), machine.as_ref().map(ToString::to_string))
            }
            Fact::KeyDoubted { why, kid, claims_license, .. } => {
                let named = claims_license.map_or_else(String::new, |license| format!(", calls itself {license}"));
                (Some(format!("{why}: kid {kid}{named}")), None)
            }
            Fact::MachineDeactivated { machine, reason, .. } => (Some(machine.to_string()), reason.clone()),
            _ => (None, None),
        };
        let occasion = match &event.fact {
            Fact::LicenseIssued { occasion, .. } => *occasion,
            _ => None,
        };
        let kind = event.fact.kind();
        Self { number: event.number.get(), at: event.at.into(), by: event.by.clone(), kind, occasion, reason, note }
    }
}

impl EventView {
    /// Why it was done, where somebody said so.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

impl View for EventView {
    const NOUN: Noun = Noun { one: "event", many: "events" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::number("number", "Event"),
                Column::new("at", "At"),
                Column::new("by", "By"),
                Column::new("kind", "What"),
                Column::text("reason", "Why").optional(1),
                Column::text("note", "Note").optional(2),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        // Its kind, but for a later revision, which was not issued: it was renewed, changed, transferred.
        let what = match self.occasion {
            Some(occasion) => format!("license.{}", occasion.done()).into(),
            None => self.kind.into(),
        };
        vec![self.number.into(), self.at.into(), (&self.by).into(), what, self.reason.as_ref().into(), self.note.as_ref().into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.number.to_string().into()
    }
}
