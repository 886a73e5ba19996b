//! Small signed texts that travel by mail, on paper or on a stick: lines of `Name: value` between two marks.
//!
//! They are found in whatever they were pasted into. What a text says is signed by the key of the machine that wrote it, so that a
//! text that was edited on the way is noticed.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The name of the last line.
const SIGNATURE: &str = "Signature";
/// Longer texts are none of ours.
const LARGEST: usize = 64 * 1024;

/// Why a text cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// There is none in it.
    #[error("there is no {0} in this text")]
    NotFound(&'static str),
    /// It is cut.
    #[error("the {0} is cut: its last line is missing")]
    Cut(&'static str),
    /// A line is missing, stands there twice, or does not belong there.
    #[error("the {kind} is damaged: {why}")]
    Line {
        /// What the text is.
        kind: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The signature does not fit.
    #[error("the {0} was edited: its signature does not fit what it says")]
    Edited(&'static str),
}

/// A kind of text: its name, and the names of its lines in order; those that end in `?` may be missing.
pub(super) struct Form {
    pub kind: &'static str,
    pub lines: &'static [&'static str],
}

/// What a text says, line by line; `None` where a line is missing.
pub(super) struct Lines(Vec<(&'static str, Option<String>)>);

impl Lines {
    /// The line of this name.
    pub(super) fn get(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == wanted).and_then(|(_, value)| value.as_deref())
    }
}

impl Form {
    fn mark(&self, word: &str) -> String {
        format!("-----{word} {}-----", self.kind.to_uppercase())
    }

    fn signed(&self, values: &[(&str, Option<&str>)]) -> String {
        let mut text = format!("lic {} 1\n", self.kind);
        for (name, value) in values {
            if let Some(value) = value {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text
    }

    /// The text that says these values, in the order of the lines, signed.
    pub(super) fn write(&self, values: &[Option<String>], key: &SigningKey) -> String {
        let names = self.lines.iter().map(|line| line.trim_end_matches('?'));
        let values: Vec<(&str, Option<&str>)> = names.zip(values).map(|(name, value)| (name, value.as_deref())).collect();
        let signed = self.signed(&values);
        let signature = Base64UrlUnpadded::encode_string(&key.sign(signed.as_bytes()).to_bytes());
        let body = signed.split_once('\n').map_or("", |(_, body)| body);
        format!("{}\n{body}{SIGNATURE}: {signature}\n{}\n", self.mark("BEGIN"), self.mark("END"))
    }

    /// What a text says. The signature is looked at by [`Form::check`], once it is known whose it must be.
    pub(super) fn read(&self, pasted: &[u8]) -> Result<(Lines, String), InvalidText> {
        let text = String::from_utf8_lossy(&pasted[..pasted.len().min(LARGEST)]);
        // What a mail program puts before a line it quotes.
        let tidy = |line: &str| {
            line.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '|' | '\u{feff}')).to_owned()
        };
        let has = |mark: &str| text.lines().any(|line| tidy(line) == mark);
        if has(&self.mark("BEGIN")) && !has(&self.mark("END")) {
            return Err(InvalidText::Cut(self.kind));
        }
        let mut lines = text.lines().map(tidy).skip_while(|line| *line != self.mark("BEGIN")).skip(1).peekable();
        if lines.peek().is_none() {
            return Err(InvalidText::NotFound(self.kind));
        }
        let mut found: Vec<(&'static str, Option<String>)> =
            self.lines.iter().map(|line| (line.trim_end_matches('?'), None)).chain([(SIGNATURE, None)]).collect();
        let damaged = |why: String| InvalidText::Line { kind: self.kind, why };
        for line in lines.filter(|line| !line.is_empty()) {
            if line == self.mark("END") {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| damaged("a line has no name".into()))?;
            let place = found.iter_mut().find(|(known, _)| *known == name.trim());
            let (known, place) =
                place.map(|(known, place)| (*known, place)).ok_or_else(|| damaged("a line does not belong there".into()))?;
            if place.replace(value.trim().to_owned()).is_some() {
                return Err(damaged(format!("{known} stands there twice")));
            }
        }
        let required = self.lines.iter().filter(|line| !line.ends_with('?')).chain([&SIGNATURE]);
        for name in required {
            if found.iter().any(|(known, value)| known == name && value.is_none()) {
                return Err(damaged(format!("{name} is missing")));
            }
        }
        let signature = found.pop().and_then(|(_, value)| value).unwrap_or_default();
        Ok((Lines(found), signature))
    }

    /// Whether this key signed what the text says.
    pub(super) fn check(&self, lines: &Lines, signature: &str, key: &VerifyingKey) -> Result<(), InvalidText> {
        let values: Vec<(&str, Option<&str>)> = lines.0.iter().map(|(name, value)| (*name, value.as_deref())).collect();
        let mut bytes = [0; 64];
        let decoded = Base64UrlUnpadded::decode(signature, &mut bytes).is_ok_and(|read| read.len() == 64);
        let signed = self.signed(&values);
        let fits = decoded && key.verify_strict(signed.as_bytes(), &Signature::from_bytes(&bytes)).is_ok();
        if fits { Ok(()) } else { Err(InvalidText::Edited(self.kind)) }
    }

    /// The value of a line that must be there, parsed.
    pub(super) fn parse<T: std::str::FromStr>(&self, lines: &Lines, name: &str) -> Result<T, InvalidText>
    where
        T::Err: std::fmt::Display,
    {
        let text = lines.get(name).unwrap_or_default();
        text.parse().map_err(|why| InvalidText::Line { kind: self.kind, why: format!("{name}: {why}") })
    }
}
