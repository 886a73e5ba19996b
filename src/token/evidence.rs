//! What the status lists at hand say of a license: which of them speaks of it, whether it counts, and how the license stands.
//!
//! A key that names a status list and has no `offline_days` does well without one, but a list that is offered for it must be
//! good. With `offline_days` there must be one, and it must be younger than that. A key that names no list has no use for any.

use std::collections::BTreeSet;

use super::claims::Claims;
use super::describe::{ago, days, shown};
use super::keys::KeySet;
use super::machine::Machine;
use super::reason::{Check, Reason, Refusal};
use super::released::MachineDigest;
use super::seen::SeenLists;
use super::status_list::StatusList;
use super::statuses::NoStanding;
use super::verdict::{CheckResult, Verdict};
use crate::license::time::DAY;
use crate::license::{Standing, Timestamp};

/// The status lists offered to a verifier.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    offered: Vec<Result<StatusList, Refusal>>,
    seen: SeenLists,
    waived: bool,
}

/// A list that speaks of a license, and what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'l> {
    list: &'l StatusList,
    standing: Standing,
    /// The machines that gave their seats of the license back.
    released: Option<&'l BTreeSet<MachineDigest>>,
}

impl Evidence {
    /// Takes a list in, or the reason why it is none.
    pub fn offer(&mut self, text: &[u8], keys: &KeySet) {
        self.offered.push(StatusList::open(text, keys));
    }

    /// Refuses lists older than these.
    pub fn expect(&mut self, seen: SeenLists) {
        self.seen = seen;
    }

    /// Asks for no list, whatever the keys say.
    pub fn waive(&mut self) {
        self.waived = true;
    }

    /// The lists that could be opened.
    pub fn lists(&self) -> impl Iterator<Item = &StatusList> {
        self.offered.iter().flatten()
    }

    /// The word of the newest list that speaks of the license; `None` where there is none.
    pub fn word(&self, claims: &Claims, at: Timestamp) -> Result<Option<Word<'_>>, Refusal> {
        let Some(place) = claims.status.as_ref().filter(|_| !self.offered.is_empty()) else { return Ok(None) };
        let fitting = self.lists().filter(|list| list.uri() == place.uri);
        let Some(list) = fitting.max_by_key(|list| list.number()) else {
            // A text that is no list is the graver mistake than the list of other licenses.
            let refused = self.offered.iter().find_map(|offered| offered.as_ref().err());
            return Err(refused.cloned().unwrap_or_else(|| self.for_others(&place.uri)));
        };
        list.check_time(at)?;
        self.seen.check(list)?;
        let number = list.number();
        let standing = list.statuses().get(place.idx).map_err(|why| match why {
            NoStanding::Beyond => {
                let detail = format!("status list {number} ends before place {}, where the license is", place.idx);
                Refusal::new(Reason::ListTooShort, detail)
            }
            NoStanding::Unknown => {
                let detail = format!("status list {number} holds a status that this program does not know: update the program");
                Refusal::new(Reason::ListMalformed, detail)
            }
        })?;
        Ok(Some(Word { list, standing, released: list.claims().released.at(place.idx) }))
    }

    fn for_others(&self, uri: &str) -> Refusal {
        let other = self.lists().next().map_or("", StatusList::uri);
        Refusal::new(Reason::ListWrongUri, format!("the license is in {}, not in {}", shown(uri), shown(other)))
    }

    /// Whether the word is young enough for what the key allows.
    pub fn check_age(&self, word: Option<Word<'_>>, claims: &Claims, at: Timestamp) -> Result<(), Refusal> {
        let Some(allowed) = claims.offline_days.map(i64::from).filter(|_| !self.waived) else { return Ok(()) };
        let stale = |detail: String| Err(Refusal::new(Reason::Stale, detail));
        let Some(Word { list, .. }) = word else {
            let why = if claims.status.is_some() { "none was given" } else { "the license names none" };
            return stale(format!("a status list of the last {} is needed, and {why}", days(allowed)));
        };
        let age = at.seconds() - list.issued().seconds();
        if age > allowed * DAY {
            let (number, issued) = (list.number(), list.issued());
            return stale(format!(
                "status list {number} of {issued} is older than the {} that the license allows",
                days(allowed)
            ));
        }
        Ok(())
    }

    /// Adds to a verdict what the lists say.
    pub fn examine(&self, claims: &Claims, at: Timestamp, machine: &Machine, verdict: &mut Verdict) {
        if self.offered.is_empty() && claims.status.is_none() && claims.offline_days.is_none() {
            return;
        }
        let word = self.word(claims, at);
        if let Ok(Some(word)) = &word {
            verdict.add(match word.check() {
                Ok(()) => CheckResult::passed(
                    Check::Standing,
                    format!("neither suspended nor revoked, by status list {}", word.list.number()),
                ),
                Err(refusal) => refusal.into(),
            });
            if let Err(refusal) = word.check_seat(claims, machine) {
                verdict.add(refusal.into());
            }
        }
        let judged = word.and_then(|word| self.check_age(word, claims, at).map(|()| word));
        verdict.add(match judged {
            Err(refusal) => refusal.into(),
            Ok(Some(word)) => CheckResult::passed(Check::StatusList, word.described(claims, at)),
            Ok(None) if self.offered.is_empty() => {
                let what = if claims.offline_days.is_some() { "not asked for" } else { "none given, and none needed" };
                CheckResult::skipped(Check::StatusList, what)
            }
            Ok(None) => {
                CheckResult::warned(Reason::ListNotNamed, "the license names no status list: what was given says nothing of it")
            }
        });
    }
}

