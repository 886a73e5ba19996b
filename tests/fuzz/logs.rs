//! The audit log as others see it: signed notes, checkpoints, proofs.

use std::path::Path;

use ed25519_dalek::{Signer, SigningKey};
use lic::audit::note::{self, LARGEST_NOTE, Note};
use lic::audit::{
    Checkpoint, Frontier, Hash, ProofFile, VerifierKey, consistency_proof, inclusion_proof, leaf_hash, verify_consistency,
    verify_inclusion,
};

use super::{text, texts};

fn signer() -> SigningKey {
    SigningKey::from_bytes(&std::array::from_fn(|place| place as u8))
}

fn verifier() -> VerifierKey {
    VerifierKey::new("vendor.example", signer().verifying_key()).expect("a key with a name")
}

fn signed(text: &str) -> String {
    note::sign(text, &verifier(), |bytes| signer().sign(bytes).to_bytes())
}

/// That the note holds the signature that the key makes of its text: nobody else can.
fn assert_genuine(note: &str, said: &str) {
    let line = signed(said);
    let line = line.lines().last().expect("a signature");
    assert!(note.lines().any(|found| found == line), "accepted, and not signed so: {note}");
}

/// A text has one spelling, what verifies was signed, and any text can be signed and read back.
pub fn note(bytes: &[u8]) {
    let text = text(bytes);
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(found) = text.parse::<Checkpoint>() {
        assert_eq!(found.to_string(), text);
        let (signed, opened) =
            (found.sign(&verifier(), |bytes| signer().sign(bytes).to_bytes()), found.origin() == "vendor.example");
        assert_eq!(
            Checkpoint::open(&signed, &[verifier()]).is_ok_and(|read| read == found),
            opened && sound(&signed),
            "{signed}"
        );
    }
    if let Ok(note) = Note::parse(&text) {
        if let Ok((said, key)) = note.verify(&[verifier()]) {
            assert_eq!((said, &key), (note.unverified_text(), &verifier()));
            assert_genuine(&text, said);
        }
        if let Ok(opened) = Checkpoint::open(&text, &[verifier()]) {
            assert_eq!((opened.to_string().as_str(), opened.origin()), (note.unverified_text(), "vendor.example"));
            assert_genuine(&text, &opened.to_string());
        }
    }
    let said = format!("{text}\n");
    let note = signed(&said);
    match Note::parse(&note) {
        Ok(read) => assert_eq!(read.verify(&[verifier()]).map(|(text, _)| text), Ok(&*said)),
        Err(error) => assert!(!sound(&note), "{error}: {note}"),
    }
}

/// Whether a note is one that is read at all.
fn sound(note: &str) -> bool {
    note.len() <= LARGEST_NOTE && !note.contains(|sign: char| sign < ' ' && sign != '\n')
}

/// A proof file has one spelling; one that proves something was signed by the log, and leads to the root that was signed.
pub fn proof(bytes: &[u8]) {
    let text = text(bytes);
    let Ok(file) = text.parse::<ProofFile>() else { return };
    assert_eq!(file.to_string(), text);
    if let Ok((checkpoint, entry)) = file.check(&[verifier()]) {
        assert_genuine(&file.checkpoint, &checkpoint.to_string());
        assert!(file.index < checkpoint.size());
        // The one log that was ever signed: what was proved stands in it.
        assert!(entries().get(file.index as usize).is_some_and(|known| known == entry), "{text}");
    }
}

fn entries() -> Vec<Vec<u8>> {
    (0..7u8).map(|number| format!("{{\"number\":{number}}}").into_bytes()).collect()
}

/// A tree of as many leaves as the input has bytes, up to twenty: each proof holds, and none does with something else in the place of a part.
pub fn merkle(bytes: &[u8]) {
    if let Ok(read) = Frontier::from_bytes(bytes) {
        assert_eq!(read.to_bytes(), bytes);
    }
    let leaves: Vec<Hash> = bytes.iter().take(20).enumerate().map(|(place, byte)| leaf_hash(&[*byte, place as u8])).collect();
    let size = leaves.len() as u64;
    let Some((&first, &last)) = bytes.first().zip(bytes.last()) else { return };
    let (index, old) = (u64::from(first) % size, u64::from(last) % (size + 1));
    let root = |size: u64| leaves.iter().copied().take(size as usize).collect::<Frontier>().root();
    let proof = inclusion_proof(leaves.clone(), index, size).expect("a leaf of the tree");
    let leaf = leaves[index as usize];
    assert!(verify_inclusion(&leaf, index, size, &proof, &root(size)));
    for other in (0..size + 2).filter(|other| *other != index) {
        assert!(!verify_inclusion(&leaf, other, size, &proof, &root(size)), "{index} of {size} passes for {other}");
    }
    for place in 0..proof.len() {
        let mut other = proof.clone();
        other[place][usize::from(last) % 32] ^= first | 1;
        assert!(!verify_inclusion(&leaf, index, size, &other, &root(size)));
        other.remove(place);
        assert!(!verify_inclusion(&leaf, index, size, &other, &root(size)));
    }
    let proof = consistency_proof(leaves.clone(), old, size).expect("an older tree");
    assert!(verify_consistency(old, &root(old), size, &root(size), &proof));
    for other in (0..=size).filter(|other| *other != old) {
        assert!(!verify_consistency(other, &root(old), size, &root(size), &proof), "{old} of {size} passes for {other}");
    }
    for place in 0..proof.len() {
        let mut other = proof.clone();
        other[place][usize::from(first) % 32] ^= last | 1;
        assert!(!verify_consistency(old, &root(old), size, &root(size), &other));
    }
}

fn checkpoint(size: usize) -> String {
    let log: Frontier = entries().iter().take(size).map(|entry| leaf_hash(entry)).collect();
    let head = Checkpoint::new("vendor.example", log.size(), log.root()).expect("a name");
    head.sign(&verifier(), |bytes| signer().sign(bytes).to_bytes())
}

pub fn note_seeds(_: &Path) -> Vec<Vec<u8>> {
    let mut seeds = vec![
        checkpoint(3).into_bytes(),
        checkpoint(7).into_bytes(),
        verifier().to_string().into_bytes(),
        signed("any text\n\nwith a gap\n").into_bytes(),
        format!("{}— witness.example AAAAAAA=\n", checkpoint(7)).into_bytes(),
    ];
    seeds.extend(texts(&["vendor.example\n3\nw2UeVBcUxT1kjsx7rsp/4sNu9PplvM4ksdcShkN95WY=\nextension\n"]));
    seeds
}

pub fn proof_seeds(_: &Path) -> Vec<Vec<u8>> {
    let leaves: Vec<Hash> = entries().iter().map(|entry| leaf_hash(entry)).collect();
    let file = |index: u64, entry: Option<Vec<u8>>| {
        let hashes = inclusion_proof(leaves.clone(), index, 7).expect("a leaf of the tree");
        ProofFile { entry, index, hashes, checkpoint: checkpoint(7) }.to_string().into_bytes()
    };
    let mut seeds: Vec<_> = entries().into_iter().zip(0..).map(|(entry, index)| file(index, Some(entry))).collect();
    seeds.push(file(2, None));
    seeds
}

pub fn merkle_seeds(_: &Path) -> Vec<Vec<u8>> {
    let log: Frontier = entries().iter().map(|entry| leaf_hash(entry)).collect();
    let mut seeds = texts(&["a", "ab", "abcdefg", "the leaves of a tree that is larger", "\u{1}\u{2}\u{3}\u{4}"]);
    seeds.push(log.to_bytes());
    seeds
}
