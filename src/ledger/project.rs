//! The projection: what a fact changes in the tables. The only code that writes them, for recording and for replaying.
//!
//! Everything a fact refers to is looked up, and everything that must be new is checked, before anything is written. So a
//! fact that the ledger refuses leaves no trace, and a transaction may go on after it.

use rusqlite::{Connection, OptionalExtension, Params};
use serde::Serialize;

use super::column::standing_number;
use super::{EventNumber, Fact, LedgerError, Request};
use crate::license::{Customer, LicenseId, Operator, Price, Slug, Standing, Terms, Tier, Timestamp};
use crate::token::Kid;

/// What a fact is going to change.
pub(super) struct Change<'f> {
    license: Option<LicenseId>,
    customer: Customers,
    write: Box<Write<'f>>,
}

type Write<'f> = dyn FnOnce(&Connection, &Stamp) -> rusqlite::Result<()> + 'f;

/// The event that a change belongs to.
struct Stamp {
    number: i64,
    at: i64,
}

/// The customer that a fact is about.
#[derive(Clone, Copy)]
enum Customers {
    Nobody,
    Known(i64),
    /// The one that the fact adds.
    New,
}

/// The columns of an event by which the log is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub license: Option<i64>,
    pub customer: Option<i64>,
}

impl<'f> Change<'f> {
    fn new(customer: Customers, write: impl FnOnce(&Connection, &Stamp) -> rusqlite::Result<()> + 'f) -> Self {
        Self { license: None, customer, write: Box::new(write) }
    }

    fn elsewhere(write: impl FnOnce(&Connection, &Stamp) -> rusqlite::Result<()> + 'f) -> Self {
        Self::new(Customers::Nobody, write)
    }

    /// What the event with this number says in its columns.
    pub fn columns(&self, number: EventNumber) -> Columns {
        let customer = match self.customer {
            Customers::Nobody => None,
            Customers::Known(id) => Some(id),
            Customers::New => Some(number.column()),
        };
        Columns { license: self.license.map(LicenseId::number), customer }
    }

    /// Changes the tables.
    pub fn apply(self, db: &Connection, number: EventNumber, at: Timestamp) -> Result<(), LedgerError> {
        Ok((self.write)(db, &Stamp { number: number.column(), at: at.seconds() })?)
    }
}

/// Looks up what `fact` refers to, and says what it is going to change.
pub(super) fn prepare<'f>(db: &Connection, by: &Slug, fact: &'f Fact) -> Result<Change<'f>, LedgerError> {
    let change = match fact {
        Fact::AuthorityCreated { name, issuer } => {
            if db.prepare_cached("SELECT 1 FROM authority")?.exists([])? {
                return Err(LedgerError::already("authority", name));
            }
            Change::elsewhere(move |db, stamp| {
                run(db, "INSERT INTO authority (one, name, issuer, created_at) VALUES (1, ?, ?, ?)", (name, issuer, stamp.at))
            })
        }
        Fact::SigningKeyCreated { kid, purpose, state, public } => {
            if find_signing_key(db, kid)?.is_some() {
                return Err(LedgerError::already("signing key", kid));
            }
            Change::elsewhere(move |db, stamp| {
                run(
                    db,
                    "INSERT INTO signing_keys (id, kid, purpose, state, public, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                    (stamp.number, kid.as_str(), purpose.as_str(), state.as_str(), public, stamp.at),
                )
            })
        }
        Fact::SigningKeyCopied { kid, operator, protected } => {
            let (key, operator) = (signing_key(db, kid)?, self::operator(db, operator)?);
            Change::elsewhere(move |db, stamp| {
                run(
                    db,
                    "INSERT INTO signing_key_copies (signing_key, operator, protected, made_at) VALUES (?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET protected = excluded.protected, made_at = excluded.made_at",
                    (key, operator, protected, stamp.at),
                )
            })
        }
        Fact::SigningKeyCopyRemoved { kid, operator } => {
            let (key, operator) = (signing_key(db, kid)?, self::operator(db, operator)?);
            Change::elsewhere(move |db, _| {
                run(db, "DELETE FROM signing_key_copies WHERE signing_key = ? AND operator = ?", (key, operator))
            })
        }
        Fact::OperatorAdded(operator) => operator_added(db, operator)?,
        Fact::OperatorChanged(operator) => {
            let (id, limits) = (operator_present(db, &operator.slug)?, json(&operator.limits)?);
            Change::elsewhere(move |db, _| {
                run(
                    db,
                    "UPDATE operators SET name = ?, mail = ?, role = ?, limits = ? WHERE id = ?",
                    (&operator.name, &operator.mail, operator.role.as_str(), limits, id),
                )
            })
        }
        Fact::OperatorRemoved { operator } => {
            let id = operator_present(db, operator)?;
            Change::elsewhere(move |db, _| run(db, "UPDATE operators SET removed = 1 WHERE id = ?", [id]))
        }
        Fact::CustomerAdded(customer) => customer_added(db, customer)?,
        Fact::CustomerChanged(customer) => customer_changed(db, customer)?,
        Fact::TierAdded(tier) => tier_added(db, tier)?,
        Fact::TierChanged(tier) => tier_changed(db, tier)?,
        Fact::LicenseIssued { license, customer, terms, rev, kid, note, request, .. } => {
            let signed = Signed {
                license: *license,
                rev: *rev,
                customer: self::customer(db, customer)?,
                tier: self::tier(db, &terms.product, &terms.tier)?,
                kid: signing_key(db, kid)?,
                by: operator(db, by)?,
                terms,
            };
            license_issued(db, signed, note.as_deref(), request.as_ref())?
        }
        Fact::LicenseSuspended { license, reason } => standing(db, *license, Standing::Suspended, reason.as_deref())?,
        Fact::LicenseRevoked { license, reason } => standing(db, *license, Standing::Revoked, Some(reason))?,
        Fact::LicenseReinstated { license } => standing(db, *license, Standing::Good, None)?,
    };
    Ok(Change { license: fact.license(), ..change })
}

