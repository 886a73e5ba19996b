//! The state as a file: plain JSON that anybody may read, and seals over it that only this machine makes.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use super::{GuardError, Nonce};
use crate::license::{LicenseId, MachineId, Slug, Timestamp};
use crate::machine::Machine;
use crate::token::SeenLists;

/// The version of the file.
const VERSION: u32 = 1;
/// How many seals must fit, of those that the file has.
const MUST_FIT: usize = 2;

/// What is remembered.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    pub product: Slug,
    /// The machine as it was when the state was last written.
    pub machine: MachineId,
    /// The newest moment seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub licenses: BTreeMap<LicenseId, Remembered>,
    #[serde(default)]
    pub lists: SeenLists,
    /// The key that signs receipts, where this machine has asked for an activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("State").field("product", &self.product).field("newest", &self.newest).finish_non_exhaustive()
    }
}

/// What is remembered of one license.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    /// The newest revision seen; 0: none yet.
    pub rev: u32,
    /// The request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Nonce>,
    /// The revision with which it was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    state: State,
    seals: BTreeMap<String, String>,
}

impl State {
    pub(super) fn new(product: Slug, machine: MachineId) -> Self {
        let (newest, licenses, lists, secret) = (None, BTreeMap::new(), SeenLists::new(), None);
        Self { version: VERSION, product, machine, newest, licenses, lists, secret }
    }

    /// The seed of the key that signs for this machine.
    pub(super) fn secret(&self) -> Option<[u8; 32]> {
        let mut seed = [0; 32];
        Base64UrlUnpadded::decode(self.secret.as_ref()?, &mut seed).ok().filter(|read| read.len() == 32)?;
        Some(seed)
    }

    /// The same, made of this seed where there is none yet.
    pub(super) fn secret_or(&mut self, seed: [u8; 32]) -> [u8; 32] {
        self.secret().unwrap_or_else(|| {
            self.secret = Some(Base64UrlUnpadded::encode_string(&seed));
            seed
        })
    }

    /// Takes in what another process has written. Everything only grows.
    pub(super) fn take_in(&mut self, theirs: Self) {
        self.newest = self.newest.max(theirs.newest);
        for (license, known) in theirs.licenses {
            self.licenses.entry(license).or_default().take_in(known);
        }
        self.lists.take_in(&theirs.lists);
        self.secret = self.secret.take().or(theirs.secret);
    }

    /// The bytes that are sealed.
    fn canonical(&self) -> Vec<u8> {
        // Every map in it has strings for keys.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The state as a file.
pub(super) fn seal(state: &State, machine: &Machine) -> String {
    let seals = machine.seals(&state.canonical());
    let seals = seals.into_iter().map(|(factor, seal)| (factor.to_string(), Base64UrlUnpadded::encode_string(&seal))).collect();
    let mut text = serde_json::to_string_pretty(&File { state: state.clone(), seals }).unwrap_or_default();
    text.push('\n');
    text
}

/// The state in a file that this machine sealed.
pub(super) fn open(text: &[u8], machine: &Machine) -> Result<State, GuardError> {
    let file: File = serde_json::from_slice(text).map_err(|_| GuardError::Damaged("it is no state of lic".into()))?;
    let File { state, seals } = file;
    if state.version != VERSION {
        return Err(GuardError::Damaged(format!("version {} is none that this program reads", state.version)));
    }
    if state.product != *machine.product() {
        return Err(GuardError::OfAnotherProduct(state.product));
    }
    let made = machine.seals(&state.canonical());
    let fits = |(factor, seal): &&(_, [u8; 32])| {
        let factor: &crate::license::Factor = factor;
        seals.get(factor.as_str()) == Some(&Base64UrlUnpadded::encode_string(seal))
    };
    let fitting = made.iter().filter(fits).count();
    if fitting >= MUST_FIT.min(seals.len()) && fitting > 0 {
        return Ok(state);
    }
    // The machine that it names is this one, and its seals do not fit: then the text is not what was sealed.
    let then = state.machine.fingerprint();
    if then.is_some_and(|then| then.compare(&machine.fingerprint()).passes(None)) {
        Err(GuardError::Damaged("its seal does not fit".into()))
    } else {
        Err(GuardError::OfAnotherMachine)
    }
}
