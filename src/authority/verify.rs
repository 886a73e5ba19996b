//! Verifying with a ledger at hand: beyond what the key itself says.

use super::activate::bound_by_key;
use super::{Authority, Error};
use crate::ledger::{KeyPurpose, KeyState, LicenseRecord, SigningKeyRecord, Tables};
use crate::license::Standing;
use crate::token::{Check, CheckResult, Claims, KeySet, Outcome, Reason, Verdict};

impl Authority {
    /// The keys that signed this authority's licenses and its status lists; signatures of compromised ones are refused.
    ///
    /// # Errors
    /// When the ledger cannot be read or holds a damaged key.
    pub fn key_set(&self) -> Result<KeySet, Error> {
        let mut keys = KeySet::new();
        for record in self.read().signing_keys()? {
            match record.purpose {
                KeyPurpose::License | KeyPurpose::Test => keys.insert(record.public_key()?),
                KeyPurpose::Status => keys.insert_status(record.public_key()?),
                KeyPurpose::Log => continue,
            }
            if record.state == KeyState::Compromised {
                keys.refuse(record.kid);
            }
        }
        Ok(keys)
    }

    /// Adds to a verdict what the ledger knows of the license: whether it was issued here, whether this is its newest
    /// revision, and whether it was suspended or revoked.
    ///
    /// A key with a good signature that the ledger does not know was minted elsewhere: the signing key may be stolen. Of a key
    /// signed by the test signing key, that is only told.
    /// An older revision is told and is not a failure: the customer's program takes it until it ends.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn add_ledger_checks(&self, verdict: &mut Verdict, pasted: &[u8]) -> Result<(), Error> {
        let signed = verdict.checks.iter().any(|one| one.check == Check::Signature && one.outcome == Outcome::Passed);
        let Some(claims) = verdict.claims.clone().filter(|_| signed) else {
            if self.add_older_system(verdict, pasted)? {
                return Ok(());
            }
            verdict.add(CheckResult::skipped(Check::Ledger, "not looked up: the signature is not good"));
            return Ok(());
        };
        self.name_signing_key(verdict, pasted)?;
        let tables = self.read();
        let Some(record) = tables.license(claims.jti)? else {
            verdict.add(self.unknown(pasted, &format!("{} is not in the ledger", claims.jti))?);
            return Ok(());
        };
        // The signing key counts too: what another key of ours signed in place of the one recorded was not signed here.
        let read = |key: &[u8]| crate::token::inspect(key).ok().map(|(header, claims)| (header.kid, claims));
        let recorded = tables.key_text(claims.jti, claims.rev)?.and_then(|key| read(key.as_bytes()));
        if recorded.is_none() || recorded != read(pasted) {
            let what = format!("{} revision {} is not what the ledger recorded", claims.jti, claims.rev);
            verdict.add(self.unknown(pasted, &what)?);
            return Ok(());
        }
        verdict.add(CheckResult::passed(Check::Ledger, format!("issued by {}", record.issued_by)));
        verdict.add(revision(&tables, &record, &claims)?);
        verdict.add(match verdict.result(Check::Standing) {
            // The customer's program goes by the list until it gets a newer one.
            Some(listed) if listed.outcome == Outcome::Failed && record.standing == Standing::Good => {
                CheckResult { detail: format!("{}, though in good standing by the ledger", listed.detail), ..listed.clone() }
            }
            _ => standing(&tables, &record)?,
        });
        Ok(())
    }

    /// Says of the key of an older system that it is one, where its license was taken over with it. Whether it looks like a
    /// key of ours is then beside the point.
    fn add_older_system(&self, verdict: &mut Verdict, pasted: &[u8]) -> Result<bool, Error> {
        let Ok(text) = std::str::from_utf8(pasted) else { return Ok(false) };
        let tables = self.read();
        let Some(license) = tables.licenses_by_foreign_key(text)?.first().copied() else { return Ok(false) };
        let Some(foreign) = tables.foreign(license)? else { return Ok(false) };
        let (system, reference) = (foreign.system, foreign.reference);
        verdict.add(CheckResult::skipped(Check::Format, "it is no key of ours"));
        verdict
            .add(CheckResult::failed(Reason::OlderSystem, format!("the key of {reference} in {system}; here it is {license}")));
        Ok(true)
    }

    /// Adds to the signature's line what the signing key is: active, retired, or for tests only. A next key is trusted as the
    /// products trust it; that it signed nothing yet is what the ledger's own check finds.
    fn name_signing_key(&self, verdict: &mut Verdict, pasted: &[u8]) -> Result<(), Error> {
        let Some(key) = self.signed_by(pasted)? else { return Ok(()) };
        let what = match key.purpose {
            KeyPurpose::Test => "test signing key: release builds do not trust it".to_owned(),
            _ => key.state.as_str().to_owned(),
        };
        verdict.add(CheckResult::passed(Check::Signature, format!("kid {} ({what})", key.kid)));
        Ok(())
    }

    /// The signing key that a key names, where it is one of this authority that signs licenses.
    fn signed_by(&self, pasted: &[u8]) -> Result<Option<SigningKeyRecord>, Error> {
        let Ok((header, _)) = crate::token::inspect(pasted) else { return Ok(None) };
        let named = |key: &SigningKeyRecord| key.purpose.signs_licenses() && key.kid.as_str() == header.kid;
        Ok(self.read().signing_keys()?.into_iter().find(named))
    }

    /// What to say of a license that the ledger does not know, though its signature is good.
    fn unknown(&self, pasted: &[u8], what: &str) -> Result<CheckResult, Error> {
        let test = self.signed_by(pasted)?.is_some_and(|key| key.purpose == KeyPurpose::Test);
        Ok(if test {
            // No passphrase protects the test signing key, and no release build trusts it: anybody here may have made this.
            CheckResult::warned(Reason::NotInLedger, format!("{what}; it is signed by the test signing key"))
        } else {
            CheckResult::failed(
                Reason::NotInLedger,
                format!("{what}, though its signature is good: the signing key may be stolen"),
            )
        })
    }
}

