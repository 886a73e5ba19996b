//! Signing keys.

use std::borrow::Cow;

use serde::Serialize;

use crate::ledger::SigningKeyRecord;
use crate::license::Slug;
use crate::render::{Cell, Column, Moment, Noun, View};

/// A signing key.
#[derive(Serialize)]
pub struct KeyView {
    kid: String,
    purpose: &'static str,
    #[serde(skip)]
    kept_for_operators: bool,
    state: &'static str,
    created_at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    operators: Vec<Slug>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unprotected: Vec<Slug>,
}

impl KeyView {
    pub fn new(record: &SigningKeyRecord) -> Self {
        let unprotected = record.copies.iter().filter(|copy| !copy.protected);
        Self {
            kid: record.kid.to_string(),
            purpose: record.purpose.as_str(),
            kept_for_operators: record.purpose.signs_licenses(),
            state: record.state.as_str(),
            created_at: record.created_at.into(),
            changed_at: record.changed_at.map(Into::into),
            reason: record.reason.clone(),
            operators: record.copies.iter().map(|copy| copy.operator.clone()).collect(),
            unprotected: unprotected.map(|copy| copy.operator.clone()).collect(),
        }
    }
}

impl View for KeyView {
    const NOUN: Noun = Noun { one: "signing_key", many: "signing_keys" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("kid", "Kid"),
                Column::new("purpose", "Signs"),
                Column::new("state", "State"),
                Column::new("created_at", "Created").optional(2),
                Column::new("changed_at", "Changed").optional(3),
                Column::text("reason", "Why").optional(4),
                Column::text("operators", "Operators with a copy"),
                Column::text("unprotected", "Without passphrase").optional(1),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.kid).into(),
            self.purpose.into(),
            self.state.into(),
            self.created_at.into(),
            self.changed_at.into(),
            self.reason.as_ref().into(),
            Cell::list(self.operators.iter().map(Slug::as_str)).or(if self.kept_for_operators { "nobody" } else { "the home" }),
            Cell::list(self.unprotected.iter().map(Slug::as_str)),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.kid.as_str().into()
    }
}
