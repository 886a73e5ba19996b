//! `lic key activate` and `lic key retire`: which key signs.

use crate::authority::rotation::Activation;
use crate::authority::{Actor, Authority, Error, find};
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::ledger::{KeyPurpose, KeyState, SigningKeyRecord};
use crate::token::Kid;

/// Let a key sign from now on, and retire the one that did
///
/// Your copy of the key is opened first, which proves that it can sign. What the retired key signed stays good, and a retired
/// key can be activated again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key activate KID
  lic key activate KID --passphrase-file ~/lic.pass --no-input")]
pub struct ActivateArgs {
    /// The key: its kid, or a beginning of it
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: String,
    #[command(flatten)]
    signing: SigningArgs,
}

/// Take a key out of use; what it signed stays good
///
/// The key that signs is retired only where a next one is ready, which then is activated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key retire KID")]
pub struct RetireArgs {
    /// The key: its kid, or a beginning of it
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: String,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn activate(args: &ActivateArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let kid = find::signing_key(&authority.read(), &args.kid)?.kid;
    activate_key(&mut authority, &actor, &kid, &args.signing, session)?;
    Ok(authority.close()?)
}

pub fn retire(args: &RetireArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let key = find::signing_key(&authority.read(), &args.kid)?;
    if key.state == KeyState::Active
        && let Some(next) = next_of(&authority, key.purpose)?
    {
        session.note(&format!("{} signs now; the next {} key {next} takes its place", key.kid, key.purpose));
        activate_key(&mut authority, &actor, &next, &args.signing, session)?;
        return Ok(authority.close()?);
    }
    let (at, mode) = (session.now(), session.mode());
    let before = authority.retire_key(&actor, &key.kid, at, mode)?;
    let what = format!("{} key {}", before.purpose, before.kid);
    session.done(&format!("retire the {what}"), &format!("retired the {what}, which signed nothing"));
    Ok(authority.close()?)
}

fn next_of(authority: &Authority, purpose: KeyPurpose) -> Result<Option<Kid>, Error> {
    let ready = |key: &SigningKeyRecord| key.purpose == purpose && key.state == KeyState::Next;
    Ok(authority.read().signing_keys()?.into_iter().find(ready).map(|key| key.kid))
}

fn activate_key(
    authority: &mut Authority,
    actor: &Actor,
    kid: &Kid,
    signing: &SigningArgs,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let activation = authority.activation(actor, kid)?;
    let purpose = activation.key.purpose;
    if session.globals.dry_run {
        session.done(&format!("let {kid} sign {} from now on", signs(purpose)), "");
        return tell(&activation, session);
    }
    if session.can_ask() {
        let who = if purpose.signs_licenses() { "product" } else { "verifier" };
        session.reveal(&format!("a {who} that does not know {kid} refuses what it signs"));
        if !session.ask_confirm(&format!("Let {kid} sign {} from now on?", signs(purpose)), false)? {
            return Err(Failure::cancelled());
        }
    }
    let signer = authority.unlock_copy(actor, &activation.key, &mut Asking::new(session, signing))?;
    let at = session.now();
    let activation = authority.activate_key(actor, &signer, at)?;
    session.tick(&format!("{kid} signs {} from now on", signs(purpose)));
    tell(&activation, session)
}

/// What else comes of it.
fn tell(activation: &Activation, session: &mut Session<'_>) -> Result<(), Failure> {
    let kid = &activation.key.kid;
    if let Some(former) = &activation.former {
        let retired = if session.globals.dry_run { format!("would retire {former}") } else { format!("{former} is retired") };
        session.note(&format!("{retired}: what it signed stays good"));
    }
    for operator in &activation.left_behind {
        session.warn(&format!("'{operator}' has no copy and cannot issue: lic key give {kid} {operator}"));
    }
    if let Some(former) = activation.former.filter(|_| activation.key.purpose.signs_licenses()) {
        session.hint(&format!("leave {former} in your products while licenses depend on it: lic key plan {former}"));
    }
    Ok(())
}

/// What keys of a purpose sign, in words.
pub fn signs(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::License => "licenses",
        KeyPurpose::Test => "test licenses",
        KeyPurpose::Status => "status lists",
        KeyPurpose::Log => "checkpoints",
    }
}
