//! Names that people type (license IDs, machine IDs, slugs), and the signed texts that go between a machine and the vendor.

use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::{Signer, SigningKey};
use lic::guard::{Label, Nonce, Receipt, Request};
use lic::license::fingerprint::{self, Fingerprint};
use lic::license::id::LicenseIdPrefix;
use lic::license::{Environment, Factor, LicenseId, LicenseType, MachineId, Price, Role, Slug, Term};
use lic::token::Kid;

use super::{forge, text, texts};

/// That what was read is written in a spelling which is read as the same.
fn settled<T: FromStr + ToString + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    assert_eq!(written.parse::<T>().ok().as_ref(), Some(&read), "{written}");
    assert!(written.len() <= 2 * text.len() + 64);
    Some(read)
}

/// Names keep their spelling, and no wrong symbol of an ID goes unnoticed.
pub fn ids(bytes: &[u8]) {
    let text = text(bytes);
    if let Some(id) = settled::<LicenseId>(&text) {
        assert_eq!(LicenseId::from_number(id.number()), Some(id));
        assert_each_symbol_counts::<LicenseId>(&id.to_string(), "LIC-");
    }
    if let Ok(prefix) = text.parse::<LicenseIdPrefix>() {
        let (first, last) = prefix.range();
        assert!(0 <= first && first <= last && LicenseId::from_number(last).is_some());
    }
    if let Some(found) = settled::<Fingerprint>(&text) {
        assert!(fingerprint::is_meant(&found.to_string()));
        assert!(found.compare(&found).passes(None) || !found.identifies());
        assert_each_symbol_counts::<Fingerprint>(&found.to_string(), fingerprint::PREFIX);
    }
    if let Some(machine) = settled::<MachineId>(&text) {
        assert!(machine.as_str().len() <= 256 && machine.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        let json = serde_json::to_string(&machine).expect("a text");
        assert_eq!(serde_json::from_str::<MachineId>(&json).ok(), Some(machine));
    }
    for slug in settled::<Slug>(&text).into_iter().chain(Slug::suggest(&text)) {
        // Slugs are names of files.
        let safe = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        assert!(
            slug.as_str().bytes().all(safe) && !slug.as_str().starts_with(['.', '-']) && slug.as_str().len() <= Slug::LONGEST
        );
    }
    for spelled in [settled::<Kid>(&text).map(|kid| kid.to_string()), settled::<Label>(&text).map(|label| label.to_string())] {
        assert!(spelled.is_none_or(|spelled| spelled == text));
    }
    if let Ok(nonce) = text.parse::<Nonce>() {
        assert_eq!(nonce.as_str(), text);
    }
    let _ = (settled::<Price>(&text), settled::<Term>(&text), settled::<LicenseType>(&text), settled::<Role>(&text));
}

/// That no ID differs from another in a single symbol.
fn assert_each_symbol_counts<T: FromStr>(id: &str, prefix: &str) {
    for place in (prefix.len()..id.len()).filter(|place| id.as_bytes()[*place] != b'-') {
        let other = if id.as_bytes()[place] == b'7' { "8" } else { "7" };
        let mut wrong = id.to_owned();
        wrong.replace_range(place..=place, other);
        assert!(wrong.parse::<T>().is_err(), "{wrong} passes, and so does {id}");
    }
}

/// A request that is read is read from its own text and from a quoting mail as the same; a receipt counts for its key alone.
pub fn request(bytes: &[u8]) {
    if let Ok(request) = Request::read(bytes) {
        assert!(request.text().len() <= 3 * bytes.len());
        let quoted: String = text(bytes).lines().map(|line| format!("> {line}\r\n")).collect();
        if quoted.len() < 60_000 {
            assert_eq!(asked(&Request::read(quoted.as_bytes()).expect("quoting changes nothing")), asked(&request));
        }
    }
    if let Ok(receipt) = Receipt::read(bytes) {
        let claimed = (receipt.claimed().0, receipt.claimed().1.clone());
        if let Ok(receipt) = receipt.check(&public(&machine_key())) {
            assert_eq!((receipt.license, receipt.nonce.clone()), claimed);
            let said = format!("lic deactivation receipt 1\n{}", lines(&text(bytes), &["License", "Machine", "Made", "Nonce"]));
            assert!(text(bytes).contains(&signature(&said)), "not signed so: {said}");
        }
        let again = Receipt::read(bytes).unwrap_or_else(|error| panic!("{error}"));
        assert!(again.check(&public(&SigningKey::from_bytes(&[3; 32]))).is_err(), "a receipt of nobody's");
    }
}

/// What a request asks for, without the text it was read from.
fn asked(request: &Request) -> impl PartialEq + std::fmt::Debug {
    (request.license, request.machine.clone(), request.label.clone(), request.made, request.nonce.clone(), request.key.clone())
}

/// The lines of these names, as a text that is to be signed spells them.
fn lines(text: &str, names: &[&str]) -> String {
    let strip =
        |line: &str| line.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '|' | '\u{feff}')).to_owned();
    let found: Vec<String> = text.lines().map(strip).collect();
    let begin = found.iter().position(|line| line.starts_with("-----BEGIN DEACTIVATION")).unwrap_or(0);
    let value = |name: &str| {
        let line = found[begin..].iter().find_map(|line| line.split_once(':').filter(|(known, _)| known.trim() == name));
        line.map(|(_, value)| format!("{name}: {}\n", value.trim()))
    };
    names.iter().filter_map(|name| value(name)).collect()
}

