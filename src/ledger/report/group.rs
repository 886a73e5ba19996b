//! What licenses are grouped by, and the groups that come of it.

use crate::ledger::licenses::license_id;
use crate::ledger::names::Names;
use crate::ledger::select::STATUS;
use crate::ledger::{LedgerError, column};
use crate::license::{Calendar, Date, LicenseId, LicenseType, Slug, Status, Timestamp};

/// What licenses are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// The tier.
    Tier,
    /// The product.
    Product,
    /// The customer.
    Customer,
    /// Who issued it.
    Operator,
    /// The type.
    Type,
    /// The status.
    Status,
    /// When it was issued.
    Issued(Calendar),
    /// When it ends.
    Ending(Calendar),
    /// Each license alone.
    License,
}

/// A group of licenses. Groups sort as people expect them: tiers by product and rank, times as they pass, names by the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Those of a tier.
    Tier {
        /// The product.
        product: Slug,
        /// The tier's place among those of the product, as it is today.
        rank: u32,
        /// The tier's short name.
        tier: Slug,
        /// Its display name, as it is today.
        name: String,
    },
    /// Those for a product.
    Product(Slug),
    /// Those of a customer.
    Customer {
        /// The short name.
        slug: Slug,
        /// The display name, as it is today.
        name: String,
    },
    /// Those that an operator issued.
    Operator(Slug),
    /// Those of a type.
    Type(LicenseType),
    /// Those in a status.
    Status(Status),
    /// Those of a month, a quarter or a year, by its first day; `None`: perpetual licenses, which have no end.
    Time(Calendar, Option<Date>),
    /// One license.
    License {
        /// The id.
        id: LicenseId,
        /// Its customer's short name.
        customer: Slug,
        /// Its customer's display name, as it is today.
        name: String,
    },
}

/// A group as numbers, to be told apart fast.
pub(super) type Key = (i64, i64);

/// Where there is no time: after all others.
const NEVER: i64 = i64::MAX;

impl Grouping {
    /// What tells the group of the license `l`, at the moment `$at`.
    pub(super) fn columns(self) -> &'static str {
        match self {
            Self::Tier | Self::Product => "l.tier",
            Self::Customer => "l.customer",
            Self::Operator => "l.issued_by",
            Self::Type => "l.kind",
            Self::Status => STATUS,
            Self::Issued(_) => "l.issued_at",
            Self::Ending(_) => "l.ends",
            Self::License => "l.number, l.customer",
        }
    }

    /// The group of a license as numbers, from its [`Grouping::columns`], of which the first is at this place of the row.
    pub(super) fn key(self, row: &rusqlite::Row<'_>, first: usize) -> Result<Key, LedgerError> {
        let number = match self {
            Self::Issued(span) => span.first_day(column::moment(row, first)?.date()).start().seconds(),
            Self::Ending(span) => {
                column::moment_if_any(row, first)?.map_or(NEVER, |end| span.first_day(end.last_day()).start().seconds())
            }
            Self::License => return Ok((row.get(first)?, row.get(first + 1)?)),
            Self::Tier | Self::Product | Self::Customer | Self::Operator | Self::Type | Self::Status => row.get(first)?,
        };
        Ok((number, 0))
    }

    /// The group behind the numbers, which is asked for once.
    pub(super) fn group(self, key: Key, names: &mut Names<'_>) -> Result<Group, LedgerError> {
        Ok(match self {
            Self::Tier => {
                let tier = names.tier(key.0)?;
                Group::Tier { product: tier.product.clone(), rank: tier.rank, tier: tier.slug.clone(), name: tier.name.clone() }
            }
            Self::Product => Group::Product(names.tier(key.0)?.product.clone()),
            Self::Customer => {
                let (slug, name) = names.take_customer(key.0)?;
                Group::Customer { slug, name }
            }
            Self::Operator => Group::Operator(names.operator(key.0)?.clone()),
            Self::Type => Group::Type(column::type_of_number(key.0)?),
            Self::Status => Group::Status(column::status_of_number(key.0)?),
            Self::Issued(span) | Self::Ending(span) if key.0 == NEVER => Group::Time(span, None),
            Self::Issued(span) | Self::Ending(span) => {
                let first = Timestamp::from_seconds(key.0).map_err(|_| LedgerError::odd("moment", key.0))?;
                Group::Time(span, Some(first.date()))
            }
            Self::License => {
                let (slug, name) = names.customer(key.1)?.clone();
                Group::License { id: license_id(key.0)?, customer: slug, name }
            }
        })
    }
}
