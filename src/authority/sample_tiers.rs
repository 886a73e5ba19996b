//! The sample tiers that a new authority may start with: Free, Basic, Standard, Professional and Enterprise.
//!
//! They are kept as the tiers file that a vendor would write, so that they are an example of that format too.

use super::tiers_file;
use crate::license::{Slug, Tier};

const SAMPLES: &str = include_str!("sample_tiers.toml");

/// The sample tiers of a product, the lowest first.
#[must_use]
pub fn sample_tiers(product: &Slug) -> Vec<Tier> {
    // The text is part of the program, and a test reads it.
    tiers_file::tiers_from_toml(&sample_tiers_toml(product), "sample_tiers.toml".as_ref()).unwrap_or_default()
}

/// The same as the text of a tiers file, with comments.
#[must_use]
pub fn sample_tiers_toml(product: &Slug) -> String {
    format!("product = {}\n\n{SAMPLES}", tiers_file::quoted(product.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Term;

    fn samples() -> Vec<Tier> {
        sample_tiers(&"cockpit".parse().unwrap())
    }

    #[test]
    fn there_are_five_of_one_product_in_the_order_of_their_ranks() {
        let shown: Vec<String> =
            samples().iter().map(|tier| format!("{} {} {}", tier.full_name(), tier.name, tier.rank)).collect();
        assert_eq!(
            shown,
            [
                "cockpit/free Free 10",
                "cockpit/basic Basic 20",
                "cockpit/standard Standard 30",
                "cockpit/professional Professional 40",
                "cockpit/enterprise Enterprise 50",
            ]
        );
    }

    #[test]
    fn a_higher_tier_never_grants_less() {
        let more = |lower: Option<u64>, higher: Option<u64>| higher.is_none() || lower.is_some_and(|lower| Some(lower) < higher);
        for pair in samples().windows(2) {
            let (lower, higher) = (&pair[0], &pair[1]);
            assert!(lower.features.is_subset(&higher.features), "{}", higher.slug);
            assert!(more(lower.seats.map(u64::from), higher.seats.map(u64::from)), "{}", higher.slug);
            assert!(more(lower.machines.map(u64::from), higher.machines.map(u64::from)), "{}", higher.slug);
            assert!(lower.grace_days <= higher.grace_days, "{}", higher.slug);
            for name in higher.limits.keys() {
                assert!(more(lower.limits.get(name).copied(), higher.limits.get(name).copied()), "{} {name}", higher.slug);
            }
            let cost = |tier: &Tier| tier.monthly.map_or(0, |price| price.hundredths());
            assert!(cost(lower) < cost(higher));
        }
    }

    #[test]
    fn a_year_costs_ten_months() {
        for tier in samples() {
            let hundredths = |price: Option<crate::license::Price>| price.map(|price| price.hundredths());
            assert_eq!(hundredths(tier.yearly), hundredths(tier.monthly).map(|monthly| monthly * 10), "{}", tier.slug);
        }
    }

    #[test]
    fn enterprise_is_unlimited_and_free_is_for_ever() {
        let samples = samples();
        let enterprise = &samples[4];
        assert_eq!((enterprise.seats, enterprise.machines, enterprise.limits.len()), (None, None, 0));
        assert_eq!(samples[0].term, Term::Perpetual);
        for tier in &samples[1..] {
            assert_eq!(tier.term, Term::For("1y".parse().unwrap()));
        }
        assert!(samples.iter().all(|tier| tier.offline_days.is_none() && !tier.retired));
    }
}
