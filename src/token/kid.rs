//! Kids: the names of signing keys.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// How many characters a kid has.
const LENGTH: usize = 16;

/// The name of a signing key: the first 16 characters of the public key's JWK thumbprint (RFC 7638; RFC 8037, appendix A.3).
///
/// It follows from the key, so that nobody can give a key the name of another by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid([u8; LENGTH]);

/// The text is not a kid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a kid has 16 characters of A-Z, a-z, 0-9, '-' and '_'")]
pub struct InvalidKid;

impl Kid {
    /// The name of this public key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        // RFC 7638: the required members alone, in the order of their names, without blanks.
        let mut hash = Sha256::new();
        hash.update(br#"{"crv":"Ed25519","kty":"OKP","x":""#);
        hash.update(Base64UrlUnpadded::encode_string(key.as_bytes()));
        hash.update(br#""}"#);
        let thumbprint = Base64UrlUnpadded::encode_string(&hash.finalize());
        let mut kid = [0; LENGTH];
        kid.copy_from_slice(&thumbprint.as_bytes()[..LENGTH]);
        Self(kid)
    }

    /// The text of the kid.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor admits ASCII alone.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Kid {
    type Err = InvalidKid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kid: [u8; LENGTH] = text.as_bytes().try_into().map_err(|_| InvalidKid)?;
        let fits = kid.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits { Ok(Self(kid)) } else { Err(InvalidKid) }
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for Kid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kid_is_the_start_of_the_rfc_8037_thumbprint() {
        // RFC 8037, appendix A.3: the thumbprint is kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k.
        let mut public = [0; 32];
        Base64UrlUnpadded::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &mut public).unwrap();
        let key = VerifyingKey::from_bytes(&public).unwrap();
        assert_eq!(Kid::of(&key).as_str(), "kPrK_qmxVWaYVA9w");
    }

    #[test]
    fn only_sixteen_characters_of_base64url_are_a_kid() {
        assert_eq!("kPrK_qmxVWaYVA9w".parse::<Kid>().unwrap().to_string(), "kPrK_qmxVWaYVA9w");
        for wrong in ["", "kPrK_qmxVWaYVA9", "kPrK_qmxVWaYVA9ww", "kPrK+qmxVWaYVA9w", "kPrK_qmxVWaYVAä", "../../etc/passwd"] {
            assert_eq!(wrong.parse::<Kid>(), Err(InvalidKid), "{wrong}");
        }
    }
}
