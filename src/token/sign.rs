//! Signing: the one place that makes keys and status lists. Where the signing key comes from belongs in `keyring`.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};

use super::claims::Claims;
use super::jws::{SIGNATURE_CHARACTERS, TYPE};
use super::kid::Kid;
use super::status_list::{ListClaims, STATUS_LIST_TYPE};
use super::statuses::Statuses;

/// The key that holds these claims: a JWS in compact form (RFC 7515, section 7.1; RFC 8037, section 3.1).
///
/// The same claims and the same signing key give the same text, byte for byte.
#[must_use]
pub fn sign(claims: &Claims, key: &SigningKey) -> String {
    sign_as(claims, &Kid::of(&key.verifying_key()), key)
}

/// The same, where the name of the signing key is known: who signs many keys finds it out once.
#[must_use]
pub fn sign_as(claims: &Claims, kid: &Kid, key: &SigningKey) -> String {
    compact(TYPE, &claims.to_json(), kid, |bytes| key.sign(bytes).to_bytes())
}

/// The status list that says this of these standings, in the same form; `sign` makes the signature of the status key `kid`.
#[must_use]
pub fn sign_list(claims: &ListClaims, statuses: &Statuses, kid: &Kid, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    compact(STATUS_LIST_TYPE, &claims.to_json(statuses), kid, sign)
}

fn compact(typ: &str, payload: &str, kid: &Kid, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#);
    let header = Base64UrlUnpadded::encode_string(header.as_bytes());
    let payload = Base64UrlUnpadded::encode_string(payload.as_bytes());
    let mut text = String::with_capacity(header.len() + payload.len() + SIGNATURE_CHARACTERS + 2);
    text.push_str(&header);
    text.push('.');
    text.push_str(&payload);
    let signature = sign(text.as_bytes());
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(&signature));
    text
}
