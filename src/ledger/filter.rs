//! Which licenses to list, and in which order. What becomes of it in SQL stands in `select`.

use std::fmt;
use std::str::FromStr;

use super::search::Search;
use crate::license::{LicenseType, Slug, Status, Timestamp};

/// Which licenses to list. Every field that is set narrows the list.
#[derive(Debug, Clone)]
pub struct LicenseFilter {
    /// The moment at which a status is told.
    pub at: Timestamp,
    /// The ledger as it was at this moment: the licenses there were, their revisions and standings of then.
    pub as_of: Option<Timestamp>,
    /// Those of one customer.
    pub customer: Option<Slug>,
    /// Those for one product.
    pub product: Option<Slug>,
    /// Those of the tiers with this short name.
    pub tier: Option<Slug>,
    /// Those with one of these statuses at `at`; empty: any.
    pub statuses: Vec<Status>,
    /// Those of one type.
    pub kind: Option<LicenseType>,
    /// Those that are for internal use, or those that are not.
    pub internal: Option<bool>,
    /// Those that end after `at`, up to and including this moment, and are neither suspended nor revoked.
    pub ends_before: Option<Timestamp>,
    /// Those that end after the first moment, up to and including the second, and are neither suspended nor revoked.
    pub ends_in: Option<(Timestamp, Timestamp)>,
    /// Those that this operator issued.
    pub issued_by: Option<Slug>,
    /// Those issued at this moment or later.
    pub issued_since: Option<Timestamp>,
    /// Those issued before this moment.
    pub issued_before: Option<Timestamp>,
    /// Those of which every word of this occurs in the customer (short name, name, contacts, reference or notes), the tier, the
    /// note, or the label or ID of a machine that holds a seat, whatever its case and accents, or begins the id.
    pub text: Option<Search>,
    /// The order.
    pub sort: LicenseSort,
    /// The order from its end.
    pub reverse: bool,
    /// How many at most.
    pub limit: Option<u32>,
    /// How many to leave out first.
    pub offset: u32,
}

/// The order of a list of licenses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LicenseSort {
    /// By end, perpetual licenses last.
    #[default]
    End,
    /// By start.
    Start,
    /// In the order of issue.
    Issued,
    /// By the customer's short name, then by end.
    Customer,
    /// By product and rank of the tier, then by end.
    Tier,
    /// By status, in the order of a license's life, then by end.
    Status,
    /// By license count, unlimited last.
    Seats,
    /// By id.
    Id,
}

impl LicenseSort {
    /// Every order.
    pub const ALL: [Self; 8] =
        [Self::End, Self::Start, Self::Issued, Self::Customer, Self::Tier, Self::Status, Self::Seats, Self::Id];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Start => "start",
            Self::Issued => "issued",
            Self::Customer => "customer",
            Self::Tier => "tier",
            Self::Status => "status",
            Self::Seats => "seats",
            Self::Id => "id",
        }
    }
}

impl fmt::Display for LicenseSort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("licenses are sorted by end, start, issued, customer, tier, status, seats or id")]
pub struct UnknownLicenseSort;

impl FromStr for LicenseSort {
    type Err = UnknownLicenseSort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or(UnknownLicenseSort)
    }
}

impl LicenseFilter {
    /// Every license, by end, with statuses told at `at`.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            as_of: None,
            customer: None,
            product: None,
            tier: None,
            statuses: Vec::new(),
            kind: None,
            internal: None,
            ends_before: None,
            ends_in: None,
            issued_by: None,
            issued_since: None,
            issued_before: None,
            text: None,
            sort: LicenseSort::default(),
            reverse: false,
            limit: None,
            offset: 0,
        }
    }
}
