//! What reports count: licenses by tier, customer, time and so on; what is in force; which ends were renewed.
//!
//! Most of it is one pass over the licenses that adds each to the count of its group: the tables hold small rows, and a
//! million of them pass in less time than the database would sort them in. What is only counted by status or by tier is read from an
//! index. What a count means in money or to a person is said in `authority::report`.

mod activations;
mod fold;
mod group;
mod renewals;
mod sold;
mod statuses;
mod tally;
#[cfg(test)]
mod tests;
mod tiers_then;
mod usage;

pub use activations::Turnover;
pub use group::{Group, Grouping};
pub use renewals::Renewals;
pub use sold::{Sales, Sold};
pub use statuses::StatusCounts;
pub use tally::{Amount, Tally};
pub use usage::{Only, Usage};
