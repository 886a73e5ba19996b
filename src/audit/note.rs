//! Signed notes: text with signature lines under it, as C2SP defines them (c2sp.org/signed-note), and the keys that verify them.
//!
//! Only Ed25519 signatures (type 0x01) are made and verified here. Lines of other signers are carried along unread, so that
//! witnesses may add theirs.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// The largest note that is read.
pub const LARGEST_NOTE: usize = 256 << 10;
/// How many signature lines a note may have.
const MOST_SIGNATURES: usize = 64;
/// The type of Ed25519 signatures over the text of the note.
const ED25519: u8 = 0x01;

/// Why a text is no signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNote {
    /// More than [`LARGEST_NOTE`].
    #[error("it is too large for a signed note")]
    Large,
    /// Control characters.
    #[error("it holds control characters")]
    Control,
    /// The blank line and the signatures under it are missing.
    #[error("it is cut off: no signature stands under it")]
    NoSignature,
    /// The last line does not end.
    #[error("it is cut off: its last line does not end")]
    Unfinished,
    /// A signature line that is none.
    #[error("line {line} is no signature")]
    Signature {
        /// Its number, from 1.
        line: usize,
    },
    /// More signatures than anybody needs.
    #[error("it has too many signatures")]
    TooMany,
}

/// Why a note is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// None of the signatures is by a known key.
    #[error("it is signed by {} with a key that is not known here", .0.join(", "))]
    UnknownKeys(Vec<String>),
    /// A signature in the name of a known key is not that key's.
    #[error("its signature by {0} is not good: it was changed or forged")]
    BadSignature(String),
}

/// The text is no verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifierKey {
    /// Not three parts.
    #[error("a verifier key is written NAME+HASH+KEY")]
    Form,
    /// A name that notes cannot hold.
    #[error("the name of a verifier key is not empty and holds no spaces, no '+' and no control characters")]
    Name,
    /// The key is cut, or of another kind.
    #[error("the verifier key holds no Ed25519 public key")]
    Key,
    /// The hash belongs to another name or key.
    #[error("the hash in the verifier key does not fit its name and key: it was mistyped or cut")]
    Hash,
}

/// A key that verifies notes: its name, and an Ed25519 public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key under this name.
    ///
    /// # Errors
    /// [`InvalidVerifierKey::Name`]; [`InvalidVerifierKey::Key`] for a weak key, which would accept what nobody signed.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, InvalidVerifierKey> {
        if !is_name(name) {
            return Err(InvalidVerifierKey::Name);
        }
        if key.is_weak() {
            return Err(InvalidVerifierKey::Key);
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The name that stands in the signature lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key ID: the first four bytes of SHA-256 over the name, a newline, the signature type and the key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new().chain_update(&self.name).chain_update([b'\n', ED25519]).chain_update(self.key.as_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        [hash[0], hash[1], hash[2], hash[3]]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(out, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), Base64::encode_string(&typed))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidVerifierKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The base64 may hold a plus too, the name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidVerifierKey::Form);
        };
        let typed = Base64::decode_vec(key).map_err(|_| InvalidVerifierKey::Key)?;
        let Some((&ED25519, key)) = typed.split_first() else { return Err(InvalidVerifierKey::Key) };
        let key: [u8; 32] = key.try_into().map_err(|_| InvalidVerifierKey::Key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| InvalidVerifierKey::Key)?;
        let verifier = Self::new(name, key)?;
        let fits = hash == format!("{:08x}", u32::from_be_bytes(verifier.id()));
        if fits { Ok(verifier) } else { Err(InvalidVerifierKey::Hash) }
    }
}

