//! Public keys, and the set of them that a verifier trusts. How they are read from files stands in `keyfile`.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::keyfile;
use super::kid::Kid;

/// What precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4): the form has no other part.
pub(super) const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The `use` of a JWK that signs status lists.
pub(super) const STATUS_USE: &str = "status";

/// Why a text gives no public keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not a point of the curve in its one spelling.
    #[error("these 32 bytes are no Ed25519 public key")]
    Point,
    /// A point of small order: it would accept signatures that nobody made.
    #[error("this Ed25519 public key is weak: anybody can sign for it")]
    Weak,
    /// A key of another kind.
    #[error("not an Ed25519 public key, but {0}")]
    Kind(String),
    /// A private key, which belongs in no verifier.
    #[error("this is a private key: a verifier takes the public key, and the private one should not be here")]
    Private,
    /// A damaged PEM block.
    #[error("the PEM block is damaged: {0}")]
    Pem(&'static str),
    /// Damaged JSON, or a JWK that contradicts itself.
    #[error("the JWK is not usable: {0}")]
    Jwk(String),
    /// Neither PEM nor JWK.
    #[error("no public key found: it must be PEM (BEGIN PUBLIC KEY), a JWK or a JWKS")]
    Nothing,
}

/// An Ed25519 public key under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kid: Kid,
    verifying: VerifyingKey,
}

impl PublicKey {
    /// The key of these bytes (RFC 8032, section 5.1.5).
    ///
    /// # Errors
    /// [`InvalidKey::Point`] and [`InvalidKey::Weak`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        let verifying = VerifyingKey::from_bytes(bytes).map_err(|_| InvalidKey::Point)?;
        Self::try_from(verifying)
    }

    /// The only key in a PEM text.
    ///
    /// # Errors
    /// Where [`KeySet::parse`] fails, where the text is no PEM, and where it holds several keys.
    pub fn from_pem(text: &str) -> Result<Self, InvalidKey> {
        match keyfile::read_pem(text)?.as_slice() {
            [] => Err(InvalidKey::Nothing),
            [key] => Ok(key.clone()),
            _ => Err(InvalidKey::Pem("it holds several keys where one belongs")),
        }
    }

    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The key itself.
    #[must_use]
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Whether this key signed these bytes: the one place where signatures of licenses and status lists are checked.
    ///
    /// Strict (RFC 8032, section 5.1.7, and beyond): the signature's S is reduced, and neither its R nor the key has small order,
    /// so that nobody finds a second signature for the same bytes.
    #[must_use]
    pub fn signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.verifying.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
    }

    /// The key as the JWK's `x`: 32 bytes as base64url.
    #[must_use]
    pub fn x(&self) -> String {
        Base64UrlUnpadded::encode_string(self.verifying.as_bytes())
    }

    /// The key as PEM (SubjectPublicKeyInfo, RFC 8410), as `openssl pkey -pubout` writes it.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let der = [SPKI_PREFIX.as_slice(), self.verifying.as_bytes()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", Base64::encode_string(&der))
    }

    /// The key as a JWK (RFC 8037, section 2).
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        self.to_jwk_for("sig")
    }

    fn to_jwk_for(&self, purpose: &str) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": purpose, "kid": self.kid.as_str(),
            "x": self.x(),
        })
    }
}

impl TryFrom<VerifyingKey> for PublicKey {
    type Error = InvalidKey;

    fn try_from(verifying: VerifyingKey) -> Result<Self, InvalidKey> {
        // dalek also takes the few spellings of points that are not reduced (ZIP 215); no honest key has one.
        if verifying.to_edwards().compress().as_bytes() != verifying.as_bytes() {
            return Err(InvalidKey::Point);
        }
        if verifying.is_weak() {
            return Err(InvalidKey::Weak);
        }
        Ok(Self { kid: Kid::of(&verifying), verifying })
    }
}

/// What the signatures of a key are trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Licenses.
    Licenses,
    /// Status lists.
    StatusLists,
}

/// The pinned keys: whose signatures a verifier accepts. Keys for licenses and keys for status lists are told apart, and
/// neither stands in for the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: BTreeMap<Kid, PublicKey>,
    status: BTreeMap<Kid, PublicKey>,
    refused: BTreeSet<Kid>,
}

