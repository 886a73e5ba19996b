//! `[mail]` and `[notify]`: how mails leave, what they say, and who gets them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};

use super::fields;
use crate::license::Slug;
use crate::mail::transport::Security;
use crate::mail::{Mailbox, address, template};

/// The days before the end at which people are told.
const WINDOWS: [u32; 5] = [30, 14, 7, 1, 0];
/// How long a step of a dialogue may take.
const TIMEOUT: u32 = 30;
/// The longest of these, in seconds. A server may take ten minutes over the end of a mail (RFC 5321, section 4.5.3.2.6).
const LONGEST_TIMEOUT: u32 = 3600;
/// Where most systems have their mail program.
const SENDMAIL: &str = "/usr/sbin/sendmail";

/// `[mail]`: how mails leave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "RawMail")]
pub struct MailSettings {
    /// The way out.
    pub transport: MailTransport,
    /// Who writes.
    pub from: Mailbox,
    /// Who gets the answers to a mail to a customer that has no account owner with an address.
    pub reply_to: Option<Mailbox>,
    /// What every subject begins with.
    pub subject_prefix: Option<String>,
    /// The language of the templates.
    pub language: Slug,
    /// How long each step may take.
    pub timeout: Duration,
}

/// A way for mails to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTransport {
    /// A mail server.
    Smtp(SmtpSettings),
    /// The system's mail program.
    Sendmail(PathBuf),
    /// A folder of `.eml` files, seen from the home.
    Folder(PathBuf),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in.
    pub user: Option<String>,
    /// The file with the password, seen from the home.
    pub password_file: Option<PathBuf>,
    /// A file with certificates to trust beside the system's, seen from the home.
    pub ca_file: Option<PathBuf>,
}

/// `[notify]`: who is told of the ends of licenses, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifySettings {
    /// How many days before the end people are told: the most first, each once.
    pub windows: Vec<u32>,
    /// Who gets the digest.
    pub digest: Vec<Mailbox>,
    /// Whether customers' contacts are told.
    pub customers: bool,
    /// Tiers whose licenses stand in the digest alone: `trial`, or `cockpit/trial`.
    pub no_tiers: BTreeSet<TierName>,
    /// Customers who are not told.
    pub no_customers: BTreeSet<Slug>,
    /// The language of customers who do not read the usual one.
    pub languages: BTreeMap<Slug, Slug>,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            windows: WINDOWS.to_vec(),
            digest: Vec::new(),
            customers: true,
            no_tiers: BTreeSet::new(),
            no_customers: BTreeSet::new(),
            languages: BTreeMap::new(),
        }
    }
}

/// A tier, of every product or of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TierName {
    /// The product, where it is named.
    pub product: Option<Slug>,
    /// The tier.
    pub tier: Slug,
}

impl TierName {
    /// Whether this is the tier.
    #[must_use]
    pub fn means(&self, product: &Slug, tier: &Slug) -> bool {
        self.tier == *tier && self.product.as_ref().is_none_or(|own| own == product)
    }
}

impl fmt::Display for TierName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.product {
            Some(product) => write!(out, "{product}/{}", self.tier),
            None => self.tier.fmt(out),
        }
    }
}

