//! A bounded pass of the fuzz targets on stable Rust: every seed, and a fixed series of mutated inputs, the same in every run.
//!
//! An input that fails is printed with the target it failed in; `LIC_FUZZ_PERCENT=1000` makes every series ten times as long. How
//! libFuzzer runs the same targets without an end stands in `fuzz/README.md`.

#![cfg(feature = "authority")]

#[path = "fuzz/mod.rs"]
mod bodies;
#[path = "fuzz/mutate.rs"]
mod mutate;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bodies::forge::{self, encode, jws};
use bodies::{TARGETS, Target, json, keys};
use lic::token::{Reason, TYPE, Verifier, armour};
use mutate::Random;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/keys.example"))
}

/// How long a series is that usually has so many inputs.
fn rounds(usual: usize) -> usize {
    let percent = std::env::var("LIC_FUZZ_PERCENT").ok().and_then(|percent| percent.parse().ok()).unwrap_or(100);
    (usual * percent / 100).max(1)
}

/// Runs something on an input, and prints the input where it fails.
fn attempt<T>(what: &str, input: &[u8], run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| panic!("{what} failed on \"{}\"", input.escape_ascii()))
}

fn series(target: &Target) {
    let seeds = (target.seeds)(folder());
    assert!(!seeds.is_empty(), "{} has no seeds", target.name);
    for seed in &seeds {
        attempt(target.name, seed, || (target.run)(seed));
    }
    let (mut random, started) = (Random::new(target.name), std::time::Instant::now());
    for _ in 0..rounds(target.rounds) {
        let input = mutate::bytes(&mut random, &seeds);
        attempt(target.name, &input, || (target.run)(&input));
    }
    println!("{:<14} {:>8} inputs in {:.1?}", target.name, rounds(target.rounds), started.elapsed());
}

/// Runs two halves of the targets at once.
fn every_other(first: usize) {
    TARGETS.iter().skip(first).step_by(2).for_each(series);
}

#[test]
fn every_target_holds_on_its_seeds_and_on_what_they_mutate_to() {
    every_other(0);
}

#[test]
fn every_other_target_holds_on_its_seeds_and_on_what_they_mutate_to() {
    every_other(1);
}

#[test]
fn every_target_has_its_file_for_libfuzzer() {
    let files = bodies::read_all(&folder().join("../fuzz/fuzz_targets"), &["rs"]);
    let manifest = std::fs::read_to_string(folder().join("../fuzz/Cargo.toml")).unwrap();
    assert_eq!(files.len(), TARGETS.len());
    for Target { name, .. } in TARGETS {
        let path = folder().join(format!("../fuzz/fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(text.contains(&format!("run(\"{name}\", data)")), "{}", path.display());
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} is not in fuzz/Cargo.toml");
    }
}

#[test]
fn libfuzzer_runs_what_was_built_as_the_program_is() {
    // cargo-fuzz sets RUSTFLAGS, which takes the place of those in the settings of cargo.
    let read = |path: &str| std::fs::read_to_string(folder().join(path)).unwrap();
    let settings = read("../.cargo/config.toml");
    let flags = settings.lines().find_map(|line| line.strip_prefix("rustflags = ")).unwrap();
    let flags: Vec<String> = serde_json::from_str(flags).unwrap();
    assert!(read("../fuzz/run").contains(&format!("export RUSTFLAGS='{}'\n", flags.join(" "))));
}

/// How many mutated keys there are; half of them in each of two tests, so that two cores share them.
const KEYS: usize = 1_000_000;

#[test]
fn of_a_million_mutated_keys_none_is_accepted_that_should_not_be() {
    mutated_keys("the first half", KEYS / 2);
}

#[test]
fn of_the_other_half_of_a_million_neither() {
    mutated_keys("the other half", KEYS / 2);
}

/// What is changed so often is of a usual length, in bytes.
const SHORT: usize = 710;

/// A genuine key, in its text and its parts.
struct Genuine {
    text: String,
    header: Vec<u8>,
    header_text: String,
    claims: Vec<u8>,
    claims_text: String,
    signature: String,
}

/// The keys of `keys.example/` that are good at that moment: each signed by the vendor, and asking for nothing.
fn genuine(verifier: &Verifier) -> Vec<Genuine> {
    let mut found = BTreeMap::new();
    for seed in keys::text_seeds(folder()) {
        if verifier.verify(&seed, forge::at()).is_ok() && seed.len() < SHORT {
            let text = armour::find(&seed).unwrap().into_owned();
            let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
            let [header_text, claims_text, signature] = parts.try_into().unwrap();
            let (header, claims) = (forge::decode(&header_text).unwrap(), forge::decode(&claims_text).unwrap());
            found.insert(text.clone(), Genuine { text, header, header_text, claims, claims_text, signature });
        }
    }
    found.into_values().collect()
}

