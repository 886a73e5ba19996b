//! Every file of `keys.example/`, and how it is compared and written.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use lic::license::{LicenseType, Terms};
use lic::token::{KeySet, armour, sign};
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Parameters, ScryptParams};
use pkcs8::pkcs5::scrypt;
use pkcs8::{LineEnding, PrivateKeyInfoRef};

use crate::forge::*;
use crate::index::{Entry, Index, LARGEST};
use crate::sets;

/// The operator whose copies of the signing keys the folder holds.
const OPERATOR: &str = "ann";

/// The passphrase of those copies.
const PASSPHRASE: &str = "demo";

/// Every file: its path below the folder, and its bytes.
pub fn all() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |path: String, bytes: Vec<u8>| {
        assert!(files.insert(path.clone(), bytes).is_none(), "two files named {path}");
    };
    let vendor_set: KeySet = [public(&vendor())].into_iter().collect();
    add("README.md".to_owned(), readme().into_bytes());
    // Line ends and marks are what some vectors are about.
    add(".gitattributes".to_owned(), b"* -text\nvectors/text-too-large.txt -diff\n".to_vec());
    add("vendor.pem".to_owned(), vendor_set.to_pem().into_bytes());
    add("jwks.json".to_owned(), format!("{:#}\n", vendor_set.to_jwks()).into_bytes());
    for (key, salt) in [(vendor(), 1), (tester(), 2)] {
        add(format!("{}.pub.pem", kid(&key)), public(&key).to_pem().into_bytes());
        add(format!("{}/{OPERATOR}.pem", kid(&key)), encrypted(&key, salt).into_bytes());
    }
    for (name, key) in samples() {
        add(format!("{name}.lic"), armour::wrap(&key).into_bytes());
    }
    let mut all_keys = vendor_set;
    all_keys.insert_status(public(&status_signer()));
    add("all-keys.json".to_owned(), format!("{:#}\n", all_keys.to_jwks()).into_bytes());
    add("status.pem".to_owned(), public(&status_signer()).to_pem().into_bytes());
    for (name, list) in sets::status_lists() {
        add(format!("status/{name}.jwt"), list.into_bytes());
    }
    add("index.json".to_owned(), index().text().into_bytes());
    for vector in sets::all() {
        add(format!("vectors/{}.{}", vector.name, vector.extension), vector.text);
        let sidecar = serde_json::to_string_pretty(&vector.sidecar).expect("a sidecar of plain values");
        add(format!("vectors/{}.json", vector.name), format!("{sidecar}\n").into_bytes());
    }
    files
}

/// Licenses to try things out with.
fn samples() -> Vec<(&'static str, String)> {
    let slug = |text: &str| text.parse().expect("a slug");
    let tier = |short: &str, name: &str, rank| Terms { tier: slug(short), tier_name: name.to_owned(), rank, ..terms() };
    let enterprise =
        Terms { ends: None, grace_days: 0, seats: None, limits: Default::default(), ..tier("enterprise", "Enterprise", 50) };
    let trial = Terms { kind: LicenseType::Trial, ends: Some(moment("2026-12-23")), grace_days: 0, seats: Some(5), ..terms() };
    let internal = Terms { internal: true, ..enterprise.clone() };
    let test = Terms { kind: LicenseType::Test, ..terms() };
    let signed = |customer, name, id, terms: &Terms| sign(&claims_for(customer, name, id, terms), &vendor());
    vec![
        ("acme-pro", signed("acme", "Acme GmbH", 11, &terms())),
        ("acme-enterprise", signed("acme", "Acme GmbH", 12, &enterprise)),
        ("globex-trial", signed("globex", "Globex Corporation", 13, &trial)),
        ("internal", signed("internal", "Example Software", 14, &internal)),
        ("test", sign(&claims_for("internal", "Example Software", 15, &test), &tester())),
    ]
}