impl Word<'_> {
    /// Whether the license is in good standing.
    pub fn check(&self) -> Result<(), Refusal> {
        let number = self.list.number();
        match self.standing {
            Standing::Good => Ok(()),
            Standing::Revoked => Err(Refusal::new(Reason::Revoked, format!("revoked, by status list {number}"))),
            Standing::Suspended => Err(Refusal::new(Reason::Suspended, format!("suspended, by status list {number}"))),
        }
    }

    /// Whether the machine, where it is known, did not give its seat back.
    pub fn check_seat(&self, claims: &Claims, machine: &Machine) -> Result<(), Refusal> {
        if self.released.is_none_or(|released| !machine.is_among(released, claims)) {
            return Ok(());
        }
        let detail = format!("this machine gave its seat of {} back, by status list {}", claims.jti, self.list.number());
        Err(Refusal::new(Reason::GivenBack, detail))
    }

    /// `number 12 of 2026-11-22, 3 days ago; up to 14 days are allowed`.
    fn described(&self, claims: &Claims, at: Timestamp) -> String {
        let issued = self.list.issued().date();
        let allowed = claims.offline_days.map(|allowed| format!("; up to {} are allowed", days(i64::from(allowed))));
        format!("number {} of {issued}, {}{}", self.list.number(), ago(at.date().days_since(issued)), allowed.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::StatusRef;
    use super::super::claims::tests::least;
    use super::super::released::Released;
    use super::super::sign::sign;
    use super::super::status_list::tests::{IAT, URI, at, claims, keys, list, sign_list, status_key, statuses};
    use super::super::status_list::{ListClaims, StatusList};
    use super::super::verify::Verifier;
    use super::*;
    use ed25519_dalek::SigningKey;

    /// A license at this place of a list, with so many days offline.
    fn license(place: Option<(u64, &str)>, offline_days: Option<u32>) -> String {
        let mut claims = Claims::read(least().to_string().as_bytes()).unwrap();
        claims.status = place.map(|(idx, uri)| StatusRef { idx, uri: uri.to_owned() });
        claims.offline_days = offline_days;
        sign(&claims, &SigningKey::from_bytes(&[7; 32]))
    }

    fn verifier(lists: &[String]) -> Verifier {
        lists.iter().fold(Verifier::for_any_product(keys()), Verifier::status_list)
    }

    /// The refusal, on which both ways to verify must agree, and the outcome of the status list's own check.
    fn outcome(verifier: &Verifier, key: &str, seconds: i64) -> (Option<Reason>, Option<CheckResult>) {
        let refusal = verifier.verify(key, at(seconds)).err();
        let verdict = verifier.examine(key, at(seconds));
        let failure = verdict.failure().map(|failure| (failure.reason.unwrap(), failure.detail.clone()));
        assert_eq!(failure, refusal.as_ref().map(|refusal| (refusal.reason, refusal.detail.clone())), "{verdict:?}");
        (refusal.map(|refusal| refusal.reason), verdict.result(Check::StatusList).cloned())
    }

    fn refusal(lists: &[String], key: &str, seconds: i64) -> Option<Reason> {
        outcome(&verifier(lists), key, seconds).0
    }

    const DAY: i64 = super::DAY;

    #[test]
    fn a_list_tells_who_was_revoked_and_who_suspended() {
        let lists = [list(7)];
        for (place, reason) in [(0, None), (3, Some(Reason::Revoked)), (5, Some(Reason::Suspended)), (6, None)] {
            assert_eq!(refusal(&lists, &license(Some((place, URI)), None), IAT), reason, "{place}");
        }
        assert_eq!(refusal(&lists, &license(Some((1 << 20, URI)), None), IAT), Some(Reason::ListTooShort));
    }

    #[test]
    fn without_offline_days_a_list_is_welcome_and_not_needed() {
        let key = license(Some((0, URI)), None);
        let (reason, list_check) = outcome(&verifier(&[]), &key, IAT);
        assert_eq!((reason, list_check.unwrap().detail.as_str()), (None, "none given, and none needed"));
        assert_eq!(refusal(&[list(7)], &key, IAT + 6 * DAY), None);
        // But one that is offered must be good.
        assert_eq!(refusal(&[list(7)], &key, IAT + 7 * DAY), Some(Reason::ListExpired));
        let future = sign_list(&ListClaims { iat: at(IAT + DAY), ..claims(8) }, &statuses(), &status_key());
        assert_eq!(refusal(&[future], &key, IAT), Some(Reason::ListNotYetValid));
        assert_eq!(refusal(&["hello".into()], &key, IAT), Some(Reason::ListMalformed));
        assert_eq!(outcome(&verifier(&[]), &license(None, None), IAT), (None, None));
    }

    #[test]
    fn offline_days_ask_for_a_list_that_is_young_enough() {
        let key = license(Some((0, URI)), Some(3));
        for (lists, seconds, reason) in [
            (vec![], IAT, Some(Reason::Stale)),
            (vec![list(7)], IAT, None),
            (vec![list(7)], IAT + 3 * DAY, None),
            (vec![list(7)], IAT + 3 * DAY + 1, Some(Reason::Stale)),
            (vec![list(7)], IAT + 8 * DAY, Some(Reason::ListExpired)),
        ] {
            assert_eq!(refusal(&lists, &key, seconds), reason, "{seconds}");
        }
        // A license that was revoked is so in an old list too.
        assert_eq!(refusal(&[list(7)], &license(Some((3, URI)), Some(3)), IAT + 4 * DAY), Some(Reason::Revoked));
        // A license that names no list can have none.
        assert_eq!(refusal(&[list(7)], &license(None, Some(3)), IAT), Some(Reason::Stale));
        let tool = Verifier::for_any_product(keys()).without_status_list();
        assert_eq!(outcome(&tool, &key, IAT).0, None);
    }

    #[test]
    fn of_several_lists_the_newest_of_the_right_address_speaks() {
        let other = "https://licenses.example.com/status/1.jwt";
        let good = sign_list(&claims(8), &super::super::statuses::Statuses::all_good(), &status_key());
        let shard = |uri: &str| sign_list(&ListClaims { sub: uri.into(), ..claims(9) }, &statuses(), &status_key());
        let key = license(Some((3, URI)), None);
        assert_eq!(refusal(&[list(7), good.clone()], &key, IAT), None);
        assert_eq!(refusal(&[good, list(7), shard(other)], &key, IAT), None);
        assert_eq!(refusal(&[shard(other)], &key, IAT), Some(Reason::ListWrongUri));
        assert_eq!(refusal(&["hello".into(), list(7)], &license(Some((0, URI)), Some(3)), IAT), None);
        assert_eq!(refusal(&[shard(other)], &license(Some((3, other)), None), IAT), Some(Reason::Revoked));
    }

    #[test]
    fn the_lists_that_could_be_opened_can_be_asked_for() {
        let numbers: Vec<u64> = verifier(&["hello".into(), list(7)]).status_lists().map(StatusList::number).collect();
        assert_eq!(numbers, [7]);
    }

    #[test]
    fn a_list_older_than_one_seen_before_is_refused() {
        let mut seen = SeenLists::new();
        seen.note(&StatusList::open(list(8), &keys()).unwrap());
        let key = license(Some((0, URI)), None);
        for (number, reason) in [(7, Some(Reason::ListSuperseded)), (8, None), (9, None)] {
            assert_eq!(outcome(&verifier(&[list(number)]).seen(seen.clone()), &key, IAT).0, reason, "{number}");
        }
    }

    #[test]
    fn a_machine_that_gave_its_seat_back_is_refused_and_no_other() {
        let mut bound = Claims::read(least().to_string().as_bytes()).unwrap();
        bound.status = Some(StatusRef { idx: 0, uri: URI.to_owned() });
        bound.machines.bound = vec!["machine-1".parse().unwrap(), "machine-2".parse().unwrap()];
        let key = sign(&bound, &SigningKey::from_bytes(&[7; 32]));
        let mut released = Released::new();
        assert!(released.add(0, MachineDigest::of(bound.jti, &bound.machines.bound[0])));
        let list = sign_list(&ListClaims { released, ..claims(7) }, &statuses(), &status_key());
        for (machine, reason) in [("machine-1", Some(Reason::GivenBack)), ("machine-2", None)] {
            let there = verifier(std::slice::from_ref(&list)).machine(machine.parse().unwrap());
            assert_eq!(outcome(&there, &key, IAT).0, reason, "{machine}");
        }
        assert_eq!(outcome(&verifier(&[list]).any_machine(), &key, IAT).0, None);
    }

    #[test]
    fn a_list_for_a_license_that_names_none_is_told_and_changes_nothing() {
        for offered in [list(7), "hello".to_owned()] {
            let (reason, list_check) = outcome(&verifier(&[offered]), &license(None, None), IAT);
            assert_eq!((reason, list_check.and_then(|check| check.reason)), (None, Some(Reason::ListNotNamed)));
        }
    }

    #[test]
    fn a_license_of_another_product_is_told_so_before_its_list_is() {
        let other = Verifier::new(keys(), "other".parse().unwrap());
        assert_eq!(outcome(&other, &license(Some((0, URI)), Some(3)), IAT).0, Some(Reason::WrongProduct));
        let revoked = other.status_list(list(7));
        assert_eq!(outcome(&revoked, &license(Some((3, URI)), Some(3)), IAT).0, Some(Reason::Revoked));
    }

    #[test]
    fn the_lines_read_as_people_say_it() {
        let verifier = verifier(&[list(7)]);
        let lines = |place, days, seconds| {
            let verdict = verifier.examine(license(Some((place, URI)), days), at(seconds));
            let line = |check| verdict.result(check).map(|result| result.detail.clone());
            (line(Check::StatusList).unwrap(), line(Check::Standing).unwrap_or_default())
        };
        let (list, standing) = lines(0, Some(3), IAT + DAY);
        assert_eq!(list, "number 7 of 2023-11-14, 1 day ago; up to 3 days are allowed");
        assert_eq!(standing, "neither suspended nor revoked, by status list 7");
        let (list, standing) = lines(3, Some(3), IAT + 4 * DAY);
        assert_eq!(list, "status list 7 of 2023-11-14T22:13:20Z is older than the 3 days that the license allows");
        assert_eq!(standing, "revoked, by status list 7");
        assert_eq!(
            lines(0, None, IAT + 9 * DAY),
            ("status list 7 of 2023-11-14 expired 2023-11-21T22:13:20Z".into(), String::new())
        );
    }
}
