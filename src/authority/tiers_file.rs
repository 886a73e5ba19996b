//! `tiers.toml`: tiers as a file that a person writes, for `lic tier apply`.
//!
//! ```toml
//! product = "cockpit"        # for every tier that does not name its own
//!
//! [[tier]]
//! slug = "professional"
//! name = "Professional"
//! rank = 40
//! term = "1y"                # or "perpetual"
//! seats = 100                # absent: unlimited
//! machines = 20              # absent: not bound to machines
//! machine_kinds = ["physical"] # or "virtual", "container"; absent: any
//! machine_factors = 3        # how many of five must match; absent: three
//! transfers = 4              # from machine to machine in a year; absent: as many as machines, and at least 4
//! grace_days = 14            # 0 unless given
//! warn_days = 30             # 30 unless given
//! offline_days = 90          # absent: no status list is needed
//! features = ["core", "sso"]
//! limits = { users = 100 }   # a name that is absent is unlimited
//! monthly = "49.00 EUR"
//! yearly = "490.00 EUR"
//! retired = false
//! ```
//!
//! What changes in the ledger when a file is applied belongs in `tiers`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::settings::{Mistake, SettingsError, fields, without_mark};
use crate::license::{MachineKind, Price, Slug, Term, Tier};

pub(super) use super::settings::fields::quoted;

/// How many days before the end a tier's licenses count as expiring, unless it says otherwise.
pub const DEFAULT_WARN_DAYS: u32 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    product: Option<Slug>,
    #[serde(default)]
    tier: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    product: Option<Slug>,
    slug: Slug,
    #[serde(deserialize_with = "fields::display_name")]
    name: String,
    #[serde(deserialize_with = "fields::rank")]
    rank: u32,
    term: Term,
    #[serde(default, deserialize_with = "fields::some_count")]
    seats: Option<u32>,
    #[serde(default, deserialize_with = "fields::some_count")]
    machines: Option<u32>,
    #[serde(default)]
    machine_kinds: BTreeSet<MachineKind>,
    machine_factors: Option<u8>,
    transfers: Option<u32>,
    #[serde(default, deserialize_with = "fields::days")]
    grace_days: u32,
    #[serde(default, deserialize_with = "fields::some_days")]
    warn_days: Option<u32>,
    #[serde(default, deserialize_with = "fields::some_days")]
    offline_days: Option<u32>,
    #[serde(default)]
    features: BTreeSet<Slug>,
    #[serde(default, deserialize_with = "fields::limits")]
    limits: BTreeMap<Slug, u64>,
    monthly: Option<Price>,
    yearly: Option<Price>,
    #[serde(default)]
    retired: bool,
}

impl Entry {
    fn tier(self, product: Slug) -> Tier {
        Tier {
            product,
            slug: self.slug,
            name: self.name,
            rank: self.rank,
            term: self.term,
            seats: self.seats,
            machines: self.machines,
            machine_kinds: self.machine_kinds,
            machine_factors: self.machine_factors,
            transfers: self.transfers,
            grace_days: self.grace_days,
            warn_days: self.warn_days.unwrap_or(DEFAULT_WARN_DAYS),
            offline_days: self.offline_days,
            features: self.features,
            limits: self.limits,
            monthly: self.monthly,
            yearly: self.yearly,
            retired: self.retired,
        }
    }
}

/// Reads the tiers in a text, in its order; `path` is for the messages.
///
/// # Errors
/// [`SettingsError::Mistake`]: no TOML, an unknown or wrong setting, a tier without a product, or a tier that stands there
/// twice.
pub fn tiers_from_toml(text: &str, path: &Path) -> Result<Vec<Tier>, SettingsError> {
    let text = without_mark(text);
    let document: Document = toml::from_str(text).map_err(|error| Mistake::from_toml(text, path, &error))?;
    let mut seen = BTreeSet::new();
    let mut tiers = Vec::with_capacity(document.tier.len());
    for entry in document.tier {
        let span = entry.span();
        let entry = entry.into_inner();
        let Some(product) = entry.product.clone().or_else(|| document.product.clone()) else {
            let message = format!("tier '{}' has no product", entry.slug);
            let hint = "name it here, or once for all tiers in the first line of the file";
            return Err(Mistake::at(text, path, span, message).with_hint(hint).into());
        };
        let tier = entry.tier(product);
        if !seen.insert((tier.product.clone(), tier.slug.clone())) {
            let message = format!("tier '{}' stands here for the second time", tier.full_name());
            return Err(Mistake::at(text, path, span, message).into());
        }
        tiers.push(tier);
    }
    Ok(tiers)
}

