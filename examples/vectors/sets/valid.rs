//! Keys that are valid: every shape of license, and every moment of its life.

use lic::license::{Environment, LicenseType, MachineTerms};
use lic::token::StatusRef;
use serde_json::{Value, json};

use super::Vector;
use crate::forge::*;

pub fn vectors() -> Vec<Vector> {
    [moments(), shapes(), spellings()].into_iter().flatten().collect()
}

fn moments() -> Vec<Vector> {
    let at = |name, description, at, status| Vector::valid(name, description, genuine()).at(at).status(status);
    let ungraced = claims_of(&lic::license::Terms { grace_days: 0, ..terms() }).to_json();
    vec![
        at("active", "in the middle of its term", "2027-06-01T00:00:00Z", "active"),
        at("first-second", "in the first second of its term", "2026-11-23T00:00:00Z", "active"),
        at("expiring", "inside its warning window", "2027-11-01T00:00:00Z", "expiring"),
        at("last-second", "in the last second of its term", "2027-11-22T23:59:59Z", "expiring"),
        at("grace", "past its end, inside its grace days", "2027-11-24T12:00:00Z", "grace"),
        at("grace-first-second", "in the first second of its grace period", "2027-11-23T00:00:00Z", "grace"),
        at("grace-last-second", "in the last second of its grace period", "2027-11-25T23:59:59Z", "grace"),
        Vector::valid("no-grace", "a term without grace days: exp alone", with_claims(ungraced)),
    ]
}

fn shapes() -> Vec<Vector> {
    use lic::license::Terms;
    let shape = |name, description, terms: Terms| Vector::valid(name, description, with_claims(claims_of(&terms).to_json()));
    let bound = MachineTerms {
        max: Some(2),
        bound: ["host-7f3a9c", "host-01b2c3"].map(|id| id.parse().expect("a machine ID")).to_vec(),
        ..MachineTerms::default()
    };
    let matched = vec![machine("cockpit", Environment::Physical, "os;board;disk;network;cpu")];
    let matched = Terms { machines: MachineTerms { bound: matched, ..MachineTerms::default() }, ..terms() };
    let perpetual = Terms { ends: None, ..terms() };
    let plain = Terms { features: Default::default(), limits: Default::default(), ..terms() };
    let unicode = claims_for("mueller", "Müller & Söhne \"Zürich\" – 株式会社 🚀", 7, &terms());
    let mut referring = claims_of(&terms());
    referring.status = Some(StatusRef { idx: 42, uri: "https://licenses.example.com/status/0.jwt".to_owned() });
    let nested = json!({ "contract": { "number": "K-17", "lines": [1, 2.5, null, true, "x"] }, "": {} });
    vec![
        shape("perpetual", "no end at all", perpetual.clone()).at("2100-01-01T00:00:00Z"),
        shape("unlimited-seats", "no license count: unlimited", Terms { seats: None, ..terms() }),
        shape("no-features", "neither features nor limits", plain),
        shape("trial", "type trial", Terms { kind: LicenseType::Trial, ..terms() }),
        shape("internal", "for the vendor's own use", Terms { internal: true, ..terms() }),
        Vector::valid("unicode-names", "a customer's name beyond ASCII", with_claims(unicode.to_json())),
        Vector::valid("status-reference", "refers to a status list, and needs none", with_claims(referring.to_json())),
        shape("meta-nested", "meta with nested values, nulls among them", Terms { meta: Some(nested), ..terms() }),
        shape("meta-largest", "meta of 65536 bytes", Terms { meta: Some(meta_of(65_536)), ..terms() }),
        shape("machine-bound", "bound to two machines, and this is one", Terms { machines: bound.clone(), ..terms() })
            .ask(|ask| ask.machine = Some("host-01b2c3".to_owned())),
        shape("machine-any", "bound to machines, and any is accepted", Terms { machines: bound, ..terms() })
            .ask(|ask| ask.any_machine = true),
        shape("machine-unbound", "may be bound to two machines, and is to none yet", {
            Terms { machines: MachineTerms { max: Some(2), ..MachineTerms::default() }, ..terms() }
        }),
        shape("machine-with-another-part", "bound to a machine that has another disk and network card since", matched.clone())
            .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Physical, "os;board;new;new;cpu").to_string())),
        shape("machine-all-of-two", "bound to a machine of which two factors are known, and both match", {
            let bound = vec![machine("cockpit", Environment::Lxc, "os;;;;cpu")];
            Terms { machines: MachineTerms { bound, ..MachineTerms::default() }, ..terms() }
        })
        .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Lxc, "os;;;;cpu").to_string())),
        shape("machine-activated", "activated, where that is asked for", matched).ask(|ask| {
            ask.machine = Some(machine("cockpit", Environment::Physical, "os;board;disk;network;cpu").to_string());
            ask.activated_only = true;
        }),
        Vector::valid("feature-granted", "grants both features asked for", genuine())
            .ask(|ask| ask.features = vec!["reports".to_owned(), "sso".to_owned()]),
        Vector::valid("customer-right", "for the customer asked for", genuine())
            .ask(|ask| ask.customer = Some("acme".to_owned())),
        Vector::valid("issuer-right", "from the issuer asked for", genuine()).ask(|ask| ask.issuer = Some(ISSUER.to_owned())),
        Vector::valid("product-any", "no product asked for", genuine()).ask(|ask| ask.product = None),
        Vector::valid("trusted-jwks", "the public key comes from a JWKS", genuine()).keys("jwks.json"),
        Vector::valid("test-key-trusted", "signed with the test key, which is trusted here", test_license())
            .keys(format!("{}.pub.pem", kid(&tester()))),
    ]
}

