//! Orders: what somebody asked for, turned into the exact terms of a license.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{Error, find};
use crate::ledger::Tables;
use crate::license::terms::LARGEST_LIMIT;
use crate::license::{
    Customer, Date, LicenseType, MachineId, MachineKind, MachineTerms, Period, Slug, Term, Terms, Tier, Timestamp,
};
use crate::token::{LARGEST_META, meta_size};

/// The most licenses that one order may ask for.
pub const MOST_LICENSES: u32 = 10_000;

/// A number that may also be unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Exactly so many.
    Count(u32),
    /// As many as one likes.
    Unlimited,
}

impl std::str::FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            _ => match text.parse::<u32>() {
                Ok(0) | Err(_) => Err(format!("must be a whole number from 1 to {}, or 'unlimited'", u32::MAX)),
                Ok(count) => Ok(Self::Count(count)),
            },
        }
    }
}

impl Quantity {
    /// The number; `None` for unlimited.
    #[must_use]
    pub fn into_option(self) -> Option<u32> {
        match self {
            Self::Count(count) => Some(count),
            Self::Unlimited => None,
        }
    }
}

/// How long an ordered license runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// For a period from its first day.
    For(Period),
    /// Through the end of a day.
    Until(Date),
    /// Without an end.
    Perpetual,
}

impl End {
    /// The end that a license has.
    pub(super) fn of(ends: Option<Timestamp>) -> Self {
        ends.map_or(Self::Perpetual, |ends| Self::Until(ends.last_day()))
    }
}

/// What somebody asked for. Everything that is absent comes from the tier.
#[derive(Debug, Clone, Serialize)]
pub struct Order {
    /// For whom.
    pub customer: Slug,
    /// The tier as typed: a short name, a beginning of one, or `product/tier`.
    pub tier: String,
    /// The product, where the tier's name alone would not tell.
    pub product: Option<Slug>,
    /// The license count.
    pub seats: Option<Quantity>,
    /// How long.
    pub end: Option<End>,
    /// The first day; absent: today.
    pub from: Option<Date>,
    /// What the license is for.
    #[serde(rename = "type")]
    pub kind: LicenseType,
    /// For the vendor's own use.
    pub internal: bool,
    /// Features beyond the tier's.
    pub features: BTreeSet<Slug>,
    /// Features of the tier that are left out.
    pub without_features: BTreeSet<Slug>,
    /// Limits in place of the tier's; `None` lifts the limit.
    pub limits: BTreeMap<Slug, Option<u64>>,
    /// The machines it is bound to from the start.
    pub machines: Vec<MachineId>,
    /// How many machines may be bound.
    pub max_machines: Option<Quantity>,
    /// Grace days.
    pub grace_days: Option<u32>,
    /// The vendor's own payload.
    pub meta: Option<Value>,
    /// A note for the ledger; it does not stand in the key.
    pub note: Option<String>,
}

impl Order {
    /// An order of a tier for a customer, with everything else as the tier has it.
    #[must_use]
    pub fn new(customer: Slug, tier: &str) -> Self {
        Self {
            customer,
            tier: tier.to_owned(),
            product: None,
            seats: None,
            end: None,
            from: None,
            kind: LicenseType::Commercial,
            internal: false,
            features: BTreeSet::new(),
            without_features: BTreeSet::new(),
            limits: BTreeMap::new(),
            machines: Vec::new(),
            max_machines: None,
            grace_days: None,
            meta: None,
            note: None,
        }
    }

    /// The customer and the exact terms of this order at a moment.
    ///
    /// # Errors
    /// Unknown or archived customers, unknown or retired tiers, and orders that contradict themselves.
    pub fn plan(&self, tables: &Tables<'_>, at: Timestamp) -> Result<Plan, Error> {
        let customer = find::customer(tables, self.customer.as_str())?;
        let customer = not_archived(&customer)?;
        let tier = find::tier(tables, &self.tier, self.product.as_ref())?;
        Ok(Plan { customer: customer.clone(), terms: self.granted(&tier, at)?, note: self.note.clone() })
    }

    /// The exact terms, of a tier that is on offer.
    pub(super) fn granted(&self, tier: &Tier, at: Timestamp) -> Result<Terms, Error> {
        if tier.retired {
            return Err(Error::RetiredTier(tier.full_name()));
        }
        self.terms(tier, at)
    }

