//! The tools that vectors are forged with: throw-away keys, claims to be damaged, and signatures that no honest signer makes.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey, Verifier};
use lic::license::{Environment, Factor, Fingerprint, LicenseId, LicenseType, MachineId, MachineTerms, Slug, Terms, Timestamp};
use lic::token::{Claims, Grant, Kid, PublicKey};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

/// The authority of every key here.
pub const ISSUER: &str = "Example Software";

/// The order of the base point (RFC 8032, section 5.1), in little-endian bytes.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
];

/// The neutral element of the curve, a point of small order.
pub const NEUTRAL: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 1;
    point
};

/// A signing key whose seed is the hash of a phrase that everybody can read here.
fn key(phrase: &str) -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(phrase).into())
}

/// The commercial signing key.
pub fn vendor() -> SigningKey {
    key("lic keys.example: the commercial signing key")
}

/// The test signing key.
pub fn tester() -> SigningKey {
    key("lic keys.example: the test signing key")
}

/// The signing key of status lists.
pub fn status_signer() -> SigningKey {
    key("lic keys.example: the signing key of status lists")
}

/// The signing key of somebody else.
pub fn stranger() -> SigningKey {
    key("lic keys.example: the signing key of a stranger")
}

pub fn kid(key: &SigningKey) -> Kid {
    Kid::of(&key.verifying_key())
}

pub fn public(key: &SigningKey) -> PublicKey {
    PublicKey::try_from(key.verifying_key()).expect("an honest key")
}

pub fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

fn slug(text: &str) -> Slug {
    text.parse().expect("a slug")
}

/// The terms that most vectors grant: 2026-11-23 until 2027-11-22, three days of grace.
pub fn terms() -> Terms {
    Terms {
        product: slug("cockpit"),
        tier: slug("pro"),
        tier_name: "Professional".to_owned(),
        rank: 30,
        kind: LicenseType::Commercial,
        internal: false,
        starts: moment("2026-11-23"),
        ends: Some(moment("2027-11-23")),
        grace_days: 3,
        warn_days: 30,
        offline_days: None,
        seats: Some(12),
        features: ["reports", "sso"].map(slug).into_iter().collect(),
        limits: [(slug("api_requests_per_hour"), 10_000)].into_iter().collect(),
        machines: MachineTerms::default(),
        meta: None,
    }
}

/// Claims of these terms for Acme.
pub fn claims_of(terms: &Terms) -> Claims {
    claims_for("acme", "Acme GmbH", 0x1_0000_0001, terms)
}

/// Claims of these terms for any customer.
pub fn claims_for(customer: &str, name: &str, id: u64, terms: &Terms) -> Claims {
    let grant = Grant {
        issuer: ISSUER,
        customer: &slug(customer),
        customer_name: name,
        id: LicenseId::from_random(id.wrapping_mul(0x9e37_79b9)),
        rev: 1,
        at: moment("2026-11-22T14:30:00Z"),
        status: None,
    };
    Claims::new(grant, terms)
}

/// The payload that most faults are made in.
pub fn claims() -> String {
    claims_of(&terms()).to_json()
}

/// The payload with one piece replaced, which must be there once.
pub fn edited(from: &str, to: &str) -> String {
    edit(&claims(), from, to)
}

/// A text with one piece replaced, which must be there once.
pub fn edit(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} must stand in {text} once");
    text.replacen(from, to, 1)
}

/// The payload with one more member at its end.
pub fn added(member: &str) -> String {
    let claims = claims();
    format!("{},{member}}}", &claims[..claims.len() - 1])
}

/// The payload without this member.
pub fn without(name: &str) -> String {
    let mut claims: serde_json::Map<String, Value> = serde_json::from_str(&claims()).expect("claims");
    claims.remove(name).unwrap_or_else(|| panic!("{name} must be there"));
    Value::Object(claims).to_string()
}

/// The header that `lic` writes.
/// The machine ID of a machine with these values, `;` between them, of a product; an empty value is not known.
pub fn machine(product: &str, environment: Environment, values: &str) -> MachineId {
    let known = Factor::ALL.into_iter().zip(values.split(';')).filter(|(_, value)| !value.is_empty());
    Fingerprint::new(&product.parse().expect("a product"), environment, known).into()
}

pub fn header(kid: &str) -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"license+jwt"}}"#)
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// Signs any header and any payload.
pub fn jws_by(key: &SigningKey, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature.to_bytes()))
}

/// A key with this payload, whatever it is, truly signed by the vendor.
pub fn with_claims(claims: impl AsRef<[u8]>) -> String {
    jws_by(&vendor(), header(kid(&vendor()).as_str()), claims)
}

/// A key with this header, whatever it is (`KID` stands for the vendor's kid), truly signed by the vendor.
pub fn with_header(header: &str) -> String {
    jws_by(&vendor(), header.replace("KID", kid(&vendor()).as_str()), claims())
}

/// The key that most faults are made in.
pub fn genuine() -> String {
    with_claims(claims())
}

/// The three parts of a key.
pub fn parts(key: &str) -> [String; 3] {
    let parts: Vec<String> = key.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

/// The same header and claims under another signature.
pub fn resigned(signature: &[u8]) -> String {
    let [header, claims, _] = parts(&genuine());
    format!("{header}.{claims}.{}", encode(signature))
}

/// The genuine signature's bytes.
pub fn signature() -> [u8; 64] {
    let [_, _, signature] = parts(&genuine());
    let bytes = Base64UrlUnpadded::decode_vec(&signature).expect("base64url");
    bytes.try_into().expect("64 bytes")
}

/// The genuine signature with S + L in the place of S: the same equation, another spelling (RFC 8032, section 8.4).
pub fn unreduced() -> [u8; 64] {
    let mut signature = signature();
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    signature
}

/// A signature whose R has small order and that the equation of RFC 8032 accepts; the signer alone can make one.
pub fn small_order_r() -> [u8; 64] {
    use curve25519_dalek::scalar::Scalar;
    let key = vendor();
    let [header, claims, _] = parts(&genuine());
    let mut hash = Sha512::new();
    hash.update(NEUTRAL);
    hash.update(key.verifying_key().as_bytes());
    hash.update(format!("{header}.{claims}"));
    let challenge = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let secret = key.to_scalar();
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&NEUTRAL);
    signature[32..].copy_from_slice((challenge * secret).as_bytes());
    // Without this, the vector would only show that a wrong signature is wrong.
    let lenient = key.verifying_key();
    lenient.verify(format!("{header}.{claims}").as_bytes(), &signature.into()).expect("the equation holds");
    signature
}

/// HMAC-SHA256 (RFC 2104), for the forgery that takes the public key for a shared secret.
pub fn hmac(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    match secret.len() {
        0..=64 => block[..secret.len()].copy_from_slice(secret),
        _ => block[..32].copy_from_slice(&Sha256::digest(secret)),
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}
