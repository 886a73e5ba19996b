//! The JWS compact form (RFC 7515, section 3.1), read strictly: three segments, canonical base64url, a header of three members.
//!
//! Nothing here knows a signing key: what comes out is what the text says, not what is true.

use std::borrow::Cow;

use super::armour;
use super::base64url;
use super::claims::Claims;
use super::describe::shown;
use super::json::{self, Fault, Name, Rule};
use super::reason::{Reason, Refusal};

/// The `typ` of a license key.
pub const TYPE: &str = "license+jwt";

/// The longest text that is searched for a key, in bytes: 1 MiB.
pub const LARGEST_TEXT: usize = 1 << 20;

/// How many characters of base64url 64 bytes take.
pub(super) const SIGNATURE_CHARACTERS: usize = 86;

/// The header of an unverified key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The signature's algorithm, as the text claims.
    pub alg: String,
    /// The signing key's name, as the text claims.
    pub kid: String,
    /// What the text claims to be.
    pub typ: String,
}

/// The header, borrowed from its decoded bytes.
pub(super) struct RawHeader<'a> {
    pub(super) alg: Cow<'a, str>,
    pub(super) kid: Cow<'a, str>,
    pub(super) typ: Cow<'a, str>,
}

/// A key's text, cut at its dots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segments<'a> {
    /// The first two segments with the dot between them: what the signature is over.
    pub(super) signed: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Segments<'a> {
    /// Cuts a key at its dots.
    pub(super) fn of(key: &'a str) -> Result<Self, Refusal> {
        let mut parts = key.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(claims), Some(signature), None) => {
                let signed = &key[..header.len() + 1 + claims.len()];
                Ok(Self { signed, header, claims, signature })
            }
            _ => Err(wrong_segments(key)),
        }
    }

    /// The bytes of the header.
    pub(super) fn header(&self) -> Result<Vec<u8>, Refusal> {
        decode(self.header, "header")
    }

    /// The bytes of the claims.
    pub(super) fn claims(&self) -> Result<Vec<u8>, Refusal> {
        decode(self.claims, "claims")
    }

    /// The signature.
    pub(super) fn signature(&self) -> Result<[u8; 64], Refusal> {
        if self.signature.len() == SIGNATURE_CHARACTERS {
            // 86 characters always spell 64 bytes.
            let bytes = base64url::decode(self.signature).and_then(|bytes| bytes.try_into().ok());
            return bytes.ok_or_else(|| bad_encoding(self.signature, "signature"));
        }
        if self.signature.bytes().all(base64url::is_symbol) {
            let length = self.signature.len();
            let detail = format!("the signature has {length} characters, not {SIGNATURE_CHARACTERS}: is the key cut or doubled?");
            return Err(Refusal::new(Reason::WrongLength, detail));
        }
        Err(bad_encoding(self.signature, "signature"))
    }
}

impl<'a> RawHeader<'a> {
    /// Reads a header of exactly `alg`, `kid` and `typ`, whatever they say.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let malformed = |detail: &str| Refusal::new(Reason::MalformedHeader, detail);
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("the header is not UTF-8"))?;
        // A derived reader would take a list for an object.
        if !text.trim_start().starts_with('{') {
            return Err(malformed("the header is not a JSON object"));
        }
        let members: Members<'a> = serde_json::from_str(text).map_err(|error| explain(text, &error.to_string()))?;
        Ok(Self {
            alg: members.alg.ok_or_else(|| Refusal::new(Reason::WrongAlgorithm, "the header names no algorithm"))?.0,
            kid: members.kid.ok_or_else(|| malformed("the header names no signing key"))?.0,
            typ: members.typ.ok_or_else(|| Refusal::new(Reason::WrongType, "the header does not say what the text is"))?.0,
        })
    }

    /// Checks what the header says: an algorithm of ours, which never chooses how we verify, and this type of text.
    pub(super) fn check(&self, typ: &str) -> Result<(), Refusal> {
        // RFC 8037 calls it EdDSA; RFC 9864 calls the same thing Ed25519.
        if !matches!(self.alg.as_ref(), "EdDSA" | "Ed25519") {
            return Err(Refusal::new(Reason::WrongAlgorithm, format!("signed with {}, not with EdDSA", shown(&self.alg))));
        }
        if self.typ != typ {
            return Err(Refusal::new(Reason::WrongType, format!("this is a {}, not a {typ}", shown(&self.typ))));
        }
        Ok(())
    }
}

