//! The machines that gave a seat back, as a status list names them: so that the key a machine kept is refused there and nowhere else.
//!
//! A status list speaks of licenses by their places. A license whose machine was taken off is as good as before on its other
//! machines, whichever of its keys they hold: what is over is the seat of that one machine. So the list names the machine, by
//! a digest that only who holds the key can compare: the license's id is hashed with the machine's, so that a list tells
//! nobody which machine it is about, nor that two licenses had the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::base64url;
use super::statuses::SHARD;
use crate::license::{LicenseId, MachineId};

/// How many machines a list names at most, so that even with statuses that cannot be packed it stays within
/// [`LARGEST_TEXT`](super::LARGEST_TEXT).
pub const MOST_RELEASED: usize = 12_000;

/// What goes before the ids that are hashed.
const DOMAIN: &[u8] = b"lic released machine 1\0";

/// How many bytes of a digest are kept; 16 symbols of base64url.
const KEPT: usize = 12;

/// A machine of a license, told apart without being named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineDigest([u8; KEPT]);

impl MachineDigest {
    /// The digest of this machine for this license.
    #[must_use]
    pub fn of(license: LicenseId, machine: &MachineId) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(license.to_string());
        hash.update(b"\0");
        hash.update(machine.as_str());
        let mut kept = [0; KEPT];
        kept.iter_mut().zip(hash.finalize()).for_each(|(kept, byte)| *kept = byte);
        Self(kept)
    }

    fn read(text: &str) -> Option<Self> {
        Some(Self(base64url::decode(text)?.try_into().ok()?))
    }
}

impl fmt::Display for MachineDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&Base64UrlUnpadded::encode_string(&self.0))
    }
}

impl fmt::Debug for MachineDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for MachineDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// For each license of a list of which machines gave their seats back, by its place: those machines.
///
/// As JSON an object from places in decimal, in ascending order, to lists of digests, in ascending order. Where there is none,
/// the whole member is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Released {
    places: BTreeMap<u64, BTreeSet<MachineDigest>>,
    machines: usize,
}

impl Released {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a machine of the license at this place. Gives back whether there was room.
    pub fn add(&mut self, place: u64, machine: MachineDigest) -> bool {
        let room = self.machines < MOST_RELEASED && place < SHARD;
        if room && self.places.entry(place).or_default().insert(machine) {
            self.machines += 1;
        }
        room
    }

    /// How many machines are named.
    #[must_use]
    pub fn len(&self) -> usize {
        self.machines
    }

    /// Whether none is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The machines of the license at this place.
    #[must_use]
    pub fn at(&self, place: u64) -> Option<&BTreeSet<MachineDigest>> {
        self.places.get(&place)
    }

    /// At how many places the other list names other machines.
    #[must_use]
    pub fn differences(&self, other: &Self) -> u64 {
        let places: BTreeSet<&u64> = self.places.keys().chain(other.places.keys()).collect();
        places.into_iter().filter(|place| self.at(**place) != other.at(**place)).count() as u64
    }
}

