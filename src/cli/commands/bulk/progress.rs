//! How far bulk work has come: a bar for a person at a terminal, a line now and then for everybody else.
//!
//! Written by hand over the session's own terminal: the libraries for it draw by the clock, on a terminal that they open
//! themselves, and no test could follow them.

use crate::cli::session::Session;
use crate::world::Stream;

/// How many cells the bar has.
const BAR: u64 = 24;
/// From how many rows on it is worth telling.
const MANY: u64 = 2_000;
/// How many lines are told in all where nobody sits at a terminal.
const LINES: u64 = 10;

/// How far some work has come.
pub struct Progress {
    what: &'static str,
    all: u64,
    /// The tenths that were told, or the width of the line that stands there.
    told: u64,
    width: usize,
}

impl Progress {
    pub fn new(what: &'static str, all: u64) -> Self {
        Self { what, all, told: 0, width: 0 }
    }

    /// There is so much of it.
    pub fn of(&mut self, all: u64) {
        self.all = all;
    }

    /// So much of it is done.
    pub fn show(&mut self, done: u64, session: &mut Session<'_>) {
        if session.globals.quiet || self.all < MANY {
            return;
        }
        let done = done.min(self.all);
        if session.world.terminal.is_terminal(Stream::Errors) {
            let full = done * BAR / self.all;
            let bar: String = (0..BAR).map(|cell| if cell < full { '█' } else { '░' }).collect();
            let line = format!("  {bar} {:>3}%  {} {done} of {}", done * 100 / self.all, self.what, self.all);
            self.draw(&line, session);
        } else {
            let tenth = done * LINES / self.all;
            if tenth > self.told {
                self.told = tenth;
                session.note(&format!("{} {done} of {}", self.what, self.all));
            }
        }
    }

    /// Takes the bar away.
    pub fn end(&mut self, session: &mut Session<'_>) {
        if self.width > 0 {
            let blank = " ".repeat(self.width);
            self.width = 0;
            write(&format!("\r{blank}\r"), session);
        }
    }

    fn draw(&mut self, line: &str, session: &mut Session<'_>) {
        // A line that is wider than the terminal would be left standing when it is written over.
        let widest = session.world.terminal.width().map_or(79, |width| usize::from(width).saturating_sub(1));
        let line: String = line.chars().take(widest).collect();
        let length = line.chars().count();
        let rest = " ".repeat(self.width.saturating_sub(length));
        self.width = length;
        write(&format!("\r{line}{rest}"), session);
    }
}

fn write(text: &str, session: &mut Session<'_>) {
    let errors = session.world.terminal.errors();
    // Nobody is left to tell when standard error is closed.
    let _ = errors.write_all(text.as_bytes()).and_then(|()| errors.flush());
}
