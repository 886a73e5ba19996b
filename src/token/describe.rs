//! The plain lines that tell people what a check found. Text that comes from a key is shown escaped and cut short.

use crate::license::{MachineTerms, Standing, Status, Timestamp, Validity};

/// The longest piece of foreign text in a line, in characters.
const LONGEST: usize = 120;

/// Foreign text, made harmless: control and bidirectional characters escaped, and not endless.
pub(super) fn shown(text: &str) -> String {
    let mut line: String = text.chars().take(LONGEST).collect::<String>().escape_debug().to_string();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    // Quotes need no escape where nothing is quoted.
    line.replace("\\\"", "\"").replace("\\'", "'")
}

/// `3 days`, `1 day`.
pub(super) fn days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

pub(super) fn ago(count: i64) -> String {
    if count == 0 { "today".to_owned() } else { format!("{} ago", days(count)) }
}

/// Where `at` lies in a term: `ended 2027-11-22, 3 days ago; grace ran out 2027-11-25`.
pub(super) fn term(validity: &Validity, at: Timestamp) -> String {
    let Some(end) = validity.ends else {
        return match validity.status(Standing::Good, at) {
            Status::Scheduled => begins(validity, at),
            _ => "perpetual".to_owned(),
        };
    };
    let last = end.last_day();
    let left = last.days_since(at.date());
    let grace = validity.stops.filter(|stops| *stops != end).map(Timestamp::last_day);
    match (validity.status(Standing::Good, at), grace) {
        (Status::Scheduled, _) => begins(validity, at),
        (Status::Expired, Some(grace)) => format!("ended {last}, {}; grace ran out {grace}", ago(-left)),
        (Status::Expired, None) => format!("ended {last}, {}", ago(-left)),
        (Status::Grace, Some(grace)) => format!("ended {last}, {}; grace until {grace}", ago(-left)),
        _ if left == 0 => format!("until {last}, the last day"),
        _ => format!("until {last}, {} left", days(left)),
    }
}

fn begins(validity: &Validity, at: Timestamp) -> String {
    let first = validity.starts.date();
    match first.days_since(at.date()) {
        0 => format!("begins {}, today", validity.starts),
        wait => format!("begins {first}, in {}", days(wait)),
    }
}

/// Which machines a key is bound to.
pub(super) fn machines(machines: &MachineTerms) -> String {
    let most = machines.max.map(|max| format!("at most {max}"));
    match (machines.bound.len(), most) {
        (0, None) => "any machine".to_owned(),
        (0, Some(most)) => format!("bound to no machine yet, {most}"),
        (1, None) => "bound to 1 machine".to_owned(),
        (1, Some(most)) => format!("bound to 1 machine, {most}"),
        (count, None) => format!("bound to {count} machines"),
        (count, Some(most)) => format!("bound to {count} machines, {most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn line(ends: Option<&str>, stops: Option<&str>, at: &str) -> String {
        let validity = Validity { starts: moment("2026-11-23"), ends: ends.map(moment), stops: stops.map(moment), warn_days: 30 };
        term(&validity, moment(at))
    }

    #[test]
    fn the_term_reads_as_people_say_it() {
        let (end, stop) = (Some("2027-11-23"), Some("2027-11-26"));
        for (at, want) in [
            ("2026-11-20", "begins 2026-11-23, in 3 days"),
            ("2026-11-22T23:00:00Z", "begins 2026-11-23, in 1 day"),
            ("2027-06-01", "until 2027-11-22, 174 days left"),
            ("2027-11-21T12:00:00Z", "until 2027-11-22, 1 day left"),
            ("2027-11-22T12:00:00Z", "until 2027-11-22, the last day"),
            ("2027-11-25", "ended 2027-11-22, 3 days ago; grace until 2027-11-25"),
            ("2027-11-26", "ended 2027-11-22, 4 days ago; grace ran out 2027-11-25"),
        ] {
            assert_eq!(line(end, stop, at), want, "{at}");
        }
        assert_eq!(line(end, end, "2027-11-23"), "ended 2027-11-22, 1 day ago");
        assert_eq!(line(None, None, "2030-01-01"), "perpetual");
        assert_eq!(
            line(Some("2027-11-22T10:00:00Z"), Some("2027-11-22T10:00:00Z"), "2027-11-22T11:00:00Z"),
            "ended 2027-11-22, today"
        );
    }

    #[test]
    fn a_term_that_has_not_begun_says_when_it_does() {
        assert_eq!(line(None, None, "2026-11-20"), "begins 2026-11-23, in 3 days");
        let noon = Validity { starts: moment("2026-11-23T12:00:00Z"), ends: None, stops: None, warn_days: 30 };
        assert_eq!(term(&noon, moment("2026-11-23T09:00:00Z")), "begins 2026-11-23T12:00:00Z, today");
    }

    #[test]
    fn machines_are_counted_as_people_count() {
        let line = |bound: usize, max| {
            let bound = (0..bound).map(|number| format!("machine-{number}").parse().unwrap()).collect();
            machines(&MachineTerms { bound, max, ..MachineTerms::default() })
        };
        for (bound, max, want) in [
            (0, None, "any machine"),
            (0, Some(3), "bound to no machine yet, at most 3"),
            (1, None, "bound to 1 machine"),
            (1, Some(3), "bound to 1 machine, at most 3"),
            (2, None, "bound to 2 machines"),
            (2, Some(3), "bound to 2 machines, at most 3"),
        ] {
            assert_eq!(line(bound, max), want);
        }
    }

    #[test]
    fn foreign_text_cannot_play_with_the_terminal() {
        assert_eq!(shown("\u{1b}[31mred\u{202e}\n"), r"\u{1b}[31mred\u{202e}\n");
        assert_eq!(shown("Müller \"&\" Söhne's"), "Müller \"&\" Söhne's");
        assert_eq!(shown(&"x".repeat(200)), format!("{}…", "x".repeat(120)));
    }
}
