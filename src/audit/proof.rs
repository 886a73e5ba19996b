//! Proofs over the Merkle tree: that an event is in the log, and that a log only grew (RFC 9162, sections 2.1.3 and 2.1.4).
//!
//! A proof is made in one walk over the leaf hashes, in order, holding O(log n) hashes at a time. A proof is checked with
//! nothing but the roots: that is what a third party does.

use std::ops::Range;

use super::merkle::{Frontier, Hash, node_hash};

/// Why no proof can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf, or the older size, lies outside the tree.
    #[error("a log of {size} events has no proof for {asked}")]
    OutOfRange {
        /// The leaf index, or the older size.
        asked: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Fewer leaves came than the tree has.
    #[error("the log ends early: {got} of {size} events")]
    TooFewLeaves {
        /// How many leaves came.
        got: u64,
        /// How many the tree has.
        size: u64,
    },
}

/// The proof that the leaf at `index` (counted from 0) is in the tree of the first `size` leaves: the hashes of its
/// siblings, from the leaf upwards.
///
/// # Errors
/// [`ProofError`] where `index` is not below `size`, or `leaves` yields fewer than `size`.
pub fn inclusion_proof<I: IntoIterator<Item = Hash>>(leaves: I, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { asked: index, size });
    }
    let mut siblings = Vec::new();
    let mut node = 0..size;
    while length(&node) > 1 {
        let middle = node.start + split(length(&node));
        let (inside, sibling) =
            if index < middle { (node.start..middle, middle..node.end) } else { (middle..node.end, node.start..middle) };
        siblings.push(sibling);
        node = inside;
    }
    siblings.reverse();
    roots(leaves, &siblings, size)
}

/// The proof that the tree of the first `old` leaves is the beginning of the tree of the first `size` leaves.
///
/// It is empty where there is nothing to prove: `old` is 0 or the same as `size`.
///
/// # Errors
/// [`ProofError`] where `old` is above `size`, or `leaves` yields fewer than `size`.
pub fn consistency_proof<I: IntoIterator<Item = Hash>>(leaves: I, old: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
    if old > size {
        return Err(ProofError::OutOfRange { asked: old, size });
    }
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let mut parts = Vec::new();
    let mut node = 0..size;
    // Down to the subtree that ends where the older tree ended.
    while node.end != old {
        let middle = node.start + split(length(&node));
        let (inside, sibling) =
            if old <= middle { (node.start..middle, middle..node.end) } else { (middle..node.end, node.start..middle) };
        parts.push(sibling);
        node = inside;
    }
    // Where that subtree is the whole older tree, the verifier has its hash already: it is the older root.
    if node.start > 0 {
        parts.push(node);
    }
    parts.reverse();
    roots(leaves, &parts, size)
}

/// Whether `proof` shows that `leaf` stands at `index` in the tree with this `size` and `root` (RFC 9162, section 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut node = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            node = node_hash(sibling, &node);
            // Levels at which this node had no sibling do not appear in the proof.
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// Whether `proof` shows that the tree with `old` leaves and `old_root` is the beginning of the tree with `size` leaves and
/// `root` (RFC 9162, section 2.1.4.2).
///
/// An older tree without leaves is the beginning of every tree; trees of the same size must have the same root.
#[must_use]
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == Frontier::new().root();
    }
    let (first, rest) = match proof.split_first() {
        // The older tree is a full subtree: its root starts the walk and is left out of the proof.
        _ if old.is_power_of_two() => (*old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return false,
    };
    let steps = (old - 1).trailing_ones();
    let (mut at, mut last) = ((old - 1) >> steps, (size - 1) >> steps);
    let (mut old_node, mut node) = (first, first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_node = node_hash(sibling, &old_node);
            node = node_hash(sibling, &node);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_node == *old_root && node == *root
}

/// The roots of `parts` (disjoint runs of leaves), in their order.
fn roots<I: IntoIterator<Item = Hash>>(leaves: I, parts: &[Range<u64>], size: u64) -> Result<Vec<Hash>, ProofError> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&part| parts[part].start);
    let mut heads = vec![Frontier::new(); parts.len()];
    let mut order = order.into_iter().peekable();
    let mut got = 0;
    for leaf in leaves.into_iter().take(usize::try_from(size).unwrap_or(usize::MAX)) {
        while order.next_if(|&part| parts[part].end <= got).is_some() {}
        if let Some(&part) = order.peek()
            && parts[part].contains(&got)
        {
            heads[part].append(leaf);
        }
        got += 1;
    }
    if got < size { Err(ProofError::TooFewLeaves { got, size }) } else { Ok(heads.iter().map(Frontier::root).collect()) }
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

