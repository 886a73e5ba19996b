//! `lic key new`: the key that will sign next.

use crate::authority::{Actor, Authority, Error};
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase;
use crate::cli::session::Session;
use crate::cli::views::key::KeyView;
use crate::keyring::Passphrase;
use crate::ledger::KeyPurpose;
use crate::license::Role;
use crate::token::Kid;

/// Make the key that will sign next; it signs nothing before 'lic key activate'
///
/// From now on it is in 'lic key export', so that products can trust it before the first license that it signs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key new
  lic key new --purpose test
  lic key new --passphrase-file ~/lic.pass --no-input")]
pub struct Args {
    /// What it will sign: license, test, status or log
    #[arg(long, value_name = "PURPOSE", default_value = "license", value_parser = str::parse::<KeyPurpose>)]
    purpose: KeyPurpose,
    /// Leave your copy without a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    no_passphrase: bool,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let purpose = args.purpose;
    authority.check_new_key(&actor, purpose)?;
    if session.globals.dry_run {
        session.done(&format!("make the next {purpose} key"), "");
        return Ok(());
    }
    let passphrase = new_passphrase(args, &actor, session)?;
    let at = session.now();
    let kid = authority.new_key(&actor, purpose, passphrase.as_ref(), at, &mut *session.world.entropy)?;
    let copy = if purpose.signs_licenses() { format!(", with a copy for '{}'", actor.slug()) } else { String::new() };
    session.tick(&format!("made the next {purpose} key {kid}{copy}"));
    if passphrase.is_none() && purpose == KeyPurpose::License {
        session.warn("your copy has no passphrase: whoever can read the keys folder can sign");
    }
    what_comes_next(&authority, &actor, &kid, purpose, session)?;
    if !session.is_table() {
        let keys = authority.read().signing_keys()?;
        let made: Vec<KeyView> = keys.iter().filter(|key| key.kid == kid).map(KeyView::new).collect();
        session.list(&made, "", None)?;
    }
    Ok(authority.close()?)
}

/// The passphrase of the actor's copy; `None` for none. The test signing key needs none, and the authority's own have none.
fn new_passphrase(args: &Args, actor: &Actor, session: &mut Session<'_>) -> Result<Option<Passphrase>, Failure> {
    let told = args.signing.passphrase_file.is_some();
    if !args.purpose.signs_licenses() && told {
        return Err(Failure::usage(format!("a {} key opens without a passphrase: timers use it", args.purpose)));
    }
    if args.no_passphrase || (args.purpose != KeyPurpose::License && !told) {
        return Ok(None);
    }
    if let Some(passphrase) = passphrase::from_files(session, &args.signing).map_err(Error::Passphrase)? {
        passphrase.check_strength().map_err(Error::Passphrase)?;
        return Ok(Some(passphrase));
    }
    passphrase::ask_new(session, &format!("'{}'", actor.slug()), "lic key new --passphrase-file FILE").map(Some)
}

fn what_comes_next(
    authority: &Authority,
    actor: &Actor,
    kid: &Kid,
    purpose: KeyPurpose,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    match purpose {
        KeyPurpose::License => session.hint("put it into your products before it signs: lic key export > vendor.pem"),
        KeyPurpose::Test => session.hint("put it into your test builds before it signs: lic key export --test > test.pem"),
        _ => session.hint(&format!("publish it before it signs: lic key export --purpose {purpose}")),
    }
    let mut others = authority.read().operators()?;
    others.retain(|other| purpose.signs_licenses() && other.role >= Role::Issuer && other.slug != *actor.slug());
    if let Some(other) = others.first() {
        session.hint(&format!("give the others who issue a copy, one by one: lic key give {kid} {}", other.slug));
    }
    session.hint(&format!("once everybody who verifies has it: lic key activate {kid}"));
    Ok(())
}
