//! The status of a license at a moment.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::time::{DAY, Timestamp};

/// What the vendor decided about a license, apart from its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing stands against it.
    #[default]
    Good,
    /// Switched off for a while.
    Suspended,
    /// Taken back.
    Revoked,
}

/// Where a license stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet valid.
    Scheduled,
    /// Valid.
    Active,
    /// Valid, and inside its warning window.
    Expiring,
    /// Past its end, inside its grace days: it still works.
    Grace,
    /// Past its end and its grace days.
    Expired,
    /// Switched off by the vendor for a while.
    Suspended,
    /// Taken back by the vendor.
    Revoked,
}

impl Status {
    /// Every status, in the order of a license's life.
    pub const ALL: [Self; 7] =
        [Self::Scheduled, Self::Active, Self::Expiring, Self::Grace, Self::Expired, Self::Suspended, Self::Revoked];

    /// Whether the licensed program may run.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Active | Self::Expiring | Self::Grace)
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Grace => "grace",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// The text is not the word for a status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a status is scheduled, active, expiring, grace, expired, suspended or revoked")]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// The dates of a license that decide its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second of validity.
    pub starts: Timestamp,
    /// The agreed end (the first second after it); `None` for a perpetual license.
    pub ends: Option<Timestamp>,
    /// The moment the key stops working, grace included; the same as `ends` where there is no grace.
    pub stops: Option<Timestamp>,
    /// How many days before the end the license counts as expiring.
    pub warn_days: u32,
}

impl Validity {
    /// The status at `at`.
    #[must_use]
    pub fn status(&self, standing: Standing, at: Timestamp) -> Status {
        match standing {
            Standing::Revoked => return Status::Revoked,
            Standing::Suspended => return Status::Suspended,
            Standing::Good => {}
        }
        let reached = |moment: Option<Timestamp>| moment.is_some_and(|moment| at >= moment);
        if at < self.starts {
            Status::Scheduled
        } else if reached(self.stops) {
            Status::Expired
        } else if reached(self.ends) {
            Status::Grace
        } else if self.ends.is_some_and(|end| end.seconds() - at.seconds() <= i64::from(self.warn_days) * DAY) {
            Status::Expiring
        } else {
            Status::Active
        }
    }

    /// Days from the day of `at` to the last day covered: 0 on that day, negative after it, `None` for a perpetual license.
    #[must_use]
    pub fn days_left(&self, at: Timestamp) -> Option<i64> {
        self.ends.map(|end| end.last_day().days_since(at.date()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn validity() -> Validity {
        Validity {
            starts: moment("2026-01-01"),
            ends: Some(moment("2027-02-01")),
            stops: Some(moment("2027-02-15")),
            warn_days: 30,
        }
    }

    #[test]
    fn a_license_runs_through_its_statuses() {
        for (at, status) in [
            ("2025-12-31T23:59:59Z", Status::Scheduled),
            ("2026-01-01", Status::Active),
            ("2027-01-01T23:59:59Z", Status::Active),
            ("2027-01-02", Status::Expiring),
            ("2027-01-31T23:59:59Z", Status::Expiring),
            ("2027-02-01", Status::Grace),
            ("2027-02-14T23:59:59Z", Status::Grace),
            ("2027-02-15", Status::Expired),
        ] {
            assert_eq!(validity().status(Standing::Good, moment(at)), status, "{at}");
        }
    }

    #[test]
    fn a_program_runs_from_the_start_to_the_end_of_the_grace_days_and_only_in_good_standing() {
        let usable: Vec<Status> = Status::ALL.into_iter().filter(|status| status.is_usable()).collect();
        assert_eq!(usable, [Status::Active, Status::Expiring, Status::Grace]);
    }

    #[test]
    fn what_the_vendor_decided_outweighs_the_term() {
        assert_eq!(validity().status(Standing::Revoked, moment("2026-06-01")), Status::Revoked);
        assert_eq!(validity().status(Standing::Suspended, moment("2030-06-01")), Status::Suspended);
    }

    #[test]
    fn a_perpetual_license_never_ends() {
        let perpetual = Validity { ends: None, stops: None, ..validity() };
        assert_eq!(perpetual.status(Standing::Good, moment("9999-12-31")), Status::Active);
        assert_eq!(perpetual.days_left(moment("2027-01-01")), None);
    }

    #[test]
    fn the_last_day_has_zero_days_left() {
        assert_eq!(validity().days_left(moment("2027-01-31T12:00:00Z")), Some(0));
        assert_eq!(validity().days_left(moment("2027-01-01T12:00:00Z")), Some(30));
        assert_eq!(validity().days_left(moment("2027-02-03")), Some(-3));
    }

    #[test]
    fn every_word_reads_back() {
        for status in Status::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
    }
}