/// Values that somebody's own key signed: read as they stand, or refused for what they say, and never called edited. With
/// one byte changed on the way, they are not accepted as something else.
pub fn request_lines(bytes: &[u8]) {
    let typed = text(bytes);
    let strip = |line: &str| {
        let line = line.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '>' | '|' | '\u{feff}'));
        line.replace(['\r', '\n'], " ").trim().to_owned()
    };
    let names = ["License", "Machine", "Label", "Made", "Nonce", "Key"];
    let mut values: Vec<Option<String>> = typed.split('\n').take(5).map(|line| Some(strip(line))).collect();
    values.resize(5, None);
    values.push(Some(public(&machine_key())));
    let body: String =
        names.iter().zip(&values).filter_map(|(name, value)| Some(format!("{name}: {}\n", value.as_ref()?))).collect();
    if body.len() > 30_000 {
        return;
    }
    let sent = format!(
        "-----BEGIN ACTIVATION REQUEST-----\n{body}Signature: {}\n-----END ACTIVATION REQUEST-----\n",
        signature(&format!("lic activation request 1\n{body}"))
    );
    let read = Request::read(sent.as_bytes());
    if let Err(error) = &read {
        assert!(!matches!(error, lic::guard::InvalidText::Edited(_) | lic::guard::InvalidText::NotFound(_)), "{error}: {sent}");
    }
    let Ok(request) = read else { return };
    assert_eq!(Some(request.nonce.as_str()), values[4].as_deref());
    // One byte of what it says is changed, at a place that the input chooses.
    let start = sent.find('\n').unwrap_or(0) + 1;
    let place = start + bytes.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte))) % body.len();
    let mut changed = sent.clone().into_bytes();
    changed[place] = if changed[place] == b'7' { b'8' } else { b'7' };
    if let Ok(other) = Request::read(&changed) {
        assert_eq!(asked(&other), asked(&request), "{}", text(&changed));
    }
}

fn machine_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn public(key: &SigningKey) -> String {
    forge::encode(key.verifying_key().as_bytes())
}

fn signature(text: &str) -> String {
    forge::encode(machine_key().sign(text.as_bytes()).to_bytes())
}

fn machine() -> MachineId {
    let product = "cockpit".parse().expect("a product");
    Fingerprint::new(&product, Environment::Physical, [(Factor::Os, "7f3a"), (Factor::Disk, "S4EW")]).into()
}

const NONCE: &str = "0123456789ABCDEF";

pub fn ids_seeds(_: &Path) -> Vec<Vec<u8>> {
    let mut seeds = texts(&[
        "LIC-7QK3-M2ZD",
        "lic 7qk3",
        "host-7f3a9c",
        "acme",
        "Müller & Söhne GmbH",
        "49.90 EUR",
        "perpetual",
        "1y",
        NONCE,
        "dtOkS-pMXBDFLI_a",
        "build server",
        "commercial",
        "admin",
    ]);
    seeds.extend([LicenseId::from_random(7).to_string().into_bytes(), machine().to_string().into_bytes()]);
    seeds.push(machine().to_string().to_lowercase().replace('-', " ").into_bytes());
    seeds
}

fn sent(kind: &str, values: &[(&str, &str)]) -> Vec<u8> {
    let body: String = values.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let mark = kind.to_uppercase();
    let signature = signature(&format!("lic {kind} 1\n{body}"));
    format!("-----BEGIN {mark}-----\n{body}Signature: {signature}\n-----END {mark}-----\n").into_bytes()
}

pub fn request_seeds(_: &Path) -> Vec<Vec<u8>> {
    let (license, machine) = (LicenseId::from_random(7).to_string(), machine().to_string());
    let made = "2026-11-22T09:00:00Z";
    let asked = [
        ("License", license.as_str()),
        ("Machine", &machine),
        ("Label", "build server"),
        ("Made", made),
        ("Nonce", NONCE),
        ("Key", &public(&machine_key())),
    ];
    let without_label: Vec<_> = asked.iter().copied().filter(|(name, _)| *name != "Label").collect();
    let given_back = [("License", license.as_str()), ("Machine", &machine), ("Made", made), ("Nonce", NONCE)];
    let mut seeds = vec![
        sent("activation request", &asked),
        sent("activation request", &without_label),
        sent("deactivation receipt", &given_back),
    ];
    let quoted: Vec<u8> = text(&seeds[0]).lines().flat_map(|line| format!(">> {line}\r\n").into_bytes()).collect();
    seeds.push(quoted);
    seeds
}

pub fn request_lines_seeds(_: &Path) -> Vec<Vec<u8>> {
    let lines = |label: &str| {
        format!("{}\n{}\n{label}\n2026-11-22T09:00:00Z\n{NONCE}", LicenseId::from_random(7), machine()).into_bytes()
    };
    vec![lines("build server"), lines("Büro 株 🔑"), lines("")]
}