fn revision(tables: &Tables<'_>, record: &LicenseRecord, claims: &Claims) -> Result<CheckResult, Error> {
    let (rev, newest) = (claims.rev, record.rev);
    Ok(if rev == newest {
        CheckResult::passed(Check::Revision, format!("{rev} is the newest"))
    } else if is_newest_of_its_machines(tables, record, claims)? {
        CheckResult::passed(Check::Revision, format!("{rev} is the newest for its machines; {newest} is for another"))
    } else {
        CheckResult::warned(Reason::NotNewestRevision, format!("{rev} was replaced: the newest is {newest}"))
    })
}

/// Whether every later key is for one machine alone, and for none of those that this one is bound to.
fn is_newest_of_its_machines(tables: &Tables<'_>, record: &LicenseRecord, claims: &Claims) -> Result<bool, Error> {
    let mine = &claims.machines.bound;
    for rev in (claims.rev + 1..=record.rev).rev() {
        let (Some(key), Some(terms)) = (bound_by_key(tables, record.id, rev)?, tables.terms(record.id, rev)?) else {
            return Ok(false);
        };
        // One that grants what it says to every machine takes the place of all before it, and so does one after which a
        // machine of this key is bound no more.
        let held = mine.iter().all(|machine| terms.machines.bound.contains(machine));
        if key == terms.machines.bound || !held || key.iter().any(|machine| mine.contains(machine)) {
            return Ok(false);
        }
    }
    Ok(!mine.is_empty())
}

fn standing(tables: &Tables<'_>, record: &LicenseRecord) -> Result<CheckResult, Error> {
    let (reason, what) = match record.standing {
        Standing::Good => return Ok(CheckResult::passed(Check::Standing, "neither suspended nor revoked")),
        Standing::Suspended => (Reason::Suspended, "suspended by the vendor"),
        Standing::Revoked => (Reason::Revoked, "revoked by the vendor"),
    };
    let detail = match tables.standing(record.id)? {
        Some(newest) => {
            let why = newest.reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{what} on {}{why}", newest.at.date())
        }
        None => what.to_owned(),
    };
    Ok(CheckResult::failed(reason, detail))
}
