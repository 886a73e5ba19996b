//! Status lists: the signed text, the payload behind the signature, and the packed standings.

use std::path::Path;

use ed25519_dalek::Signer;
use lic::token::{SHARD, STATUS_LIST_TYPE, StatusList, Statuses, TYPE, Verifier, sign_list};

use super::forge::{self, assert_genuine};
use super::keys::agreed;
use super::{json, read_all, texts};

/// A list that is opened was signed by the status key, spelled as it was signed, and tells a verifier and a person the same.
pub fn list(bytes: &[u8]) {
    let keys = forge::keys();
    if let Ok(list) = StatusList::open(bytes, &keys) {
        let text = std::str::from_utf8(bytes).expect("what was opened is text").trim();
        assert_genuine(text, &forge::status_signer());
        assert_same_again(&list);
        let (kid, claims, statuses) = StatusList::inspect(bytes).expect("what can be opened can be looked at");
        assert_eq!((kid, &claims, &statuses), (list.signed_by().to_string(), list.claims(), list.statuses()));
    }
    verify_with(bytes);
}

/// A payload, truly signed: nothing stands in it twice, and what was read of it is written and read as the same.
pub fn payload(bytes: &[u8]) {
    let signer = forge::status_signer();
    let signed = forge::jws(&signer, forge::header(&signer, STATUS_LIST_TYPE), bytes);
    if let Ok(list) = StatusList::open(&signed, &forge::keys()) {
        let text = std::str::from_utf8(bytes).expect("what was opened is text");
        assert!(!json::names_twice(text), "{text}");
        let whole: serde_json::Value = serde_json::from_str(text).expect("what was opened is JSON");
        assert_eq!((whole["sub"].as_str(), whole["number"].as_u64()), (Some(list.uri()), Some(list.number())));
        assert!(list.expires() > list.issued() && list.number() > 0);
        assert_same_again(&list);
    }
    verify_with(signed.as_bytes());
}

/// Both ways to verify a license of the list agree, whatever the list is.
fn verify_with(list: &[u8]) {
    let vendor = forge::vendor();
    let key = forge::jws(&vendor, forge::header(&vendor, TYPE), LISTED);
    let verifier = Verifier::for_any_product(forge::keys()).status_list(list);
    let good = agreed(&verifier, key.as_bytes(), forge::at()).is_some();
    // The license asks for a list: where none can be opened, it is refused.
    assert!(!good || verifier.status_lists().count() == 1);
}

fn assert_same_again(list: &StatusList) {
    let signer = forge::status_signer();
    let again = sign_list(list.claims(), list.statuses(), &list.signed_by(), |bytes| signer.sign(bytes).to_bytes());
    let again = StatusList::open(again, &forge::keys()).expect("what was written is read");
    assert_eq!(&again, list);
    assert_sound(list.statuses());
}

fn assert_sound(statuses: &Statuses) {
    let tally = statuses.tally();
    assert!(statuses.len() <= SHARD && tally.revoked + tally.suspended + tally.unknown <= statuses.len());
    assert!(statuses.get(statuses.len()).is_err() && statuses.differences(statuses) == 0);
}

/// Packed standings never unpack to more than a list holds, and are packed and unpacked as the same.
pub fn statuses(bytes: &[u8]) {
    if let Ok(statuses) = Statuses::from_zlib(bytes) {
        assert_sound(&statuses);
        assert_eq!(Statuses::from_zlib(&statuses.to_zlib()), Ok(statuses));
    }
}

/// A license that asks for a list of at most 200 days.
const LISTED: &str = r#"{"iss":"Example Software","sub":"acme","aud":"cockpit","jti":"LIC-0000-0000","iat":1795357800,"nbf":1795392000,"ver":1,"rev":1,"customer":"Acme GmbH","tier":"pro","tier_name":"Professional","rank":30,"type":"commercial","warn_days":30,"offline_days":200,"status":{"status_list":{"idx":7,"uri":"https://licenses.example.com/status/0.jwt"}}}"#;

pub fn list_seeds(folder: &Path) -> Vec<Vec<u8>> {
    read_all(&folder.join("status"), &["jwt"])
}

pub fn payload_seeds(folder: &Path) -> Vec<Vec<u8>> {
    let lists = list_seeds(folder);
    let payloads = lists.iter().filter_map(|list| forge::decode(std::str::from_utf8(list).ok()?.split('.').nth(1)?));
    let mut seeds: Vec<_> = payloads.filter(|payload| payload.len() < 20_000).collect();
    seeds.extend(texts(&["{}"]));
    seeds
}

pub fn statuses_seeds(folder: &Path) -> Vec<Vec<u8>> {
    let packed = payload_seeds(folder).into_iter().filter_map(|payload| {
        let payload: serde_json::Value = serde_json::from_slice(&payload).ok()?;
        forge::decode(payload["status_list"]["lst"].as_str()?)
    });
    packed.collect()
}
