//! What names a machine in a license: an ID of `lic fingerprint`, or any other name that the vendor's program gives its machines.
//!
//! Names of both sorts are bound and compared; only those of `lic fingerprint` are matched factor by factor.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::fingerprint::{self, Fingerprint, InvalidFingerprint};

/// What names a machine: 4 to 256 printable ASCII characters without blanks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MachineId(String);

/// The text cannot name a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMachineId {
    /// Too short, too long, or of other characters.
    #[error("a machine ID has 4 to 256 printable ASCII characters and no blanks")]
    Name,
    /// Meant as an ID of `lic fingerprint`, with a mistake in it.
    #[error(transparent)]
    Fingerprint(#[from] InvalidFingerprint),
}

impl MachineId {
    /// The text of the ID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What `lic fingerprint` put into it; `None` for a name of another sort.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        if self.0.starts_with(fingerprint::PREFIX) { self.0.parse().ok() } else { None }
    }
}

impl From<Fingerprint> for MachineId {
    fn from(fingerprint: Fingerprint) -> Self {
        Self(fingerprint.to_string())
    }
}

fn is_name(text: &str) -> bool {
    (4..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl FromStr for MachineId {
    type Err = InvalidMachineId;

    /// Reads what a person typed. What is meant as an ID of `lic fingerprint` must be free of mistakes, and gets its one spelling.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if fingerprint::is_meant(text) {
            return Ok(text.parse::<Fingerprint>()?.into());
        }
        if is_name(text) { Ok(Self(text.to_owned())) } else { Err(InvalidMachineId::Name) }
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for MachineId {
    /// Takes every name: a key that is bound to a machine by an ID of a later version still names machines.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        if is_name(&text) { Ok(Self(text.into_owned())) } else { Err(serde::de::Error::custom(InvalidMachineId::Name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::environment::Environment;
    use crate::license::fingerprint::Factor;

    fn made() -> Fingerprint {
        Fingerprint::new(&"cockpit".parse().unwrap(), Environment::Docker, [(Factor::Os, "7f3a")])
    }

    #[test]
    fn any_name_will_do_and_a_fingerprint_must_be_right() {
        assert_eq!("host-7f3a9c".parse::<MachineId>().unwrap().fingerprint(), None);
        assert_eq!("a b c d".parse::<MachineId>(), Err(InvalidMachineId::Name));
        let typed = made().to_string().to_lowercase().replace('0', "o").replace('-', " ");
        let read: MachineId = typed.parse().unwrap();
        assert_eq!(read.to_string(), made().to_string());
        assert_eq!((read.as_str(), read.fingerprint()), (made().to_string().as_str(), Some(made())));
        let cut = &made().to_string()[..20];
        assert!(matches!(cut.parse::<MachineId>(), Err(InvalidMachineId::Fingerprint(InvalidFingerprint::Length(_)))));
    }

    #[test]
    fn a_key_may_name_machines_in_a_way_to_come() {
        let read: MachineId = serde_json::from_str("\"MID-2FUTURE\"").unwrap();
        assert_eq!(read.fingerprint(), None);
        assert!(serde_json::from_str::<MachineId>("\"a b c d\"").is_err());
    }
}
