//! A machine ID, what it was made from, and how it compares with another.

use std::borrow::Cow;

use serde::Serialize;

use crate::license::fingerprint::Change;
use crate::license::{Comparison, Factor, Fingerprint, Slug};
use crate::machine::{Machine, Reading};
use crate::render::{Cell, Column, Detail, Noun, Section, View};

/// A machine ID and what it was made from.
#[derive(Serialize)]
pub struct FingerprintView {
    id: String,
    product: Slug,
    environment: &'static str,
    kind: &'static str,
    known: usize,
    factors: Vec<FactorView>,
    #[serde(skip)]
    described: &'static str,
}

/// One factor as it was found. Its value is shown nowhere.
#[derive(Serialize)]
pub struct FactorView {
    factor: &'static str,
    known: bool,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
}

impl FingerprintView {
    pub fn new(machine: &Machine) -> Self {
        let fingerprint = machine.fingerprint();
        Self {
            id: fingerprint.to_string(),
            product: machine.product().clone(),
            environment: machine.environment().as_str(),
            kind: machine.environment().kind().as_str(),
            known: fingerprint.known().count(),
            factors: machine.readings().iter().map(FactorView::new).collect(),
            described: machine.environment().described(),
        }
    }
}

impl FactorView {
    fn new(reading: &Reading) -> Self {
        Self {
            factor: reading.factor().as_str(),
            known: reading.missing().is_none(),
            source: reading.source().to_owned(),
            missing: reading.missing().map(crate::machine::Missing::described),
        }
    }
}

impl View for FingerprintView {
    const NOUN: Noun = Noun { one: "fingerprint", many: "fingerprints" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("id", "Machine ID"),
                Column::new("product", "Product"),
                Column::new("environment", "Runs in"),
                Column::new("kind", "Sort"),
                Column::number("known", "Known"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![(&self.id).into(), (&self.product).into(), self.environment.into(), self.kind.into(), self.known.into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.as_str().into()
    }
}

impl View for FactorView {
    const NOUN: Noun = Noun { one: "factor", many: "factors" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("factor", "Factor"),
                Column::new("known", "Known"),
                Column::text("source", "Read from"),
                Column::text("missing", "Why not"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.factor.into(), self.known.into(), (&self.source).into(), self.missing.into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.factor.into()
    }
}

impl Detail for FingerprintView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::block(self.id.as_str()),
            Section::facts([
                ("Product", (&self.product).into()),
                ("This is", self.described.into()),
                ("Known", format!("{} of {} factors", self.known, Factor::ALL.len()).into()),
            ]),
            Section::rows(&self.factors),
        ]
    }
}

/// A machine beside the ID that was once made on it.
#[derive(Serialize)]
pub struct ComparisonView {
    matches: bool,
    same: usize,
    required: usize,
    known: usize,
    id: String,
    now: String,
    factors: Vec<ChangeView>,
}

/// What has become of a factor.
#[derive(Serialize)]
pub struct ChangeView {
    factor: &'static str,
    change: &'static str,
    #[serde(skip)]
    described: &'static str,
}

impl ComparisonView {
    pub fn new(bound: &Fingerprint, now: &Fingerprint, found: &Comparison, require: Option<u8>) -> Self {
        Self {
            matches: found.passes(require),
            same: found.same(),
            required: found.required(require),
            known: found.known(),
            id: bound.to_string(),
            now: now.to_string(),
            factors: found.factors().iter().map(|(factor, change)| ChangeView::new(*factor, *change)).collect(),
        }
    }
}

impl ChangeView {
    fn new(factor: Factor, change: Change) -> Self {
        let described = match change {
            Change::Same => "as it was",
            Change::Changed => "another one",
            Change::Gone => "not to be read now",
            Change::New => "not known then",
            Change::Unknown => "never known",
        };
        Self { factor: factor.as_str(), change: change.as_str(), described }
    }
}

impl View for ComparisonView {
    const NOUN: Noun = Noun { one: "comparison", many: "comparisons" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("matches", "Matches"),
                Column::number("same", "Same"),
                Column::number("required", "Required"),
                Column::number("known", "Known"),
                Column::new("id", "Machine ID"),
                Column::new("now", "Now"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.matches.into(),
            self.same.into(),
            self.required.into(),
            self.known.into(),
            (&self.id).into(),
            (&self.now).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.now.as_str().into()
    }
}

impl View for ChangeView {
    const NOUN: Noun = Noun { one: "factor", many: "factors" };

    fn columns() -> &'static [Column] {
        const { &[Column::new("factor", "Factor"), Column::new("change", "Now")] }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![self.factor.into(), self.change.into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.factor.into()
    }
}

impl Detail for ComparisonView {
    fn sections(&self) -> Vec<Section<'_>> {
        let verdict = if self.matches { "the same machine" } else { "another machine" };
        vec![
            Section::facts(self.factors.iter().map(|factor| (factor.factor, factor.described.into()))),
            Section::facts([
                ("Match", format!("{} of {} factors; {} must", self.same, self.known, self.required).into()),
                ("Verdict", verdict.into()),
            ]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::System;
    use crate::render::assert_agrees;

    #[test]
    fn cells_and_json_agree() {
        let machine = Machine::read(&"cockpit".parse().unwrap(), &System::under("/nowhere", Some("A Processor")));
        let view = FingerprintView::new(&machine);
        assert_agrees(&view);
        view.factors.iter().for_each(assert_agrees);
        let fingerprint = machine.fingerprint();
        let view = ComparisonView::new(&fingerprint, &fingerprint, &fingerprint.compare(&fingerprint), None);
        assert_agrees(&view);
        view.factors.iter().for_each(assert_agrees);
    }
}
