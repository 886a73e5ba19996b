//! Periods of the calendar: `90d`, `6w`, `3mo`, `1y`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::Date;

/// The longest period: anything beyond is a typing mistake, or `--perpetual` is meant.
const MOST_YEARS: u32 = 100;

/// A length of calendar time, in one unit. Months and years follow the calendar: 31 January and one month is the last
/// day of February.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Days,
    Weeks,
    Months,
    Years,
}

/// Why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// Not a number and a unit.
    #[error("a period is a number and a unit: 90d, 6w, 3mo or 1y")]
    Form,
    /// `m` could be minutes or months.
    #[error("'{0}m' is ambiguous: write {0}mo for months or {0}d for days")]
    Ambiguous(u32),
    /// Nothing lasts zero days.
    #[error("a period must be longer than zero")]
    Zero,
    /// More than a hundred years.
    #[error("a period is at most {MOST_YEARS} years")]
    Long,
}

impl Period {
    /// A period of whole days.
    #[must_use]
    pub fn days(count: u32) -> Self {
        Self { count, unit: Unit::Days }
    }

    /// A period of whole years.
    #[must_use]
    pub fn years(count: u32) -> Self {
        Self { count, unit: Unit::Years }
    }

    /// The day that lies this period after `day`, or `None` after the year 9999.
    #[must_use]
    pub fn after(self, day: Date) -> Option<Date> {
        match self.unit {
            Unit::Days => day.plus_days(self.count),
            Unit::Weeks => day.plus_days(self.count.checked_mul(7)?),
            Unit::Months => day.plus_months(self.count),
            Unit::Years => day.plus_months(self.count.checked_mul(12)?),
        }
    }

    /// The day that lies this period before `day`, or `None` before 1970.
    #[must_use]
    pub fn before(self, day: Date) -> Option<Date> {
        match self.unit {
            Unit::Days => day.minus_days(self.count),
            Unit::Weeks => day.minus_days(self.count.checked_mul(7)?),
            Unit::Months => day.minus_months(self.count),
            Unit::Years => day.minus_months(self.count.checked_mul(12)?),
        }
    }

    /// Whether it is counted in days, not by the calendar.
    #[must_use]
    pub fn is_in_days(self) -> bool {
        self.unit == Unit::Days
    }

    /// The period that leads from one day to another: whole years where they do, else whole months, else days. `None` where
    /// there is none: the second day does not come later, or a hundred years later.
    #[must_use]
    pub fn between(first: Date, last: Date) -> Option<Self> {
        let days = u32::try_from(last.days_since(first)).ok().filter(|days| (1..=MOST_YEARS * 366).contains(days))?;
        // A month has 31 days at most, so that fewer months never lead so far.
        let reached = (days / 31..).find_map(|months| match first.plus_months(months) {
            Some(day) if day < last => None,
            reached => Some((months, reached)),
        });
        let months = reached.filter(|(_, day)| *day == Some(last)).map(|(months, _)| months);
        Some(match months {
            Some(months) if months.is_multiple_of(12) => Self::years(months / 12),
            Some(months) => Self { count: months, unit: Unit::Months },
            None => Self::days(days),
        })
    }

