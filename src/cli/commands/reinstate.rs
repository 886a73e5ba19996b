//! `lic reinstate`: a license that was switched off is good again.

use super::deciding::decide;
use super::which::named_or_picked;
use crate::authority::standing::Decision;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::{Role, Standing};

/// Make suspended licenses good again
///
/// An admin may also undo a revocation, unless its reason is fraud or key-compromise. Customers' programs learn of it from the
/// next status list.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic reinstate LIC-7QK3-M2ZD --reason 'invoice 4711 is paid'")]
pub struct Args {
    /// The licenses: ids, beginnings of ids, keys, or files that hold keys
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    licenses: Vec<String>,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "reinstate licenses", &authority.read())?;
    let admin = actor.operator().role == Role::Admin;
    let fits = |standing| standing == Standing::Suspended || (admin && standing == Standing::Revoked);
    let example = "lic reinstate LIC-7QK3-M2ZD";
    let (licenses, answered) = named_or_picked(&args.licenses, example, fits, &authority, session)?;
    let decision = Decision::Reinstate { reason: args.reason };
    decide(&mut authority, &actor, &licenses, &decision, &answered, session)?;
    Ok(authority.close()?)
}