impl<'de> Deserialize<'de> for TierName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let slug = |text: &str| text.parse().map_err(|why| D::Error::custom(format!("{why}")));
        match text.split_once('/') {
            Some((product, tier)) => Ok(Self { product: Some(slug(product)?), tier: slug(tier)? }),
            None => Ok(Self { product: None, tier: slug(&text)? }),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Smtp,
    Sendmail,
    Folder,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawSecurity {
    Starttls,
    Tls,
    None,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    transport: Way,
    #[serde(deserialize_with = "mailbox")]
    from: Mailbox,
    #[serde(default, deserialize_with = "some_mailbox")]
    reply_to: Option<Mailbox>,
    #[serde(default, deserialize_with = "fields::some_display_name")]
    subject_prefix: Option<String>,
    language: Option<Slug>,
    #[serde(default, deserialize_with = "some_timeout")]
    timeout: Option<u32>,
    host: Option<String>,
    #[serde(default, deserialize_with = "some_port")]
    port: Option<u16>,
    security: Option<RawSecurity>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    program: Option<PathBuf>,
    folder: Option<PathBuf>,
    /// Never taken: see [`no_password`].
    #[serde(default, rename = "password", deserialize_with = "no_password")]
    _password: (),
}

impl TryFrom<RawMail> for MailSettings {
    type Error = &'static str;

    fn try_from(raw: RawMail) -> Result<Self, Self::Error> {
        let language = raw.language.clone().or_else(|| template::ENGLISH.parse().ok()).ok_or("there is no such language")?;
        let timeout = Duration::from_secs(raw.timeout.unwrap_or(TIMEOUT).into());
        let (from, reply_to, subject_prefix) = (raw.from.clone(), raw.reply_to.clone(), raw.subject_prefix.clone());
        let transport = match raw.transport {
            Way::Smtp => MailTransport::Smtp(smtp(raw)?),
            Way::Sendmail => MailTransport::Sendmail(raw.program.unwrap_or_else(|| SENDMAIL.into())),
            Way::Folder => MailTransport::Folder(raw.folder.unwrap_or_else(|| "mails".into())),
        };
        Ok(Self { transport, from, reply_to, subject_prefix, language, timeout })
    }
}

fn smtp(raw: RawMail) -> Result<SmtpSettings, &'static str> {
    let host = raw.host.filter(|host| !host.trim().is_empty()).ok_or("a mail server needs a line `host = \"...\"`")?;
    let security = match raw.security {
        None | Some(RawSecurity::Starttls) => Security::Starttls,
        Some(RawSecurity::Tls) => Security::Tls,
        Some(RawSecurity::None) => Security::None,
    };
    if security == Security::None && !is_this_machine(&host) {
        return Err("mail goes unencrypted to this machine alone: `security` is \"starttls\" or \"tls\" for another host");
    }
    if raw.user.is_none() && raw.password_file.is_some() {
        return Err("`password_file` needs a `user`");
    }
    let port = raw.port.unwrap_or(match security {
        Security::Starttls => 587,
        Security::Tls => 465,
        Security::None => 25,
    });
    let (user, password_file, ca_file) = (raw.user, raw.password_file, raw.ca_file);
    Ok(SmtpSettings { host, port, security, user, password_file, ca_file })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawNotify {
    #[serde(deserialize_with = "windows")]
    windows: Vec<u32>,
    #[serde(deserialize_with = "mailboxes")]
    digest: Vec<Mailbox>,
    customers: bool,
    no_tiers: BTreeSet<TierName>,
    no_customers: BTreeSet<Slug>,
    languages: BTreeMap<Slug, Slug>,
}

impl Default for RawNotify {
    fn default() -> Self {
        let NotifySettings { windows, digest, customers, no_tiers, no_customers, languages } = NotifySettings::default();
        Self { windows, digest, customers, no_tiers, no_customers, languages }
    }
}

impl<'de> Deserialize<'de> for NotifySettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let RawNotify { windows, digest, customers, no_tiers, no_customers, languages } = RawNotify::deserialize(deserializer)?;
        Ok(Self { windows, digest, customers, no_tiers, no_customers, languages })
    }
}

fn windows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Days(#[serde(deserialize_with = "fields::days")] u32);
    let days: BTreeSet<u32> = Vec::<Days>::deserialize(deserializer)?.into_iter().map(|days| days.0).collect();
    if days.is_empty() {
        return Err(D::Error::custom("at least one number of days is wanted here; leave the line out for 30, 14, 7, 1 and 0"));
    }
    Ok(days.into_iter().rev().collect())
}

