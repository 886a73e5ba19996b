//! The golden vectors in `keys.example/`: every one is put to the verifier, none is skipped, and the folder is what its
//! generator makes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lic::license::{Standing, Timestamp};
use lic::token::{Check, KeySet, Outcome, Reason, SeenLists, Verifier};

#[path = "../examples/vectors/sidecar.rs"]
mod sidecar;
use sidecar::Sidecar;

#[path = "../examples/vectors/index.rs"]
mod index;
use index::Index;

#[cfg(feature = "authority")]
#[path = "../examples/vectors/files.rs"]
#[allow(dead_code)]
mod files;
#[cfg(feature = "authority")]
#[path = "../examples/vectors/forge.rs"]
mod forge;
#[cfg(feature = "authority")]
#[path = "../examples/vectors/sets/mod.rs"]
mod sets;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keys.example")
}

/// Every vector: its name, its text and its sidecar. A file without its other half is an error, and so is an unknown field.
fn vectors() -> BTreeMap<String, (Vec<u8>, Sidecar)> {
    let mut texts = BTreeMap::new();
    let mut sidecars = BTreeMap::new();
    for entry in std::fs::read_dir(folder().join("vectors")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let earlier = match path.extension().and_then(|extension| extension.to_str()) {
            Some("lic" | "txt") => texts.insert(name.clone(), bytes).is_some(),
            Some("json") => {
                let sidecar = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}.json: {error}"));
                sidecars.insert(name.clone(), sidecar).is_some()
            }
            _ => panic!("{} is neither a vector nor a sidecar", path.display()),
        };
        assert!(!earlier, "two vectors are named {name}");
    }
    let names = |keys: Vec<&String>| keys.into_iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(texts.keys().collect()),
        names(sidecars.keys().collect()),
        "a vector without a sidecar, or the other way round"
    );
    texts.into_iter().zip(sidecars).map(|((name, text), (_, sidecar))| (name, (text, sidecar))).collect()
}

fn verifier(sidecar: &Sidecar) -> Verifier {
    let text = std::fs::read_to_string(folder().join(&sidecar.keys)).unwrap();
    let mut keys = KeySet::parse(&text).unwrap();
    sidecar.compromised.iter().for_each(|kid| keys.refuse(kid.parse().unwrap()));
    let mut verifier = match &sidecar.product {
        Some(product) => Verifier::new(keys, product.parse().unwrap()),
        None => Verifier::for_any_product(keys),
    };
    if let Some(issuer) = &sidecar.issuer {
        verifier = verifier.issuer(issuer);
    }
    if let Some(customer) = &sidecar.customer {
        verifier = verifier.customer(customer.parse().unwrap());
    }
    if let Some(machine) = &sidecar.machine {
        verifier = verifier.machine(machine.parse().unwrap());
    }
    if sidecar.any_machine {
        verifier = verifier.any_machine();
    }
    let mut seen = SeenLists::new();
    sidecar.seen.iter().for_each(|(address, number)| seen.at_least(address, *number));
    verifier = verifier.seen(seen);
    for list in &sidecar.status_lists {
        verifier = verifier.status_list(std::fs::read(folder().join(list)).unwrap());
    }
    if sidecar.activated_only {
        verifier = verifier.activated_only();
    }
    sidecar.features.iter().fold(verifier, |verifier, feature| verifier.feature(feature.parse().unwrap()))
}

/// What the verifier says about a vector that its sidecar does not.
fn faults(text: &[u8], sidecar: &Sidecar) -> Vec<String> {
    let at: Timestamp = sidecar.at.parse().unwrap();
    let verifier = verifier(sidecar);
    let mut faults = Vec::new();
    let mut expect = |what: &str, got: Option<String>, want: Option<String>| {
        if got != want {
            faults.push(format!("{what}: {got:?} instead of {want:?}"));
        }
    };
    let verified = verifier.verify(text, at);
    expect("verify", verified.as_ref().err().map(|refusal| refusal.reason.to_string()), sidecar.reason.clone());

    let verdict = verifier.examine(text, at);
    expect("examine is valid", Some(verdict.is_valid().to_string()), Some(sidecar.valid.to_string()));
    let reason = verdict.failure().and_then(|failure| failure.reason);
    expect("examine", reason.map(|reason| reason.to_string()), sidecar.reason.clone());
    let told = verdict.checks.iter().find(|result| result.outcome == Outcome::Warned).and_then(|result| result.reason);
    expect("told", told.map(|reason| reason.to_string()), sidecar.told.clone());
    // One fault each. A changed text fails twice where the change is not to be read any more.
    let failed = verdict.checks.iter().filter(|result| result.outcome == Outcome::Failed).count();
    let most = if reason == Some(Reason::BadSignature) { 2 } else { 1 };
    assert!(failed <= most, "{verdict:#?}");

    let signed = verdict.result(Check::Signature).is_some_and(|result| result.outcome == Outcome::Passed);
    let claims = verdict.claims.as_ref().filter(|_| signed);
    let status = claims.map(|claims| claims.validity().status(Standing::Good, at).to_string());
    expect("status", status.clone(), sidecar.status.clone());
    if let Ok(license) = verified {
        expect("license status", Some(license.status(at).to_string()), status);
    }
    faults
}

