//! Public keys as people hand them over: PEM blocks, a JWK, a JWKS. A private key handed over by mistake is refused by name.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};

use super::describe::shown;
use super::json::{self, Fault, Rule};
use super::keys::{InvalidKey, PublicKey, SPKI_PREFIX, STATUS_USE, Use};

/// Reads every public key in a text, each with what it is for.
pub(super) fn read(text: &str) -> Result<Vec<(Use, PublicKey)>, InvalidKey> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        return read_json(text);
    }
    Ok(read_pem(text)?.into_iter().map(|key| (Use::Licenses, key)).collect())
}

/// Reads the PEM blocks (RFC 7468) in a text, skipping what stands around them.
pub(super) fn read_pem(text: &str) -> Result<Vec<PublicKey>, InvalidKey> {
    const BEGIN: &str = "-----BEGIN ";
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(BEGIN) {
        rest = &rest[start + BEGIN.len()..];
        let (label, body) = rest.split_once("-----").ok_or(InvalidKey::Pem("its first line is cut"))?;
        match label {
            "PUBLIC KEY" => {}
            label if label.ends_with("PRIVATE KEY") => return Err(InvalidKey::Private),
            label => return Err(InvalidKey::Kind(format!("a PEM block of {}", shown(label)))),
        }
        let (body, after) = body.split_once("-----END PUBLIC KEY-----").ok_or(InvalidKey::Pem("its last line is missing"))?;
        keys.push(from_spki(body)?);
        rest = after;
    }
    Ok(keys)
}

fn from_spki(body: &str) -> Result<PublicKey, InvalidKey> {
    let encoded: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = Base64::decode_vec(&encoded).map_err(|_| InvalidKey::Pem("its text is not base64"))?;
    match der.strip_prefix(SPKI_PREFIX.as_slice()).map(<[u8; 32]>::try_from) {
        Some(Ok(bytes)) => PublicKey::from_bytes(&bytes),
        Some(Err(_)) => Err(InvalidKey::Pem("its length is wrong")),
        None => Err(InvalidKey::Kind("a public key of another algorithm".to_owned())),
    }
}

fn jwk_error(detail: impl Into<String>) -> InvalidKey {
    InvalidKey::Jwk(detail.into())
}

fn read_json(text: &str) -> Result<Vec<(Use, PublicKey)>, InvalidKey> {
    json::check(text, |_| Rule::Free).map_err(|fault| match fault {
        Fault::Duplicate(name) => jwk_error(format!("two members are named {}", shown(&name))),
        Fault::Syntax(error) => jwk_error(shown(&error)),
        Fault::Null(_) | Fault::NotAnObject(_) => jwk_error("it is not a JSON object"),
    })?;
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|error| jwk_error(shown(&error.to_string())))?;
    let Some(keys) = object.get("keys") else {
        return from_jwk(&object)?.map(|key| vec![key]).ok_or_else(|| InvalidKey::Kind(kind(&object)));
    };
    let keys = keys.as_array().ok_or_else(|| jwk_error("keys is not a list"))?;
    let members = keys.iter().map(|key| key.as_object().ok_or_else(|| jwk_error("a key is not a JSON object")));
    members.filter_map(|key| key.and_then(from_jwk).transpose()).collect()
}

fn kind(jwk: &Map<String, Value>) -> String {
    let member = |name: &str| jwk.get(name).and_then(Value::as_str).map_or_else(|| "none".to_owned(), shown);
    format!("a JWK with kty {}, crv {}, use {}", member("kty"), member("crv"), member("use"))
}

/// The Ed25519 signature key in a JWK, or `None` for a key of another kind or use.
fn from_jwk(jwk: &Map<String, Value>) -> Result<Option<(Use, PublicKey)>, InvalidKey> {
    let is = |name: &str, wanted: &str| jwk.get(name).and_then(Value::as_str) == Some(wanted);
    let absent_or = |name: &str, wanted: &[&str]| !jwk.contains_key(name) || wanted.iter().any(|wanted| is(name, wanted));
    if jwk.contains_key("d") {
        return Err(InvalidKey::Private);
    }
    if !is("kty", "OKP") || !is("crv", "Ed25519") || !absent_or("use", &["sig", STATUS_USE]) {
        return Ok(None);
    }
    if !absent_or("alg", &["EdDSA", "Ed25519"]) {
        return Err(jwk_error("alg is not EdDSA"));
    }
    let verifies = |operations: &Value| operations.as_array().is_some_and(|list| list.contains(&Value::from("verify")));
    if !jwk.get("key_ops").is_none_or(verifies) {
        return Err(jwk_error("key_ops does not hold verify"));
    }
    let encoded = jwk.get("x").and_then(Value::as_str).ok_or_else(|| jwk_error("x is missing"))?;
    let bytes = Base64UrlUnpadded::decode_vec(encoded).map_err(|_| jwk_error("x is not unpadded base64url"))?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| jwk_error("x has another length than 32 bytes"))?;
    let key = PublicKey::from_bytes(&bytes)?;
    if !absent_or("kid", &[key.kid().as_str()]) {
        return Err(jwk_error(format!("kid is not {}, which follows from the key", key.kid())));
    }
    let purpose = if is("use", STATUS_USE) { Use::StatusLists } else { Use::Licenses };
    Ok(Some((purpose, key)))
}

