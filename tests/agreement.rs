//! The two ways to verify a key are one: whatever the text, `verify` and `examine` agree whether it is valid, and why not.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use lic::license::{LicenseId, Slug, Timestamp};
use lic::token::{KeySet, Kid, MachineDigest, PublicKey, Reason, SeenLists, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};

const NBF: i64 = 1_700_000_000;

const ADDRESS: &str = "https://licenses.example.com/status/0.jwt";

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn status_signer() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn keys() -> KeySet {
    let public = |key: SigningKey| PublicKey::try_from(key.verifying_key()).unwrap();
    let mut keys: KeySet = [public(signer())].into_iter().collect();
    keys.insert_status(public(status_signer()));
    keys
}

/// A status list of four licenses, one of each status, with something changed in its payload.
fn list(name: &str, value: Value) -> String {
    let mut payload = json!({
        "sub": ADDRESS, "iat": NBF, "exp": NBF + 12_000_000, "number": 7, "status_list": {"bits": 2},
    });
    payload["status_list"]["lst"] = json!(Base64UrlUnpadded::encode_string(&FOUR));
    payload[name] = value;
    let header = HEADER.replace("license", "statuslist");
    signed_by(&status_signer(), &header, &payload.to_string())
}

/// In zlib, one byte: the first license is in good standing, the second revoked, the third suspended, the fourth neither.
const FOUR: [u8; 12] = [0x78, 0x01, 0x01, 0x01, 0x00, 0xfe, 0xff, 0xe4, 0x00, 0xe5, 0x00, 0xe5];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn rich() -> Value {
    json!({
        "iss": "Example Software", "sub": "acme", "aud": "cockpit", "jti": LicenseId::from_random(1).to_string(), "iat": NBF,
        "nbf": NBF, "exp": NBF + 20_000_000, "ends": NBF + 10_000_000, "ver": 1, "rev": 1, "customer": "Acme GmbH", "tier": "pro",
        "tier_name": "Professional", "rank": 3, "type": "commercial", "features": ["reports", "sso"], "limits": {"users": 50},
        "machines": {"max": 2, "bound": ["machine-1"]}, "warn_days": 30, "meta": {"contract": "K-17"},
        "offline_days": 200, "status": {"status_list": {"idx": 1, "uri": ADDRESS}},
    })
}

/// A key of any header and payload, signed all the same; `K` in the header stands for the signer's kid.
fn signed(header: &str, claims: &str) -> String {
    signed_by(&signer(), header, claims)
}

