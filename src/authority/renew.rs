//! Renewing: a license runs longer, under the same id and on the same terms.

use serde::Serialize;

use super::issue::Issued;
use super::order::{End, MOST_LICENSES, Quantity};
use super::planned::{Current, Planned, each};
use super::request::Named;
use super::revise::{Extra, Next, revise};
use super::signer::Signers;
use super::unusual::unusual_next;
use super::{Actor, Authority, Error, Mode, find, limits};
use crate::ledger::{LicenseFilter, RevisionRecord, Tables};
use crate::license::{Date, LicenseId, Occasion, Period, Role, Slug, Status, Term, Terms, Tier, Timestamp};

/// From which day a renewal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CountFrom {
    /// From the last day of the term before.
    End,
    /// From today.
    Today,
}

impl std::str::FromStr for CountFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "end" => Ok(Self::End),
            "today" => Ok(Self::Today),
            _ => Err("must be end or today".into()),
        }
    }
}

/// Which licenses to renew.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// These.
    These(Vec<LicenseId>),
    /// Those that can be renewed and have not run out: of one customer, or of everybody; of all ends, or ending within a
    /// period from today.
    Those {
        /// Whose.
        customer: Option<Slug>,
        /// How soon they end.
        within: Option<Period>,
    },
}

/// What somebody asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Renewal {
    /// Which licenses.
    pub which: Which,
    /// How much longer; absent: as long as the last time.
    pub end: Option<End>,
    /// From which day a period counts; absent: from the end, or from today where that is past.
    pub from: Option<CountFrom>,
    /// Whether the tier's terms of today take the place of those granted.
    pub reprice: bool,
    /// The license count from now on; absent: as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<Quantity>,
    /// A note for the ledger, in place of the one there is.
    pub note: Option<String>,
}

/// A license that a choice by customer or end leaves alone, and why.
pub type LeftOut = (LicenseId, &'static str);

impl Authority {
    /// What a renewal would come to, license by license, and which licenses it leaves alone.
    ///
    /// # Errors
    /// Whatever stands against renewing one of them: [`Error::Revoked`], [`Error::Perpetual`], [`Error::NotLonger`], an archived
    /// customer, a role or limits that do not cover it. [`Error::Several`] where there are several.
    pub fn plan_renewal(&self, actor: &Actor, renewal: &Renewal, at: Timestamp) -> Result<(Vec<Planned>, Vec<LeftOut>), Error> {
        let tables = self.read();
        actor.require(Role::Issuer, "renew licenses", &tables)?;
        let (ids, left_out) = chosen(&tables, &renewal.which, at)?;
        let plans = each(ids, |id| *id, |id| plan(&tables, actor, renewal, id, at))?;
        Ok((plans, left_out))
    }

    /// How long a license is renewed for, unless told otherwise: as long as the last time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn usual_term(&self, license: LicenseId) -> Result<Option<Period>, Error> {
        Ok(last_term(&self.read().revisions(license)?))
    }

    /// The revisions that an earlier renewal of this name signed, if there was one.
    ///
    /// # Errors
    /// [`Error::RequestReused`] where it wished for something else.
    pub fn renewed_before(&self, renewal: &Renewal, request: Option<&str>) -> Result<Option<Vec<Issued>>, Error> {
        named(renewal, request)?.map_or(Ok(None), |named| named.answered(&self.read()))
    }

    /// Renews the licenses as planned: all of them, or none. Each is planned again on the ledger as it then is.
    ///
    /// # Errors
    /// As [`Authority::plan_renewal`]; [`Error::Changed`] where somebody else was faster.
    pub fn renew(
        &mut self,
        actor: &Actor,
        renewal: &Renewal,
        planned: &[Planned],
        request: Option<&str>,
        signers: &Signers,
        at: Timestamp,
    ) -> Result<Vec<Issued>, Error> {
        let named = named(renewal, request)?;
        self.change(Mode::Commit, |tx| {
            let earlier = named.as_ref().map_or(Ok(None), |named| named.answered(&tx.read()))?;
            if let Some(earlier) = earlier {
                return Ok(earlier);
            }
            let actor = actor.as_of(&tx.read())?;
            actor.require(Role::Issuer, "renew licenses", &tx.read())?;
            each(
                planned.iter().enumerate(),
                |(_, shown)| shown.record.id,
                |(place, shown)| {
                    shown.check_unchanged(&tx.read())?;
                    let plan = plan(&tx.read(), &actor, renewal, shown.record.id, at)?;
                    let next = Next {
                        license: plan.record.id,
                        customer: &plan.customer,
                        terms: &plan.terms,
                        occasion: Occasion::Renewal,
                        extra: Extra {
                            note: renewal.note.clone(),
                            request: named.as_ref().map(|named| named.at(place)),
                            unusual: plan.told(),
                        },
                    };
                    revise(tx, actor.slug(), next, signers.of(plan.terms.kind)?, at)
                },
            )
        })
    }
}

pub(super) fn named<'r>(renewal: &Renewal, request: Option<&'r str>) -> Result<Option<Named<'r>>, Error> {
    #[derive(Serialize)]
    struct Wish<'a> {
        renew: &'a Renewal,
    }
    request.map(|id| Named::new(id, &Wish { renew: renewal })).transpose()
}

