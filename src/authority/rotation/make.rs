//! Making a signing key.

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::authority::init::protection;
use crate::authority::{Actor, Authority, Error, Mode};
use crate::keyring::{Keyring, Passphrase, Protection};
use crate::ledger::{Fact, KeyPurpose, KeyState, Tables, Transaction};
use crate::license::{Role, Slug, Timestamp};
use crate::token::{Kid, PublicKey};
use crate::world::Entropy;

impl Authority {
    /// Refuses, before a passphrase is asked for, who may not make a key of this purpose, and a second next one.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::NextExists`].
    pub fn check_new_key(&self, actor: &Actor, purpose: KeyPurpose) -> Result<(), Error> {
        check_new(&self.read(), actor, purpose)
    }

    /// Makes the next signing key of a purpose. Of one for licenses the actor gets a copy; one of the authority's own has no
    /// passphrase. It signs nothing before it is activated.
    ///
    /// # Errors
    /// A role that does not cover it; [`Error::NextExists`]; whatever keeps the files from being written.
    pub fn new_key(
        &mut self,
        actor: &Actor,
        purpose: KeyPurpose,
        passphrase: Option<&Passphrase>,
        at: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Kid, Error> {
        let keyring = self.keyring.clone();
        self.change(Mode::Commit, |tx| {
            check_new(&tx.read(), actor, purpose)?;
            let key = SigningKey::from_bytes(&*draw_seed(entropy)?);
            let kind = (purpose, KeyState::Next);
            if purpose.signs_licenses() {
                return make_signing_key(tx, &keyring, actor.slug(), kind, &key, protection(passphrase, entropy)?, at);
            }
            let kid = record_new(tx, actor.slug(), kind, &key, at)?;
            keyring.write_service(&key)?;
            Ok(kid)
        })
    }
}

fn check_new(tables: &Tables<'_>, actor: &Actor, purpose: KeyPurpose) -> Result<(), Error> {
    actor.require(Role::Admin, "make signing keys", tables)?;
    let next = tables.signing_keys()?.into_iter().find(|key| key.purpose == purpose && key.state == KeyState::Next);
    next.map_or(Ok(()), |key| Err(Error::NextExists { purpose, kid: key.kid }))
}

/// Makes a signing key with the operator's copy, and writes both before the transaction is kept: what is cut off in between
/// leaves files that no ledger knows.
pub(in crate::authority) fn make_signing_key(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    operator: &Slug,
    (purpose, state): (KeyPurpose, KeyState),
    key: &SigningKey,
    protection: Protection<'_>,
    at: Timestamp,
) -> Result<Kid, Error> {
    let kid = record_new(tx, operator, (purpose, state), key, at)?;
    let protected = matches!(protection, Protection::Passphrase { .. });
    tx.record(at, operator, &Fact::SigningKeyCopied { kid, operator: operator.clone(), protected })?;
    keyring.write_public(&key.verifying_key())?;
    keyring.write_copy(key, operator, protection)?;
    Ok(kid)
}

fn record_new(
    tx: &Transaction<'_>,
    by: &Slug,
    (purpose, state): (KeyPurpose, KeyState),
    key: &SigningKey,
    at: Timestamp,
) -> Result<Kid, Error> {
    let public = PublicKey::try_from(key.verifying_key()).map_err(|why| Error::SelfCheck(why.to_string()))?;
    let kid = public.kid();
    tx.record(at, by, &Fact::SigningKeyCreated { kid, purpose, state, public: public.x() })?;
    Ok(kid)
}

/// The bytes of a new signing key whose name can be typed.
///
/// # Errors
/// When the system gives no random bytes.
pub(in crate::authority) fn draw_seed(entropy: &mut dyn Entropy) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    loop {
        entropy.fill(&mut *seed).map_err(Error::Entropy)?;
        if has_typeable_name(&seed) {
            return Ok(seed);
        }
    }
}

/// Whether the key of these bytes has a name that can be typed: one that began with a hyphen would be taken for a flag.
pub(in crate::authority) fn has_typeable_name(seed: &[u8; 32]) -> bool {
    !Kid::of(&SigningKey::from_bytes(seed).verifying_key()).as_str().starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeds that count up.
    struct Counting(u64);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            bytes[..8].copy_from_slice(&self.0.to_be_bytes());
            self.0 += 1;
            Ok(())
        }
    }

    #[test]
    fn no_key_has_a_name_that_looks_like_a_flag() {
        let mut entropy = Counting(0);
        for _ in 0..300 {
            assert!(has_typeable_name(&draw_seed(&mut entropy).unwrap()));
        }
        assert!(entropy.0 > 300, "no seed was passed over, so that nothing was tested");
    }
}