fn mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mailbox, D::Error> {
    address::check(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn some_mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mailbox>, D::Error> {
    mailbox(deserializer).map(Some)
}

fn mailboxes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Mailbox>, D::Error> {
    #[derive(serde::Deserialize)]
    struct One(#[serde(deserialize_with = "mailbox")] Mailbox);
    let mut all: Vec<Mailbox> = Vec::new();
    for One(mailbox) in Vec::<One>::deserialize(deserializer)? {
        if all.iter().any(|other| other.address == mailbox.address) {
            return Err(D::Error::custom(format!("{} stands here twice", mailbox.address)));
        }
        all.push(mailbox);
    }
    Ok(all)
}

fn some_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.map(Some).ok_or_else(|| D::Error::custom(format!("a port is a number from 1 to 65535, not {number}")))
}

fn some_timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let seconds = u32::try_from(number).ok().filter(|seconds| (1..=LONGEST_TIMEOUT).contains(seconds));
    let wanted = || D::Error::custom(format!("a number of seconds is wanted here, from 1 to {LONGEST_TIMEOUT}, not {number}"));
    seconds.map(Some).ok_or_else(wanted)
}

fn no_password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    IgnoredAny::deserialize(deserializer)?;
    Err(D::Error::custom(super::error::NO_PASSWORD))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Settings, SettingsError};
    use super::*;

    const VENDOR: &str = "[authority]\nname = \"Example\"\n";

    fn read(text: &str) -> Settings {
        Settings::parse(&format!("{VENDOR}{text}"), Path::new("lic.toml")).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What is said of a text: the message, the line it stands in, and the hint.
    fn refused(text: &str) -> String {
        let error = Settings::parse(&format!("{VENDOR}{text}"), Path::new("lic.toml")).unwrap_err();
        let SettingsError::Mistake(mistake) = error else { panic!("{error}") };
        let hint = mistake.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}: {}{hint}", mistake.line, mistake.message)
    }

    #[test]
    fn a_few_lines_are_enough() {
        let settings = read("[mail]\ntransport = 'smtp'\nfrom = 'Example <licenses@example.com>'\nhost = 'mail.example.com'\n");
        let mail = settings.mail.unwrap();
        let MailTransport::Smtp(smtp) = &mail.transport else { panic!() };
        assert_eq!((smtp.port, smtp.security), (587, Security::Starttls));
        assert_eq!((mail.timeout, mail.language.as_str()), (Duration::from_secs(30), "en"));
        assert_eq!(settings.notify, NotifySettings::default());
        assert_eq!(read("").mail, None);
    }

    #[test]
    fn each_way_out_has_its_own_defaults() {
        let port = |lines: &str| match read(&format!("[mail]\ntransport = 'smtp'\nfrom = 'a@b.example'\n{lines}\n"))
            .mail
            .unwrap()
            .transport
        {
            MailTransport::Smtp(smtp) => smtp.port,
            other => panic!("{other:?}"),
        };
        assert_eq!(port("host = 'm.example'\nsecurity = 'tls'"), 465);
        assert_eq!(port("host = '127.0.0.1'\nsecurity = 'none'"), 25);
        assert_eq!(port("host = '::1'\nsecurity = 'none'\nport = 2525"), 2525);
        let way = |name: &str| read(&format!("[mail]\ntransport = '{name}'\nfrom = 'a@b.example'\n")).mail.unwrap().transport;
        assert_eq!(way("sendmail"), MailTransport::Sendmail("/usr/sbin/sendmail".into()));
        assert_eq!(way("folder"), MailTransport::Folder("mails".into()));
    }

    #[test]
    fn windows_stand_in_order_and_each_once() {
        assert_eq!(read("[notify]\nwindows = [7, 30, 7, 0]\n").notify.windows, [30, 7, 0]);
        let tier = &read("[notify]\nno_tiers = ['cockpit/trial', 'free']\n").notify.no_tiers;
        let slug = |text: &str| text.parse::<Slug>().unwrap();
        let meant = |product: &str, name: &str| tier.iter().any(|one| one.means(&slug(product), &slug(name)));
        assert!(meant("cockpit", "trial") && meant("radar", "free") && !meant("radar", "trial"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_in_its_line() {
        let smtp = "[mail]\ntransport = 'smtp'\nfrom = 'a@b.example'\n";
        for (text, said) in [
            ("[mail]\ntransport = 'smpt'\nfrom = 'a@b.example'\n".to_owned(), "4: unknown value `smpt` (did you mean `smtp`?)"),
            (format!("{smtp}hots = 'x'\n"), "6: unknown setting `hots` (did you mean `host`?)"),
            (smtp.to_owned(), "3: a mail server needs a line `host = \"...\"`"),
            (
                format!("{smtp}host = 'm.example'\nsecurity = 'none'\n"),
                "3: mail goes unencrypted to this machine alone: `security` is \"starttls\" or \"tls\" for another host",
            ),
            (format!("{smtp}host = 'm.example'\npassword_file = 'x'\n"), "3: `password_file` needs a `user`"),
            (format!("{smtp}host = 'm.example'\nport = 0\n"), "7: a port is a number from 1 to 65535, not 0"),
            (format!("{smtp}host = 'm.example'\ntimeout = 0\n"), "7: a number of seconds is wanted here, from 1 to 3600, not 0"),
            (
                "[mail]\ntransport = 'folder'\nfrom = 'Example'\n".to_owned(),
                "5: 'Example' is not a mail address: the @ is missing",
            ),
            ("[mail]\ntransport = 'folder'\n".to_owned(), "3: the setting `from` is missing"),
            (
                "[notify]\nwindows = []\n".to_owned(),
                "4: at least one number of days is wanted here; leave the line out for 30, 14, 7, 1 and 0",
            ),
            ("[notify]\nwindows = [-1]\n".to_owned(), "4: a number of days is wanted here, from 0 to 36525, not -1"),
            ("[notify]\ndigest = ['a@b.example', 'A <a@b.example>']\n".to_owned(), "4: a@b.example stands here twice"),
            ("[notify]\nno_customer = ['acme']\n".to_owned(), "4: unknown setting `no_customer` (did you mean `no_customers`?)"),
        ] {
            assert_eq!(refused(&text), said, "{text}");
        }
    }

    #[test]
    fn a_password_has_no_place_here() {
        let said =
            refused("[mail]\ntransport = 'smtp'\nfrom = 'a@b.example'\nhost = 'm.example'\nuser = 'lic'\npassword = 'secret'\n");
        assert_eq!(
            said,
            "8: no password is kept in lic.toml (put it into a file that you alone may read: password_file = \"/etc/lic/smtp-password\")"
        );
    }
}
