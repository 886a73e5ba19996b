//! Keys that somebody changed, cut, doubled or made up: each is refused, with the reason that fits.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use insta::assert_snapshot;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desk;
use crate::support::Desk;

/// A key in its parts.
struct Key {
    header: Value,
    claims: Value,
    parts: [String; 3],
}

impl Key {
    fn of(desk: &Desk) -> Self {
        let text: String = desk.read("acme.lic").lines().filter(|line| !line.starts_with('-')).collect();
        let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
        let read = |part: &str| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap();
        Self { header: read(&parts[0]), claims: read(&parts[1]), parts: parts.try_into().unwrap() }
    }

    fn text(&self) -> String {
        self.parts.join(".")
    }

    /// With another header or other claims, and the old signature.
    fn with(&self, header: Option<&str>, claims: Option<&str>) -> String {
        let encoded = |text: Option<&str>, old: &str| text.map_or_else(|| old.to_owned(), encode);
        format!("{}.{}.{}", encoded(header, &self.parts[0]), encoded(claims, &self.parts[1]), self.parts[2])
    }

    fn header_with(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.with(Some(&header.to_string()), None)
    }

    fn claims_with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.with(None, Some(&claims.to_string()))
    }
}

fn encode(text: &str) -> String {
    Base64UrlUnpadded::encode_string(text.as_bytes())
}

/// HMAC-SHA-256 (RFC 2104), for the oldest trick: the public key as the secret of `HS256`.
fn hmac(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    match secret.len() {
        ..=64 => block[..secret.len()].copy_from_slice(secret),
        _ => block[..32].copy_from_slice(&Sha256::digest(secret)),
    }
    let keyed = |pad: u8| Sha256::new().chain_update(block.map(|byte| byte ^ pad));
    let inner = keyed(0x36).chain_update(message).finalize();
    keyed(0x5c).chain_update(inner).finalize().into()
}

fn signed_with_the_public_key(key: &Key, public: &str) -> String {
    let mut header = key.header.clone();
    header["alg"] = "HS256".into();
    let text = format!("{}.{}", encode(&header.to_string()), key.parts[1]);
    format!("{text}.{}", Base64UrlUnpadded::encode_string(&hmac(public.as_bytes(), text.as_bytes())))
}

/// The same letter in the other case, or the next one: never what was there.
fn change(text: &str, place: usize) -> String {
    let new = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
    format!("{}{new}{}", &text[..place], &text[place + 1..])
}

