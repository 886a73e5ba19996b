//! A signing key as PEM text: PKCS#8 version 1, plain or encrypted.
//!
//! Version 1 (RFC 5208) holds the private key alone and is what OpenSSL 3.0 and Python read; version 2 adds the public
//! key, and dalek's own encoder writes that. Version 1 has no check of its own: a bit flipped in an encrypted file may
//! decrypt to another key as valid as the first. Whoever opens one compares the public key ([`super::Keyring::open`] does).

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::KeypairBytes;
use pkcs8::der::SecretDocument;
use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, ScryptParams};
use pkcs8::pkcs5::{EncryptionScheme, scrypt};
use pkcs8::{EncodePrivateKey, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef};
use zeroize::{Zeroize, Zeroizing};

use super::passphrase::Passphrase;

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// What deriving a key from a passphrase costs: scrypt's N (as its logarithm), r and p.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub log_n: u8,
    pub r: u32,
    pub p: u32,
}

/// What a new copy costs to open: 16 MiB, which OpenSSL's own limit of 32 MiB admits, five times over.
pub(super) const COST: Cost = Cost { log_n: 14, r: 8, p: 5 };

/// The most memory that a file may ask for, in bytes, and the most passes over it. A forged file must not stall the machine.
const MOST_MEMORY: u64 = 256 << 20;
const MOST_PASSES: u16 = 16;

/// How a copy of a signing key is protected. The salt and the initialization vector are random, and new for each copy.
#[derive(Debug, Clone, Copy)]
pub enum Protection<'a> {
    /// Encrypted with a key derived from a passphrase (PBES2: scrypt and AES-256-CBC).
    Passphrase {
        /// What opens it.
        passphrase: &'a Passphrase,
        /// Random bytes for scrypt.
        salt: [u8; 16],
        /// Random bytes for AES-CBC.
        iv: [u8; 16],
    },
    /// Not at all: whoever reads the file may sign.
    None,
}

/// Why a PEM text gives no signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Encrypted, and no passphrase was given.
    NeedsPassphrase,
    /// The decrypted bytes are no private key.
    WrongPassphrase,
    /// Not what a copy of a signing key looks like.
    Damaged(&'static str),
}

/// Writes a signing key as PEM.
pub(super) fn encode(key: &SigningKey, protection: Protection<'_>) -> Result<Zeroizing<String>, pkcs8::Error> {
    encode_at(COST, key, protection)
}

fn encode_at(cost: Cost, key: &SigningKey, protection: Protection<'_>) -> Result<Zeroizing<String>, pkcs8::Error> {
    let plain = KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der()?;
    match protection {
        Protection::None => Ok(plain.to_pem(PLAIN, LineEnding::LF)?),
        Protection::Passphrase { passphrase, salt, iv } => {
            let cost = scrypt::Params::new(cost.log_n, cost.r, cost.p).map_err(|_| pkcs8::Error::ParametersMalformed)?;
            let parameters = Parameters::generate_scrypt_aes256cbc(cost, &salt, iv)?;
            let info = PrivateKeyInfoRef::try_from(plain.as_bytes())?;
            Ok(info.encrypt_with_params(parameters, passphrase.reveal())?.to_pem(ENCRYPTED, LineEnding::LF)?)
        }
    }
}

/// Whether a PEM text is an encrypted signing key.
pub(super) fn is_encrypted(text: &str) -> Result<bool, Unreadable> {
    match SecretDocument::from_pem(text) {
        Ok((ENCRYPTED, _)) => Ok(true),
        Ok((PLAIN, _)) => Ok(false),
        Ok(_) => Err(Unreadable::Damaged("it holds something else than a private key")),
        Err(_) => Err(Unreadable::Damaged("it is not a key in PEM form")),
    }
}

