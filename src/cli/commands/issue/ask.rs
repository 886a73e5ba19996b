//! What `lic issue` asks for where it is missing: whose, and of which tier.

use crate::authority::{Authority, Error};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::ledger::{CustomerFilter, TierFilter};
use crate::license::Slug;

/// How the whole command is typed.
pub(super) const EXAMPLE: &str = "lic issue acme --tier pro --for 1y";

/// A customer that a person picks.
pub fn ask_customer(authority: &Authority, example: &str, session: &mut Session<'_>) -> Result<Slug, Failure> {
    let filter = CustomerFilter { archived: Some(false), ..CustomerFilter::default() };
    let customers = authority.read().customers(&filter)?;
    let widest = customers.iter().map(|customer| customer.slug.as_str().len()).max().unwrap_or(0);
    let items: Vec<String> = customers.iter().map(|customer| format!("{:<widest$}  {}", customer.slug, customer.name)).collect();
    let picked = session.ask_search("customer", example, "Customer (type to search)", &items)?;
    customers.into_iter().nth(picked).map(|customer| customer.slug).ok_or_else(Failure::cancelled)
}

/// A tier that a person picks, or that of the settings where nobody can be asked.
pub(super) fn ask_tier(authority: &Authority, product: Option<&Slug>, session: &mut Session<'_>) -> Result<String, Failure> {
    let defaults = &authority.settings.defaults;
    if let Some(tier) = &defaults.tier
        && !session.can_ask()
    {
        return Ok(tier.to_string());
    }
    let filter = TierFilter { product: product.cloned(), retired: Some(false) };
    let tiers = authority.read().tiers(&filter)?;
    if tiers.is_empty() {
        return Err(Error::NoTiers.into());
    }
    let widest = tiers.iter().map(|tier| tier.slug.as_str().len()).max().unwrap_or(0);
    let items: Vec<String> = tiers
        .iter()
        .map(|tier| {
            let seats = crate::cli::views::license::seats(tier.seats);
            format!("{:<widest$}  {} · {} · {seats}", tier.slug, tier.name, tier.term)
        })
        .collect();
    let first = tiers.iter().position(|tier| Some(&tier.slug) == defaults.tier.as_ref()).unwrap_or(0);
    let picked = session.ask_pick("tier", EXAMPLE, "Tier", &items, first)?;
    tiers.get(picked).map(crate::license::Tier::full_name).ok_or_else(Failure::cancelled)
}
