//! Questions to a person, all of them.
//!
//! The rules: a command asks only for what is missing, only when standard input and standard error are terminals and
//! `--no-input` is absent. What is answered goes through the same parser as what is typed as a flag. Afterwards the
//! command says what to type to get the same without questions.

use super::error::Failure;
use super::session::Session;
use crate::world::Stream;

impl Session<'_> {
    /// Whether there is anybody to ask.
    pub fn can_ask(&self) -> bool {
        let terminal = &self.world.terminal;
        terminal.is_terminal(Stream::Input) && terminal.is_terminal(Stream::Errors) && !self.globals.no_input
    }

    /// Fails where something is missing and nobody can be asked.
    fn must_ask(&self, missing: &str, example: &str) -> Result<(), Failure> {
        if self.can_ask() {
            return Ok(());
        }
        let why = if self.globals.no_input { "--no-input forbids to ask" } else { "there is no terminal to ask on" };
        Err(Failure::usage(format!("no {missing} given, and {why}")).hint(example))
    }

    /// Asks for a line until it parses. `missing` completes "no … given".
    pub fn ask_line<T, E: std::fmt::Display>(
        &mut self,
        missing: &str,
        example: &str,
        question: &str,
        default: Option<&str>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.must_ask(missing, example)?;
        loop {
            let typed = self.world.terminal.line(question, default).map_err(|error| Failure::stream(&error))?;
            match parse(typed.trim()) {
                Ok(value) => return Ok(value),
                Err(why) => self.warn(&why.to_string()),
            }
        }
    }

    /// Picks one of a few items.
    pub fn ask_pick(
        &mut self,
        missing: &str,
        example: &str,
        question: &str,
        items: &[String],
        first: usize,
    ) -> Result<usize, Failure> {
        self.must_ask(missing, example)?;
        let items = shown(items);
        self.world.terminal.pick(question, &items, first).map_err(|error| Failure::stream(&error))
    }

    /// Picks one of many items by typing parts of it.
    pub fn ask_search(&mut self, missing: &str, example: &str, question: &str, items: &[String]) -> Result<usize, Failure> {
        self.must_ask(missing, example)?;
        let items = shown(items);
        self.world.terminal.search(question, &items).map_err(|error| Failure::stream(&error))
    }

    /// Asks for a secret.
    pub fn ask_secret(&mut self, missing: &str, example: &str, question: &str) -> Result<String, Failure> {
        self.must_ask(missing, example)?;
        self.world.terminal.secret(question).map_err(|error| Failure::stream(&error))
    }

    /// Asks whether to go on; `--yes` says yes. Only for where there is somebody to ask.
    pub fn ask_confirm(&mut self, question: &str, default: bool) -> Result<bool, Failure> {
        if self.globals.yes {
            return Ok(true);
        }
        self.world.terminal.confirm(question, default).map_err(|error| Failure::stream(&error))
    }
}

/// Items as a terminal may show them: whatever a name holds, it moves no cursor.
fn shown(items: &[String]) -> Vec<String> {
    items.iter().map(|item| crate::render::escape::human(item).into_owned()).collect()
}
