//! Finding what a person named: customers, tiers and licenses, with the nearest names where there is none.

use std::collections::HashMap;

use super::Error;
use crate::ledger::{CustomerFilter, LicenseRecord, SigningKeyRecord, Tables, TierFilter};
use crate::license::id::LicenseIdPrefix;
use crate::license::{Customer, LicenseId, Operator, Slug, Tier};

/// How alike two names must be (0 to 1, Jaro-Winkler) for one to be offered in place of the other.
const ALIKE: f64 = 0.7;
const OFFERED: usize = 3;

/// The names most like `wanted`, best first, at most three.
pub fn closest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(score, name)| *score >= ALIKE || (wanted.len() >= 3 && name.contains(wanted)))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// The customer of this slug, or the only one of exactly this display name.
///
/// # Errors
/// [`Error::UnknownCustomer`], with the nearest slugs.
pub fn customer(tables: &Tables<'_>, name: &str) -> Result<Customer, Error> {
    match customer_of_slug(tables, name)? {
        Some(customer) => Ok(customer),
        None => People::of(tables)?.named(tables, name),
    }
}

/// The customer of this slug, however its letters are typed.
pub(super) fn customer_of_slug(tables: &Tables<'_>, name: &str) -> Result<Option<Customer>, Error> {
    match name.to_lowercase().parse::<Slug>() {
        Ok(slug) => Ok(tables.customer(&slug)?),
        Err(_) => Ok(None),
    }
}

/// The names of the customers who are not archived, to look several of them up.
pub(super) struct People {
    /// Slugs, and display names in small letters.
    all: Vec<(Slug, String)>,
    /// The places of display names; `None` where several have the same.
    by_name: HashMap<String, Option<usize>>,
}

impl People {
    pub fn of(tables: &Tables<'_>) -> Result<Self, Error> {
        let all = tables.customers(&CustomerFilter { archived: Some(false), ..CustomerFilter::default() })?;
        let all: Vec<(Slug, String)> = all.into_iter().map(|one| (one.slug, one.name.to_lowercase())).collect();
        let mut by_name: HashMap<String, Option<usize>> = HashMap::with_capacity(all.len());
        for (place, (_, name)) in all.iter().enumerate() {
            by_name.entry(name.clone()).and_modify(|known| *known = None).or_insert(Some(place));
        }
        Ok(Self { all, by_name })
    }

    /// The only customer of this display name.
    pub fn named(&self, tables: &Tables<'_>, name: &str) -> Result<Customer, Error> {
        let lower = name.to_lowercase();
        let only = self.by_name.get(&lower).copied().flatten().and_then(|place| self.all.get(place));
        if let Some((slug, _)) = only
            && let Some(customer) = tables.customer(slug)?
        {
            return Ok(customer);
        }
        // The nearest by slug or by the first words of the name.
        let by_slug = closest(&lower, self.all.iter().map(|(slug, _)| slug.as_str()));
        let mut close: Vec<Slug> = by_slug.into_iter().filter_map(|slug| slug.parse().ok()).collect();
        let by_name = self.all.iter().filter(|(_, known)| lower.len() >= 3 && known.starts_with(&lower));
        close.extend(by_name.map(|(slug, _)| slug.clone()).take(OFFERED));
        close.dedup();
        close.truncate(OFFERED);
        Err(Error::UnknownCustomer { name: name.to_owned(), close })
    }
}

