//! Recurring revenue: what the licenses in force bring in a month and in a year, at the list prices of their tiers.
//!
//! - In force: begun, not at its end, neither suspended nor revoked. A license in its days of grace is past its end, and nobody
//!   has paid for more. Trials, test keys and internal licenses are left out unless they are asked for.
//! - A license brings the price of a seat times its seats. One for any number of seats is counted, and brings nothing: what
//!   it is sold for is not known here. A perpetual one is paid once, and recurs not at all. One of a tier without a price is counted.
//! - A year is twelve months, at the price that the tier has. Where it has a monthly and a yearly price, the one that fits its term
//!   counts: the yearly one where its licenses run for a year or longer, or for ever.
//! - Currencies are never added up.

use std::collections::BTreeMap;

use super::{By, Scope};
use crate::authority::{Authority, Error};
use crate::ledger::report::{Amount, Group, Sold};
use crate::ledger::{LedgerError, TierFilter};
use crate::license::{Period, Price, Slug, Term, Tier};

/// What a group of licenses brings in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revenue {
    /// The group.
    pub group: Group,
    /// The ISO 4217 code of the prices; `None`: those of the licenses whose tier has no price.
    pub currency: Option<String>,
    /// The licenses that bring something, and their seats.
    pub paid: Amount,
    /// What they bring in a year, in hundredths of the currency's main unit.
    pub yearly: u128,
    /// Licenses in force without an end.
    pub perpetual: u64,
    /// Licenses in force for any number of seats.
    pub unlimited: u64,
    /// Licenses in force of a tier without a price.
    pub unpriced: u64,
}

/// The rows, and the sums of each currency; licenses without a price come last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueReport {
    /// Group by group, and in each by currency.
    pub rows: Vec<Revenue>,
    /// By currency; the groups of these mean nothing.
    pub totals: Vec<Revenue>,
}

impl Revenue {
    /// What they bring in a month, rounded to the nearest hundredth. A sum of rounded months may differ by a few hundredths from the
    /// rounded month of the sum.
    #[must_use]
    pub fn monthly(&self) -> u128 {
        (self.yearly + 6) / 12
    }

    fn add(&mut self, other: &Self) {
        self.paid += other.paid;
        self.yearly += other.yearly;
        self.perpetual += other.perpetual;
        self.unlimited += other.unlimited;
        self.unpriced += other.unpriced;
    }
}

/// What a seat of a tier brings in a year.
fn yearly_price(tier: &Tier) -> Option<(u128, String)> {
    let runs_a_year = match tier.term {
        Term::For(term) => term.about_days() >= Period::years(1).about_days(),
        Term::Perpetual => true,
    };
    let told = |price: Price, times: u128| (u128::from(price.hundredths()) * times, price.currency().to_owned());
    let (monthly, yearly) = (tier.monthly.map(|price| told(price, 12)), tier.yearly.map(|price| told(price, 1)));
    if runs_a_year { yearly.or(monthly) } else { monthly.or(yearly) }
}

/// What licenses come to that are in force: rows by group and currency, and sums by currency.
///
/// `sold` names for each count its group and its tier: product and short name.
#[must_use]
pub fn add_up(tiers: &[Tier], sold: Vec<(Group, Slug, Slug, Sold)>) -> RevenueReport {
    let prices: BTreeMap<(&Slug, &Slug), (u128, String)> =
        tiers.iter().filter_map(|tier| Some(((&tier.product, &tier.slug), yearly_price(tier)?))).collect();
    // Without a currency comes last.
    let last = |currency: &Option<String>| (currency.is_none(), currency.clone());
    let mut rows: BTreeMap<(Group, (bool, Option<String>)), Revenue> = BTreeMap::new();
    let mut totals: BTreeMap<(bool, Option<String>), Revenue> = BTreeMap::new();
    for (group, product, tier, sold) in sold {
        let price = prices.get(&(&product, &tier));
        let currency = price.map(|(_, currency)| currency.clone());
        let (licenses, unlimited) = (sold.terms.licenses - sold.terms.unlimited, sold.terms.unlimited);
        let paid = Amount { licenses, seats: sold.terms.seats, unlimited: 0 };
        let revenue = Revenue {
            group: group.clone(),
            currency: currency.clone(),
            paid: if price.is_some() { paid } else { Amount::default() },
            yearly: price.map_or(0, |(price, _)| price * u128::from(sold.terms.seats)),
            perpetual: sold.perpetual.licenses,
            unlimited,
            unpriced: if price.is_some() { 0 } else { licenses },
        };
        let nothing =
            || Revenue { paid: Amount::default(), yearly: 0, perpetual: 0, unlimited: 0, unpriced: 0, ..revenue.clone() };
        rows.entry((group, last(&currency))).or_insert_with(nothing).add(&revenue);
        totals.entry(last(&currency)).or_insert_with(nothing).add(&revenue);
    }
    RevenueReport { rows: rows.into_values().collect(), totals: totals.into_values().collect() }
}

