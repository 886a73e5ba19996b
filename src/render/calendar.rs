//! Days as a calendar of all-day events (RFC 5545), for the calendar programs of people.
//!
//! Written here and not by a library: those at hand take the moment of writing and a random number where an event has none of its
//! own, so that the same days would be new events each time, and bring a parser along. What is written depends on the events alone:
//! the same ledger gives the same bytes, and a calendar program that reads them again finds its events again.

use std::io::{self, BufWriter, Write};

use memchr::memchr3;

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

/// A calendar that is written event by event. Call [`Calendar::finish`] at the end.
pub struct Calendar<W: Write> {
    out: BufWriter<W>,
    name: String,
    begun: bool,
    /// The line that is being written.
    line: String,
}

impl<W: Write> Calendar<W> {
    /// A calendar of this name. Nothing is written before the first event, so that one that fails at once leaves nothing behind.
    pub fn new(out: W, name: String) -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, out), name, begun: false, line: String::new() }
    }

    /// Writes an event.
    ///
    /// # Errors
    /// Those of the writer, a broken pipe among them.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.begin()?;
        self.plain(&["BEGIN:VEVENT"])?;
        self.text("UID", [&event.uid], "")?;
        self.plain(&["DTSTAMP:", &event.changed.to_basic()])?;
        self.plain(&["DTSTART;VALUE=DATE:", &event.day.to_basic()])?;
        if let Some(next) = event.day.plus_days(1) {
            self.plain(&["DTEND;VALUE=DATE:", &next.to_basic()])?;
        }
        self.text("SUMMARY", [&event.summary], "")?;
        if !event.description.is_empty() {
            self.text("DESCRIPTION", &event.description, "\\n")?;
        }
        if !event.categories.is_empty() {
            self.text("CATEGORIES", &event.categories, ",")?;
        }
        // An end of a license takes nobody's time.
        self.plain(&["TRANSP:TRANSPARENT"])?;
        self.plain(&["END:VEVENT"])
    }

    /// Writes what stands after the last event, and passes everything on.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        self.begin()?;
        self.plain(&["END:VCALENDAR"])?;
        self.out.flush()
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//lic//license authority//EN", "CALSCALE:GREGORIAN"] {
            self.plain(&[line])?;
        }
        let name = std::mem::take(&mut self.name);
        self.text("X-WR-CALNAME", [&name], "")
    }

    /// A line of these pieces that is short and holds nothing to be escaped.
    fn plain(&mut self, pieces: &[&str]) -> io::Result<()> {
        pieces.iter().chain(&["\r\n"]).try_for_each(|piece| self.out.write_all(piece.as_bytes()))
    }

    /// A property of texts, with `between` between them.
    fn text<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t String>, between: &str) -> io::Result<()> {
        self.line.clear();
        self.line.extend([name, ":"]);
        for (place, text) in texts.into_iter().enumerate() {
            self.line.push_str(if place > 0 { between } else { "" });
            push_escaped(&mut self.line, text);
        }
        fold(&mut self.out, &self.line)
    }
}

/// A value of text (section 3.3.11). Characters that nobody sees are shown, as in a table: they have no place in a calendar.
fn push_escaped(line: &mut String, text: &str) {
    let shown = escape::human(text);
    let mut rest = shown.as_ref();
    while let Some(place) = memchr3(b'\\', b';', b',', rest.as_bytes()) {
        line.extend([&rest[..place], "\\", &rest[place..=place]]);
        rest = &rest[place + 1..];
    }
    line.push_str(rest);
}

/// A content line, broken where it gets too long: what goes on begins with a blank. No character is broken in two.
fn fold(out: &mut impl Write, line: &str) -> io::Result<()> {
    let mut rest = line;
    let mut room = LONGEST_LINE;
    while rest.len() > room {
        let (begin, more) = rest.split_at(rest.floor_char_boundary(room));
        out.write_all(begin.as_bytes())?;
        out.write_all(b"\r\n ")?;
        (rest, room) = (more, LONGEST_LINE - 1);
    }
    out.write_all(rest.as_bytes())?;
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
        written(|out| {
            let mut calendar = Calendar::new(out, "Ends of licenses".into());
            events.iter().try_for_each(|event| calendar.event(event))?;
            calendar.finish()
        })
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
