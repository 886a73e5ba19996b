//! What the rows of reports have in common: the name of their group, and what stands around them.

use serde::Serialize;
use serde_json::Value;

use crate::authority::report::{By, Scope};
use crate::ledger::report::Group;
use crate::render::{Cell, Frame, Moment, View};

/// What stands for the group in a row of sums.
const TOTAL: &str = "total";

/// The name of a group; of none in a row of sums.
#[derive(Serialize)]
pub struct GroupName {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl GroupName {
    pub fn new(group: &Group) -> Self {
        let (group, name) = match group {
            Group::Tier { product, tier, name, .. } => (format!("{product}/{tier}"), Some(name.clone())),
            Group::Customer { slug, name } => (slug.to_string(), Some(name.clone())),
            Group::License { id, name, .. } => (id.to_string(), Some(name.clone())),
            Group::Product(slug) | Group::Operator(slug) => (slug.to_string(), None),
            Group::Type(kind) => (kind.to_string(), None),
            Group::Status(status) => (status.to_string(), None),
            Group::Time(span, Some(first)) => (span.name(*first), None),
            Group::Time(_, None) => ("perpetual".to_owned(), None),
        };
        Self { group: Some(group), name }
    }

    /// All groups together.
    pub fn total() -> Self {
        Self { group: None, name: None }
    }

    pub fn text(&self) -> &str {
        self.group.as_deref().unwrap_or(TOTAL)
    }

    pub fn cells(&self) -> [Cell<'_>; 2] {
        // In a row of sums, nothing stands where others have a name.
        let name = if self.group.is_none() { Cell::Absent("") } else { self.name.as_ref().into() };
        [self.text().into(), name]
    }
}

/// What stands around a report. `totals` are rows of sums as the views of the report have them, `total` the sums as JSON.
pub fn frame<'a, V: View>(scope: &Scope, totals: &'a [V], total: Value) -> Frame<'a> {
    let mut about: Vec<(&'static str, Value)> =
        vec![("report", scope.kind.as_str().into()), ("at", serde_json::to_value(Moment(scope.filter.at)).unwrap_or_default())];
    if let Some(days) = scope.days {
        about.extend([("since", days.first.to_string().into()), ("until", days.last.to_string().into())]);
    }
    about.extend(scope.by.map(|by| ("by", by.as_str().into())));
    let titles = scope.by.map(titles).unwrap_or_default();
    Frame { about, titles, totals: totals.iter().map(View::cells).collect(), total }
}

/// The titles of the columns that name a group.
fn titles(by: By) -> Vec<(&'static str, &'static str)> {
    let title = match by {
        By::Tier => "Tier",
        By::Product => "Product",
        By::Customer => "Customer",
        By::Operator => "Creator",
        By::Type => "Type",
        By::Status => "Status",
        By::Month => "Month",
        By::Quarter => "Quarter",
        By::Year => "Year",
        By::License => "License",
    };
    let mut titles = vec![("group", title)];
    if by == By::License {
        titles.push(("name", "Customer"));
    }
    titles
}
