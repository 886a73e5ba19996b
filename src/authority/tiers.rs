//! Keeping tiers: add, edit, retire, apply a file. Keys already issued never change with their tier.

use super::customers::check_line;
use super::difference::{Difference, differences};
use super::{Actor, Authority, Error, Mode, find};
use crate::ledger::{Fact, Transaction};
use crate::license::terms::LARGEST_LIMIT;
use crate::license::{Factor, Role, Tier, Timestamp};

/// The most days that grace, warning and offline windows may have.
const MOST_DAYS: u32 = 3_660;

/// What applying a tiers file does to one tier.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// New.
    Added(Tier),
    /// Known, and changed.
    Changed(Tier, Vec<Difference>),
    /// Known, and the same.
    Unchanged(Tier),
}

impl Authority {
    /// Adds a tier.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], texts and numbers out of range, a role that does not cover it.
    pub fn add_tier(&mut self, actor: &Actor, tier: &Tier, at: Timestamp, mode: Mode) -> Result<(), Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "add tiers", &tx.read())?;
            match put(tx, actor, tier, at)? {
                Applied::Added(_) => Ok(()),
                Applied::Changed(..) | Applied::Unchanged(_) => {
                    Err(Error::AlreadyExists { what: "tier", name: tier.full_name() })
                }
            }
        })
    }

    /// Changes a tier as `edit` says. Gives what it is now and what was changed; nothing is recorded where nothing changes.
    ///
    /// # Errors
    /// [`Error::UnknownTier`], what `edit` refuses, texts and numbers out of range, a role that does not cover it.
    pub fn edit_tier(
        &mut self,
        actor: &Actor,
        name: &str,
        edit: impl FnOnce(&mut Tier) -> Result<(), Error>,
        at: Timestamp,
        mode: Mode,
    ) -> Result<(Tier, Vec<Difference>), Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "change tiers", &tx.read())?;
            let mut tier = find::tier(&tx.read(), name, None)?;
            edit(&mut tier)?;
            match put(tx, actor, &tier, at)? {
                Applied::Changed(tier, changes) => Ok((tier, changes)),
                Applied::Added(tier) | Applied::Unchanged(tier) => Ok((tier, Vec::new())),
            }
        })
    }

    /// Adds and updates tiers as a file declares them, all or none. Tiers that the file does not name stay as they are.
    ///
    /// # Errors
    /// Texts and numbers out of range, a tier named twice, a role that does not cover it; nothing is changed then.
    pub fn apply_tiers(&mut self, actor: &Actor, tiers: &[Tier], at: Timestamp, mode: Mode) -> Result<Vec<Applied>, Error> {
        self.change(mode, |tx| {
            actor.require(Role::Admin, "change tiers", &tx.read())?;
            for (place, tier) in tiers.iter().enumerate() {
                if tiers[..place].iter().any(|earlier| earlier.full_name() == tier.full_name()) {
                    return Err(Error::Invalid(format!("tier '{}' stands twice in the file", tier.full_name())));
                }
            }
            tiers.iter().map(|tier| put(tx, actor, tier, at)).collect()
        })
    }
}

/// Makes the ledger's tier of this name be exactly this.
fn put(tx: &Transaction<'_>, actor: &Actor, tier: &Tier, at: Timestamp) -> Result<Applied, Error> {
    check(tier)?;
    match tx.read().tier(&tier.product, &tier.slug)? {
        None => {
            tx.record(at, actor.slug(), &Fact::TierAdded(tier.clone()))?;
            Ok(Applied::Added(tier.clone()))
        }
        Some(before) if before == *tier => Ok(Applied::Unchanged(before)),
        Some(before) => {
            tx.record(at, actor.slug(), &Fact::TierChanged(tier.clone()))?;
            Ok(Applied::Changed(tier.clone(), differences(&before, tier)))
        }
    }
}

pub(super) fn check(tier: &Tier) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::Invalid(format!("tier '{}': {why}", tier.full_name())));
    check_line("tier's name", &tier.name)?;
    for (what, days) in
        [("grace_days", Some(tier.grace_days)), ("warn_days", Some(tier.warn_days)), ("offline_days", tier.offline_days)]
    {
        if days.is_some_and(|days| days > MOST_DAYS) {
            return refuse(format!("{what} must be at most {MOST_DAYS}"));
        }
    }
    if tier.seats == Some(0) || tier.machines == Some(0) {
        return refuse("seats and machines start at 1; leave them out for unlimited".into());
    }
    if tier.machine_factors.is_some_and(|factors| !(1..=Factor::ALL.len()).contains(&usize::from(factors))) {
        return refuse(format!("machine_factors must be from 1 to {}", Factor::ALL.len()));
    }
    if let Some((name, _)) = tier.limits.iter().find(|(_, limit)| **limit > LARGEST_LIMIT) {
        return refuse(format!("limit '{name}' is larger than {LARGEST_LIMIT}"));
    }
    if let (Some(monthly), Some(yearly)) = (tier.monthly, tier.yearly)
        && monthly.currency() != yearly.currency()
    {
        return refuse("the monthly and the yearly price have different currencies".into());
    }
    Ok(())
}
