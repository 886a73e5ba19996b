//! Status lists: the vendor's signed word on which licenses were revoked or suspended, for a program without a ledger.
//!
//! A list is a Token Status List in JWT form (draft-ietf-oauth-status-list, section 5.1) under the strict rules of license
//! keys: `typ` `statuslist+jwt`, a header of exactly `alg`, `kid` and `typ`, canonical base64url, `exp` always there. Of our
//! own are `number`, which grows with every publication, `checkpoint`, the head of the audit log, and `released`, the machines
//! that gave their seats back. Lists have signing keys of their own: no license key signs a list that counts, and no status key
//! a license. How the entries are packed belongs in `statuses`; what follows for a license in `evidence`.

use serde::{Deserialize, Serialize};

use base64ct::{Base64UrlUnpadded, Encoding};

use super::base64url;
use super::describe::shown;
use super::json::{self, Fault, Rule};
use super::jws::{LARGEST_TEXT, RawHeader, Segments};
use super::keys::KeySet;
use super::kid::Kid;
use super::reason::{Reason, Refusal};
use super::released::Released;
use super::statuses::{BITS, Statuses};
use crate::license::Timestamp;
use crate::license::terms::LARGEST_LIMIT;

/// The `typ` of a status list.
pub const STATUS_LIST_TYPE: &str = "statuslist+jwt";

/// How far a program's clock may lie behind the vendor's: five minutes, in seconds.
pub const CLOCK_SKEW: i64 = 300;

/// What a status list says besides the standings, verified or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListClaims {
    /// The list's address: what the keys of its licenses name as `status.status_list.uri`.
    pub sub: String,
    /// When it was made.
    pub iat: Timestamp,
    /// When it stops to count.
    pub exp: Timestamp,
    /// How long a copy may be kept before it is fetched again, in seconds; absent: nothing said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// The number of the publication; a list never follows one with a higher number.
    pub number: u64,
    /// The newest checkpoint of the audit log, so that every holder of a list is its witness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// The machines that gave back their seats of licenses, by the licenses' places.
    #[serde(default, skip_serializing_if = "Released::is_empty")]
    pub released: Released,
}

/// The payload of a list: its claims, and the packed standings.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(flatten)]
    claims: ListClaims,
    status_list: Packed,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    bits: u32,
    lst: String,
}

/// A status list that a trusted status key signed. Whether it counts at a moment is another question:
/// [`StatusList::check_time`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    claims: ListClaims,
    kid: Kid,
    statuses: Statuses,
}

impl StatusList {
    /// Opens a status list, as it was fetched.
    ///
    /// # Errors
    /// A [`Refusal`] for what is no list, or is not signed by one of the status keys of `keys`.
    pub fn open(text: impl AsRef<[u8]>, keys: &KeySet) -> Result<Self, Refusal> {
        let text = trimmed(text.as_ref())?;
        let (segments, kid) = envelope(text)?;
        if let Some(kid) = kid.parse().ok().filter(|kid| keys.refuses(kid)) {
            let detail = format!("kid {kid} is compromised: no status list it signed counts");
            return Err(Refusal::new(Reason::ListCompromisedKey, detail));
        }
        let known: Option<Kid> = kid.parse().ok();
        let Some(key) = known.and_then(|kid| keys.status_key(&kid)) else {
            let license = known.is_some_and(|kid| keys.get(&kid).is_some());
            let what = if license { "signs licenses, not status lists" } else { "is none of the trusted status keys" };
            return Err(Refusal::new(Reason::ListUnknownKey, format!("kid {} {what}", shown(&kid))));
        };
        let signature = segments.signature().map_err(as_of_list)?;
        if !key.signed(segments.signed.as_bytes(), &signature) {
            let detail = format!("not signed by kid {kid}: the status list was changed");
            return Err(Refusal::new(Reason::ListBadSignature, detail));
        }
        let (claims, statuses) = payload(&segments)?;
        Ok(Self { claims, kid: key.kid(), statuses })
    }

    /// What a status list says, **unverified**, and the kid that it names: for showing it to people, never for refusing or
    /// granting anything.
    ///
    /// # Errors
    /// A [`Refusal`] for what is no status list.
    pub fn inspect(text: impl AsRef<[u8]>) -> Result<(String, ListClaims, Statuses), Refusal> {
        let (segments, kid) = envelope(trimmed(text.as_ref())?)?;
        segments.signature().map_err(as_of_list)?;
        let (claims, statuses) = payload(&segments)?;
        Ok((kid, claims, statuses))
    }

