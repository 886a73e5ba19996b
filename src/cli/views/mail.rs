//! Mails: those that would go, those that went, and one at length.

use std::borrow::Cow;

use serde::Serialize;

use super::license::LicenseView;
use crate::authority::notify::{Composed, Planned, Recipient, Settled};
use crate::ledger::{MailKind, MailRecord, MailState};
use crate::license::{Date, Slug, Timestamp};
use crate::mail::address::masked;
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};

const NOUN: Noun = Noun { one: "mail", many: "mails" };

fn word<S: serde::Serializer, T: std::fmt::Display>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A mail that would go.
#[derive(Serialize)]
pub struct PlannedView {
    #[serde(serialize_with = "word")]
    kind: MailKind,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Slug>,
    licenses: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Date>,
    subject: String,
    message_id: String,
    tells: Vec<LicenseView>,
}

impl PlannedView {
    pub fn new(planned: &Planned, subject: String, at: Timestamp) -> Self {
        let kind = match planned.recipient {
            Recipient::Customer(_) => MailKind::Customer,
            Recipient::Digest => MailKind::Digest,
        };
        Self {
            kind,
            to: planned.to.address.clone(),
            customer: planned.recipient.customer().cloned(),
            licenses: planned.licenses.len(),
            ends: planned.licenses.iter().filter_map(|license| license.ends).min().map(Timestamp::last_day),
            subject,
            message_id: planned.message_id.clone(),
            tells: planned.licenses.iter().map(|license| LicenseView::new(license, at)).collect(),
        }
    }
}

impl View for PlannedView {
    const NOUN: Noun = NOUN;

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("kind", "For"),
                Column::text("to", "To"),
                Column::new("customer", "Customer"),
                Column::number("licenses", "Licenses"),
                Column::new("ends", "First end").optional(2),
                Column::text("subject", "Subject").optional(1),
                Column::new("message_id", "Message-ID").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.kind.as_str().into(),
            (&self.to).into(),
            self.customer.as_ref().into(),
            self.licenses.into(),
            self.ends.into(),
            (&self.subject).into(),
            (&self.message_id).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.message_id.as_str().into()
    }
}

/// A mail that a run has dealt with. Runs are logged, so the address is masked.
#[derive(Serialize)]
pub struct SettledView {
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Slug>,
    licenses: usize,
    #[serde(serialize_with = "word")]
    state: MailState,
    answer: String,
    message_id: String,
}

impl SettledView {
    pub fn new(settled: &Settled) -> Self {
        Self {
            to: masked(&settled.to),
            customer: settled.customer.clone(),
            licenses: settled.licenses,
            state: settled.state,
            answer: settled.answer.clone(),
            message_id: settled.message_id.clone(),
        }
    }
}

impl View for SettledView {
    const NOUN: Noun = NOUN;

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("to", "To"),
                Column::new("customer", "Customer"),
                Column::number("licenses", "Licenses"),
                Column::new("state", "State"),
                Column::text("answer", "Answer").optional(1),
                Column::new("message_id", "Message-ID").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.to).into(),
            self.customer.as_ref().into(),
            self.licenses.into(),
            self.state.as_str().into(),
            (&self.answer).into(),
            (&self.message_id).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.message_id.as_str().into()
    }
}

/// A mail of the outbox.
#[derive(Serialize)]
pub struct MailView {
    day: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried_at: Option<Moment>,
    #[serde(serialize_with = "word")]
    kind: MailKind,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Slug>,
    /// Unknown of a digest, which tells what there is on its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    licenses: Option<u32>,
    #[serde(serialize_with = "word")]
    state: MailState,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    message_id: String,
}

impl MailView {
    pub fn new(record: MailRecord) -> Self {
        Self {
            day: record.day,
            tried_at: record.tried_at.map(Into::into),
            kind: record.kind,
            to: record.recipient,
            customer: record.customer,
            licenses: (record.kind == MailKind::Customer).then_some(record.licenses),
            state: record.state,
            attempts: record.attempts,
            answer: record.answer,
            message_id: record.message_id,
        }
    }
}

impl View for MailView {
    const NOUN: Noun = NOUN;

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("day", "Day"),
                Column::new("tried_at", "Tried").optional(3),
                Column::new("kind", "For").optional(2),
                Column::text("to", "To"),
                Column::new("customer", "Customer"),
                Column::number("licenses", "Licenses").optional(4),
                Column::new("state", "State"),
                Column::number("attempts", "Attempts").wide(),
                Column::text("answer", "Answer").optional(1),
                Column::new("message_id", "Message-ID").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.day.into(),
            self.tried_at.into(),
            self.kind.as_str().into(),
            (&self.to).into(),
            self.customer.as_ref().into(),
            self.licenses.into(),
            self.state.as_str().into(),
            self.attempts.into(),
            self.answer.as_ref().into(),
            (&self.message_id).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.message_id.as_str().into()
    }
}

/// A mail at length, as its reader sees it.
#[derive(Serialize)]
pub struct PreviewView {
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<String>,
    text: String,
    html: String,
}

impl PreviewView {
    pub fn new(composed: Composed) -> Self {
        Self {
            from: composed.from.to_string(),
            to: composed.to.to_string(),
            reply_to: composed.reply_to.as_ref().map(ToString::to_string),
            subject: composed.subject,
            attachment: composed.attachment,
            text: composed.text,
            html: composed.html,
        }
    }
}

impl View for PreviewView {
    const NOUN: Noun = NOUN;

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("from", "From"),
                Column::text("to", "To"),
                Column::text("reply_to", "Reply to"),
                Column::text("subject", "Subject"),
                Column::text("attachment", "Attachment"),
                Column::text("text", "Text"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.from).into(),
            (&self.to).into(),
            self.reply_to.as_ref().into(),
            (&self.subject).into(),
            self.attachment.as_ref().into(),
            (&self.text).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.subject.as_str().into()
    }
}

impl Detail for PreviewView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::facts([
                ("From", (&self.from).into()),
                ("To", (&self.to).into()),
                ("Reply to", self.reply_to.as_ref().into()),
                ("Subject", (&self.subject).into()),
                ("Attachment", self.attachment.as_ref().into()),
            ]),
            Section::block(self.text.trim_end()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::assert_agrees;

    #[test]
    fn rows_and_json_say_the_same() {
        let settled = Settled {
            customer: Some("acme".parse().unwrap()),
            to: "jane@acme.example".into(),
            licenses: 2,
            subject: "2 licenses end soon".into(),
            message_id: "license-1@vendor.example".into(),
            state: MailState::Sent,
            answer: "250 ok".into(),
        };
        assert_agrees(&SettledView::new(&settled));
        assert_eq!(SettledView::new(&settled).to, "j***@acme.example");
        let moment: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        assert_agrees(&MailView::new(MailRecord {
            number: 1,
            kind: MailKind::Digest,
            day: moment.date(),
            since: moment.date(),
            customer: None,
            recipient: "sales@vendor.example".into(),
            name: None,
            message_id: "digest-1@vendor.example".into(),
            state: MailState::Failed,
            attempts: 1,
            unanswered: 0,
            tried_at: Some(moment),
            answer: None,
            licenses: 0,
        }));
    }
}
