//! What the rows of an order file say. Pure: whether customers and tiers are known is not asked here.

use serde_json::{Map, Value};

use super::cells::{Columns, PROBLEM, shown, truth};
use super::fields::OrderField;
use crate::authority::Error;
use crate::authority::csv_import::sheet::Row;
use crate::authority::csv_import::{ColumnName, Problem};
use crate::authority::order::{End, Order, Quantity};
use crate::license::terms::LARGEST_LIMIT;
use crate::license::{Date, MachineId, Period, Slug};
use crate::token;

/// Before the name of a member of `meta` in a header: `meta.contract`.
const META: &str = "meta.";

/// What a row may leave out, and what it is then.
#[derive(Debug, Clone)]
pub struct OrderDefaults {
    /// The customer, where no column names one.
    pub customer: Option<String>,
    /// The tier, where no cell names one.
    pub tier: Option<String>,
    /// Everything else. Its customer and tier do not count.
    pub order: Order,
}

/// An order as a row has it, with its customer and its tier as they are typed.
#[derive(Debug, Clone)]
pub(in crate::authority) struct TypedOrder {
    /// The customer.
    pub customer: String,
    /// The tier.
    pub tier: String,
    /// Everything else. Its customer and tier do not count.
    pub order: Order,
}

/// How the rows of an order file are read.
pub(in crate::authority) struct OrderForm {
    columns: Columns<OrderField>,
    /// The columns of members of `meta`, with their names.
    meta: Vec<(usize, String)>,
    defaults: OrderDefaults,
}

