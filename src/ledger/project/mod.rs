//! The projection: what a fact changes in the tables. The only code that writes them, for recording and for replaying.
//!
//! Everything a fact refers to is looked up, and everything that must be new is checked, before anything is written. So a
//! fact that the ledger refuses leaves no trace, and a transaction may go on after it.

mod foreign;
mod known;
mod licenses;
mod machines;

use rusqlite::{Connection, OptionalExtension, Params};
use serde::Serialize;

use super::signing_keys::KeyState;
use super::{EventNumber, Fact, LedgerError};
use crate::license::{Customer, LicenseId, Operator, Price, Slug, Standing, Tier, Timestamp};
use crate::token::Kid;
pub(super) use known::Known;
use licenses::Signed;
use machines::Activated;

/// The state that no key leaves.
const COMPROMISED: &str = KeyState::Compromised.as_str();

/// What a fact is going to change.
pub(super) struct Change<'f> {
    license: Option<LicenseId>,
    customer: Customers,
    /// Whether a license is added to the table.
    is_new_license: bool,
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
        Self { license: None, customer, is_new_license: false, write: Box::new(write) }
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
    pub fn apply(self, db: &Connection, known: &mut Known, number: EventNumber, at: Timestamp) -> Result<(), LedgerError> {
        (self.write)(db, &Stamp { number: number.column(), at: at.seconds() })?;
        if self.is_new_license {
            known.place_is_taken();
        }
        Ok(())
    }
}

/// Looks up what `fact` refers to, and says what it is going to change. `known` is what was looked up before in the same
/// transaction.
pub(super) fn prepare<'f>(db: &Connection, known: &mut Known, by: &Slug, fact: &'f Fact) -> Result<Change<'f>, LedgerError> {
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
        Fact::SigningKeyStateChanged { kid, state, reason } => {
            let key = signing_key(db, kid)?;
            // No way leads back: what was refused once is never accepted again, whoever writes the event.
            if db.prepare_cached("SELECT 1 FROM signing_keys WHERE id = ? AND state = ?")?.exists((key, COMPROMISED))? {
                return Err(LedgerError::Unrecordable(format!("signing key {kid} is compromised for good")));
            }
            Change::elsewhere(move |db, stamp| {
                run(
                    db,
                    "UPDATE signing_keys SET state = ?, changed_at = ?, reason = ? WHERE id = ?",
                    (state.as_str(), stamp.at, reason, key),
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
        Fact::LicenseIssued { note, request, .. } => {
            let signed = signed(db, known, by, fact)?;
            licenses::issued(db, known, signed, note.as_deref(), request.as_ref())?
        }
        Fact::LicenseTakenOver { license, customer, terms, foreign, note } => {
            let granted = Signed {
                license: *license,
                rev: 1,
                customer: known.customer(db, customer)?,
                tier: known.tier(db, &terms.product, &terms.tier)?,
                // Nothing of ours signed it, and no row of a revision is made of it.
                kid: 0,
                by: known.operator(db, by)?,
                terms,
                occasion: None,
            };
            foreign::taken_over(db, known, granted, foreign, note.as_deref())?
        }
        Fact::LicenseSuspended { license, reason } => {
            licenses::standing(db, *license, Standing::Suspended, reason.as_deref(), None)?
        }
        Fact::LicenseRevoked { license, reason, note } => {
            licenses::standing(db, *license, Standing::Revoked, Some(reason), note.as_deref())?
        }
        Fact::LicenseReinstated { license, reason } => licenses::standing(db, *license, Standing::Good, reason.as_deref(), None)?,
        Fact::MachineActivated { license, machine, replaces, label, nonce, key } => {
            let (label, nonce, key) = (label.as_deref(), nonce.as_deref(), key.as_deref());
            machines::activated(db, *license, Activated { machine, replaces: replaces.as_ref(), label, nonce, key })?
        }
        Fact::MachineDeactivated { license, machine, .. } => machines::deactivated(db, *license, machine)?,
        Fact::MachineRenamed { license, machine, label } => machines::renamed(db, *license, machine, label.as_deref())?,
        Fact::LicenseNoted { license, note } => licenses::noted(db, *license, note.as_deref())?,
        Fact::StatusListPublished { number, uri, lists, expires, .. } => {
            let last = find(db, "SELECT number FROM status_lists ORDER BY number DESC LIMIT 1", [])?.unwrap_or(0);
            let row = i64::try_from(*number).ok().filter(|number| *number > last);
            let row = row.ok_or_else(|| LedgerError::already("status list", last))?;
            Change::elsewhere(move |db, stamp| {
                run(
                    db,
                    "INSERT INTO status_lists (number, uri, lists, published_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                    (row, uri, lists, stamp.at, expires.seconds()),
                )
            })
        }
        // What was refused, and what was seen: the log alone keeps it.
        Fact::LicenseRefused { license, .. } => licenses::untouched(db, *license)?,
        Fact::KeyDoubted { .. } => Change::elsewhere(|_, _| Ok(())),
    };
    Ok(Change { license: fact.license(), ..change })
}

/// As [`prepare`], where the caller knows that a license and a request which are new in this fact are new to the ledger. Where
/// they are not, the tables refuse them, and nothing of the transaction can be kept.
pub(super) fn prepare_new<'f>(db: &Connection, known: &mut Known, by: &Slug, fact: &'f Fact) -> Result<Change<'f>, LedgerError> {
    match fact {
        Fact::LicenseIssued { license, rev: 1, note, request, .. } => {
            let signed = signed(db, known, by, fact)?;
            let change = licenses::first(db, known, signed, note.as_deref(), request.as_ref())?;
            Ok(Change { license: Some(*license), ..change })
        }
        _ => prepare(db, known, by, fact),
    }
}

/// A revision that was signed, with everything it refers to looked up.
fn signed<'f>(db: &Connection, known: &mut Known, by: &Slug, fact: &'f Fact) -> Result<Signed<'f>, LedgerError> {
    let Fact::LicenseIssued { license, customer, terms, rev, kid, occasion, .. } = fact else {
        return Err(LedgerError::Unrecordable(format!("{} is no revision of a license", fact.kind())));
    };
    Ok(Signed {
        license: *license,
        rev: *rev,
        customer: known.customer(db, customer)?,
        tier: known.tier(db, &terms.product, &terms.tier)?,
        kid: known.license_key(db, kid)?,
        by: known.operator(db, by)?,
        terms,
        occasion: *occasion,
    })
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

/// A signing key that signs licenses.
fn license_key(db: &Connection, kid: &Kid) -> Result<i64, LedgerError> {
    let sql = "SELECT id FROM signing_keys WHERE kid = ? AND purpose IN ('license', 'test')";
    find(db, sql, [kid.as_str()])?.ok_or_else(|| LedgerError::unknown("signing key for licenses", kid))
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
