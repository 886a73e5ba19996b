//! What every report can be asked.

use crate::authority::report::{By, Question};
use crate::cli::args::{parse_moment, whole};
use crate::license::{Calendar, Date, LicenseType, Period, Slug, Timestamp};

#[derive(Debug, clap::Args)]
pub struct CountArgs {
    /// From this day on
    #[arg(long, value_name = "DATE", help_heading = "Period")]
    since: Option<Date>,
    /// Up to and including this day
    #[arg(long, value_name = "DATE", help_heading = "Period")]
    until: Option<Date>,
    /// So far from today, such as 30d or 3mo: ahead for what expires, back for all else
    #[arg(long, value_name = "PERIOD", help_heading = "Period", conflicts_with_all = ["since", "until", "period"])]
    within: Option<Period>,
    /// This month, quarter or year
    #[arg(long, value_name = "SPAN", help_heading = "Period", conflicts_with_all = ["since", "until"])]
    period: Option<Calendar>,
    /// Of the ledger as it was, or will be if nothing is done, at this moment: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment, help_heading = "Period")]
    at: Option<Timestamp>,
    /// Group by tier, product, customer, operator (the creator), type, status, month, quarter, year or license, as fits
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,
    /// Of this customer
    #[arg(long, value_name = "CUSTOMER", help_heading = "Only licenses", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Of this tier
    #[arg(long, value_name = "TIER", help_heading = "Only licenses", add = crate::cli::complete::tiers())]
    tier: Option<String>,
    /// Of this product
    #[arg(long, value_name = "PRODUCT", help_heading = "Only licenses")]
    product: Option<Slug>,
    /// commercial, trial or test
    #[arg(long = "type", value_name = "TYPE", help_heading = "Only licenses")]
    kind: Option<LicenseType>,
    /// For the vendor's own use
    #[arg(long, conflicts_with = "external", help_heading = "Only licenses")]
    internal: bool,
    /// For others
    #[arg(long, help_heading = "Only licenses")]
    external: bool,
    /// Issued by this operator
    #[arg(long, value_name = "OPERATOR", help_heading = "Only licenses", add = crate::cli::complete::operators())]
    issued_by: Option<Slug>,
    /// How many rows at most; 0 for all [default: 100 on a terminal, else all]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = whole::<0, { u32::MAX }>)]
    pub limit: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub struct SeatArgs {
    /// Only licenses with more machines bound than seats
    #[arg(long)]
    pub over_used: bool,
    #[command(flatten)]
    pub common: CountArgs,
}

#[derive(Debug, clap::Args)]
pub struct MachineArgs {
    /// Only licenses that can have no other machine
    #[arg(long)]
    pub at_limit: bool,
    #[command(flatten)]
    pub common: CountArgs,
}

impl CountArgs {
    /// Whether any days are named.
    pub fn has_days(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.within.is_some() || self.period.is_some()
    }

    /// From this day on, where no days are named.
    pub fn from(mut self, day: Date) -> Self {
        if !self.has_days() {
            self.since = Some(day);
        }
        self
    }

    /// The moment that was named.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Whether groups are asked for.
    pub fn is_grouped(&self) -> bool {
        self.by.is_some()
    }

    pub fn question(self) -> Question {
        Question {
            customer: self.customer,
            tier: self.tier,
            product: self.product,
            kind: self.kind,
            internal: if self.internal { Some(true) } else { self.external.then_some(false) },
            issued_by: self.issued_by,
            at: self.at,
            since: self.since,
            until: self.until,
            within: self.within,
            span: self.period,
            by: self.by,
        }
    }
}
