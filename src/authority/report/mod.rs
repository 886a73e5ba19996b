//! Reports: what is asked ([`Question`]), of which licenses and when ([`Scope`]), and what the counts of the ledger mean.
//!
//! A report is made of the ledger as it was at a moment. Names of customers and tiers are those of today; prices are those of then.

mod renewals;
mod revenue;
mod scope;
mod standing;

pub use revenue::{Revenue, RevenueReport};
pub use scope::{Days, Question, Scope};
pub use standing::MachineCount;
use standing::by_size;

use std::fmt;

use crate::ledger::report::Grouping;
use crate::license::Calendar;

/// What is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Licenses that come to their end.
    Expiring,
    /// Licenses that came to their end and were not renewed.
    Expired,
    /// Licenses that were issued.
    Issued,
    /// What customers have.
    Customers,
    /// What there is of each tier.
    Tiers,
    /// Seats sold, machines bound to them, and where these are more.
    Seats,
    /// Recurring revenue at list prices.
    Revenue,
    /// Machines bound, and licenses that can have no other.
    Machines,
    /// The share of ends that were renewed on time.
    Renewals,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Expiring,
        Self::Expired,
        Self::Issued,
        Self::Customers,
        Self::Tiers,
        Self::Seats,
        Self::Revenue,
        Self::Machines,
        Self::Renewals,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Issued => "issued",
            Self::Customers => "customers",
            Self::Tiers => "tiers",
            Self::Seats => "seats",
            Self::Revenue => "revenue",
            Self::Machines => "machines",
            Self::Renewals => "renewals",
        }
    }

    /// What it can be grouped by.
    #[must_use]
    pub fn groupings(self) -> &'static [By] {
        use By::{Customer, License, Month, Operator, Product, Quarter, Status, Tier, Type, Year};
        match self {
            Self::Expiring | Self::Expired | Self::Issued | Self::Customers | Self::Tiers => {
                &[Tier, Product, Customer, Operator, Type, Status, Month, Quarter, Year]
            }
            Self::Seats | Self::Machines => &[Tier, Product, Customer, Operator, Type, Month, Quarter, Year, License],
            Self::Revenue | Self::Renewals => &[Tier, Product, Customer, Operator, Type, Month, Quarter, Year],
        }
    }

    /// What it is grouped by unless told otherwise; `None`: it is a list of licenses.
    #[must_use]
    pub fn usual_grouping(self) -> Option<By> {
        match self {
            Self::Expiring | Self::Expired | Self::Issued => None,
            Self::Customers => Some(By::Customer),
            Self::Tiers | Self::Seats | Self::Revenue | Self::Machines => Some(By::Tier),
            Self::Renewals => Some(By::Month),
        }
    }

    /// Whether months are those in which licenses end; for the others they are those in which licenses were issued.
    fn is_about_ends(self) -> bool {
        matches!(self, Self::Expiring | Self::Expired | Self::Renewals)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// What people group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The tier.
    Tier,
    /// The product.
    Product,
    /// The customer.
    Customer,
    /// Who issued the license.
    Operator,
    /// The type.
    Type,
    /// The status.
    Status,
    /// The month of the end or of the issue.
    Month,
    /// Its quarter.
    Quarter,
    /// Its year.
    Year,
    /// Each license alone.
    License,
}

impl By {
    /// Every grouping.
    pub const ALL: [Self; 10] = [
        Self::Tier,
        Self::Product,
        Self::Customer,
        Self::Operator,
        Self::Type,
        Self::Status,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::License,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tier => "tier",
            Self::Product => "product",
            Self::Customer => "customer",
            Self::Operator => "operator",
            Self::Type => "type",
            Self::Status => "status",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::License => "license",
        }
    }

    /// The grouping of the ledger that it comes to in a report.
    fn grouping(self, kind: Kind) -> Grouping {
        let time = |span| if kind.is_about_ends() { Grouping::Ending(span) } else { Grouping::Issued(span) };
        match self {
            Self::Tier => Grouping::Tier,
            Self::Product => Grouping::Product,
            Self::Customer => Grouping::Customer,
            Self::Operator => Grouping::Operator,
            Self::Type => Grouping::Type,
            Self::Status => Grouping::Status,
            Self::Month => time(Calendar::Month),
            Self::Quarter => time(Calendar::Quarter),
            Self::Year => time(Calendar::Year),
            Self::License => Grouping::License,
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a grouping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reports are grouped by tier, product, customer, operator, type, status, month, quarter, year or license")]
pub struct UnknownGrouping;

impl std::str::FromStr for By {
    type Err = UnknownGrouping;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|by| by.as_str() == text).ok_or(UnknownGrouping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_every_usual_grouping_is_one_that_may_be_asked_for() {
        for by in By::ALL {
            assert_eq!(by.to_string().parse(), Ok(by));
        }
        for kind in Kind::ALL {
            assert!(kind.usual_grouping().is_none_or(|by| kind.groupings().contains(&by)), "{kind}");
        }
        assert_eq!("week".parse::<By>(), Err(UnknownGrouping));
    }
}
