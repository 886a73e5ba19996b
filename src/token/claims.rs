//! What a key says: its claims, and how they are read from JSON and written to it.
//!
//! [`Claims`] may come from anywhere, so that holding them proves nothing; a verified key is a
//! [`License`](super::License). What the claims mean at a moment belongs in `license::status`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::describe::shown;
use super::json::{self, Fault, Rule};
use super::meta::meta_size;
use super::reason::{Reason, Refusal};
use crate::license::terms::LARGEST_LIMIT;
use crate::license::{LicenseId, LicenseType, MachineTerms, Slug, Terms, Timestamp, Validity};

/// The version of the claims that this program writes and reads.
pub const VERSION: u32 = 1;

/// The largest `meta`, in bytes of compact JSON: 64 KiB.
pub const LARGEST_META: usize = 64 * 1024;

/// Where the license's bit lies in a Token Status List.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRef {
    /// The place in the list.
    pub idx: u64,
    /// The address of the list.
    pub uri: String,
}

/// The claims of a key, verified or not. Absent means absent: no member is ever null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The authority that issued it.
    pub iss: String,
    /// The customer's slug.
    pub sub: Slug,
    /// The product.
    pub aud: Slug,
    /// The license's id.
    pub jti: LicenseId,
    /// When this revision was issued.
    pub iat: Timestamp,
    /// First second of validity.
    pub nbf: Timestamp,
    /// The moment the key stops working, grace included; absent: perpetual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    /// The agreed end, where it is earlier than `exp`: between the two lies the grace period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// The version of this list of claims: [`VERSION`].
    pub ver: u32,
    /// The revision of the license, counted from 1.
    pub rev: u32,
    /// The customer's display name.
    pub customer: String,
    /// The tier's short name.
    pub tier: Slug,
    /// The tier's display name.
    pub tier_name: String,
    /// The tier's place in the order of its product's tiers; higher is more.
    pub rank: u32,
    /// What the license is for.
    #[serde(rename = "type")]
    pub kind: LicenseType,
    /// For the vendor's own use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// The license count; absent: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    /// Names of the features granted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub features: BTreeSet<Slug>,
    /// Named limits; a name that is absent is unlimited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Slug, u64>,
    /// On which machines it may run.
    #[serde(default, skip_serializing_if = "MachineTerms::is_empty")]
    pub machines: MachineTerms,
    /// How many days before the end the program starts to warn.
    pub warn_days: u32,
    /// How old, in days, the newest status list or lease may be; absent: none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_days: Option<u32>,
    /// Where the license's status is published, as `status_list` inside `status`; absent: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "reference")]
    pub status: Option<StatusRef>,
    /// Any JSON of the vendor's own, at most [`LARGEST_META`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
}

/// What a key says besides the terms: who grants them to whom, when, and under which name.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The authority.
    pub issuer: &'a str,
    /// The customer's slug.
    pub customer: &'a Slug,
    /// The customer's display name.
    pub customer_name: &'a str,
    /// The license.
    pub id: LicenseId,
    /// Its revision, counted from 1.
    pub rev: u32,
    /// The moment of issue.
    pub at: Timestamp,
    /// Where its status will be published.
    pub status: Option<StatusRef>,
}

impl Claims {
    /// The claims of the key that grants these terms.
    #[must_use]
    pub fn new(grant: Grant<'_>, terms: &Terms) -> Self {
        let stops = terms.stops();
        Self {
            iss: grant.issuer.to_owned(),
            sub: grant.customer.clone(),
            aud: terms.product.clone(),
            jti: grant.id,
            iat: grant.at,
            nbf: terms.starts,
            exp: stops,
            ends: terms.ends.filter(|end| Some(*end) != stops),
            ver: VERSION,
            rev: grant.rev,
            customer: grant.customer_name.to_owned(),
            tier: terms.tier.clone(),
            tier_name: terms.tier_name.clone(),
            rank: terms.rank,
            kind: terms.kind,
            internal: terms.internal,
            seats: terms.seats,
            features: terms.features.clone(),
            limits: terms.limits.clone(),
            machines: terms.machines.clone(),
            warn_days: terms.warn_days,
            offline_days: terms.offline_days,
            status: grant.status,
            meta: terms.meta.clone(),
        }
    }