impl KeySet {
    /// No keys yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one or several PEM blocks (`BEGIN PUBLIC KEY`), a JWK or a JWKS.
    ///
    /// Text around PEM blocks is skipped. A JWK must have `kty` `OKP` and `crv` `Ed25519`; where they are present, `alg` must be
    /// `EdDSA` or `Ed25519`, `use` must be `sig`, `key_ops` must hold `verify`, and `kid` must be the [`Kid`] that follows from
    /// the key. In a JWKS, keys of other kinds or uses are skipped (RFC 7517, section 5); a damaged Ed25519 key is not.
    ///
    /// A JWK whose `use` is `status` is trusted for status lists alone; every other key is for licenses alone.
    ///
    /// # Errors
    /// An [`InvalidKey`]: for damaged text, keys of another kind, weak keys, private keys, one key for both purposes, and
    /// where there is no key at all.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let mut set = Self::new();
        for (purpose, key) in keyfile::read(text)? {
            match purpose {
                Use::Licenses => set.insert(key),
                Use::StatusLists => set.insert_status(key),
            }
        }
        match set.status.keys().find(|kid| set.keys.contains_key(kid)) {
            Some(kid) => Err(InvalidKey::Jwk(format!("kid {kid} is there for licenses and for status lists"))),
            None if set.is_empty() && set.status.is_empty() => Err(InvalidKey::Nothing),
            None => Ok(set),
        }
    }

    /// Reads a text as [`KeySet::parse`] does, and trusts every key in it for status lists alone: PEM has no word for that.
    ///
    /// # Errors
    /// As [`KeySet::parse`].
    pub fn parse_status(text: &str) -> Result<Self, InvalidKey> {
        let mut set = Self::new();
        keyfile::read(text)?.into_iter().for_each(|(_, key)| set.insert_status(key));
        if set.status.is_empty() { Err(InvalidKey::Nothing) } else { Ok(set) }
    }

    /// Trusts a key.
    pub fn insert(&mut self, key: PublicKey) {
        self.keys.insert(key.kid, key);
    }

    /// Trusts a key for status lists, unless it is one for licenses.
    pub fn insert_status(&mut self, key: PublicKey) {
        self.status.insert(key.kid, key);
    }

    /// The status key with this name, compromised or not.
    #[must_use]
    pub fn status_key(&self, kid: &Kid) -> Option<&PublicKey> {
        self.status.get(kid).filter(|_| !self.keys.contains_key(kid))
    }

    /// The status keys, in the order of their names.
    pub fn status_keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.status.values()
    }

    /// Refuses whatever this key signed, known or not: the key is compromised. Stronger than [`KeySet::insert`].
    pub fn refuse(&mut self, kid: Kid) {
        self.refused.insert(kid);
    }

    /// Whether signatures of this key are refused.
    #[must_use]
    pub fn refuses(&self, kid: &Kid) -> bool {
        self.refused.contains(kid)
    }

    /// The key for licenses with this name, compromised or not.
    #[must_use]
    pub fn get(&self, kid: &Kid) -> Option<&PublicKey> {
        self.keys.get(kid)
    }

    /// The keys for licenses, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.values()
    }

    /// How many keys for licenses there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key for licenses.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys as a JWKS (RFC 7517, section 5), those for status lists with the `use` `status`: other people's JWT libraries
    /// do not take them for keys of licenses.
    #[must_use]
    pub fn to_jwks(&self) -> Value {
        let status = self.status_keys().map(|key| key.to_jwk_for(STATUS_USE));
        json!({ "keys": self.iter().map(PublicKey::to_jwk).chain(status).collect::<Vec<_>>() })
    }

    /// The keys for licenses as PEM blocks, one after the other.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.iter().map(PublicKey::to_pem).collect()
    }
}

impl Extend<PublicKey> for KeySet {
    fn extend<I: IntoIterator<Item = PublicKey>>(&mut self, keys: I) {
        keys.into_iter().for_each(|key| self.insert(key));
    }
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        let mut set = Self::new();
        set.extend(keys);
        set
    }
}

impl std::str::FromStr for KeySet {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::parse(text)
    }
}
