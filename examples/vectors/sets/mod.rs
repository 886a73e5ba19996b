//! The vectors, in sets: each has one fault or one peculiarity.

mod claims;
mod header;
mod lists;
mod pasted;
mod question;
mod signature;
mod valid;

use lic::token::{Reason, armour};

use super::sidecar::Sidecar;

/// One vector: a text, the question about it, and the answer.
pub struct Vector {
    pub name: &'static str,
    /// `lic` for a key file, `txt` for what somebody pasted.
    pub extension: &'static str,
    pub text: Vec<u8>,
    pub sidecar: Sidecar,
}

/// Every vector.
pub fn all() -> Vec<Vector> {
    [
        valid::vectors(),
        pasted::vectors(),
        header::vectors(),
        claims::vectors(),
        signature::vectors(),
        question::vectors(),
        lists::vectors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every status list: its name and its text.
pub fn status_lists() -> Vec<(&'static str, String)> {
    lists::files()
}

impl Vector {
    fn new(name: &'static str, description: &str, key: &str) -> Self {
        let sidecar = Sidecar {
            description: description.to_owned(),
            keys: "vendor.pem".to_owned(),
            compromised: Vec::new(),
            at: "2027-06-01T00:00:00Z".to_owned(),
            issuer: None,
            product: Some("cockpit".to_owned()),
            customer: None,
            machine: None,
            any_machine: false,
            activated_only: false,
            features: Vec::new(),
            status_lists: Vec::new(),
            seen: Default::default(),
            valid: true,
            reason: None,
            told: None,
            status: Some("active".to_owned()),
        };
        Self { name, extension: "lic", text: armour::wrap(key).into_bytes(), sidecar }
    }

    /// A key that is valid.
    fn valid(name: &'static str, description: &str, key: impl AsRef<str>) -> Self {
        Self::new(name, description, key.as_ref())
    }

    /// A text that is refused before its term could matter.
    fn refused(name: &'static str, reason: Reason, description: &str, key: impl AsRef<str>) -> Self {
        let mut vector = Self::new(name, description, key.as_ref());
        vector.sidecar.valid = false;
        vector.sidecar.reason = Some(reason.as_str().to_owned());
        vector.sidecar.status = None;
        vector
    }

    /// A genuine key that does not fit the question.
    fn unfit(name: &'static str, reason: Reason, description: &str, key: impl AsRef<str>) -> Self {
        Self::refused(name, reason, description, key).status("active")
    }

    /// These bytes as they are, without armour.
    fn pasted(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.extension = "txt";
        self.text = text.into();
        self
    }

    fn status(mut self, status: &str) -> Self {
        self.sidecar.status = Some(status.to_owned());
        self
    }

    fn at(mut self, at: &str) -> Self {
        self.sidecar.at = at.to_owned();
        self
    }

    fn keys(mut self, keys: impl Into<String>) -> Self {
        self.sidecar.keys = keys.into();
        self
    }

    fn ask(mut self, ask: impl FnOnce(&mut Sidecar)) -> Self {
        ask(&mut self.sidecar);
        self
    }
}