/// A note as it was read. Nothing in it is to be trusted before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// [`InvalidNote`].
    pub fn parse(note: &str) -> Result<Self, InvalidNote> {
        if note.len() > LARGEST_NOTE {
            return Err(InvalidNote::Large);
        }
        if note.contains(|sign: char| sign < ' ' && sign != '\n') {
            return Err(InvalidNote::Control);
        }
        // The text may have blank lines of its own: the last one parts it from the signatures.
        let end = note.rfind("\n\n").ok_or(InvalidNote::NoSignature)?;
        let (text, below) = (&note[..=end], &note[end + 2..]);
        if below.is_empty() {
            return Err(InvalidNote::NoSignature);
        }
        let lines = below.strip_suffix('\n').ok_or(InvalidNote::Unfinished)?;
        let first = text.lines().count() + 2;
        let mut signatures = Vec::new();
        for (line, place) in lines.split('\n').zip(first..) {
            if signatures.len() == MOST_SIGNATURES {
                return Err(InvalidNote::TooMany);
            }
            signatures.push(SignatureLine::parse(line).ok_or(InvalidNote::Signature { line: place })?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, if a signature by one of these keys is good and none in the name of one of them is bad.
    ///
    /// # Errors
    /// [`Unverified`].
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<(&str, VerifierKey), Unverified> {
        let mut signer = None;
        for line in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name == line.name && key.id() == line.id) else { continue };
            let signature = Signature::from_slice(&line.signature);
            let good = signature.and_then(|signature| key.key.verify_strict(self.text.as_bytes(), &signature));
            good.map_err(|_| Unverified::BadSignature(line.name.clone()))?;
            signer.get_or_insert_with(|| key.clone());
        }
        let names = || self.signatures.iter().map(|line| line.name.clone()).collect();
        signer.map(|signer| (self.text.as_str(), signer)).ok_or_else(|| Unverified::UnknownKeys(names()))
    }

    /// The text, which nobody has vouched for.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = Base64::decode_vec(signature).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let good = is_name(name) && !signature.is_empty();
        good.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

/// The note that says `text` (which ends in a newline), signed with the private half of `key`.
#[must_use]
pub fn sign(text: &str, key: &VerifierKey, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    let signature = [key.id().as_slice(), &sign(text.as_bytes())].concat();
    format!("{text}\n— {} {}\n", key.name, Base64::encode_string(&signature))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|sign: char| sign == '+' || sign.is_whitespace() || sign.is_control())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    /// The seed of the golden vectors: the bytes from 0 to 31. The vectors were made by a program of twenty lines that computes
    /// Ed25519 and SHA-256 from their definitions, without this crate.
    pub(in crate::audit) fn signing_key() -> SigningKey {
        SigningKey::from_bytes(&std::array::from_fn(|place| place as u8))
    }

    pub(in crate::audit) fn key() -> VerifierKey {
        VerifierKey::new("vendor.example", signing_key().verifying_key()).unwrap()
    }

    pub(in crate::audit) fn signed(text: &str) -> String {
        sign(text, &key(), |bytes| signing_key().sign(bytes).to_bytes())
    }

    const VERIFIER: &str = "vendor.example+870d8441+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    pub(in crate::audit) const GOLDEN: &str = "vendor.example\n3\nw2UeVBcUxT1kjsx7rsp/4sNu9PplvM4ksdcShkN95WY=\n\n\
        — vendor.example hw2EQR84Vdfyzu2KvZVcIAn5eDMYK/dVNYov7RsXBjaCgzt5up2wghmIjZa4aXhTRaEba6Pv1RIzZeNbANVcTjhsHgc=\n";

    #[test]
    fn a_key_and_a_note_are_spelled_as_others_spell_them() {
        assert_eq!(key().to_string(), VERIFIER);
        assert_eq!(VERIFIER.parse(), Ok(key()));
        let text = &GOLDEN[..GOLDEN.find("\n\n").unwrap() + 1];
        assert_eq!(signed(text), GOLDEN);
        assert_eq!(Note::parse(GOLDEN).unwrap().verify(&[key()]), Ok((text, key())));
    }

    #[test]
    fn the_key_of_the_checksum_database_of_go_is_read() {
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    }

    #[test]
    fn what_is_no_verifier_key_is_refused_with_its_reason() {
        let (start, end) = VERIFIER.split_at("vendor.example+".len());
        for (text, why) in [
            ("", InvalidVerifierKey::Form),
            ("vendor.example", InvalidVerifierKey::Form),
            ("vendor.example+870d8441", InvalidVerifierKey::Form),
            (&VERIFIER[..VERIFIER.len() - 4], InvalidVerifierKey::Key),
            (&VERIFIER[..VERIFIER.len() - 1], InvalidVerifierKey::Key),
            (&VERIFIER.replace("+AQ", "+Ag"), InvalidVerifierKey::Key),
            (&format!("{VERIFIER}\n"), InvalidVerifierKey::Key),
            (&format!("vendor example+{end}"), InvalidVerifierKey::Name),
            (&format!("+{end}"), InvalidVerifierKey::Name),
            (&format!("vendor.exampel+{end}"), InvalidVerifierKey::Hash),
            (&format!("{start}{}", end.replace("870d", "870D")), InvalidVerifierKey::Hash),
            (&format!("{start}0{end}"), InvalidVerifierKey::Hash),
            // The identity of the curve: any signature would do.
            ("x+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", InvalidVerifierKey::Key),
        ] {
            assert_eq!(text.parse::<VerifierKey>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_note_is_refused_with_its_reason() {
        let last = GOLDEN.lines().count();
        for (note, why) in [
            (String::new(), InvalidNote::NoSignature),
            ("text\n".into(), InvalidNote::NoSignature),
            (GOLDEN[..GOLDEN.find("\n\n").unwrap() + 2].into(), InvalidNote::NoSignature),
            (GOLDEN[..GOLDEN.len() - 1].into(), InvalidNote::Unfinished),
            (GOLDEN[..GOLDEN.len() - 9].into(), InvalidNote::Unfinished),
            (GOLDEN.replace("HgcA", "Hgc").replace("Hgc=", "Hgc"), InvalidNote::Signature { line: last }),
            (GOLDEN.replace("Hgc=", "Hgd="), InvalidNote::Signature { line: last }),
            (GOLDEN.replace('—', "-"), InvalidNote::Signature { line: last }),
            (GOLDEN.replace("— vendor.example ", "—  "), InvalidNote::Signature { line: last }),
            (GOLDEN.replace("— vendor.example ", "— vendor+example "), InvalidNote::Signature { line: last }),
            (format!("{GOLDEN}more\n"), InvalidNote::Signature { line: last + 1 }),
            (GOLDEN.replace('\n', "\r\n"), InvalidNote::Control),
            (format!("\u{1b}{GOLDEN}"), InvalidNote::Control),
            (format!("{}{GOLDEN}", "x".repeat(LARGEST_NOTE)), InvalidNote::Large),
            (format!("text\n\n{}", "— a AAAAAAA=\n".repeat(MOST_SIGNATURES + 1)), InvalidNote::TooMany),
        ] {
            assert_eq!(Note::parse(&note), Err(why), "{note:?}");
        }
    }

    #[test]
    fn a_note_may_be_as_large_and_have_as_many_signatures_as_it_says() {
        let below = "\n\n— a AAAAAAA=\n";
        let largest = format!("{}{below}", "x".repeat(LARGEST_NOTE - below.len()));
        assert_eq!(largest.len(), LARGEST_NOTE);
        assert!(Note::parse(&largest).is_ok());
        assert!(Note::parse(&format!("text\n\n{}", "— a AAAAAAA=\n".repeat(MOST_SIGNATURES))).is_ok());
    }

    #[test]
    fn witnesses_may_add_their_lines() {
        let witnessed = format!("{GOLDEN}— witness.example AAAAAAA=\n");
        let note = Note::parse(&witnessed).unwrap();
        assert!(note.verify(&[key()]).is_ok());
        let other = VerifierKey::new("other.example", signing_key().verifying_key()).unwrap();
        let names = ["vendor.example".to_owned(), "witness.example".to_owned()].into();
        assert_eq!(note.verify(&[other]), Err(Unverified::UnknownKeys(names)));
    }

    #[test]
    fn one_bad_signature_of_a_known_key_spoils_the_note() {
        let line = GOLDEN.lines().last().unwrap();
        let other = signed("other\n");
        let both = format!("{GOLDEN}{}\n", other.lines().last().unwrap());
        assert!(both.contains(line));
        assert_eq!(Note::parse(&both).unwrap().verify(&[key()]), Err(Unverified::BadSignature("vendor.example".into())));
    }

    proptest! {
        #[test]
        fn any_text_is_signed_and_read_back(text in "([ -~äß—]{0,20}\n){1,6}") {
            let note = signed(&text);
            let read = Note::parse(&note).unwrap();
            prop_assert_eq!(read.verify(&[key()]), Ok((text.as_str(), key())));
        }

        #[test]
        fn no_changed_byte_goes_unnoticed(place in 0usize..200, bit in 0u8..8) {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) && let Ok(note) = Note::parse(&changed) {
                prop_assert!(note.verify(&[key()]).is_err());
            }
        }

        #[test]
        fn nothing_panics(text in "(\n|— |vendor.example |[A-Za-z0-9+/=]{1,9}|\\PC){0,30}") {
            let _ = text.parse::<VerifierKey>();
            if let Ok(note) = Note::parse(&text) {
                let _ = note.verify(&[key()]);
            }
        }
    }
}