    /// The dates that decide the status.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { starts: self.nbf, ends: self.ends.or(self.exp), stops: self.exp, warn_days: self.warn_days }
    }

    /// The claims as compact JSON, the payload of a key.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every map in the claims has strings for keys, so that nothing in them resists serialization.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a payload, strictly.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let malformed = |detail: String| Refusal::new(Reason::MalformedClaims, detail);
        let text = std::str::from_utf8(payload).map_err(|_| malformed("the claims are not UTF-8".to_owned()))?;
        json::check(text, rule).map_err(|fault| explain(fault, text))?;
        let claims: Self =
            serde_json::from_str(text).map_err(|error| newer(text).unwrap_or_else(|| malformed(misfit(&error.to_string()))))?;
        claims.check()?;
        if is_worth_measuring(payload) && claims.meta.as_ref().is_some_and(|meta| meta_size(meta) > LARGEST_META) {
            return Err(Refusal::new(Reason::MetaTooLarge, format!("meta is larger than {} KiB", LARGEST_META / 1024)));
        }
        Ok(claims)
    }

    /// Whether the claims agree with each other.
    fn check(&self) -> Result<(), Refusal> {
        if self.ver != VERSION {
            return Err(unsupported(u64::from(self.ver)));
        }
        if self.rev == 0 {
            return Err(Refusal::new(Reason::MalformedClaims, "revisions count from 1"));
        }
        let largest = self.limits.values().chain(self.status.as_ref().map(|status| &status.idx)).max();
        if largest.is_some_and(|value| *value > LARGEST_LIMIT) {
            return Err(Refusal::new(Reason::MalformedClaims, format!("a number is larger than {LARGEST_LIMIT}")));
        }
        let inconsistent = |detail| Err(Refusal::new(Reason::InconsistentTerm, detail));
        match (self.ends, self.exp) {
            (Some(_), None) => inconsistent("the term has an end, yet the key never stops working"),
            (Some(ends), Some(exp)) if ends >= exp => inconsistent("the grace period ends before it begins"),
            (ends, exp) if ends.or(exp).is_some_and(|end| end <= self.nbf) => inconsistent("the term ends before it begins"),
            _ => Ok(()),
        }
    }
}

/// The `status` claim (draft-ietf-oauth-status-list, section 6.1): the reference is its member `status_list`, and others may
/// stand beside it.
mod reference {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Map, Value};

    use super::StatusRef;

    #[derive(Serialize, Deserialize)]
    struct Status<T> {
        status_list: T,
    }

    pub fn serialize<S: Serializer>(status: &Option<StatusRef>, serializer: S) -> Result<S::Ok, S::Error> {
        status.as_ref().map(|status_list| Status { status_list }).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StatusRef>, D::Error> {
        // By way of an object, as a derived reader would take a list for one.
        let Status { status_list } = Status::<Map<String, Value>>::deserialize(deserializer)?;
        serde_json::from_value(Value::Object(status_list)).map(Some).map_err(D::Error::custom)
    }
}

/// What a claim may hold, beyond what its type says. Claims that this version does not know may hold anything.
pub(super) fn rule(name: &str) -> Rule {
    match name {
        "meta" => Rule::Present,
        "machines" | "status" | "limits" => Rule::Object,
        "iss" | "sub" | "aud" | "jti" | "iat" | "nbf" | "exp" | "ends" | "ver" | "rev" | "customer" | "tier" | "tier_name"
        | "rank" | "type" | "internal" | "seats" | "features" | "warn_days" | "offline_days" => Rule::NoNulls,
        _ => Rule::Free,
    }
}

#[cold]
fn explain(fault: Fault, text: &str) -> Refusal {
    match fault {
        Fault::Duplicate(name) => {
            Refusal::new(Reason::DuplicateMember, format!("the claims hold two members named {}", shown(&name)))
        }
        Fault::Syntax(error) => Refusal::new(Reason::MalformedClaims, format!("the claims are not JSON: {}", shown(&error))),
        Fault::Null(name) => newer(text)
            .unwrap_or_else(|| Refusal::new(Reason::MalformedClaims, format!("{} is null: absent must be absent", shown(&name)))),
        Fault::NotAnObject(name) if name.is_empty() => {
            Refusal::new(Reason::MalformedClaims, "the claims are not a JSON object".to_owned())
        }
        Fault::NotAnObject(name) => {
            newer(text).unwrap_or_else(|| Refusal::new(Reason::MalformedClaims, format!("{} is not a JSON object", shown(&name))))
        }
    }
}

