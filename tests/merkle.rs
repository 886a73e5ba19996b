//! The Merkle tree of the audit log beside the `ct-merkle` crate: the same roots and the same proofs, and each takes the other's.

#![cfg(feature = "authority")]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use lic::audit::{Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;
use sha2::Sha256;

type Theirs = MemoryBackedTree<Sha256, Vec<u8>>;

/// The bodies of so many events, of very different lengths.
fn bodies(size: usize) -> Vec<Vec<u8>> {
    (0..size).map(|number| format!("event {number} ").repeat(number % 7).into_bytes()).collect()
}

fn leaves(bodies: &[Vec<u8>]) -> Vec<Hash> {
    bodies.iter().map(|body| leaf_hash(body)).collect()
}

fn theirs(bodies: &[Vec<u8>]) -> Theirs {
    let mut tree = Theirs::new();
    bodies.iter().for_each(|body| tree.push(body.clone()));
    tree
}

fn root(leaves: &[Hash]) -> Hash {
    leaves.iter().copied().collect::<Frontier>().root()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.to_vec()
}

#[test]
fn every_root_up_to_three_hundred_events_is_the_same() {
    let bodies = bodies(300);
    let (mut tree, mut frontier) = (Theirs::new(), Frontier::new());
    assert_eq!(tree.root().as_bytes().as_slice(), frontier.root());
    for body in bodies {
        frontier.append(leaf_hash(&body));
        tree.push(body);
        assert_eq!(tree.root().as_bytes().as_slice(), frontier.root(), "at {}", frontier.size());
    }
}

proptest! {
    #[test]
    fn an_inclusion_proof_is_the_same_and_each_takes_the_other_s(size in 1usize..200, pick: prop::sample::Index) {
        let bodies = bodies(size);
        let (tree, leaves, index) = (theirs(&bodies), leaves(&bodies), pick.index(size));
        let ours = inclusion_proof(leaves.iter().copied(), index as u64, size as u64).unwrap();
        let proof = tree.prove_inclusion(index);
        prop_assert_eq!(&ours, &hashes(proof.as_bytes()));
        prop_assert!(verify_inclusion(&leaves[index], index as u64, size as u64, &hashes(proof.as_bytes()), &root(&leaves)));
        let ours = InclusionProof::<Sha256>::from_bytes(ours.concat());
        prop_assert!(tree.root().verify_inclusion(&bodies[index], index as u64, &ours).is_ok());
    }

    #[test]
    fn a_consistency_proof_is_the_same_and_each_takes_the_other_s(size in 2usize..200, pick: prop::sample::Index) {
        let bodies = bodies(size);
        // Ours proves nothing about a tree that did not grow; theirs wants at least one leaf more.
        let old = pick.index(size - 1) + 1;
        let (before, tree, leaves) = (theirs(&bodies[..old]), theirs(&bodies), leaves(&bodies));
        let ours = consistency_proof(leaves.iter().copied(), old as u64, size as u64).unwrap();
        let proof = tree.prove_consistency(size - old);
        prop_assert_eq!(&ours, &hashes(proof.as_bytes()));
        let (old_root, new_root) = (root(&leaves[..old]), root(&leaves));
        prop_assert!(verify_consistency(old as u64, &old_root, size as u64, &new_root, &hashes(proof.as_bytes())));
        let ours = ConsistencyProof::<Sha256>::try_from_bytes(ours.concat()).unwrap();
        prop_assert!(tree.root().verify_consistency(&before.root(), &ours).is_ok());
    }
}
