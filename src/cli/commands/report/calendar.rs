//! `lic report expiring -o ics`: ends of licenses as a calendar.

use super::args::CountArgs;
use crate::authority::Authority;
use crate::authority::report::{Kind, Scope};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::report_license::event;
use crate::license::Timestamp;
use crate::render::calendar::Calendar;

pub fn show(authority: &Authority, args: CountArgs, now: Timestamp, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.is_grouped() {
        return Err(Failure::usage("a calendar has days, and no groups").hint("leave out --by, or choose another format"));
    }
    // Who subscribes to a calendar looks further ahead than who reads a list.
    let day = args.at().unwrap_or(now).date();
    let limit = args.limit.filter(|limit| *limit > 0);
    let tables = authority.read();
    let mut scope = Scope::new(&tables, Kind::Expiring, args.from(day).question(), now)?;
    scope.filter.limit = limit;
    let about = tables.authority()?;
    let (name, issuer) = about.map(|about| (about.name, about.issuer)).unwrap_or_default();
    let mut calendar = Calendar::new(session.world.terminal.output(), format!("{name}: licenses that end"));
    tables.each_license(&scope.filter, |record| match event(&record, &issuer) {
        Some(event) => calendar.event(&event).map_err(|error| Failure::stream(&error)),
        None => Ok(()),
    })?;
    calendar.finish().map_err(|error| Failure::stream(&error))
}
