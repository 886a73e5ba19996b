//! The numbers of the status lists that a program has seen, so that nobody hands it an older one: from before a revocation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reason::{Reason, Refusal};
use super::status_list::StatusList;

/// The highest number seen of each list, by the list's address.
///
/// A plain JSON object. A program keeps it with its other state, puts it to the verifier
/// ([`Verifier::seen`](super::Verifier::seen)), and notes the lists that the verifier opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeenLists(BTreeMap<String, u64>);

impl SeenLists {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The highest number seen of the list at this address.
    #[must_use]
    pub fn number(&self, uri: &str) -> Option<u64> {
        self.0.get(uri).copied()
    }

    /// Whether the list is at least as new as every one seen from its address.
    ///
    /// # Errors
    /// [`Reason::ListSuperseded`].
    pub fn check(&self, list: &StatusList) -> Result<(), Refusal> {
        match self.number(list.uri()) {
            Some(seen) if list.number() < seen => {
                let detail = format!("status list {} is an old one: number {seen} was seen before", list.number());
                Err(Refusal::new(Reason::ListSuperseded, detail))
            }
            _ => Ok(()),
        }
    }

    /// Takes in the number of a list. Numbers only grow.
    pub fn note(&mut self, list: &StatusList) {
        self.at_least(list.uri(), list.number());
    }

    /// Takes in all that another has seen.
    pub fn take_in(&mut self, other: &Self) {
        other.0.iter().for_each(|(uri, number)| self.at_least(uri, *number));
    }

    /// Takes in a number that is known from elsewhere.
    pub fn at_least(&mut self, uri: &str, number: u64) {
        match self.0.get_mut(uri) {
            Some(seen) => *seen = number.max(*seen),
            None => _ = self.0.insert(uri.to_owned(), number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::status_list::tests::{URI, keys, list};
    use super::*;

    #[test]
    fn a_list_older_than_one_seen_is_refused_also_after_a_restart() {
        let open = |number| StatusList::open(list(number), &keys()).unwrap();
        let mut seen = SeenLists::new();
        assert_eq!(seen.check(&open(1)), Ok(()));
        seen.note(&open(7));
        seen.note(&open(6));
        let kept = serde_json::to_string(&seen).unwrap();
        assert_eq!(kept, format!(r#"{{"{URI}":7}}"#));
        let seen: SeenLists = serde_json::from_str(&kept).unwrap();
        assert_eq!(seen.check(&open(6)).unwrap_err().reason, Reason::ListSuperseded);
        // The same list again is no step back.
        assert_eq!((seen.check(&open(7)), seen.check(&open(8))), (Ok(()), Ok(())));
        let mut other = SeenLists::new();
        other.at_least(URI, 9);
        other.take_in(&seen);
        assert_eq!(other.number(URI), Some(9));
        other = SeenLists::new();
        other.take_in(&seen);
        assert_eq!(other, seen);
        assert_eq!((seen.number(URI), seen.number("https://other.example/0.jwt")), (Some(7), None));
    }
}
