//! How licenses stand, packed as a Token Status List packs it: two bits each, the least significant first, zlib around it.
//!
//! The standard is draft-ietf-oauth-status-list, section 4.1. Who signed a list and when it counts belongs in `status_list`.

use std::fmt;

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use crate::license::Standing;

/// How many licenses one status list holds: 2^20.
pub const SHARD: u64 = 1 << 20;

/// How many bits a license takes: the list's `bits`.
pub(super) const BITS: u32 = 2;

/// How many licenses share a byte.
const IN_A_BYTE: usize = 4;

/// The bytes of a whole list: 256 KiB. Nothing larger is ever unpacked.
const LARGEST: usize = SHARD as usize / IN_A_BYTE;

/// The effort to pack tightly: of 10, where more costs much time and saves next to nothing.
const EFFORT: u8 = 9;

/// The standings of up to [`SHARD`] licenses.
#[derive(Clone, PartialEq, Eq)]
pub struct Statuses {
    bytes: Vec<u8>,
}

/// How many licenses of a list are not in good standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Taken back.
    pub revoked: u64,
    /// Switched off for a while.
    pub suspended: u64,
    /// With a value that this program does not know.
    pub unknown: u64,
}

/// Why a list does not say how a license stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoStanding {
    /// The list ends before the license's place.
    Beyond,
    /// The value is none that this program knows.
    Unknown,
}

impl Statuses {
    /// A whole list in which every license is in good standing.
    #[must_use]
    pub fn all_good() -> Self {
        Self { bytes: vec![0; LARGEST] }
    }

    /// How many places the list has.
    #[must_use]
    pub fn len(&self) -> u64 {
        (self.bytes.len() * IN_A_BYTE) as u64
    }

    /// Whether the list has no place at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Notes how the license at this place stands. A place beyond the list is left alone.
    pub fn set(&mut self, place: u64, standing: Standing) {
        let value = match standing {
            Standing::Good => 0,
            Standing::Revoked => 1,
            Standing::Suspended => 2,
        };
        let (byte, shift) = address(place);
        if let Some(byte) = self.bytes.get_mut(byte) {
            *byte = *byte & !(3 << shift) | value << shift;
        }
    }

    /// How the license at this place stands.
    ///
    /// # Errors
    /// A [`NoStanding`]: the place or the value is not one to rely on.
    pub fn get(&self, place: u64) -> Result<Standing, NoStanding> {
        let (byte, shift) = address(place);
        let byte = self.bytes.get(byte).ok_or(NoStanding::Beyond)?;
        match byte >> shift & 3 {
            0 => Ok(Standing::Good),
            1 => Ok(Standing::Revoked),
            2 => Ok(Standing::Suspended),
            _ => Err(NoStanding::Unknown),
        }
    }

    /// Counts the licenses that are not in good standing.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for byte in self.bytes.iter().filter(|byte| **byte != 0) {
            for shift in [0, 2, 4, 6] {
                match byte >> shift & 3 {
                    0 => {}
                    1 => tally.revoked += 1,
                    2 => tally.suspended += 1,
                    _ => tally.unknown += 1,
                }
            }
        }
        tally
    }

    /// At how many places two lists differ; a place that one of them lacks counts as good there.
    #[must_use]
    pub fn differences(&self, other: &Self) -> u64 {
        let longest = self.bytes.len().max(other.bytes.len());
        let at = |list: &Self, place: usize| list.bytes.get(place).copied().unwrap_or(0);
        let places = (0..longest).map(|place| at(self, place) ^ at(other, place)).filter(|odd| *odd != 0);
        places.map(|odd| u64::from(((odd | odd >> 1) & 0b0101_0101).count_ones())).sum()
    }

    /// The list in zlib (RFC 1950).
    #[must_use]
    pub fn to_zlib(&self) -> Vec<u8> {
        compress_to_vec_zlib(&self.bytes, EFFORT)
    }

    /// Unpacks a list: never more than [`SHARD`] places, whatever the bytes promise, and nothing behind the end.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub fn from_zlib(zlib: &[u8]) -> Result<Self, &'static str> {
        let mut bytes = vec![0; LARGEST];
        let flags = inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, read, written) = decompress(&mut DecompressorOxide::new(), zlib, &mut bytes, 0, flags);
        match status {
            TINFLStatus::Done if read < zlib.len() => Err("bytes follow the end of its zlib data"),
            TINFLStatus::Done => {
                bytes.truncate(written);
                Ok(Self { bytes })
            }
            TINFLStatus::HasMoreOutput => Err("it unpacks to more than 2^20 entries"),
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => Err("its zlib data is cut"),
            _ => Err("its zlib data is damaged"),
        }
    }
}

impl fmt::Debug for Statuses {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Statuses({} places, {:?})", self.len(), self.tally())
    }
}

