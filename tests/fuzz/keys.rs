//! License keys: finding one in a text, the header, the claims, the whole strict verifier, and files of public keys.

use std::path::Path;

use lic::license::Timestamp;
use lic::token::{self, Claims, KeySet, License, PublicKey, Reason, TYPE, Verdict, Verifier, armour as wrapping};
use serde_json::Value;

use super::forge::{self, assert_genuine};
use super::{json, read_all, text, texts};

/// What looking for a key gives is bounded, stays the same when it is looked for again, and survives every way of passing it on.
pub fn armour(bytes: &[u8]) {
    let key = match wrapping::find(bytes) {
        Ok(key) => key,
        Err(refusal) => {
            assert!(matches!(refusal.reason, Reason::NoKey | Reason::SeveralKeys | Reason::TooLarge), "{refusal:?}");
            return;
        }
    };
    assert!(!key.is_empty() && key.len() <= 3 * bytes.len());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+/=".contains(&byte);
    if !key.bytes().all(plain) || !key.contains('.') || key.len() > token::LARGEST_TEXT / 2 {
        return;
    }
    let file = wrapping::wrap(&key);
    let quoted: String = file.lines().map(|line| format!("> {line}\r\n")).collect();
    for passed_on in [key.to_string(), format!("\n {key}\r\n"), file.replace('\n', "\r\n"), quoted, file] {
        assert_eq!(wrapping::find(passed_on.as_bytes()).as_deref(), Ok(&*key), "{passed_on}");
    }
}

/// Nothing is accepted but what the signing key signed, spelled as it was signed; and both ways to verify agree about everything.
pub fn key(bytes: &[u8]) {
    for verifier in [
        Verifier::for_any_product(forge::keys()).any_machine().without_status_list(),
        Verifier::new(forge::keys(), "cockpit".parse().expect("a product")),
    ] {
        if let Some(license) = agreed(&verifier, bytes, forge::at()) {
            let found = wrapping::find(bytes).expect("a key was found");
            assert_genuine(&found, &forge::vendor());
            assert_in_force(license.claims(), forge::at());
        }
    }
    // What is shown of a key that nobody verified is what stands in it.
    if let Ok((header, claims)) = token::inspect(bytes) {
        assert!(header.kid.len() + claims.to_json().len() <= 16 * bytes.len() + 4_096);
    }
}

/// A header, truly signed: accepted exactly where it has the three members, each as it must be.
pub fn header(bytes: &[u8]) {
    let vendor = forge::vendor();
    let key = forge::jws(&vendor, bytes, CLAIMS);
    let verifier = Verifier::for_any_product(forge::keys());
    assert_eq!(agreed(&verifier, key.as_bytes(), forge::at()).is_some(), is_good_header(bytes), "{}", text(bytes));
}

/// What a header must be, said once more by other means.
fn is_good_header(bytes: &[u8]) -> bool {
    let Ok(header) = std::str::from_utf8(bytes) else { return false };
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(header) else { return false };
    let is = |name: &str, wanted: &[&str]| members.get(name).and_then(Value::as_str).is_some_and(|found| wanted.contains(&found));
    let kid = token::Kid::of(&forge::vendor().verifying_key()).to_string();
    members.len() == 3
        && !json::names_twice(header)
        && is("alg", &["EdDSA", "Ed25519"])
        && is("kid", &[&kid])
        && is("typ", &[TYPE])
}

/// The least that a payload says.
const CLAIMS: &str = r#"{"iss":"Example Software","sub":"acme","aud":"cockpit","jti":"LIC-0000-0000","iat":1795357800,"nbf":1795392000,"ver":1,"rev":1,"customer":"Acme GmbH","tier":"pro","tier_name":"Professional","rank":30,"type":"commercial","warn_days":30}"#;

/// A payload, truly signed: what is read of it is what stands in it, nothing twice, nothing null, and is written and read as the same.
pub fn claims(bytes: &[u8]) {
    let vendor = forge::vendor();
    let signed = |payload: &[u8]| forge::jws(&vendor, forge::header(&vendor, TYPE), payload);
    let key = signed(bytes);
    let verifier = Verifier::for_any_product(forge::keys()).any_machine().without_status_list();
    let read = token::inspect(key.as_bytes());
    let license = agreed(&verifier, key.as_bytes(), forge::at());
    if let Some(license) = &license {
        assert_in_force(license.claims(), forge::at());
        assert_eq!(Some(license.claims()), read.as_ref().ok().map(|(_, claims)| claims));
    }
    let Ok((_, claims)) = read else { return };
    assert_faithful(&claims, std::str::from_utf8(bytes).expect("what was read is text"));
    let written = claims.to_json();
    let again = signed(written.as_bytes());
    assert_eq!(token::inspect(again.as_bytes()).map(|(_, claims)| claims), Ok(claims), "{written}");
    assert_eq!(agreed(&verifier, again.as_bytes(), forge::at()).is_some(), license.is_some(), "{written}");
}

