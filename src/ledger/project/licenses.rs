//! What facts about licenses change: the license, its revisions, its standings, and the requests they answer.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Change, Customers, Known, Stamp, find, run};
use crate::ledger::column::{standing_number, type_number};
use crate::ledger::{LedgerError, Request};
use crate::license::{LicenseId, Occasion, Standing, Terms, Timestamp};

/// A revision that was signed, with everything it refers to looked up.
pub(super) struct Signed<'f> {
    pub license: LicenseId,
    pub rev: u32,
    pub customer: i64,
    pub tier: i64,
    pub kid: i64,
    pub by: i64,
    pub terms: &'f Terms,
    pub occasion: Option<Occasion>,
}

/// A revision of a license: the first makes it, a later one takes the place of the one before.
pub(super) fn issued<'f>(
    db: &Connection,
    known: &mut Known,
    signed: Signed<'f>,
    note: Option<&'f str>,
    request: Option<&'f Request>,
) -> Result<Change<'f>, LedgerError> {
    let (id, rev) = (signed.license, signed.rev);
    if let Some(request) = request
        && db.prepare_cached("SELECT 1 FROM requests WHERE id = ?")?.exists([&request.id])?
    {
        return Err(LedgerError::already("request", &request.id));
    }
    let status_index = match find_license(db, id)? {
        None if rev == 1 => return first(db, known, signed, note, request),
        None => return Err(LedgerError::unknown("license", id)),
        Some(license) if rev == license.rev.saturating_add(1) => license.status_index,
        Some(license) if rev > license.rev => return Err(LedgerError::unknown("revision", format!("{} of {id}", rev - 1))),
        Some(_) if rev <= 1 => return Err(LedgerError::already("license", id)),
        Some(_) => return Err(LedgerError::already("revision", format!("{rev} of {id}"))),
    };
    Ok(Change::new(Customers::Known(signed.customer), move |db, stamp| {
        signed.revise_license(db, stamp, status_index, note)?;
        super::machines::let_go(db, status_index, signed.terms, stamp.at)?;
        signed.insert_revision(db, stamp, status_index)?;
        answer(db, request, status_index, rev)
    }))
}

/// The first revision of a license that nobody has, for a request that was not answered.
pub(super) fn first<'f>(
    db: &Connection,
    known: &mut Known,
    signed: Signed<'f>,
    note: Option<&'f str>,
    request: Option<&'f Request>,
) -> Result<Change<'f>, LedgerError> {
    let (place, rev) = (known.next_place(db)?, signed.rev);
    let change = Change::new(Customers::Known(signed.customer), move |db, stamp| {
        signed.insert_license(db, stamp, place, note)?;
        signed.insert_revision(db, stamp, place)?;
        answer(db, request, place, rev)
    });
    Ok(Change { is_new_license: true, ..change })
}

fn answer(db: &Connection, request: Option<&Request>, status_index: i64, rev: u32) -> rusqlite::Result<()> {
    let Some(Request { id, digest }) = request else { return Ok(()) };
    run(db, "INSERT INTO requests (id, digest, license, rev) VALUES (?, ?, ?, ?)", (id, digest, status_index, rev))
}

/// To how many machines a revision is bound.
pub(super) fn bound(terms: &Terms) -> i64 {
    // A key holds them all, so that they are few.
    i64::try_from(terms.machines.bound.len()).unwrap_or(i64::MAX)
}

/// The place in the status lists that a new license gets.
pub(super) fn next_status_index(db: &Connection) -> rusqlite::Result<i64> {
    Ok(find(db, "SELECT status_index + 1 FROM licenses ORDER BY status_index DESC LIMIT 1", [])?.unwrap_or(0))
}

