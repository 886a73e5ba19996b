//! What is fuzzed: for each target the function that takes any bytes and asserts what must hold of them, and the seeds to start from.
//!
//! Two runners share these functions: `tests/fuzz.rs` puts a bounded number of mutated inputs to each on stable Rust, and
//! `fuzz/fuzz_targets/` hands them to libFuzzer. A target never says only that nothing panics. What a third party could not
//! have made (a signature) is never accepted; what was read and is written again is read as the same; what is said about an input
//! is bounded by the input, and holds nothing that a terminal acts on.

pub mod files;
pub mod forge;
pub mod json;
pub mod keys;
pub mod lists;
pub mod logs;
pub mod machines;
pub mod times;
pub mod words;

use std::path::Path;

/// One thing that reads bytes from outside.
#[allow(dead_code, reason = "each runner takes what it needs")]
pub struct Target {
    /// Its name, which is that of its file in `fuzz/fuzz_targets/`.
    pub name: &'static str,
    /// Panics where something does not hold.
    pub run: fn(&[u8]),
    /// Inputs to start from; the folder is `keys.example/`.
    pub seeds: fn(&Path) -> Vec<Vec<u8>>,
    /// How many inputs `cargo test` tries: more where one takes less time.
    pub rounds: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "address", run: words::address, seeds: words::address_seeds, rounds: 20_000 },
    Target { name: "armour", run: keys::armour, seeds: keys::text_seeds, rounds: 2_000 },
    Target { name: "claims", run: keys::claims, seeds: keys::claims_seeds, rounds: 1_500 },
    Target { name: "customers", run: files::customers, seeds: files::customers_seeds, rounds: 1_000 },
    Target { name: "export", run: files::export, seeds: files::export_seeds, rounds: 60 },
    Target { name: "header", run: keys::header, seeds: keys::header_seeds, rounds: 2_000 },
    Target { name: "ids", run: machines::ids, seeds: machines::ids_seeds, rounds: 10_000 },
    Target { name: "key", run: keys::key, seeds: keys::text_seeds, rounds: 1_200 },
    Target { name: "key_set", run: keys::key_set, seeds: keys::key_set_seeds, rounds: 4_000 },
    Target { name: "list", run: lists::list, seeds: lists::list_seeds, rounds: 300 },
    Target { name: "list_payload", run: lists::payload, seeds: lists::payload_seeds, rounds: 150 },
    Target { name: "manifest", run: files::manifest, seeds: files::manifest_seeds, rounds: 2_000 },
    Target { name: "merkle", run: logs::merkle, seeds: logs::merkle_seeds, rounds: 200 },
    Target { name: "note", run: logs::note, seeds: logs::note_seeds, rounds: 1_500 },
    Target { name: "proof", run: logs::proof, seeds: logs::proof_seeds, rounds: 4_000 },
    Target { name: "request", run: machines::request, seeds: machines::request_seeds, rounds: 4_000 },
    Target { name: "request_lines", run: machines::request_lines, seeds: machines::request_lines_seeds, rounds: 2_000 },
    Target { name: "settings", run: files::settings, seeds: files::settings_seeds, rounds: 600 },
    Target { name: "shown", run: words::shown, seeds: words::shown_seeds, rounds: 4_000 },
    Target { name: "statuses", run: lists::statuses, seeds: lists::statuses_seeds, rounds: 200 },
    Target { name: "takeover", run: files::takeover, seeds: files::takeover_seeds, rounds: 1_000 },
    Target { name: "tiers", run: files::tiers, seeds: files::tiers_seeds, rounds: 1_000 },
    Target { name: "times", run: times::times, seeds: times::times_seeds, rounds: 20_000 },
];

/// The files of a folder with one of these extensions, in the order of their names.
pub fn read_all(folder: &Path, extensions: &[&str]) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a folder's entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| extensions.iter().any(|wanted| found == *wanted)));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file of the folder")).collect()
}

/// Texts as bytes.
pub fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The bytes as text, whatever they are.
pub fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
