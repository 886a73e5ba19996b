//! Which licenses to list, and in which order, as SQL.

use std::fmt;
use std::str::FromStr;

use rusqlite::types::Value;

use super::search::Words;
use super::{LedgerError, Tables};
use crate::license::id::LicenseIdPrefix;
use crate::license::time::DAY;
use crate::license::{LicenseId, LicenseType, Slug, Status, Timestamp};

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
    /// Those that this operator issued.
    pub issued_by: Option<Slug>,
    /// Those issued at this moment or later.
    pub issued_since: Option<Timestamp>,
    /// Those of which every word of this occurs in the customer (short name, name, contacts, reference or notes), the tier or
    /// the note, whatever its case and accents, or begins the id.
    pub text: Option<String>,
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
            issued_by: None,
            issued_since: None,
            text: None,
            sort: LicenseSort::default(),
            reverse: false,
            limit: None,
            offset: 0,
        }
    }

    /// The page of rows that fit, as `columns` of the row `l`.
    pub(super) fn page(&self, columns: &str, tables: Tables<'_>) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let from = self.source(&mut query);
        let from = match self.sort {
            // CROSS keeps the order of the loops: the outer one yields the order, the inner one an index of the licenses.
            LicenseSort::Customer => format!("customers c CROSS JOIN {from} ON l.customer = c.id"),
            LicenseSort::Tier => format!("tiers t CROSS JOIN {from} ON l.tier = t.id"),
            _ => from,
        };
        let conditions = self.conditions(&mut query, tables)?;
        let order = self.order(&mut query);
        query.sql = format!("SELECT {columns} FROM {from}{conditions} ORDER BY {order}");
        if self.limit.is_some() || self.offset > 0 {
            let (limit, offset) = (self.limit.map_or(-1, i64::from), i64::from(self.offset));
            let (limit, offset) = (query.bind(limit), query.bind(offset));
            query.sql += &format!(" LIMIT {limit} OFFSET {offset}");
        }
        Ok(query)
    }

    /// How many rows fit, whatever the limit.
    pub(super) fn count(&self, tables: Tables<'_>) -> Result<Query, LedgerError> {
        let mut query = Query::default();
        let from = self.source(&mut query);
        let conditions = self.conditions(&mut query, tables)?;
        query.sql = format!("SELECT count(*) FROM {from}{conditions}");
        Ok(query)
    }

    /// The rows to choose from, named `l`: of now, or of the moment of `as_of`.
    fn source(&self, query: &mut Query) -> String {
        let Some(as_of) = self.as_of else { return "licenses l".to_owned() };
        let then = query.bind(as_of.seconds());
        format!(
            "(SELECT n.status_index, n.number, r.customer, r.tier, r.kind, r.internal, r.starts, r.ends, r.stops, r.warn_days, r.seats,
                coalesce((SELECT s.standing FROM standings s WHERE s.license = n.status_index AND s.at <= {then}
                          ORDER BY s.event DESC LIMIT 1), 0) AS standing,
                r.rev, n.issued_at, n.issued_by, r.signed_at AS revised_at, n.note
              FROM licenses n CROSS JOIN revisions r ON r.license = n.status_index AND r.rev =
                CASE WHEN n.revised_at <= {then} THEN n.rev ELSE
                    (SELECT max(e.rev) FROM revisions e WHERE e.license = n.status_index AND e.signed_at <= {then}) END
              WHERE n.issued_at <= {then}) l"
        )
    }

    fn conditions(&self, query: &mut Query, tables: Tables<'_>) -> Result<String, LedgerError> {
        let mut all = Vec::new();
        if let Some(customer) = &self.customer {
            let slug = query.bind(customer.to_string());
            all.push(format!("l.customer = (SELECT id FROM customers WHERE slug = {slug})"));
        }
        if let Some(operator) = &self.issued_by {
            let slug = query.bind(operator.to_string());
            all.push(format!("l.issued_by = (SELECT id FROM operators WHERE slug = {slug})"));
        }
        all.extend(self.tier_condition(query, tables)?);
        if let Some(before) = self.ends_before {
            let (at, before) = (query.bind(self.at.seconds()), query.bind(before.seconds()));
            all.push(format!("l.ends > {at} AND l.ends <= {before} AND l.standing = 0"));
        }
        if !self.statuses.is_empty() {
            let at = query.bind(self.at.seconds());
            let any: Vec<&str> = self.statuses.iter().map(|status| status_condition(*status)).collect();
            all.push(format!("({})", any.join(" OR ")).replace("$at", &at));
            if self.statuses.iter().all(|status| matches!(status, Status::Suspended | Status::Revoked)) {
                // Few are, and this table knows which.
                all.push("l.status_index IN (SELECT license FROM standings)".to_owned());
            }
        }
        if let Some(kind) = self.kind {
            let kind = query.bind(kind.as_str().to_owned());
            all.push(format!("l.kind = {kind}"));
        }
        if let Some(internal) = self.internal {
            let internal = query.bind(i64::from(internal));
            all.push(format!("l.internal = {internal}"));
        }
        if let Some(since) = self.issued_since {
            let since = query.bind(since.seconds());
            all.push(format!("l.issued_at >= {since}"));
        }
        for word in self.text.as_deref().map(Words::new).iter().flat_map(Words::each) {
            all.push(text_condition(&word, query, tables)?);
        }
        Ok(if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) })
    }

    /// Product and tier together choose some of the few tiers there are.
    fn tier_condition(&self, query: &mut Query, tables: Tables<'_>) -> Result<Option<String>, LedgerError> {
        if self.product.is_none() && self.tier.is_none() {
            return Ok(None);
        }
        let fits = |product: &str, slug: &str| {
            self.product.as_ref().is_none_or(|wanted| wanted.as_str() == product)
                && self.tier.as_ref().is_none_or(|wanted| wanted.as_str() == slug)
        };
        let (chosen, all) = tables.tier_ids(fits)?;
        Ok(match chosen.as_slice() {
            chosen if chosen.len() == all => None,
            [only] => {
                let only = query.bind(*only);
                Some(format!("l.tier = {only}"))
            }
            // The plus keeps the order of the list from being given up for an index that would hardly narrow it.
            some => {
                let some = query.bind_list(some);
                Some(format!("+l.tier IN (SELECT value FROM json_each({some}))"))
            }
        })
    }

    fn order(&self, query: &mut Query) -> String {
        let (ascending, nulls_last) = if self.reverse { ("DESC", "DESC NULLS FIRST") } else { ("ASC", "ASC NULLS LAST") };
        let by_end = format!("l.ends {nulls_last}, l.standing {ascending}, l.status_index {ascending}");
        match self.sort {
            LicenseSort::End => by_end,
            LicenseSort::Start => format!("l.starts {ascending}, l.status_index {ascending}"),
            LicenseSort::Issued => format!("l.issued_at {ascending}, l.status_index {ascending}"),
            LicenseSort::Customer => format!("c.slug {ascending}, {by_end}"),
            LicenseSort::Tier => format!("t.product {ascending}, t.rank {ascending}, t.id {ascending}, {by_end}"),
            LicenseSort::Status => {
                let at = query.bind(self.at.seconds());
                let cases: Vec<String> = Status::ALL
                    .iter()
                    .enumerate()
                    .map(|(place, status)| format!("WHEN {} THEN {place}", status_condition(*status)))
                    .collect();
                format!("CASE {} END {ascending}, {by_end}", cases.join(" ")).replace("$at", &at)
            }
            LicenseSort::Seats => format!("l.seats {nulls_last}, l.status_index {ascending}"),
            LicenseSort::Id => format!("l.number {ascending}"),
        }
    }
}