impl OrderForm {
    /// Reads a header.
    ///
    /// # Errors
    /// What is wrong with the header as a whole.
    pub fn read(header: &[ColumnName], map: &[(OrderField, String)], defaults: OrderDefaults) -> Result<Self, Vec<String>> {
        let columns = Columns::find(header, map, |name| name == PROBLEM || meta_name(name).is_some())?;
        let mut missing = Vec::new();
        let has = || header.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        for (field, default) in [(OrderField::Customer, &defaults.customer), (OrderField::Tier, &defaults.tier)] {
            if !columns.has(field) && default.is_none() {
                missing.push(format!("no column for the {field}; the file has: {}", has()));
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        let meta = columns.others().filter_map(|(place, column)| Some((place, meta_name(&column.name)?.to_owned()))).collect();
        Ok(Self { columns, meta, defaults })
    }

    /// The columns that say nothing about a license.
    pub fn ignored(&self) -> Vec<String> {
        let unused = self.columns.others().filter(|(place, column)| {
            column.name != PROBLEM && !column.name.is_empty() && self.meta.iter().all(|(taken, _)| taken != place)
        });
        unused.map(|(_, column)| column.name.clone()).collect()
    }

    /// The order of a row, and the name that the row has.
    ///
    /// # Errors
    /// Everything that is wrong with the row.
    pub fn order(&self, row: &Row) -> Result<(TypedOrder, Option<String>), Vec<Problem>> {
        use OrderField as F;
        let mut cells = self.columns.of(row);
        let mut order = self.defaults.order.clone();
        let customer = cells.line(F::Customer).or_else(|| self.defaults.customer.clone());
        let tier = cells.line(F::Tier).or_else(|| self.defaults.tier.clone());
        for (field, word) in [(F::Customer, &customer), (F::Tier, &tier)] {
            if word.is_none() && cells.text(field).is_none() {
                cells.refuse(Some(field), format!("the {field} is missing"));
            }
        }
        order.product = cells.parsed(F::Product, slug).or(order.product);
        order.seats = cells.parsed(F::Seats, quantity).or(order.seats);
        let term = cells.parsed(F::Term, term);
        let until = cells.parsed(F::Until, until);
        if term.is_some() && until.is_some() {
            cells.refuse(Some(F::Until), "a term and a last day: leave one of them empty");
        }
        order.end = until.or(term).or(order.end);
        order.from = cells.parsed(F::From, date).or(order.from);
        order.kind = cells
            .parsed(F::Type, |text| {
                text.to_lowercase().parse().map_err(|_| format!("{} is not commercial, trial or test", shown(text)))
            })
            .unwrap_or(order.kind);
        order.internal = cells.parsed(F::Internal, truth).unwrap_or(order.internal);
        let machines = cells.each(F::Machine, |text| text.parse::<MachineId>().map_err(|why| format!("{}: {why}", shown(text))));
        if !machines.is_empty() {
            order.machines = machines;
        }
        order.max_machines = cells.parsed(F::MaxMachines, quantity).or(order.max_machines);
        order.grace_days = cells.parsed(F::Grace, grace).or(order.grace_days);
        order.features.extend(cells.each(F::Features, slug));
        order.without_features.extend(cells.each(F::WithoutFeatures, slug));
        order.limits.extend(cells.each(F::Limits, limit));
        order.note = cells.line(F::Note).or(order.note);
        order.meta =
            cells.parsed(F::Meta, |text| token::read_meta(text.as_bytes()).map_err(|why| why.to_string())).or(order.meta);
        let request = cells.line(F::Request);
        let mut problems = cells.problems;
        if let Err((place, why)) = self.add_members(row, &mut order.meta) {
            problems.push(self.columns.problem_at(row, place, why));
        }
        match (customer, tier) {
            (Some(customer), Some(tier)) if problems.is_empty() => Ok((TypedOrder { customer, tier, order }, request)),
            _ => Err(problems),
        }
    }

    /// The customer, the tier and the product of a row that has other problems: they are looked up all the same.
    pub fn words(&self, row: &Row) -> (Option<String>, Option<String>, Option<Slug>) {
        let mut cells = self.columns.of(row);
        let customer = cells.line(OrderField::Customer).or_else(|| self.defaults.customer.clone());
        let tier = cells.line(OrderField::Tier).or_else(|| self.defaults.tier.clone());
        let product = cells.parsed(OrderField::Product, slug).or_else(|| self.defaults.order.product.clone());
        (customer, tier, product)
    }

    /// Puts the cells of the columns `meta.NAME` into the object under these names, as texts.
    fn add_members(&self, row: &Row, meta: &mut Option<Value>) -> Result<(), (usize, &'static str)> {
        for (place, name) in &self.meta {
            let Some((_, text)) = row.cells.get(*place).filter(|(_, text)| !text.is_empty()) else { continue };
            let Value::Object(members) = meta.get_or_insert_with(|| Value::Object(Map::new())) else {
                return Err((*place, "the meta data is no JSON object, and this has no place in it"));
            };
            members.insert(name.clone(), Value::String(text.clone()));
        }
        Ok(())
    }

    /// Where the reason for refusing an order stands.
    pub fn problem(&self, row: &Row, error: &Error) -> Problem {
        use OrderField as F;
        let message = super::in_words(error);
        let field = match error {
            Error::UnknownCustomer { .. } | Error::ArchivedCustomer(_) => Some(F::Customer),
            Error::UnknownTier { .. } | Error::AmbiguousTier { .. } | Error::RetiredTier(_) | Error::NoTiers => Some(F::Tier),
            Error::MachineOfAnotherProduct { .. } | Error::MachineKindRefused { .. } => Some(F::Machine),
            Error::RequestReused { .. } => Some(F::Request),
            Error::Invalid(why) if why.starts_with("a request id") || why.starts_with("the same request") => Some(F::Request),
            Error::Invalid(why) if why.starts_with("the end") => Some(F::Until),
            Error::Invalid(why) if why.contains("ends after the year") => Some(F::Term),
            Error::Invalid(why) if why.starts_with("limit") => Some(F::Limits),
            Error::Invalid(why) if why.starts_with("feature") && why.contains("left out:") => Some(F::WithoutFeatures),
            Error::Invalid(why) if why.starts_with("feature") => Some(F::Features),
            Error::Invalid(why) if why.contains("machine") => Some(F::Machine),
            Error::Invalid(why) if why.contains("meta") => Some(F::Meta),
            _ => None,
        };
        self.columns.problem(row, field.filter(|field| self.columns.has(*field)), message)
    }
}

fn meta_name(column: &str) -> Option<&str> {
    let (start, name) = column.split_at_checked(META.len())?;
    (start.eq_ignore_ascii_case(META) && !name.trim().is_empty()).then(|| name.trim())
}

fn slug(text: &str) -> Result<Slug, String> {
    text.to_lowercase().parse().map_err(|why| format!("{}: {why}", shown(text)))
}

pub(super) fn quantity(text: &str) -> Result<Quantity, String> {
    text.to_lowercase().parse().map_err(|why| format!("{} {why}", shown(text)))
}

pub(super) fn term(text: &str) -> Result<End, String> {
    if text.eq_ignore_ascii_case("perpetual") {
        return Ok(End::Perpetual);
    }
    text.parse::<Period>().map(End::For).map_err(|why| format!("{}: {why}", shown(text)))
}

pub(super) fn until(text: &str) -> Result<End, String> {
    if ["perpetual", "never"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Ok(End::Perpetual);
    }
    date(text).map(End::Until)
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|why| format!("{}: {why}", shown(text)))
}

fn grace(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| *days <= 3660);
    days.ok_or_else(|| format!("{} is no whole number of days from 0 to 3660", shown(text)))
}

fn limit(text: &str) -> Result<(Slug, Option<u64>), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{} is not NAME=NUMBER", shown(text)))?;
    let name = slug(name)?;
    if value.eq_ignore_ascii_case("unlimited") {
        return Ok((name, None));
    }
    let limit = value.parse().ok().filter(|limit| *limit <= LARGEST_LIMIT);
    limit.map(|limit| (name, Some(limit))).ok_or_else(|| format!("{} is no whole number, and not unlimited", shown(value)))
}