/// Reads a signing key. A passphrase is not looked at where the key is not encrypted.
pub(super) fn decode(text: &str, passphrase: Option<&Passphrase>) -> Result<SigningKey, Unreadable> {
    let encrypted = is_encrypted(text)?;
    let (_, document) = SecretDocument::from_pem(text).map_err(|_| Unreadable::Damaged("it is not a key in PEM form"))?;
    if !encrypted {
        return private_key(document.as_bytes()).ok_or(Unreadable::Damaged("it holds no Ed25519 private key"));
    }
    let sealed = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|_| Unreadable::Damaged("its encryption is not readable"))?;
    let EncryptionScheme::Pbes2(parameters) = &sealed.encryption_algorithm else {
        return Err(Unreadable::Damaged("it is encrypted by other means than scrypt and AES-CBC"));
    };
    admit(parameters)?;
    let passphrase = passphrase.ok_or(Unreadable::NeedsPassphrase)?;
    let mut buffer = Zeroizing::new(sealed.encrypted_data.as_bytes().to_vec());
    let opened = parameters.decrypt_in_place(passphrase.reveal(), &mut buffer).map_err(|_| Unreadable::WrongPassphrase)?;
    // A wrong passphrase gets past the padding once in 256 times, and fails here.
    private_key(opened).ok_or(Unreadable::WrongPassphrase)
}

/// Admits scrypt at a bearable cost with AES-CBC: what is written here, and what `openssl pkcs8 -scrypt` writes for an
/// operator who changes the passphrase by hand.
fn admit(parameters: &Parameters) -> Result<(), Unreadable> {
    let Kdf::Scrypt(ScryptParams { cost_parameter, block_size, parallelization, .. }) = &parameters.kdf else {
        return Err(Unreadable::Damaged("its passphrase is not hashed with scrypt"));
    };
    if !matches!(parameters.encryption, Cipher::Aes128Cbc { .. } | Cipher::Aes192Cbc { .. } | Cipher::Aes256Cbc { .. }) {
        return Err(Unreadable::Damaged("it is not encrypted with AES-CBC"));
    }
    let (n, r) = (*cost_parameter, u64::from(*block_size));
    // Also keeps an N of zero away from the decoder, which takes its logarithm unasked.
    let bearable = n.is_power_of_two()
        && r > 0
        && (1..=MOST_PASSES).contains(parallelization)
        && n.checked_mul(128).and_then(|bytes| bytes.checked_mul(r)).is_some_and(|bytes| bytes <= MOST_MEMORY);
    if bearable { Ok(()) } else { Err(Unreadable::Damaged("its scrypt parameters are out of bounds")) }
}

