//! What stands beside a vector: the question put to the verifier, and the answer expected. Plain JSON for any language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The sidecar of one vector. Absent fields are not asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// What is special about the key, in one line.
    pub description: String,
    /// The file with the trusted public keys, relative to `keys.example/`.
    pub keys: String,
    /// Kids whose signatures are refused although their keys are among the trusted ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compromised: Vec<String>,
    /// The moment to verify at, RFC 3339 in UTC.
    pub at: String,
    /// The issuer asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The product asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The customer asked for, by slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The machine that the program runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Whether a key that is bound to machines is accepted on any.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_machine: bool,
    /// Whether a key that is to be bound to machines, and is to none yet, is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub activated_only: bool,
    /// The features asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// The status lists offered, relative to `keys.example/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status_lists: Vec<String>,
    /// The numbers of the status lists seen before, by address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, u64>,
    /// Whether the key is valid.
    pub valid: bool,
    /// The reason code where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason code of what is told of a key all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The license's status at that moment; present where a trusted key signed the text and the claims can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}
