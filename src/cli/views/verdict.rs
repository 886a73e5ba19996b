//! A verdict, check by check.

use std::borrow::Cow;

use serde::Serialize;

use crate::license::{Status, Timestamp};
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};
use crate::token::{CheckResult, Reason, Verdict};

/// A verdict, check by check.
#[derive(Serialize)]
pub struct VerdictView {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    checks: Vec<CheckView>,
}

/// One check.
#[derive(Serialize)]
pub struct CheckView {
    check: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    detail: String,
}

impl VerdictView {
    pub fn new(verdict: &Verdict, status: Option<Status>, at: Timestamp) -> Self {
        let claims = verdict.claims.as_ref();
        Self {
            valid: verdict.is_valid(),
            reason: verdict.failure().and_then(|failure| failure.reason).map(Reason::as_str),
            at: at.into(),
            license: claims.map(|claims| claims.jti.to_string()),
            revision: claims.map(|claims| claims.rev),
            customer: claims.map(|claims| claims.sub.to_string()),
            status: status.map(Status::as_str),
            checks: verdict.checks.iter().map(CheckView::new).collect(),
        }
    }
}

impl VerdictView {
    /// What each check found.
    pub fn checks(&self) -> &[CheckView] {
        &self.checks
    }
}

impl CheckView {
    fn new(result: &CheckResult) -> Self {
        Self {
            check: result.check.as_str(),
            outcome: result.outcome.as_str(),
            reason: result.reason.map(Reason::as_str),
            detail: result.detail.clone(),
        }
    }
}

impl View for VerdictView {
    const NOUN: Noun = Noun { one: "verdict", many: "verdicts" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("license", "License"),
                Column::new("valid", "Valid"),
                Column::new("reason", "Reason"),
                Column::new("at", "At"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.license.as_ref().into(), self.valid.into(), self.reason.into(), self.at.into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.license.as_deref().unwrap_or_default().into()
    }
}

impl View for CheckView {
    const NOUN: Noun = Noun { one: "check", many: "checks" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("check", "Check"),
                Column::new("outcome", "Outcome"),
                Column::new("reason", "Reason"),
                Column::text("detail", "Detail"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.check.into(), self.outcome.into(), self.reason.into(), (&self.detail).into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.check.into()
    }
}

impl Detail for VerdictView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::facts([
                ("License", self.license.as_ref().into()),
                ("Valid", self.valid.into()),
                ("Reason", self.reason.into()),
                ("At", self.at.into()),
            ]),
            Section::rows(&self.checks).titled("Checks"),
        ]
    }
}
