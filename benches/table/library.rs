//! What verifying and signing cost, beside dalek's own work on the same bytes: its parse and `verify_strict`, and its signing.
//!
//! Batches of the two sides take turns, so that a busy machine slows both; the medians count. `--no-default-features` builds
//! faster and leaves out signing.

use std::hint::black_box;
use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use lic::license::Timestamp;
use lic::token::{KeySet, Kid, PublicKey, Verifier, armour};
use serde_json::{Value, json};

use crate::Outcome;
use crate::sheet::{self, Promise, Wanted, median};

/// How many batches each side has.
const BATCHES: usize = 2_001;

/// How long a batch of dalek takes, in nanoseconds: short, so that few batches are interrupted.
const BATCH: u128 = 250_000;

/// The rows of this part.
pub fn measure(wanted: &Wanted) -> Outcome<()> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let trusted: KeySet = PublicKey::try_from(signer.verifying_key()).into_iter().collect();
    let at: Timestamp = "2027-06-01".parse()?;
    let verifier = Verifier::new(trusted, "cockpit".parse()?);

    sheet::heading("library", "lic", "dalek");
    let small = sign_json(&signer, &least());
    assert!((480..=520).contains(&small.len()), "{} bytes are not 500", small.len());
    let usual = sign_json(&signer, &usual());
    let large = sign_json(&signer, &with_meta());
    for (name, key, promise) in [
        ("verify a 500-byte key", small.clone(), Some(Promise::AtMost(1.1))),
        ("verify a 500-byte key, armoured", armour::wrap(&small), None),
        ("verify a usual key", usual, None),
        ("verify a key with 60 KiB of meta", large, None),
    ] {
        if !wanted.row(name) {
            continue;
        }
        let bare = armour::find(key.as_bytes())?.into_owned();
        let (signed, signature) = bare.rsplit_once('.').ok_or("no signature")?;
        let mut bytes = [0; 64];
        Base64UrlUnpadded::decode(signature, &mut bytes).map_err(|error| error.to_string())?;
        let public = signer.verifying_key().to_bytes();
        let ours = || drop(black_box(verifier.verify(black_box(&key), at).expect("a valid key")));
        let theirs = || {
            let key = VerifyingKey::from_bytes(black_box(&public)).expect("a key");
            let signature = Signature::from_bytes(black_box(&bytes));
            key.verify_strict(black_box(signed.as_bytes()), &signature).expect("a valid signature");
        };
        row(name, key.len(), compare(ours, theirs), promise);
    }
    #[cfg(feature = "authority")]
    signing(&signer, wanted)?;
    Ok(())
}

#[cfg(feature = "authority")]
fn signing(signer: &SigningKey, wanted: &Wanted) -> Outcome<()> {
    for (name, claims) in [("sign a 500-byte key", least()), ("sign a usual key", usual())] {
        if !wanted.row(name) {
            continue;
        }
        let claims: lic::token::Claims = serde_json::from_value(claims)?;
        let key = lic::token::sign(&claims, signer);
        let signed = key.rsplit_once('.').ok_or("no signature")?.0;
        let ours = || drop(black_box(lic::token::sign(black_box(&claims), signer)));
        let theirs = || _ = black_box(signer.sign(black_box(signed.as_bytes())));
        row(name, key.len(), compare(ours, theirs), None);
    }
    Ok(())
}

fn row(name: &str, bytes: usize, (ours, theirs, ratio): (f64, f64, f64), promise: Option<Promise>) {
    sheet::row(&format!("{name}, {bytes} bytes"), &sheet::time(ours / 1e9), &sheet::time(theirs / 1e9), ratio, promise);
}

/// The median nanoseconds that each side takes once, and the median ratio of two batches in a row.
fn compare(ours: impl Fn(), theirs: impl Fn()) -> (f64, f64, f64) {
    // A processor that has rested changes its pace in the first moments.
    let warm = Instant::now();
    while warm.elapsed().as_millis() < 200 {
        ours();
        theirs();
    }
    let count = repeats(&theirs).max(1);
    let batch = |work: &dyn Fn()| {
        let start = Instant::now();
        (0..count).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / f64::from(count)
    };
    let pairs: Vec<(f64, f64)> = (0..BATCHES).map(|_| (batch(&ours), batch(&theirs))).collect();
    let middle = |value: fn(&(f64, f64)) -> f64| median(pairs.iter().map(value).collect());
    (middle(|pair| pair.0), middle(|pair| pair.1), middle(|pair| pair.0 / pair.1))
}

/// How often a batch does its work.
fn repeats(work: &impl Fn()) -> u32 {
    let start = Instant::now();
    (0..20).for_each(|_| work());
    u32::try_from(20 * BATCH / start.elapsed().as_nanos().max(1)).unwrap_or(u32::MAX)
}

/// The claims of a 500-byte key.
fn least() -> Value {
    json!({
        "iss": "Example", "sub": "acme", "aud": "cockpit", "jti": lic::license::LicenseId::from_random(1).to_string(),
        "iat": 1_795_357_800, "nbf": 1_795_392_000, "exp": 1_827_187_200, "ver": 1, "rev": 1, "customer": "Acme GmbH",
        "tier": "pro", "tier_name": "Professional", "rank": 3, "type": "commercial", "warn_days": 30,
    })
}

/// The claims of a key as it is sold.
fn usual() -> Value {
    let mut claims = least();
    claims["iss"] = json!("Example Software");
    claims["ends"] = json!(1_826_928_000);
    claims["seats"] = json!(12);
    claims["features"] = json!(["audit", "export", "reports", "sso"]);
    claims["limits"] = json!({"api_requests_per_hour": 10_000, "users": 50});
    claims["status"] = json!({"status_list": {"idx": 4711, "uri": "https://licenses.example.com/status/0.jwt"}});
    claims
}

fn with_meta() -> Value {
    let mut claims = usual();
    let entry = |number: u32| json!({"serial": number, "site": "Example Street 1, Springfield", "active": true});
    claims["meta"] = json!((0..850).map(entry).collect::<Vec<_>>());
    claims
}

/// A key with these claims, signed.
fn sign_json(signer: &SigningKey, claims: &Value) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"license+jwt"}}"#, Kid::of(&signer.verifying_key()));
    let signed = [header, claims.to_string()].map(|part| Base64UrlUnpadded::encode_string(part.as_bytes())).join(".");
    let signature = signer.sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}
