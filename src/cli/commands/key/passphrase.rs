//! `lic key passphrase`: a new passphrase for one's own copies.

use crate::authority::init::protection;
use crate::authority::{Actor, Authority, Error, find};
use crate::cli::commands::operator::keys::{KeyArgs, new_passphrase};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::license::count;
use crate::keyring::KeyringError;
use crate::ledger::{KeyPurpose, SigningKeyRecord};

/// Change the passphrase of your copies of the signing keys
///
/// Without a KID, that of all your copies but an unprotected one of the test key. Each file is replaced at once: whatever
/// happens, either the old passphrase opens it or the new one. Who has an older copy of a file still opens that with the old
/// passphrase.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key passphrase
  lic key passphrase --passphrase-file old.pass --new-passphrase-file new.pass --no-input")]
pub struct Args {
    /// The key: its kid, or a beginning of it [default: all of which you have a copy]
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: Option<String>,
    #[command(flatten)]
    keys: KeyArgs,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let keys = chosen(args, &authority, &actor)?;
    let copies = count(u32::try_from(keys.len()).unwrap_or(u32::MAX), "signing key");
    if session.globals.dry_run {
        session.done(&format!("change the passphrase of your copy of {copies}"), "");
        return Ok(());
    }
    // All are opened before anything is asked or written.
    let signers = args.keys.unlock_all(&authority, &actor, keys, session)?;
    let passphrase = new_passphrase(actor.slug(), &args.keys, "lic key passphrase --new-passphrase-file FILE", session)?;
    for (signer, purpose) in &signers {
        let protection = protection(passphrase.as_ref(), &mut *session.world.entropy)?;
        let at = session.now();
        authority.change_passphrase(&actor, signer, protection, at)?;
        let what = if passphrase.is_some() { "has a new passphrase" } else { "has no passphrase any more" };
        session.tick(&format!("your copy of {purpose} key {} {what}", signer.kid()));
    }
    Ok(authority.close()?)
}

fn chosen(args: &Args, authority: &Authority, actor: &Actor) -> Result<Vec<SigningKeyRecord>, Failure> {
    let own = |key: &SigningKeyRecord| key.copies.iter().find(|copy| copy.operator == *actor.slug()).cloned();
    if let Some(name) = &args.kid {
        let key = find::signing_key(&authority.read(), name)?;
        return match own(&key) {
            Some(_) => Ok(vec![key]),
            None => Err(Error::Keyring(KeyringError::NoCopy { kid: key.kid, operator: actor.slug().clone() }).into()),
        };
    }
    let mut keys = authority.read().signing_keys()?;
    keys.retain(|key| own(key).is_some_and(|copy| copy.protected || key.purpose != KeyPurpose::Test));
    if keys.is_empty() {
        let message = format!("operator '{}' has no copy of a signing key", actor.slug());
        return Err(Failure::new(exit::NOT_ALLOWED, message).hint("see who has one with 'lic key list'"));
    }
    Ok(keys)
}
