//! Machines that hold seats of licenses.

use std::borrow::Cow;

use serde::Serialize;

use crate::ledger::ActivationRecord;
use crate::license::{LicenseId, Slug};
use crate::render::{Cell, Column, Moment, Noun, View};

/// A machine that holds a seat.
#[derive(Serialize)]
pub struct MachineView {
    license: LicenseId,
    customer: Slug,
    product: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    machine: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'static str>,
    since: Moment,
}

impl MachineView {
    pub fn new(record: &ActivationRecord) -> Self {
        Self {
            license: record.license,
            customer: record.customer.clone(),
            product: record.product.clone(),
            label: record.label.clone(),
            machine: record.machine.to_string(),
            environment: record.machine.fingerprint().map(|fingerprint| fingerprint.environment().as_str()),
            since: record.activated_at.into(),
        }
    }
}

impl View for MachineView {
    const NOUN: Noun = Noun { one: "machine", many: "machines" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("license", "License"),
                Column::new("customer", "Customer").optional(1),
                Column::new("product", "Product").wide(),
                Column::text("label", "Label"),
                Column::new("machine", "Machine"),
                Column::new("environment", "Runs in").optional(2),
                Column::new("since", "Since").optional(3),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![
            self.license.into(),
            (&self.customer).into(),
            (&self.product).into(),
            self.label.as_ref().into(),
            (&self.machine).into(),
            self.environment.into(),
            self.since.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.machine.as_str().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::assert_agrees;

    #[test]
    fn cells_and_json_agree() {
        for label in [None, Some("build server".to_owned())] {
            assert_agrees(&MachineView::new(&ActivationRecord {
                license: LicenseId::from_random(1),
                customer: "acme".parse().unwrap(),
                product: "cockpit".parse().unwrap(),
                machine: "host-1".parse().unwrap(),
                label,
                activated_at: "2027-01-01".parse().unwrap(),
                receipt_key: None,
                ended_at: None,
            }));
        }
    }
}
