//! The audit log: its events at length, its checkpoints, its proofs, and what a check of it found.

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use serde::Serialize;
use serde_json::Value;

use super::history::EventView;
use crate::audit::Checkpoint;
use crate::authority::audit::LogReport;
use crate::ledger::Event;
use crate::license::Slug;
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};

/// An event with everything that it says.
#[derive(Serialize)]
pub struct LogEventView {
    number: u64,
    at: Moment,
    by: Slug,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Slug>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The fact as it stands in the log.
    data: Value,
}

impl LogEventView {
    /// `customer`: the one it is about, where the ledger knows; else what the event itself says.
    pub fn new(event: &Event, customer: Option<Slug>) -> Self {
        // A fact always prints.
        let mut fact = serde_json::to_value(&event.fact).unwrap_or_default();
        let data = fact.get_mut("data").map(Value::take).unwrap_or_default();
        let said = |name: &str| data.get(name).and_then(Value::as_str);
        let about = match (said("product"), said("slug")) {
            (Some(product), Some(tier)) => Some(format!("{product}/{tier}")),
            // What names a thing best, of the members that facts have.
            _ => ["license", "kid", "slug", "operator", "name"].into_iter().find_map(said).map(str::to_owned),
        };
        let customer = customer.or_else(|| said("customer").and_then(|slug| slug.parse().ok()));
        Self {
            number: event.number.get(),
            at: event.at.into(),
            by: event.by.clone(),
            kind: event.fact.kind(),
            about,
            customer,
            reason: EventView::new(event).reason().map(str::to_owned),
            data,
        }
    }

