//! The license that a command is about: named, or picked by a person.

use super::show::find_license;
use crate::authority::refusal::Asked;
use crate::authority::{Actor, Authority, Error, Mode};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::license::{seats, until};
use crate::ledger::{LicenseFilter, LicenseRecord};
use crate::license::Standing;

/// How many licenses a person may pick from, the soonest to end first.
const OFFERED: u32 = 1000;

/// The licenses named, each once.
pub fn named(names: &[String], authority: &Authority, session: &mut Session<'_>) -> Result<Vec<LicenseRecord>, Failure> {
    let mut found: Vec<LicenseRecord> = Vec::with_capacity(names.len());
    for name in names {
        let record = find_license(name, authority, session)?;
        if found.iter().all(|known| known.id != record.id) {
            found.push(record);
        }
    }
    Ok(found)
}

/// The licenses named, or the one that a person picks from those that fit; with what was picked, to be typed the next time.
pub fn named_or_picked(
    names: &[String],
    example: &str,
    fits: impl Fn(Standing) -> bool,
    authority: &Authority,
    session: &mut Session<'_>,
) -> Result<(Vec<LicenseRecord>, Vec<String>), Failure> {
    if !names.is_empty() {
        return Ok((named(names, authority, session)?, Vec::new()));
    }
    let at = session.now();
    let mut offered = if session.can_ask() {
        authority.read().licenses(&LicenseFilter { limit: Some(OFFERED), ..LicenseFilter::new(at) })?
    } else {
        Vec::new()
    };
    offered.retain(|license| fits(license.standing));
    if session.can_ask() && offered.is_empty() {
        return Err(Failure::failed("there is no license that this could be done to").hint("see them with 'lic list'"));
    }
    let items: Vec<String> =
        offered.iter().map(|license| format!("{}  {} · {}", license.id, line(license), license.status(at))).collect();
    let picked = session.ask_search("license", example, "License (type to search)", &items)?;
    let license = offered.into_iter().nth(picked).ok_or_else(Failure::cancelled)?;
    let answered = vec![license.id.to_string()];
    Ok((vec![license], answered))
}

/// A license on one line, without its id.
pub fn line(license: &LicenseRecord) -> String {
    format!("{} · {} · {} · {}", license.customer_name, license.tier, seats(license.seats), until(license.ends))
}

/// Says that a license stays switched off, whatever its new key grants.
pub fn tell_if_suspended(license: &LicenseRecord, session: &mut Session<'_>) {
    if license.standing == Standing::Suspended {
        session.warn(&format!("{} stays suspended until 'lic reinstate {}'", license.id, license.id));
    }
}

/// What was refused, as it is told; the log keeps it where it may mean that more is used than was granted. A dry run keeps nothing.
pub fn refused(why: Error, asked: &Asked, authority: &mut Authority, actor: &Actor, session: &mut Session<'_>) -> Failure {
    keep_refused(&why, asked, authority, actor, session);
    why.into()
}

/// Keeps in the log what was refused, where it may mean that more is used than was granted. A dry run keeps nothing.
pub fn keep_refused(why: &Error, asked: &Asked, authority: &mut Authority, actor: &Actor, session: &mut Session<'_>) {
    if session.mode() == Mode::Commit
        && let Err(unkept) = authority.keep_refusal(actor, asked, why)
    {
        session.warn(&format!("the log could not keep that this was refused: {unkept}"));
    }
}
