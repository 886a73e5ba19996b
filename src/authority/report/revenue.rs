//! Recurring revenue: what the licenses in force bring in a month and in a year, at the list prices of their tiers.
//!
//! - In force: begun, not at its end, neither suspended nor revoked. A license in its days of grace is past its end, and nobody
//!   has paid for more. Trials, test keys and internal licenses are left out unless they are asked for.
//! - A license brings the price of a seat times its seats. One for any number of seats is counted, and brings nothing: what
//!   it is sold for is not known here. A perpetual one is paid once, and recurs not at all. One of a tier without a price is counted.
//! - A year is twelve months, at the price that the tier has. Where it has a monthly and a yearly price, the one that fits its term
//!   counts: the yearly one where its licenses run for a year or longer, or for ever.
//! - Currencies are never added up.

use std::cmp::Ordering;

use super::{By, Scope};
use crate::authority::{Authority, Error};
use crate::ledger::report::{Amount, Group, Sales, Sold};
use crate::ledger::{LedgerError, TierFilter};
use crate::license::{Period, Price, Term, Tier};

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

    fn none(group: Group, currency: Option<&str>) -> Self {
        let (currency, paid) = (currency.map(str::to_owned), Amount::default());
        Self { group, currency, paid, yearly: 0, perpetual: 0, unlimited: 0, unpriced: 0 }
    }

    /// Adds what is in force of a tier, of which a seat has this price a year.
    fn add(&mut self, sold: &Sold, price: Option<u128>) {
        let (licenses, unlimited) = (sold.terms.licenses - sold.terms.unlimited, sold.terms.unlimited);
        match price {
            Some(price) => {
                self.paid += Amount { licenses, seats: sold.terms.seats, unlimited: 0 };
                self.yearly += price * u128::from(sold.terms.seats);
            }
            None => self.unpriced += licenses,
        }
        self.perpetual += sold.perpetual.licenses;
        self.unlimited += unlimited;
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

/// What licenses come to that are in force: rows by group and currency, and sums by currency. Without a currency comes last.
#[must_use]
pub fn add_up(tiers: &[Tier], sales: Sales) -> RevenueReport {
    let price =
        |(product, slug): &(_, _)| yearly_price(tiers.iter().find(|tier| (&tier.product, &tier.slug) == (product, slug))?);
    let prices: Vec<Option<(u128, String)>> = sales.tiers.iter().map(price).collect();
    let mut report = RevenueReport { rows: Vec::with_capacity(sales.groups.len()), totals: Vec::new() };
    for (group, sold) in sales.groups {
        let first = report.rows.len();
        for (tier, sold) in sold {
            let (price, currency) = match &prices[tier] {
                Some((price, currency)) => (Some(*price), Some(currency.as_str())),
                None => (None, None),
            };
            row_of(&mut report.rows, first, &group, currency).add(&sold, price);
            row_of(&mut report.totals, 0, &group, currency).add(&sold, price);
        }
        report.rows[first..].sort_by(by_currency);
    }
    report.totals.sort_by(by_currency);
    report
}

/// The row in this currency, from a place on; a new one where there is none.
fn row_of<'r>(rows: &'r mut Vec<Revenue>, first: usize, group: &Group, currency: Option<&str>) -> &'r mut Revenue {
    let found = rows[first..].iter().position(|row| row.currency.as_deref() == currency);
    let place = found.map_or(rows.len(), |place| first + place);
    if place == rows.len() {
        rows.push(Revenue::none(group.clone(), currency));
    }
    &mut rows[place]
}

fn by_currency(one: &Revenue, other: &Revenue) -> Ordering {
    (one.currency.is_none(), &one.currency).cmp(&(other.currency.is_none(), &other.currency))
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
            report.rows.sort_by(|one, other| by_currency(one, other).then(other.yearly.cmp(&one.yearly)));
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

    /// Of each tier: licenses with an end, their seats, how many are for any number of seats, and licenses without an end.
    fn sales<const TIERS: usize>(sold: [(&str, u64, u64, u64, u64); TIERS]) -> Sales {
        let amounts = sold.iter().map(|(_, licenses, seats, unlimited, perpetual)| Sold {
            terms: Amount { licenses: *licenses, seats: *seats, unlimited: *unlimited },
            perpetual: Amount { licenses: *perpetual, seats: *perpetual, unlimited: 0 },
        });
        let groups = vec![(Group::Product(slug("cockpit")), amounts.enumerate().collect())];
        Sales { tiers: sold.iter().map(|(tier, ..)| (slug("cockpit"), slug(tier))).collect(), groups }
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
        let report = add_up(&tiers, sales([("pro", 5, 30, 2, 3), ("free", 7, 70, 1, 0)]));
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
        let report = add_up(&tiers, sales([("pro", 1, 1, 0, 0), ("basic", 1, 3, 0, 0), ("team", 1, 1, 0, 0)]));
        let told: Vec<_> = report.totals.iter().map(|sum| (sum.currency.as_deref(), sum.yearly, sum.monthly())).collect();
        assert_eq!(told, [(Some("EUR"), 1_100, 92), (Some("USD"), 3_600, 300)]);
        assert_eq!(report.rows.len(), 2);
    }
}
