//! The fields of a tier as flags: what `tier add` and `tier edit` share.

use crate::authority::order::Quantity;
use crate::cli::args::parse_limit;
use crate::license::{Price, Slug, Term, Tier};

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
