//! What the person at the scripted terminal answers.

use std::collections::VecDeque;
use std::io;

/// One answer of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Takes the one item that holds this text, from a few.
    Pick(String),
    /// Takes the one item that holds this text, from many.
    Search(String),
    /// Types a line.
    Line(String),
    /// Types a line that is not shown.
    Secret(String),
    /// Takes the default.
    Enter,
    /// Says yes.
    Yes,
    /// Says no.
    No,
    /// Presses Ctrl-C or Escape.
    Cancel,
}

/// Takes the one item that holds this text, from a few.
pub fn pick(text: &str) -> Answer {
    Answer::Pick(text.to_owned())
}

/// Takes the one item that holds this text, from many.
pub fn search(text: &str) -> Answer {
    Answer::Search(text.to_owned())
}

/// Types a line.
pub fn line(text: &str) -> Answer {
    Answer::Line(text.to_owned())
}

/// Types a line that is not shown.
pub fn secret(text: &str) -> Answer {
    Answer::Secret(text.to_owned())
}

/// The answers still to come.
#[derive(Debug, Default)]
pub struct Answers(VecDeque<Answer>);

impl Answers {
    pub fn extend(&mut self, answers: impl IntoIterator<Item = Answer>) {
        self.0.extend(answers);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next answer; cancelling is an error, as it is for the program.
    ///
    /// # Panics
    /// Where the test has no answer to this question.
    pub fn next(&mut self, question: &str) -> io::Result<Answer> {
        match self.0.pop_front() {
            Some(Answer::Cancel) => Err(io::Error::from(io::ErrorKind::Interrupted)),
            Some(answer) => Ok(answer),
            None => panic!("the test has no answer left for the question {question:?}"),
        }
    }
}

/// The place of the one item that is meant.
///
/// # Panics
/// Where no item or more than one is.
pub fn place(question: &str, text: &str, items: &[String]) -> usize {
    let holding: Vec<usize> = (0..items.len()).filter(|place| items[*place].contains(text)).collect();
    let starting: Vec<usize> = holding.iter().copied().filter(|place| items[*place].starts_with(text)).collect();
    match (holding.as_slice(), starting.as_slice()) {
        ([only], _) | (_, [only]) => *only,
        ([], _) => panic!("no item holds {text:?} at the question {question:?}: {items:#?}"),
        _ => panic!("several items hold {text:?} at the question {question:?}: {items:#?}"),
    }
}
