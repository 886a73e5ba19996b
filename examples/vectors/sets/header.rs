//! Faults of the encoding and of the header.

use base64ct::{Base64, Base64Url, Encoding};
use lic::token::Reason;

use super::Vector;
use crate::forge::*;

pub fn vectors() -> Vec<Vector> {
    [encodings(), members(), algorithms(), types()].into_iter().flatten().collect()
}

/// The other spelling of a segment: one of the bits changed that its last character has and its bytes do not.
fn tail_changed(segment: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(segment.len() % 4, 0, "a segment without spare bits has one spelling");
    let last = segment.bytes().next_back().expect("a segment");
    let value = ALPHABET.iter().position(|symbol| *symbol == last).expect("base64url");
    format!("{}{}", &segment[..segment.len() - 1], char::from(ALPHABET[value ^ 1]))
}

fn encodings() -> Vec<Vector> {
    // A payload with spare bits, and with characters in which the two alphabets of base64 differ.
    let claims = [">>>???", ">>>????", ">>>?????"].map(|name| edited("Acme GmbH", name));
    let claims = claims.into_iter().find(|claims| claims.len() % 3 == 1).expect("one of three lengths in a row");
    let key = with_claims(&claims);
    let [header_part, claims_part, signature_part] = parts(&key);
    let bad = |name, description, key: String| Vector::refused(name, Reason::BadEncoding, description, key);
    let standard = Base64::encode_string(claims.as_bytes()).trim_end_matches('=').to_owned();
    assert!(standard.contains(['+', '/']), "the payload must show the difference of the alphabets");
    let padded = Base64Url::encode_string(claims.as_bytes());
    let with_header_tail = with_header(r#"{"alg":"Ed25519","kid":"KID","typ":"license+jwt"}"#);
    let [short_header, short_claims, short_signature] = parts(&with_header_tail);
    vec![
        bad("encoding-padded-claims", "the claims padded with '='", format!("{header_part}.{padded}.{signature_part}")),
        bad("encoding-padded-signature", "the signature padded with '='", format!("{key}==")),
        bad(
            "encoding-standard",
            "the claims in standard base64 ('+' and '/')",
            format!("{header_part}.{standard}.{signature_part}"),
        ),
        bad("encoding-tail-header", "a spare bit of the header's last character changed", {
            format!("{}.{short_claims}.{short_signature}", tail_changed(&short_header))
        }),
        bad("encoding-tail-claims", "a spare bit of the claims' last character changed", {
            format!("{header_part}.{}.{signature_part}", tail_changed(&claims_part))
        }),
        bad("encoding-tail-signature", "a spare bit of the signature's last character changed", {
            format!("{header_part}.{claims_part}.{}", tail_changed(&signature_part))
        }),
        bad(
            "encoding-claims-length",
            "a length that base64 never has",
            format!("{header_part}.{claims_part}AAA.{signature_part}"),
        ),
        bad("encoding-not-ascii", "a letter that looks like another (Cyrillic е)", genuine().replacen('e', "е", 1)),
        bad("encoding-percent", "percent signs, as in a URL encoded twice", genuine().replacen('.', "%2E.", 1)),
    ]
}

fn members() -> Vec<Vector> {
    let extra = |name, description, member: &str| {
        let header = format!(r#"{{"alg":"EdDSA","kid":"KID","typ":"license+jwt",{member}}}"#);
        Vector::refused(name, Reason::HeaderMember, description, with_header(&header))
    };
    let malformed =
        |name, description, header: &str| Vector::refused(name, Reason::MalformedHeader, description, with_header(header));
    let stranger_jwk = format!(r#""jwk":{}"#, public(&stranger()).to_jwk());
    vec![
        extra("header-crit", "crit, with an extension", r#""crit":["exp"],"exp":1"#),
        extra("header-crit-empty", "crit, an empty list", r#""crit":[]"#),
        extra("header-b64", "b64: an unencoded payload (RFC 7797)", r#""b64":true"#),
        extra("header-jwk", "jwk: a public key in the key itself", &stranger_jwk),
        extra("header-jku", "jku: an address to fetch keys from", r#""jku":"https://attacker.example/jwks.json""#),
        extra("header-x5c", "x5c: a certificate in the key itself", r#""x5c":["MIIB"]"#),
        extra("header-cty", "cty: a harmless member, and yet one too many", r#""cty":"JWT""#),
        extra("header-zip", "zip: a compressed payload", r#""zip":"DEF""#),
        malformed("header-kid-missing", "no kid", r#"{"alg":"EdDSA","typ":"license+jwt"}"#),
        malformed("header-kid-null", "kid is null", r#"{"alg":"EdDSA","kid":null,"typ":"license+jwt"}"#),
        malformed("header-kid-number", "kid is a number", r#"{"alg":"EdDSA","kid":1,"typ":"license+jwt"}"#),
        malformed("header-not-json", "the header is not JSON", "alg=EdDSA"),
        malformed("header-list", "the header is a list", r#"["EdDSA","KID","license+jwt"]"#),
        malformed("header-trailing", "bytes after the header's object", r#"{"alg":"EdDSA","kid":"KID","typ":"license+jwt"}x"#),
        Vector::refused("header-not-utf8", Reason::MalformedHeader, "the header is not UTF-8", {
            jws_by(&vendor(), b"{\"alg\":\"EdDSA\xff\"}", claims())
        }),
        Vector::refused("header-duplicate-alg", Reason::DuplicateMember, "two members named alg", {
            with_header(r#"{"alg":"none","alg":"EdDSA","kid":"KID","typ":"license+jwt"}"#)
        }),
        Vector::refused(
            "header-duplicate-escaped",
            Reason::DuplicateMember,
            "two members named kid, one spelt with an escape",
            with_header(r#"{"alg":"EdDSA","kid":"KID","\u006bid":"KID","typ":"license+jwt"}"#),
        ),
    ]
}

fn algorithms() -> Vec<Vector> {
    let wrong = |name, description, key: String| Vector::refused(name, Reason::WrongAlgorithm, description, key);
    let alg = |alg: &str| with_header(&format!(r#"{{"alg":{alg},"kid":"KID","typ":"license+jwt"}}"#));
    let [none_header, none_claims, _] = parts(&alg(r#""none""#));
    let [mac_header, mac_claims, _] = parts(&alg(r#""HS256""#));
    let mac = |secret: &[u8]| {
        let signed = format!("{mac_header}.{mac_claims}");
        format!("{signed}.{}", encode(hmac(secret, signed.as_bytes())))
    };
    vec![
        wrong("alg-none", "alg none, and no signature", format!("{none_header}.{none_claims}.")),
        wrong("alg-none-signed", "alg none, and a genuine signature", alg(r#""none""#)),
        wrong("alg-none-capitals", "alg NoNe, and no signature", {
            let [header, claims, _] = parts(&alg(r#""NoNe""#));
            format!("{header}.{claims}.")
        }),
        wrong("alg-hs256-pem", "HS256, the public key's PEM as the secret", mac(public(&vendor()).to_pem().as_bytes())),
        wrong("alg-hs256-raw", "HS256, the public key's bytes as the secret", mac(vendor().verifying_key().as_bytes())),
        wrong("alg-es256", "ES256 over a genuine Ed25519 signature", alg(r#""ES256""#)),
        wrong("alg-ed448", "Ed448 over a genuine Ed25519 signature", alg(r#""Ed448""#)),
        wrong("alg-lower-case", "eddsa in small letters", alg(r#""eddsa""#)),
        wrong("alg-missing", "no alg", with_header(r#"{"kid":"KID","typ":"license+jwt"}"#)),
        Vector::refused("alg-list", Reason::MalformedHeader, "alg is a list", alg(r#"["EdDSA"]"#)),
        Vector::refused("alg-null", Reason::MalformedHeader, "alg is null", alg("null")),
    ]
}

fn types() -> Vec<Vector> {
    let typ = |name, description, typ: &str| {
        let header = format!(r#"{{"alg":"EdDSA","kid":"KID","typ":"{typ}"}}"#);
        Vector::refused(name, Reason::WrongType, description, with_header(&header))
    };
    let list = r#"{"sub":"https://licenses.example.com/status/1","iat":1795357800,"ttl":43200,"status_list":{"bits":2,"lst":"eNpjYAAAAAEAAQ"}}"#;
    let list_header = header(kid(&vendor()).as_str()).replace("license+jwt", "statuslist+jwt");
    vec![
        typ("typ-jwt", "typ JWT, as libraries write it by themselves", "JWT"),
        typ("typ-capitals", "typ in capital letters", "LICENSE+JWT"),
        typ("typ-media-type", "typ as a whole media type", "application/license+jwt"),
        typ("typ-blank", "typ with a blank at its end", "license+jwt "),
        Vector::refused("typ-missing", Reason::WrongType, "no typ", with_header(r#"{"alg":"EdDSA","kid":"KID"}"#)),
        Vector::refused("typ-status-list", Reason::WrongType, "a genuine status list offered as a license", {
            jws_by(&vendor(), list_header, list)
        }),
    ]
}