fn signed_by(signer: &SigningKey, header: &str, claims: &str) -> String {
    let kid = Kid::of(&signer.verifying_key());
    let header = header.replace("\"K\"", &format!("\"{kid}\""));
    let text = [&header, claims].map(|part| Base64UrlUnpadded::encode_string(part.as_bytes())).join(".");
    let signature = signer.sign(text.as_bytes());
    format!("{text}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}

const HEADER: &str = r#"{"alg":"EdDSA","kid":"K","typ":"license+jwt"}"#;

/// A change to a key's text, or to the header or the claims before signing.
#[derive(Debug, Clone)]
enum Change {
    Byte(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, char),
    Claim(&'static str, Value),
    Header(&'static str),
    Twice(&'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let values = prop_oneof![
        Just(Value::Null),
        (-2i64..4).prop_map(Value::from),
        (NBF - 5..NBF + 5).prop_map(Value::from),
        Just(json!("other")),
        Just(json!(["a"])),
        Just(json!({"a": 1}))
    ];
    let names = prop::sample::select(vec![
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "ends",
        "ver",
        "rev",
        "features",
        "machines",
        "limits",
        "meta",
        "status",
        "offline_days",
        "new",
    ]);
    let headers = prop::sample::select(vec![
        r#"{"alg":"none","kid":"K","typ":"license+jwt"}"#,
        r#"{"alg":"EdDSA","kid":"AAAAAAAAAAAAAAAA","typ":"license+jwt"}"#,
        r#"{"alg":"EdDSA","kid":"K","typ":"JWT"}"#,
        r#"{"alg":"Ed25519","kid":"K","typ":"license+jwt"}"#,
        r#"{"alg":"EdDSA","alg":"EdDSA","kid":"K","typ":"license+jwt"}"#,
        r#"{"alg":"EdDSA","crit":[],"kid":"K","typ":"license+jwt"}"#,
        r#"["EdDSA"]"#,
    ]);
    prop_oneof![
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(place, byte)| Change::Byte(place, byte)),
        any::<prop::sample::Index>().prop_map(Change::Cut),
        (any::<prop::sample::Index>(), any::<char>()).prop_map(|(place, character)| Change::Insert(place, character)),
        (names, values).prop_map(|(name, value)| Change::Claim(name, value)),
        headers.prop_map(Change::Header),
        prop::sample::select(vec![r#""exp":1"#, r#""x":1,"x":1"#, r#""y":{"a":1,"a":1}"#]).prop_map(Change::Twice),
    ]
}

fn changed(changes: &[Change]) -> Vec<u8> {
    let mut header = HEADER;
    let mut claims = rich();
    let mut twice = String::new();
    for change in changes {
        match change {
            Change::Claim(name, value) => claims[*name] = value.clone(),
            Change::Header(other) => header = other,
            Change::Twice(members) => twice = format!(",{members}}}"),
            _ => {}
        }
    }
    let mut claims = claims.to_string();
    if !twice.is_empty() {
        claims.pop();
        claims.push_str(&twice);
    }
    let mut key = signed(header, &claims).into_bytes();
    for change in changes {
        match change {
            Change::Byte(place, byte) if !key.is_empty() => {
                let place = place.index(key.len());
                key[place] = *byte;
            }
            Change::Cut(place) if !key.is_empty() => key.truncate(place.index(key.len())),
            Change::Insert(place, character) if !key.is_empty() => {
                let place = place.index(key.len());
                key.splice(place..place, character.to_string().into_bytes());
            }
            _ => {}
        }
    }
    key
}

/// A status list, good or not.
fn status_list() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec!["sub", "iat", "exp", "number", "ttl", "status_list", "released", "new"]);
    let values = prop_oneof![
        Just(Value::Null),
        Just(json!(ADDRESS)),
        Just(json!("https://other.example")),
        (1i64..9).prop_map(Value::from),
        (NBF - 900..NBF + 900).prop_map(Value::from)
    ];
    prop_oneof![
        (names, values).prop_map(|(name, value)| list(name, value)),
        (0u64..2).prop_map(|place| list("released", json!({ place.to_string(): [gone().to_string()] }))),
        (4u64..10).prop_map(|number| list("number", json!(number))),
        Just(signed(HEADER, &rich().to_string())),
        "[a-z.]{0,5}"
    ]
}

/// The machine that most keys are bound to, among those that gave their seats back.
fn gone() -> MachineDigest {
    MachineDigest::of(LicenseId::from_random(1), &"machine-1".parse().unwrap())
}

fn seen_before(number: u64) -> SeenLists {
    let mut seen = SeenLists::new();
    seen.at_least(ADDRESS, number);
    seen
}

proptest! {
    #[test]
    fn verifying_and_examining_never_disagree(
        changes in prop::collection::vec(change(), 0..3), moment in -3i64..3, product in "cockpit|other", machine in 0u8..3,
        lists in prop::collection::vec(status_list(), 0..3), place in 0u64..5, seen in 5u64..9,
    ) {
        let verifier = Verifier::new(keys(), slug(&product)).feature(slug("reports")).seen(seen_before(seen));
        let verifier = lists.iter().fold(verifier, Verifier::status_list);
        let verifier = match machine {
            0 => verifier,
            1 => verifier.any_machine(),
            _ => verifier.machine("machine-1".parse().unwrap()),
        };
        let at_place = Change::Claim("status", json!({"status_list": {"idx": place, "uri": ADDRESS}}));
        let key = changed(&[&[at_place], changes.as_slice()].concat());
        let at = at(NBF + moment * 9_000_000);
        let verdict = verifier.examine(&key, at);
        match verifier.verify(&key, at) {
            Ok(license) => {
                prop_assert!(verdict.is_valid());
                prop_assert_eq!(verdict.claims.as_ref(), Some(license.claims()));
            }
            Err(refusal) => {
                prop_assert!(!verdict.is_valid());
                let failure = verdict.failure().unwrap();
                prop_assert_eq!(failure.reason, Some(refusal.reason));
                prop_assert_eq!(failure.check, refusal.check());
                prop_assert_eq!(&failure.detail, &refusal.detail);
            }
        }
    }

    #[test]
    fn they_agree_on_a_machine_that_gave_its_seat_back(place in 0u64..2, machine in "machine-[12]", good in 0u64..2) {
        let released = list("released", json!({ place.to_string(): [gone().to_string()] }));
        let verifier = Verifier::new(keys(), slug("cockpit")).machine(machine.parse().unwrap()).status_list(released);
        let at_place = Change::Claim("status", json!({"status_list": {"idx": good, "uri": ADDRESS}}));
        let bound = Change::Claim("machines", json!({"max": 2, "bound": ["machine-1", "machine-2"]}));
        let key = changed(&[at_place, bound]);
        let reason = match (good, machine.as_str()) {
            (1, _) => Some(Reason::Revoked),
            (_, "machine-1") if place == good => Some(Reason::GivenBack),
            _ => None,
        };
        prop_assert_eq!(verifier.verify(&key, at(NBF)).err().map(|refusal| refusal.reason), reason);
        prop_assert_eq!(verifier.examine(&key, at(NBF)).failure().and_then(|failure| failure.reason), reason);
    }

    #[test]
    fn one_changed_character_is_one_refused_key(place: prop::sample::Index, character in "[A-Za-z0-9_.-]") {
        let key = signed(HEADER, &rich().to_string());
        let place = place.index(key.len());
        let mut other = key.clone();
        other.replace_range(place..=place, &character);
        let verifier = Verifier::new(keys(), slug("cockpit")).any_machine().without_status_list();
        prop_assert_eq!(verifier.verify(&other, at(NBF)).is_ok(), other == key);
    }

    #[test]
    fn no_text_makes_the_verifier_panic(text: Vec<u8>, moment in 0i64..4_000_000_000) {
        let verifier = Verifier::for_any_product(keys());
        prop_assert!(verifier.verify(&text, at(moment)).is_err());
        prop_assert!(!verifier.examine(&text, at(moment)).is_valid());
    }
}
