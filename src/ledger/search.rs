//! Searching in texts, whatever their case and accents.

/// The words that someone looks for.
pub(super) struct Words(Vec<String>);

impl Words {
    pub fn new(text: &str) -> Self {
        Self(text.split_whitespace().map(plain).collect())
    }

    /// Whether every word occurs somewhere in the text.
    pub fn all_occur_in(&self, text: &str) -> bool {
        let text = plain(text);
        self.0.iter().all(|word| text.contains(word.as_str()))
    }

    /// Each word on its own.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        self.0.iter().map(|word| Self(vec![word.clone()]))
    }

    /// The words as they are compared, with a blank between.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }
}

/// A text without case and accents: `Müller` as `muller`.
fn plain(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { deunicode::deunicode(&text.to_lowercase()).to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_matter() {
        for (looked_for, text) in
            [("muller", "MÜLLER & Söhne"), ("söhne MÜLLER", "Muller & Sohne"), ("acme", "Acme GmbH"), ("", "anything")]
        {
            assert!(Words::new(looked_for).all_occur_in(text), "{looked_for} in {text}");
        }
    }

    #[test]
    fn every_word_must_occur() {
        assert!(!Words::new("acme pro").all_occur_in("Acme GmbH"));
    }
}