/// The byte of a place, and how far its bits lie from the lowest.
fn address(place: u64) -> (usize, u32) {
    let byte = usize::try_from(place / IN_A_BYTE as u64).unwrap_or(usize::MAX);
    (byte, BITS * (place % IN_A_BYTE as u64) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    fn unpacked(base64: &str) -> Statuses {
        Statuses::from_zlib(&Base64UrlUnpadded::decode_vec(base64).unwrap()).unwrap()
    }

    /// The raw value at a place, as the standard numbers them.
    fn value(list: &Statuses, place: u64) -> u8 {
        match list.get(place) {
            Ok(Standing::Good) => 0,
            Ok(Standing::Revoked) => 1,
            Ok(Standing::Suspended) => 2,
            Err(_) => 3,
        }
    }

    #[test]
    fn the_example_of_the_standard_reads_as_it_says() {
        let list = unpacked("eNo76fITAAPfAgc");
        assert_eq!(list.bytes, [0xc9, 0x44, 0xf9]);
        let values: Vec<u8> = (0..list.len()).map(|place| value(&list, place)).collect();
        assert_eq!(values, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
        assert_eq!(list.get(12), Err(NoStanding::Beyond));
        assert_eq!(list.tally(), Tally { revoked: 4, suspended: 2, unknown: 3 });
    }

    #[test]
    fn the_test_vector_of_the_standard_reads_as_it_says() {
        let list = unpacked(concat!(
            "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5WwIA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "AID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBq",
            "H81gAQw",
        ));
        let said = [
            (0, 1),
            (1_993, 2),
            (25_460, 1),
            (159_495, 3),
            (495_669, 1),
            (554_353, 1),
            (645_645, 2),
            (723_232, 1),
            (854_545, 1),
            (934_534, 2),
            (1_000_345, 3),
        ];
        let found: Vec<(u64, u8)> =
            (0..list.len()).map(|place| (place, value(&list, place))).filter(|(_, value)| *value != 0).collect();
        assert_eq!((found.as_slice(), list.len()), (said.as_slice(), SHARD));
    }

    #[test]
    fn what_is_set_is_what_is_read_and_nothing_beside_it() {
        let mut list = Statuses::all_good();
        assert_eq!((list.len(), list.is_empty()), (SHARD, false));
        let nothing = Statuses::from_zlib(&compress_to_vec_zlib(&[], EFFORT)).unwrap();
        assert_eq!((nothing.len(), nothing.is_empty()), (0, true));
        for (place, standing) in
            [(0, Standing::Revoked), (1, Standing::Suspended), (3, Standing::Revoked), (SHARD - 1, Standing::Suspended)]
        {
            list.set(place, standing);
        }
        list.set(SHARD, Standing::Revoked);
        list.set(3, Standing::Good);
        list.set(u64::MAX, Standing::Revoked);
        assert_eq!(list.bytes[0], 0b0000_1001);
        assert_eq!(list.tally(), Tally { revoked: 1, suspended: 2, unknown: 0 });
        assert_eq!((list.get(SHARD - 1), list.get(SHARD)), (Ok(Standing::Suspended), Err(NoStanding::Beyond)));
        assert_eq!(list.differences(&Statuses::all_good()), 3);
        assert_eq!(list.differences(&unpacked("eNo76fITAAPfAgc")), 8);
    }

    #[test]
    fn a_bomb_is_refused_and_so_is_what_is_cut_or_followed() {
        let bomb = compress_to_vec_zlib(&vec![0; 64 << 20], 9);
        assert!(bomb.len() < 128 << 10);
        assert_eq!(Statuses::from_zlib(&bomb), Err("it unpacks to more than 2^20 entries"));
        assert!(Statuses::from_zlib(&compress_to_vec_zlib(&vec![0; LARGEST + 1], 9)).is_err());
        let good = Statuses::all_good().to_zlib();
        assert_eq!(Statuses::from_zlib(&good), Ok(Statuses::all_good()));
        assert_eq!(Statuses::from_zlib(&[good.as_slice(), b"x"].concat()), Err("bytes follow the end of its zlib data"));
        assert_eq!(Statuses::from_zlib(&good[..good.len() - 1]), Err("its zlib data is cut"));
        let mut changed = good.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(Statuses::from_zlib(&changed), Err("its zlib data is damaged"));
        assert!(Statuses::from_zlib(b"").is_err() && Statuses::from_zlib(b"hello there").is_err());
    }

    proptest! {
        #[test]
        fn what_was_packed_unpacks(places in prop::collection::vec((0..SHARD, 0u8..3), 0..50)) {
            let mut list = Statuses::all_good();
            let standing = |value| [Standing::Good, Standing::Revoked, Standing::Suspended][usize::from(value)];
            places.iter().for_each(|(place, value)| list.set(*place, standing(*value)));
            let read = Statuses::from_zlib(&list.to_zlib()).unwrap();
            for (place, _) in &places {
                let last = places.iter().rev().find(|(other, _)| other == place).unwrap().1;
                prop_assert_eq!(read.get(*place), Ok(standing(last)));
            }
            prop_assert_eq!(read, list);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Statuses::from_zlib(&[&[0x78, 0xda], bytes.as_slice()].concat());
            let _ = Statuses::from_zlib(&bytes);
        }
    }
}
