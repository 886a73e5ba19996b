//! Of which licenses a report is, of which days, and of the ledger of which moment.

use super::{By, Kind};
use crate::authority::{Error, find};
use crate::ledger::report::Grouping;
use crate::ledger::{LicenseFilter, Tables};
use crate::license::{Calendar, Date, LicenseType, Period, Slug, Timestamp};

/// How far a list of ends or of issued licenses reaches unless told otherwise.
const USUAL_DAYS: u32 = 30;
/// How far back renewals are counted unless told otherwise, in years.
const USUAL_YEARS: u32 = 1;

/// What somebody asks for. Everything that is set narrows it.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Of this customer.
    pub customer: Option<String>,
    /// Of this tier.
    pub tier: Option<String>,
    /// Of this product.
    pub product: Option<Slug>,
    /// Of this type.
    pub kind: Option<LicenseType>,
    /// For internal use, or not.
    pub internal: Option<bool>,
    /// Issued by this operator.
    pub issued_by: Option<Slug>,
    /// Of the ledger at this moment.
    pub at: Option<Timestamp>,
    /// From this day on.
    pub since: Option<Date>,
    /// Up to and including this day.
    pub until: Option<Date>,
    /// So far ahead, or back, from the day of the report.
    pub within: Option<Period>,
    /// The month, quarter or year that the day of the report lies in.
    pub span: Option<Calendar>,
    /// What to group by.
    pub by: Option<By>,
}

/// Days, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: Date,
    /// The last.
    pub last: Date,
}

impl Days {
    /// The first second of the first day, and the first second after the last day.
    #[must_use]
    pub fn moments(self) -> (Timestamp, Timestamp) {
        (self.first.start(), self.last.end())
    }
}

/// A question with its names looked up and its days settled.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What is reported.
    pub kind: Kind,
    /// The licenses, the moment, and for lists the days.
    pub filter: LicenseFilter,
    /// The days that it is about; `None`: whenever.
    pub days: Option<Days>,
    /// What it is grouped by; `None`: a list.
    pub by: Option<By>,
}

impl Scope {
    /// Looks up what a question names, and checks that it can be answered.
    ///
    /// # Errors
    /// A customer, tier, product or operator that there is not; [`Error::Report`] for days that make no sense, and for a
    /// grouping that this report does not have.
    pub fn new(tables: &Tables<'_>, kind: Kind, question: Question, now: Timestamp) -> Result<Self, Error> {
        let at = question.at.unwrap_or(now);
        let days = days(kind, &question, at)?;
        let by = question.by.or(kind.usual_grouping());
        if let Some(by) = by.filter(|by| !kind.groupings().contains(by)) {
            let known: Vec<&str> = kind.groupings().iter().map(|by| by.as_str()).collect();
            let hint = format!("group by {}", known.join(", "));
            return Err(Error::Report { why: format!("the report on {kind} is not grouped by {by}"), hint });
        }
        let mut filter = LicenseFilter::new(at);
        filter.as_of = question.at.filter(|at| *at < now);
        if let Some(customer) = &question.customer {
            filter.customer = Some(find::customer(tables, customer)?.slug);
        }
        if let Some(product) = &question.product {
            find::product(tables, product)?;
        }
        filter.product = question.product;
        if let Some(tier) = &question.tier {
            let tier = find::tier(tables, tier, filter.product.as_ref())?;
            (filter.tier, filter.product) = (Some(tier.slug), Some(tier.product));
        }
        if let Some(operator) = question.issued_by {
            // Who was removed issued licenses all the same.
            if !tables.has_had_operator(&operator)? {
                find::operator(tables, &operator)?;
            }
            filter.issued_by = Some(operator);
        }
        (filter.kind, filter.internal) = (question.kind, question.internal);
        if matches!(kind, Kind::Revenue | Kind::Renewals) {
            // Nobody pays for the others, and nobody is to renew them, unless somebody asks about them.
            filter.kind.get_or_insert(LicenseType::Commercial);
            filter.internal.get_or_insert(false);
        }
        let mut scope = Self { kind, filter, days, by };
        scope.narrow();
        Ok(scope)
    }

    /// The grouping of the ledger.
    pub(super) fn grouping(&self) -> Grouping {
        self.by.unwrap_or(By::Product).grouping(self.kind)
    }

    /// Puts the days into the filter, as far as they choose licenses.
    fn narrow(&mut self) {
        let Some((from, to)) = self.days.map(Days::moments) else { return };
        let at = self.filter.at;
        match self.kind {
            Kind::Expiring => self.filter.ends_in = Some((from.max(at), to)),
            Kind::Expired => self.filter.ends_in = Some((from, to.min(at))),
            // Of these the days are those in which something happened to licenses of any age.
            Kind::Renewals | Kind::Machines => {}
            Kind::Issued | Kind::Customers | Kind::Tiers | Kind::Seats | Kind::Revenue => {
                (self.filter.issued_since, self.filter.issued_before) = (Some(from), Some(to));
            }
        }
    }
}

