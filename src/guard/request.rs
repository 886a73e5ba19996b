//! A request for an activation: what a machine without a network sends to the vendor.
//!
//! It is signed by a key that was made for it and stays on the machine, and names that key: so the vendor sees whether it was edited
//! on the way, and knows later who may give the seat back. That the request comes from the customer at all, only the customer can
//! tell.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize};

use super::text::{Form, InvalidText};
use crate::license::text::is_hidden;
use crate::license::{LicenseId, MachineId, Timestamp, crockford};

const FORM: Form = Form { kind: "activation request", lines: &["License", "Machine", "Label?", "Made", "Nonce", "Key"] };
/// The longest label, in characters.
pub const LONGEST_LABEL: usize = 60;
/// How many symbols a nonce has: 80 bits.
const NONCE: usize = 16;

/// What people call a machine: `build server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Label(String);

/// The text cannot be a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a label has 1 to {LONGEST_LABEL} printable characters, and no blank at either end")]
pub struct InvalidLabel;

impl Label {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=LONGEST_LABEL).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(is_hidden);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidLabel) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What tells one request from the next: 16 symbols of Crockford's base32.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce made of these random bytes.
    #[must_use]
    pub fn from_random(random: [u8; 10]) -> Self {
        let number = random.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        Self((0..NONCE).rev().map(|place| crockford::symbol((number >> (5 * place)) as u8)).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nonce {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == NONCE && text.bytes().all(|byte| crockford::ALPHABET.contains(&byte));
        if fits { Ok(Self(text.to_owned())) } else { Err("not 16 symbols") }
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A request for an activation that was not edited on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The license asked for.
    pub license: LicenseId,
    /// The machine to bind.
    pub machine: MachineId,
    /// What people call it.
    pub label: Option<Label>,
    /// When it was made, by the customer's clock.
    pub made: Timestamp,
    /// What tells it from the next request.
    pub nonce: Nonce,
    /// The machine's key: the public half, as base64url.
    pub key: String,
    text: String,
}

impl Request {
    pub(super) fn sign(
        key: &SigningKey,
        license: LicenseId,
        machine: MachineId,
        label: Option<Label>,
        nonce: Nonce,
        made: Timestamp,
    ) -> Self {
        let public = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        let values = [
            Some(license.to_string()),
            Some(machine.to_string()),
            label.as_ref().map(ToString::to_string),
            Some(made.to_string()),
            Some(nonce.0.clone()),
            Some(public.clone()),
        ];
        let text = FORM.write(&values, key);
        Self { license, machine, label, made, nonce, key: public, text }
    }

    /// Reads a request out of what was pasted.
    ///
    /// # Errors
    /// [`InvalidText`].
    pub fn read(pasted: &[u8]) -> Result<Self, InvalidText> {
        let (lines, signature) = FORM.read(pasted)?;
        let key = lines.get("Key").unwrap_or_default().to_owned();
        let public = public_key(&key).ok_or(InvalidText::Edited(FORM.kind))?;
        FORM.check(&lines, &signature, &public)?;
        let label = lines.get("Label").map(str::parse).transpose();
        Ok(Self {
            license: FORM.parse(&lines, "License")?,
            machine: FORM.parse(&lines, "Machine")?,
            label: label.map_err(|why: InvalidLabel| InvalidText::Line { kind: FORM.kind, why: why.to_string() })?,
            made: FORM.parse(&lines, "Made")?,
            nonce: FORM.parse(&lines, "Nonce")?,
            key,
            text: String::from_utf8_lossy(pasted).into_owned(),
        })
    }

    /// The text to send.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A public key from its text.
pub(super) fn public_key(text: &str) -> Option<VerifyingKey> {
    let mut bytes = [0; 32];
    Base64UrlUnpadded::decode(text, &mut bytes).ok().filter(|read| read.len() == 32)?;
    VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())
}