impl Signed<'_> {
    pub(super) fn insert_license(
        &self,
        db: &Connection,
        stamp: &Stamp,
        status_index: i64,
        note: Option<&str>,
    ) -> rusqlite::Result<()> {
        let terms = self.terms;
        db.prepare_cached(
            "INSERT INTO licenses (status_index, number, customer, tier, kind, internal, starts, ends, stops, warn_days, seats,
             standing, rev, issued_at, issued_by, revised_at, note, machines_max, machines_bound)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, ?14, ?13, ?15, ?16, ?17)",
        )?
        .execute(params![
            status_index,
            self.license.number(),
            self.customer,
            self.tier,
            type_number(terms.kind),
            terms.internal,
            terms.starts.seconds(),
            terms.ends.map(Timestamp::seconds),
            terms.stops().map(Timestamp::seconds),
            terms.warn_days,
            terms.seats,
            self.rev,
            stamp.at,
            self.by,
            note,
            terms.machines.max,
            bound(terms),
        ])?;
        Ok(())
    }

    fn revise_license(&self, db: &Connection, stamp: &Stamp, status_index: i64, note: Option<&str>) -> rusqlite::Result<()> {
        let terms = self.terms;
        run(
            db,
            "UPDATE licenses SET customer = ?2, tier = ?3, kind = ?4, internal = ?5, starts = ?6, ends = ?7, stops = ?8,
             warn_days = ?9, seats = ?10, rev = ?11, revised_at = ?12, note = coalesce(?13, note), machines_max = ?14,
             machines_bound = ?15 WHERE status_index = ?1",
            (
                status_index,
                self.customer,
                self.tier,
                type_number(terms.kind),
                terms.internal,
                terms.starts.seconds(),
                terms.ends.map(Timestamp::seconds),
                terms.stops().map(Timestamp::seconds),
                terms.warn_days,
                terms.seats,
                self.rev,
                stamp.at,
                note,
                terms.machines.max,
                bound(terms),
            ),
        )
    }

    fn insert_revision(&self, db: &Connection, stamp: &Stamp, status_index: i64) -> rusqlite::Result<()> {
        let terms = self.terms;
        run(
            db,
            "INSERT INTO revisions (license, rev, event, kid, signed_at, signed_by, customer, tier, kind, internal, starts, ends,
             stops, warn_days, seats, occasion, machines_max, machines_bound)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                status_index,
                self.rev,
                stamp.number,
                self.kid,
                stamp.at,
                self.by,
                self.customer,
                self.tier,
                type_number(terms.kind),
                terms.internal,
                terms.starts.seconds(),
                terms.ends.map(Timestamp::seconds),
                terms.stops().map(Timestamp::seconds),
                terms.warn_days,
                terms.seats,
                self.occasion.map(Occasion::as_str),
                terms.machines.max,
                bound(terms),
            ],
        )
    }
}

/// Something that was decided about a license.
pub(super) fn standing<'f>(
    db: &Connection,
    license: LicenseId,
    standing: Standing,
    reason: Option<&'f str>,
    note: Option<&'f str>,
) -> Result<Change<'f>, LedgerError> {
    let known = find_license(db, license)?.ok_or_else(|| LedgerError::unknown("license", license))?;
    let (index, standing) = (known.status_index, standing_number(standing));
    Ok(Change::new(Customers::Known(known.customer), move |db, stamp| {
        run(
            db,
            "INSERT INTO standings (license, event, at, standing, reason, note) VALUES (?, ?, ?, ?, ?, ?)",
            (index, stamp.number, stamp.at, standing, reason, note),
        )?;
        run(db, "UPDATE licenses SET standing = ? WHERE status_index = ?", (standing, index))
    }))
}

/// Another note, or none.
pub(super) fn noted<'f>(db: &Connection, license: LicenseId, note: Option<&'f str>) -> Result<Change<'f>, LedgerError> {
    let known = find_license(db, license)?.ok_or_else(|| LedgerError::unknown("license", license))?;
    Ok(Change::new(Customers::Known(known.customer), move |db, _| {
        run(db, "UPDATE licenses SET note = ? WHERE status_index = ?", (note, known.status_index))
    }))
}

/// The license itself stays as it is.
pub(super) fn untouched<'f>(db: &Connection, license: LicenseId) -> Result<Change<'f>, LedgerError> {
    let known = find_license(db, license)?.ok_or_else(|| LedgerError::unknown("license", license))?;
    Ok(Change::new(Customers::Known(known.customer), |_, _| Ok(())))
}

pub(super) struct KnownLicense {
    pub status_index: i64,
    rev: u32,
    pub customer: i64,
}

pub(super) fn find_license(db: &Connection, license: LicenseId) -> rusqlite::Result<Option<KnownLicense>> {
    db.prepare_cached("SELECT status_index, rev, customer FROM licenses WHERE number = ?")?
        .query_row([license.number()], |row| {
            Ok(KnownLicense { status_index: row.get(0)?, rev: row.get(1)?, customer: row.get(2)? })
        })
        .optional()
}
