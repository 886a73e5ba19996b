//! What an operator's own limits cover: types, tiers, and how far ahead.

use super::{Actor, Error};
use crate::ledger::Tables;
use crate::license::{Date, LicenseType, Operator, Role, Slug, Terms, Timestamp};

/// Refuses what `beyond` finds to lie beyond the operator's limits; `action` completes "may not … this license".
///
/// # Errors
/// [`Error::BeyondLimits`], naming who has no such limit.
pub(super) fn check(
    tables: &Tables<'_>,
    actor: &Actor,
    action: &'static str,
    beyond: impl Fn(&Operator) -> Option<String>,
) -> Result<(), Error> {
    let Some(why) = beyond(actor.operator()) else { return Ok(()) };
    let can = |other: &Operator| other.role >= Role::Issuer && beyond(other).is_none();
    let who_can = tables.operators()?.into_iter().filter(can).map(|other| other.slug).collect();
    Err(Error::BeyondLimits { operator: actor.slug().clone(), action, why, who_can })
}

/// Why licenses of this type and tier are none of the operator's business.
pub(super) fn outside(operator: &Operator, kind: LicenseType, tier: &Slug) -> Option<String> {
    let limits = &operator.limits;
    if !limits.types.is_empty() && !limits.types.contains(&kind) {
        return Some(format!("{kind} licenses are outside the types allowed"));
    }
    if !limits.tiers.is_empty() && !limits.tiers.contains(tier) {
        return Some(format!("tier '{tier}' is outside the tiers allowed"));
    }
    None
}

/// Which limit a new license goes beyond. Its length counts from its start.
pub(super) fn beyond(operator: &Operator, terms: &Terms) -> Option<String> {
    outside(operator, terms.kind, &terms.tier).or_else(|| too_long(operator, terms.starts.date(), terms.ends))
}

/// Which limit a later end goes beyond. Its length counts from the end before or from today, whichever is later; and what
/// already runs longer than the limit is not made longer still, so that many short renewals do not add up to a long one.
pub(super) fn beyond_with_end(operator: &Operator, before: &Terms, after: &Terms, today: Date) -> Option<String> {
    let outside = outside(operator, before.kind, &before.tier).or_else(|| outside(operator, after.kind, &after.tier));
    let later = match (before.ends, after.ends) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if outside.is_some() || !later {
        return outside;
    }
    let runs = before.ends.map(Timestamp::last_day).filter(|last| *last > today);
    let first = runs.unwrap_or(today);
    let ahead = runs.and_then(|last| {
        let longest = operator.limits.longest?;
        (last > longest.after(today)?).then(|| format!("it runs until {last} as it is, longer than the {longest} allowed"))
    });
    ahead.or_else(|| too_long(operator, first.max(before.starts.date()), after.ends))
}

fn too_long(operator: &Operator, first: Date, ends: Option<Timestamp>) -> Option<String> {
    let longest = operator.limits.longest?;
    // A period that leads past the calendar's end limits nothing.
    let last = longest.after(first)?.end();
    match ends {
        None => Some(format!("perpetual is longer than the {longest} allowed")),
        Some(end) if end > last => Some(format!("until {} is longer than the {longest} allowed", end.last_day())),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{day, operator, terms};
    use crate::license::OperatorLimits;

    fn refused(ends: Option<i64>, until: Option<i64>) -> Option<String> {
        let limits = OperatorLimits { longest: Some("1y".parse().unwrap()), ..OperatorLimits::default() };
        let limited = Operator { limits, ..operator("ben", Role::Issuer) };
        let before = Terms { ends: ends.map(day), ..terms() };
        let after = Terms { ends: until.map(day), ..before.clone() };
        beyond_with_end(&limited, &before, &after, day(300).date())
    }

    #[test]
    fn a_renewal_counts_from_the_end_before_or_from_today() {
        // Ends day 365, a year more.
        assert_eq!(refused(Some(365), Some(730)), None);
        assert_eq!(refused(Some(365), Some(732)).unwrap(), "until 2028-01-02 is longer than the 1y allowed");
        // Ended long ago: a year from today, day 300.
        assert_eq!(refused(Some(100), Some(666)), None);
        assert!(refused(Some(100), Some(667)).is_some());
        assert_eq!(refused(Some(365), None).unwrap(), "perpetual is longer than the 1y allowed");
    }

    #[test]
    fn short_renewals_do_not_add_up_to_a_long_one() {
        assert_eq!(refused(Some(666), Some(700)), None);
        assert_eq!(refused(Some(700), Some(730)).unwrap(), "it runs until 2027-12-01 as it is, longer than the 1y allowed");
        // An earlier end is no matter of length.
        assert_eq!(refused(Some(700), Some(600)), None);
        assert_eq!(refused(None, Some(600)), None);
    }
}
