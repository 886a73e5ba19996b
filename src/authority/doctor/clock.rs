//! The clock, against the newest event: an authority whose clock runs behind signs keys that are not valid yet, or no more.

use super::{Notes, Patient, ago};

pub(super) fn clock(patient: &Patient, notes: &mut Notes<'_>) {
    let Ok(ledger) = &patient.ledger else { return notes.leave_out() };
    let Ok(newest) = ledger.read().newest_event_time() else { return notes.leave_out() };
    match newest {
        Some(newest) if newest > patient.at => notes.error(
            format!("it is {} behind the newest event, of {newest}", ago(newest.seconds() - patient.at.seconds())),
            "set the clock, for example with 'timedatectl set-ntp true'; issue nothing before",
        ),
        Some(newest) => notes.ok(format!("it is later than the newest event, of {newest}")),
        None => notes.ok("there are no events to compare it with"),
    }
}
