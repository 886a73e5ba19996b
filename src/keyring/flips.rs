//! Every bit of an encrypted signing key flipped in turn: the file opens as the right key, or not at all, and no signature
//! is ever made with another key.

use std::fs;

use ed25519_dalek::Signer;

use super::pem::tests::{Cost, encoded, key, passphrase};
use super::{Keyring, KeyringError, Kid, Slug, files};

/// What became of the flips.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    /// It made no difference: a letter of another case in what PEM does not read, or a line end of another kind.
    harmless: usize,
    /// The encryption did not open.
    locked: usize,
    /// The file is not a copy of a signing key any more.
    damaged: usize,
    /// It opened, as another key; nothing but the comparison with the ledger's public key finds that.
    other_key: usize,
}

/// Flips each bit of the file in turn, opens it with its passphrase, and signs with whatever comes out.
fn flip(cost: Cost) -> (usize, Counts) {
    let folder = files::tests::folder();
    let keyring = Keyring::at(folder.path());
    let (kid, mia): (Kid, Slug) = (Kid::of(&key().verifying_key()), "mia".parse().unwrap());
    let path = keyring.copy_path(&kid, &mia);
    files::create_private_folder(path.parent().unwrap()).unwrap();
    let text = encoded(cost);
    let mut counts = Counts::default();
    for bit in 0..text.len() * 8 {
        let mut flipped = text.as_bytes().to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, flipped).unwrap();
        files::tests::set_mode(&path, 0o600);
        match keyring.open(&kid, &mia, Some(&passphrase()), &key().verifying_key()) {
            Ok(opened) => {
                let signature = opened.sign(b"a license");
                key()
                    .verifying_key()
                    .verify_strict(b"a license", &signature)
                    .unwrap_or_else(|_| panic!("bit {bit} signs wrongly"));
                counts.harmless += 1;
            }
            Err(KeyringError::WrongPassphrase { .. }) => counts.locked += 1,
            Err(KeyringError::Damaged { .. }) => counts.damaged += 1,
            Err(KeyringError::Mismatch { .. }) => counts.other_key += 1,
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
    (text.len() * 8, counts)
}

fn check((bits, counts): (usize, Counts)) {
    assert_eq!(counts.harmless + counts.locked + counts.damaged + counts.other_key, bits);
    // The comparison is what stands between some of the flips and a signature that nobody can check.
    assert!(counts.other_key > 0 && counts.locked > counts.other_key, "{counts:?}");
}

#[test]
fn no_flipped_bit_of_a_key_file_signs_with_another_key() {
    // What scrypt costs plays no part in what a flipped bit does, so that every bit can be tried in no time.
    check(flip(Cost { log_n: 1, r: 8, p: 1 }));
}

/// The same at the cost that real copies have: minutes, and none of them tells more than the test above.
///
/// `cargo test --lib keyring::flips -- --ignored`
#[test]
#[ignore = "opens a real copy 3,200 times"]
fn no_flipped_bit_of_a_real_key_file_signs_with_another_key() {
    check(flip(super::pem::COST));
}
