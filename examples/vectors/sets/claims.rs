//! Faults of the claims, each under a genuine signature: what an authority must never sign, and a verifier never accept.

use lic::license::Terms;
use lic::token::Reason;
use serde_json::json;

use super::Vector;
use super::valid::meta_of;
use crate::forge::*;

pub fn vectors() -> Vec<Vector> {
    [json_text(), duplicates(), nulls(), missing(), values(), versions(), dates()].into_iter().flatten().collect()
}

fn malformed(name: &'static str, description: &str, claims: impl AsRef<[u8]>) -> Vector {
    Vector::refused(name, Reason::MalformedClaims, description, with_claims(claims))
}

fn json_text() -> Vec<Vector> {
    let deep = format!(r#""meta":{}1{}"#, "[".repeat(200), "]".repeat(200));
    vec![
        malformed("claims-empty", "no claims at all", ""),
        malformed("claims-not-json", "the claims are not JSON", "iss=Example Software"),
        malformed("claims-list", "the claims are a list", format!("[{}]", claims())),
        malformed("claims-string", "the claims are a string", json!(claims()).to_string()),
        malformed("claims-trailing", "bytes after the claims' object", format!("{}x", claims())),
        malformed("claims-second-object", "a second object after the claims", format!("{}{{}}", claims())),
        malformed("claims-cut", "the closing brace is missing", &claims()[..claims().len() - 1]),
        malformed("claims-bom", "a byte order mark before the claims", format!("\u{feff}{}", claims())),
        malformed("claims-not-utf8", "the claims are not UTF-8", not_utf8()),
        malformed("claims-lone-surrogate", "half a character in a string", edited("Acme GmbH", "\\ud800")),
        malformed("claims-control", "a line break inside a string", edited("Acme GmbH", "Acme\nGmbH")),
        malformed("claims-comment", "a comment in the JSON", edited("\"sub\"", "/**/\"sub\"")),
        malformed("claims-trailing-comma", "a comma after the last member", edited("\"warn_days\":30}", "\"warn_days\":30,}")),
        malformed("claims-too-deep", "meta nested 200 levels deep", added(&deep)),
    ]
}

/// The claims with a byte in the customer's name that UTF-8 never has.
fn not_utf8() -> Vec<u8> {
    edited("Acme GmbH", "Acme\0GmbH").into_bytes().into_iter().map(|byte| if byte == 0 { 0xff } else { byte }).collect()
}

fn duplicates() -> Vec<Vector> {
    let twice =
        |name, description, claims: String| Vector::refused(name, Reason::DuplicateMember, description, with_claims(claims));
    vec![
        twice("duplicate-exp", "two members named exp", added(r#""exp":4102444800"#)),
        twice("duplicate-same-value", "a member twice with one value", added(r#""rev":1"#)),
        twice("duplicate-escaped", "two members named seats, one spelt with an escape", added(r#""\u0073eats":1000"#)),
        twice(
            "duplicate-limit",
            "a limit twice",
            edited("{\"api_requests_per_hour\":", "{\"api_requests_per_hour\":1,\"api_requests_per_hour\":"),
        ),
        twice("duplicate-in-meta", "a member twice, deep inside meta", added(r#""meta":{"a":[{"b":{"c":1,"c":2}}]}"#)),
        twice("duplicate-unknown", "an unknown claim twice", added(r#""colour":1,"colour":2"#)),
        twice("duplicate-in-unknown", "a member twice inside an unknown claim", added(r#""colour":{"a":1,"a":1}"#)),
    ]
}

fn nulls() -> Vec<Vector> {
    let exp = format!("\"exp\":{}", claims_of(&terms()).exp.map_or(0, |exp| exp.seconds()));
    vec![
        malformed("null-exp", "exp is null: a perpetual license leaves it out", edited(&exp, "\"exp\":null")),
        malformed("null-seats", "seats is null: unlimited is left out", edited("\"seats\":12", "\"seats\":null")),
        malformed("null-features", "features is null", edited(r#"["reports","sso"]"#, "null")),
        malformed("null-feature", "a null among the features", edited(r#"["reports","sso"]"#, r#"["reports",null]"#)),
        malformed("null-limit", "a limit is null", edited(":10000}", ":null}")),
        malformed("null-machines-max", "a null inside machines", added(r#""machines":{"max":null}"#)),
        malformed("null-status", "status is null", added(r#""status":null"#)),
        malformed("null-meta", "meta is null", added(r#""meta":null"#)),
    ]
}

fn missing() -> Vec<Vector> {
    let gone = |name, claim: &str| malformed(name, &format!("no {claim}"), without(claim));
    vec![
        gone("missing-iss", "iss"),
        gone("missing-sub", "sub"),
        gone("missing-aud", "aud"),
        gone("missing-jti", "jti"),
        gone("missing-iat", "iat"),
        gone("missing-nbf", "nbf"),
        gone("missing-ver", "ver"),
        gone("missing-rev", "rev"),
        gone("missing-customer", "customer"),
        gone("missing-tier", "tier"),
        gone("missing-type", "type"),
    ]
}

fn values() -> Vec<Vector> {
    let base = claims_of(&terms());
    let exp = base.exp.map_or(0, |exp| exp.seconds());
    let exp_as = |value: &str| edited(&format!("\"exp\":{exp}"), &format!("\"exp\":{value}"));
    let seats_as = |value: &str| edited("\"seats\":12", &format!("\"seats\":{value}"));
    let id = base.jti.to_string();
    let wrong_check = if id.ends_with('0') { "1" } else { "0" };
    vec![
        malformed("exp-float", "exp with a fraction", exp_as(&format!("{exp}.5"))),
        malformed("exp-whole-float", "exp with a fraction of zero", exp_as(&format!("{exp}.0"))),
        malformed("exp-exponent", "exp with an exponent", exp_as("4e9")),
        malformed("exp-string", "exp is a string", exp_as(&format!("\"{exp}\""))),
        malformed("exp-negative", "exp before 1970", exp_as("-1")),
        malformed("exp-too-late", "exp after the year 9999", exp_as("253402300800")),
        malformed("exp-huge", "exp beyond 64 bits", exp_as("99999999999999999999")),
        malformed("seats-negative", "a negative license count", seats_as("-12")),
        malformed("seats-float", "half a seat", seats_as("12.5")),
        malformed("seats-string", "the license count is a string", seats_as("\"12\"")),
        malformed("seats-huge", "a license count beyond 32 bits", seats_as("4294967296")),
        malformed("limit-string", "a limit is a string", edited(":10000}", ":\"10000\"}")),
        malformed(
            "limit-too-large",
            "a limit of 2^53, which not every JSON reader keeps exact",
            edited(":10000}", ":9007199254740992}"),
        ),
        malformed("limits-list", "limits is a list", edited(r#"{"api_requests_per_hour":10000}"#, r#"[["api",1]]"#)),
        malformed("rev-zero", "revision 0", edited("\"rev\":1", "\"rev\":0")),
        malformed("aud-list", "aud is a list, as JWT would allow", edited("\"aud\":\"cockpit\"", "\"aud\":[\"cockpit\"]")),
        malformed("aud-capitals", "a product's name in capitals", edited("\"aud\":\"cockpit\"", "\"aud\":\"COCKPIT\"")),
        malformed(
            "jti-check",
            "a license id with a wrong check character",
            edited(&id, &format!("{}{wrong_check}", &id[..id.len() - 1])),
        ),
        malformed("jti-small-letters", "a license id in small letters", edited(&id, &id.to_lowercase())),
        malformed("type-unknown", "a type of license that does not exist", edited("commercial", "gift")),
        malformed("features-string", "features is a string", edited(r#"["reports","sso"]"#, "\"reports\"")),
        malformed("feature-blank", "a feature with a blank in its name", edited("\"reports\"", "\"re ports\"")),
        malformed("internal-string", "internal is a string", added(r#""internal":"false""#)),
        malformed("machines-list", "machines is a list", added(r#""machines":[2]"#)),
        malformed("machine-blank", "a machine ID with a blank", added(r#""machines":{"bound":["my machine"]}"#)),
        malformed("status-flat", "status holds the reference itself, not as status_list", {
            added(r#""status":{"idx":42,"uri":"https://licenses.example.com/status/0.jwt"}"#)
        }),
        malformed("status-list-array", "the reference is a list", added(r#""status":{"status_list":[42,"https://a.example"]}"#)),
        malformed("status-string", "status is an address alone", added(r#""status":"https://licenses.example.com/status/1""#)),
        Vector::refused("meta-too-large", Reason::MetaTooLarge, "meta of 65537 bytes", {
            with_claims(claims_of(&Terms { meta: Some(meta_of(65_537)), ..terms() }).to_json())
        }),
    ]
}

fn versions() -> Vec<Vector> {
    let version =
        |name, description, claims: String| Vector::refused(name, Reason::UnsupportedVersion, description, with_claims(claims));
    vec![
        version("ver-2", "the next version of the claims", edited("\"ver\":1", "\"ver\":2")),
        version("ver-2-other-shape", "the next version, with claims of another shape", {
            edit(&edited("\"ver\":1", "\"ver\":2"), "\"aud\":\"cockpit\"", "\"aud\":[\"cockpit\"]")
        }),
        version("ver-0", "a version that never was", edited("\"ver\":1", "\"ver\":0")),
        malformed("ver-string", "the version is a string", edited("\"ver\":1", "\"ver\":\"1\"")),
    ]
}

fn dates() -> Vec<Vector> {
    let base = claims_of(&terms());
    let (nbf, exp) = (base.nbf.seconds(), base.exp.map_or(0, |exp| exp.seconds()));
    let ends = base.ends.map_or(0, |ends| ends.seconds());
    let pair = format!("\"exp\":{exp},\"ends\":{ends}");
    let dates = |name, description, members: String| {
        let claims = if members.is_empty() { without("exp") } else { edited(&pair, &members) };
        Vector::refused(name, Reason::InconsistentTerm, description, with_claims(claims))
    };
    vec![
        dates("exp-at-nbf", "the term ends when it begins", format!("\"exp\":{nbf}")),
        dates("exp-before-nbf", "the term ends before it begins", format!("\"exp\":{}", nbf - 1)),
        dates("ends-at-exp", "a grace period of no length", format!("\"exp\":{exp},\"ends\":{exp}")),
        dates("ends-after-exp", "the grace period ends before it begins", format!("\"exp\":{ends},\"ends\":{exp}")),
        dates(
            "ends-before-nbf",
            "the term ends before it begins, the grace period after",
            format!("\"exp\":{exp},\"ends\":{}", nbf - 1),
        ),
        dates("ends-without-exp", "an end, and yet the key never stops", String::new()),
    ]
}
