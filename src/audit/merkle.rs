//! The Merkle tree of RFC 6962, section 2.1 (the same tree as in RFC 9162), and its compact head.
//!
//! Leaves and inner nodes are hashed under different prefixes, so that neither can be passed off as the other.

use sha2::{Digest, Sha256};

/// A SHA-256 hash: a leaf, an inner node or a root.
pub type Hash = [u8; 32];

/// The hash of a leaf: `SHA-256(0x00 || data)`.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(data).finalize().into()
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// The compact head of a growing tree: how many leaves it has, and the roots of the full subtrees it falls into.
///
/// A tree of 13 leaves falls into full subtrees of 8, 4 and 1. Appending a leaf costs O(log n) at worst and one hash on
/// average, and never needs the earlier leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The roots of the full subtrees, the largest (leftmost) first: one for every bit set in `size`.
    peaks: Vec<Hash>,
}

/// The bytes are not those of a [`Frontier`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the head of the log is malformed")]
pub struct InvalidFrontier;

impl Frontier {
    /// The head of the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, given by its [`leaf_hash`], on the right.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Every trailing bit set in the size is a full subtree as large as the one that is being completed.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root of the tree; of the empty tree, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
            None => Sha256::digest([]).into(),
        }
    }

    /// The size as eight bytes, the most significant first, and the peaks, the largest subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`InvalidFrontier`] where the number of peaks does not belong to the size, or the size is above 2^63.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidFrontier> {
        let (size, rest) = bytes.split_first_chunk::<8>().ok_or(InvalidFrontier)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks::<32>();
        // No log ever reaches 2^63 events; with the bound, the size can always grow by one.
        if !odd.is_empty() || size > i64::MAX as u64 || peaks.len() != size.count_ones() as usize {
            return Err(InvalidFrontier);
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        leaves.into_iter().for_each(|leaf| frontier.append(leaf));
        frontier
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// MTH of RFC 6962, section 2.1, word for word: the slow truth that the rest is measured by.
    pub(in crate::audit) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&naive_root(left), &naive_root(right))
            }
        }
    }

    /// The largest power of two smaller than `size`.
    pub(in crate::audit) fn split(size: usize) -> usize {
        let mut power = 1;
        while power * 2 < size {
            power *= 2;
        }
        power
    }

    pub(in crate::audit) fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn roots_agree_with_the_published_vectors() {
        // The reference tree of the certificate transparency implementations: eight leaves, the root after each.
        let data: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::new();
        assert_eq!(hex(&frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (data, root) in data.iter().zip(roots) {
            frontier.append(leaf_hash(data));
            assert_eq!(hex(&frontier.root()), root, "size {}", frontier.size());
        }
    }

    #[test]
    fn a_leaf_is_never_taken_for_a_node() {
        let [left, right] = [leaf_hash(b"left"), leaf_hash(b"right")];
        assert_ne!(leaf_hash(&[left, right].concat()), node_hash(&left, &right));
    }

    #[test]
    fn a_head_with_a_wrong_number_of_peaks_is_refused() {
        let bytes = leaves(13).into_iter().collect::<Frontier>().to_bytes();
        assert_eq!(bytes.len(), 8 + 3 * 32);
        for wrong in [&bytes[..7], &bytes[..bytes.len() - 1], &bytes[..bytes.len() - 32], &[bytes.as_slice(), &[0; 32]].concat()]
        {
            assert_eq!(Frontier::from_bytes(wrong), Err(InvalidFrontier));
        }
    }

    #[test]
    fn a_head_has_room_for_one_event_more() {
        let head = |size: u64| [size.to_be_bytes().as_slice(), &[7; 32].repeat(size.count_ones() as usize)].concat();
        let largest = i64::MAX as u64;
        assert_eq!(Frontier::from_bytes(&head(largest)).map(|frontier| frontier.size()), Ok(largest));
        for wrong in [largest + 1, u64::MAX] {
            assert_eq!(Frontier::from_bytes(&head(wrong)), Err(InvalidFrontier), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_compact_head_has_the_root_of_the_whole_tree(count in 0usize..300) {
            let leaves = leaves(count);
            let frontier: Frontier = leaves.iter().copied().collect();
            prop_assert_eq!(frontier.size(), count as u64);
            prop_assert_eq!(frontier.root(), naive_root(&leaves));
            prop_assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Ok(frontier));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frontier::from_bytes(&bytes);
        }
    }
}