impl Authority {
    /// What the licenses of a scope bring.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn report_revenue(&self, scope: &Scope) -> Result<RevenueReport, Error> {
        let (tiers, sold) = self.ledger.snapshot(|tables| {
            let tiers = match scope.filter.as_of {
                Some(then) => tables.tiers_as_of(then)?,
                None => tables.tiers(&TierFilter::default())?,
            };
            Ok::<_, LedgerError>((tiers, tables.sold(&scope.filter, scope.grouping())?))
        })?;
        let mut report = add_up(&tiers, sold);
        if matches!(scope.by, Some(By::Customer | By::Operator)) {
            // What belongs together stays together: one currency after the other, the largest first.
            report.rows.sort_by(|one, other| {
                let key = |row: &Revenue| (row.currency.is_none(), row.currency.clone(), std::cmp::Reverse(row.yearly));
                key(one).cmp(&key(other))
            });
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{slug, tier};

    fn priced(name: &str, term: &str, monthly: Option<&str>, yearly: Option<&str>) -> Tier {
        let price = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Tier { term: term.parse().unwrap(), monthly: price(monthly), yearly: price(yearly), ..tier(name, 10) }
    }

    fn sold(name: &str, licenses: u64, seats: u64, unlimited: u64, perpetual: u64) -> (Group, Slug, Slug, Sold) {
        let terms = Amount { licenses, seats, unlimited };
        let perpetual = Amount { licenses: perpetual, seats: perpetual, unlimited: 0 };
        (Group::Product(slug("cockpit")), slug("cockpit"), slug(name), Sold { terms, perpetual })
    }

    #[test]
    fn a_tier_with_two_prices_brings_the_one_that_fits_its_term() {
        for (term, monthly, yearly, brings) in [
            ("1y", Some("10 EUR"), Some("100 EUR"), Some((10_000, "EUR"))),
            ("1mo", Some("10 EUR"), Some("100 EUR"), Some((12_000, "EUR"))),
            ("perpetual", Some("10 EUR"), Some("100 EUR"), Some((10_000, "EUR"))),
            ("364d", Some("10 EUR"), Some("100 USD"), Some((12_000, "EUR"))),
            ("365d", Some("10 EUR"), Some("100 USD"), Some((10_000, "USD"))),
            ("12mo", Some("10 EUR"), None, Some((12_000, "EUR"))),
            ("1mo", None, Some("100 EUR"), Some((10_000, "EUR"))),
            ("1y", None, None, None),
        ] {
            let found = yearly_price(&priced("pro", term, monthly, yearly));
            assert_eq!(found, brings.map(|(amount, currency)| (amount, currency.to_owned())), "{term} {monthly:?} {yearly:?}");
        }
    }

    #[test]
    fn what_brings_nothing_is_counted_and_not_added() {
        let tiers = [priced("pro", "1y", None, Some("100 EUR")), priced("free", "1y", None, None)];
        let report = add_up(&tiers, vec![sold("pro", 5, 30, 2, 3), sold("free", 7, 70, 1, 0)]);
        let told: Vec<_> = report
            .rows
            .iter()
            .map(|row| {
                (
                    row.currency.as_deref(),
                    row.paid.licenses,
                    row.paid.seats,
                    row.yearly,
                    row.perpetual,
                    row.unlimited,
                    row.unpriced,
                )
            })
            .collect();
        assert_eq!(told, [(Some("EUR"), 3, 30, 300_000, 3, 2, 0), (None, 0, 0, 0, 0, 1, 6)]);
    }

    #[test]
    fn currencies_are_never_added_up_and_months_are_rounded_once() {
        let tiers = [
            priced("pro", "1y", None, Some("10 EUR")),
            priced("basic", "1mo", Some("1 USD"), None),
            priced("team", "1y", None, Some("1 EUR")),
        ];
        let report = add_up(&tiers, vec![sold("pro", 1, 1, 0, 0), sold("basic", 1, 3, 0, 0), sold("team", 1, 1, 0, 0)]);
        let told: Vec<_> = report.totals.iter().map(|sum| (sum.currency.as_deref(), sum.yearly, sum.monthly())).collect();
        assert_eq!(told, [(Some("EUR"), 1_100, 92), (Some("USD"), 3_600, 300)]);
        assert_eq!(report.rows.len(), 2);
    }
}
