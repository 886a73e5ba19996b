//! Dates, moments and periods.

use std::path::Path;

use lic::license::{Date, Period, Timestamp};

use super::{text, texts};

/// Dates, moments and periods keep their meaning in their own spelling, and a period always leads later.
pub fn times(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(day) = text.parse::<Date>() {
        // A date has one spelling alone.
        assert_eq!(day.to_string(), text);
        assert!(day.start() < day.end() && day.end().last_day() == day || day == Date::LAST);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        assert_eq!(moment.to_string().parse(), Ok(moment));
        assert_eq!(Timestamp::from_seconds(moment.seconds()), Ok(moment));
        assert!(moment.date().start() <= moment && moment.mail_date().len() == 31);
        assert!(text.len() >= 10 && text.is_ascii());
    }
    // A day, a blank and a period.
    let (day, period) = text.split_once(' ').unwrap_or(("2028-01-31", &text));
    let Ok(period) = period.parse::<Period>() else { return };
    assert_eq!(period.to_string().parse(), Ok(period));
    assert!(period.about_days() > 0);
    let Ok(day) = day.parse::<Date>() else { return };
    if let Some(later) = period.after(day) {
        assert!(later > day);
        // From 31 January, a month leads to the end of February, and so do 28 days.
        let between = Period::between(day, later);
        assert!(between.is_none_or(|between| between.after(day) == Some(later)), "{day} {later} {between:?}");
        assert!(between.is_some() || later.days_since(day) > 36_000);
    }
}

pub fn times_seeds(_: &Path) -> Vec<Vec<u8>> {
    texts(&[
        "2027-01-31",
        "2028-02-29",
        "1970-01-01",
        "9999-12-31",
        "2027-01-31T12:00:00Z",
        "2027-01-31T12:00:00+02:00",
        "2027-01-31t12:00:60.5z",
        "90d",
        "6w",
        "3mo",
        "1y",
        "1m",
        "2027-01-31 1mo",
        "2028-02-29 1y",
        "9999-12-30 2d",
        "1970-01-01 100y",
        "2027-08-31 18mo",
    ])
}
