//! The spans that people report by: months, quarters and years.

use std::fmt;
use std::str::FromStr;

use super::time::Date;

/// A span of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Calendar {
    /// A month.
    Month,
    /// Three months, from January, April, July or October.
    Quarter,
    /// A year.
    Year,
}

impl Calendar {
    /// Every span.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The first day of the span that a day lies in.
    #[must_use]
    pub fn first_day(self, day: Date) -> Date {
        let month = match self {
            Self::Month => day.month(),
            Self::Quarter => day.month() - (day.month() - 1) % 3,
            Self::Year => 1,
        };
        // Every month has a first day.
        Date::of(day.year(), month, 1).unwrap_or(day)
    }

    /// The last day of the span that a day lies in.
    #[must_use]
    pub fn last_day(self, day: Date) -> Date {
        let months = match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        self.first_day(day).plus_months(months).map_or(Date::LAST, |next| next.minus_days(1).unwrap_or(day))
    }

    /// What the span is called that a day lies in: `2026-11`, `2026-Q4`, `2026`. Names sort as the spans follow one another.
    #[must_use]
    pub fn name(self, day: Date) -> String {
        match self {
            Self::Month => format!("{}-{:02}", day.year(), day.month()),
            Self::Quarter => format!("{}-Q{}", day.year(), day.month().div_ceil(3)),
            Self::Year => day.year().to_string(),
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a period of the calendar is month, quarter or year")]
pub struct UnknownCalendar;

impl FromStr for Calendar {
    type Err = UnknownCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|span| span.as_str() == text).ok_or(UnknownCalendar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_lies_in_a_month_a_quarter_and_a_year() {
        let day: Date = "2028-02-11".parse().unwrap();
        for (span, first, last, name) in [
            (Calendar::Month, "2028-02-01", "2028-02-29", "2028-02"),
            (Calendar::Quarter, "2028-01-01", "2028-03-31", "2028-Q1"),
            (Calendar::Year, "2028-01-01", "2028-12-31", "2028"),
        ] {
            assert_eq!(span.first_day(day).to_string(), first);
            assert_eq!(span.last_day(day).to_string(), last);
            assert_eq!(span.name(day), name);
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        assert_eq!("week".parse::<Calendar>(), Err(UnknownCalendar));
        assert_eq!(Calendar::Year.last_day(Date::LAST), Date::LAST);
    }

    proptest! {
        #[test]
        fn spans_follow_one_another_without_a_gap(seconds in 0i64..250_000_000_000) {
            let day = crate::license::Timestamp::from_seconds(seconds).unwrap().date();
            for span in Calendar::ALL {
                let (first, last) = (span.first_day(day), span.last_day(day));
                prop_assert!(first <= day && day <= last);
                let next = last.plus_days(1).unwrap();
                prop_assert_eq!(span.first_day(next), next);
                prop_assert!(span.name(next) > span.name(day) && span.name(first) == span.name(last));
            }
        }
    }
}
