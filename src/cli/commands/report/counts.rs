//! The reports that count: customers, tiers, seats, revenue, machines and renewals.

use serde_json::{Value, json};

use super::licenses::PAGE;
use crate::authority::Authority;
use crate::authority::report::{Revenue, Scope};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::report::{Counts, Grouped, frame};
use crate::cli::views::report_count::{Seats, Stock};
use crate::cli::views::report_machines::Machines;
use crate::cli::views::report_money::{Money, Renewed};
use crate::ledger::report::{Amount, Group, Only};
use crate::render::{Format, View};

pub fn stock(authority: &Authority, limit: Option<u32>, scope: &Scope, session: &mut Session<'_>) -> Result<(), Failure> {
    let (groups, total) = authority.report_tally(scope)?;
    show_groups(scope, limit, &groups, &total, Stock::new, "no licenses fit", session)
}

pub fn seats(
    authority: &Authority,
    limit: Option<u32>,
    scope: &Scope,
    over_used: bool,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let only = if over_used { Only::OverUsed } else { Only::Working };
    let (groups, total) = authority.report_usage(scope, only)?;
    let empty = if over_used { "no license has more machines than seats" } else { "no license that works fits" };
    show_groups(scope, limit, &groups, &total, Seats::new, empty, session)
}

pub fn machines(
    authority: &Authority,
    limit: Option<u32>,
    scope: &Scope,
    at_limit: bool,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let (groups, total) = authority.report_machines(scope, at_limit)?;
    let empty = if at_limit { "no license is at its limit of machines" } else { "no license that fits has to do with machines" };
    show_groups(scope, limit, &groups, &total, Machines::new, empty, session)
}

pub fn revenue(authority: &Authority, limit: Option<u32>, scope: &Scope, session: &mut Session<'_>) -> Result<(), Failure> {
    let report = authority.report_revenue(scope)?;
    let views = report.rows.iter().map(|row| Grouped::new(&row.group, Money::new(row)));
    let sums: Vec<_> = report.totals.iter().map(|sum| Grouped::total(Money::new(sum))).collect();
    let total = Value::Array(sums.iter().map(to_json).collect());
    // People are told below the table of licenses that have no price in any currency.
    let sums: Vec<_> = sums.into_iter().filter(|sum| sum.counts.is_priced()).collect();
    show_rows(scope, limit, views, &sums, total, "no license that fits is in force", session)?;
    let count = |of: fn(&Revenue) -> u64| report.totals.iter().map(of).sum::<u64>();
    let left_out = [
        (count(|sum| sum.perpetual), "perpetual"),
        (count(|sum| sum.unlimited), "for any number of seats"),
        (count(|sum| sum.unpriced), "of a tier without a price"),
    ];
    let told: Vec<String> =
        left_out.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if session.is_table() && !told.is_empty() {
        session.note(&format!("licenses that bring nothing here: {}", told.join(", ")));
    }
    Ok(())
}

pub fn renewals(authority: &Authority, limit: Option<u32>, scope: &Scope, session: &mut Session<'_>) -> Result<(), Failure> {
    let (groups, total) = authority.report_renewals(scope)?;
    show_groups(scope, limit, &groups, &total, Renewed::new, "no end was due in this period", session)
}

/// Shows groups with what `view` tells of the count of each, and one row of sums.
pub fn show_groups<T, C: Counts>(
    scope: &Scope,
    limit: Option<u32>,
    groups: &[(Group, T)],
    total: &T,
    view: impl Fn(&T) -> C,
    empty: &str,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let views = groups.iter().map(|(group, count)| Grouped::new(group, view(count)));
    let sum = Grouped::total(view(total));
    let json = to_json(&sum);
    show_rows(scope, limit, views, &[sum], json, empty, session)
}

fn show_rows<V: View>(
    scope: &Scope,
    limit: Option<u32>,
    mut views: impl ExactSizeIterator<Item = V>,
    sums: &[V],
    total: Value,
    empty: &str,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    if session.is_table() && views.len() == 0 {
        session.note(empty);
        return Ok(());
    }
    let most = limit.unwrap_or(if session.format() == Format::Table { PAGE } else { 0 });
    let shown = if most > 0 { views.len().min(most as usize) } else { views.len() };
    let more = views.len() - shown;
    let footer = (more > 0).then(|| format!("the sums are of all rows; … and {more} more: --limit 0 shows all"));
    let frame = frame(scope, sums, total);
    session.framed(&frame, footer, |row| views.by_ref().take(shown).try_for_each(|view| row(&view)))
}

fn to_json<V: View>(view: &V) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}

/// Licenses and their seats as JSON.
pub fn amount(amount: &Amount) -> Value {
    json!({ "licenses": amount.licenses, "seats": amount.seats, "unlimited": amount.unlimited })
}
