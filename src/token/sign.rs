//! Signing: the one place that makes keys and status lists. Where the signing key comes from belongs in `keyring`.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};

use super::claims::Claims;
use super::jws::TYPE;
use super::kid::Kid;
use super::status_list::{ListClaims, STATUS_LIST_TYPE};
use super::statuses::Statuses;

/// The key that holds these claims: a JWS in compact form (RFC 7515, section 7.1; RFC 8037, section 3.1).
///
/// The same claims and the same signing key give the same text, byte for byte.
#[must_use]
pub fn sign(claims: &Claims, key: &SigningKey) -> String {
    compact(TYPE, &claims.to_json(), &Kid::of(&key.verifying_key()), |bytes| key.sign(bytes).to_bytes())
}

/// The status list that says this of these standings, in the same form; `sign` makes the signature of the status key `kid`.
#[must_use]
pub fn sign_list(claims: &ListClaims, statuses: &Statuses, kid: &Kid, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    compact(STATUS_LIST_TYPE, &claims.to_json(statuses), kid, sign)
}

fn compact(typ: &str, payload: &str, kid: &Kid, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#);
    let mut text = Base64UrlUnpadded::encode_string(header.as_bytes());
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(payload.as_bytes()));
    let signature = sign(text.as_bytes());
    text.push('.');
    text.push_str(&Base64UrlUnpadded::encode_string(&signature));
    text
}