/// The members of the header. serde's derived reader refuses a second member of the same name and every other name.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    alg: Option<Name<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    kid: Option<Name<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    typ: Option<Name<'a>>,
}

/// A member that is there, and no null.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Name<'de>>, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// What is wrong with a header that serde refused.
#[cold]
fn explain(text: &str, error: &str) -> Refusal {
    let malformed = |detail: String| Refusal::new(Reason::MalformedHeader, detail);
    match json::check(text, |_| Rule::Free) {
        Err(Fault::Duplicate(name)) => {
            return Refusal::new(Reason::DuplicateMember, format!("the header holds two members named {}", shown(&name)));
        }
        Err(Fault::Syntax(error)) => return malformed(format!("the header is not JSON: {}", shown(&error))),
        Err(Fault::NotAnObject(_) | Fault::Null(_)) => return malformed("the header is not a JSON object".to_owned()),
        Ok(()) => {}
    }
    let members = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).unwrap_or_default();
    match members.keys().find(|name| !matches!(name.as_str(), "alg" | "kid" | "typ")) {
        Some(name) => Refusal::new(Reason::HeaderMember, format!("the header holds {}, which no license key does", shown(name))),
        None => malformed(format!("the header does not fit: {}", shown(error))),
    }
}

fn decode(segment: &str, what: &str) -> Result<Vec<u8>, Refusal> {
    base64url::decode(segment).ok_or_else(|| bad_encoding(segment, what))
}

#[cold]
fn bad_encoding(segment: &str, what: &str) -> Refusal {
    let detail = match segment.chars().find(|c| !u8::try_from(*c).is_ok_and(base64url::is_symbol)) {
        Some('=') => format!("there is '=' in the {what}: license keys are not padded"),
        Some(wrong @ ('+' | '/')) => format!("the {what} holds {wrong}: it was encoded anew"),
        Some(wrong) => {
            format!("the {what} holds {}, which does not occur in license keys", shown(wrong.encode_utf8(&mut [0; 4])))
        }
        None => format!("the last character of the {what} cannot be right: is the key cut or changed?"),
    };
    Refusal::new(Reason::BadEncoding, detail)
}

#[cold]
fn wrong_segments(key: &str) -> Refusal {
    let parts = key.split('.').count();
    let guess = if parts < 3 { "is it cut?" } else { "is it there twice?" };
    Refusal::new(Reason::WrongSegments, format!("the key has {parts} parts, not 3: {guess}"))
}