fn forgeries(desk: &Desk) -> Vec<(&'static str, String)> {
    let key = Key::of(desk);
    let text = key.text();
    let [header, claims, signature] = &key.parts;
    let with_member = |object: &Value, member: &str| format!("{},{member}}}", object.to_string().trim_end_matches('}'));
    let doubled_claim = with_member(&key.claims, r#""seats":999"#);
    let doubled_header = with_member(&key.header, r#""alg":"EdDSA""#);
    let mut no_kid = key.header.clone();
    no_kid.as_object_mut().unwrap().remove("kid");
    let last = signature.chars().last().unwrap();
    vec![
        ("one character of the claims changed", change(&text, header.len() + 20)),
        ("one character of the signature changed", change(&text, text.len() - 20)),
        ("more seats", key.claims_with("seats", 999.into())),
        ("a later end", key.claims_with("exp", 4_000_000_000_u64.into())),
        ("cut at its end", text[..text.len() - 10].to_owned()),
        ("cut in half", text[..text.len() / 2].to_owned()),
        ("without its signature", format!("{header}.{claims}")),
        ("with an empty signature", format!("{header}.{claims}.")),
        ("doubled without a gap", format!("{text}{text}")),
        ("two keys of which one is changed", format!("{text}\n{}", change(&text, text.len() - 20))),
        (
            "encoded anew: padded",
            key.parts.iter().map(|part| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4))).collect::<Vec<_>>().join("."),
        ),
        ("encoded anew: another alphabet", format!("{header}.{claims}.{}", signature.replace('-', "+").replace('_', "/"))),
        ("encoded anew: as a whole", Base64::encode_string(text.as_bytes())),
        ("encoded anew: claims in another order", key.with(None, Some(&key.claims.to_string()))),
        ("encoded anew: header with blanks", key.with(Some(&key.header.to_string().replace(',', ", ")), None)),
        ("spare bits of the last character set", format!("{}{}", &text[..text.len() - 1], char::from(last as u8 + 1))),
        ("alg none", format!("{}.{claims}.", encode(&key.header.to_string().replace("EdDSA", "none")))),
        ("alg none with a signature", key.header_with("alg", "none".into())),
        ("alg HS256 over the public key", signed_with_the_public_key(&key, &desk.read("vendor.pem"))),
        ("alg RS256", key.header_with("alg", "RS256".into())),
        ("alg in small letters", key.header_with("alg", "eddsa".into())),
        ("a foreign kid", key.header_with("kid", "AAAAAAAAAAAAAAAA".into())),
        ("no kid", key.with(Some(&no_kid.to_string()), None)),
        ("a kid that is a path", key.header_with("kid", "../../../etc/passwd".into())),
        ("crit", key.header_with("crit", json!(["exp"]))),
        ("a public key of its own", key.header_with("jwk", json!({ "kty": "OKP" }))),
        ("a public key from the network", key.header_with("jku", "https://example.com/jwks.json".into())),
        ("another typ", key.header_with("typ", "JWT".into())),
        ("two alg members", key.with(Some(&doubled_header), None)),
        ("two seats members", key.with(None, Some(&doubled_claim))),
        ("a newer version", key.claims_with("ver", 2.into())),
        ("claims that are a list", key.with(None, Some("[]"))),
        ("a header that is a list", key.with(Some("[]"), None)),
        ("a null", key.claims_with("seats", Value::Null)),
        (
            "a line missing",
            desk.read("acme.lic")
                .lines()
                .enumerate()
                .filter(|(line, _)| *line != 5)
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        ("text", "Dear Jane,\nthe key follows tomorrow.\n".to_owned()),
        ("nothing", String::new()),
    ]
}

#[test]
fn every_forgery_is_refused_with_the_reason_that_fits() {
    let desk = desk();
    let mut table = String::new();
    for (what, text) in forgeries(&desk) {
        desk.write("forged.lic", &text);
        let run = desk.lic(&["verify", "forged.lic", "--json"]).code(3).tame();
        let verdict = run.json()["verdict"].clone();
        assert_eq!(verdict["valid"], false, "{what}");
        let failed = verdict["checks"].as_array().unwrap().iter().find(|check| check["reason"] == verdict["reason"]).unwrap();
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        table += &format!("{what:<40} {:<18} {}\n", word(&verdict["reason"]), word(&failed["detail"]));
        let offline = desk.lic(&["verify", "forged.lic", "--keys", "vendor.pem", "--json"]).code(3);
        assert_eq!(offline.json()["verdict"]["reason"], verdict["reason"], "{what}: the same without the ledger");
    }
    assert_snapshot!(table);
}

#[test]
fn every_refusal_comes_with_advice_that_fits() {
    let desk = desk();
    let mut said = String::new();
    for (what, text) in forgeries(&desk) {
        desk.write("forged.lic", &text);
        let run = desk.lic_on_terminal(&["verify", "forged.lic"], []).code(3).tame();
        said += &format!("# {what}\n{}\n", run.stdout);
    }
    assert_snapshot!(said);
}

#[test]
fn no_forgery_is_shown_as_anything_but_not_verified() {
    let desk = desk();
    for (what, text) in forgeries(&desk) {
        desk.write("forged.lic", &text);
        let run = desk.lic(&["inspect", "forged.lic"]).tame();
        assert!(run.code == 3 || run.stderr.contains("NOT VERIFIED"), "{what}\n{run}");
    }
}

#[test]
fn a_license_signed_by_a_key_that_signs_no_licenses_is_refused() {
    use ed25519_dalek::pkcs8::DecodePrivateKey;

    let desk = desk();
    let (_, claims) = lic::token::inspect(desk.read("acme.lic").as_bytes()).unwrap();
    let keys = desk.lic(&["key", "list", "--json"]).done().json();
    for purpose in ["status", "log"] {
        let record = keys["signing_keys"].as_array().unwrap().iter().find(|key| key["purpose"] == purpose).unwrap();
        let path = desk.home().join(format!("keys/{}.key.pem", record["kid"].as_str().unwrap()));
        let key = ed25519_dalek::SigningKey::read_pkcs8_pem_file(path).unwrap();
        desk.write("forged.lic", lic::token::sign(&claims, &key));
        for args in [&["verify", "forged.lic", "--json"][..], &["verify", "forged.lic", "--keys", "vendor.pem", "--json"]] {
            let verdict = desk.lic(args).code(3).json()["verdict"].clone();
            assert_eq!((&verdict["valid"], &verdict["reason"]), (&false.into(), &"unknown-key".into()), "{purpose}");
        }
    }
}
