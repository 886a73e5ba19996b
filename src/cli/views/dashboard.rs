//! The state of the authority: counts, what ends soon, what is new, what is wrong.

use std::borrow::Cow;

use serde::Serialize;

use super::license::LicenseView;
use crate::authority::dashboard::{Alert, Begin, Dashboard, TierCount, Week};
use crate::license::{Date, Slug, Status};
use crate::render::{Cell, Column, Detail, Moment, Noun, Section, View};

/// Everything that the dashboard shows.
#[derive(Serialize)]
pub struct DashboardView {
    pub vendor: String,
    pub at: Moment,
    pub licenses: u64,
    pub in_use: u64,
    pub ending: u64,
    pub statuses: Vec<StatusView>,
    pub tiers: Vec<TierView>,
    pub weeks: Vec<WeekView>,
    pub newest: Vec<LicenseView>,
    pub alerts: Vec<AlertView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<BeginView>,
}

/// How many licenses have a status.
#[derive(Serialize)]
pub struct StatusView {
    pub status: Status,
    pub licenses: u64,
}

/// The licenses of a tier.
#[derive(Serialize)]
pub struct TierView {
    pub product: Slug,
    pub tier: Slug,
    pub name: String,
    pub licenses: u64,
    pub in_use: u64,
    pub statuses: Vec<StatusView>,
}

/// A week, and how many licenses end in it.
#[derive(Serialize)]
pub struct WeekView {
    pub first: Date,
    pub last: Date,
    pub licenses: u64,
}

/// Something that is wrong, or about to be.
#[derive(Serialize)]
pub struct AlertView {
    pub alert: &'static str,
    pub grave: bool,
    pub count: u64,
    pub what: String,
    pub next: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
}

/// Where there is nothing to show yet: what to do about it.
#[derive(Serialize)]
pub struct BeginView {
    pub what: &'static str,
    pub how: &'static str,
    pub command: &'static str,
}

fn statuses(of: impl Fn(Status) -> u64) -> Vec<StatusView> {
    Status::ALL.into_iter().map(|status| StatusView { status, licenses: of(status) }).collect()
}

fn in_use(of: impl Fn(Status) -> u64) -> u64 {
    Status::ALL.into_iter().filter(|status| status.is_usable()).map(of).sum()
}

impl DashboardView {
    pub fn new(board: &Dashboard) -> Self {
        Self {
            vendor: board.vendor.clone(),
            at: board.at.into(),
            licenses: board.all(),
            in_use: in_use(|status| board.of(status)),
            ending: board.weeks.iter().map(|week| week.licenses).sum(),
            statuses: statuses(|status| board.of(status)),
            tiers: board.tiers.iter().map(TierView::new).collect(),
            weeks: board.weeks.iter().map(WeekView::new).collect(),
            newest: board.newest.iter().map(|record| LicenseView::new(record, board.at)).collect(),
            alerts: board.alerts.iter().map(AlertView::new).collect(),
            begin: board.begin.map(BeginView::new),
        }
    }

    /// The day that it is told for.
    pub fn day(&self) -> Date {
        self.at.0.date()
    }

    /// Whether the tiers are those of one product, whose name then need not stand before each.
    pub fn is_of_one_product(&self) -> bool {
        self.tiers.windows(2).all(|pair| pair[0].product == pair[1].product)
    }

    /// Everything as rows of one kind, for programs that read tables.
    pub fn figures(&self) -> Vec<FigureView> {
        let row = |part, name: String, count| FigureView { part, name, count, what: None, next: None };
        let mut rows =
            vec![row("licenses", "all".into(), Some(self.licenses)), row("licenses", "in-use".into(), Some(self.in_use))];
        rows.extend(self.statuses.iter().map(|one| row("status", one.status.to_string(), Some(one.licenses))));
        rows.extend(self.tiers.iter().map(|one| row("tier", one.full_name(), Some(one.in_use))));
        rows.extend(self.weeks.iter().map(|one| row("week", one.first.to_string(), Some(one.licenses))));
        for license in &self.newest {
            let what = Some(license.customer_name().to_owned());
            rows.push(FigureView { what, ..row("newest", license.name().into_owned(), None) });
        }
        for alert in &self.alerts {
            let (what, next) = (Some(alert.what.clone()), Some(alert.next.clone()));
            rows.push(FigureView { what, next, ..row("alert", alert.alert.to_owned(), Some(alert.count)) });
        }
        rows
    }
}

impl TierView {
    fn new(tier: &TierCount) -> Self {
        Self {
            product: tier.product.clone(),
            tier: tier.tier.clone(),
            name: tier.name.clone(),
            licenses: tier.statuses.total(),
            in_use: in_use(|status| tier.statuses.of(status)),
            statuses: statuses(|status| tier.statuses.of(status)),
        }
    }

    /// `cockpit/pro`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.product, self.tier)
    }
}

impl WeekView {
    fn new(week: &Week) -> Self {
        Self { first: week.first, last: week.last, licenses: week.licenses }
    }
}

impl AlertView {
    fn new(alert: &Alert) -> Self {
        let Alert { kind, grave, count, what, next, licenses } = alert;
        let licenses = licenses.iter().map(ToString::to_string).collect();
        Self { alert: kind.as_str(), grave: *grave, count: *count, what: what.clone(), next: next.clone(), licenses }
    }

    /// `Over-used`.
    pub fn title(&self) -> String {
        let words = self.alert.replace("renewed-while-off", "renewed while off").replace("unknown-signer", "unknown signer");
        let words = words.replace("cloned-machines", "cloned machines");
        words[..1].to_uppercase() + &words[1..]
    }
}