    /// The list's address.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.claims.sub
    }

    /// The number of the publication.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.claims.number
    }

    /// When it was made.
    #[must_use]
    pub fn issued(&self) -> Timestamp {
        self.claims.iat
    }

    /// When it stops to count.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.claims.exp
    }

    /// Everything it says besides the standings.
    #[must_use]
    pub fn claims(&self) -> &ListClaims {
        &self.claims
    }

    /// The status key that signed it.
    #[must_use]
    pub fn signed_by(&self) -> Kid {
        self.kid
    }

    /// How its licenses stand.
    #[must_use]
    pub fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// Whether the list counts at a moment.
    ///
    /// # Errors
    /// [`Reason::ListNotYetValid`] for one made later than [`CLOCK_SKEW`] allows, and [`Reason::ListExpired`].
    pub fn check_time(&self, at: Timestamp) -> Result<(), Refusal> {
        let ListClaims { iat, exp, number, .. } = self.claims;
        if iat.seconds() - at.seconds() > CLOCK_SKEW {
            let detail = format!("status list {number} is of {iat}, which is still to come: is the clock right?");
            return Err(Refusal::new(Reason::ListNotYetValid, detail));
        }
        if at >= exp {
            return Err(Refusal::new(Reason::ListExpired, format!("status list {number} of {} expired {exp}", iat.date())));
        }
        Ok(())
    }
}

impl ListClaims {
    /// The payload that says this of these standings, as compact JSON.
    #[must_use]
    pub fn to_json(&self, statuses: &Statuses) -> String {
        let lst = Base64UrlUnpadded::encode_string(&statuses.to_zlib());
        let payload = Payload { claims: self.clone(), status_list: Packed { bits: BITS, lst } };
        // Every member has a string for a name, so that nothing in it resists serialization.
        serde_json::to_string(&payload).unwrap_or_default()
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.number == 0 || self.number > LARGEST_LIMIT {
            return Err(malformed(format!("numbers go from 1 to {LARGEST_LIMIT}")));
        }
        if self.exp <= self.iat {
            return Err(malformed("it expires before it begins"));
        }
        Ok(())
    }
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Reason::ListMalformed, format!("not a status list to rely on: {}", detail.into()))
}

/// A refusal of the JWS reader, which speaks of license keys, as one of a list.
fn as_of_list(refusal: Refusal) -> Refusal {
    match refusal.reason {
        Reason::NoKey | Reason::WrongSegments => malformed("a signed list has three parts with two dots between them"),
        Reason::BadEncoding => malformed("a part is not canonical base64url: is it cut or changed?"),
        Reason::WrongLength => malformed("its signature has not 64 bytes: is it cut?"),
        Reason::HeaderMember => malformed("its header holds more than alg, kid and typ"),
        Reason::WrongType => Refusal::new(Reason::ListWrongType, refusal.detail),
        _ => malformed(refusal.detail),
    }
}

/// The one token of a file.
fn trimmed(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > LARGEST_TEXT {
        return Err(malformed(format!("it is larger than {} KiB", LARGEST_TEXT / 1024)));
    }
    match std::str::from_utf8(bytes.trim_ascii()) {
        // What people hand over in the place of a list.
        Ok(text) if text.starts_with("-----BEGIN LICENSE-----") => {
            Err(Refusal::new(Reason::ListWrongType, "this is a license, not a status list"))
        }
        Ok(text) => Ok(text),
        Err(_) => Err(malformed("it is no text")),
    }
}

/// The parts of a list, and the kid that its header names.
fn envelope(text: &str) -> Result<(Segments<'_>, String), Refusal> {
    let segments = Segments::of(text).map_err(as_of_list)?;
    let header = segments.header().map_err(as_of_list)?;
    let header = RawHeader::read(&header).map_err(as_of_list)?;
    header.check(STATUS_LIST_TYPE).map_err(as_of_list)?;
    let kid = header.kid.into_owned();
    Ok((segments, kid))
}

