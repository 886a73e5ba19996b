//! Signing: the one place that makes keys. Where the signing key comes from belongs in `keyring`.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};

use super::claims::Claims;
use super::jws::TYPE;
use super::kid::Kid;

/// The key that holds these claims: a JWS in compact form (RFC 7515, section 7.1; RFC 8037, section 3.1).
///
/// The same claims and the same signing key give the same text, byte for byte.
#[must_use]
pub fn sign(claims: &Claims, key: &SigningKey) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{TYPE}"}}"#, Kid::of(&key.verifying_key()));
    let mut text = Base64UrlUnpadded::encode_string(header.as_bytes());
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(claims.to_json().as_bytes()));
    let signature = key.sign(text.as_bytes());
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(&signature.to_bytes()));
    text
}
