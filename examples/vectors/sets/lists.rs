//! Status lists: what they say of a license, and every reason why one does not count.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use lic::license::{Environment, MachineId, MachineTerms, Standing, Terms};
use lic::token::{ListClaims, MachineDigest, Reason, Released, StatusRef, Statuses, sign_list};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::{Value, json};

use super::Vector;
use crate::forge::*;

/// The address of the list that the licenses name.
const ADDRESS: &str = "https://licenses.example.com/status/0.jwt";

/// The place of the license that most vectors are about, and those of one revoked, one suspended, and one of a status to come.
const PLACE: u64 = 42;
const REVOKED: u64 = 7;
const SUSPENDED: u64 = 9;
const UNKNOWN: u64 = 11;

const HEADER: &str = r#"{"alg":"EdDSA","kid":"KID","typ":"statuslist+jwt"}"#;

/// Publication 12, made half a day before the moment at which most vectors are verified.
fn said() -> ListClaims {
    ListClaims {
        sub: ADDRESS.to_owned(),
        iat: moment("2027-05-31T12:00:00Z"),
        exp: moment("2027-06-07T12:00:00Z"),
        ttl: Some(43_200),
        number: 12,
        checkpoint: None,
        released: Released::new(),
    }
}

fn standings() -> Statuses {
    let mut standings = Statuses::all_good();
    standings.set(REVOKED, Standing::Revoked);
    standings.set(SUSPENDED, Standing::Suspended);
    standings
}

fn by(key: &SigningKey, claims: &ListClaims, standings: &Statuses) -> String {
    sign_list(claims, standings, &kid(key), |bytes| key.sign(bytes).to_bytes())
}

fn list(claims: ListClaims) -> String {
    by(&status_signer(), &claims, &standings())
}

/// A list with this header (`KID` stands for the status key's kid) and payload, truly signed by the status key.
fn forged(header: &str, payload: impl AsRef<[u8]>) -> String {
    jws_by(&status_signer(), header.replace("KID", kid(&status_signer()).as_str()), payload)
}

fn payload() -> Value {
    serde_json::from_str(&said().to_json(&standings())).expect("a payload")
}

/// The list with something else in its payload.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut payload = payload();
    change(&mut payload);
    forged(HEADER, payload.to_string())
}

/// The list with these bytes in place of its zlib data.
fn packed(zlib: &[u8]) -> String {
    changed(|payload| payload["status_list"]["lst"] = json!(Base64UrlUnpadded::encode_string(zlib)))
}

/// The license at a place of the list.
fn license(place: u64, offline_days: Option<u32>) -> String {
    let mut claims = claims_of(&Terms { offline_days, ..terms() });
    claims.status = Some(StatusRef { idx: place, uri: ADDRESS.to_owned() });
    with_claims(claims.to_json())
}

/// The machine that gave its seat back, the one that keeps its own, and the first with another disk and network card.
fn gone() -> MachineId {
    machine("cockpit", Environment::Physical, "os;board;disk;network;cpu")
}

fn kept() -> MachineId {
    machine("cockpit", Environment::Kvm, "os 2;board 2;disk 2;network 2;cpu")
}

fn gone_with_other_parts() -> MachineId {
    machine("cockpit", Environment::Physical, "os;board;new;new;cpu")
}

/// The license at the usual place, bound to these machines.
fn bound_to(bound: &[MachineId]) -> String {
    let machines = MachineTerms { max: Some(2), bound: bound.to_vec(), ..MachineTerms::default() };
    let mut claims = claims_of(&Terms { machines, ..terms() });
    claims.status = Some(StatusRef { idx: PLACE, uri: ADDRESS.to_owned() });
    with_claims(claims.to_json())
}

/// The list that says of one machine of the license that it gave its seat back.
fn with_released() -> ListClaims {
    let mut released = Released::new();
    assert!(released.add(PLACE, MachineDigest::of(claims_of(&terms()).jti, &gone())));
    ListClaims { released, ..said() }
}