impl Serialize for Released {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.places.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Released {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Released;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of the machines that gave their seats back")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Released, A::Error> {
                let mut read = BTreeMap::new();
                let mut total = 0;
                while let Some((place, machines)) = members.next_entry::<String, Vec<String>>()? {
                    let place = in_ascending_order(&read, place_of(&place)?)?;
                    let machines = digests(&machines)?;
                    total += machines.len();
                    if total > MOST_RELEASED {
                        return Err(Error::custom(format!("released names more than {MOST_RELEASED} machines")));
                    }
                    read.insert(place, machines);
                }
                if read.is_empty() {
                    return Err(Error::custom("released is empty: absent must be absent"));
                }
                Ok(Released { places: read, machines: total })
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// The place that this text spells, in its one spelling.
fn place_of<E: Error>(text: &str) -> Result<u64, E> {
    let place = text.parse().ok().filter(|place: &u64| *place < SHARD && place.to_string() == text);
    place.ok_or_else(|| E::custom("released names a place that is none"))
}

fn in_ascending_order<V, E: Error>(read: &BTreeMap<u64, V>, place: u64) -> Result<u64, E> {
    match read.last_key_value() {
        Some((last, _)) if *last >= place => Err(E::custom("the places in released are not in ascending order")),
        _ => Ok(place),
    }
}

fn digests<E: Error>(texts: &[String]) -> Result<BTreeSet<MachineDigest>, E> {
    let mut read = BTreeSet::new();
    for text in texts {
        let machine = MachineDigest::read(text).ok_or_else(|| E::custom("released names a machine that is none"))?;
        if read.last().is_some_and(|last| *last >= machine) {
            return Err(E::custom("the machines of a place in released are not in ascending order"));
        }
        read.insert(machine);
    }
    if read.is_empty() { Err(E::custom("released names a place without a machine")) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digest(number: u8) -> MachineDigest {
        MachineDigest([number; KEPT])
    }

    fn read(text: &str) -> Result<Released, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_digest_never_changes_and_belongs_to_one_license() {
        let machine = "MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R".parse().unwrap();
        let of = |number| MachineDigest::of(LicenseId::from_random(number), &machine);
        // printf 'lic released machine 1\0%s\0%s' LICENSE MACHINE | openssl dgst -sha256 -binary | head -c 12 | basenc --base64url
        assert_eq!(
            (LicenseId::from_random(1).to_string(), of(1).to_string()),
            ("LIC-0000-0012".into(), "78XXgOH41AoYlwpU".into())
        );
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn only_the_one_spelling_is_read() {
        let (one, two) = (digest(1), digest(2));
        let good = format!(r#"{{"2":["{one}","{two}"],"10":["{one}"]}}"#);
        let released = read(&good).unwrap();
        assert_eq!((released.len(), serde_json::to_string(&released).unwrap()), (3, good));
        assert!(released.at(2).is_some_and(|machines| machines.contains(&two)) && released.at(3).is_none());
        let most: Vec<String> = (0..=MOST_RELEASED).map(|place| format!(r#""{place}":["{one}"]"#)).collect();
        assert!(read(&format!("{{{}}}", most[1..].join(","))).is_ok());
        for (text, why) in [
            ("{}".to_owned(), "absent must be absent"),
            (r#"{"2":[]}"#.into(), "without a machine"),
            (format!(r#"{{"02":["{one}"]}}"#), "a place that is none"),
            (format!(r#"{{"+2":["{one}"]}}"#), "a place that is none"),
            (format!(r#"{{"-1":["{one}"]}}"#), "a place that is none"),
            (format!(r#"{{"1048576":["{one}"]}}"#), "a place that is none"),
            (format!(r#"{{"10":["{one}"],"2":["{one}"]}}"#), "places in released are not in ascending order"),
            (format!(r#"{{"2":["{one}"],"2":["{two}"]}}"#), "places in released are not in ascending order"),
            (format!(r#"{{"2":["{two}","{one}"]}}"#), "machines of a place in released are not in ascending order"),
            (format!(r#"{{"2":["{one}","{one}"]}}"#), "machines of a place in released are not in ascending order"),
            (r#"{"2":["AQEB"]}"#.into(), "a machine that is none"),
            (format!(r#"{{"2":["{one}="]}}"#), "a machine that is none"),
            (format!(r#"{{"2":"{one}"}}"#), "invalid type"),
            (r#"{"2":[7]}"#.into(), "invalid type"),
            ("[]".into(), "expected an object of the machines"),
            (format!("{{{}}}", most.join(",")), "more than 12000 machines"),
        ] {
            let said = read(&text).unwrap_err();
            assert!(said.contains(why), "{text:.60}: {said}");
        }
    }

    #[test]
    fn a_list_has_room_for_so_many_and_no_more() {
        let mut released = Released::new();
        let added = (0..SHARD).take_while(|place| released.add(*place, digest(1))).count();
        assert_eq!((added, released.len()), (MOST_RELEASED, MOST_RELEASED));
        assert_eq!((released.differences(&Released::new()), released.differences(&released)), (MOST_RELEASED as u64, 0));
        assert!(!Released::new().add(SHARD, digest(1)));
        assert!(Released::new().is_empty() && !released.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(places in prop::collection::btree_map(0..SHARD, prop::collection::btree_set(any::<u8>(), 1..4), 1..9)) {
            let mut released = Released::new();
            for (place, machines) in &places {
                machines.iter().for_each(|machine| assert!(released.add(*place, digest(*machine))));
            }
            prop_assert_eq!(read(&serde_json::to_string(&released).unwrap()), Ok(released));
        }
    }
}
