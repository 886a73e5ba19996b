//! What depends on a signing key.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::authority::rotation::plan::{Extent, KeyPlan};
use crate::ledger::SignedGroup;
use crate::license::{Date, Slug, Timestamp};
use crate::render::{Cell, Column, Detail, Noun, Section, View};

/// How many groups people see below a key; the rest is to be had with `--by`.
const SHOWN: usize = 20;

/// A signing key and the live licenses that depend on it.
#[derive(Serialize)]
pub struct KeyPlanView {
    kid: String,
    purpose: &'static str,
    state: &'static str,
    licenses: u64,
    customer_count: usize,
    perpetual: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<Date>,
    superseded: u64,
    tiers: Vec<TierGroup>,
    customers: Vec<CustomerGroup>,
}

/// The live licenses of a tier that depend on a key.
#[derive(Serialize)]
pub struct TierGroup {
    product: Slug,
    tier: Slug,
    #[serde(flatten)]
    extent: ExtentView,
}

/// The live licenses of a customer that depend on a key.
#[derive(Serialize)]
pub struct CustomerGroup {
    customer: Slug,
    customer_name: String,
    #[serde(flatten)]
    extent: ExtentView,
}

/// How many, and how long.
#[derive(Serialize)]
struct ExtentView {
    licenses: u64,
    perpetual: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<Date>,
}

impl From<Extent> for ExtentView {
    fn from(extent: Extent) -> Self {
        Self {
            licenses: extent.licenses,
            perpetual: extent.perpetual,
            earliest: extent.earliest.map(Timestamp::last_day),
            // Where some never end, there is no last day.
            latest: extent.latest.filter(|_| extent.perpetual == 0).map(Timestamp::last_day),
        }
    }
}

impl ExtentView {
    fn cells<'a>(&self) -> [Cell<'a>; 4] {
        let never = if self.licenses > 0 { "never" } else { "–" };
        let (earliest, latest) = (Cell::from(self.earliest).or(never), Cell::from(self.latest).or(never));
        [self.licenses.into(), self.perpetual.into(), earliest, latest]
    }
}

impl KeyPlanView {
    pub fn new(plan: &KeyPlan) -> Self {
        let whole = ExtentView::from(Extent::of(&plan.groups));
        let tiers = grouped(plan, |group| (&group.product, &group.tier)).into_iter();
        let customers = grouped(plan, |group| (&group.customer, &group.customer_name)).into_iter();
        let customers: Vec<CustomerGroup> = customers
            .map(|((customer, name), extent)| CustomerGroup {
                customer: customer.clone(),
                customer_name: name.clone(),
                extent: extent.into(),
            })
            .collect();
        Self {
            kid: plan.key.kid.to_string(),
            purpose: plan.key.purpose.as_str(),
            state: plan.key.state.as_str(),
            licenses: whole.licenses,
            customer_count: customers.len(),
            perpetual: whole.perpetual,
            earliest: whole.earliest,
            latest: whole.latest,
            superseded: plan.superseded,
            tiers: tiers
                .map(|((product, tier), extent)| TierGroup {
                    product: product.clone(),
                    tier: tier.clone(),
                    extent: extent.into(),
                })
                .collect(),
            customers,
        }
    }

    /// By tier, the most licenses first.
    pub fn tiers(&self) -> &[TierGroup] {
        &self.tiers
    }

    /// By customer, the most licenses first.
    pub fn customers(&self) -> &[CustomerGroup] {
        &self.customers
    }

    /// What depends on the key, a line for a tier.
    pub fn lines(&self) -> Vec<String> {
        let line = |group: &TierGroup| {
            let extent = &group.extent;
            let last = extent.latest.map_or_else(|| "some never end".to_owned(), |day| format!("the last ends {day}"));
            let number =
                if extent.licenses == 1 { "1 live license".to_owned() } else { format!("{} live licenses", extent.licenses) };
            format!("{}/{}: {number}, {last}", group.product, group.tier)
        };
        self.tiers.iter().map(line).collect()
    }

    fn extent(&self) -> ExtentView {
        ExtentView { licenses: self.licenses, perpetual: self.perpetual, earliest: self.earliest, latest: self.latest }
    }
}

