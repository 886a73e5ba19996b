//! Binding machines to licenses: which machine takes a seat, and when none is left.
//!
//! A machine that holds a seat, or still matches one that does, takes no other. A seat that was given back may pass on, but not more
//! often in a year than the tier says, or one seat would serve a whole company in turn.

use super::issue::Issued;
use super::order::check_machine;
use super::planned::Current;
use super::revise::{Extra, Next, revise_for};
use super::signer::Signers;
use super::{Actor, Authority, Error, Mode, find, limits};
use crate::guard::{Label, Request};
use crate::ledger::{Fact, Tables};
use crate::license::{Customer, LicenseId, MachineId, Occasion, Role, Slug, Terms, Timestamp};
use crate::token;

/// How far back the yearly transfers are counted, in days.
const YEAR: i64 = 365;

/// What somebody asked for.
#[derive(Debug, Clone)]
pub struct Activation {
    /// The license.
    pub license: LicenseId,
    /// The machine to bind.
    pub machine: MachineId,
    /// What people call it.
    pub label: Option<Label>,
    /// The request file that asked for it.
    pub request: Option<Request>,
    /// Whether a machine that another customer uses may be bound too.
    pub shared: bool,
}

impl Activation {
    /// What a request file asks for.
    #[must_use]
    pub fn of(request: Request) -> Self {
        let (license, machine, label) = (request.license, request.machine.clone(), request.label.clone());
        Self { license, machine, label, request: Some(request), shared: false }
    }
}

/// What an activation comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Seat {
    /// The machine holds a seat, under this very ID.
    Held,
    /// The machine holds a seat under another ID: a part of it was swapped.
    Matches(MachineId),
    /// It takes a seat.
    Taken,
}

/// An activation before it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivationPlan {
    /// Whether it takes a seat.
    pub seat: Seat,
    /// Whether the same request was answered before.
    pub answered: bool,
    /// For whom.
    pub customer: Customer,
    /// What the license grants afterwards.
    pub terms: Terms,
    /// The revision whose key the machine may have as it is; `None`: a new key is signed.
    pub known: Option<u32>,
    /// Licenses of other customers that hold this machine too.
    pub elsewhere: Vec<(LicenseId, Slug)>,
}

impl ActivationPlan {
    /// Whether a new key is signed.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.known.is_none()
    }
}

impl Authority {
    /// What an activation would come to.
    ///
    /// # Errors
    /// [`Error::NoSeat`], [`Error::TooManyTransfers`], [`Error::MachineElsewhere`], [`Error::RequestAnswered`], a machine ID that does
    /// not fit, a license that is revoked or expired, a role or limits that do not cover it.
    pub fn plan_activation(&self, actor: &Actor, wish: &Activation, at: Timestamp) -> Result<ActivationPlan, Error> {
        plan(&self.read(), actor, wish, at)
    }

    /// Activates a machine. `signers` may be absent where no key is needed. Gives the key that the machine needs.
    ///
    /// # Errors
    /// As [`Authority::plan_activation`]; [`Error::Changed`] where it is no longer as it was shown.
    pub fn activate(
        &mut self,
        actor: &Actor,
        wish: &Activation,
        shown: &ActivationPlan,
        signers: Option<&Signers>,
        at: Timestamp,
    ) -> Result<Issued, Error> {
        self.change(Mode::Commit, |tx| {
            let actor = actor.as_of(&tx.read())?;
            let plan = plan(&tx.read(), &actor, wish, at)?;
            if plan != *shown {
                return Err(Error::Changed(format!("license {}", wish.license)));
            }
            if !plan.answered && (plan.needs_key() || wish.request.is_some() || wish.label.is_some()) {
                let replaces = match &plan.seat {
                    Seat::Matches(before) => Some(before.clone()),
                    Seat::Held | Seat::Taken => None,
                };
                let fact = Fact::MachineActivated {
                    license: wish.license,
                    machine: wish.machine.clone(),
                    replaces,
                    label: wish.label.as_ref().map(ToString::to_string),
                    nonce: wish.request.as_ref().map(|request| request.nonce.as_str().to_owned()),
                    key: wish.request.as_ref().map(|request| request.key.clone()),
                };
                tx.record(at, actor.slug(), &fact)?;
            }
            let (customer, terms) = (&plan.customer, &plan.terms);
            if let Some(rev) = plan.known {
                return Issued::again(&tx.read(), wish.license, rev);
            }
            let signers = signers.ok_or(Error::NoSigningKey("these"))?;
            let extra = Extra { note: None, request: None, unusual: told(&plan.elsewhere) };
            let next = Next { license: wish.license, customer, terms, occasion: Occasion::Activation, extra };
            // A request is answered with a key for the machine that made it.
            let alone = wish.request.as_ref().map(|_| &wish.machine);
            revise_for(tx, actor.slug(), next, alone, signers.of(terms.kind)?, at)
        })
    }
}

fn told(elsewhere: &[(LicenseId, Slug)]) -> Option<String> {
    let named: Vec<String> = elsewhere.iter().map(|(license, customer)| format!("{customer} ({license})")).collect();
    (!named.is_empty()).then(|| format!("the same machine ID as that of {}", named.join(", ")))
}