/// Writes tiers as the text of a tiers file, in their order. What is absent or the default is left out.
#[must_use]
pub fn tiers_to_toml(tiers: &[Tier]) -> String {
    let mut out = String::new();
    for tier in tiers {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str("[[tier]]\n");
        for (key, value) in settings_of(tier) {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
    out
}

/// The settings of a tier as TOML values, in the order people read them.
fn settings_of(tier: &Tier) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("product", quoted(tier.product.as_str())),
        ("slug", quoted(tier.slug.as_str())),
        ("name", quoted(&tier.name)),
        ("rank", tier.rank.to_string()),
        ("term", quoted(&tier.term.to_string())),
    ];
    let mut number = |key, value: Option<u32>| settings.extend(value.map(|value| (key, value.to_string())));
    number("seats", tier.seats);
    number("machines", tier.machines);
    number("machine_factors", tier.machine_factors.map(u32::from));
    number("transfers", tier.transfers);
    number("grace_days", Some(tier.grace_days).filter(|days| *days != 0));
    number("warn_days", Some(tier.warn_days).filter(|days| *days != DEFAULT_WARN_DAYS));
    number("offline_days", tier.offline_days);
    if !tier.machine_kinds.is_empty() {
        let kinds: Vec<String> = tier.machine_kinds.iter().map(|kind| quoted(kind.as_str())).collect();
        settings.push(("machine_kinds", format!("[{}]", kinds.join(", "))));
    }
    if !tier.features.is_empty() {
        let features: Vec<String> = tier.features.iter().map(|feature| quoted(feature.as_str())).collect();
        settings.push(("features", format!("[{}]", features.join(", "))));
    }
    if !tier.limits.is_empty() {
        // A name with a dot in it would be read as two, were it not quoted.
        let limits: Vec<String> = tier.limits.iter().map(|(name, limit)| format!("{} = {limit}", key(name))).collect();
        settings.push(("limits", format!("{{ {} }}", limits.join(", "))));
    }
    let mut price = |key, value: Option<Price>| settings.extend(value.map(|value| (key, quoted(&value.to_string()))));
    price("monthly", tier.monthly);
    price("yearly", tier.yearly);
    if tier.retired {
        settings.push(("retired", "true".to_owned()));
    }
    settings
}