#[cfg(test)]
mod tests {
    use super::super::keys::KeySet;
    use super::*;
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;
    use serde_json::json;

    fn key(seed: u8) -> PublicKey {
        PublicKey::try_from(SigningKey::from_bytes(&[seed; 32]).verifying_key()).unwrap()
    }

    #[test]
    fn keys_written_are_the_keys_read() {
        let set: KeySet = [key(1), key(2)].into_iter().collect();
        let pem = format!("the keys\r\n{}\nthat is all\n", set.to_pem().replace('\n', "\r\n"));
        for text in [set.to_pem(), pem, set.to_jwks().to_string(), format!("\u{feff}{:#}\n", set.to_jwks())] {
            assert_eq!(KeySet::parse(&text), Ok(set.clone()), "{text}");
        }
        assert_eq!(KeySet::parse(&key(1).to_jwk().to_string()).unwrap().iter().next(), Some(&key(1)));
        assert_eq!(PublicKey::from_pem(&key(1).to_pem()), Ok(key(1)));
        assert_eq!((set.len(), set.to_pem().parse()), (2, Ok(set.clone())));
        assert_eq!(key(1).verifying(), &SigningKey::from_bytes(&[1; 32]).verifying_key());
    }

    #[test]
    fn where_one_key_belongs_there_is_exactly_one() {
        let set: KeySet = [key(1), key(2)].into_iter().collect();
        assert!(matches!(PublicKey::from_pem(&set.to_pem()), Err(InvalidKey::Pem(_))));
        assert_eq!(PublicKey::from_pem("hello"), Err(InvalidKey::Nothing));
    }

    #[test]
    fn a_private_key_is_refused_by_name() {
        let mut jwk = key(1).to_jwk();
        jwk["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        for text in [
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n".to_owned(),
            "-----BEGIN ENCRYPTED PRIVATE KEY-----".to_owned(),
            "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
            jwk.to_string(),
            json!({ "keys": [key(2).to_jwk(), jwk] }).to_string(),
        ] {
            assert_eq!(KeySet::parse(&text), Err(InvalidKey::Private), "{text}");
        }
    }

    #[test]
    fn weak_and_twisted_points_are_refused() {
        // The neutral element, and the same point with its y coordinate not reduced.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(PublicKey::from_bytes(&neutral), Err(InvalidKey::Weak));
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        assert_eq!(PublicKey::from_bytes(&unreduced), Err(InvalidKey::Point));
        assert_eq!(PublicKey::from_bytes(&[2; 32]), Err(InvalidKey::Point));
    }

    #[test]
    fn a_jwk_must_not_contradict_itself() {
        let with = |name: &str, value: Value| {
            let mut jwk = key(1).to_jwk();
            jwk[name] = value;
            KeySet::parse(&jwk.to_string())
        };
        assert!(with("alg", json!("Ed25519")).is_ok());
        assert!(with("key_ops", json!(["verify"])).is_ok());
        for (name, value) in [
            ("alg", json!("ES256")),
            ("kid", json!("vendor-2027")),
            ("kid", json!(7)),
            ("key_ops", json!(["sign"])),
            ("x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR")),
            ("x", Value::Null),
        ] {
            assert!(matches!(with(name, value.clone()), Err(InvalidKey::Jwk(_))), "{name} {value}");
        }
        for (name, value) in [("kty", json!("EC")), ("crv", json!("X25519")), ("use", json!("enc"))] {
            assert!(matches!(with(name, value.clone()), Err(InvalidKey::Kind(_))), "{name} {value}");
        }
        let kind = InvalidKey::Kind("a JWK with kty OKP, crv X25519, use sig".into());
        assert_eq!(with("crv", json!("X25519")), Err(kind));
    }

    #[test]
    fn a_jwks_may_hold_keys_of_other_kinds() {
        let rsa = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
        assert_eq!(KeySet::parse(&json!({ "keys": [rsa, key(1).to_jwk()] }).to_string()).unwrap().len(), 1);
        assert_eq!(KeySet::parse(&json!({ "keys": [rsa] }).to_string()), Err(InvalidKey::Nothing));
        assert!(matches!(KeySet::parse(r#"{"keys":[],"keys":[]}"#), Err(InvalidKey::Jwk(_))));
    }

    #[test]
    fn damaged_pem_is_refused() {
        let pem = key(1).to_pem();
        let cut = &pem[..pem.len() - 10];
        let short = pem.replacen("MCow", "", 1);
        for text in [cut, short.as_str(), "-----BEGIN PUBLIC KEY"] {
            assert!(KeySet::parse(text).is_err(), "{text}");
        }
        assert!(matches!(KeySet::parse("-----BEGIN CERTIFICATE-----"), Err(InvalidKey::Kind(_))));
        assert_eq!(KeySet::parse("hello"), Err(InvalidKey::Nothing));
        assert_eq!(KeySet::parse(""), Err(InvalidKey::Nothing));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(-----BEGIN |-----END |PUBLIC KEY|-----|\\PC|\n|[{}\":,]|keys|kty){0,12}") {
            let _ = KeySet::parse(&text);
        }
    }
}