fn plan(tables: &Tables<'_>, actor: &Actor, wish: &Activation, at: Timestamp) -> Result<ActivationPlan, Error> {
    actor.require(Role::Issuer, "activate machines", tables)?;
    let Current { record, terms: before, customer } = Current::read(tables, wish.license)?;
    limits::check(tables, actor, "activate", |operator| limits::outside(operator, before.kind, &before.tier))?;
    if before.stops().is_some_and(|stop| stop <= at) {
        return Err(Error::Invalid(format!("license {} is expired: renew it first", wish.license)));
    }
    if wish.machine.fingerprint().is_none() {
        return Err(Error::Invalid(format!("'{}' is no ID of 'lic fingerprint'", wish.machine)));
    }
    if before.machines.max.is_none() && before.machines.bound.is_empty() {
        return Err(Error::NotBound(wish.license));
    }
    check_machine(&wish.machine, &before.product, &before.machines.kinds)?;
    let seat = seat(&before, &wish.machine);
    let answered = answered(tables, wish, &seat)?;
    let elsewhere = elsewhere(tables, &wish.machine, &before, &customer.slug)?;
    let mut terms = before.clone();
    match &seat {
        Seat::Held => {}
        Seat::Matches(known) => {
            let place = terms.machines.bound.iter_mut().find(|bound| *bound == known);
            place.into_iter().for_each(|bound| *bound = wish.machine.clone());
        }
        Seat::Taken => {
            check_free(tables, wish, &before, at)?;
            if let Some((license, other)) = elsewhere.first().filter(|_| !wish.shared) {
                return Err(Error::MachineElsewhere { customer: other.clone(), license: *license });
            }
            terms.machines.bound.push(wish.machine.clone());
        }
    }
    let known = match &seat {
        Seat::Held => known_key(tables, wish, record.rev, answered)?,
        Seat::Matches(_) | Seat::Taken => None,
    };
    Ok(ActivationPlan { seat, answered, customer, terms, known, elsewhere })
}

/// The newest revision whose key names a machine that holds a seat, where that key will do.
///
/// Newer revisions are then answers to the requests of other machines, which grant what this one grants. A new request asks
/// for a key that is for its machine alone.
fn known_key(tables: &Tables<'_>, wish: &Activation, newest: u32, answered: bool) -> Result<Option<u32>, Error> {
    for rev in (1..=newest).rev() {
        let Some(bound) = bound_by_key(tables, wish.license, rev)? else { return Ok(None) };
        if bound.contains(&wish.machine) {
            let will_do = answered || wish.request.is_none() || bound.len() == 1;
            return Ok(Some(rev).filter(|_| will_do));
        }
    }
    Ok(None)
}

/// The machines that the key of a revision names; `None` where there is no key.
pub(super) fn bound_by_key(tables: &Tables<'_>, license: LicenseId, rev: u32) -> Result<Option<Vec<MachineId>>, Error> {
    let key = tables.key_text(license, rev)?;
    Ok(key.and_then(|key| token::inspect(key.as_bytes()).ok()).map(|(_, claims)| claims.machines.bound))
}

fn seat(terms: &Terms, machine: &MachineId) -> Seat {
    if terms.machines.bound.contains(machine) {
        return Seat::Held;
    }
    match same_machine(terms, machine) {
        Some(known) => Seat::Matches(known),
        None => Seat::Taken,
    }
}

/// The bound machine that this one still matches.
pub(super) fn same_machine(terms: &Terms, machine: &MachineId) -> Option<MachineId> {
    let now = machine.fingerprint()?;
    let matches =
        |bound: &&MachineId| bound.fingerprint().is_some_and(|bound| bound.compare(&now).passes(terms.machines.require));
    terms.machines.bound.iter().find(matches).cloned()
}

/// Whether the same request was answered before, and its machine still holds its seat.
fn answered(tables: &Tables<'_>, wish: &Activation, seat: &Seat) -> Result<bool, Error> {
    let Some(request) = &wish.request else { return Ok(false) };
    match tables.request_answered(request.nonce.as_str())? {
        None => Ok(false),
        Some(license) if license == wish.license && *seat == Seat::Held => Ok(true),
        Some(license) => Err(Error::RequestAnswered(license)),
    }
}

/// Whether a seat is left, and may be taken.
fn check_free(tables: &Tables<'_>, wish: &Activation, terms: &Terms, at: Timestamp) -> Result<(), Error> {
    let Some(max) = terms.machines.max else { return Ok(()) };
    let bound = u32::try_from(terms.machines.bound.len()).unwrap_or(u32::MAX);
    if bound >= max {
        let known = tables.activations(Some(wish.license))?;
        let label = |machine: &MachineId| known.iter().find(|one| one.machine == *machine)?.label.clone();
        let named = |machine: &MachineId| match label(machine) {
            Some(label) => format!("{label} ({machine})"),
            None => machine.to_string(),
        };
        let holders = terms.machines.bound.iter().map(named).collect();
        return Err(Error::NoSeat { license: wish.license, max, holders });
    }
    let given_back = tables.seats_given_back(wish.license, at.plus_days(-YEAR))?;
    let tier = find::tier(tables, &format!("{}/{}", terms.product, terms.tier), None)?;
    let most = tier.yearly_transfers(Some(max));
    // A seat that nobody has had yet is no seat passed on.
    let untouched = max - bound > given_back;
    if given_back > most && !untouched {
        return Err(Error::TooManyTransfers { license: wish.license, most, given_back });
    }
    Ok(())
}

/// The licenses of other customers that hold this machine.
fn elsewhere(tables: &Tables<'_>, machine: &MachineId, terms: &Terms, customer: &Slug) -> Result<Vec<(LicenseId, Slug)>, Error> {
    let Some(now) = machine.fingerprint() else { return Ok(Vec::new()) };
    let same = |other: &MachineId| other == machine || other.fingerprint().is_some_and(|other| other.compare(&now).passes(None));
    let all = tables.activations(None)?;
    let others = all.into_iter().filter(|one| one.product == terms.product && one.customer != *customer && same(&one.machine));
    Ok(others.map(|one| (one.license, one.customer)).collect())
}