fn operator_added<'f>(db: &Connection, operator: &'f Operator) -> Result<Change<'f>, LedgerError> {
    if db.prepare_cached("SELECT 1 FROM operators WHERE slug = ? AND NOT removed")?.exists([operator.slug.as_str()])? {
        return Err(LedgerError::already("operator", &operator.slug));
    }
    let limits = json(&operator.limits)?;
    Ok(Change::elsewhere(move |db, stamp| {
        // Someone who was removed comes back as the same person.
        run(
            db,
            "INSERT INTO operators (id, slug, name, mail, role, limits, removed) VALUES (?, ?, ?, ?, ?, ?, 0)
             ON CONFLICT (slug) DO UPDATE SET name = excluded.name, mail = excluded.mail, role = excluded.role,
             limits = excluded.limits, removed = 0",
            (stamp.number, operator.slug.as_str(), &operator.name, &operator.mail, operator.role.as_str(), limits),
        )
    }))
}

fn customer_added<'f>(db: &Connection, customer: &'f Customer) -> Result<Change<'f>, LedgerError> {
    if find(db, "SELECT id FROM customers WHERE slug = ?", [customer.slug.as_str()])?.is_some() {
        return Err(LedgerError::already("customer", &customer.slug));
    }
    reference_is_free(db, customer, None)?;
    let contacts = json(&customer.contacts)?;
    Ok(Change::new(Customers::New, move |db, stamp| {
        run(
            db,
            "INSERT INTO customers (id, slug, name, kind, contacts, owner, reference, notes, archived, added_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stamp.number,
                customer.slug.as_str(),
                &customer.name,
                customer.kind.as_str(),
                contacts,
                &customer.owner,
                &customer.reference,
                &customer.notes,
                customer.archived,
                stamp.at,
            ),
        )
    }))
}

fn customer_changed<'f>(db: &Connection, customer: &'f Customer) -> Result<Change<'f>, LedgerError> {
    let id = self::customer(db, &customer.slug)?;
    reference_is_free(db, customer, Some(id))?;
    let contacts = json(&customer.contacts)?;
    Ok(Change::new(Customers::Known(id), move |db, _| {
        run(
            db,
            "UPDATE customers SET name = ?, kind = ?, contacts = ?, owner = ?, reference = ?, notes = ?, archived = ? WHERE id = ?",
            (
                &customer.name,
                customer.kind.as_str(),
                contacts,
                &customer.owner,
                &customer.reference,
                &customer.notes,
                customer.archived,
                id,
            ),
        )
    }))
}

fn reference_is_free(db: &Connection, customer: &Customer, own: Option<i64>) -> Result<(), LedgerError> {
    let Some(reference) = &customer.reference else { return Ok(()) };
    match find(db, "SELECT id FROM customers WHERE reference = ?", [reference])? {
        Some(id) if Some(id) != own => Err(LedgerError::already("a customer with the reference", reference)),
        _ => Ok(()),
    }
}

