//! Moments and dates: whole seconds and calendar days, both in UTC.
//!
//! "Until 2027-01-31" means through the end of that day: [`Date::end`] is the next midnight.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Seconds in a day. UTC has no other days here: leap seconds are not counted, as in POSIX and in JWT.
pub const DAY: i64 = 86_400;

/// The last second that dates here can name: 9999-12-31 23:59:59 UTC.
const LAST: i64 = 253_402_300_799;

/// A moment: whole seconds since 1970-01-01 00:00 UTC (a JWT `NumericDate`), from 1970 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A calendar day in UTC, from 1970-01-01 to 9999-12-31.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

/// Why a text or a number is not a moment or a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// Not exactly `YYYY-MM-DD`.
    #[error("a date is written YYYY-MM-DD, like 2027-01-31")]
    DateForm,
    /// Neither `YYYY-MM-DD` nor RFC 3339.
    #[error("a moment is written YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ")]
    MomentForm,
    /// The right form, but the calendar has no such day.
    #[error("the calendar has no {0}")]
    NoSuchDay(String),
    /// Before 1970 or after 9999.
    #[error("years run from 1970 to 9999")]
    OutOfRange,
}

impl Timestamp {
    /// The moment `seconds` after 1970-01-01 00:00 UTC.
    ///
    /// # Errors
    /// [`InvalidTime::OutOfRange`] before 1970 and after 9999.
    pub fn from_seconds(seconds: i64) -> Result<Self, InvalidTime> {
        if (0..=LAST).contains(&seconds) { Ok(Self(seconds)) } else { Err(InvalidTime::OutOfRange) }
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The moment in the basic format of ISO 8601, in UTC: `20270131T140359Z`.
    #[must_use]
    pub fn to_basic(self) -> String {
        basic(self.to_string())
    }

    /// The day this moment lies in.
    #[must_use]
    pub fn date(self) -> Date {
        Date(self.utc().date_naive())
    }

    /// This moment and a number of days, stopping at the ends of the range.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)).clamp(0, LAST))
    }

    /// This moment and a number of seconds, stopping at the ends of the range.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(0, LAST))
    }

    /// For an end, the last day that is still covered: the day of the second before it.
    #[must_use]
    pub fn last_day(self) -> Date {
        self.plus_seconds(-1).date()
    }

    /// As mail writes it (RFC 5322, section 3.3): `Sun, 22 Nov 2026 09:00:00 +0000`.
    #[must_use]
    pub fn mail_date(self) -> String {
        self.utc().format("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    fn utc(self) -> DateTime<Utc> {
        // The range of this type lies well inside chrono's.
        DateTime::from_timestamp(self.0, 0).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with `Z`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0.rem_euclid(DAY);
        let mut text = *b"0000-00-00T00:00:00Z";
        self.date().write(&mut text);
        for (place, number) in [(11, second / 3_600), (14, second / 60 % 60), (17, second % 60)] {
            put(&mut text[place..place + 2], number.unsigned_abs() as u32);
        }
        out.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    /// Takes a date (its first second) or RFC 3339 with any offset; fractions of a second are refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 10 {
            return text.parse::<Date>().map(Date::start);
        }
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTime::MomentForm)?;
        if moment.timestamp_subsec_nanos() != 0 {
            return Err(InvalidTime::MomentForm);
        }
        Self::from_seconds(moment.timestamp())
    }
}

impl TryFrom<std::time::SystemTime> for Timestamp {
    type Error = InvalidTime;

    /// The whole second that a clock's reading lies in.
    fn try_from(moment: std::time::SystemTime) -> Result<Self, Self::Error> {
        let since = moment.duration_since(std::time::UNIX_EPOCH).map_err(|_| InvalidTime::OutOfRange)?;
        i64::try_from(since.as_secs()).map_err(|_| InvalidTime::OutOfRange).and_then(Self::from_seconds)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = i64::deserialize(deserializer)?;
        Self::from_seconds(seconds).map_err(serde::de::Error::custom)
    }
}

/// A time without its hyphens and colons.
fn basic(mut extended: String) -> String {
    extended.retain(|sign| sign.is_ascii_alphanumeric());
    extended
}

