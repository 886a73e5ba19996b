//! Status lists: whether the newest one is still good. Only where the settings say that lists are published.

use super::{Notes, Patient, ago};

/// The part of its life after which a list should have been followed by another.
const QUARTER: i64 = 4;

pub(super) fn status(patient: &Patient, notes: &mut Notes<'_>) {
    let Some(uri) = patient.settings.as_ref().ok().and_then(|settings| settings.status.uri.as_ref()) else { return };
    let Ok(ledger) = &patient.ledger else { return notes.leave_out() };
    let Ok(all) = ledger.read().status_lists_by_address() else { return notes.leave_out() };
    let publish = "lic status publish --out FOLDER";
    let Some(newest) = all.iter().find(|list| list.uri == *uri) else {
        return notes.warn(format!("keys say that their status is at {uri}, and nothing was published there yet"), publish);
    };
    let (left, life) =
        (newest.expires.seconds() - patient.at.seconds(), newest.expires.seconds() - newest.published_at.seconds());
    let list = format!("list {}, of {},", newest.number, newest.published_at);
    if left <= 0 {
        notes.error(format!("{list} ended {} ago: verifiers take it no more", ago(left)), publish);
    } else if left < life / QUARTER {
        notes.warn(format!("{list} ends in {}", ago(left)), publish);
    } else {
        notes.ok(format!("{list} is good until {}", newest.expires));
    }
}