/// The groups of a plan put together by what `name` takes from them, the most licenses first.
fn grouped<'p, N: Ord + Copy>(plan: &'p KeyPlan, name: impl Fn(&'p SignedGroup) -> N) -> Vec<(N, Extent)> {
    let mut groups: BTreeMap<N, Vec<&SignedGroup>> = BTreeMap::new();
    for group in &plan.groups {
        groups.entry(name(group)).or_default().push(group);
    }
    let mut groups: Vec<(N, Extent)> = groups.into_iter().map(|(name, groups)| (name, Extent::of(groups))).collect();
    groups.sort_by_key(|(name, extent)| (std::cmp::Reverse(extent.licenses), *name));
    groups
}

impl View for KeyPlanView {
    const NOUN: Noun = Noun { one: "plan", many: "plans" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("kid", "Kid"),
                Column::new("purpose", "Signs"),
                Column::new("state", "State"),
                Column::number("licenses", "Live licenses"),
                Column::number("perpetual", "Perpetual").optional(3),
                Column::new("earliest", "First ends").optional(2),
                Column::new("latest", "Last ends").optional(1),
                Column::number("customer_count", "Customers").optional(4),
                Column::number("superseded", "Replaced").optional(5),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let [licenses, perpetual, earliest, latest] = self.extent().cells();
        let customers = i128::try_from(self.customer_count).unwrap_or_default();
        vec![
            (&self.kid).into(),
            self.purpose.into(),
            self.state.into(),
            licenses,
            perpetual,
            earliest,
            latest,
            Cell::Number(customers),
            self.superseded.into(),
        ]
    }

    fn name(&self) -> Cow<'_, str> {
        self.kid.as_str().into()
    }
}

impl Detail for KeyPlanView {
    fn sections(&self) -> Vec<Section<'_>> {
        let [licenses, perpetual, earliest, latest] = self.extent().cells();
        let mut facts: Vec<(&str, Cell<'_>)> = vec![
            ("Kid", (&self.kid).into()),
            ("Signs", self.purpose.into()),
            ("State", self.state.into()),
            ("Live licenses", licenses),
        ];
        if self.licenses > 0 {
            facts.extend([("Perpetual", perpetual), ("First ends", earliest), ("Last ends", latest)]);
        }
        facts.push(("Replaced", self.superseded.into()));
        let mut sections = vec![Section::facts(facts)];
        if self.licenses > 0 {
            sections.push(Section::rows(&self.tiers[..self.tiers.len().min(SHOWN)]).titled("By tier"));
            let title = if self.customers.len() > SHOWN { "By customer, the first 20" } else { "By customer" };
            sections.push(Section::rows(&self.customers[..self.customers.len().min(SHOWN)]).titled(title));
        }
        sections
    }
}

impl View for TierGroup {
    const NOUN: Noun = Noun { one: "tier", many: "tiers" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("product", "Product").optional(2),
                Column::text("tier", "Tier"),
                Column::number("licenses", "Live licenses"),
                Column::number("perpetual", "Perpetual").optional(3),
                Column::new("earliest", "First ends").optional(1),
                Column::new("latest", "Last ends"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let [licenses, perpetual, earliest, latest] = self.extent.cells();
        vec![(&self.product).into(), (&self.tier).into(), licenses, perpetual, earliest, latest]
    }

    fn name(&self) -> Cow<'_, str> {
        format!("{}/{}", self.product, self.tier).into()
    }
}

impl View for CustomerGroup {
    const NOUN: Noun = Noun { one: "customer", many: "customers" };

    fn columns() -> &'static [Column] {
        const {
            &[
                Column::new("customer", "Customer"),
                Column::text("customer_name", "Name").optional(2),
                Column::number("licenses", "Live licenses"),
                Column::number("perpetual", "Perpetual").optional(3),
                Column::new("earliest", "First ends").optional(1),
                Column::new("latest", "Last ends"),
            ]
        }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        let [licenses, perpetual, earliest, latest] = self.extent.cells();
        vec![(&self.customer).into(), (&self.customer_name).into(), licenses, perpetual, earliest, latest]
    }

    fn name(&self) -> Cow<'_, str> {
        self.customer.as_str().into()
    }
}