fn payload(segments: &Segments<'_>) -> Result<(ListClaims, Statuses), Refusal> {
    let bytes = segments.claims().map_err(as_of_list)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("its claims are not UTF-8"))?;
    json::check(text, rule).map_err(|fault| match fault {
        Fault::Duplicate(name) => malformed(format!("it holds two members named {}", shown(&name))),
        Fault::Syntax(error) => malformed(format!("its claims are not JSON: {}", shown(&error))),
        Fault::Null(name) => malformed(format!("{} is null: absent must be absent", shown(&name))),
        Fault::NotAnObject(name) if name.is_empty() => malformed("its claims are not a JSON object"),
        Fault::NotAnObject(name) => malformed(format!("{} is not a JSON object", shown(&name))),
    })?;
    let Payload { claims, status_list } =
        serde_json::from_str(text).map_err(|error| malformed(format!("its claims do not fit: {}", shown(&error.to_string()))))?;
    claims.check()?;
    if status_list.bits != BITS {
        return Err(malformed(format!("it has {} bits for a license, not {BITS}", status_list.bits)));
    }
    let zlib = base64url::decode(&status_list.lst).ok_or_else(|| malformed("lst is not canonical base64url"))?;
    let statuses = Statuses::from_zlib(&zlib).map_err(malformed)?;
    Ok((claims, statuses))
}

