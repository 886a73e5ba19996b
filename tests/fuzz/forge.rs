//! The throw-away keys of `keys.example/`, and signatures over anything.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use lic::license::Timestamp;
use lic::token::{KeySet, Kid, PublicKey};
use sha2::{Digest, Sha256};

fn key(phrase: &str) -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(phrase).into())
}

/// The commercial signing key of `keys.example/`, whose seed everybody can read here.
pub fn vendor() -> SigningKey {
    key("lic keys.example: the commercial signing key")
}

/// The signing key of its status lists.
pub fn status_signer() -> SigningKey {
    key("lic keys.example: the signing key of status lists")
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::try_from(key.verifying_key()).expect("an honest key")
}

/// What a product pins: both keys, each for its purpose.
pub fn keys() -> KeySet {
    let mut keys: KeySet = [public(&vendor())].into_iter().collect();
    keys.insert_status(public(&status_signer()));
    keys
}

/// The moment that most vectors are verified at.
pub fn at() -> Timestamp {
    "2027-06-01".parse().expect("a date")
}

/// The header that `lic` writes, for this type of text.
pub fn header(key: &SigningKey, typ: &str) -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{typ}"}}"#, Kid::of(&key.verifying_key()))
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Any header and any payload, truly signed.
pub fn jws(key: &SigningKey, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature.to_bytes()))
}

/// That the text is what this key makes of its own first two parts. Ed25519 is deterministic and the strict reading knows one
/// spelling: whatever else is accepted is a forgery, or a second spelling of a genuine text.
pub fn assert_genuine(text: &str, key: &SigningKey) {
    let (signed, signature) = text.rsplit_once('.').expect("three parts");
    assert_eq!(signature, encode(key.sign(signed.as_bytes()).to_bytes()), "accepted, and not signed so: {text}");
}