impl BeginView {
    fn new(begin: Begin) -> Self {
        let (what, how, command) = match begin {
            Begin::Tier => ("No tiers yet", "A tier says what a license grants. Add one:", "lic tier add"),
            Begin::Customer => ("No licenses yet", "Add the first customer:", "lic customer add"),
            Begin::License => ("No licenses yet", "Issue the first one:", "lic issue"),
            Begin::Later => ("There were no licenses at that time", "Look at today:", "lic dashboard"),
        };
        Self { what, how, command }
    }
}

impl View for DashboardView {
    const NOUN: Noun = Noun { one: "dashboard", many: "dashboards" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vendor", "Vendor"),
                Column::new("at", "At"),
                Column::number("licenses", "Licenses"),
                Column::number("in_use", "In use"),
                Column::number("ending", "Ending"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![(&self.vendor).into(), self.at.into(), self.licenses.into(), self.in_use.into(), self.ending.into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.day().to_string().into()
    }
}

impl Detail for DashboardView {
    fn sections(&self) -> Vec<Section<'_>> {
        vec![
            Section::facts([
                ("Vendor", (&self.vendor).into()),
                ("At", self.at.into()),
                ("Licenses", self.licenses.into()),
                ("In use", self.in_use.into()),
            ]),
            Section::rows(&self.alerts).titled("Needs attention"),
            Section::rows(&self.statuses).titled("By status"),
            Section::rows(&self.tiers).titled("By tier"),
            Section::rows(&self.weeks).titled("Ends by week"),
            Section::rows(&self.newest).titled("Newest"),
        ]
    }
}

/// Gives a view of a few columns, each a cell of its own.
macro_rules! rows {
    ($view:ident, $one:literal, $many:literal, [$($column:expr),*], $self:ident => [$($cell:expr),*], $name:expr) => {
        impl View for $view {
            const NOUN: Noun = Noun { one: $one, many: $many };

            fn columns() -> &'static [Column] {
                const { &[$($column),*] }
            }

            fn cells(&self) -> Vec<Cell<'_>> {
                let $self = self;
                vec![$($cell),*]
            }

            fn name(&self) -> Cow<'_, str> {
                let $self = self;
                $name
            }
        }
    };
}

rows!(StatusView, "status", "statuses", [Column::new("status", "Status"), Column::number("licenses", "Licenses")],
    one => [one.status.as_str().into(), one.licenses.into()], one.status.as_str().into());
rows!(TierView, "tier", "tiers",
    [Column::new("product", "Product"), Column::new("tier", "Tier"), Column::number("in_use", "In use"), Column::number("licenses", "Licenses")],
    one => [(&one.product).into(), (&one.tier).into(), one.in_use.into(), one.licenses.into()], one.full_name().into());
rows!(WeekView, "week", "weeks",
    [Column::new("first", "First day"), Column::new("last", "Last day"), Column::number("licenses", "Licenses")],
    one => [one.first.into(), one.last.into(), one.licenses.into()], one.first.to_string().into());
rows!(AlertView, "alert", "alerts",
    [Column::new("alert", "Alert"), Column::number("count", "Count"), Column::text("what", "What"), Column::text("next", "Next")],
    one => [one.alert.into(), one.count.into(), (&one.what).into(), (&one.next).into()], one.alert.into());

/// One number or name of the dashboard, for programs that read tables.
#[derive(Serialize)]
pub struct FigureView {
    part: &'static str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

rows!(FigureView, "figure", "figures",
    [Column::new("part", "Part"), Column::text("name", "Name"), Column::number("count", "Count"), Column::text("what", "What"), Column::text("next", "Next")],
    one => [one.part.into(), (&one.name).into(), one.count.into(), one.what.as_ref().into(), one.next.as_ref().into()], one.name.as_str().into());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::dashboard::AlertKind;
    use crate::ledger::report::StatusCounts;
    use crate::license::Timestamp;
    use crate::render::assert_agrees;

    fn board() -> Dashboard {
        let at: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        let day = at.date();
        let alert = Alert {
            kind: AlertKind::OverUsed,
            grave: false,
            count: 1,
            what: "more".into(),
            next: "lic list".into(),
            licenses: vec![crate::license::LicenseId::from_random(7)],
        };
        let statuses = StatusCounts::default();
        let (product, tier) = ("cockpit".parse().unwrap(), "pro".parse().unwrap());
        Dashboard {
            vendor: "Example Software".into(),
            at,
            tiers: vec![TierCount { product, tier, name: "Pro".into(), statuses }],
            weeks: vec![Week { first: day, last: day, licenses: 3 }],
            newest: Vec::new(),
            alerts: vec![alert],
            begin: Some(Begin::License),
        }
    }

    #[test]
    fn cells_and_json_agree() {
        let view = DashboardView::new(&board());
        assert_agrees(&view);
        assert_agrees(&view.statuses[0]);
        assert_agrees(&view.tiers[0]);
        assert_agrees(&view.weeks[0]);
        assert_agrees(&view.alerts[0]);
        view.figures().iter().for_each(assert_agrees);
    }

    #[test]
    fn every_alert_has_a_title() {
        let alert = board().alerts.remove(0);
        let kinds = [
            AlertKind::UnknownSigner,
            AlertKind::ClonedMachines,
            AlertKind::OverUsed,
            AlertKind::RenewedWhileOff,
            AlertKind::Expiring,
        ];
        let titles = kinds.map(|kind| AlertView::new(&Alert { kind, ..alert.clone() }).title());
        assert_eq!(titles, ["Unknown signer", "Cloned machines", "Over-used", "Renewed while off", "Expiring"]);
    }
}