    /// The length in days as a rule of thumb for comparing periods; months count 30.4 days, years 365.
    #[must_use]
    pub fn about_days(self) -> u32 {
        match self.unit {
            Unit::Days => self.count,
            Unit::Weeks => self.count * 7,
            Unit::Months => self.count * 365 / 12,
            Unit::Years => self.count * 365,
        }
    }
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err(InvalidPeriod::Form);
        }
        let count: u32 = number.parse().map_err(|_| InvalidPeriod::Long)?;
        let (unit, most) = match unit {
            "d" => (Unit::Days, MOST_YEARS * 366),
            "w" => (Unit::Weeks, MOST_YEARS * 53),
            "mo" => (Unit::Months, MOST_YEARS * 12),
            "y" => (Unit::Years, MOST_YEARS),
            "m" => return Err(InvalidPeriod::Ambiguous(count)),
            _ => return Err(InvalidPeriod::Form),
        };
        match count {
            0 => Err(InvalidPeriod::Zero),
            count if count > most => Err(InvalidPeriod::Long),
            count => Ok(Self { count, unit }),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => "d",
            Unit::Weeks => "w",
            Unit::Months => "mo",
            Unit::Years => "y",
        };
        out.pad(&format!("{}{unit}", self.count))
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(period: &str, day: &str) -> String {
        let period: Period = period.parse().unwrap();
        period.after(day.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn months_and_years_follow_the_calendar() {
        assert_eq!(after("1mo", "2027-01-31"), "2027-02-28");
        assert_eq!(after("1mo", "2028-01-31"), "2028-02-29");
        assert_eq!(after("1y", "2028-02-29"), "2029-02-28");
        assert_eq!(after("6w", "2026-11-22"), "2027-01-03");
        assert_eq!(after("90d", "2026-11-22"), "2027-02-20");
    }

    #[test]
    fn a_period_leads_back_as_well() {
        for (period, day, before) in [
            ("1mo", "2027-03-31", "2027-02-28"),
            ("1y", "2028-02-29", "2027-02-28"),
            ("6w", "2027-01-03", "2026-11-22"),
            ("90d", "2027-02-20", "2026-11-22"),
        ] {
            let period: Period = period.parse().unwrap();
            assert_eq!(period.before(day.parse().unwrap()).unwrap().to_string(), before, "{period}");
        }
        assert_eq!("1d".parse::<Period>().unwrap().before("1970-01-01".parse().unwrap()), None);
    }

    #[test]
    fn what_is_not_a_period_is_refused_with_its_reason() {
        assert_eq!("1m".parse::<Period>(), Err(InvalidPeriod::Ambiguous(1)));
        assert_eq!("0d".parse::<Period>(), Err(InvalidPeriod::Zero));
        assert_eq!("101y".parse::<Period>(), Err(InvalidPeriod::Long));
        assert_eq!("99999999999d".parse::<Period>(), Err(InvalidPeriod::Long));
        for wrong in ["", "d", "-1d", "1", "1 d", "1Y", "1.5y", "1yd"] {
            assert_eq!(wrong.parse::<Period>(), Err(InvalidPeriod::Form), "{wrong}");
        }
    }

    #[test]
    fn a_period_is_at_most_a_hundred_years() {
        for (longest, too_long) in [("36600d", "36601d"), ("5300w", "5301w"), ("1200mo", "1201mo"), ("100y", "101y")] {
            assert!(longest.parse::<Period>().is_ok(), "{longest}");
            assert_eq!(too_long.parse::<Period>(), Err(InvalidPeriod::Long), "{too_long}");
        }
    }

    #[test]
    fn periods_of_different_units_can_be_compared() {
        for (period, days) in [("90d", 90), ("6w", 42), ("1mo", 30), ("3mo", 91), ("12mo", 365), ("2y", 730)] {
            let period: Period = period.parse().unwrap();
            assert_eq!(period.about_days(), days, "{period}");
            assert_eq!(period.is_in_days(), period == Period::days(90), "{period}");
        }
    }

    #[test]
    fn between_two_days_lies_a_period_of_the_calendar() {
        for (first, last, period) in [
            ("2026-11-22", "2027-11-22", Some("1y")),
            ("2026-11-22", "2029-11-22", Some("3y")),
            ("2026-11-22", "2027-02-22", Some("3mo")),
            ("2026-11-30", "2027-02-28", Some("3mo")),
            ("2026-11-22", "2027-11-21", Some("364d")),
            ("2026-11-22", "2026-11-23", Some("1d")),
            ("2026-11-22", "2026-11-22", None),
            ("2026-11-22", "2026-11-21", None),
        ] {
            let found = Period::between(first.parse().unwrap(), last.parse().unwrap());
            assert_eq!(found.map(|period| period.to_string()).as_deref(), period, "{first} {last}");
        }
    }

    #[test]
    fn the_calendar_ends_with_the_year_9999() {
        assert_eq!("1d".parse::<Period>().unwrap().after(Date::LAST), None);
    }

    proptest! {
        #[test]
        fn every_period_reads_back(count in 1u32..100, unit in "d|w|mo|y") {
            let text = format!("{count}{unit}");
            prop_assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }

        #[test]
        fn the_period_between_two_days_leads_from_the_one_to_the_other(seconds in 0i64..4_000_000_000, days in 1u32..36_000) {
            let first = crate::license::Timestamp::from_seconds(seconds).unwrap().date();
            let last = first.plus_days(days).unwrap();
            prop_assert_eq!(Period::between(first, last).unwrap().after(first), Some(last));
        }

        #[test]
        fn a_period_always_leads_later(count in 1u32..100, unit in "d|w|mo|y", seconds in 0i64..4_000_000_000) {
            let day = crate::license::Timestamp::from_seconds(seconds).unwrap().date();
            let period: Period = format!("{count}{unit}").parse().unwrap();
            prop_assert!(period.after(day).unwrap() > day);
        }
    }
}
