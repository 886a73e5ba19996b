//! Checks a license key offline and says what it grants.
//!
//!     cargo run -- FILE [MACHINE-ID]      without FILE, or with -, the key comes from standard input
//!
//! Needs `lic` in Cargo.toml, where its verification core is enough: `lic = { path = "...", default-features = false }`.
//! Exit code: 0 the license is valid, 1 the key could not be read, 3 the license is refused.
//! A signature cannot tell whether the vendor has revoked the license since it was signed.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use lic::license::{Slug, Status, Timestamp};
use lic::token::{InvalidKey, KeySet, License, Verifier};

const ISSUER: &str = "{{issuer}}";
const PRODUCT: &str = "{{product}}";

/// The vendor's public keys: key id and key. What any other key signed is refused.
const KEYS: &[(&str, &str)] = &[
    ("{{kid}}", "{{x}}"),
];

fn keys() -> Result<KeySet, InvalidKey> {
    let jwk = |(kid, x): &(&str, &str)| format!(r#"{{"kty": "OKP", "crv": "Ed25519", "kid": "{kid}", "x": "{x}"}}"#);
    let jwks: Vec<String> = KEYS.iter().map(jwk).collect();
    KeySet::parse(&format!(r#"{{"keys": [{}]}}"#, jwks.join(", ")))
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut text = Vec::new();
    match arguments.next().as_deref() {
        None | Some("-") => std::io::stdin().take(1 << 20).read_to_end(&mut text)?,
        Some(path) => File::open(path)?.take(1 << 20).read_to_end(&mut text)?,
    };
    let mut verifier = Verifier::new(keys()?, PRODUCT.parse::<Slug>()?).issuer(ISSUER);
    if let Some(machine) = arguments.next() {
        verifier = verifier.machine(machine.parse()?);
    }
    let now = Timestamp::from_seconds(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().try_into()?)?;
    Ok(match verifier.verify(&text, now) {
        Ok(license) => {
            show(&license, now);
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            ExitCode::from(3)
        }
    })
}

fn show(license: &License, now: Timestamp) {
    let or = |value: Option<String>, none: &str| value.unwrap_or_else(|| none.to_owned());
    let features: Vec<&str> = license.features().iter().map(Slug::as_str).collect();
    println!("valid:    {}", license.id());
    println!("customer: {}", license.customer());
    println!("tier:     {}", license.tier_name());
    println!("seats:    {}", or(license.seats().map(|seats| seats.to_string()), "unlimited"));
    println!("features: {}", if features.is_empty() { "none".to_owned() } else { features.join(", ") });
    println!("until:    {}", or(license.ends().map(|end| end.last_day().to_string()), "no end"));
    if let (Status::Grace, Some(stops)) = (license.status(now), license.stops()) {
        println!("grace:    please renew, it stops working after {}", stops.last_day());
    }
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