/// That the claims say what the payload says, and leave out nothing that they know.
fn assert_faithful(claims: &Claims, payload: &str) {
    assert!(!json::names_twice(payload), "a name stands twice: {payload}");
    let whole: Value = serde_json::from_str(payload).expect("what was read is JSON");
    let read: Value = serde_json::from_str(&claims.to_json()).expect("claims are JSON");
    for (name, value) in read.as_object().expect("an object") {
        let fits = if name == "meta" { whole[name] == *value } else { json::is_part(value, &whole[name]) };
        assert!(fits, "{name} is {value}, and was {}", whole[name]);
        assert!(name == "meta" || !json::holds_null(value), "{value}");
    }
    for name in ["exp", "ends", "internal", "seats", "features", "limits", "machines", "offline_days", "status", "meta"] {
        let dropped = read.get(name).is_none() && whole.get(name).is_some_and(|value| !json::is_nothing(value));
        // A member of `machines` that this version does not know may stand alone.
        assert!(!dropped || name == "machines", "{name} was left out: {payload}");
    }
    let term = claims.validity();
    assert!(term.ends.is_none_or(|ends| ends > term.starts) && term.ends <= term.stops.or(term.ends));
}

fn assert_in_force(claims: &Claims, at: Timestamp) {
    assert!(claims.nbf <= at && claims.exp.is_none_or(|exp| at < exp) && claims.ver == token::VERSION && claims.rev > 0);
}

/// The license, where both ways to verify say that the text is one. Where they do not, they say the same.
pub fn agreed(verifier: &Verifier, pasted: &[u8], at: Timestamp) -> Option<License> {
    let verdict = verifier.examine(pasted, at);
    assert_presentable(&verdict, pasted.len());
    match verifier.verify(pasted, at) {
        Ok(license) => {
            assert!(verdict.is_valid(), "{verdict:?}");
            assert_eq!(verdict.claims.as_ref(), Some(license.claims()));
            Some(license)
        }
        Err(refusal) => {
            let failure = verdict.failure().expect("a check that failed");
            assert_eq!(
                (failure.reason, failure.check, &failure.detail),
                (Some(refusal.reason), refusal.check(), &refusal.detail)
            );
            assert!(!verdict.is_valid());
            None
        }
    }
}

/// That what people are told is not longer than the text gives reason for, and holds nothing that a terminal acts on.
fn assert_presentable(verdict: &Verdict, length: usize) {
    let told: usize = verdict.checks.iter().map(|result| result.detail.len()).sum();
    assert!(told <= 2 * length + 8_192, "{told} bytes of detail");
    let hidden = verdict.checks.iter().find(|result| result.detail.contains(lic::render::escape::is_hidden));
    assert!(hidden.is_none(), "{hidden:?}");
}

/// Public keys written are the public keys read; a weak key or a private one is never among them.
pub fn key_set(bytes: &[u8]) {
    let text = text(bytes);
    let bare = text.trim_start_matches('\u{feff}').trim();
    let set = KeySet::parse(&text);
    if !bare.starts_with('{') && bare.contains("-----BEGIN PRIVATE KEY-----") {
        assert!(set.is_err());
    }
    let Ok(set) = set else { return };
    assert_eq!(KeySet::parse(&set.to_jwks().to_string()).as_ref(), Ok(&set));
    if set.status_keys().next().is_none() {
        assert_eq!(KeySet::parse(&set.to_pem()).as_ref(), Ok(&set));
    }
    for key in set.iter().chain(set.status_keys()) {
        assert!(!key.verifying().is_weak() && PublicKey::from_bytes(key.verifying().as_bytes()).as_ref() == Ok(key));
        assert_eq!(PublicKey::from_pem(&key.to_pem()).as_ref(), Ok(key));
    }
    let status = KeySet::parse_status(&text).expect("keys for something");
    assert_eq!(status.status_keys().count(), set.len() + set.status_keys().count());
    assert!(set.to_jwks().to_string().len() <= 16 * bytes.len() + 64);
}

/// The vectors and the samples.
pub fn text_seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut seeds = read_all(folder, &["lic"]);
    seeds.extend(read_all(&folder.join("vectors"), &["lic", "txt"]));
    seeds.retain(|seed| seed.len() < 20_000);
    seeds
}

/// One part of every vector that has three.
fn parts(folder: &Path, part: usize) -> Vec<Vec<u8>> {
    let keys = text_seeds(folder).into_iter().filter_map(|seed| Some(wrapping::find(&seed).ok()?.into_owned()));
    let mut parts: Vec<_> = keys.filter_map(|key| forge::decode(key.split('.').nth(part)?)).collect();
    parts.sort();
    parts.dedup();
    parts
}

pub fn header_seeds(folder: &Path) -> Vec<Vec<u8>> {
    parts(folder, 0)
}

pub fn claims_seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut seeds = parts(folder, 1);
    seeds.extend(texts(&[CLAIMS]));
    seeds
}

pub fn key_set_seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut seeds = read_all(folder, &["pem", "json"]);
    seeds.extend(texts(&[
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","key_ops":["verify"]}"#,
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
    ]));
    seeds
}