    fn facts(&self) -> Vec<(&'static str, Cell<'_>)> {
        let mut facts = vec![
            ("event", self.number.into()),
            ("at", Cell::Moment(self.at.0)),
            ("by", (&self.by).into()),
            ("what", self.kind.into()),
        ];
        let more = [
            ("about", self.about.as_ref().into()),
            ("customer", self.customer.as_ref().into()),
            ("why", self.reason.as_ref().into()),
        ];
        facts.extend(more.into_iter().filter(|(_, cell): &(_, Cell<'_>)| !cell.is_missing()));
        facts
    }
}

impl View for LogEventView {
    const NOUN: Noun = Noun { one: "event", many: "events" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::number("number", "Event").optional(0),
                Column::new("at", "At"),
                Column::new("by", "By"),
                Column::new("kind", "What"),
                Column::text("about", "About"),
                Column::text("customer", "Customer").optional(1),
                Column::text("reason", "Why").optional(2),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.number.into(),
            self.at.into(),
            (&self.by).into(),
            self.kind.into(),
            self.about.as_ref().into(),
            self.customer.as_ref().into(),
            self.reason.as_ref().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.number.to_string().into()
    }
}

/// An event that is proved to be in a log.
#[derive(Serialize)]
pub struct ProvedView {
    log: String,
    size: u64,
    root: String,
    #[serde(flatten)]
    event: LogEventView,
}

impl ProvedView {
    pub fn new(event: LogEventView, checkpoint: &Checkpoint) -> Self {
        let root = Base64::encode_string(checkpoint.root());
        Self { log: checkpoint.origin().to_owned(), size: checkpoint.size(), root, event }
    }
}

impl View for ProvedView {
    const NOUN: Noun = Noun { one: "proof", many: "proofs" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("log", "Log"),
                Column::number("size", "Events"),
                Column::new("root", "Root"),
                Column::number("number", "Event"),
                Column::new("at", "At"),
                Column::new("by", "By"),
                Column::new("kind", "What"),
                Column::text("about", "About"),
                Column::text("customer", "Customer"),
                Column::text("reason", "Why"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = vec![(&self.log).into(), self.size.into(), (&self.root).into()];
        cells.extend(self.event.cells());
        cells
    }

    fn name(&self) -> Cow<'_, str> {
        self.event.name()
    }
}

impl Detail for ProvedView {
    fn sections(&self) -> Vec<Section<'_>> {
        let data = serde_json::to_string_pretty(&self.event.data).unwrap_or_default();
        vec![Section::facts(self.event.facts()), Section::block(data).titled("What the event says")]
    }
}

/// A checkpoint, for programs that want its parts.
#[derive(Serialize)]
pub struct CheckpointView {
    log: String,
    size: u64,
    root: String,
    signed: String,
}

impl CheckpointView {
    pub fn new(checkpoint: &Checkpoint, signed: String) -> Self {
        let root = Base64::encode_string(checkpoint.root());
        Self { log: checkpoint.origin().to_owned(), size: checkpoint.size(), root, signed }
    }
}

impl View for CheckpointView {
    const NOUN: Noun = Noun { one: "checkpoint", many: "checkpoints" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("log", "Log"),
                Column::number("size", "Events"),
                Column::new("root", "Root"),
                Column::text("signed", "Signed"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![(&self.log).into(), self.size.into(), (&self.root).into(), (&self.signed).into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.size.to_string().into()
    }
}

impl Detail for CheckpointView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![Section::block(&self.signed)]
    }
}

/// What a check of the whole log found.
#[derive(Serialize)]
pub struct ReportView {
    intact: bool,
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    /// The size of the checkpoint that the log was held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
}

impl ReportView {
    pub fn new(report: &LogReport, older: Option<&Checkpoint>) -> Self {
        let intact = report.findings.is_empty();
        Self {
            intact,
            events: report.events,
            root: intact.then(|| report.root_text()),
            checkpoint: older.map(Checkpoint::size),
            findings: report.findings.clone(),
        }
    }
}

impl View for ReportView {
    const NOUN: Noun = Noun { one: "audit", many: "audits" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("intact", "Intact"),
                Column::number("events", "Events"),
                Column::new("root", "Root"),
                Column::number("checkpoint", "Checkpoint"),
                Column::text("findings", "Findings"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.intact.into(),
            self.events.into(),
            self.root.as_ref().into(),
            self.checkpoint.into(),
            Cell::list(self.findings.iter().map(String::as_str)),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        if self.intact { "intact" } else { "changed" }.into()
    }
}

impl Detail for ReportView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::facts([
                ("intact", Cell::from(self.intact)),
                ("events", self.events.into()),
                ("root", self.root.as_ref().into()),
            ]),
            Section::block(self.findings.join("\n")).titled("Findings"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, one_fact_of_each_kind, slug};
    use crate::ledger::{EventNumber, Fact};
    use crate::render::assert_agrees;

    #[test]
    fn every_kind_of_event_is_shown_alike_in_every_format_and_names_what_it_is_about() {
        for fact in one_fact_of_each_kind() {
            let by = slug("anna");
            let event = Event { number: EventNumber::new(7).unwrap(), at: day(1), by, fact };
            let view = LogEventView::new(&event, None);
            assert_agrees(&view);
            assert!(view.about.is_some(), "{}", view.kind);
            assert!(view.data.is_object(), "{}", view.kind);
            if let Fact::LicenseIssued { .. } = event.fact {
                assert_eq!(view.customer.as_ref().map(Slug::as_str), Some("acme"));
            }
            let checkpoint = Checkpoint::new("vendor", 9, [0; 32]).unwrap();
            assert_agrees(&ProvedView::new(view, &checkpoint));
            assert_agrees(&CheckpointView::new(&checkpoint, "text".into()));
        }
    }

    #[test]
    fn a_report_has_a_root_only_where_nothing_was_found() {
        for findings in [Vec::new(), vec!["event 3 is missing".to_owned()]] {
            let view = ReportView::new(&LogReport { events: 2, root: [0; 32], findings: findings.clone() }, None);
            assert_agrees(&view);
            assert_eq!((view.intact, view.root.is_some()), (findings.is_empty(), findings.is_empty()));
        }
    }
}