fn private_key(der: &[u8]) -> Option<SigningKey> {
    let info = PrivateKeyInfoRef::try_from(der).ok()?;
    let mut pair = KeypairBytes::try_from(info).ok()?;
    let key = SigningKey::from_bytes(&pair.secret_key);
    pair.secret_key.zeroize();
    Some(key)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `openssl pkcs8 -topk8 -scrypt` of the key whose bytes count from 0 to 31, passphrase `correct horse`.
    const BY_OPENSSL: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAg7vIb+tlWangICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBCFLsbqv/MKdNWBU0rimmUYBEAWh8SXwuH1m+CG
JZgnwRqPRsj/Af8ReaBIjezy6GvtmYavAndSmoj45UjHau/q5qeAz8dgll/+eWT3
qv0KZmtA
-----END ENCRYPTED PRIVATE KEY-----
";
    /// The same without `-scrypt`.
    const BY_OPENSSL_WITH_PBKDF2: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjJZ3oR+CmVtgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEH5CHSllEKl9HwRRUGpwRt8EQEKy
meu+k4wkudmInitufY9z7Ieds03z8h6k10D/RF9kYZv9Y2pPbXQgoIX69JUu3QAM
1xLlHBrar6jtcKg8Xlc=
-----END ENCRYPTED PRIVATE KEY-----
";

    pub(in crate::keyring) fn key() -> SigningKey {
        SigningKey::from_bytes(&std::array::from_fn(|place| place as u8))
    }

    pub(in crate::keyring) fn passphrase() -> Passphrase {
        Passphrase::new("correct horse".into())
    }

    pub(in crate::keyring) fn protection(passphrase: &Passphrase) -> Protection<'_> {
        Protection::Passphrase { passphrase, salt: [0x5a; 16], iv: [0xa5; 16] }
    }

    pub(in crate::keyring) use super::Cost;

    /// The text of a copy that costs so much to open.
    pub(in crate::keyring) fn encoded(cost: Cost) -> Zeroizing<String> {
        encode_at(cost, &key(), protection(&passphrase())).unwrap()
    }

    /// A copy that opens in no time, read by the same code as a real one.
    pub(in crate::keyring) fn cheap_copy() -> Vec<u8> {
        let text = encoded(Cost { log_n: 1, r: 8, p: 1 });
        SecretDocument::from_pem(&text).unwrap().1.as_bytes().to_vec()
    }

    pub(in crate::keyring) fn real_copy() -> Vec<u8> {
        let text = encode(&key(), protection(&passphrase())).unwrap();
        SecretDocument::from_pem(&text).unwrap().1.as_bytes().to_vec()
    }

    /// PEM text around bytes that need not be DER.
    pub(in crate::keyring) fn armour(label: &str, bytes: &[u8]) -> String {
        use base64ct::Encoding;
        let body = base64ct::Base64::encode_string(bytes);
        let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    /// The bytes of hexadecimal digits.
    fn hex(digits: &str) -> Vec<u8> {
        let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
    }

    #[test]
    fn an_unprotected_copy_is_version_1_without_the_public_key() {
        let text = encode(&key(), Protection::None).unwrap();
        let (label, der) = SecretDocument::from_pem(&text).unwrap();
        assert_eq!(label, "PRIVATE KEY");
        // RFC 8410, section 7: version 0, id-Ed25519, the key in an octet string within an octet string.
        assert_eq!(der.as_bytes(), [hex("302e 020100 3005 06032b6570 0422 0420"), key().to_bytes().to_vec()].concat());
    }

    #[test]
    fn a_protected_copy_says_scrypt_and_aes_256_cbc() {
        let der = real_copy();
        let header = hex("30819b 3057 06092a864886f70d01050d 304a
               3029 06092b06010401da47040b 301c 0410 5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a 02024000 020108 020105
               301d 060960864801650304012a 0410 a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5
             0440");
        assert_eq!(der.len(), header.len() + 64);
        assert_eq!(der[..header.len()], header);

        let sealed = EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).unwrap();
        let opened = sealed.decrypt("correct horse").unwrap();
        let plain = encode(&key(), Protection::None).unwrap();
        assert_eq!(opened.as_bytes(), SecretDocument::from_pem(&plain).unwrap().1.as_bytes());
    }

    #[test]
    fn a_copy_encrypted_anew_by_openssl_opens() {
        assert_eq!(decode(BY_OPENSSL, Some(&passphrase())).unwrap(), key());
        let refused = decode(BY_OPENSSL_WITH_PBKDF2, Some(&passphrase())).unwrap_err();
        assert_eq!(refused, Unreadable::Damaged("its passphrase is not hashed with scrypt"));
    }

    #[test]
    fn a_forged_cost_neither_stalls_nor_crashes() {
        let der = cheap_copy();
        // N = 2, r = 8, p = 1, each an INTEGER of one byte.
        let at = der.windows(9).position(|bytes| bytes == hex("020102 020108 020101")).unwrap();
        for (n, r, p) in [(0, 8, 1), (3, 8, 1), (2, 0, 1), (2, 8, 0), (2, 8, 17)] {
            let mut forged = der.clone();
            (forged[at + 2], forged[at + 5], forged[at + 8]) = (n, r, p);
            let refused = decode(&armour(ENCRYPTED, &forged), Some(&passphrase())).unwrap_err();
            assert_eq!(refused, Unreadable::Damaged("its scrypt parameters are out of bounds"), "{n} {r} {p}");
        }
    }

    #[test]
    fn only_a_bearable_amount_of_memory_is_granted() {
        let asking = |log_n: u8, r: u32| {
            let cost = scrypt::Params::new(log_n, r, 1).unwrap();
            admit(&Parameters::generate_scrypt_aes256cbc(cost, &[0; 16], [0; 16]).unwrap())
        };
        assert!(asking(18, 8).is_ok());
        assert!(asking(19, 8).is_err());
        assert!(asking(18, 9).is_err());
    }

    #[test]
    fn text_that_is_no_signing_key_is_damaged() {
        let public = armour("PUBLIC KEY", &hex("302a300506032b6570032100"));
        for text in ["", "rubbish", &public, &armour(PLAIN, &[0x30, 0]), &armour(ENCRYPTED, &[0x30, 0])] {
            assert!(matches!(decode(text, Some(&passphrase())), Err(Unreadable::Damaged(_))), "{text}");
        }
        // An X25519 key has the same shape under another name.
        let other = [hex("302e 020100 3005 06032b656e 0422 0420"), vec![7; 32]].concat();
        assert_eq!(decode(&armour(PLAIN, &other), None), Err(Unreadable::Damaged("it holds no Ed25519 private key")));
    }
}
