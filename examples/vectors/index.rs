//! `index.json`: every vector that is one JWS, in one file, so that a program in another language needs to read nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sidecar::Sidecar;

/// The largest key that stands in the index, in bytes; longer ones are in their files alone.
#[allow(dead_code, reason = "the tests read, and do not write")]
pub const LARGEST: usize = 8 * 1024;

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The version of this format.
    pub schema: u32,
    /// The trusted public keys as JWKS (RFC 7517), by the name that vectors know them by.
    pub keys: BTreeMap<String, Value>,
    /// The vectors, in the order of their sets.
    pub vectors: Vec<Entry>,
}

/// One vector.
#[derive(Serialize, Deserialize)]
pub struct Entry {
    /// Its name: that of its files in `vectors/`.
    pub name: String,
    /// The key in compact form, as a JWT library takes it.
    pub jws: String,
    /// The question and the answer.
    #[serde(flatten)]
    pub sidecar: Sidecar,
}

impl Index {
    /// The file: a vector on each line.
    #[allow(dead_code, reason = "the tests read, and do not write")]
    pub fn text(&self) -> String {
        let entry = |entry: &Entry| serde_json::to_string(entry).expect("plain values");
        let vectors: Vec<String> = self.vectors.iter().map(entry).collect();
        let keys = serde_json::to_string(&self.keys).expect("plain values");
        format!("{{\"schema\":{},\n\"keys\":{keys},\n\"vectors\":[\n{}\n]}}\n", self.schema, vectors.join(",\n"))
    }
}
