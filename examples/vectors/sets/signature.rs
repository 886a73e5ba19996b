//! Faults of the signature: changed texts, foreign signers, and signatures that only a lenient verifier takes.

use ed25519_dalek::Signer;
use lic::token::{Reason, sign};

use super::Vector;
use super::valid::test_license;
use crate::forge::*;

pub fn vectors() -> Vec<Vector> {
    [changes(), signers(), lenient()].into_iter().flatten().collect()
}

fn bad(name: &'static str, description: &str, key: String) -> Vector {
    Vector::refused(name, Reason::BadSignature, description, key)
}

fn changes() -> Vec<Vector> {
    let [header_part, claims_part, signature_part] = parts(&genuine());
    let claims_as = |claims: String| format!("{header_part}.{}.{signature_part}", encode(claims));
    let [other_header, ..] = parts(&with_header(r#"{"alg":"Ed25519","kid":"KID","typ":"license+jwt"}"#));
    let [_, _, other_signature] = parts(&with_claims(edited("\"seats\":12", "\"seats\":13")));
    let mut first = signature();
    first[0] ^= 1;
    let mut last = signature();
    last[62] ^= 1;
    vec![
        bad("changed-header", "the header of another genuine key", format!("{other_header}.{claims_part}.{signature_part}")),
        bad("changed-seats", "a larger license count", claims_as(edited("\"seats\":12", "\"seats\":9912"))),
        bad("changed-end", "a later end", claims_as(edited("\"exp\":18", "\"exp\":19"))),
        bad("changed-customer", "another customer", claims_as(edited("\"sub\":\"acme\"", "\"sub\":\"acmf\""))),
        bad("changed-to-garbage", "claims that are no JSON any more", claims_as(edited("{\"iss\"", "[\"iss\""))),
        bad("changed-blank", "the same claims with one blank more", claims_as(edited("{\"iss\"", "{ \"iss\""))),
        bad("changed-signature-first-bit", "one bit of the signature's R", resigned(&first)),
        bad("changed-signature-last-bit", "one bit of the signature's S", resigned(&last)),
        bad(
            "swapped-signature",
            "the signature of another genuine key",
            format!("{header_part}.{claims_part}.{other_signature}"),
        ),
        Vector::refused("signature-63-bytes", Reason::WrongLength, "a signature of 63 bytes", resigned(&signature()[..63])),
        Vector::refused("signature-65-bytes", Reason::WrongLength, "a signature of 65 bytes", {
            resigned(&[&signature()[..], &[0]].concat())
        }),
    ]
}

fn signers() -> Vec<Vector> {
    let unknown = |name, description, key: String| Vector::refused(name, Reason::UnknownKey, description, key);
    let kid_as = |kid: &str| jws_by(&vendor(), header(kid), claims());
    let vendor_kid = kid(&vendor()).to_string();
    vec![
        unknown("signer-unknown", "signed by a stranger, under the stranger's kid", sign(&claims_of(&terms()), &stranger())),
        bad("signer-pretended", "signed by a stranger, under the vendor's kid", {
            jws_by(&stranger(), header(kid(&vendor()).as_str()), claims())
        }),
        unknown("signer-test", "signed with the test key, which is not trusted", test_license()),
        unknown("signer-test-kid", "signed by the vendor, under the test key's kid", kid_as(kid(&tester()).as_str())),
        unknown("kid-empty", "an empty kid", kid_as("")),
        unknown("kid-path", "a kid that is a path", kid_as("../../../etc/passwd")),
        unknown("kid-injection", "a kid that is a piece of SQL", kid_as("' OR 1=1 --")),
        unknown("kid-longer", "the vendor's kid and one more character", kid_as(&format!("{vendor_kid}A"))),
        unknown("kid-other-case", "the vendor's kid in small letters", kid_as(&vendor_kid.to_lowercase())),
        Vector::refused("signer-compromised", Reason::CompromisedKey, "signed with a key that is no longer trusted", genuine())
            .ask(|ask| ask.compromised = vec![vendor_kid]),
    ]
}

fn lenient() -> Vec<Vector> {
    let [_, claims_part, _] = parts(&genuine());
    // For a public key of small order, this pair satisfies the equation whatever the message.
    let mut universal = [0; 64];
    universal[..32].copy_from_slice(&NEUTRAL);
    let weak = ed25519_dalek::VerifyingKey::from_bytes(&NEUTRAL).expect("a point");
    let weak_header = encode(header(lic::token::Kid::of(&weak).as_str()));
    let over = |message: String| resigned(&vendor().sign(message.as_bytes()).to_bytes());
    vec![
        bad("signature-zero", "a signature of zeros", resigned(&[0; 64])),
        bad("signature-unreduced", "S + L in the place of S: another spelling of the same signature", resigned(&unreduced())),
        bad("signature-small-order-r", "R of small order, in an equation that holds", resigned(&small_order_r())),
        bad("signature-small-order-any", "R of small order and S zero", resigned(&universal)),
        Vector::refused("signature-small-order-key", Reason::UnknownKey, "under the kid of a key of small order", {
            format!("{weak_header}.{claims_part}.{}", encode(universal))
        }),
        bad("signature-over-claims", "signs the claims without the header", over(claims())),
        bad("signature-over-segment", "signs the claims' segment without the header's", over(claims_part)),
    ]
}
