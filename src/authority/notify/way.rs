//! The way out that `lic.toml` describes, with the password from where passwords are.

use std::fs;
use std::path::Path;

use super::NotifyError;
use crate::authority::settings::{MailSettings, MailTransport, Settings, SmtpSettings};
use crate::authority::{Error, Home};
use crate::keyring::Passphrase;
use crate::license::Timestamp;
use crate::mail::message::one_line;
use crate::mail::transport::{Folder, Login, Sendmail, Smtp, Target, Transport};
use crate::mail::{Draft, Mailbox, Message, address};

/// The password's name below `$CREDENTIALS_DIRECTORY`.
const CREDENTIAL: &str = "lic-smtp-password";

/// Sets up the way out. `credentials` is the folder in which the service manager hands secrets over.
///
/// # Errors
/// [`Error::Notify`] where a password or a certificate is missing or not to be used.
pub fn way_out(mail: &MailSettings, home: &Home, credentials: Option<&Path>) -> Result<Transport, Error> {
    Ok(match &mail.transport {
        MailTransport::Sendmail(program) => Transport::Sendmail(Sendmail::new(program.clone(), mail.timeout)),
        MailTransport::Folder(folder) => Transport::Folder(Folder::new(home.path().join(folder))),
        MailTransport::Smtp(smtp) => {
            let target = Target {
                host: smtp.host.clone(),
                port: smtp.port,
                security: smtp.security,
                login: login(smtp, home, credentials)?,
                authorities: authorities(smtp, home)?,
                timeout: mail.timeout,
                hello: hello(mail),
            };
            Transport::Smtp(Box::new(Smtp::new(target).map_err(NotifyError::from)?))
        }
    })
}

/// A mail that tells nothing but that mails arrive. `random` makes its Message-ID.
///
/// # Errors
/// [`Error::Invalid`] where the address cannot be written to.
pub fn test_message(settings: &Settings, to: &Mailbox, random: [u8; 8], at: Timestamp) -> Result<Message, Error> {
    let mail = settings.mail.as_ref().ok_or(NotifyError::NoMail)?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let vendor = one_line(&settings.authority.name);
    let prefix = mail.subject_prefix.as_deref().unwrap_or_default();
    let text = format!("This is a test: mails of the license authority of {vendor} arrive.\n");
    let draft = Draft {
        id: &format!("test-{}-{hex}@{}", at.date(), hello(mail)),
        date: at,
        from: &mail.from,
        to,
        reply_to: mail.reply_to.as_ref(),
        subject: &format!("{prefix} A test of lic"),
        text: &text,
        html: &format!("<p>This is a test: mails of the license authority of {} arrive.</p>\n", plain_html(&vendor)),
        attachment: None,
        list: "test",
    };
    Message::new(&draft).map_err(|why| Error::Invalid(why.to_string()))
}

fn plain_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn login(smtp: &SmtpSettings, home: &Home, credentials: Option<&Path>) -> Result<Option<Login>, Error> {
    let Some(user) = &smtp.user else { return Ok(None) };
    let credential = credentials.map(|folder| folder.join(CREDENTIAL)).filter(|path| path.exists());
    let read = match (&smtp.password_file, credential) {
        (Some(file), _) => Passphrase::from_file(&home.path().join(file)),
        (None, Some(credential)) => Passphrase::from_credential(&credential),
        (None, None) => {
            return Err(NotifyError::NoPassword { user: user.clone(), host: smtp.host.clone() }.into());
        }
    };
    // The same care as with passphrases, in the words of this file.
    let password =
        read.map_err(|error| NotifyError::Password(error.to_string().replace("passphrase file", "password file"), error.hint()))?;
    Ok(Some(Login { user: user.clone(), password: password.reveal().to_owned() }))
}

fn authorities(smtp: &SmtpSettings, home: &Home) -> Result<Option<(String, Vec<u8>)>, Error> {
    let Some(file) = &smtp.ca_file else { return Ok(None) };
    let path = home.path().join(file);
    let pem = fs::read(&path).map_err(|source| Error::file(&path, source))?;
    Ok(Some((path.display().to_string(), pem)))
}

/// How this machine introduces itself: by the domain that it writes for.
fn hello(mail: &MailSettings) -> String {
    let wire = address::on_the_wire(&mail.from.address).unwrap_or_default();
    wire.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned()
}
