//! `lic revoke`: a license is taken back.

use super::deciding::decide;
use super::which::{line, named_or_picked};
use crate::authority::Mode;
use crate::authority::standing::Decision;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::{RevocationReason, Role, Standing};

const EXAMPLE: &str = "lic revoke LIC-7QK3-M2ZD --reason refund";

/// Take licenses back
///
/// A revoked license gets no new key, and no renewal brings it back. An admin may undo it with 'lic reinstate', unless the
/// reason is fraud or key-compromise. Customers' programs learn of it from the next status list.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reasons: refund, unpaid, fraud, key-compromise, superseded, cessation, other.

Examples:
  lic revoke LIC-7QK3-M2ZD --reason refund --note 'credit note 4711'
  lic revoke LIC-7QK3-M2ZD LIC-P9VD-F5KP --reason fraud --yes")]
pub struct Args {
    /// The licenses: ids, beginnings of ids, keys, or files that hold keys
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    licenses: Vec<String>,
    /// Why: refund, unpaid, fraud, key-compromise, superseded, cessation or other
    #[arg(long, value_name = "REASON")]
    reason: Option<RevocationReason>,
    /// Anything worth knowing about the reason, for the ledger
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "revoke licenses", &authority.read())?;
    let fits = |standing| standing != Standing::Revoked;
    let (licenses, mut answered) = named_or_picked(&args.licenses, EXAMPLE, fits, &authority, session)?;
    let reason = match args.reason {
        Some(reason) => reason,
        None => {
            let reason = ask_reason(session)?;
            answered.extend(["--reason".to_owned(), reason.to_string()]);
            reason
        }
    };
    let decision = Decision::Revoke { reason, note: args.note };
    if session.can_ask() && !session.globals.dry_run {
        // What cannot be done is told before anybody is asked whether to do it.
        let ids: Vec<_> = licenses.iter().map(|license| license.id).collect();
        authority.decide(&actor, &ids, &decision, session.now(), Mode::Rehearse)?;
        licenses.iter().for_each(|license| session.reveal(&format!("{}  {}", license.id, line(license))));
        let what = if licenses.len() == 1 { "it".to_owned() } else { format!("these {} licenses", licenses.len()) };
        let last = if reason.is_final() { ", for good" } else { "" };
        if !session.ask_confirm(&format!("Are you sure to revoke {what} ({reason}){last}?"), false)? {
            return Err(Failure::cancelled());
        }
    }
    decide(&mut authority, &actor, &licenses, &decision, &answered, session)?;
    Ok(authority.close()?)
}

fn ask_reason(session: &mut Session<'_>) -> Result<RevocationReason, Failure> {
    let all = RevocationReason::ALL;
    let items = all.map(|reason| format!("{:<14}  {}", reason.as_str(), reason.meaning()));
    let picked = session.ask_pick("reason", EXAMPLE, "Why?", &items, 0)?;
    all.get(picked).copied().ok_or_else(Failure::cancelled)
}
