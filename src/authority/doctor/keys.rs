//! The signing keys: what state they are in, how old they are, and whether the files are those of the ledger.

use super::{Level, Notes, Patient, count, quoted};
use crate::keyring::{Holder, Keyring, StoredKey, StoredKind};
use crate::ledger::{KeyPurpose, KeyState, Ledger, LedgerError, SignedBy, SigningKeyRecord};
use crate::license::Slug;

/// How old a key may get that signs, and how long one may wait to sign, in days.
const OLDEST: i64 = 2 * 365;
const LONGEST_WAIT: i64 = 180;

pub(super) fn keys(patient: &Patient, notes: &mut Notes<'_>) {
    let Ok(ledger) = &patient.ledger else { return notes.leave_out() };
    if let Err(why) = examine(patient, ledger, notes) {
        notes.error(why.to_string(), "see what is said of the ledger");
    }
}

fn examine(patient: &Patient, ledger: &Ledger, notes: &mut Notes<'_>) -> Result<(), LedgerError> {
    let records = ledger.read().signing_keys()?;
    states(patient, ledger, &records, notes)?;
    match Keyring::at(patient.home.keys_path()).stored_keys() {
        Ok(stored) => {
            let operators: Vec<Slug> = ledger.read().operators()?.into_iter().map(|operator| operator.slug).collect();
            for record in &records {
                files_of(patient, record, &stored, &operators, notes);
            }
            strangers(patient, &records, &stored, notes);
        }
        // Told with the files.
        Err(_) => notes.note(Level::Ok, "left out: whether their files are there", None),
    }
    if notes.is_clean() {
        let active: Vec<String> = records.iter().filter(|key| key.state == KeyState::Active).map(named).collect();
        notes.ok(format!("active: {}", active.join(", ")));
    }
    Ok(())
}

fn named(record: &SigningKeyRecord) -> String {
    format!("{} {}", record.purpose, record.kid)
}