/// Whether `meta` could be too large: written anew, a number may take four times its room, as `1e15` is 1000000000000000.0.
fn is_worth_measuring(payload: &[u8]) -> bool {
    payload.len() > LARGEST_META / 4
}

fn misfit(error: &str) -> String {
    format!("the claims do not fit: {}", shown(error))
}

fn unsupported(version: u64) -> Refusal {
    let wish = if version > u64::from(VERSION) { ": update the program" } else { "" };
    Refusal::new(Reason::UnsupportedVersion, format!("version {version} of the key format; this program reads {VERSION}{wish}"))
}

/// Claims that do not fit because they follow a later version are to be told so, not called malformed.
#[cold]
fn newer(text: &str) -> Option<Refusal> {
    #[derive(Deserialize)]
    struct Version {
        ver: u64,
    }
    let version = serde_json::from_str::<Version>(text).ok()?.ver;
    (version > u64::from(VERSION)).then(|| unsupported(version))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The smallest claims, as JSON to be changed.
    pub(crate) fn least() -> Value {
        json!({
            "iss": "Example Software", "sub": "acme", "aud": "cockpit", "jti": LicenseId::from_random(1).to_string(),
            "iat": 1_700_000_000, "nbf": 1_700_000_000, "ver": 1, "rev": 1, "customer": "Acme GmbH", "tier": "pro",
            "tier_name": "Professional", "rank": 3, "type": "commercial", "warn_days": 30,
        })
    }

    fn with(changes: &[(&str, Value)]) -> Result<Claims, Reason> {
        let mut claims = least();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        Claims::read(claims.to_string().as_bytes()).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn absent_claims_are_absent_and_unknown_ones_allowed() {
        let claims = with(&[("new", json!({"a": null}))]).unwrap();
        assert_eq!((claims.exp, claims.seats, &claims.meta), (None, None, &None));
        let json = claims.to_json();
        assert!(!json.contains("null") && !json.contains("[]") && !json.contains("{}"), "{json}");
    }

    #[test]
    fn a_null_is_no_absent_claim() {
        for name in
            ["exp", "ends", "seats", "features", "limits", "machines", "offline_days", "status", "meta", "iss", "internal"]
        {
            assert_eq!(with(&[(name, Value::Null)]), Err(Reason::MalformedClaims), "{name}");
        }
        assert_eq!(with(&[("machines", json!({"max": null}))]), Err(Reason::MalformedClaims));
        assert!(with(&[("meta", json!({"a": null}))]).is_ok());
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        for value in [json!(1.0), json!("1"), json!(-1), json!(1e3), json!(true), json!([1]), json!(u64::MAX)] {
            for name in ["iat", "nbf", "exp", "rev", "rank", "seats", "warn_days", "offline_days"] {
                assert_eq!(with(&[(name, value.clone())]), Err(Reason::MalformedClaims), "{name} {value}");
            }
        }
        assert!(with(&[("limits", json!({"users": LARGEST_LIMIT}))]).is_ok());
        assert_eq!(with(&[("limits", json!({"users": LARGEST_LIMIT + 1}))]), Err(Reason::MalformedClaims));
        assert_eq!(with(&[("rev", json!(0))]), Err(Reason::MalformedClaims));
    }

    #[test]
    fn objects_are_not_read_from_lists() {
        assert_eq!(with(&[("machines", json!([3]))]), Err(Reason::MalformedClaims));
        assert_eq!(with(&[("status", json!([3, "https://example.com"]))]), Err(Reason::MalformedClaims));
        let status = |list: Value| with(&[("status", json!({ "status_list": list }))]).map(|claims| claims.status);
        assert_eq!(status(json!([3, "https://example.com"])), Err(Reason::MalformedClaims));
        assert_eq!(status(json!({"idx": 3.0, "uri": "https://example.com"})), Err(Reason::MalformedClaims));
        assert_eq!(with(&[("status", json!({"idx": 3, "uri": "https://example.com"}))]), Err(Reason::MalformedClaims));
        let reference = StatusRef { idx: 3, uri: "https://example.com".into() };
        assert_eq!(status(json!({"idx": 3, "uri": "https://example.com", "more": 1})), Ok(Some(reference)));
        assert_eq!(Claims::read(b"[1,2,3]").map_err(|refusal| refusal.reason), Err(Reason::MalformedClaims));
    }

    #[test]
    fn the_dates_must_agree() {
        let nbf = 1_700_000_000;
        assert!(with(&[("exp", json!(nbf + 20)), ("ends", json!(nbf + 10))]).is_ok());
        for changes in [
            vec![("exp", json!(nbf))],
            vec![("exp", json!(nbf - 1))],
            vec![("ends", json!(nbf + 10))],
            vec![("exp", json!(nbf + 10)), ("ends", json!(nbf + 10))],
            vec![("exp", json!(nbf + 10)), ("ends", json!(nbf + 20))],
            vec![("exp", json!(nbf + 10)), ("ends", json!(nbf))],
        ] {
            assert_eq!(with(&changes), Err(Reason::InconsistentTerm), "{changes:?}");
        }
    }

    #[test]
    fn a_later_version_is_named_even_where_its_claims_do_not_fit() {
        assert_eq!(with(&[("ver", json!(2))]), Err(Reason::UnsupportedVersion));
        assert_eq!(with(&[("ver", json!(2)), ("exp", Value::Null)]), Err(Reason::UnsupportedVersion));
        assert_eq!(with(&[("ver", json!(2)), ("aud", json!(["a", "b"]))]), Err(Reason::UnsupportedVersion));
        assert_eq!(with(&[("ver", json!(0))]), Err(Reason::UnsupportedVersion));
        assert_eq!(with(&[("ver", json!("1"))]), Err(Reason::MalformedClaims));
    }

    #[test]
    fn meta_has_a_size_limit_of_its_own() {
        let fitting = "x".repeat(LARGEST_META - 2);
        assert!(with(&[("meta", json!(fitting))]).is_ok());
        assert_eq!(with(&[("meta", json!(format!("{fitting}x")))]), Err(Reason::MetaTooLarge));
        // What counts is how long it is when it is written, not how short somebody spelled it.
        let least = least().to_string();
        let short = format!(r#"{},"meta":[{}0]}}"#, least.trim_end_matches('}'), "1e15,".repeat(4_000));
        assert!(short.len() < LARGEST_META);
        assert_eq!(Claims::read(short.as_bytes()).map_err(|refusal| refusal.reason), Err(Reason::MetaTooLarge));
    }

    #[test]
    fn the_line_says_which_claim_is_wrong() {
        let said = |changes: &[(&str, Value)]| {
            let mut claims = least();
            changes.iter().for_each(|(name, value)| claims[*name] = value.clone());
            Claims::read(claims.to_string().as_bytes()).unwrap_err().detail
        };
        assert_eq!(said(&[("limits", json!([]))]), "limits is not a JSON object");
        assert_eq!(said(&[("exp", Value::Null)]), "exp is null: absent must be absent");
        assert!(said(&[("rank", json!("high"))]).starts_with("the claims do not fit: invalid type: string \"high\""));
        assert_eq!(Claims::read(b"[]").unwrap_err().detail, "the claims are not a JSON object");
        // A newer program would help with a later version only.
        assert_eq!(said(&[("ver", json!(0))]), "version 0 of the key format; this program reads 1");
        assert_eq!(said(&[("ver", json!(2))]), "version 2 of the key format; this program reads 1: update the program");
    }

    #[test]
    fn claims_written_are_the_claims_read() {
        let claims = with(&[
            ("exp", json!(1_900_000_000)),
            ("ends", json!(1_800_000_000)),
            ("internal", json!(true)),
            ("seats", json!(12)),
            ("features", json!(["reports", "sso"])),
            ("limits", json!({"users": 50})),
            ("machines", json!({"max": 2, "bound": ["lic1-abcd"], "require": 3})),
            ("offline_days", json!(14)),
            ("status", json!({"status_list": {"idx": 7, "uri": "https://example.com/1"}})),
            ("meta", json!({"contract": "K-17", "tags": [null, 1.5]})),
        ])
        .unwrap();
        assert_eq!(Claims::read(claims.to_json().as_bytes()), Ok(claims));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Claims::read(&bytes);
        }
    }
}