fn chosen(tables: &Tables<'_>, which: &Which, at: Timestamp) -> Result<(Vec<LicenseId>, Vec<LeftOut>), Error> {
    let (customer, within) = match which {
        Which::These(ids) => {
            let mut once = Vec::new();
            ids.iter().for_each(|id| {
                if !once.contains(id) {
                    once.push(*id)
                }
            });
            return Ok((once, Vec::new()));
        }
        Which::Those { customer, within } => (customer, within),
    };
    let mut filter = LicenseFilter::new(at);
    filter.customer.clone_from(customer);
    filter.ends_before = within.and_then(|period| period.after(at.date())).map(Date::end);
    filter.limit = Some(MOST_LICENSES + 1);
    let (mut ids, mut left_out) = (Vec::new(), Vec::new());
    for record in tables.licenses(&filter)? {
        let why = match record.status(at) {
            Status::Revoked => Some("revoked"),
            _ if record.ends.is_none() => Some("perpetual"),
            Status::Expired => Some("expired"),
            _ => None,
        };
        match why {
            Some(why) => left_out.push((record.id, why)),
            None => ids.push(record.id),
        }
    }
    if ids.len() + left_out.len() > MOST_LICENSES as usize {
        return Err(Error::Invalid(format!("these are more than {MOST_LICENSES} licenses: renew them in smaller groups")));
    }
    Ok((ids, left_out))
}

/// What the renewal of one license comes to.
pub(super) fn plan(
    tables: &Tables<'_>,
    actor: &Actor,
    renewal: &Renewal,
    id: LicenseId,
    at: Timestamp,
) -> Result<Planned, Error> {
    let Current { record, terms: before, customer } = Current::read(tables, id)?;
    let Some(ends) = before.ends else { return Err(Error::Perpetual(id)) };
    if customer.archived {
        return Err(Error::ArchivedCustomer(customer.slug));
    }
    let usual = last_term(&tables.revisions(id)?);
    let end = match (renewal.end, usual) {
        (Some(end), _) => end,
        (None, Some(usual)) => End::For(usual),
        (None, None) => End::For(tier_term(&tier(tables, &before)?)?),
    };
    let today = at.date();
    let first = match renewal.from {
        Some(CountFrom::Today) => today,
        None if ends <= at => today,
        Some(CountFrom::End) | None => ends.last_day(),
    };
    let last = match end {
        End::Perpetual => None,
        End::Until(last) => Some(last),
        End::For(period) => {
            Some(period.after(first).ok_or_else(|| Error::Invalid(format!("{period} from {first} ends after the year 9999")))?)
        }
    };
    if let Some(wanted) = last.filter(|last| *last <= ends.last_day()) {
        return Err(Error::NotLonger { license: id, last: ends.last_day(), wanted });
    }
    let mut terms = before.clone();
    if renewal.reprice {
        take_terms(&mut terms, &tier(tables, &before)?);
    }
    if let Some(seats) = renewal.seats {
        terms.seats = seats.into_option();
    }
    terms.ends = last.map(Date::end);
    if terms.ends.is_none() {
        terms.grace_days = 0;
    }
    if terms.stops().is_some_and(|stop| stop <= at) {
        return Err(Error::Invalid(format!("license {id} would still be expired: today is {today}")));
    }
    limits::check(tables, actor, "renew", |operator| limits::beyond_with_end(operator, &before, &terms, today))?;
    let mut unusual = unusual_next(&before, &terms, usual, first, at);
    if let Some(again) = renewed_lately(tables, id, at)? {
        unusual.push(again);
    }
    Ok(Planned { record, before, customer, terms, unusual })
}

/// What the tier grants today, in place of what was granted; the license count and the machines stay.
pub(super) fn take_terms(terms: &mut Terms, tier: &Tier) {
    terms.tier_name.clone_from(&tier.name);
    terms.rank = tier.rank;
    terms.grace_days = if terms.ends.is_none() { 0 } else { tier.grace_days };
    terms.warn_days = tier.warn_days;
    terms.offline_days = tier.offline_days;
    terms.features.clone_from(&tier.features);
    terms.limits.clone_from(&tier.limits);
}

fn tier(tables: &Tables<'_>, terms: &Terms) -> Result<Tier, Error> {
    find::tier(tables, &format!("{}/{}", terms.product, terms.tier), None)
}

fn tier_term(tier: &Tier) -> Result<Period, Error> {
    match tier.term {
        Term::For(period) => Ok(period),
        Term::Perpetual => Err(Error::Invalid("it does not tell how long it ran: say how long with --for or --until".into())),
    }
}

/// How long the license was granted for the last time: when it was issued, or renewed since.
pub(super) fn last_term(revisions: &[RevisionRecord]) -> Option<Period> {
    let granted = |one: &RevisionRecord| one.rev == 1 || one.occasion == Some(Occasion::Renewal);
    let place = revisions.iter().rposition(granted)?;
    let last = revisions.last()?.ends?.last_day();
    let this = revisions.get(place)?;
    let days = match place.checked_sub(1).and_then(|before| revisions.get(before)) {
        // "2027-01-01 to 2027-12-31" is a year as well as "2027-01-01 to 2028-01-01".
        None => [this.starts.date(), this.starts.plus_days(-1).date()],
        Some(before) => {
            let (end, signed) = (before.ends?, this.signed_at);
            if end > signed { [end.last_day(), signed.date()] } else { [signed.date(), end.last_day()] }
        }
    };
    let between = days.map(|first| Period::between(first, last));
    let round = between.into_iter().flatten().find(|period| !period.is_in_days());
    round.or(between[0])
}

/// Says so where the license was renewed within the last week: perhaps by somebody else, for the same order.
fn renewed_lately(tables: &Tables<'_>, id: LicenseId, at: Timestamp) -> Result<Option<String>, Error> {
    let revisions = tables.revisions(id)?;
    let last = revisions.iter().rev().find(|one| one.occasion == Some(Occasion::Renewal));
    let lately = last.filter(|one| one.signed_at.plus_days(7) > at);
    Ok(lately.map(|one| format!("it was renewed on {} already, by {}", one.signed_at.date(), one.signed_by)))
}
