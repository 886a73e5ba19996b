//! `lic key give` and `lic key take`: who has a copy.

use crate::authority::find;
use crate::authority::init::protection;
use crate::cli::commands::operator::keys::{KeyArgs, new_passphrase};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::ledger::KeyPurpose;
use crate::license::Slug;

/// Give an operator a copy of a signing key, under the operator's own passphrase
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key give KID jane
  lic key give KID jane --new-passphrase-file janes.pass --passphrase-file mine.pass --no-input")]
pub struct GiveArgs {
    /// The key: its kid, or a beginning of it
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: String,
    /// The operator
    #[arg(value_name = "OPERATOR", add = crate::cli::complete::operators())]
    operator: Slug,
    #[command(flatten)]
    keys: KeyArgs,
}

/// Take an operator's copy of a signing key away: its file is deleted
///
/// Whoever copied that file before, and knows its passphrase, can still sign with it. Only another signing key ends that.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key take KID jane
  lic key take KID jane --yes")]
pub struct TakeArgs {
    /// The key: its kid, or a beginning of it
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: String,
    /// The operator
    #[arg(value_name = "OPERATOR", add = crate::cli::complete::operators())]
    operator: Slug,
    /// Take it even where nobody who may issue keeps one
    #[arg(long)]
    force: bool,
}

pub fn give(args: &GiveArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let key = find::signing_key(&authority.read(), &args.kid)?;
    let (kid, operator) = (key.kid, &args.operator);
    authority.check_give(&actor, operator, &kid)?;
    let what = format!("'{operator}' a copy of {} key {kid}", key.purpose);
    if session.globals.dry_run {
        session.done(&format!("give {what}"), "");
        return Ok(());
    }
    let signer = args.keys.unlock(&authority, &actor, &key, session)?;
    // The test signing key needs no passphrase: see `authority::init`.
    let passphrase = match key.purpose {
        KeyPurpose::Test if !args.keys.names_new_passphrase() => None,
        _ => {
            let example = format!("lic key give {kid} {operator} --new-passphrase-file FILE");
            new_passphrase(operator, &args.keys, &example, session)?
        }
    };
    let at = session.now();
    let protection = protection(passphrase.as_ref(), &mut *session.world.entropy)?;
    authority.give_copy(&actor, operator, &signer, protection, at)?;
    session.tick(&format!("gave {what}"));
    Ok(authority.close()?)
}

pub fn take(args: &TakeArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let key = find::signing_key(&authority.read(), &args.kid)?;
    let (kid, operator, at) = (key.kid, &args.operator, session.now());
    let what = format!("the copy of {} key {kid} of '{operator}'", key.purpose);
    // Tried first, so that nobody is asked about what would be refused.
    let tried = authority.take_copy(&actor, operator, &kid, args.force, at, crate::authority::Mode::Rehearse)?;
    if tried.last {
        session.warn(&format!("nobody who may issue has another copy: without it nobody signs with {kid}"));
    }
    if session.globals.dry_run {
        session.done(&format!("take {what} away"), "");
        return Ok(());
    }
    if session.can_ask() && !session.ask_confirm(&format!("Take {what} away?"), false)? {
        return Err(Failure::cancelled());
    }
    let taken = authority.take_copy(&actor, operator, &kid, args.force, at, crate::authority::Mode::Commit)?;
    let gone = if taken.deleted { "" } else { "; its file was gone already" };
    session.tick(&format!("took {what} away{gone}"));
    session.hint(&format!(
        "if '{operator}' kept that file and its passphrase, it still signs: rotate with 'lic key new' and 'lic key activate'"
    ));
    Ok(authority.close()?)
}
