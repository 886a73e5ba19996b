//! The audit log for those who check it: its name and keys, signed checkpoints, proofs, and whether anything was tampered with.

use base64ct::{Base64, Encoding};

use super::service::{Service, ServiceKey};
use super::{Authority, Error};
use crate::audit::note::VerifierKey;
use crate::audit::{Checkpoint, Frontier, Hash, ProofFile, leaf_hash, verify_consistency, verify_inclusion};
use crate::ledger::{Difference, EventNumber, LedgerError, Tables};
use crate::token::PublicKey;

/// What a check of the whole log came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// How many events were replayed, up to the first difference.
    pub events: u64,
    /// The Merkle root over them.
    pub root: Hash,
    /// What is not as it should be, the first first, in words. None: everything is.
    pub findings: Vec<String>,
}

impl LogReport {
    /// The root as people see it in a checkpoint.
    #[must_use]
    pub fn root_text(&self) -> String {
        Base64::encode_string(&self.root)
    }
}

impl Authority {
    /// The name of the log: the issuer as the ledger knows it, in the form that checkpoints want. It stays the same when the
    /// settings change.
    ///
    /// # Errors
    /// When the ledger cannot be read or belongs to nobody.
    pub fn log_origin(&self) -> Result<String, Error> {
        let authority = self.read().authority()?;
        let authority = authority.ok_or_else(|| LedgerError::Damaged("it does not say whose it is".into()))?;
        Ok(origin(&authority.issuer))
    }

    /// The keys that verify checkpoints of this log: every log key but the compromised ones.
    ///
    /// # Errors
    /// When the ledger cannot be read or holds a damaged key.
    pub fn log_keys(&self) -> Result<Vec<VerifierKey>, Error> {
        self.service_public_keys(Service::Log)?.iter().map(|key| self.log_key(key)).collect()
    }

    /// A log key under the name of the log.
    ///
    /// # Errors
    /// As [`Authority::log_origin`].
    pub fn log_key(&self, key: &PublicKey) -> Result<VerifierKey, Error> {
        VerifierKey::new(&self.log_origin()?, *key.verifying()).map_err(|why| Error::SelfCheck(why.to_string()))
    }

    /// The newest checkpoint, signed by a log key: what `lic audit checkpoint` prints, and every status list carries.
    ///
    /// # Errors
    /// When the ledger cannot be read, or its head does not belong to its events.
    pub fn signed_checkpoint(&self, key: &ServiceKey) -> Result<String, Error> {
        let head = self.ledger.snapshot(|tables| sound_head(&tables))?;
        self.sign_head(&head, key)
    }

    /// The proof that the event with this number is in the log, with the newest checkpoint.
    ///
    /// # Errors
    /// When the ledger cannot be read, knows no such event, or contradicts itself.
    pub fn prove(&self, number: EventNumber, key: &ServiceKey) -> Result<ProofFile, Error> {
        let (head, body, hashes) = self.ledger.snapshot(|tables| {
            let head = sound_head(&tables)?;
            let body = tables.event_body(number)?;
            let body = body.ok_or_else(|| LedgerError::Damaged(format!("event {number} is missing")))?;
            let hashes = tables.inclusion_proof(number, head.size())?;
            Ok::<_, Error>((head, body, hashes))
        })?;
        // The hashes come from the column beside the events: what was tampered with proves nothing, and is said here.
        if !verify_inclusion(&leaf_hash(body.as_bytes()), number.leaf_index(), head.size(), &hashes, &head.root()) {
            return Err(LedgerError::Damaged(format!("event {number} is not what the head of the log says")).into());
        }
        let checkpoint = self.sign_head(&head, key)?;
        Ok(ProofFile { entry: Some(body.into_bytes()), index: number.leaf_index(), hashes, checkpoint })
    }

    fn sign_head(&self, head: &Frontier, key: &ServiceKey) -> Result<String, Error> {
        let impossible = |why: String| Error::SelfCheck(why);
        let origin = self.log_origin()?;
        let verifier = VerifierKey::new(&origin, key.verifying()).map_err(|why| impossible(why.to_string()))?;
        let checkpoint = Checkpoint::new(&origin, head.size(), head.root()).map_err(|why| impossible(why.to_string()))?;
        Ok(checkpoint.sign(&verifier, |text| key.sign(text)))
    }

