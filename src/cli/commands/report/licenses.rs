//! The reports that list licenses, or count them group by group: expiring, expired and issued.

use super::counts::{amount, show_groups};
use crate::authority::Authority;
use crate::authority::report::{Kind, Scope};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::report::frame;
use crate::cli::views::report_count::Licenses;
use crate::cli::views::report_license::{ReportedLicense, totals};
use crate::ledger::report::Amount;
use crate::ledger::{LicenseFilter, LicenseSort};
use crate::render::Format;

/// How many rows a terminal shows unless told otherwise.
pub const PAGE: u32 = 100;

pub fn show(authority: &Authority, limit: Option<u32>, scope: &Scope, session: &mut Session<'_>) -> Result<(), Failure> {
    if scope.by.is_some() {
        let (groups, total) = authority.report_amounts(scope)?;
        return show_groups(scope, limit, &groups, &total, Licenses::new, empty(scope), session);
    }
    // Rows for programs have no sums: those need not be counted.
    let has_sums = matches!(session.format(), Format::Table | Format::Json | Format::Markdown);
    let total = if has_sums { authority.report_amounts(scope)?.1 } else { Amount::default() };
    list(authority, limit, scope, &total, session)
}

fn list(
    authority: &Authority,
    limit: Option<u32>,
    scope: &Scope,
    total: &Amount,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    if session.is_table() && total.licenses == 0 {
        session.note(empty(scope));
        return Ok(());
    }
    let most = limit.unwrap_or(if session.is_table() { PAGE } else { 0 });
    let (sort, reverse) = match scope.kind {
        Kind::Issued => (LicenseSort::Issued, true),
        kind => (LicenseSort::End, kind == Kind::Expired),
    };
    let filter = LicenseFilter { sort, reverse, limit: (most > 0).then_some(most), ..scope.filter.clone() };
    let more = if most > 0 { total.licenses.saturating_sub(u64::from(most)) } else { 0 };
    let footer = (more > 0).then(|| format!("the sums are of all licenses; … and {more} more: --limit 0 shows all"));
    let mut frame = frame::<ReportedLicense>(scope, &[], amount(total));
    frame.totals = vec![totals(total)];
    session.framed(&frame, footer, |row| {
        authority.read().each_license(&filter, |record| row(&ReportedLicense::new(&record, filter.at)))
    })
}

/// What is said where there is none.
fn empty(scope: &Scope) -> &'static str {
    match scope.kind {
        Kind::Expiring => "no license comes to its end in this period",
        Kind::Expired => "no license came to its end in this period",
        _ => "no license was issued in this period",
    }
}