/// What state the keys are in, and for how long.
fn states(patient: &Patient, ledger: &Ledger, records: &[SigningKeyRecord], notes: &mut Notes<'_>) -> Result<(), LedgerError> {
    if !records.iter().any(|key| key.purpose == KeyPurpose::License && key.state == KeyState::Active) {
        match records.iter().find(|key| key.purpose == KeyPurpose::License && key.state == KeyState::Next) {
            Some(next) => notes.error("no key is active: nothing can be issued", format!("lic key activate {}", next.kid)),
            None => notes.error("no key is active: nothing can be issued", "lic key new, then lic key activate"),
        }
    }
    for record in records {
        let days = (patient.at.seconds() - record.created_at.seconds()) / 86_400;
        let (kid, age) = (&record.kid, count(days.unsigned_abs(), "day"));
        match record.state {
            KeyState::Active if days > OLDEST && record.purpose == KeyPurpose::License => {
                notes.warn(format!("{kid} has signed for {age}"), "lic key new");
            }
            KeyState::Next if days > LONGEST_WAIT => {
                notes.warn(format!("{kid} has waited to sign for {age}"), format!("lic key activate {kid}"));
            }
            KeyState::Compromised => {
                let live = ledger.read().count_signed_by(&SignedBy::key(*kid, patient.at))?;
                if live > 0 {
                    let what = format!("{kid} is compromised; signed by it and still in use: {}", count(live, "license"));
                    notes.error(what, format!("lic key reissue {kid}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the files of a key are there, and are what the ledger says.
fn files_of(patient: &Patient, record: &SigningKeyRecord, stored: &[StoredKey], operators: &[Slug], notes: &mut Notes<'_>) {
    let kid = &record.kid;
    let find = |holder: &Holder| stored.iter().find(|file| file.kid == *kid && file.holder == *holder);
    public(patient, record, find(&Holder::Everybody), notes);
    let signs = matches!(record.state, KeyState::Active | KeyState::Next);
    if !record.purpose.signs_licenses() {
        if signs && find(&Holder::Authority).is_none() {
            let mend =
                format!("put keys/{kid}.key.pem back from a copy, or make another: lic key new --purpose {}", record.purpose);
            notes.error(format!("the private half of the {} key {kid} is missing", record.purpose), mend);
        }
        return;
    }
    let mut there = 0;
    for copy in &record.copies {
        let holder = Holder::Operator(copy.operator.clone());
        let name = format!("keys/{kid}/{}.pem", copy.operator);
        let path = patient.home.keys_path().join(format!("{kid}/{}.pem", copy.operator));
        match find(&holder).map(|file| file.kind) {
            Some(StoredKind::Damaged) => {
                notes.error(format!("{name} is no signing key any more"), format!("put {} back from a backup", quoted(&path)));
            }
            Some(StoredKind::Bare) if record.purpose == KeyPurpose::License && signs => {
                there += 1;
                notes.warn(format!("no passphrase protects {name}"), format!("lic key passphrase --as {}", copy.operator));
            }
            Some(kind) => {
                there += 1;
                if (kind == StoredKind::Encrypted) != copy.protected {
                    let what = if copy.protected { "protected" } else { "not protected" };
                    let what = format!("the ledger says that {name} is {what}, and it is otherwise");
                    notes.warn(what, "have its operator say whether that was their doing");
                }
            }
            None if signs => {
                let mend = format!("put {} back from a copy, or: lic operator edit {} --give-keys", quoted(&path), copy.operator);
                notes.warn(format!("{name} is missing"), mend);
            }
            None => {}
        }
    }
    if there == 0 && record.purpose == KeyPurpose::License && record.state == KeyState::Active {
        notes.error(
            format!("nobody has a copy of the active key {kid}"),
            "put the keys folder back from a backup, or: lic key new",
        );
    }
    for file in stored.iter().filter(|file| file.kid == *kid) {
        if let Holder::Operator(operator) = &file.holder
            && !record.copies.iter().any(|copy| copy.operator == *operator)
        {
            let who = if operators.contains(operator) { "was never given one" } else { "is no operator" };
            let path = patient.home.keys_path().join(&file.name);
            notes.warn(format!("keys/{} is a copy for '{operator}', who {who}", file.name), format!("rm {}", quoted(&path)));
        }
    }
}

/// Whether the public key on disk is that of the ledger. Others take it from there, so that another one is no trifle.
fn public(patient: &Patient, record: &SigningKeyRecord, file: Option<&StoredKey>, notes: &mut Notes<'_>) {
    let kid = &record.kid;
    let path = patient.home.keys_path().join(format!("{kid}.pub.pem"));
    let export = format!("lic key export --kid {kid} > {}", quoted(&path));
    let Ok(expected) = record.public_key() else {
        return notes.error(format!("the ledger holds no valid public key of {kid}"), "see what is said of the ledger");
    };
    match file {
        None => notes.warn(format!("keys/{kid}.pub.pem is missing"), export),
        Some(file) => {
            let found = std::str::from_utf8(&file.content).ok().and_then(|text| crate::token::KeySet::parse(text).ok());
            if found.is_none_or(|found| found.iter().next().is_none_or(|found| found.x() != expected.x())) {
                notes.error(format!("keys/{kid}.pub.pem holds another key than the ledger"), export);
            }
        }
    }
}

/// Files of keys that the ledger does not know.
fn strangers(patient: &Patient, records: &[SigningKeyRecord], stored: &[StoredKey], notes: &mut Notes<'_>) {
    for file in stored.iter().filter(|file| !records.iter().any(|record| record.kid == file.kid)) {
        let path = patient.home.keys_path().join(&file.name);
        notes.warn(
            format!("the ledger knows no key of keys/{}", file.name),
            format!("look whose it is, then rm {}", quoted(&path)),
        );
    }
}
