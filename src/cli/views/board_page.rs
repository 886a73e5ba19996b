//! The dashboard as a page for a browser.

use serde::Serialize;

use super::dashboard::{AlertView, BeginView, DashboardView};
use super::license::LicenseView;
use crate::render::chart::grouped;
use crate::render::page::chart::{Bars, Columns, Item};

/// How many tiers have a bar of their own; the table has them all.
const BARS: usize = 12;

/// What the template of the dashboard is filled with.
#[derive(Serialize)]
pub struct BoardPage<'v> {
    vendor: &'v str,
    at: String,
    day: String,
    /// The time of day, where it is not the beginning of the day.
    moment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin: Option<&'v BeginView>,
    alerts: Vec<AlertPart<'v>>,
    figures: Vec<Figure>,
    by_status: Bars,
    by_tier: Bars,
    by_week: Columns,
    weeks_ahead: usize,
    newest: &'v [LicenseView],
    statuses: Vec<&'static str>,
    tier_rows: Vec<TierRow<'v>>,
    version: &'static str,
}

#[derive(Serialize)]
struct AlertPart<'v> {
    title: String,
    grave: bool,
    what: &'v str,
    next: &'v str,
}

#[derive(Serialize)]
struct Figure {
    name: &'static str,
    number: String,
}

#[derive(Serialize)]
struct TierRow<'v> {
    name: &'v str,
    full: String,
    numbers: Vec<String>,
    in_use: String,
    all: String,
}

impl<'v> BoardPage<'v> {
    pub fn new(view: &'v DashboardView) -> Self {
        let at = view.at.0.to_string();
        let statuses: Vec<_> = view.statuses.iter().filter(|one| one.licenses > 0).collect();
        let status_bars = statuses
            .iter()
            .map(|one| Item { name: one.status.to_string(), value: one.licenses, class: one.status.to_string() })
            .collect();
        let weeks: Vec<(String, u64)> =
            view.weeks.iter().map(|week| (short_day(&week.first.to_string()), week.licenses)).collect();
        let shown: Vec<&'static str> = statuses.iter().map(|one| one.status.as_str()).collect();
        let row = |tier: &'v super::dashboard::TierView| TierRow {
            name: &tier.name,
            full: tier.full_name(),
            numbers: tier
                .statuses
                .iter()
                .filter(|one| shown.contains(&one.status.as_str()))
                .map(|one| grouped(one.licenses))
                .collect(),
            in_use: grouped(tier.in_use),
            all: grouped(tier.licenses),
        };
        let figure = |one, many, number| Figure { name: if number == 1 { one } else { many }, number: grouped(number) };
        Self {
            vendor: &view.vendor,
            day: view.day().to_string(),
            moment: (view.at.0 != view.day().start()).then(|| at[11..16].to_owned()),
            at,
            begin: view.begin.as_ref(),
            alerts: view.alerts.iter().map(part).collect(),
            figures: vec![
                figure("license", "licenses", view.licenses),
                figure("in use", "in use", view.in_use),
                figure("ends within 12 weeks", "end within 12 weeks", view.ending),
                figure("alert", "alerts", view.alerts.len() as u64),
            ],
            by_status: Bars::new("status", "Licenses by status", status_bars),
            by_tier: Bars::new("tier", "Licenses in use by tier", tier_bars(view)),
            by_week: Columns::new("week", "Licenses that end, by week", &weeks),
            weeks_ahead: view.weeks.len(),
            newest: &view.newest,
            tier_rows: view.tiers.iter().map(row).collect(),
            statuses: shown,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn part(alert: &AlertView) -> AlertPart<'_> {
    AlertPart { title: alert.title(), grave: alert.grave, what: &alert.what, next: &alert.next }
}

/// `2026-11-22` as `22 Nov`.
fn short_day(date: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = date[5..7].parse().ok().and_then(|month: usize| MONTHS.get(month.wrapping_sub(1))).copied().unwrap_or_default();
    format!("{} {month}", date[8..].trim_start_matches('0'))
}

/// The tiers with most licenses in use, and one bar for all the others.
fn tier_bars(view: &DashboardView) -> Vec<Item> {
    let one_product = view.is_of_one_product();
    let mut tiers: Vec<_> = view.tiers.iter().collect();
    tiers.sort_by_key(|tier| std::cmp::Reverse(tier.in_use));
    let shown = if tiers.len() > BARS + 1 { BARS } else { tiers.len() };
    let (most, rest) = tiers.split_at(shown);
    let name = |tier: &super::dashboard::TierView| if one_product { tier.tier.to_string() } else { tier.full_name() };
    let mut bars: Vec<Item> =
        most.iter().map(|tier| Item { name: name(tier), value: tier.in_use, class: "active".into() }).collect();
    if !rest.is_empty() {
        let value = rest.iter().map(|tier| tier.in_use).sum();
        bars.push(Item { name: format!("{} other tiers", rest.len()), value, class: "rest".into() });
    }
    bars
}