fn tier_added<'f>(db: &Connection, tier: &'f Tier) -> Result<Change<'f>, LedgerError> {
    if find_tier(db, &tier.product, &tier.slug)?.is_some() {
        return Err(LedgerError::already("tier", tier.full_name()));
    }
    let definition = json(tier)?;
    Ok(Change::elsewhere(move |db, stamp| {
        let (monthly, monthly_currency) = price(tier.monthly.as_ref());
        let (yearly, yearly_currency) = price(tier.yearly.as_ref());
        run(
            db,
            "INSERT INTO tiers (id, product, slug, rank, retired, monthly, monthly_currency, yearly, yearly_currency, definition)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stamp.number,
                tier.product.as_str(),
                tier.slug.as_str(),
                tier.rank,
                tier.retired,
                monthly,
                monthly_currency,
                yearly,
                yearly_currency,
                definition,
            ),
        )
    }))
}

fn tier_changed<'f>(db: &Connection, tier: &'f Tier) -> Result<Change<'f>, LedgerError> {
    let (id, definition) = (self::tier(db, &tier.product, &tier.slug)?, json(tier)?);
    Ok(Change::elsewhere(move |db, _| {
        let (monthly, monthly_currency) = price(tier.monthly.as_ref());
        let (yearly, yearly_currency) = price(tier.yearly.as_ref());
        run(
            db,
            "UPDATE tiers SET rank = ?, retired = ?, monthly = ?, monthly_currency = ?, yearly = ?, yearly_currency = ?,
             definition = ? WHERE id = ?",
            (tier.rank, tier.retired, monthly, monthly_currency, yearly, yearly_currency, definition, id),
        )
    }))
}

/// A revision that was signed, with everything it refers to looked up.
struct Signed<'f> {
    license: LicenseId,
    rev: u32,
    customer: i64,
    tier: i64,
    kid: i64,
    by: i64,
    terms: &'f Terms,
}

fn license_issued<'f>(
    db: &Connection,
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
    let known = find_license(db, id)?;
    let status_index = match &known {
        None if rev == 1 => find(db, "SELECT max(status_index) + 1 FROM licenses HAVING count(*) > 0", [])?.unwrap_or(0),
        None => return Err(LedgerError::unknown("license", id)),
        Some(license) if rev == license.rev.saturating_add(1) => license.status_index,
        Some(license) if rev > license.rev => return Err(LedgerError::unknown("revision", format!("{} of {id}", rev - 1))),
        Some(_) if rev <= 1 => return Err(LedgerError::already("license", id)),
        Some(_) => return Err(LedgerError::already("revision", format!("{rev} of {id}"))),
    };
    Ok(Change::new(Customers::Known(signed.customer), move |db, stamp| {
        match known {
            None => signed.insert_license(db, stamp, status_index, note)?,
            Some(_) => signed.revise_license(db, stamp, status_index, note)?,
        }
        signed.insert_revision(db, stamp, status_index)?;
        match request {
            None => Ok(()),
            Some(Request { id, digest }) => {
                run(db, "INSERT INTO requests (id, digest, license, rev) VALUES (?, ?, ?, ?)", (id, digest, status_index, rev))
            }
        }
    }))
}

impl Signed<'_> {
    fn insert_license(&self, db: &Connection, stamp: &Stamp, status_index: i64, note: Option<&str>) -> rusqlite::Result<()> {
        let terms = self.terms;
        db.prepare_cached(
            "INSERT INTO licenses (status_index, number, customer, tier, kind, internal, starts, ends, stops, warn_days, seats,
             standing, rev, issued_at, issued_by, revised_at, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, ?14, ?13, ?15)",
        )?
        .execute((
            status_index,
            self.license.number(),
            self.customer,
            self.tier,
            terms.kind.as_str(),
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
        ))?;
        Ok(())
    }

    fn revise_license(&self, db: &Connection, stamp: &Stamp, status_index: i64, note: Option<&str>) -> rusqlite::Result<()> {
        let terms = self.terms;
        run(
            db,
            "UPDATE licenses SET customer = ?2, tier = ?3, kind = ?4, internal = ?5, starts = ?6, ends = ?7, stops = ?8,
             warn_days = ?9, seats = ?10, rev = ?11, revised_at = ?12, note = coalesce(?13, note) WHERE status_index = ?1",
            (
                status_index,
                self.customer,
                self.tier,
                terms.kind.as_str(),
                terms.internal,
                terms.starts.seconds(),
                terms.ends.map(Timestamp::seconds),
                terms.stops().map(Timestamp::seconds),
                terms.warn_days,
                terms.seats,
                self.rev,
                stamp.at,
                note,
            ),
        )
    }

    fn insert_revision(&self, db: &Connection, stamp: &Stamp, status_index: i64) -> rusqlite::Result<()> {
        let terms = self.terms;
        run(
            db,
            "INSERT INTO revisions (license, rev, event, kid, signed_at, signed_by, customer, tier, kind, internal, starts, ends,
             stops, warn_days, seats) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                status_index,
                self.rev,
                stamp.number,
                self.kid,
                stamp.at,
                self.by,
                self.customer,
                self.tier,
                terms.kind.as_str(),
                terms.internal,
                terms.starts.seconds(),
                terms.ends.map(Timestamp::seconds),
                terms.stops().map(Timestamp::seconds),
                terms.warn_days,
                terms.seats,
            ),
        )
    }
}

