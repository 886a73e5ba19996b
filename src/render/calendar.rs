//! Days as a calendar of all-day events (RFC 5545), for the calendar programs of people.
//!
//! Written here and not by a library: those at hand take the moment of writing and a random number where an event has none of its
//! own, so that the same days would be new events each time, and bring a parser along. What is written depends on the events alone:
//! the same ledger gives the same bytes, and a calendar program that reads them again finds its events again.

use std::io::{self, Write};

use super::escape;
use crate::license::{Date, Timestamp};

/// How many octets a line holds at most, without its end (RFC 5545, section 3.1).
const LONGEST_LINE: usize = 75;

/// A day to be reminded of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// A name that is the same whenever the event is written, and no other event's in the world.
    pub uid: String,
    /// The day.
    pub day: Date,
    /// When what it tells last changed.
    pub changed: Timestamp,
    /// The heading.
    pub summary: String,
    /// Lines of text.
    pub description: Vec<String>,
    /// Under what it is filed.
    pub categories: Vec<String>,
}

/// Writes a calendar of this name.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, name: &str, events: &[Event]) -> io::Result<()> {
    let mut line = |name: &str, value: &str| fold(out, &format!("{name}:{value}"));
    line("BEGIN", "VCALENDAR")?;
    line("VERSION", "2.0")?;
    line("PRODID", "-//lic//license authority//EN")?;
    line("CALSCALE", "GREGORIAN")?;
    line("X-WR-CALNAME", &text(name))?;
    for event in events {
        line("BEGIN", "VEVENT")?;
        line("UID", &text(&event.uid))?;
        line("DTSTAMP", &moment(event.changed))?;
        line("DTSTART;VALUE=DATE", &day(event.day))?;
        if let Some(next) = event.day.plus_days(1) {
            line("DTEND;VALUE=DATE", &day(next))?;
        }
        line("SUMMARY", &text(&event.summary))?;
        if !event.description.is_empty() {
            line("DESCRIPTION", &event.description.iter().map(|line| text(line)).collect::<Vec<_>>().join("\\n"))?;
        }
        if !event.categories.is_empty() {
            line("CATEGORIES", &event.categories.iter().map(|word| text(word)).collect::<Vec<_>>().join(","))?;
        }
        // An end of a license takes nobody's time.
        line("TRANSP", "TRANSPARENT")?;
        line("END", "VEVENT")?;
    }
    line("END", "VCALENDAR")
}

/// A value of text (section 3.3.11). Characters that nobody sees are shown, as in a table: they have no place in a calendar.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in escape::human(text).chars() {
        if matches!(character, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// `20270131`.
fn day(day: Date) -> String {
    day.to_string().replace('-', "")
}

/// `20261122T090000Z`.
fn moment(moment: Timestamp) -> String {
    moment.to_string().replace(['-', ':'], "")
}

/// A content line, broken where it gets too long: what goes on begins with a blank. No character is broken in two.
fn fold(out: &mut dyn Write, line: &str) -> io::Result<()> {
    let mut used = 0;
    let mut from = 0;
    for (place, character) in line.char_indices() {
        if used + character.len_utf8() > LONGEST_LINE {
            out.write_all(&line.as_bytes()[from..place])?;
            out.write_all(b"\r\n ")?;
            (from, used) = (place, 1);
        }
        used += character.len_utf8();
    }
    out.write_all(&line.as_bytes()[from..])?;
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample::written;
    use super::*;
    use proptest::prelude::*;

    fn event(summary: &str, description: &[&str]) -> Event {
        Event {
            uid: "LIC-7QK3-M2ZD-20270131@vendor.example".into(),
            day: "2027-01-31".parse().unwrap(),
            changed: "2026-11-22T09:00:00Z".parse().unwrap(),
            summary: summary.into(),
            description: description.iter().map(|line| (*line).to_owned()).collect(),
            categories: vec!["commercial".into()],
        }
    }

    fn calendar(events: &[Event]) -> String {
        written(|out| write(out, "Ends of licenses", events))
    }

    /// What a reader makes of it: lines unfolded (section 3.1), and text taken back (section 3.3.11).
    fn read(calendar: &str) -> Vec<(String, String)> {
        let unfolded = calendar.replace("\r\n ", "");
        unfolded
            .split_terminator("\r\n")
            .map(|line| line.split_once(':').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn untext(value: &str) -> Vec<String> {
        let (mut lines, mut characters) = (vec![String::new()], value.chars());
        while let Some(character) = characters.next() {
            match (character, lines.last_mut().unwrap()) {
                ('\\', line) => match characters.next().unwrap() {
                    'n' => lines.push(String::new()),
                    escaped @ ('\\' | ';' | ',') => line.push(escaped),
                    other => panic!("\\{other} is no escape"),
                },
                (';' | ',', _) => panic!("{value} holds a bare separator"),
                (character, line) => line.push(character),
            }
        }
        lines
    }

    #[test]
    fn an_end_is_an_event_of_a_whole_day() {
        let shown = calendar(&[event("Müller, Söhne; GmbH", &["12 seats", "C:\\keys"])]);
        insta::assert_snapshot!(shown.replace("\r\n", "\n"), @r"
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//lic//license authority//EN
        CALSCALE:GREGORIAN
        X-WR-CALNAME:Ends of licenses
        BEGIN:VEVENT
        UID:LIC-7QK3-M2ZD-20270131@vendor.example
        DTSTAMP:20261122T090000Z
        DTSTART;VALUE=DATE:20270131
        DTEND;VALUE=DATE:20270201
        SUMMARY:Müller\, Söhne\; GmbH
        DESCRIPTION:12 seats\nC:\\keys
        CATEGORIES:commercial
        TRANSP:TRANSPARENT
        END:VEVENT
        END:VCALENDAR
        ");
        assert!(!shown.replace("\r\n", "").contains(['\r', '\n']));
        assert!(calendar(&[]).contains("END:VCALENDAR\r\n"));
    }

    proptest! {
        #[test]
        fn every_text_reads_back_from_lines_that_are_short_enough(summary: String, lines in prop::collection::vec(any::<String>(), 1..4)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let shown = calendar(&[event(&summary, &lines)]);
            for line in shown.split("\r\n") {
                prop_assert!(line.len() <= LONGEST_LINE, "{}", line);
                prop_assert!(!line.contains(char::is_control), "{:?}", line);
            }
            let read = read(&shown);
            let value = |name: &str| read.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str()).unwrap();
            let human = |text: &str| escape::human(text).into_owned();
            prop_assert_eq!(untext(value("SUMMARY")), vec![human(&summary)]);
            prop_assert_eq!(untext(value("DESCRIPTION")), lines.iter().map(|line| human(line)).collect::<Vec<_>>());
            prop_assert_eq!(read.last().unwrap(), &("END".to_owned(), "VCALENDAR".to_owned()));
        }
    }
}
