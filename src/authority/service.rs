//! The keys with which the authority itself signs: status lists and checkpoints, never licenses.
//!
//! They open without a passphrase, because timers use them. `init` makes them; an authority from before there were such keys gets
//! each on its first use.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{Actor, Authority, Error, Mode};
use crate::keyring::Keyring;
use crate::ledger::{Fact, KeyPurpose, KeyState, SigningKeyRecord, Tables, Transaction};
use crate::license::{Slug, Timestamp};
use crate::token::{Kid, PublicKey};
use crate::world::Entropy;

/// What the authority itself signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Status lists.
    Status,
    /// Checkpoints of the audit log.
    Log,
}

impl Service {
    /// The purpose of its key, in the ledger's words.
    #[must_use]
    pub fn purpose(self) -> KeyPurpose {
        match self {
            Self::Status => KeyPurpose::Status,
            Self::Log => KeyPurpose::Log,
        }
    }
}

/// One of the authority's own keys, open.
pub struct ServiceKey {
    key: SigningKey,
    kid: Kid,
    issuer: String,
}

impl ServiceKey {
    /// The key's name.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.kid
    }

    /// The authority that signs with it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public half.
    #[must_use]
    pub fn verifying(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Signs bytes (RFC 8032, section 5.1.6).
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }
}

impl Authority {
    /// Opens the authority's own key for a service; `None` where it has none in use yet.
    ///
    /// # Errors
    /// What the keyring says of a key that is missing, damaged, or readable by others.
    pub fn find_service_key(&self, service: Service) -> Result<Option<ServiceKey>, Error> {
        match active(&self.read(), service)? {
            Some(record) => self.open_service_key(&record).map(Some),
            None => Ok(None),
        }
    }

    /// Opens the authority's own key for a service, and makes it where it has none in use yet. A rehearsal makes one that
    /// is forgotten again.
    ///
    /// # Errors
    /// As [`Authority::find_service_key`]; what keeps the new key from being recorded or written.
    pub fn service_key(
        &mut self,
        service: Service,
        actor: &Actor,
        at: Timestamp,
        entropy: &mut dyn Entropy,
        mode: Mode,
    ) -> Result<ServiceKey, Error> {
        if let Some(key) = self.find_service_key(service)? {
            return Ok(key);
        }
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(&mut *seed).map_err(Error::Entropy)?;
        let keyring = self.keyring.clone();
        let found = self.change(mode, |tx| {
            // Looked up again under the lock: another process may have been faster.
            if let Some(record) = active(&tx.read(), service)? {
                return Ok(Some(record));
            }
            match mode {
                Mode::Commit => create(tx, &keyring, actor.slug(), service, &seed, at)?,
                Mode::Rehearse => record(tx, actor.slug(), service, &SigningKey::from_bytes(&seed), at)?,
            }
            Ok::<_, Error>(None)
        })?;
        match found {
            Some(record) => self.open_service_key(&record),
            None => Ok(self.opened(SigningKey::from_bytes(&seed))),
        }
    }

    /// The public keys that signed for a service, but for the compromised ones; the oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read or holds a damaged key.
    pub fn service_public_keys(&self, service: Service) -> Result<Vec<PublicKey>, Error> {
        let mut records = self.read().signing_keys()?;
        records.retain(|key| key.purpose == service.purpose() && key.state != KeyState::Compromised);
        records.iter().map(|record| Ok(record.public_key()?)).collect()
    }

    fn open_service_key(&self, record: &SigningKeyRecord) -> Result<ServiceKey, Error> {
        let key = self.keyring.open_service(record.public_key()?.verifying())?;
        Ok(self.opened(key))
    }

    fn opened(&self, key: SigningKey) -> ServiceKey {
        ServiceKey { kid: Kid::of(&key.verifying_key()), key, issuer: self.settings.authority.issuer.clone() }
    }
}

fn active(tables: &Tables<'_>, service: Service) -> Result<Option<SigningKeyRecord>, Error> {
    let keys = tables.signing_keys()?;
    Ok(keys.into_iter().find(|key| key.purpose == service.purpose() && key.state == KeyState::Active))
}

