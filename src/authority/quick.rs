//! Quick keys: orders made from the presets of `lic.toml`, with no questions asked.

use super::customers::INTERNAL;
use super::order::{End, Order};
use super::{Authority, Error};
use crate::license::{LicenseType, Slug, Term};

/// The preset that `lic quick` alone takes.
pub const DEFAULT_PRESET: &str = "test";

impl Authority {
    /// The order that a preset stands for. Without a customer, the preset's own is taken, else the internal one for
    /// test and internal licenses.
    ///
    /// # Errors
    /// [`Error::UnknownPreset`]; [`Error::PresetNeedsCustomer`] when a preset that needs a customer got none.
    pub fn quick_order(&self, preset: &Slug, customer: Option<&Slug>) -> Result<Order, Error> {
        let known = &self.settings.presets;
        let found = known.get(preset).ok_or_else(|| Error::UnknownPreset {
            name: preset.to_string(),
            known: known.keys().map(ToString::to_string).collect(),
        })?;
        let kind = found.kind;
        let own = found.customer.clone();
        let for_the_vendor = found.internal || kind == LicenseType::Test;
        let built_in = || for_the_vendor.then(|| INTERNAL.parse().ok()).flatten();
        let customer = customer.cloned().or(own).or_else(built_in).ok_or_else(|| Error::PresetNeedsCustomer(preset.clone()))?;
        let tier = found.tier.as_ref().or(self.settings.defaults.tier.as_ref()).map(ToString::to_string);
        let tier = match tier {
            Some(tier) => tier,
            None => self.highest_tier()?,
        };
        let mut order = Order::new(customer, &tier);
        order.product = found.product.clone().or_else(|| self.settings.defaults.product.clone());
        order.kind = kind;
        order.internal = found.internal;
        order.end = found.until.map(End::Until).or(found.term.map(|term| match term {
            Term::Perpetual => End::Perpetual,
            Term::For(period) => End::For(period),
        }));
        order.seats = found.seats.map(super::order::Quantity::Count);
        order.features = found.features.clone();
        order.without_features = found.without_features.clone();
        order.limits = found.limits.iter().map(|(name, limit)| (name.clone(), Some(*limit))).collect();
        order.max_machines = found.machines.map(super::order::Quantity::Count);
        order.grace_days = found.grace_days;
        order.note = found.note.clone();
        Ok(order)
    }

    /// The tier of the highest rank, for presets that name none.
    fn highest_tier(&self) -> Result<String, Error> {
        let tiers = self.read().tiers(&crate::ledger::TierFilter { retired: Some(false), ..Default::default() })?;
        let highest = tiers.into_iter().max_by_key(|tier| tier.rank);
        highest.map(|tier| tier.full_name()).ok_or(Error::NoTiers)
    }
}
