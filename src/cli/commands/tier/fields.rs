//! The fields of a tier as flags: what `tier add` and `tier edit` share.

use std::collections::BTreeSet;

use crate::authority::order::Quantity;
use crate::cli::args::parse_limit;
use crate::license::{Factor, MachineKind, Price, Slug, Term, Tier};

/// Sorts of machines; none: any.
#[derive(Debug, Clone)]
struct Kinds(BTreeSet<MachineKind>);

fn parse_kinds(text: &str) -> Result<Kinds, String> {
    if text == "any" {
        return Ok(Kinds(BTreeSet::new()));
    }
    let kinds: Result<_, _> = text.split(',').map(|word| word.trim().parse::<MachineKind>()).collect();
    kinds.map(Kinds).map_err(|_| "must be 'any', or some of physical, virtual, container with commas between".into())
}

/// How many factors must match; `None`: the verifier's default.
#[derive(Debug, Clone, Copy)]
struct Factors(Option<u8>);

fn parse_factors(text: &str) -> Result<Factors, String> {
    let most = Factor::ALL.len();
    match text.parse::<u8>() {
        _ if text == "default" => Ok(Factors(None)),
        Ok(count) if (1..=most).contains(&usize::from(count)) => Ok(Factors(Some(count))),
        _ => Err(format!("must be a whole number from 1 to {most}, or 'default'")),
    }
}

/// The fields of a tier.
#[derive(Debug, clap::Args)]
pub struct FieldArgs {
    /// The display name, which stands in every key
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its place in the order of tiers; higher is more
    #[arg(long, value_name = "NUMBER")]
    rank: Option<u32>,
    /// How long a license runs: 90d, 6w, 3mo, 1y or perpetual
    #[arg(long, value_name = "PERIOD", allow_hyphen_values = true)]
    term: Option<Term>,
    /// How many seats: a number or 'unlimited'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    seats: Option<Quantity>,
    /// How many machines may be bound: a number or 'unlimited'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    machines: Option<Quantity>,
    /// Which sorts of machines may be bound: 'any', or some of physical, virtual, container with commas between
    #[arg(long, value_name = "KINDS", value_parser = parse_kinds)]
    machine_kinds: Option<Kinds>,
    /// How many of a machine's five factors must match, or 'default'
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true, value_parser = parse_factors)]
    machine_factors: Option<Factors>,
    /// How many seats of a license may pass to another machine in a year
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    transfers: Option<u32>,
    /// How many days past the end a key still works
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    grace: Option<u32>,
    /// How many days before the end the program starts to warn
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    warn: Option<u32>,
    /// How old, in days, the newest status list may be, or 'unlimited'
    #[arg(long, value_name = "DAYS", allow_hyphen_values = true)]
    offline: Option<Quantity>,
    /// Grant a feature (repeatable)
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<Slug>,
    /// Set a limit, or lift it with NAME=unlimited (repeatable)
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limit: Vec<(Slug, Option<u64>)>,
    /// The price of a seat for a month, such as '49.90 EUR'
    #[arg(long, value_name = "PRICE")]
    monthly: Option<Price>,
    /// The price of a seat for a year
    #[arg(long, value_name = "PRICE")]
    yearly: Option<Price>,
}

impl FieldArgs {
    /// Sets what was given; everything else stays.
    pub fn apply(&self, tier: &mut Tier) {
        if let Some(name) = &self.name {
            tier.name.clone_from(name);
        }
        tier.rank = self.rank.unwrap_or(tier.rank);
        tier.term = self.term.unwrap_or(tier.term);
        tier.seats = self.seats.map_or(tier.seats, Quantity::into_option);
        tier.machines = self.machines.map_or(tier.machines, Quantity::into_option);
        if let Some(Kinds(kinds)) = &self.machine_kinds {
            tier.machine_kinds.clone_from(kinds);
        }
        tier.machine_factors = self.machine_factors.map_or(tier.machine_factors, |Factors(factors)| factors);
        tier.transfers = self.transfers.or(tier.transfers);
        tier.grace_days = self.grace.unwrap_or(tier.grace_days);
        tier.warn_days = self.warn.unwrap_or(tier.warn_days);
        tier.offline_days = self.offline.map_or(tier.offline_days, Quantity::into_option);
        tier.features.extend(self.feature.iter().cloned());
        for (name, limit) in &self.limit {
            match limit {
                Some(limit) => tier.limits.insert(name.clone(), *limit),
                None => tier.limits.remove(name),
            };
        }
        tier.monthly = self.monthly.or(tier.monthly);
        tier.yearly = self.yearly.or(tier.yearly);
    }
}
