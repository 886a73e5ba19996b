//! Setting up an authority: its home, its ledger, its first operator, its signing keys.

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::customers::{self, INTERNAL, check_line};
use super::rotation::{draw_seed, has_typeable_name, make_signing_key};
use super::service::{self, Service};
use super::settings::{NewSettings, commented};
use super::{Actor, Authority, Error, Home, operators, tiers};
use crate::keyring::{Keyring, Passphrase, Protection};
use crate::ledger::{Access, Fact, KeyPurpose, KeyState, Ledger, Transaction};
use crate::license::{Customer, CustomerKind, Operator, OperatorLimits, Role, Slug, Tier, Timestamp};
use crate::world::Entropy;

/// What a new authority is to be.
pub struct Founding {
    /// The vendor's name, as people read it.
    pub name: String,
    /// The issuer that stands in every key.
    pub issuer: String,
    /// The first operator, who becomes an admin.
    pub operator: Slug,
    /// The passphrase of the first operator's copy of the signing key; `None` leaves it unprotected.
    pub passphrase: Option<Passphrase>,
    /// The first product.
    pub product: Slug,
    /// The tiers to start with.
    pub tiers: Vec<Tier>,
}

impl Authority {
    /// Sets up an authority in a home that holds none.
    ///
    /// Everything is written beside its final place and moved there at the end, the ledger last but one and `lic.toml`
    /// last: what is cut off in the middle leaves no half-made authority.
    ///
    /// # Errors
    /// [`Error::Occupied`] when there is anything that would be overwritten; whatever keeps the files from being written.
    pub fn init(home: Home, founding: &Founding, at: Timestamp, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        founding.check()?;
        for path in [home.settings_path(), home.ledger_path(), home.keys_path()] {
            if path.symlink_metadata().is_ok() {
                return Err(Error::Occupied(path));
            }
        }
        make_private_folder(home.path())?;
        let staging = tempfile::Builder::new()
            .prefix(".lic-init-")
            .tempdir_in(home.path())
            .map_err(|source| Error::file(home.path(), source))?;
        let staged = Home::at(staging.path().to_owned());
        let mut ledger = Ledger::create(&staged.ledger_path())?;
        let keyring = Keyring::at(staged.keys_path());
        ledger.write(|tx| found(tx, &keyring, founding, at, entropy))?;
        ledger.close()?;
        let settings = commented(&NewSettings {
            name: &founding.name,
            issuer: Some(&founding.issuer),
            product: Some(&founding.product),
            preset_tier: preset_tier(&founding.tiers),
        });
        write_new(&staged.settings_path(), &settings)?;
        for (from, to) in [
            (staged.keys_path(), home.keys_path()),
            (staged.ledger_path(), home.ledger_path()),
            (staged.settings_path(), home.settings_path()),
        ] {
            fs::rename(&from, &to).map_err(|source| Error::file(&to, source))?;
        }
        sync_folder(home.path());
        Self::open(home, Access::ReadWrite)
    }
}

/// The tier that the presets of a new authority give: the fourth of five, or whatever comes nearest.
fn preset_tier(tiers: &[Tier]) -> Option<&Slug> {
    tiers.iter().rev().nth(1).or(tiers.first()).map(|tier| &tier.slug)
}

impl Founding {
    /// Refuses what no authority can be.
    ///
    /// # Errors
    /// [`Error::Invalid`] for texts and tiers that are out of range.
    pub fn check(&self) -> Result<(), Error> {
        check_line("authority's name", &self.name)?;
        check_line("issuer", &self.issuer)?;
        self.tiers.iter().try_for_each(tiers::check)
    }
}

fn found(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    founding: &Founding,
    at: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<(), Error> {
    let operator = Operator {
        slug: founding.operator.clone(),
        name: None,
        mail: None,
        role: Role::Admin,
        limits: OperatorLimits::default(),
    };
    operators::check(&operator)?;
    let by = &operator.slug;
    tx.record(at, by, &Fact::AuthorityCreated { name: founding.name.clone(), issuer: founding.issuer.clone() })?;
    tx.record(at, by, &Fact::OperatorAdded(operator.clone()))?;
    let seed = draw_seed(entropy)?;
    let passphrase = founding.passphrase.as_ref();
    new_signing_key(tx, keyring, by, KeyPurpose::License, &seed, protection(passphrase, entropy)?, at)?;
    let mut seeds = Zeroizing::new([[0; 32]; 3]);
    while seeds.as_flattened() == [0; 96] || !seeds.iter().all(has_typeable_name) {
        entropy.fill(seeds.as_flattened_mut()).map_err(Error::Entropy)?;
    }
    let [test, status, log] = &*seeds;
    // Release builds of a product do not trust the test signing key, so it needs no passphrase, and test keys no question.
    new_signing_key(tx, keyring, by, KeyPurpose::Test, test, Protection::None, at)?;
    service::create(tx, keyring, by, Service::Status, status, at)?;
    service::create(tx, keyring, by, Service::Log, log, at)?;
    let actor = Actor::founder(operator);
    customers::add(tx, &actor, &internal_customer(&founding.name)?, at)?;
    for tier in &founding.tiers {
        tx.record(at, actor.slug(), &Fact::TierAdded(tier.clone()))?;
    }
    Ok(())
}

fn internal_customer(vendor: &str) -> Result<Customer, Error> {
    Ok(Customer {
        slug: INTERNAL.parse().map_err(|_| Error::Invalid("the internal customer has no valid slug".into()))?,
        name: format!("{vendor} (internal)"),
        kind: CustomerKind::Internal,
        contacts: Vec::new(),
        owner: None,
        reference: None,
        notes: Some("The vendor's own use. Built in.".into()),
        archived: false,
    })
}

/// Makes a signing key that signs from now on, with the operator's copy.
fn new_signing_key(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    operator: &Slug,
    purpose: KeyPurpose,
    seed: &[u8; 32],
    protection: Protection<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let key = SigningKey::from_bytes(seed);
    make_signing_key(tx, keyring, operator, (purpose, KeyState::Active), &key, protection, at).map(|_| ())
}

/// The protection by a passphrase, with fresh salt; none without one.
///
/// # Errors
/// When the system gives no random bytes.
pub fn protection<'a>(passphrase: Option<&'a Passphrase>, entropy: &mut dyn Entropy) -> Result<Protection<'a>, Error> {
    let Some(passphrase) = passphrase else { return Ok(Protection::None) };
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    entropy.fill(&mut salt).map_err(Error::Entropy)?;
    entropy.fill(&mut iv).map_err(Error::Entropy)?;
    Ok(Protection::Passphrase { passphrase, salt, iv })
}

/// Makes a folder that only its owner can enter; one that is there stays as it is.
pub(super) fn make_private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| Error::file(path, source))
}

pub(super) fn write_new(path: &PathBuf, text: &str) -> Result<(), Error> {
    let written = fs::File::create_new(path).and_then(|mut file| {
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| Error::file(path, source))
}

/// Makes the renames durable where the system lets a folder be synced; where it does not, there is nothing more to do.
pub(super) fn sync_folder(path: &Path) {
    if let Ok(folder) = fs::File::open(path) {
        let _ = folder.sync_all();
    }
}
