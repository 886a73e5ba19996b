//! The fields of an operator as flags: what `operator add` and `operator edit` share.

use crate::license::{LicenseType, Operator, Period, Slug};

/// The fields of an operator.
#[derive(Debug, clap::Args)]
pub struct FieldArgs {
    /// The person's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The mail address
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    /// The longest term that the operator may issue
    #[arg(long, value_name = "PERIOD")]
    longest: Option<Period>,
    /// A type that the operator may issue: commercial, trial or test (repeatable) [default: all]
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<LicenseType>,
    /// A tier that the operator may issue (repeatable) [default: all]
    #[arg(long = "tier", value_name = "TIER", add = crate::cli::complete::tiers())]
    tiers: Vec<Slug>,
}

impl FieldArgs {
    /// Sets what was given; everything else stays.
    pub fn apply(&self, operator: &mut Operator) {
        if let Some(name) = &self.name {
            operator.name = Some(name.clone());
        }
        if let Some(mail) = &self.mail {
            operator.mail = Some(mail.clone());
        }
        let limits = &mut operator.limits;
        limits.longest = self.longest.or(limits.longest);
        if !self.types.is_empty() {
            limits.types = self.types.iter().copied().collect();
        }
        if !self.tiers.is_empty() {
            limits.tiers = self.tiers.iter().cloned().collect();
        }
    }
}
