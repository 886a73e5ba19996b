//! Customers, in a list and at length.

use std::borrow::Cow;

use serde::Serialize;

use crate::license::{Customer, CustomerKind, Slug};
use crate::render::{Cell, Column, Detail, Noun, Section, View};

/// A customer.
#[derive(Serialize)]
pub struct CustomerView {
    slug: Slug,
    name: String,
    kind: CustomerKind,
    contacts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    licenses: Option<u64>,
}

impl CustomerView {
    /// A customer; `licenses` is how many licenses it has, where that was counted.
    pub fn new(customer: &Customer, licenses: Option<u64>) -> Self {
        Self {
            slug: customer.slug.clone(),
            name: customer.name.clone(),
            kind: customer.kind,
            contacts: customer.contacts.iter().map(ToString::to_string).collect(),
            owner: customer.owner.clone(),
            reference: customer.reference.clone(),
            notes: customer.notes.clone(),
            archived: customer.archived,
            licenses,
        }
    }
}

impl View for CustomerView {
    const NOUN: Noun = Noun { one: "customer", many: "customers" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("slug", "Slug"),
                Column::text("name", "Name"),
                Column::new("kind", "Kind"),
                Column::text("contacts", "Contacts").optional(3),
                Column::text("owner", "Owner").optional(2),
                Column::new("reference", "Reference").optional(1),
                Column::new("archived", "Archived").wide(),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            (&self.slug).into(),
            (&self.name).into(),
            self.kind.as_str().into(),
            Cell::list(self.contacts.iter().map(String::as_str)),
            self.owner.as_ref().into(),
            self.reference.as_ref().into(),
            self.archived.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.slug.as_str().into()
    }
}

impl Detail for CustomerView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![Section::facts([
            ("Slug", (&self.slug).into()),
            ("Name", (&self.name).into()),
            ("Kind", self.kind.as_str().into()),
            ("Contacts", Cell::list(self.contacts.iter().map(String::as_str))),
            ("Owner", self.owner.as_ref().into()),
            ("Reference", self.reference.as_ref().into()),
            ("Notes", self.notes.as_ref().into()),
            ("Archived", self.archived.into()),
            ("Licenses", self.licenses.into()),
        ])]
    }
}
