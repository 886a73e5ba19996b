//! Clock, entropy and terminal of a test.

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Read, Write};
use std::rc::Rc;

use lic::license::Timestamp;
use lic::world::{Clock, Entropy, Stream, Terminal};
use sha2::{Digest, Sha256};

use super::answers::{self, Answer, Answers};

/// One second further each time it is read.
pub struct SteppingClock(pub Rc<Cell<i64>>);

impl Clock for SteppingClock {
    fn now(&self) -> Timestamp {
        let seconds = self.0.get();
        self.0.set(seconds + 1);
        Timestamp::from_seconds(seconds).expect("a moment of these centuries")
    }
}

/// SHA-256 over a counter of what was asked for: different bytes each time, the same in each run.
pub struct CountedEntropy(pub Rc<Cell<u64>>);

impl Entropy for CountedEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let count = self.0.get();
        self.0.set(count + 1);
        for (place, chunk) in bytes.chunks_mut(32).enumerate() {
            let mut hash = Sha256::new().chain_update(b"entropy of the tests of lic").chain_update(count.to_be_bytes());
            if place > 0 {
                hash.update(place.to_be_bytes());
            }
            let block = hash.finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// What a stream does with what is written to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pipe {
    /// Takes everything.
    #[default]
    Open,
    /// Its reader is gone: every write fails.
    Closed,
    /// Its reader is gone, and what was written was still held back: only bringing it to the reader fails.
    ClosedWhenFlushed,
    /// There is no space left, as on `/dev/full`.
    Full,
}

/// A stream that keeps what is written to it.
#[derive(Default)]
pub struct Sink {
    pub pipe: Pipe,
    kept: Rc<RefCell<Vec<u8>>>,
}

impl Sink {
    /// What was written, to be looked at later.
    pub fn kept(&self) -> Rc<RefCell<Vec<u8>>> {
        self.kept.clone()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.pipe {
            Pipe::Closed => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
            Pipe::Full => Err(io::Error::from(io::ErrorKind::StorageFull)),
            Pipe::Open | Pipe::ClosedWhenFlushed => {
                self.kept.borrow_mut().extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let unread = self.pipe == Pipe::ClosedWhenFlushed && !self.kept.borrow().is_empty();
        if unread { Err(io::Error::from(io::ErrorKind::BrokenPipe)) } else { Ok(()) }
    }
}

/// A terminal, or pipes in its place, with a person who answers as scripted.
///
/// Questions and answers stand on standard error, where the real ones are.
#[derive(Default)]
pub struct ScriptedTerminal {
    pub input_is_terminal: bool,
    pub output_is_terminal: bool,
    pub errors_is_terminal: bool,
    pub width: Option<u16>,
    pub input: Cursor<Vec<u8>>,
    pub output: Sink,
    pub errors: Sink,
    pub answers: Rc<RefCell<Answers>>,
    pub questions: Rc<RefCell<Vec<String>>>,
    /// How often the program may ask whether Ctrl-C came before it did; `None`: it never comes.
    pub interrupted_after: Option<u64>,
}

impl ScriptedTerminal {
    /// The next answer to a question, which is noted down.
    fn asked(&mut self, question: &str) -> io::Result<Answer> {
        self.questions.borrow_mut().push(question.to_owned());
        let answer = self.answers.borrow_mut().next(question);
        if answer.is_err() {
            self.show(question, " ^C");
        }
        answer
    }

    fn show(&mut self, question: &str, answer: &str) {
        writeln!(self.errors, "? {question}{answer}").expect("standard error takes everything");
    }

    fn choose(&mut self, question: &str, items: &[String], text: Option<&str>, first: usize) -> usize {
        let taken = text.map_or(first, |text| answers::place(question, text, items));
        assert!(taken < items.len(), "nothing to choose from at the question {question:?}");
        self.show(question, "");
        for (place, item) in items.iter().enumerate() {
            let mark = if place == taken { ">" } else { " " };
            writeln!(self.errors, "  {mark} {item}").expect("standard error takes everything");
        }
        taken
    }
}

fn mismatch(question: &str, answer: &Answer) -> ! {
    panic!("{answer:?} is no answer to the question {question:?}")
}

impl Terminal for ScriptedTerminal {
    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Input => self.input_is_terminal,
            Stream::Output => self.output_is_terminal,
            Stream::Errors => self.errors_is_terminal,
        }
    }

    fn note_interrupts(&mut self) {}

    fn is_interrupted(&mut self) -> bool {
        let left = self.interrupted_after.map(|left| left.checked_sub(1));
        self.interrupted_after = left.map(Option::unwrap_or_default);
        left == Some(None)
    }

    fn width(&self) -> Option<u16> {
        self.width
    }

    fn set_color(&mut self, _: bool) {}

    fn input(&mut self) -> &mut dyn Read {
        &mut self.input
    }

    fn output(&mut self) -> &mut dyn Write {
        &mut self.output
    }

    fn errors(&mut self) -> &mut dyn Write {
        &mut self.errors
    }

    fn pick(&mut self, question: &str, items: &[String], first: usize) -> io::Result<usize> {
        match self.asked(question)? {
            Answer::Pick(text) => Ok(self.choose(question, items, Some(&text), first)),
            Answer::Enter => Ok(self.choose(question, items, None, first)),
            other => mismatch(question, &other),
        }
    }

    fn search(&mut self, question: &str, items: &[String]) -> io::Result<usize> {
        match self.asked(question)? {
            Answer::Search(text) => Ok(self.choose(question, items, Some(&text), 0)),
            Answer::Enter => Ok(self.choose(question, items, None, 0)),
            other => mismatch(question, &other),
        }
    }

    fn line(&mut self, question: &str, default: Option<&str>) -> io::Result<String> {
        let typed = match self.asked(question)? {
            Answer::Line(text) => text,
            Answer::Enter => default.unwrap_or_default().to_owned(),
            other => mismatch(question, &other),
        };
        let shown = default.map(|default| format!(" [{default}]:")).unwrap_or_else(|| ":".into());
        self.show(question, &format!("{shown} {typed}"));
        Ok(typed)
    }

    fn secret(&mut self, question: &str) -> io::Result<String> {
        match self.asked(question)? {
            Answer::Secret(text) => {
                self.show(question, ": [hidden]");
                Ok(text)
            }
            other => mismatch(question, &other),
        }
    }

    fn confirm(&mut self, question: &str, default: bool) -> io::Result<bool> {
        let said = match self.asked(question)? {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Enter => default,
            other => mismatch(question, &other),
        };
        let shown = if default { " [Y/n]" } else { " [y/N]" };
        self.show(question, &format!("{shown} {}", if said { "yes" } else { "no" }));
        Ok(said)
    }
}
