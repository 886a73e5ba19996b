//! What a command left behind: its exit code, what it printed, what it asked.

use std::fmt;

/// A command that has run. Displayed whole, for snapshots.
#[derive(Debug, Clone)]
pub struct Run {
    /// The arguments, without the program's name.
    pub args: Vec<String>,
    /// The width of the terminal, where standard error was one.
    pub terminal: Option<Option<u16>>,
    /// The exit code.
    pub code: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The questions that were asked.
    pub questions: Vec<String>,
}

impl Run {
    /// The command succeeded.
    ///
    /// # Panics
    /// Where it did not.
    #[track_caller]
    pub fn done(self) -> Self {
        self.code(0)
    }

    /// The command ended with this exit code.
    ///
    /// # Panics
    /// Where it ended with another.
    #[track_caller]
    pub fn code(self, code: u8) -> Self {
        assert_eq!(self.code, code, "\n{self}");
        self
    }

    /// Nothing that was printed steers the terminal or hides from it.
    ///
    /// # Panics
    /// Where something does.
    #[track_caller]
    pub fn tame(self) -> Self {
        assert!(!self.stdout.chars().chain(self.stderr.chars()).any(is_hidden), "\n{self}");
        self
    }

    /// Standard error holds this text.
    ///
    /// # Panics
    /// Where it does not.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not said:\n{self}");
        self
    }

    /// The arguments of the command that was told to do the same without questions.
    ///
    /// # Panics
    /// Where none was told.
    #[track_caller]
    pub fn without_questions(&self) -> Vec<String> {
        let told = self.stderr.lines().find_map(|line| line.strip_prefix("hint: the same without questions: lic "));
        shell_words(told.unwrap_or_else(|| panic!("no command was told:\n{self}")))
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// Where it is not.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "$ lic")?;
        self.args.iter().try_for_each(|arg| write!(out, " {}", quoted(arg)))?;
        match self.terminal {
            None => writeln!(out)?,
            Some(None) => writeln!(out, "  (a terminal, and standard output a pipe)")?,
            Some(Some(width)) => writeln!(out, "  (a terminal of {width} columns)")?,
        }
        writeln!(out, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if text.is_empty() {
                continue;
            }
            writeln!(out, "--- {name}")?;
            write!(out, "{}", visible(text))?;
            if !text.ends_with('\n') {
                writeln!(out, "[no line end]")?;
            }
        }
        Ok(())
    }
}

/// How much of an argument is shown.
const LONGEST_ARG: usize = 120;

/// As a shell wants it; the end of a very long one is left out.
fn quoted(arg: &str) -> String {
    let length = arg.chars().count();
    if length > LONGEST_ARG {
        let start: String = arg.chars().take(LONGEST_ARG / 2).collect();
        return format!("'{}… {length} characters'", visible(&start));
    }
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./:=,+@%".contains(sign);
    if !arg.is_empty() && arg.chars().all(plain) { visible(arg) } else { format!("'{}'", visible(arg).replace('\'', r"'\''")) }
}

/// With control and bidirectional characters spelled out as `<U+001B>`, unlike anything that the program writes, so that a
/// snapshot hides nothing.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        if is_hidden(sign) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(sign)));
        } else {
            shown.push(sign);
        }
    }
    shown
}

/// Characters that steer a terminal, or that nobody sees.
pub fn is_hidden(sign: char) -> bool {
    (sign.is_control() && !matches!(sign, '\n' | '\t'))
        || matches!(sign, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Splits a line as a shell does, up to the first redirection.
pub fn shell_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for sign in line.chars() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (None, '>' | '<' | '|') => break,
            (None, sign) if sign.is_whitespace() => words.extend(word.take()),
            (_, sign) => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}
