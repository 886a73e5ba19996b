//! A receipt for a license that was given back: what a machine without a network sends to the vendor when it is done.
//!
//! The key that signed the request signs the receipt, so that nobody gives back the seat of a machine that is not theirs. The
//! receipt names the request, so that it gives back that one activation, once.

use ed25519_dalek::SigningKey;

use super::request::{Nonce, public_key};
use super::text::{Form, InvalidText};
use crate::license::{LicenseId, MachineId, Timestamp};

const FORM: Form = Form { kind: "deactivation receipt", lines: &["License", "Machine", "Made", "Nonce"] };

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The license given back.
    pub license: LicenseId,
    /// The machine that gave it back.
    pub machine: MachineId,
    /// When, by the customer's clock.
    pub made: Timestamp,
    /// The request that it had been activated with.
    pub nonce: Nonce,
    text: String,
}

/// A receipt as it was read, to be held to the key that must have signed it.
pub struct ReceiptProof {
    receipt: Receipt,
    lines: super::text::Lines,
    signature: String,
}

impl Receipt {
    pub(super) fn sign(key: &SigningKey, license: LicenseId, machine: MachineId, nonce: Nonce, made: Timestamp) -> Self {
        let values = [license.to_string(), machine.to_string(), made.to_string(), nonce.as_str().to_owned()].map(Some);
        let text = FORM.write(&values, key);
        Self { license, machine, made, nonce, text }
    }

    /// Reads a receipt out of what was pasted. Who wrote it is not known before [`ReceiptProof::check`].
    ///
    /// # Errors
    /// [`InvalidText`].
    pub fn read(pasted: &[u8]) -> Result<ReceiptProof, InvalidText> {
        let (lines, signature) = FORM.read(pasted)?;
        let receipt = Self {
            license: FORM.parse(&lines, "License")?,
            machine: FORM.parse(&lines, "Machine")?,
            made: FORM.parse(&lines, "Made")?,
            nonce: FORM.parse(&lines, "Nonce")?,
            text: String::from_utf8_lossy(pasted).into_owned(),
        };
        Ok(ReceiptProof { receipt, lines, signature })
    }

    /// The text to send.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl ReceiptProof {
    /// The activation that it claims to give back.
    #[must_use]
    pub fn claimed(&self) -> (LicenseId, &Nonce) {
        (self.receipt.license, &self.receipt.nonce)
    }

    /// The receipt, where the key that signed the request signed it.
    ///
    /// # Errors
    /// [`InvalidText::Edited`].
    pub fn check(self, key: &str) -> Result<Receipt, InvalidText> {
        let key = public_key(key).ok_or(InvalidText::Edited(FORM.kind))?;
        FORM.check(&self.lines, &self.signature, &key)?;
        Ok(self.receipt)
    }
}
