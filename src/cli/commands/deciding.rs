//! What suspending, revoking and reinstating have in common: the same use case, and the same things said afterwards.

use super::which::line;
use crate::authority::standing::Decision;
use crate::authority::{Actor, Authority};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::decided::DecidedView;
use crate::ledger::LicenseRecord;
use crate::license::Standing;

/// Decides about licenses, and says what came of it.
pub fn decide(
    authority: &mut Authority,
    actor: &Actor,
    licenses: &[LicenseRecord],
    decision: &Decision,
    answered: &[String],
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let ids: Vec<_> = licenses.iter().map(|license| license.id).collect();
    let (at, mode) = (session.now(), session.mode());
    let decided = authority.decide(actor, &ids, decision, at, mode)?;
    let (verb, did, standing, reason, note) = match decision {
        Decision::Suspend { reason } => ("suspend", "suspended", Standing::Suspended, reason.as_deref(), None),
        Decision::Revoke { reason, note } => ("revoke", "revoked", Standing::Revoked, Some(reason.as_str()), note.as_deref()),
        Decision::Reinstate { reason } => ("reinstate", "reinstated", Standing::Good, reason.as_deref(), None),
    };
    for before in &decided {
        let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let was = if standing == Standing::Good { format!(" (was {})", before.status(at)) } else { String::new() };
        let what = format!("{}  {}", before.id, line(before));
        session.done(&format!("{verb} {what}{was}{why}"), &format!("{what} · {did}{was}{why}"));
    }
    if !session.is_table() && !session.globals.dry_run {
        let views: Vec<_> = decided.iter().map(|before| DecidedView::new(before, standing, reason, note, at)).collect();
        session.list(&views, "", None)?;
    }
    if !session.globals.dry_run {
        session.hint("customers' programs learn of it when the status list is published: lic status publish");
        if !answered.is_empty() {
            let command = session.typed_with(answered);
            session.hint(&format!("the same without questions: {command}"));
        }
    }
    Ok(())
}