    /// Replays the log and compares the tables, asks the engine about the file, and proves that the log grew from an older
    /// checkpoint, which was verified before. `progress` hears of every event replayed.
    ///
    /// # Errors
    /// When the ledger cannot be read. What was tampered with is an answer, not an error.
    pub fn check_log(&self, older: Option<&Checkpoint>, progress: impl FnMut(EventNumber)) -> Result<LogReport, Error> {
        let replay = self.ledger.replay(progress)?;
        let mut findings: Vec<String> = Vec::new();
        if let Some(difference) = &replay.difference {
            findings.push(in_words(&self.read(), difference));
        }
        let mut engine = self.ledger.integrity()?;
        engine.dedup();
        findings.extend(engine.into_iter().take(MOST_OF_THE_ENGINE));
        // Where the replay stopped in the middle of the log, there is no root to compare with.
        let replayed = matches!(
            replay.difference,
            None | Some(Difference::Head | Difference::Row { .. } | Difference::RowMissing { .. } | Difference::RowAdded { .. })
        );
        if let Some(older) = older
            && replayed
            && let Some(finding) = self.not_grown(older, replay.events, &replay.root)?
        {
            findings.push(finding);
        }
        Ok(LogReport { events: replay.events, root: replay.root, findings })
    }

    /// Why a log of so many events did not grow from an older checkpoint; `None` where it did.
    fn not_grown(&self, older: &Checkpoint, size: u64, root: &Hash) -> Result<Option<String>, Error> {
        let old = older.size();
        if old > size {
            return Ok(Some(format!(
                "the checkpoint has {old} events and the ledger {size}: its end is gone, or this is an older copy of it"
            )));
        }
        let proof = self.read().consistency_proof(old, size)?;
        let grown = verify_consistency(old, older.root(), size, root, &proof);
        Ok((!grown).then(|| format!("history was rewritten: the first {old} events are not those of the checkpoint")))
    }
}

/// How much is told of what the engine finds: a broken page brings many lines.
const MOST_OF_THE_ENGINE: usize = 5;

/// The head of the log, unless its size already shows that it is not that of the events.
fn sound_head(tables: &Tables<'_>) -> Result<Frontier, Error> {
    let head = tables.head()?;
    if head.size() == tables.last_event()? { Ok(head) } else { Err(LedgerError::Damaged(Difference::Head.to_string()).into()) }
}

/// A difference with the license it is about, where the row is known by a number alone.
fn in_words(tables: &Tables<'_>, difference: &Difference) -> String {
    let (Difference::Row { table, row, .. } | Difference::RowMissing { table, row } | Difference::RowAdded { table, row }) =
        difference
    else {
        return difference.to_string();
    };
    let about_licenses = matches!(table.as_str(), "licenses" | "revisions" | "standings");
    let number: String = row.chars().skip_while(|sign| !sign.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    match number.parse().ok().filter(|_| about_licenses).map(|number| tables.license_id_at(number)) {
        Some(Ok(Some(id))) => format!("{id}: {difference}"),
        _ => difference.to_string(),
    }
}

/// The name of a log whose authority issues in this name: a URL without its scheme, with nothing in it that a name of a signed
/// note cannot hold.
fn origin(issuer: &str) -> String {
    let without_scheme = ["https://", "http://"].into_iter().find_map(|scheme| issuer.strip_prefix(scheme)).unwrap_or(issuer);
    let bare = without_scheme.trim_end_matches('/');
    let bare = if bare.is_empty() { issuer } else { bare };
    let mut name = String::new();
    for sign in bare.chars() {
        if sign.is_whitespace() || sign.is_control() || matches!(sign, '+' | '%') {
            let mut bytes = [0; 4];
            sign.encode_utf8(&mut bytes).bytes().for_each(|byte| name.push_str(&format!("%{byte:02X}")));
        } else {
            name.push(sign);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_name_of_a_log_is_its_issuer_without_what_names_cannot_hold() {
        for (issuer, name) in [
            ("example-software", "example-software"),
            ("https://vendor.example", "vendor.example"),
            ("https://vendor.example/licenses/", "vendor.example/licenses"),
            ("Müller & Söhne", "Müller%20&%20Söhne"),
            ("C++ 100%", "C%2B%2B%20100%25"),
            ("https://", "https://"),
            ("a\u{a0}b", "a%C2%A0b"),
        ] {
            assert_eq!(origin(issuer), name);
        }
    }

    proptest! {
        #[test]
        fn every_issuer_gives_a_name_that_notes_can_hold(issuer in "\\PC{1,30}") {
            let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
            let name = origin(&issuer);
            prop_assert!(VerifierKey::new(&name, key).is_ok());
            prop_assert!(Checkpoint::new(&name, 0, [0; 32]).is_ok());
        }
    }
}