fn key(name: &Slug) -> String {
    if name.as_str().contains('.') { quoted(name.as_str()) } else { name.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::sample_tiers::sample_tiers;
    use crate::license::Period;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<Tier>, SettingsError> {
        tiers_from_toml(text, Path::new("tiers.toml"))
    }

    fn refused(text: &str) -> String {
        let error = read(text).unwrap_err();
        let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        format!("{error}{hint}")
    }

    #[test]
    fn the_sample_tiers_read_back() {
        let tiers = sample_tiers(&"cockpit".parse().unwrap());
        assert_eq!(read(&tiers_to_toml(&tiers)).unwrap(), tiers);
    }

    #[test]
    fn a_tier_is_written_as_a_person_would() {
        let tiers = sample_tiers(&"cockpit".parse().unwrap());
        assert_eq!(
            tiers_to_toml(&tiers[3..]),
            r#"[[tier]]
product = "cockpit"
slug = "professional"
name = "Professional"
rank = 40
term = "1y"
seats = 100
machines = 20
grace_days = 14
features = ["api", "core", "export", "reports", "sso"]
limits = { api-requests-per-hour = 100000, concurrent-connections = 100, employees = 1000, users = 100 }
monthly = "49.00 EUR"
yearly = "490.00 EUR"

[[tier]]
product = "cockpit"
slug = "enterprise"
name = "Enterprise"
rank = 50
term = "1y"
grace_days = 30
warn_days = 60
features = ["api", "audit-log", "core", "export", "priority-support", "reports", "sso"]
monthly = "99.00 EUR"
yearly = "990.00 EUR"
"#
        );
    }

    #[test]
    fn a_file_without_tiers_has_none() {
        assert_eq!(read("").unwrap(), []);
        assert_eq!(tiers_to_toml(&[]), "");
    }

    #[test]
    fn a_mistake_is_shown_in_its_line() {
        let tier = "product = 'cockpit'\n[[tier]]\nslug = 'pro'\nname = 'Pro'\nrank = 40\nterm = '1y'\n";
        assert!(read(tier).is_ok());
        assert_eq!(
            refused(&format!("{tier}limit = {{ users = 5 }}\n")),
            "unknown setting `limit`
  --> tiers.toml:7:1
  |
7 | limit = { users = 5 }
  | ^^^^^
hint: did you mean `limits`?"
        );
        assert_eq!(
            refused(&format!("{tier}seats = 0\n")),
            "a whole number from 1 is wanted here, not 0; leave the line out for unlimited
  --> tiers.toml:7:9
  |
7 | seats = 0
  |         ^"
        );
        for (line, message) in [
            ("monthly = '49 euros'", "a price is an amount with at most two decimals and a currency code: 49.90 EUR\n"),
            ("monthly = 49.90", "invalid type: floating point `49.9`, expected "),
            ("features = ['Single Sign-On']", "'S' is not allowed in a name: "),
            ("warn_days = 40_000", "a number of days is wanted here, from 0 to 36525, not 40000\n"),
            ("[[tiers]]", "unknown setting `tiers`\n"),
            ("slug = 'again'", "duplicate key\n"),
        ] {
            let shown = refused(&format!("{tier}{line}\n"));
            assert!(shown.starts_with(message), "{shown}");
            assert!(shown.contains(" tiers.toml:7:"), "{shown}");
        }
        let rank = refused(&tier.replace("rank = 40", "rank = -1"));
        assert!(rank.starts_with("a rank is a whole number from 0 to 4294967295, not -1\n"), "{rank}");
        let term = refused(&tier.replace("1y", "1m"));
        assert!(term.starts_with("'1m' is ambiguous"), "{term}");
        let name = refused(&tier.replace("name = 'Pro'\n", ""));
        assert!(name.starts_with("the setting `name` is missing\n  --> tiers.toml:2:"), "{name}");
    }

    #[test]
    fn a_tier_needs_a_product_of_its_own_or_of_the_file() {
        let tier = "[[tier]]\nslug = 'pro'\nname = 'Pro'\nrank = 40\nterm = '1y'\n";
        assert!(refused(tier).starts_with("tier 'pro' has no product\n  --> tiers.toml:1:1\n"));
        let product = |text: &str| read(text).unwrap()[0].product.to_string();
        assert_eq!(product(&format!("product = 'cockpit'\n{tier}")), "cockpit");
        assert_eq!(product(&format!("product = 'cockpit'\n{tier}product = 'radar'\n")), "radar");
    }

    #[test]
    fn a_tier_stands_in_a_file_once() {
        let tier = "[[tier]]\nproduct = 'cockpit'\nslug = 'pro'\nname = 'Pro'\nrank = 40\nterm = '1y'\n";
        let twice = refused(&format!("{tier}{tier}"));
        assert!(twice.starts_with("tier 'cockpit/pro' stands here for the second time\n  --> tiers.toml:7:1\n"), "{twice}");
        assert_eq!(read(&format!("{tier}{}", tier.replace("cockpit", "radar"))).unwrap().len(), 2);
    }

    fn slug() -> impl Strategy<Value = Slug> {
        "[a-z0-9]([a-z0-9._-]{0,10}[a-z0-9])?".prop_map(|text| text.parse().unwrap())
    }

    prop_compose! {
        fn tier()(
            (product, slug_, name, rank) in (slug(), slug(), "[A-Z\"\\\\#]\\PC{0,10}[A-Z]", any::<u32>()),
            (seats, machines) in (proptest::option::of(1u32..), proptest::option::of(1u32..)),
            (grace_days, warn_days, offline_days) in (0u32..100, 0u32..100, proptest::option::of(0u32..100)),
            (machine_kinds, machine_factors, transfers) in (
                proptest::collection::btree_set(proptest::sample::select(&MachineKind::ALL[..]), 0..3),
                proptest::option::of(1u8..6),
                proptest::option::of(0u32..9),
            ),
            features in proptest::collection::btree_set(slug(), 0..4),
            limits in proptest::collection::btree_map(slug(), 0..=crate::license::terms::LARGEST_LIMIT, 0..4),
            (days, cents, retired) in (proptest::option::of(1u32..1000), proptest::option::of(0u64..1_000_000), any::<bool>()),
        ) -> Tier {
            let price = cents.map(|cents| format!("{}.{:02} EUR", cents / 100, cents % 100).parse().unwrap());
            let term = days.map_or(Term::Perpetual, |days| Term::For(Period::days(days)));
            Tier { product, slug: slug_, name, rank, term, seats, machines, machine_kinds, machine_factors, transfers, grace_days, warn_days, offline_days, features, limits,
                monthly: price, yearly: price, retired }
        }
    }

    proptest! {
        #[test]
        fn every_tier_reads_back(tier in tier()) {
            prop_assume!(!tier.name.chars().any(crate::license::text::is_hidden));
            let text = tiers_to_toml(std::slice::from_ref(&tier));
            let read = read(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(read, vec![tier]);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(\\PC|\n|[\\[\\]=\"'{}.]){0,60}") {
            let _ = read(&text);
            let _ = read(&format!("[[tier]]\n{text}"));
        }
    }
}
