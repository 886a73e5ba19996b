//! A license that was signed again, and where its key was saved.

use std::borrow::Cow;

use serde::Serialize;

use crate::authority::issue::Issued;
use crate::license::{Date, LicenseId, Slug, Timestamp};
use crate::render::{Cell, Column, Noun, View};

/// A license that was signed again.
#[derive(Serialize)]
pub struct ReissuedView {
    id: LicenseId,
    customer: Slug,
    customer_name: String,
    product: Slug,
    tier: Slug,
    revision: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl ReissuedView {
    /// The key is shown where no file holds it.
    pub fn new(issued: &Issued, file: Option<String>) -> Self {
        Self {
            id: issued.id,
            customer: issued.customer.slug.clone(),
            customer_name: issued.customer.name.clone(),
            product: issued.terms.product.clone(),
            tier: issued.terms.tier.clone(),
            revision: issued.rev,
            until: issued.terms.ends.map(Timestamp::last_day),
            key: file.is_none().then(|| issued.key.clone()),
            file,
        }
    }
}

impl View for ReissuedView {
    const NOUN: Noun = Noun { one: "license", many: "licenses" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("id", "License"),
                Column::new("customer", "Customer"),
                Column::new("tier", "Tier"),
                Column::number("revision", "Revision"),
                Column::new("until", "Until"),
                Column::text("file", "File"),
                Column::text("key", "Key").optional(1),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.id.into(),
            (&self.customer).into(),
            (&self.tier).into(),
            self.revision.into(),
            Cell::from(self.until).or("never"),
            self.file.as_ref().into(),
            self.key.as_ref().into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.id.to_string().into()
    }
}
