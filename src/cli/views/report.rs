//! What the rows of reports that count have in common: the name of their group, and what stands around them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::authority::report::{By, Scope};
use crate::ledger::report::Group;
use crate::render::{Cell, Column, Frame, Moment, Noun, View};

/// What stands for the group in a row of sums.
const TOTAL: &str = "total";

/// What is counted of a group.
pub trait Counts: Serialize {
    /// The columns of the group, as [`columns`] gives them, and those of the counts.
    const COLUMNS: &'static [Column];

    /// One cell for each column but those of the group.
    fn cells(&self) -> Vec<Cell<'_>>;
}

/// The columns that name the group, and those of the counts. The higher the rank, the sooner the display name is left out of a table.
pub const fn columns<const ALL: usize>(rank: u8, counts: &[Column]) -> [Column; ALL] {
    assert!(ALL == counts.len() + 2, "two columns name the group");
    let mut all = [Column::text("group", "Group"); ALL];
    all[1] = Column::text("name", "Name").optional(rank);
    let (_, rest) = all.split_at_mut(2);
    rest.copy_from_slice(counts);
    all
}

/// A row of a report: the name of a group, of none in a row of sums, and what is counted of it.
#[derive(Serialize)]
pub struct Grouped<'g, C> {
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Cow<'g, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'g str>,
    #[serde(flatten)]
    pub counts: C,
}

impl<'g, C> Grouped<'g, C> {
    pub fn new(group: &'g Group, counts: C) -> Self {
        let (group, name): (Cow<'g, str>, _) = match group {
            Group::Tier { product, tier, name, .. } => (format!("{product}/{tier}").into(), Some(name.as_str())),
            Group::Customer { slug, name } => (slug.as_str().into(), Some(name.as_str())),
            Group::License { id, name, .. } => (id.to_string().into(), Some(name.as_str())),
            Group::Product(slug) | Group::Operator(slug) => (slug.as_str().into(), None),
            Group::Type(kind) => (kind.as_str().into(), None),
            Group::Status(status) => (status.as_str().into(), None),
            Group::Time(span, Some(first)) => (span.name(*first).into(), None),
            Group::Time(_, None) => ("perpetual".into(), None),
        };
        Self { group: Some(group), name, counts }
    }

    /// All groups together.
    pub fn total(counts: C) -> Self {
        Self { group: None, name: None, counts }
    }

    fn text(&self) -> &str {
        self.group.as_deref().unwrap_or(TOTAL)
    }
}

impl<C: Counts> View for Grouped<'_, C> {
    const NOUN: Noun = Noun { one: "group", many: "groups" };

    fn columns() -> &'static [Column] {
        C::COLUMNS
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        // In a row of sums, nothing stands where others have a name.
        let name = if self.group.is_none() { Cell::Absent("") } else { self.name.into() };
        let mut cells = Vec::with_capacity(C::COLUMNS.len());
        cells.extend([self.text().into(), name]);
        cells.extend(self.counts.cells());
        cells
    }

    fn name(&self) -> Cow<'_, str> {
        self.text().into()
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

#[cfg(test)]
mod tests {
    use super::super::report_count::{Licenses, Seats, Stock};
    use super::super::report_license::{ReportedLicense, event, totals};
    use super::super::report_machines::Machines;
    use super::super::report_money::{Money, Renewed};
    use super::*;
    use crate::authority::report::{MachineCount, Revenue};
    use crate::ledger::LicenseFilter;
    use crate::ledger::report::{Amount, Grouping, Only, Renewals};
    use crate::ledger::testing::{day, issue, ledger, record};
    use crate::license::{Calendar, LicenseId, LicenseType, Status};
    use crate::render::assert_agrees;

    #[test]
    fn cells_and_json_say_the_same() {
        let mut ledger = ledger();
        record(&mut ledger, 1, &[issue(1, "globex", |_| {}), issue(2, "acme", |terms| (terms.ends, terms.seats) = (None, None))]);
        let filter = LicenseFilter::new(day(40));
        let usages = ledger.read().usage(&filter, Grouping::Customer, Only::Working).unwrap();
        assert_eq!(usages.len(), 2);
        for ((group, tally), (_, usage)) in ledger.read().tally(&filter, Grouping::Customer).unwrap().into_iter().zip(usages) {
            assert_agrees(&Grouped::new(&group, Licenses::new(&tally.all)));
            assert_agrees(&Grouped::new(&group, Stock::new(&tally)));
            assert_agrees(&Grouped::new(&group, Seats::new(&usage)));
            assert_agrees(&Grouped::new(&group, Machines::new(&MachineCount { usage, ..MachineCount::default() })));
            assert_agrees(&Grouped::new(&group, Renewed::new(&Renewals { on_time: 2, late: 1, grace: 0, lapsed: 1 })));
            assert_agrees(&Grouped::new(&group, Renewed::new(&Renewals::default())));
            for currency in [Some("EUR".to_owned()), None] {
                let paid = Amount { licenses: 1, seats: 2, unlimited: 0 };
                let revenue =
                    Revenue { group: group.clone(), currency, paid, yearly: 99, perpetual: 1, unlimited: 2, unpriced: 3 };
                assert_agrees(&Grouped::new(&group, Money::new(&revenue)));
            }
        }
        let licenses = ledger.read().licenses(&filter).unwrap();
        licenses.iter().for_each(|license| assert_agrees(&ReportedLicense::new(license, day(40))));
        assert_eq!(totals(&Amount::default()).len(), ReportedLicense::columns().len());
        let days: Vec<_> = licenses.iter().map(|license| event(license, "https://vendor.example/x")).collect();
        assert!(days[0].as_ref().is_some_and(|day| day.uid.ends_with("-20261231@vendor.example")), "{days:?}");
        assert_eq!(days[1], None, "what never ends is no day");
    }

    #[test]
    fn groups_are_called_by_what_a_command_takes_as_argument() {
        let slug = |text: &str| text.parse().unwrap();
        let id = LicenseId::from_random(7);
        for (group, called) in [
            (Group::Tier { product: slug("cockpit"), rank: 1, tier: slug("pro"), name: "Pro".into() }, "cockpit/pro".to_owned()),
            (Group::Customer { slug: slug("acme"), name: "Acme".into() }, "acme".into()),
            (Group::Product(slug("cockpit")), "cockpit".into()),
            (Group::Operator(slug("anna")), "anna".into()),
            (Group::Type(LicenseType::Trial), "trial".into()),
            (Group::Status(Status::Grace), "grace".into()),
            (Group::Time(Calendar::Quarter, Some("2026-10-01".parse().unwrap())), "2026-Q4".into()),
            (Group::Time(Calendar::Month, None), "perpetual".into()),
            (Group::License { id, customer: slug("acme"), name: "Acme".into() }, id.to_string()),
        ] {
            assert_eq!(Grouped::new(&group, ()).text(), called);
        }
        assert_eq!(Grouped::total(()).text(), "total");
    }
}
