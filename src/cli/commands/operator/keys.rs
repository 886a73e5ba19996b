//! Giving operators their copies of the signing keys.

use std::path::PathBuf;

use crate::authority::init::protection;
use crate::authority::signer::Signer;
use crate::authority::{Actor, Authority, Error};
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase::{self, Asking};
use crate::cli::session::Session;
use crate::keyring::Passphrase;
use crate::ledger::{KeyPurpose, SigningKeyRecord};
use crate::license::Slug;

/// Where the passphrases come from when copies of signing keys are given.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The file with the passphrase of the new copies [default: asked for]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    new_passphrase_file: Option<PathBuf>,
    /// Leave the new copies without a passphrase
    #[arg(long, conflicts_with = "new_passphrase_file")]
    no_passphrase: bool,
    #[command(flatten)]
    signing: SigningArgs,
}

impl KeyArgs {
    /// Unlocks the actor's copy of a signing key.
    pub fn unlock(
        &self,
        authority: &Authority,
        actor: &Actor,
        key: &SigningKeyRecord,
        session: &mut Session<'_>,
    ) -> Result<Signer, Failure> {
        Ok(authority.unlock_copy(actor, key, &mut Asking::new(session, &self.signing))?)
    }

    /// Unlocks the actor's copies of several signing keys. A passphrase that opened one is tried on the next.
    pub fn unlock_all(
        &self,
        authority: &Authority,
        actor: &Actor,
        keys: Vec<SigningKeyRecord>,
        session: &mut Session<'_>,
    ) -> Result<Vec<(Signer, KeyPurpose)>, Failure> {
        let mut asking = Asking::new(session, &self.signing);
        keys.into_iter().map(|key| Ok((authority.unlock_copy(actor, &key, &mut asking)?, key.purpose))).collect()
    }

    /// Whether it is told what protects the new copy.
    pub fn names_new_passphrase(&self) -> bool {
        self.new_passphrase_file.is_some()
    }
}

/// Unlocks the actor's copy of every signing key that signs and that the operator lacks.
pub fn unlock_missing(
    authority: &Authority,
    actor: &Actor,
    operator: &Slug,
    args: &KeyArgs,
    session: &mut Session<'_>,
) -> Result<Vec<(Signer, KeyPurpose)>, Failure> {
    args.unlock_all(authority, actor, authority.keys_without(operator)?, session)
}

/// Gives the operator copies of these signing keys.
pub fn give_keys(
    authority: &mut Authority,
    actor: &Actor,
    operator: &Slug,
    keys: &[(Signer, KeyPurpose)],
    passphrase: Option<&Passphrase>,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let at = session.now();
    for (signer, purpose) in keys {
        // The test signing key needs no passphrase: see `authority::init`.
        let passphrase = passphrase.filter(|_| *purpose != KeyPurpose::Test);
        let protection = protection(passphrase, &mut *session.world.entropy)?;
        authority.give_copy(actor, operator, signer, protection, at)?;
        session.note(&format!("gave '{operator}' a copy of {} key {}", purpose.as_str(), signer.kid()));
    }
    Ok(())
}

/// The passphrase of the operator's copies; `None` for none.
pub fn new_passphrase(
    operator: &Slug,
    args: &KeyArgs,
    example: &str,
    session: &mut Session<'_>,
) -> Result<Option<Passphrase>, Failure> {
    if args.no_passphrase {
        session.warn("without a passphrase, whoever can read the file can sign");
        return Ok(None);
    }
    if let Some(path) = &args.new_passphrase_file {
        let passphrase = Passphrase::from_file(&session.path(path)).map_err(Error::Passphrase)?;
        passphrase.check_strength().map_err(Error::Passphrase)?;
        return Ok(Some(passphrase));
    }
    passphrase::ask_new(session, &format!("'{operator}'"), example).map(Some)
}
