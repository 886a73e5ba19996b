//! What taking a license over from an older system changes: the license, as revision 1, and where it came from.

use rusqlite::{Connection, params};

use super::licenses::{Signed, bound, find_license};
use super::{Change, Customers, Known, run};
use crate::ledger::LedgerError;
use crate::ledger::column::type_number;
use crate::ledger::event::Foreign;
use crate::ledger::foreign::key_digest;
use crate::license::Timestamp;

/// A license of an older system. Its revision 1 is what that system granted: it has no key of ours, and stands in a table of
/// its own in place of the revisions.
pub(super) fn taken_over<'f>(
    db: &Connection,
    known: &mut Known,
    granted: Signed<'f>,
    foreign: &'f Foreign,
    note: Option<&'f str>,
) -> Result<Change<'f>, LedgerError> {
    if find_license(db, granted.license)?.is_some() {
        return Err(LedgerError::already("license", granted.license));
    }
    let taken = "SELECT 1 FROM foreign_licenses WHERE system = ? AND reference = ?";
    if db.prepare_cached(taken)?.exists([&foreign.system, &foreign.reference])? {
        return Err(LedgerError::already("license", format!("{} {}", foreign.system, foreign.reference)));
    }
    let status_index = known.next_place(db)?;
    let change = Change::new(Customers::Known(granted.customer), move |db, stamp| {
        granted.insert_license(db, stamp, status_index, note)?;
        let terms = granted.terms;
        let digest = foreign.key.as_deref().map(key_digest);
        run(
            db,
            "INSERT INTO foreign_licenses (license, event, system, reference, digest, taken_at, taken_by, customer, tier, kind,
             internal, starts, ends, stops, warn_days, seats, machines_max, machines_bound)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                status_index,
                stamp.number,
                &foreign.system,
                &foreign.reference,
                digest.as_ref().map(|digest| digest.as_slice()),
                stamp.at,
                granted.by,
                granted.customer,
                granted.tier,
                type_number(terms.kind),
                terms.internal,
                terms.starts.seconds(),
                terms.ends.map(Timestamp::seconds),
                terms.stops().map(Timestamp::seconds),
                terms.warn_days,
                terms.seats,
                terms.machines.max,
                bound(terms),
            ],
        )
    });
    Ok(Change { is_new_license: true, ..change })
}