/// The largest power of two smaller than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::merkle::tests::{leaves, naive_root, split as naive_split};
    use proptest::prelude::*;

    /// PATH of RFC 9162, section 2.1.3.1, word for word.
    fn naive_inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(naive_split(leaves.len()));
        let (mut path, sibling) = if index < left.len() {
            (naive_inclusion(index, left), right)
        } else {
            (naive_inclusion(index - left.len(), right), left)
        };
        path.push(naive_root(sibling));
        path
    }

    /// SUBPROOF of RFC 9162, section 2.1.4.1, word for word.
    fn naive_consistency(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if known { Vec::new() } else { vec![naive_root(leaves)] };
        }
        let (left, right) = leaves.split_at(naive_split(leaves.len()));
        let (mut path, sibling) = if old <= left.len() {
            (naive_consistency(old, left, known), right)
        } else {
            (naive_consistency(old - left.len(), right, false), left)
        };
        path.push(naive_root(sibling));
        path
    }

    #[test]
    fn a_proof_outside_the_tree_is_refused() {
        assert_eq!(inclusion_proof(leaves(3), 3, 3), Err(ProofError::OutOfRange { asked: 3, size: 3 }));
        assert_eq!(consistency_proof(leaves(3), 4, 3), Err(ProofError::OutOfRange { asked: 4, size: 3 }));
        assert_eq!(inclusion_proof(leaves(3), 1, 4), Err(ProofError::TooFewLeaves { got: 3, size: 4 }));
    }

    #[test]
    fn where_there_is_nothing_to_prove_the_proof_is_empty() {
        for old in [0, 3] {
            assert_eq!(consistency_proof(leaves(3), old, 3), Ok(vec![]), "{old}");
        }
    }

    #[test]
    fn a_log_that_was_rewritten_has_no_proof_of_growth() {
        let before = leaves(5);
        let mut after = leaves(9);
        after[2] = [7; 32];
        let proof = consistency_proof(after.iter().copied(), 5, 9).unwrap();
        assert!(!verify_consistency(5, &naive_root(&before), 9, &naive_root(&after), &proof));
    }

    #[test]
    fn two_logs_of_one_size_are_one_log_only_with_one_root() {
        let [root, other] = [naive_root(&leaves(4)), naive_root(&leaves(5))];
        assert!(verify_consistency(4, &root, 4, &root, &[]));
        assert!(!verify_consistency(4, &other, 4, &root, &[]));
        assert!(!verify_consistency(4, &root, 4, &root, &[other]));
        assert!(!verify_consistency(0, &Frontier::new().root(), 4, &root, &[other]));
    }

    #[test]
    fn an_empty_log_is_the_beginning_of_every_log() {
        let root = naive_root(&leaves(4));
        assert!(verify_consistency(0, &Frontier::new().root(), 4, &root, &[]));
        assert!(!verify_consistency(0, &root, 4, &root, &[]));
        assert!(!verify_consistency(4, &root, 0, &Frontier::new().root(), &[]));
    }

    proptest! {
        #[test]
        fn an_inclusion_proof_is_the_one_of_the_rfc_and_verifies(size in 1usize..130, pick: prop::sample::Index) {
            let leaves = leaves(size);
            let index = pick.index(size);
            let proof = inclusion_proof(leaves.iter().copied(), index as u64, size as u64).unwrap();
            prop_assert_eq!(&proof, &naive_inclusion(index, &leaves));
            prop_assert!(verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &naive_root(&leaves)));
        }

        #[test]
        fn a_consistency_proof_is_the_one_of_the_rfc_and_verifies(size in 1usize..130, pick: prop::sample::Index) {
            let leaves = leaves(size);
            let old = pick.index(size) + 1;
            let proof = consistency_proof(leaves.iter().copied(), old as u64, size as u64).unwrap();
            prop_assert_eq!(&proof, &naive_consistency(old, &leaves, true));
            let old_root = naive_root(&leaves[..old]);
            prop_assert!(verify_consistency(old as u64, &old_root, size as u64, &naive_root(&leaves), &proof));
        }

        #[test]
        fn an_inclusion_proof_holds_for_nothing_else(
            size in 2usize..70, pick: prop::sample::Index, other: prop::sample::Index, bit in 0usize..256, drop: bool
        ) {
            let leaves = leaves(size);
            let (index, wrong) = (pick.index(size), other.index(size));
            prop_assume!(index != wrong);
            let (index, size, wrong_index) = (index as u64, size as u64, wrong as u64);
            let root = naive_root(&leaves);
            let leaf = leaves[index as usize];
            let proof = inclusion_proof(leaves.iter().copied(), index, size).unwrap();
            prop_assert!(!verify_inclusion(&leaves[wrong], index, size, &proof, &root));
            prop_assert!(!verify_inclusion(&leaf, wrong_index, size, &proof, &root));
            prop_assert!(!verify_inclusion(&leaf, index, index, &proof, &root));
            let mut changed = proof.clone();
            let at = other.index(proof.len());
            changed[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(&leaf, index, size, &changed, &root));
            let mut other_length = proof;
            if drop { other_length.pop(); } else { other_length.push(root); }
            prop_assert!(!verify_inclusion(&leaf, index, size, &other_length, &root));
        }

        #[test]
        fn a_consistency_proof_holds_for_nothing_else(
            size in 3usize..70, pick: prop::sample::Index, other: prop::sample::Index, bit in 0usize..256, drop: bool
        ) {
            let leaves = leaves(size);
            let old = pick.index(size - 1) + 1;
            let (old_root, root) = (naive_root(&leaves[..old]), naive_root(&leaves));
            let (old, size) = (old as u64, size as u64);
            let proof = consistency_proof(leaves.iter().copied(), old, size).unwrap();
            prop_assert!(!verify_consistency(old, &root, size, &root, &proof));
            prop_assert!(!verify_consistency(old, &old_root, size, &old_root, &proof));
            let mut changed = proof.clone();
            let at = other.index(proof.len());
            changed[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_consistency(old, &old_root, size, &root, &changed));
            let mut other_length = proof;
            if drop { other_length.pop(); } else { other_length.push(root); }
            prop_assert!(!verify_consistency(old, &old_root, size, &root, &other_length));
        }
    }
}
