//! What is kept of what was refused: the log tells of it, and the dashboard warns.
//!
//! Only what may mean that somebody uses more than was granted is kept: a renewal or an activation of a revoked license, a machine
//! without a seat, a machine of another customer, a key that was not issued here. A mistyped command is nobody's business.

use sha2::{Digest, Sha256};

use super::{Actor, Authority, Error, Mode};
use crate::ledger::{Fact, Tables};
use crate::license::{Doubt, LicenseId, MachineId, Occasion, RefusedFor, Role, Timestamp};
use crate::token::{self, Outcome, Reason, Verdict, armour};

/// The longest kid that is kept of a key that anybody may have made, in characters.
const LONGEST_KID: usize = 64;

/// What somebody asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What for.
    pub occasion: Occasion,
    /// For which license, where it was for one.
    pub license: Option<LicenseId>,
    /// For which machine.
    pub machine: Option<MachineId>,
    /// When.
    pub at: Timestamp,
}

impl Authority {
    /// Keeps in the log that something was refused, where that is worth keeping; the same once a day. Gives how often it was kept.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for one who could not have got it either; when the ledger cannot be written.
    pub fn keep_refusal(&mut self, actor: &Actor, asked: &Asked, why: &Error) -> Result<usize, Error> {
        let at = asked.at;
        let refused = refused(asked, why);
        if refused.is_empty() {
            return Ok(0);
        }
        self.change(Mode::Commit, |tx| {
            let actor = actor.as_of(&tx.read())?;
            actor.require(Role::Issuer, "change licenses", &tx.read())?;
            let mut kept = 0;
            for (license, why) in refused {
                let fact = Fact::LicenseRefused { license, asked: asked.occasion, why, machine: asked.machine.clone() };
                if !is_kept(&tx.read(), &fact, at)? {
                    tx.record(at, actor.slug(), &fact)?;
                    kept += 1;
                }
            }
            Ok(kept)
        })
    }

    /// Why a key that was examined was not issued here; `None` of one that was, and of what is no key at all.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn doubt(&self, verdict: &Verdict, pasted: &[u8]) -> Result<Option<Doubt>, Error> {
        let failed = |reason| verdict.checks.iter().any(|one| one.outcome == Outcome::Failed && one.reason == Some(reason));
        if failed(Reason::OlderSystem) {
            return Ok(None);
        }
        for (reason, doubt) in [
            (Reason::UnknownKey, Doubt::UnknownKey),
            (Reason::BadSignature, Doubt::BadSignature),
            (Reason::NotInLedger, Doubt::NotInLedger),
        ] {
            if failed(reason) {
                return Ok(Some(doubt));
            }
        }
        // Of a signing key that is trusted no more, the ledger still knows what it signed here.
        let Some(claims) = verdict.claims.as_ref().filter(|_| failed(Reason::CompromisedKey)) else { return Ok(None) };
        let ours = self.read().key_text(claims.jti, claims.rev)?;
        let same = armour::find(pasted).is_ok_and(|key| ours.is_some_and(|ours| ours == key));
        Ok((!same).then_some(Doubt::NotInLedger))
    }

    /// Keeps in the log that a key was seen that was not issued here; the same once a day. Gives whether it was kept now.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for one who may not write; when the ledger cannot be written.
    pub fn keep_doubt(&mut self, actor: &Actor, why: Doubt, pasted: &[u8], at: Timestamp, mode: Mode) -> Result<bool, Error> {
        let Ok(key) = armour::find(pasted) else { return Ok(false) };
        let read = token::inspect(pasted).ok();
        let kid = read.as_ref().map_or_else(String::new, |(header, _)| header.kid.chars().take(LONGEST_KID).collect());
        let fact = Fact::KeyDoubted {
            why,
            digest: Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
            kid,
            claims_license: read.as_ref().map(|(_, claims)| claims.jti),
            claims_customer: read.map(|(_, claims)| claims.sub),
        };
        self.change(mode, |tx| {
            let actor = actor.as_of(&tx.read())?;
            actor.require(Role::Issuer, "put keys on record", &tx.read())?;
            if is_kept(&tx.read(), &fact, at)? {
                return Ok(false);
            }
            tx.record(at, actor.slug(), &fact)?;
            Ok(true)
        })
    }
}

/// The licenses of a refusal that is worth keeping, and why.
fn refused(asked: &Asked, why: &Error) -> Vec<(LicenseId, RefusedFor)> {
    match why {
        Error::Revoked(license) => vec![(*license, RefusedFor::Revoked)],
        Error::NoSeat { license, .. } => vec![(*license, RefusedFor::NoSeat)],
        Error::TooManyTransfers { license, .. } => vec![(*license, RefusedFor::TooManyTransfers)],
        // The error names the license that has the machine; what was refused is the other one.
        Error::MachineElsewhere { .. } => {
            asked.license.map(|license| (license, RefusedFor::MachineElsewhere)).into_iter().collect()
        }
        Error::Several { failed, .. } => failed.iter().flat_map(|(_, why)| refused(asked, why)).collect(),
        _ => Vec::new(),
    }
}

/// Whether the same was kept within a day.
fn is_kept(tables: &Tables<'_>, fact: &Fact, at: Timestamp) -> Result<bool, Error> {
    Ok(tables.alerting_events(at.plus_days(-1), at)?.iter().any(|event| event.fact == *fact))
}