fn standing<'f>(
    db: &Connection,
    license: LicenseId,
    standing: Standing,
    reason: Option<&'f str>,
) -> Result<Change<'f>, LedgerError> {
    let known = find_license(db, license)?.ok_or_else(|| LedgerError::unknown("license", license))?;
    let (index, standing) = (known.status_index, standing_number(standing));
    Ok(Change::new(Customers::Known(known.customer), move |db, stamp| {
        run(
            db,
            "INSERT INTO standings (license, event, at, standing, reason) VALUES (?, ?, ?, ?, ?)",
            (index, stamp.number, stamp.at, standing, reason),
        )?;
        run(db, "UPDATE licenses SET standing = ? WHERE status_index = ?", (standing, index))
    }))
}

struct KnownLicense {
    status_index: i64,
    rev: u32,
    customer: i64,
}

fn find_license(db: &Connection, license: LicenseId) -> rusqlite::Result<Option<KnownLicense>> {
    db.prepare_cached("SELECT status_index, rev, customer FROM licenses WHERE number = ?")?
        .query_row([license.number()], |row| {
            Ok(KnownLicense { status_index: row.get(0)?, rev: row.get(1)?, customer: row.get(2)? })
        })
        .optional()
}

fn customer(db: &Connection, slug: &Slug) -> Result<i64, LedgerError> {
    find(db, "SELECT id FROM customers WHERE slug = ?", [slug.as_str()])?.ok_or_else(|| LedgerError::unknown("customer", slug))
}

fn find_tier(db: &Connection, product: &Slug, slug: &Slug) -> rusqlite::Result<Option<i64>> {
    find(db, "SELECT id FROM tiers WHERE product = ? AND slug = ?", [product.as_str(), slug.as_str()])
}

fn tier(db: &Connection, product: &Slug, slug: &Slug) -> Result<i64, LedgerError> {
    find_tier(db, product, slug)?.ok_or_else(|| LedgerError::unknown("tier", format!("{product}/{slug}")))
}

/// An operator, whether removed meanwhile or not.
fn operator(db: &Connection, slug: &Slug) -> Result<i64, LedgerError> {
    find(db, "SELECT id FROM operators WHERE slug = ?", [slug.as_str()])?.ok_or_else(|| LedgerError::unknown("operator", slug))
}

fn operator_present(db: &Connection, slug: &Slug) -> Result<i64, LedgerError> {
    find(db, "SELECT id FROM operators WHERE slug = ? AND NOT removed", [slug.as_str()])?
        .ok_or_else(|| LedgerError::unknown("operator", slug))
}

fn find_signing_key(db: &Connection, kid: &Kid) -> rusqlite::Result<Option<i64>> {
    find(db, "SELECT id FROM signing_keys WHERE kid = ?", [kid.as_str()])
}

fn signing_key(db: &Connection, kid: &Kid) -> Result<i64, LedgerError> {
    find_signing_key(db, kid)?.ok_or_else(|| LedgerError::unknown("signing key", kid))
}

fn price(price: Option<&Price>) -> (Option<i64>, Option<&str>) {
    // A price has at most fourteen digits.
    (price.map(|price| price.hundredths() as i64), price.map(Price::currency))
}

fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Unrecordable(error.to_string()))
}

fn find(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(sql)?.query_row(params, |row| row.get(0)).optional()
}

fn run(db: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute(params).map(|_| ())
}