/// A license of type test, signed with the test key.
pub fn test_license() -> String {
    let claims = claims_of(&lic::license::Terms { kind: LicenseType::Test, ..terms() });
    lic::token::sign(&claims, &tester())
}

/// A `meta` of this many bytes.
pub fn meta_of(bytes: usize) -> Value {
    let frame = json!({ "blob": "" }).to_string().len();
    json!({ "blob": "0123456789abcdef".repeat(bytes / 16 + 1)[..bytes - frame] })
}

fn spellings() -> Vec<Vector> {
    let pretty = serde_json::from_str::<Value>(&claims()).map(|claims| format!("\n {claims:#}\n")).expect("claims");
    let key = |name, description, key: String| Vector::valid(name, description, key);
    vec![
        key("alg-ed25519", "alg Ed25519 (RFC 9864) means the same as EdDSA", {
            with_header(r#"{"alg":"Ed25519","kid":"KID","typ":"license+jwt"}"#)
        }),
        key("header-order", "the header's members in another order", {
            with_header(r#"{"typ":"license+jwt","kid":"KID","alg":"EdDSA"}"#)
        }),
        key("header-blanks", "blanks in the header's JSON", {
            with_header("{ \"alg\": \"EdDSA\",\n  \"kid\": \"KID\",\n  \"typ\": \"license+jwt\" }")
        }),
        key("claims-blanks", "blanks in the claims' JSON, in front of it too", with_claims(pretty)),
        key("claims-escapes", "claim names spelt with escapes", with_claims(edited("\"sub\"", "\"\\u0073ub\""))),
        key("claim-unknown", "a claim that verifiers do not know", with_claims(added(r#""colour":{"red":[1,null]}"#))),
        key("claim-unknown-null", "an unknown claim that is null", with_claims(added(r#""colour":null"#))),
        key("features-empty", "an empty list of features, which lic would leave out", {
            with_claims(edited(r#"["reports","sso"]"#, "[]"))
        }),
        key("limit-largest", "the largest limit: 2^53 - 1", with_claims(edited(":10000}", ":9007199254740991}"))),
        key("time-latest", "ends with the last second of the year 9999", {
            let ends = claims_of(&terms()).exp.map_or(0, |exp| exp.seconds());
            with_claims(edited(&format!("\"exp\":{ends}"), "\"exp\":253402300799"))
        }),
    ]
}
