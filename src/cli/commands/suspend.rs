//! `lic suspend`: a license is switched off for a while.

use super::deciding::decide;
use super::which::named_or_picked;
use crate::authority::standing::Decision;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::{Role, Standing};

/// Switch licenses off for a while
///
/// 'lic reinstate' makes them good again. A license that is renewed meanwhile stays suspended. Customers' programs learn of it
/// from the next status list.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic suspend LIC-7QK3-M2ZD --reason 'invoice 4711 is overdue'")]
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
    actor.require(Role::Issuer, "suspend licenses", &authority.read())?;
    let fits = |standing| standing == Standing::Good;
    let example = "lic suspend LIC-7QK3-M2ZD";
    let (licenses, answered) = named_or_picked(&args.licenses, example, fits, &authority, session)?;
    let decision = Decision::Suspend { reason: args.reason };
    decide(&mut authority, &actor, &licenses, &decision, &answered, session)?;
    Ok(authority.close()?)
}