/// The days that a report is about.
fn days(kind: Kind, question: &Question, at: Timestamp) -> Result<Option<Days>, Error> {
    let today = at.date();
    let ahead = kind == Kind::Expiring;
    let refused = |why: String, hint: String| Err(Error::Report { why, hint });
    if let (Some(since), Some(until)) = (question.since, question.until)
        && since > until
    {
        let hint = format!("turn them round: --since {until} --until {since}");
        return refused(format!("the first day, {since}, comes after the last, {until}"), hint);
    }
    let far = |period: Period| {
        if ahead {
            Days { first: today, last: period.after(today).unwrap_or(Date::LAST) }
        } else {
            Days { first: period.before(today).unwrap_or_else(|| Timestamp::from_seconds(0).unwrap_or(at).date()), last: today }
        }
    };
    let told = if let Some(period) = question.within {
        Some(far(period))
    } else if let Some(span) = question.span {
        Some(Days { first: span.first_day(today), last: span.last_day(today) })
    } else if question.since.is_some() || question.until.is_some() {
        let begin = if ahead { today } else { Timestamp::from_seconds(0).unwrap_or(at).date() };
        let end = if ahead { Date::LAST } else { today };
        let (first, last) = (question.since.unwrap_or(begin), question.until.unwrap_or(end));
        Some(Days { first, last })
    } else {
        match kind {
            Kind::Expiring | Kind::Expired | Kind::Issued | Kind::Machines => Some(far(Period::days(USUAL_DAYS))),
            Kind::Renewals => Some(far(Period::years(USUAL_YEARS))),
            Kind::Customers | Kind::Tiers | Kind::Seats | Kind::Revenue => None,
        }
    };
    match told {
        Some(days) if ahead && days.last < today => {
            let hint = format!("see them with 'lic report expired --until {}'", days.last);
            refused(format!("what ended by {} is not expiring any more on {today}", days.last), hint)
        }
        Some(days) if !ahead && days.first > today => {
            let hint = match kind {
                Kind::Expired | Kind::Renewals => format!("see what will end with 'lic report expiring --since {}'", days.first),
                _ => "name an earlier day with --since".into(),
            };
            refused(format!("{} has not come yet on {today}", days.first), hint)
        }
        told => Ok(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: Kind, change: impl FnOnce(&mut Question)) -> Result<Option<(String, String)>, String> {
        let mut question = Question::default();
        change(&mut question);
        let found = days(kind, &question, "2026-11-22T09:00:00Z".parse().unwrap());
        found.map(|days| days.map(|days| (days.first.to_string(), days.last.to_string()))).map_err(|error| error.to_string())
    }

    fn span(first: &str, last: &str) -> Result<Option<(String, String)>, String> {
        Ok(Some((first.to_owned(), last.to_owned())))
    }

    #[test]
    fn a_report_looks_ahead_or_back_from_its_day() {
        let within = |question: &mut Question| question.within = "3mo".parse().ok();
        assert_eq!(asked(Kind::Expiring, |_| {}), span("2026-11-22", "2026-12-22"));
        assert_eq!(asked(Kind::Expired, |_| {}), span("2026-10-23", "2026-11-22"));
        assert_eq!(asked(Kind::Expiring, within), span("2026-11-22", "2027-02-22"));
        assert_eq!(asked(Kind::Issued, within), span("2026-08-22", "2026-11-22"));
        assert_eq!(asked(Kind::Renewals, |_| {}), span("2025-11-22", "2026-11-22"));
        assert_eq!(asked(Kind::Tiers, |_| {}), Ok(None));
    }

    #[test]
    fn the_calendar_and_single_days_tell_the_rest() {
        let quarter = |question: &mut Question| question.span = Some(Calendar::Quarter);
        assert_eq!(asked(Kind::Issued, quarter), span("2026-10-01", "2026-12-31"));
        let since = |question: &mut Question| question.since = "2026-06-01".parse().ok();
        assert_eq!(asked(Kind::Issued, since), span("2026-06-01", "2026-11-22"));
        assert_eq!(asked(Kind::Expiring, since), span("2026-06-01", "9999-12-31"));
        let until = |question: &mut Question| question.until = "2027-06-01".parse().ok();
        assert_eq!(asked(Kind::Expiring, until), span("2026-11-22", "2027-06-01"));
        assert_eq!(asked(Kind::Tiers, until), span("1970-01-01", "2027-06-01"));
    }

    #[test]
    fn days_that_make_no_sense_are_refused_with_their_reason() {
        let days = |first: &'static str, last: &'static str| {
            move |question: &mut Question| (question.since, question.until) = (first.parse().ok(), last.parse().ok())
        };
        for (kind, first, last, why) in [
            (Kind::Issued, "2026-11-02", "2026-11-01", "the first day, 2026-11-02, comes after the last, 2026-11-01"),
            (Kind::Expiring, "2026-10-01", "2026-11-21", "what ended by 2026-11-21 is not expiring any more on 2026-11-22"),
            (Kind::Renewals, "2026-11-23", "2026-12-01", "2026-11-23 has not come yet on 2026-11-22"),
        ] {
            assert_eq!(asked(kind, days(first, last)), Err(why.to_owned()));
        }
    }
}