/// `Validity::status` as conditions on the columns, at the moment `$at`. Exactly one of them holds.
fn status_condition(status: Status) -> &'static str {
    const { assert!(DAY == 86_400) };
    match status {
        Status::Revoked => "l.standing = 1",
        Status::Suspended => "l.standing = 2",
        Status::Scheduled => "(l.standing = 0 AND l.starts > $at)",
        Status::Expired => "(l.standing = 0 AND l.starts <= $at AND l.stops <= $at)",
        Status::Grace => "(l.standing = 0 AND l.starts <= $at AND l.ends <= $at AND l.stops > $at)",
        Status::Expiring => "(l.standing = 0 AND l.starts <= $at AND l.ends > $at AND l.ends - $at <= l.warn_days * 86400)",
        Status::Active => {
            "(l.standing = 0 AND l.starts <= $at AND (l.ends IS NULL OR l.ends > $at AND l.ends - $at > l.warn_days * 86400))"
        }
    }
}

/// Where one word occurs: in the customer, the tier, the note, or as the beginning of the id.
fn text_condition(word: &Words, query: &mut Query, tables: Tables<'_>) -> Result<String, LedgerError> {
    let customers = query.bind_list(&tables.customer_ids(word)?);
    let (tiers, _) = tables.tier_ids(|product, slug| word.all_occur_in(product) || word.all_occur_in(slug))?;
    let tiers = query.bind_list(&tiers);
    let notes = query.bind_list(&tables.licenses_with_note(word)?);
    let mut any = vec![
        format!("l.customer IN (SELECT value FROM json_each({customers}))"),
        format!("l.tier IN (SELECT value FROM json_each({tiers}))"),
        format!("l.status_index IN (SELECT value FROM json_each({notes}))"),
    ];
    if let Some((first, last)) = id_range(&word.text()) {
        let (first, last) = (query.bind(first), query.bind(last));
        any.push(format!("l.number BETWEEN {first} AND {last}"));
    }
    Ok(format!("({})", any.join(" OR ")))
}

/// The ids that a word may begin. Almost every short word is made of letters that occur in ids, so it must look like one.
fn id_range(word: &str) -> Option<(i64, i64)> {
    if let Ok(id) = word.parse::<LicenseId>() {
        return Some((id.number(), id.number()));
    }
    let looks_like_one = word.starts_with("lic-") || word.bytes().any(|byte| byte.is_ascii_digit());
    word.parse::<LicenseIdPrefix>().ok().filter(|_| looks_like_one).map(LicenseIdPrefix::range)
}

/// A statement and the values bound in it.
#[derive(Default)]
pub(super) struct Query {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Query {
    /// Binds a value, and gives the name by which the statement calls it.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Binds numbers as a JSON array, so that the statement is the same for every list.
    fn bind_list(&mut self, numbers: &[i64]) -> String {
        self.bind(format!("{numbers:?}"))
    }
}