    pub(super) fn terms(&self, tier: &Tier, at: Timestamp) -> Result<Terms, Error> {
        let first_day = self.from.unwrap_or_else(|| at.date());
        let ends = self.ends(tier.term, first_day)?;
        let machines = self.machine_terms(tier)?;
        let meta = self.meta.clone();
        if meta.as_ref().is_some_and(|meta| meta_size(meta) > LARGEST_META) {
            return Err(invalid("the meta data is larger than 64 KiB".into()));
        }
        if self.internal && self.kind == LicenseType::Trial {
            return Err(invalid("an internal license is no trial: drop --internal or --type trial".into()));
        }
        let terms = Terms {
            product: tier.product.clone(),
            tier: tier.slug.clone(),
            tier_name: tier.name.clone(),
            rank: tier.rank,
            kind: self.kind,
            internal: self.internal,
            starts: first_day.start(),
            ends,
            grace_days: if ends.is_none() { 0 } else { self.grace_days.unwrap_or(tier.grace_days) },
            warn_days: tier.warn_days,
            offline_days: tier.offline_days,
            seats: self.seats.map_or(tier.seats, Quantity::into_option),
            features: self.granted_features(tier)?,
            limits: self.granted_limits(tier)?,
            machines,
            meta,
        };
        // A key that never worked helps nobody; one inside its grace days does.
        if terms.stops().is_some_and(|stop| stop <= at) && self.kind != LicenseType::Test {
            return Err(invalid(format!("the end lies in the past: today is {}", at.date())));
        }
        Ok(terms)
    }

    fn ends(&self, default: Term, first_day: Date) -> Result<Option<Timestamp>, Error> {
        let period = |period: Period| {
            let last =
                period.after(first_day).ok_or_else(|| invalid(format!("{period} from {first_day} ends after the year 9999")))?;
            Ok(Some(last.end()))
        };
        match self.end.unwrap_or(match default {
            Term::Perpetual => End::Perpetual,
            Term::For(period) => End::For(period),
        }) {
            End::Perpetual => Ok(None),
            End::For(length) => period(length),
            End::Until(last) if last < first_day && self.from.is_none() => {
                Err(invalid(format!("the end ({last}) lies in the past: today is {first_day}")))
            }
            End::Until(last) if last < first_day => Err(invalid(format!("the end ({last}) lies before the start ({first_day})"))),
            End::Until(last) => Ok(Some(last.end())),
        }
    }

    fn machine_terms(&self, tier: &Tier) -> Result<MachineTerms, Error> {
        let max = self.max_machines.map_or(tier.machines, Quantity::into_option);
        let distinct: BTreeSet<&MachineId> = self.machines.iter().collect();
        if distinct.len() < self.machines.len() {
            return Err(invalid("the same machine is named twice".into()));
        }
        if let Some(max) = max
            && self.machines.len() > max as usize
        {
            return Err(invalid(format!("{} machines are named, but at most {max} may be bound", self.machines.len())));
        }
        // What is said about sorts and factors means nothing where no machine is ever bound.
        let bound = max.is_some() || !self.machines.is_empty();
        let kinds = if bound { tier.machine_kinds.clone() } else { BTreeSet::new() };
        for machine in &self.machines {
            check_machine(machine, &tier.product, &kinds)?;
        }
        Ok(MachineTerms { max, bound: self.machines.clone(), require: tier.machine_factors.filter(|_| bound), kinds })
    }

    fn granted_features(&self, tier: &Tier) -> Result<BTreeSet<Slug>, Error> {
        if let Some(both) = self.features.intersection(&self.without_features).next() {
            return Err(invalid(format!("feature '{both}' is both added and left out")));
        }
        if let Some(missing) = self.without_features.difference(&tier.features).next() {
            return Err(invalid(format!("feature '{missing}' cannot be left out: tier '{}' does not have it", tier.slug)));
        }
        Ok(tier.features.union(&self.features).filter(|feature| !self.without_features.contains(*feature)).cloned().collect())
    }

    fn granted_limits(&self, tier: &Tier) -> Result<BTreeMap<Slug, u64>, Error> {
        let mut limits = tier.limits.clone();
        for (name, limit) in &self.limits {
            match limit {
                Some(limit) if *limit > LARGEST_LIMIT => {
                    return Err(invalid(format!("limit '{name}' is larger than {LARGEST_LIMIT}")));
                }
                Some(limit) => limits.insert(name.clone(), *limit),
                None => limits.remove(name),
            };
        }
        Ok(limits)
    }
}

/// Refuses a customer who was set aside.
pub(super) fn not_archived(customer: &Customer) -> Result<&Customer, Error> {
    if customer.archived { Err(Error::ArchivedCustomer(customer.slug.clone())) } else { Ok(customer) }
}

/// Whether a license of this product may be bound to a machine, as far as its ID tells.
pub(super) fn check_machine(machine: &MachineId, product: &Slug, kinds: &BTreeSet<MachineKind>) -> Result<(), Error> {
    let Some(fingerprint) = machine.fingerprint() else { return Ok(()) };
    if !fingerprint.is_for(product) {
        return Err(Error::MachineOfAnotherProduct { product: product.clone() });
    }
    if !fingerprint.identifies() {
        return Err(invalid("this machine ID tells no machine from the next".into()));
    }
    let kind = fingerprint.environment().kind();
    if kinds.is_empty() || kinds.contains(&kind) {
        return Ok(());
    }
    let allowed: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
    Err(Error::MachineKindRefused { found: fingerprint.environment().described(), allowed: allowed.join(" and ") })
}

fn invalid(why: String) -> Error {
    Error::Invalid(why)
}

/// What an order comes to: exactly what would be signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// For whom.
    pub customer: Customer,
    /// What is granted.
    pub terms: Terms,
    /// The note for the ledger.
    pub note: Option<String>,
}
