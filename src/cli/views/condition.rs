//! Keys in every state a program can meet, and what a verifier is to say of each.

use std::borrow::Cow;

use serde::Serialize;

use crate::authority::states::{ConditionKey, KeyCondition, OTHER_MACHINE};
use crate::license::LicenseId;
use crate::render::{Cell, Column, Noun, View};
use crate::token::Reason;

/// A key in one state, and what a verifier of the product is to say of it.
#[derive(Serialize)]
pub struct ConditionView {
    state: &'static str,
    id: LicenseId,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    key: String,
}

impl ConditionView {
    pub fn new(key: &ConditionKey, file: Option<String>) -> Self {
        let reason = key.condition.reason();
        Self {
            state: key.condition.as_str(),
            id: key.id,
            valid: reason.is_none(),
            reason: reason.map(Reason::as_str),
            bound_to: (key.condition == KeyCondition::WrongMachine).then_some(OTHER_MACHINE),
            file,
            key: key.key.clone(),
        }
    }
}

impl View for ConditionView {
    const NOUN: Noun = Noun { one: "key", many: "keys" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("state", "State"),
                Column::new("id", "License"),
                Column::new("valid", "Valid"),
                Column::new("reason", "Reason"),
                Column::text("file", "File"),
                Column::text("key", "Key"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.state.into(),
            self.id.into(),
            self.valid.into(),
            self.reason.into(),
            self.file.as_ref().into(),
            (&self.key).into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}