/// What a member may hold, beyond what its type says. Members that this version does not know may hold anything.
fn rule(name: &str) -> Rule {
    match name {
        "status_list" | "released" => Rule::Object,
        "sub" | "iat" | "exp" | "ttl" | "number" | "checkpoint" => Rule::NoNulls,
        _ => Rule::Free,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::keys::PublicKey;
    use super::super::sign;
    use super::super::statuses::Tally;
    use super::*;
    use crate::license::Standing;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    pub(crate) const URI: &str = "https://licenses.example.com/status/0.jwt";

    pub(crate) fn status_key() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    fn license_key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    pub(crate) fn public(key: &SigningKey) -> PublicKey {
        PublicKey::try_from(key.verifying_key()).unwrap()
    }

    pub(crate) fn keys() -> KeySet {
        let mut keys: KeySet = [public(&license_key())].into_iter().collect();
        keys.insert_status(public(&status_key()));
        keys
    }

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    /// The list, signed by any key.
    pub(crate) fn sign_list(claims: &ListClaims, statuses: &Statuses, key: &SigningKey) -> String {
        sign::sign_list(claims, statuses, &Kid::of(&key.verifying_key()), |bytes| key.sign(bytes).to_bytes())
    }

    pub(crate) const IAT: i64 = 1_700_000_000;

    pub(crate) fn claims(number: u64) -> ListClaims {
        let (iat, exp) = (at(IAT), at(IAT + 604_800));
        let checkpoint = Some("example\n7\nroot=\n".into());
        ListClaims { sub: URI.into(), iat, exp, ttl: Some(43_200), number, checkpoint, released: Released::new() }
    }

    /// A list in which license 3 is revoked and license 5 suspended.
    pub(crate) fn statuses() -> Statuses {
        let mut statuses = Statuses::all_good();
        statuses.set(3, Standing::Revoked);
        statuses.set(5, Standing::Suspended);
        statuses
    }

    pub(crate) fn list(number: u64) -> String {
        sign_list(&claims(number), &statuses(), &status_key())
    }

    /// Any header and payload, truly signed; `K` in the header stands for the status key's kid.
    fn forged(header: &str, payload: &str, key: &SigningKey) -> String {
        let header = header.replace("\"K\"", &format!("\"{}\"", Kid::of(&key.verifying_key())));
        let text = [header.as_str(), payload].map(|part| Base64UrlUnpadded::encode_string(part.as_bytes())).join(".");
        let signature = key.sign(text.as_bytes()).to_bytes();
        format!("{text}.{}", Base64UrlUnpadded::encode_string(&signature))
    }

    const HEADER: &str = r#"{"alg":"EdDSA","kid":"K","typ":"statuslist+jwt"}"#;

    fn with(change: impl FnOnce(&mut Value)) -> String {
        let mut payload: Value = serde_json::from_str(&claims(7).to_json(&statuses())).unwrap();
        change(&mut payload);
        forged(HEADER, &payload.to_string(), &status_key())
    }

    fn refused(text: impl AsRef<[u8]>) -> Option<Reason> {
        StatusList::open(text, &keys()).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn a_list_signed_is_the_list_opened() {
        let opened = StatusList::open(format!(" {}\r\n", list(7)), &keys()).unwrap();
        assert_eq!((opened.claims(), opened.number(), opened.uri()), (&claims(7), 7, URI));
        assert_eq!(opened.statuses().tally(), Tally { revoked: 1, suspended: 1, unknown: 0 });
        assert_eq!(opened.signed_by(), Kid::of(&status_key().verifying_key()));
        let (kid, inspected, statuses) = StatusList::inspect(list(7)).unwrap();
        assert_eq!((kid, &inspected, &statuses), (opened.signed_by().to_string(), opened.claims(), opened.statuses()));
    }

    #[test]
    fn the_payload_has_the_members_of_the_standard_and_some_of_our_own() {
        let payload: Value = serde_json::from_str(&claims(7).to_json(&statuses())).unwrap();
        let names: Vec<&str> = payload.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["checkpoint", "exp", "iat", "number", "status_list", "sub", "ttl"]);
        assert_eq!((&payload["sub"], &payload["status_list"]["bits"]), (&json!(URI), &json!(2)));
    }

    #[test]
    fn a_list_counts_from_its_issue_to_its_end() {
        let list = StatusList::open(list(7), &keys()).unwrap();
        for (seconds, reason) in [
            (IAT - CLOCK_SKEW - 1, Some(Reason::ListNotYetValid)),
            (IAT - CLOCK_SKEW, None),
            (IAT, None),
            (IAT + 604_799, None),
            (IAT + 604_800, Some(Reason::ListExpired)),
        ] {
            assert_eq!(list.check_time(at(seconds)).err().map(|refusal| refusal.reason), reason, "{seconds}");
        }
    }

    #[test]
    fn only_a_status_key_signs_lists_and_only_a_license_key_licenses() {
        let by_license_key = sign_list(&claims(7), &statuses(), &license_key());
        assert_eq!(refused(&by_license_key), Some(Reason::ListUnknownKey));
        let said = StatusList::open(by_license_key, &keys()).unwrap_err().detail;
        assert!(said.ends_with("signs licenses, not status lists"), "{said}");
        let stranger = SigningKey::from_bytes(&[1; 32]);
        assert_eq!(refused(sign_list(&claims(7), &statuses(), &stranger)), Some(Reason::ListUnknownKey));

        let mut compromised = keys();
        compromised.refuse(Kid::of(&status_key().verifying_key()));
        let refusal = StatusList::open(list(7), &compromised).unwrap_err();
        assert_eq!(refusal.reason, Reason::ListCompromisedKey);

        // One key for both is a license key alone.
        let mut both: KeySet = [public(&status_key())].into_iter().collect();
        both.insert_status(public(&status_key()));
        assert_eq!(StatusList::open(list(7), &both).unwrap_err().reason, Reason::ListUnknownKey);
        assert!(matches!(KeySet::parse(&both.to_jwks().to_string()), Err(super::super::keys::InvalidKey::Jwk(_))));
    }

    #[test]
    fn keys_of_both_kinds_travel_in_one_jwks_and_are_told_apart() {
        let read = KeySet::parse(&keys().to_jwks().to_string()).unwrap();
        assert_eq!(read, keys());
        assert_eq!((read.len(), read.status_keys().count()), (1, 1));
        assert_eq!(read.to_jwks()["keys"][1]["use"], "status");
        let pem = public(&status_key()).to_pem();
        assert_eq!(KeySet::parse(&pem).unwrap().status_keys().count(), 0);
        let status = KeySet::parse_status(&pem).unwrap();
        assert!(status.is_empty() && StatusList::open(list(7), &status).is_ok());
        assert!(KeySet::parse_status("hello").is_err());
    }

    #[test]
    fn what_is_no_list_is_refused_for_its_own_reason() {
        let signed = list(7);
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 8 << 20], 9);
        let bomb = Base64UrlUnpadded::encode_string(&bomb);
        let mut changed = signed.clone();
        let place = signed.find('.').unwrap() + 60;
        changed.replace_range(place..=place, if &signed[place..=place] == "A" { "B" } else { "A" });
        for (what, text, reason) in [
            ("nothing", String::new(), Reason::ListMalformed),
            ("two parts", "a.b".into(), Reason::ListMalformed),
            ("padded", format!("{signed}="), Reason::ListMalformed),
            ("cut", signed[..signed.len() - 1].to_owned(), Reason::ListMalformed),
            ("changed", changed, Reason::ListBadSignature),
            ("a license", forged(&HEADER.replace("statuslist", "license"), "{}", &status_key()), Reason::ListWrongType),
            ("a license file", "-----BEGIN LICENSE-----\neyJ\n-----END LICENSE-----\n".into(), Reason::ListWrongType),
            ("no type", forged(r#"{"alg":"EdDSA","kid":"K"}"#, "{}", &status_key()), Reason::ListWrongType),
            ("no algorithm", forged(&HEADER.replace("EdDSA", "none"), "{}", &status_key()), Reason::ListMalformed),
            (
                "header member",
                forged(&HEADER.replace("{\"alg", "{\"crit\":[],\"alg"), "{}", &status_key()),
                Reason::ListMalformed,
            ),
            ("no claims", forged(HEADER, "{}", &status_key()), Reason::ListMalformed),
            ("no object", forged(HEADER, "[]", &status_key()), Reason::ListMalformed),
            ("no end", with(|list| _ = list.as_object_mut().unwrap().remove("exp")), Reason::ListMalformed),
            ("an end of null", with(|list| list["exp"] = Value::Null), Reason::ListMalformed),
            ("an end before the issue", with(|list| list["exp"] = list["iat"].clone()), Reason::ListMalformed),
            ("no number", with(|list| _ = list.as_object_mut().unwrap().remove("number")), Reason::ListMalformed),
            ("number 0", with(|list| list["number"] = json!(0)), Reason::ListMalformed),
            ("a huge number", with(|list| list["number"] = json!(1u64 << 60)), Reason::ListMalformed),
            ("one bit", with(|list| list["status_list"]["bits"] = json!(1)), Reason::ListMalformed),
            (
                "a list of bits",
                with(|list| list["status_list"] = json!([2, list["status_list"]["lst"].clone()])),
                Reason::ListMalformed,
            ),
            ("a time to live of null", with(|list| list["ttl"] = Value::Null), Reason::ListMalformed),
            ("a checkpoint of null", with(|list| list["checkpoint"] = Value::Null), Reason::ListMalformed),
            ("no zlib", with(|list| list["status_list"]["lst"] = json!("AAAA")), Reason::ListMalformed),
            ("padded zlib", with(|list| list["status_list"]["lst"] = json!("eNo76fITAAPfAgc=")), Reason::ListMalformed),
            ("a bomb", with(|list| list["status_list"]["lst"] = json!(bomb)), Reason::ListMalformed),
            ("nothing released", with(|list| list["released"] = json!({})), Reason::ListMalformed),
            ("a list of released", with(|list| list["released"] = json!([])), Reason::ListMalformed),
            ("a null released", with(|list| list["released"] = json!({"1": null})), Reason::ListMalformed),
            ("no digest", with(|list| list["released"] = json!({"1": ["AQEB"]})), Reason::ListMalformed),
            ("too large", " ".repeat(LARGEST_TEXT + 1), Reason::ListMalformed),
        ] {
            assert_eq!(refused(&text), Some(reason), "{what}");
            if reason != Reason::ListBadSignature {
                assert!(StatusList::inspect(&text).is_err(), "{what}");
            }
        }
        assert_eq!(refused(b"\xff\xfe"), Some(Reason::ListMalformed));
        assert_eq!(refused(with(|list| list["new"] = json!({"a": null}))), None);
        assert_eq!(refused(with(|list| list["number"] = json!(LARGEST_LIMIT))), None);
        let room = LARGEST_TEXT - signed.len();
        assert_eq!(refused(format!("{signed}{}", " ".repeat(room))), None);
        assert_eq!(refused(format!("{signed}{}", " ".repeat(room + 1))), Some(Reason::ListMalformed));
    }

    #[test]
    fn the_line_speaks_of_the_list_and_says_what_is_wrong_with_it() {
        let signed = list(7);
        for (text, line) in [
            ("a.b".to_owned(), "a signed list has three parts with two dots between them"),
            (format!("{signed}="), "a part is not canonical base64url: is it cut or changed?"),
            (signed[..signed.len() - 1].to_owned(), "its signature has not 64 bytes: is it cut?"),
            (
                forged(&HEADER.replace("{\"alg", "{\"crit\":[],\"alg"), "{}", &status_key()),
                "its header holds more than alg, kid and typ",
            ),
            (forged(HEADER, "[]", &status_key()), "its claims are not a JSON object"),
            (with(|list| list["status_list"] = json!(7)), "status_list is not a JSON object"),
        ] {
            let said = StatusList::open(&text, &keys()).unwrap_err().detail;
            assert_eq!(said, format!("not a status list to rely on: {line}"));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,60}") {
            let _ = StatusList::inspect(&text);
            let _ = StatusList::open(&text, &keys());
        }
    }
}