/// The tier of this name: `professional`, `cockpit/professional`, or a beginning that only one tier has (`pro`).
/// Retired tiers are found too, by their whole name.
///
/// # Errors
/// [`Error::UnknownTier`], [`Error::AmbiguousTier`].
pub fn tier(tables: &Tables<'_>, name: &str, product: Option<&Slug>) -> Result<Tier, Error> {
    let lower = name.to_lowercase();
    let (of_product, short) = match lower.split_once('/') {
        Some((product, short)) => (Some(product.to_owned()), short.to_owned()),
        None => (product.map(ToString::to_string), lower.clone()),
    };
    let mut tiers = tables.tiers(&TierFilter::default())?;
    tiers.retain(|tier| of_product.as_deref().is_none_or(|product| tier.product.as_str() == product));
    let exact: Vec<&Tier> = tiers.iter().filter(|tier| tier.slug.as_str() == short).collect();
    let fits = if exact.is_empty() && !short.is_empty() {
        tiers.iter().filter(|tier| !tier.retired && tier.slug.as_str().starts_with(&short)).collect()
    } else {
        exact
    };
    match fits.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let open: Vec<&Tier> = tiers.iter().filter(|tier| !tier.retired).collect();
            let near = closest(&short, open.iter().map(|tier| tier.slug.as_str()));
            Err(Error::UnknownTier { name: name.to_owned(), close: near.into_iter().map(str::to_owned).collect() })
        }
        several => {
            Err(Error::AmbiguousTier { name: name.to_owned(), fits: several.iter().map(|tier| tier.full_name()).collect() })
        }
    }
}

/// Makes sure that a product of this name has tiers.
///
/// # Errors
/// [`Error::UnknownProduct`], with the nearest names.
pub fn product(tables: &Tables<'_>, name: &Slug) -> Result<(), Error> {
    let tiers = tables.tiers(&TierFilter::default())?;
    let mut products: Vec<&str> = tiers.iter().map(|tier| tier.product.as_str()).collect();
    products.dedup();
    if products.contains(&name.as_str()) {
        return Ok(());
    }
    let close = closest(name.as_str(), products).into_iter().map(str::to_owned).collect();
    Err(Error::UnknownProduct { name: name.to_string(), close })
}

/// The operator of this name, to be changed.
///
/// # Errors
/// [`Error::NoSuchOperator`], with the nearest names.
pub fn operator(tables: &Tables<'_>, name: &Slug) -> Result<Operator, Error> {
    if let Some(operator) = tables.operator(name)? {
        return Ok(operator);
    }
    let all = tables.operators()?;
    let close = closest(name.as_str(), all.iter().map(|operator| operator.slug.as_str()));
    Err(Error::NoSuchOperator { name: name.clone(), close: close.into_iter().filter_map(|name| name.parse().ok()).collect() })
}

/// The signing key that a person named by its kid or by a beginning of it that only one key has.
///
/// # Errors
/// [`Error::UnknownKey`], [`Error::AmbiguousKey`].
pub fn signing_key(tables: &Tables<'_>, name: &str) -> Result<SigningKeyRecord, Error> {
    let name = name.trim();
    let mut fits = tables.signing_keys()?;
    // A kid is no beginning of another: all have one length.
    fits.retain(|key| !name.is_empty() && key.kid.as_str().starts_with(name));
    match fits.as_slice() {
        [_] => Ok(fits.swap_remove(0)),
        [] => {
            let whole = name.parse::<crate::token::Kid>().is_ok();
            Err(Error::UnknownKey(if whole { name.to_owned() } else { format!("that starts with '{name}'") }))
        }
        several => Err(Error::AmbiguousKey { name: name.to_owned(), fits: several.iter().map(|key| key.kid).collect() }),
    }
}

/// The license that a person named by its id or by a beginning of it that only one license has.
///
/// # Errors
/// [`Error::UnknownLicense`], [`Error::AmbiguousLicense`], [`Error::NotALicense`].
pub fn license(tables: &Tables<'_>, name: &str) -> Result<LicenseRecord, Error> {
    let unknown = |shown: String| Error::UnknownLicense(shown);
    match name.parse::<LicenseId>() {
        Ok(id) => tables.license(id)?.ok_or_else(|| unknown(id.to_string())),
        Err(why) => {
            let Ok(prefix) = name.parse::<LicenseIdPrefix>() else {
                return Err(Error::NotALicense { name: name.to_owned(), why });
            };
            let fits = tables.license_ids_in(prefix.range(), 4)?;
            match fits.as_slice() {
                [only] => tables.license(*only)?.ok_or_else(|| unknown(only.to_string())),
                [] => Err(unknown(format!("that starts with '{}'", name.trim()))),
                several => Err(Error::AmbiguousLicense { name: name.to_owned(), fits: several.to_vec() }),
            }
        }
    }
}
