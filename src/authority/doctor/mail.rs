//! Mail: whether what the settings name is there, and whether people were told lately. Nothing is sent, and nobody is called.

use std::path::Path;

use super::{Notes, Patient, ago, count, quoted};
use crate::authority::settings::{MailSettings, MailTransport};
use crate::ledger::{Ledger, LedgerError, MailState};

/// How long ago `lic notify` may have gone well, in days: it runs every day.
const LATEST: i64 = 2;
/// The permission bits of the group and of all others.
const GROUP_AND_OTHERS: u32 = 0o077;

pub(super) fn mail(patient: &Patient, notes: &mut Notes<'_>) {
    let Ok(settings) = &patient.settings else { return };
    let Some(mail) = &settings.mail else {
        return notes.ok("there is no [mail] in lic.toml: nobody is told of the ends of licenses");
    };
    way_out(patient, mail, notes);
    let Ok(ledger) = &patient.ledger else { return notes.leave_out() };
    if let Err(why) = runs(patient, ledger, notes) {
        notes.error(why.to_string(), "see what is said of the ledger");
    }
}

/// What the way out needs on this machine.
fn way_out(patient: &Patient, mail: &MailSettings, notes: &mut Notes<'_>) {
    let home = patient.home.path();
    match &mail.transport {
        MailTransport::Smtp(smtp) => {
            if let Some(file) = &smtp.password_file {
                let file = home.join(file);
                match super::files::mode(&file) {
                    None => missing("the password file", &file, notes),
                    Some(mode) if mode & GROUP_AND_OTHERS != 0 => notes.error(
                        format!("others may read the password file {} (mode {mode:03o})", file.display()),
                        format!("chmod 600 {}", quoted(&file)),
                    ),
                    Some(_) => {}
                }
            }
            if let Some(file) = smtp.ca_file.as_ref().map(|file| home.join(file)).filter(|file| !file.is_file()) {
                missing("the file of certificates", &file, notes);
            }
        }
        MailTransport::Sendmail(program) if !program.is_file() => missing("the mail program", program, notes),
        MailTransport::Folder(folder) if home.join(folder).is_file() => {
            notes.error(
                format!("{} is a file, and mails are to go into a folder", home.join(folder).display()),
                "lic config show",
            );
        }
        MailTransport::Sendmail(_) | MailTransport::Folder(_) => {}
    }
}

fn missing(what: &str, path: &Path, notes: &mut Notes<'_>) {
    notes.error(format!("{what} {} is not there", path.display()), "name the right one in [mail] of lic.toml");
}

/// When people were last told, and what did not arrive.
fn runs(patient: &Patient, ledger: &Ledger, notes: &mut Notes<'_>) -> Result<(), LedgerError> {
    let tables = ledger.read();
    for (state, number) in tables.count_mails()? {
        let mails = count(number, "mail");
        match state {
            MailState::Failed if number > 0 => notes.warn(format!("{mails} could not be sent so far"), "lic notify"),
            MailState::Refused if number > 0 => notes.warn(format!("{mails} were refused for good"), "lic notify history"),
            _ => {}
        }
    }
    let good = tables.mail_runs()?.and_then(|runs| runs.good);
    match good {
        None => notes.warn("'lic notify' never went well", "lic notify, every day by a timer"),
        Some(good) => {
            let since = patient.at.seconds() - good.seconds();
            if since > LATEST * 86_400 {
                notes.warn(format!("'lic notify' last went well {} ago", ago(since)), "lic notify, every day by a timer");
            } else if notes.is_clean() {
                notes.ok(format!("'lic notify' last went well at {good}"));
            }
        }
    }
    Ok(())
}