/// The signing key as an authority keeps it: PKCS#8 version 1, PBES2 with scrypt (N = 2^14, r = 8, p = 5) and AES-256-CBC.
fn encrypted(key: &SigningKey, salt: u8) -> String {
    let plain = KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der().expect("32 bytes");
    let cost = scrypt::Params::new(14, 8, 5).expect("valid costs");
    let kdf = ScryptParams::from_params_and_salt(cost, &[salt; 16]).expect("a short salt");
    let parameters = Parameters { kdf: kdf.into(), encryption: EncryptionScheme::Aes256Cbc { iv: [salt; 16] } };
    let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).expect("what was just written");
    let secret = info.encrypt_with_params(parameters, PASSPHRASE).expect("32 bytes");
    secret.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).expect("a short text").to_string()
}

/// The vectors that are one key each, as its key file holds it.
fn index() -> Index {
    let set = |key: &SigningKey| [public(key)].into_iter().collect::<KeySet>();
    let mut all_keys = set(&vendor());
    all_keys.insert_status(public(&status_signer()));
    let test_key = format!("{}.pub.pem", kid(&tester()));
    let named = [("vendor.pem", set(&vendor())), ("jwks.json", set(&vendor())), ("all-keys.json", all_keys)];
    let mut keys: BTreeMap<_, _> = named.into_iter().map(|(name, keys)| (name.to_owned(), keys.to_jwks())).collect();
    keys.insert(test_key, set(&tester()).to_jwks());
    let entry = |vector: sets::Vector| {
        let jws = armour::find(&vector.text).ok()?.into_owned();
        let whole = armour::wrap(&jws).as_bytes() == vector.text && jws.len() <= LARGEST;
        // Without its armour it is still found for what it is.
        let found = armour::find(jws.as_bytes()).is_ok_and(|found| *found == jws);
        (whole && found).then(|| Entry { name: vector.name.to_owned(), jws, sidecar: vector.sidecar })
    };
    Index { schema: 1, keys, vectors: sets::all().into_iter().filter_map(entry).collect() }
}

fn readme() -> String {
    include_str!("readme.md")
        .replace("{vendor}", kid(&vendor()).as_str())
        .replace("{test}", kid(&tester()).as_str())
        .replace("{operator}", OPERATOR)
        .replace("{passphrase}", PASSPHRASE)
        .replace("{status}", kid(&status_signer()).as_str())
        .replace("{lists}", &sets::status_lists().len().to_string())
        .replace("{count}", &sets::all().len().to_string())
        .replace("{indexed}", &index().vectors.len().to_string())
        .replace("{faulty}", &index().vectors.iter().filter(|entry| !entry.sidecar.valid).count().to_string())
}

/// The files below a folder, by their paths in it.
fn present(folder: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                files.insert(name, std::fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

/// What in the folder is not as it should be, one line each.
pub fn differences(folder: &Path) -> Vec<String> {
    let present = match present(folder) {
        Ok(present) => present,
        Err(error) => return vec![format!("{}: {error}", folder.display())],
    };
    let wanted = all();
    let missing = wanted.keys().filter(|path| !present.contains_key(*path)).map(|path| format!("{path} is missing"));
    let extra = present.keys().filter(|path| !wanted.contains_key(*path)).map(|path| format!("{path} does not belong there"));
    let changed = wanted.iter().filter(|(path, bytes)| present.get(*path).is_some_and(|present| present != *bytes));
    missing.chain(extra).chain(changed.map(|(path, _)| format!("{path} has other content"))).collect()
}

/// Writes the folder, and removes vectors that are none any more. Tells how many files there are.
pub fn write(folder: &Path) -> std::io::Result<usize> {
    let wanted = all();
    for (path, bytes) in &wanted {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if std::fs::read(&path).ok().as_ref() != Some(bytes) {
            std::fs::write(&path, bytes)?;
        }
    }
    for path in present(folder)?
        .keys()
        .filter(|path| path.starts_with("vectors/") || path.starts_with("status/"))
        .filter(|path| !wanted.contains_key(*path))
    {
        std::fs::remove_file(folder.join(path))?;
    }
    Ok(wanted.len())
}