/// What a key says, **unverified**: for showing it to people, never for granting anything.
///
/// # Errors
/// A [`Refusal`] of the format check where header or claims cannot be read. The signature is not looked at.
pub fn inspect(pasted: &[u8]) -> Result<(Header, Claims), Refusal> {
    let key = armour::find(pasted)?;
    let segments = Segments::of(&key)?;
    let bytes = segments.header()?;
    let header = RawHeader::read(&bytes)?;
    let header = Header { alg: header.alg.into_owned(), kid: header.kid.into_owned(), typ: header.typ.into_owned() };
    Ok((header, Claims::read(&segments.claims()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(text: &str) -> Result<(), Reason> {
        RawHeader::read(text.as_bytes()).and_then(|header| header.check(TYPE)).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn a_header_has_three_members_and_no_other() {
        assert_eq!(header(r#"{"alg":"EdDSA","kid":"k","typ":"license+jwt"}"#), Ok(()));
        assert_eq!(header(r#"{"typ":"license+jwt","kid":"k","alg":"Ed25519"}"#), Ok(()));
        for (text, reason) in [
            (r#"{"kid":"k","typ":"license+jwt"}"#, Reason::WrongAlgorithm),
            (r#"{"alg":"none","kid":"k","typ":"license+jwt"}"#, Reason::WrongAlgorithm),
            (r#"{"alg":"eddsa","kid":"k","typ":"license+jwt"}"#, Reason::WrongAlgorithm),
            (r#"{"alg":"EdDSA","kid":"k"}"#, Reason::WrongType),
            (r#"{"alg":"EdDSA","kid":"k","typ":"License+JWT"}"#, Reason::WrongType),
            (r#"{"alg":"EdDSA","typ":"license+jwt"}"#, Reason::MalformedHeader),
            (r#"{"alg":"EdDSA","kid":null,"typ":"license+jwt"}"#, Reason::MalformedHeader),
            (r#"{"alg":"EdDSA","kid":7,"typ":"license+jwt"}"#, Reason::MalformedHeader),
            (r#"{"alg":"EdDSA","kid":"k","typ":"license+jwt","crit":["b64"],"b64":false}"#, Reason::HeaderMember),
            (r#"{"alg":"EdDSA","kid":"k","typ":"license+jwt","jwk":{"kty":"OKP"}}"#, Reason::HeaderMember),
            (r#"{"alg":"none","alg":"EdDSA","kid":"k","typ":"license+jwt"}"#, Reason::DuplicateMember),
            (r#"{"alg":"EdDSA","kid":"k","typ":"license+jwt","x":{"a":1,"a":2}}"#, Reason::DuplicateMember),
            (r#"["EdDSA","k","license+jwt"]"#, Reason::MalformedHeader),
            (r#"{"alg":"EdDSA","kid":"k","typ":"license+jwt"}{}"#, Reason::MalformedHeader),
            ("", Reason::MalformedHeader),
        ] {
            assert_eq!(header(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_segment_has_one_spelling() {
        assert_eq!(decode("QQ", "claims").unwrap(), b"A");
        for wrong in ["QR", "QQ==", "Q", "Q Q", "Q+", "Q/", "QQ\n", "Qä"] {
            assert_eq!(decode(wrong, "claims").map_err(|refusal| refusal.reason), Err(Reason::BadEncoding), "{wrong}");
        }
    }

    #[test]
    fn a_signature_has_64_bytes_and_one_spelling() {
        let signature =
            |text: String| Segments::of(&format!("a.b.{text}")).unwrap().signature().map_err(|refusal| refusal.reason);
        assert_eq!(signature("A".repeat(86)), Ok([0; 64]));
        assert_eq!(signature(format!("{}B", "A".repeat(85))), Err(Reason::BadEncoding));
        assert_eq!(signature("A".repeat(85)), Err(Reason::WrongLength));
        assert_eq!(signature(String::new()), Err(Reason::WrongLength));
        assert_eq!(signature(format!("{}==", "A".repeat(86))), Err(Reason::BadEncoding));
    }

    #[test]
    fn the_line_names_what_is_wrong_with_the_text() {
        let said = |result: Result<(), Refusal>| result.unwrap_err().detail;
        for (segment, line) in [
            ("QQ==", "there is '=' in the claims: license keys are not padded"),
            ("QQ/Q", "the claims holds /: it was encoded anew"),
            ("QQäQ", "the claims holds ä, which does not occur in license keys"),
            ("QR", "the last character of the claims cannot be right: is the key cut or changed?"),
        ] {
            assert_eq!(said(decode(segment, "claims").map(|_| ())), line);
        }
        for (key, line) in
            [("a.b", "the key has 2 parts, not 3: is it cut?"), ("a.b.c.d", "the key has 4 parts, not 3: is it there twice?")]
        {
            assert_eq!(said(Segments::of(key).map(|_| ())), line);
        }
        let header = br#"{"alg":"EdDSA","kid":7,"typ":"license+jwt"}"#;
        assert!(said(RawHeader::read(header).map(|_| ())).contains("expected a string"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,60}") {
            let _ = inspect(text.as_bytes());
        }
    }
}