#[test]
fn every_vector_gets_its_verdict() {
    let vectors = vectors();
    assert!(vectors.len() >= 80, "only {} vectors", vectors.len());
    let mut wrong = Vec::new();
    for (name, (text, sidecar)) in &vectors {
        wrong.extend(faults(text, sidecar).into_iter().map(|fault| format!("{name} ({}): {fault}", sidecar.description)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_index_holds_two_hundred_faults_and_says_of_each_what_its_files_say() {
    let index: Index = serde_json::from_slice(&std::fs::read(folder().join("index.json")).unwrap()).unwrap();
    let vectors = vectors();
    assert_eq!(index.schema, 1);
    for (name, jwks) in &index.keys {
        let file = std::fs::read_to_string(folder().join(name)).unwrap();
        assert_eq!(KeySet::parse(&jwks.to_string()), KeySet::parse(&file), "{name}");
    }
    let mut names = BTreeSet::new();
    let mut texts = BTreeSet::new();
    for entry in &index.vectors {
        let (_, sidecar) = &vectors[&entry.name];
        assert_eq!(&entry.sidecar, sidecar, "{}", entry.name);
        assert_eq!(faults(entry.jws.as_bytes(), sidecar), Vec::<String>::new(), "{}", entry.name);
        assert!(index.keys.contains_key(&sidecar.keys) && names.insert(&entry.name), "{}", entry.name);
        if sidecar.status_lists.is_empty() && !sidecar.valid {
            texts.insert(&entry.jws);
        }
    }
    // Of those with a fault in a status list, the keys are good.
    let faulty = index.vectors.iter().filter(|entry| !entry.sidecar.valid).count();
    assert!(faulty >= 200 && texts.len() >= 150, "{faulty} with a fault, {} of them in different keys", texts.len());
}

#[test]
fn every_reason_that_needs_neither_ledger_nor_state_has_a_vector() {
    let vectors = vectors();
    let given: BTreeSet<&str> =
        vectors.values().flat_map(|(_, sidecar)| [sidecar.reason.as_deref(), sidecar.told.as_deref()]).flatten().collect();
    // That a machine gave its seat back, a status list tells as well as a state.
    let needs_ledger =
        |reason: Reason| matches!(reason.check(), Check::Ledger | Check::Revision | Check::State) && reason != Reason::GivenBack;
    let possible: BTreeSet<&str> =
        Reason::ALL.iter().filter(|reason| !needs_ledger(**reason)).map(|reason| reason.as_str()).collect();
    assert_eq!(given, possible);
}

#[test]
fn every_status_list_is_put_to_the_verifier() {
    let vectors = vectors();
    let named: BTreeSet<String> = vectors.values().flat_map(|(_, sidecar)| sidecar.status_lists.clone()).collect();
    let files = std::fs::read_dir(folder().join("status")).unwrap();
    let files: BTreeSet<String> = files.map(|file| format!("status/{}", file.unwrap().file_name().to_str().unwrap())).collect();
    assert_eq!(named, files);
}

#[test]
fn every_sample_license_is_signed_by_its_key() {
    let keys = |file: &str| KeySet::parse(&std::fs::read_to_string(folder().join(file)).unwrap()).unwrap();
    let vendor = keys("vendor.pem");
    assert_eq!(vendor, keys("jwks.json"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "lic") {
            let text = std::fs::read(&path).unwrap();
            let license = Verifier::for_any_product(vendor.clone()).verify(&text, "2026-12-01".parse().unwrap());
            let is_test = path.file_stem().is_some_and(|stem| stem == "test");
            assert_eq!(license.err().map(|refusal| refusal.reason), is_test.then_some(Reason::UnknownKey), "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 5);
}

#[cfg(feature = "authority")]
#[test]
fn the_folder_is_what_its_generator_makes() {
    let differences = files::differences(&folder());
    assert!(
        differences.is_empty(),
        "{}\nrefresh it with: cargo run --example vectors -- --write keys.example",
        differences.join("\n")
    );
}

#[cfg(feature = "authority")]
#[test]
fn the_operator_opens_the_signing_keys() {
    use ed25519_dalek::pkcs8::DecodePrivateKey;
    for key in [forge::vendor(), forge::tester()] {
        let pem = std::fs::read_to_string(folder().join(format!("{}/ann.pem", forge::kid(&key)))).unwrap();
        let opened = ed25519_dalek::SigningKey::from_pkcs8_encrypted_pem(&pem, "demo");
        assert_eq!(opened.unwrap(), key);
    }
}
