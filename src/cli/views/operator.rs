//! Operators.

use std::borrow::Cow;

use serde::Serialize;

use crate::ledger::SigningKeyRecord;
use crate::license::{LicenseType, Operator, Role, Slug};
use crate::render::{Cell, Column, Noun, View};

/// An operator.
#[derive(Serialize)]
pub struct OperatorView {
    slug: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    role: Role,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signs: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<Slug>,
}

impl OperatorView {
    pub fn new(operator: &Operator, keys: &[SigningKeyRecord]) -> Self {
        let holds = |key: &&SigningKeyRecord| key.copies.iter().any(|copy| copy.operator == operator.slug);
        Self {
            slug: operator.slug.clone(),
            name: operator.name.clone(),
            mail: operator.mail.clone(),
            role: operator.role,
            signs: keys.iter().filter(holds).map(|key| key.purpose.as_str()).collect(),
            longest: operator.limits.longest.map(|longest| longest.to_string()),
            types: operator.limits.types.iter().copied().map(LicenseType::as_str).collect(),
            tiers: operator.limits.tiers.iter().cloned().collect(),
        }
    }
}

impl View for OperatorView {
    const NOUN: Noun = Noun { one: "operator", many: "operators" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("slug", "Operator"),
                Column::text("name", "Name").optional(3),
                Column::text("mail", "Mail").optional(4),
                Column::new("role", "Role"),
                Column::new("signs", "Has keys for"),
                Column::new("longest", "Longest").optional(1),
                Column::new("types", "Types").optional(2),
                Column::text("tiers", "Tiers").optional(2),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.slug).into(),
            self.name.as_ref().into(),
            self.mail.as_ref().into(),
            self.role.as_str().into(),
            Cell::list(self.signs.iter().copied()),
            self.longest.as_ref().into(),
            Cell::list(self.types.iter().copied()),
            Cell::list(self.tiers.iter().map(Slug::as_str)),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.slug.as_str().into()
    }
}
