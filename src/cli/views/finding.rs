//! What the doctor found.

use std::borrow::Cow;

use serde::Serialize;

use crate::authority::doctor::Finding;
use crate::render::{Cell, Column, Noun, View};

/// A finding.
#[derive(Serialize)]
pub struct FindingView {
    area: &'static str,
    level: &'static str,
    finding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl FindingView {
    pub fn new(finding: &Finding) -> Self {
        let Finding { area, level, what, mend } = finding;
        Self { area, level: level.as_str(), finding: what.clone(), mend: mend.clone() }
    }
}

impl View for FindingView {
    const NOUN: Noun = Noun { one: "finding", many: "findings" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("area", "Area"),
                Column::new("level", "Level"),
                Column::text("finding", "Finding"),
                Column::text("mend", "Mend"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.area.into(), self.level.into(), (&self.finding).into(), self.mend.as_ref().into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.area.into()
    }
}