/// The list with this in place of the machines that gave seats back.
fn released_as(released: Value) -> String {
    changed(|payload| payload["released"] = released)
}

/// Every list, by the name of its file.
pub fn files() -> Vec<(&'static str, String)> {
    let good = list(said());
    let at = |iat: &str, exp: &str| list(ListClaims { iat: moment(iat), exp: moment(exp), ..said() });
    let mut unknown = standings().to_zlib();
    unknown = {
        let mut bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&unknown).expect("what was just packed");
        bytes[(UNKNOWN / 4) as usize] |= 3 << (2 * (UNKNOWN % 4));
        compress_to_vec_zlib(&bytes, 9)
    };
    let [header, claims, signature] = parts(&good);
    let other_signature = if signature.starts_with('A') { "B" } else { "A" };
    vec![
        ("valid", good.clone()),
        ("newer", by(&status_signer(), &ListClaims { number: 13, ..said() }, &Statuses::all_good())),
        ("checkpoint", list(ListClaims { checkpoint: Some("licenses.example.com\n7\nAAAA\n".to_owned()), ..said() })),
        ("member-unknown", changed(|payload| payload["colour"] = json!({ "red": [1, null] }))),
        ("expired", at("2027-05-20T12:00:00Z", "2027-05-27T12:00:00Z")),
        ("expires-now", at("2027-05-25T00:00:00Z", "2027-06-01T00:00:00Z")),
        ("old", at("2027-05-10T00:00:00Z", "2027-06-10T00:00:00Z")),
        ("ahead-a-little", at("2027-06-01T00:05:00Z", "2027-06-08T00:00:00Z")),
        ("ahead-too-much", at("2027-06-01T00:05:01Z", "2027-06-08T00:00:00Z")),
        ("by-license-key", by(&vendor(), &said(), &standings())),
        ("by-stranger", by(&stranger(), &said(), &standings())),
        ("typ-license", forged(r#"{"alg":"EdDSA","kid":"KID","typ":"license+jwt"}"#, payload().to_string())),
        ("typ-jwt", forged(r#"{"alg":"EdDSA","kid":"KID","typ":"JWT"}"#, payload().to_string())),
        ("typ-missing", forged(r#"{"alg":"EdDSA","kid":"KID"}"#, payload().to_string())),
        ("alg-none", forged(r#"{"alg":"none","kid":"KID","typ":"statuslist+jwt"}"#, payload().to_string())),
        ("header-crit", forged(r#"{"alg":"EdDSA","crit":[],"kid":"KID","typ":"statuslist+jwt"}"#, payload().to_string())),
        ("header-twice", forged(r#"{"alg":"EdDSA","alg":"EdDSA","kid":"KID","typ":"statuslist+jwt"}"#, payload().to_string())),
        ("license", genuine()),
        ("nothing", "hello\n".to_owned()),
        ("cut", good[..good.len() - 2].to_owned()),
        ("padded", format!("{header}=.{claims}.{signature}")),
        ("changed-signature", format!("{header}.{claims}.{other_signature}{}", &signature[1..])),
        ("changed-number", format!("{header}.{}.{signature}", encode(said().to_json(&standings()).replace(":12,", ":13,")))),
        ("exp-missing", changed(|payload| drop(payload.as_object_mut().expect("an object").remove("exp")))),
        ("exp-null", changed(|payload| payload["exp"] = Value::Null)),
        ("exp-float", changed(|payload| payload["exp"] = json!(1_812_369_600.5))),
        ("exp-before-iat", changed(|payload| payload["exp"] = json!(payload["iat"].as_i64().expect("a time") - 1))),
        ("number-missing", changed(|payload| drop(payload.as_object_mut().expect("an object").remove("number")))),
        ("number-zero", changed(|payload| payload["number"] = json!(0))),
        ("member-twice", forged(HEADER, edit(&said().to_json(&standings()), "{\"sub\"", "{\"exp\":4102444800,\"sub\""))),
        ("bits-one", changed(|payload| payload["status_list"]["bits"] = json!(1))),
        ("status-list-array", changed(|payload| payload["status_list"] = json!([2, "eNo76fITAAPfAgc"]))),
        ("lst-padded", changed(|payload| payload["status_list"]["lst"] = json!("eNo76fITAAPfAgc="))),
        ("bomb", packed(&compress_to_vec_zlib(&vec![0; 16 << 20], 9))),
        ("one-byte-too-many", packed(&compress_to_vec_zlib(&vec![0; (1 << 18) + 1], 9))),
        ("zlib-cut", packed(&standings().to_zlib()[..40])),
        ("zlib-followed", packed(&[standings().to_zlib(), vec![0]].concat())),
        ("zlib-raw", packed(&miniz_oxide::deflate::compress_to_vec(&[0; 1024], 9))),
        ("zlib-wrong-sum", {
            let mut zlib = standings().to_zlib();
            *zlib.last_mut().expect("a checksum") ^= 1;
            packed(&zlib)
        }),
        ("value-unknown", packed(&unknown)),
        ("short", changed(|payload| payload["status_list"]["lst"] = json!("eNo76fITAAPfAgc"))),
        ("released", list(with_released())),
        ("released-empty", released_as(json!({}))),
        ("released-nobody", released_as(json!({ "42": [] }))),
        ("released-array", released_as(json!(["AQEBAQEBAQEBAQEB"]))),
        ("released-null", released_as(json!({ "42": null }))),
        ("released-place-zero", released_as(json!({ "042": ["AQEBAQEBAQEBAQEB"] }))),
        ("released-place-beyond", released_as(json!({ "1048576": ["AQEBAQEBAQEBAQEB"] }))),
        ("released-digest-short", released_as(json!({ "42": ["AQEBAQEB"] }))),
        ("released-digest-twice", released_as(json!({ "42": ["AQEBAQEBAQEBAQEB", "AQEBAQEBAQEBAQEB"] }))),
        ("released-unsorted", released_as(json!({ "42": ["AgICAgICAgICAgIC", "AQEBAQEBAQEBAQEB"] }))),
        ("other-address", list(ListClaims { sub: ADDRESS.replace("0.jwt", "1.jwt"), ..said() })),
    ]
}

pub fn vectors() -> Vec<Vector> {
    [good(), standing(), refused(), needed(), released()].into_iter().flatten().collect()
}

/// With keys of both kinds, and these lists.
fn with(vector: Vector, lists: &[&str]) -> Vector {
    let lists = lists.iter().map(|name| format!("status/{name}.jwt")).collect();
    vector.keys("all-keys.json").ask(|ask| ask.status_lists = lists)
}

fn good() -> Vec<Vector> {
    let good = |name, description, lists: &[&str]| with(Vector::valid(name, description, license(PLACE, None)), lists);
    let mut unnamed = with(Vector::valid("list-not-named", "a license that names no list, and a list", genuine()), &["valid"]);
    unnamed.sidecar.told = Some(Reason::ListNotNamed.as_str().to_owned());
    vec![
        good("list-good", "in good standing by its status list", &["valid"]),
        good("list-with-checkpoint", "a status list that carries a checkpoint", &["checkpoint"]),
        good("list-member-unknown", "a status list with a member that verifiers do not know", &["member-unknown"]),
        good("list-ahead-a-little", "a status list five minutes from the future: clocks differ", &["ahead-a-little"]),
        good("list-among-others", "the right status list among others", &["other-address", "nothing", "valid"]),
        good("list-seen-before", "the same status list as seen before", &["valid"])
            .ask(|ask| _ = ask.seen.insert(ADDRESS.to_owned(), 12)),
        with(
            Vector::valid("list-newest-counts", "revoked in the older of two lists, reinstated since", license(REVOKED, None)),
            &["newer", "valid"],
        ),
        with(
            Vector::valid("list-young-enough", "offline days, and a list of the last of them", license(PLACE, Some(1))),
            &["valid"],
        ),
        unnamed,
    ]
}

fn standing() -> Vec<Vector> {
    let unfit =
        |name, reason, description, place| with(Vector::unfit(name, reason, description, license(place, None)), &["valid"]);
    vec![
        unfit("list-revoked", Reason::Revoked, "revoked by its status list", REVOKED),
        unfit("list-suspended", Reason::Suspended, "suspended by its status list", SUSPENDED),
        unfit("list-place-beyond", Reason::ListTooShort, "a place that no list has", 1 << 20),
    ]
}

fn refused() -> Vec<Vector> {
    use Reason::{
        ListBadSignature, ListExpired, ListMalformed, ListNotYetValid, ListSuperseded, ListTooShort, ListUnknownKey,
        ListWrongType, ListWrongUri,
    };
    let refused = |name, list, reason, description| with(Vector::unfit(name, reason, description, license(PLACE, None)), &[list]);
    let mut vectors = vec![
        refused("list-expired", "expired", ListExpired, "a status list that expired five days ago"),
        refused("list-expires-now", "expires-now", ListExpired, "a status list that expires at this very second"),
        refused("list-ahead-too-much", "ahead-too-much", ListNotYetValid, "a status list more than five minutes from the future"),
        refused("list-by-license-key", "by-license-key", ListUnknownKey, "a status list signed by the license key"),
        refused("list-by-stranger", "by-stranger", ListUnknownKey, "a status list signed by somebody else"),
        refused("list-typ-license", "typ-license", ListWrongType, "a status list that calls itself a license"),
        refused("list-typ-jwt", "typ-jwt", ListWrongType, "a status list that calls itself any JWT"),
        refused("list-typ-missing", "typ-missing", ListWrongType, "a status list that does not say what it is"),
        refused("list-is-license", "license", ListWrongType, "a license in the place of a status list"),
        refused("list-changed-signature", "changed-signature", ListBadSignature, "a changed signature"),
        refused("list-changed-number", "changed-number", ListBadSignature, "a number counted up by somebody else"),
        refused("list-other-address", "other-address", ListWrongUri, "the status list of other licenses"),
        refused("list-short", "short", ListTooShort, "a status list of twelve places"),
        refused("list-superseded", "valid", ListSuperseded, "a status list older than one seen before")
            .ask(|ask| _ = ask.seen.insert(ADDRESS.to_owned(), 13)),
        refused("list-compromised-key", "valid", Reason::ListCompromisedKey, "a status list of a compromised key")
            .ask(|ask| ask.compromised = vec![kid(&status_signer()).to_string()]),
        refused("list-key-of-licenses-alone", "valid", ListUnknownKey, "no status key among the trusted ones").keys("vendor.pem"),
        with(Vector::unfit("list-value-unknown", ListMalformed, "a status to come", license(UNKNOWN, None)), &["value-unknown"]),
    ];
    vectors.extend(
        [
            ("list-nothing", "nothing", "no status list at all"),
            ("list-cut", "cut", "a status list without its end"),
            ("list-padded", "padded", "padding in a status list"),
            ("list-alg-none", "alg-none", "a status list with alg none"),
            ("list-header-crit", "header-crit", "a status list with another member in its header"),
            ("list-header-twice", "header-twice", "a status list with two members named alg"),
            ("list-exp-missing", "exp-missing", "a status list without an end"),
            ("list-exp-null", "exp-null", "a status list with an end of null"),
            ("list-exp-float", "exp-float", "a status list whose end has a fraction"),
            ("list-exp-before-iat", "exp-before-iat", "a status list that ends before it begins"),
            ("list-number-missing", "number-missing", "a status list without a number"),
            ("list-number-zero", "number-zero", "a status list with number 0"),
            ("list-member-twice", "member-twice", "a status list with two members named exp"),
            ("list-bits-one", "bits-one", "a status list of one bit for a license"),
            ("list-array", "status-list-array", "an array in the place of the packed list"),
            ("list-lst-padded", "lst-padded", "padding in lst"),
            ("list-bomb", "bomb", "a status list that unpacks to 16 MiB"),
            ("list-one-byte-too-many", "one-byte-too-many", "a status list one byte longer than 2^20 places"),
            ("list-zlib-cut", "zlib-cut", "zlib data without its end"),
            ("list-zlib-followed", "zlib-followed", "a byte after the zlib data"),
            ("list-zlib-raw", "zlib-raw", "deflate without zlib around it"),
            ("list-released-empty", "released-empty", "no machine in released"),
            ("list-released-nobody", "released-nobody", "no machine at a place of released"),
            ("list-released-array", "released-array", "an array in the place of released"),
            ("list-released-null", "released-null", "a null in released"),
            ("list-released-place-zero", "released-place-zero", "a place with a leading zero in released"),
            ("list-released-place-beyond", "released-place-beyond", "a place that no list has in released"),
            ("list-released-digest-short", "released-digest-short", "a digest that is too short in released"),
            ("list-released-digest-twice", "released-digest-twice", "a digest twice in released"),
            ("list-released-unsorted", "released-unsorted", "digests out of order in released"),
            ("list-zlib-wrong-sum", "zlib-wrong-sum", "zlib data with a wrong checksum"),
        ]
        .map(|(name, list, description)| refused(name, list, ListMalformed, description)),
    );
    vectors
}

fn released() -> Vec<Vector> {
    let here =
        |vector: Vector, machine: MachineId| with(vector, &["released"]).ask(|ask| ask.machine = Some(machine.to_string()));
    let unfit = |name, description, key: String, machine| here(Vector::unfit(name, Reason::GivenBack, description, key), machine);
    let valid = |name, description, key: String, machine| here(Vector::valid(name, description, key), machine);
    let both = bound_to(&[gone(), kept()]);
    vec![
        unfit("given-back", "the machine gave its seat back, and kept its key", both.clone(), gone()),
        unfit(
            "given-back-with-other-parts",
            "and has another disk and network card since",
            both.clone(),
            gone_with_other_parts(),
        ),
        unfit("given-back-unbound", "gave its seat back, and has the key from before anything was bound", bound_to(&[]), gone()),
        valid("given-back-by-another", "another machine of the license gave its seat back", both.clone(), kept()),
        valid(
            "given-back-and-taken-anew",
            "gave its seat back, and took another with other parts",
            bound_to(&[kept(), gone_with_other_parts()]),
            gone_with_other_parts(),
        ),
        with(
            Vector::valid("given-back-any-machine", "gave its seat back, and the machine is not asked for", both),
            &["released"],
        )
        .ask(|ask| ask.any_machine = true),
    ]
}

fn needed() -> Vec<Vector> {
    let stale =
        |name, description, key: String, lists: &[&str]| with(Vector::unfit(name, Reason::Stale, description, key), lists);
    let unnamed = with_claims(claims_of(&Terms { offline_days: Some(14), ..terms() }).to_json());
    vec![
        stale("stale-no-list", "offline days, and no status list", license(PLACE, Some(14)), &[]),
        stale("stale-old-list", "a status list older than the offline days", license(PLACE, Some(14)), &["old"]),
        stale("stale-unnamed", "offline days, and no status list named", unnamed, &["valid"]),
        // A status list is no license.
        Vector::refused("list-in-place-of-license", Reason::WrongType, "a status list in the place of a license", "")
            .keys("all-keys.json")
            .pasted(list(said())),
    ]
}