/// Makes one of the authority's own keys, which signs from now on.
pub(super) fn create(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    by: &Slug,
    service: Service,
    seed: &[u8; 32],
    at: Timestamp,
) -> Result<(), Error> {
    let key = SigningKey::from_bytes(seed);
    record(tx, by, service, &key, at)?;
    // Last, so that a refused event leaves no file. A commit that then fails leaves a key that the ledger does not know, and
    // nothing it signs is good.
    keyring.write_service(&key)?;
    Ok(())
}

fn record(tx: &Transaction<'_>, by: &Slug, service: Service, key: &SigningKey, at: Timestamp) -> Result<(), Error> {
    let public = PublicKey::try_from(key.verifying_key()).map_err(|why| Error::SelfCheck(why.to_string()))?;
    let created =
        Fact::SigningKeyCreated { kid: public.kid(), purpose: service.purpose(), state: KeyState::Active, public: public.x() };
    tx.record(at, by, &created)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Home;
    use crate::authority::settings::{NewSettings, commented};
    use crate::authority::testing::Counted;
    use crate::ledger::testing::{beginnings, day, record as record_facts};
    use crate::ledger::{Access, Ledger};

    /// An authority from before there were such keys.
    fn older() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().to_owned());
        let settings = NewSettings { name: "Vendor Inc", issuer: Some("vendor"), product: None, preset_tier: None };
        std::fs::write(home.settings_path(), commented(&settings)).unwrap();
        let mut ledger = Ledger::create(&home.ledger_path()).unwrap();
        record_facts(&mut ledger, 0, &beginnings()[..2]);
        ledger.close().unwrap();
        (folder, home)
    }

    fn open(home: &Home) -> (Authority, Actor) {
        let authority = Authority::open(home.clone(), Access::ReadWrite).unwrap();
        let actor = authority.actor("anna").unwrap();
        (authority, actor)
    }

    #[test]
    fn an_older_authority_gets_its_key_on_first_use_and_keeps_it() {
        let (_folder, home) = older();
        let (mut authority, actor) = open(&home);
        assert!(authority.find_service_key(Service::Log).unwrap().is_none());
        let tried = authority.service_key(Service::Log, &actor, day(1), &mut Counted(0), Mode::Rehearse).unwrap();
        assert!(authority.find_service_key(Service::Log).unwrap().is_none());
        assert!(!authority.keyring.service_path(tried.kid()).exists());
        let made = authority.service_key(Service::Log, &actor, day(1), &mut Counted(1), Mode::Commit).unwrap();
        let again = authority.service_key(Service::Log, &actor, day(2), &mut Counted(2), Mode::Commit).unwrap();
        assert_eq!((made.kid(), made.issuer()), (again.kid(), "vendor"));
        assert!(authority.find_service_key(Service::Status).unwrap().is_none());
        let public = authority.service_public_keys(Service::Log).unwrap();
        assert_eq!(public.iter().map(PublicKey::kid).collect::<Vec<_>>(), [*made.kid()]);
        assert!(public[0].verifying().verify_strict(b"x", &ed25519_dalek::Signature::from_bytes(&made.sign(b"x"))).is_ok());
    }

    #[test]
    fn users_at_the_same_time_do_not_make_two_keys() {
        let (_folder, home) = older();
        let kids: Vec<Kid> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|number| {
                    let home = &home;
                    scope.spawn(move || {
                        let (mut authority, actor) = open(home);
                        let mut entropy = Counted(number * 10);
                        *authority.service_key(Service::Status, &actor, day(1), &mut entropy, Mode::Commit).unwrap().kid()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(kids.iter().all(|kid| *kid == kids[0]));
        let (authority, _) = open(&home);
        assert_eq!(authority.read().signing_keys().unwrap().len(), 1);
        assert_eq!(std::fs::read_dir(home.keys_path()).unwrap().count(), 2);
    }

    #[test]
    fn a_key_that_is_gone_is_not_made_anew() {
        let (_folder, home) = older();
        let (mut authority, actor) = open(&home);
        let made = authority.service_key(Service::Log, &actor, day(1), &mut Counted(1), Mode::Commit).unwrap();
        std::fs::remove_file(authority.keyring.service_path(made.kid())).unwrap();
        assert!(authority.service_key(Service::Log, &actor, day(2), &mut Counted(2), Mode::Commit).is_err());
        assert_eq!(authority.read().signing_keys().unwrap().len(), 1);
    }
}