/// Writes a number in decimal digits, as many as there is room for. Lists have a date in every row: a pattern read anew for each, as
/// chrono does it, takes longer than to read the row.
fn put(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl Date {
    /// Writes `YYYY-MM-DD` at the beginning of a text.
    fn write(self, text: &mut [u8]) {
        put(&mut text[..4], self.0.year().unsigned_abs());
        put(&mut text[5..7], self.0.month());
        put(&mut text[8..10], self.0.day());
    }

    /// The day in the basic format of ISO 8601: `20270131`.
    #[must_use]
    pub fn to_basic(self) -> String {
        basic(self.to_string())
    }

    /// The last day that dates here can name.
    pub const LAST: Self = Self(match NaiveDate::from_ymd_opt(9999, 12, 31) {
        Some(day) => day,
        None => NaiveDate::MAX,
    });

    /// The first second of the day.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp(self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp())
    }

    /// The end of the day: the first second of the next. The last day of all ends with its last second.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.start().plus_days(1)
    }

    /// Whole days from `earlier` to this day; negative where this day comes first.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }

    /// The day `days` later, or `None` after 9999.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Option<Self> {
        self.0.checked_add_days(Days::new(u64::from(days))).and_then(Self::in_range)
    }

    /// The same day of the month `months` later, or the last day that month has. `None` after 9999.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Option<Self> {
        self.0.checked_add_months(chrono::Months::new(months)).and_then(Self::in_range)
    }

    /// The day `days` earlier, or `None` before 1970.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Option<Self> {
        self.0.checked_sub_days(Days::new(u64::from(days))).and_then(Self::in_range)
    }

    /// The same day of the month `months` earlier, or the last day that month has. `None` before 1970.
    #[must_use]
    pub fn minus_months(self, months: u32) -> Option<Self> {
        self.0.checked_sub_months(chrono::Months::new(months)).and_then(Self::in_range)
    }

    /// A day of the calendar, where there is such a day from 1970 to 9999.
    #[must_use]
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(Self::in_range)
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Its month, from 1.
    #[must_use]
    pub fn month(self) -> u32 {
        self.0.month()
    }

    fn in_range(day: NaiveDate) -> Option<Self> {
        (1970..=9999).contains(&day.year()).then_some(Self(day))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"0000-00-00";
        self.write(&mut text);
        out.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for Date {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // chrono alone would take `27-01-31` as the year 27.
        let form = b"dddd-dd-dd";
        let fits = text.len() == form.len()
            && text.bytes().zip(form).all(|(byte, want)| if *want == b'd' { byte.is_ascii_digit() } else { byte == *want });
        if !fits {
            return Err(InvalidTime::DateForm);
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| InvalidTime::NoSuchDay(text.to_owned()))?;
        Self::in_range(day).ok_or(InvalidTime::OutOfRange)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_one_form_of_a_date_is_read() {
        assert_eq!("2027-01-31".parse::<Date>().unwrap().to_string(), "2027-01-31");
        assert_eq!("2027-02-30".parse::<Date>(), Err(InvalidTime::NoSuchDay("2027-02-30".into())));
        assert_eq!("0027-01-31".parse::<Date>(), Err(InvalidTime::OutOfRange));
        for wrong in ["27-01-31", "2027-1-31", "2027/01/31", "+027-01-31", "2027-01-311", "", "２０２７-01-31"] {
            assert_eq!(wrong.parse::<Date>(), Err(InvalidTime::DateForm), "{wrong}");
        }
    }

    #[test]
    fn until_a_day_means_through_its_end() {
        let day: Date = "2027-01-31".parse().unwrap();
        assert_eq!(day.end().to_string(), "2027-02-01T00:00:00Z");
        assert_eq!(day.end().last_day(), day);
    }

    #[test]
    fn moments_are_read_in_both_forms() {
        let moment = |text: &str| text.parse::<Timestamp>();
        assert_eq!(moment("2027-01-31").unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert_eq!(moment("2027-01-31T12:00:00+02:00").unwrap().to_string(), "2027-01-31T10:00:00Z");
        assert_eq!(moment("2027-01-31T12:00:00.5Z"), Err(InvalidTime::MomentForm));
        assert_eq!(moment("now"), Err(InvalidTime::MomentForm));
        assert!(Timestamp::from_seconds(-1).is_err());
    }

    #[test]
    fn mail_has_a_form_of_its_own_for_a_moment() {
        let moment: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        assert_eq!(moment.mail_date(), "Sun, 22 Nov 2026 09:00:00 +0000");
    }

    #[test]
    fn a_clock_is_read_down_to_the_second() {
        use std::time::{Duration, UNIX_EPOCH};
        assert_eq!(Timestamp::try_from(UNIX_EPOCH + Duration::from_millis(1_999)), Timestamp::from_seconds(1));
        assert_eq!(Timestamp::try_from(UNIX_EPOCH - Duration::from_secs(1)), Err(InvalidTime::OutOfRange));
    }

    proptest! {
        #[test]
        fn every_day_reads_back(seconds in 0..=LAST) {
            let moment = Timestamp::from_seconds(seconds).unwrap();
            prop_assert_eq!(moment.to_string().parse::<Timestamp>(), Ok(moment));
            prop_assert_eq!(moment.to_string(), moment.utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            prop_assert_eq!(moment.date().to_string().parse::<Date>(), Ok(moment.date()));
            prop_assert!(moment.date().start() <= moment);
            prop_assert_eq!(moment.to_basic(), moment.to_string().replace(['-', ':'], ""));
            prop_assert_eq!(moment.date().to_basic(), moment.date().to_string().replace('-', ""));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,30}") {
            let _ = text.parse::<Date>();
            let _ = text.parse::<Timestamp>();
        }
    }
}