/// Puts mutated keys to the verifier: changed as text, changed behind the base64, and changed and signed again, so that every part of
/// the verifier sees inputs that come so far.
fn mutated_keys(name: &str, count: usize) {
    let verifier = Verifier::for_any_product(forge::keys()).any_machine().without_status_list();
    let genuine = genuine(&verifier);
    assert!(genuine.len() >= 10, "{} keys", genuine.len());
    let of_text: Vec<_> = genuine.iter().map(|key| key.text.clone().into_bytes()).collect();
    let of_claims: Vec<_> = genuine.iter().map(|key| key.claims.clone()).collect();
    let of_header: Vec<_> = genuine.iter().map(|key| key.header.clone()).collect();
    let (vendor, mut random) = (forge::vendor(), Random::new(name));
    let header = forge::header(&vendor, TYPE);
    let mut reasons: BTreeMap<Option<Reason>, usize> = BTreeMap::new();
    let count = rounds(count);
    for round in 0..count {
        let key = &genuine[random.below(genuine.len())];
        let kind = round % 40;
        let text = match kind {
            // A text that is not the key any more: at the envelope, or at the signature.
            0..18 => mutate::of(&mut random, &of_text, key.text.as_bytes()),
            // Another header, other claims, another signature, each beside what is left of the key.
            18..34 => {
                let header = mutate::of(&mut random, &of_header, &key.header);
                format!("{}.{}.{}", encode(header), key.claims_text, key.signature).into_bytes()
            }
            34 | 35 => {
                let claims = mutate::of(&mut random, &of_claims, &key.claims);
                format!("{}.{}.{}", key.header_text, encode(claims), key.signature).into_bytes()
            }
            36 => {
                let signature = mutate::of(&mut random, &[], &forge::decode(&key.signature).unwrap());
                format!("{}.{}.{}", key.header_text, key.claims_text, encode(signature)).into_bytes()
            }
            // Another header, truly signed.
            37 if round % 80 == 37 => jws(&vendor, mutate::of(&mut random, &of_header, &key.header), &key.claims).into_bytes(),
            // Other claims, truly signed: the reader of claims is reached.
            38 => jws(&vendor, &header, mutate::of(&mut random, &of_claims, &key.claims)).into_bytes(),
            39 if round % 80 == 39 => jws(&vendor, &header, mutate::member(&mut random, &key.claims)).into_bytes(),
            // Cut anywhere, which few mutations do.
            _ => key.text.as_bytes()[..random.below(key.text.len())].to_vec(),
        };
        let truly_signed = kind >= 37;
        let reason = attempt("the verifier", &text, || match verifier.verify(&text, forge::at()) {
            Err(refusal) => Some(refusal.reason),
            Ok(license) => {
                let found = armour::find(&text).unwrap();
                forge::assert_genuine(&found, &vendor);
                // Signed or not: what was accepted says nothing twice, and is in force.
                let claims = forge::decode(found.split('.').nth(1).unwrap()).unwrap();
                assert!(!json::names_twice(std::str::from_utf8(&claims).unwrap()));
                let claims = license.claims();
                assert!(claims.nbf <= forge::at() && claims.exp.is_none_or(|end| forge::at() < end));
                assert!(truly_signed || genuine.iter().any(|key| *key.text == *found), "a false accept: {found}");
                None
            }
        });
        *reasons.entry(reason).or_default() += 1;
    }
    // The pass is worth its time only where it reaches every depth of the verifier.
    for reason in [
        Reason::NoKey,
        Reason::WrongSegments,
        Reason::BadEncoding,
        Reason::WrongLength,
        Reason::MalformedHeader,
        Reason::HeaderMember,
        Reason::WrongAlgorithm,
        Reason::WrongType,
        Reason::UnknownKey,
        Reason::BadSignature,
        Reason::MalformedClaims,
        Reason::DuplicateMember,
        Reason::UnsupportedVersion,
        Reason::InconsistentTerm,
    ] {
        assert!(reasons.get(&Some(reason)).is_some_and(|found| *found >= (count / 50_000).max(1)), "{reason} in {reasons:?}");
    }
    assert!(reasons.get(&None).is_some_and(|found| *found >= count / 1_000), "accepted in {reasons:?}");
    println!("{name}: {reasons:?}");
}
