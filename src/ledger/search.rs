//! Searching in texts, whatever their case and accents.
//!
//! The comparing is done here and not in SQL, which knows no accents: customers and notes are few beside licenses.

use super::select::Query;
use super::{LedgerError, Tables};
use crate::license::LicenseId;
use crate::license::id::LicenseIdPrefix;

/// In how many customers and notes a word occurs when it no longer narrows a search.
const COMMON: usize = 1000;

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

/// Where one word occurs: in the customer, the tier, the note, or as the beginning of the id.
pub(super) fn text_condition(word: &Words, query: &mut Query, tables: Tables<'_>) -> Result<String, LedgerError> {
    let customers = tables.customer_ids(word)?;
    let (tiers, _) = tables.tier_ids(|product, slug| word.all_occur_in(product) || word.all_occur_in(slug))?;
    let notes = tables.licenses_with_note(word)?;
    // A word that occurs almost everywhere is better looked for along the order of the list: the plus keeps it so.
    let plus = if tiers.is_empty() && customers.len() + notes.len() < COMMON { "" } else { "+" };
    let (customers, tiers, notes) = (query.bind_list(&customers), query.bind_list(&tiers), query.bind_list(&notes));
    let mut any = vec![
        format!("l.customer IN (SELECT value FROM json_each({customers}))"),
        format!("l.tier IN (SELECT value FROM json_each({tiers}))"),
        format!("l.status_index IN (SELECT value FROM json_each({notes}))"),
    ];
    if let Some((first, last)) = id_range(&word.text()) {
        let (first, last) = (query.bind(first), query.bind(last));
        any.push(format!("l.number BETWEEN {first} AND {last}"));
    }
    Ok(format!("{plus}({})", any.join(" OR ")))
}

/// The ids that a word may begin. Almost every short word is made of letters that occur in ids, so it must look like one.
fn id_range(word: &str) -> Option<(i64, i64)> {
    if let Ok(id) = word.parse::<LicenseId>() {
        return Some((id.number(), id.number()));
    }
    let looks_like_one = word.starts_with("lic-") || word.bytes().any(|byte| byte.is_ascii_digit());
    word.parse::<LicenseIdPrefix>().ok().filter(|_| looks_like_one).map(LicenseIdPrefix::range)
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
