//! A planned mail in words: what the templates are told, the attachment, and the message.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::NotifyError;
use super::plan::{Planned, Recipient};
use crate::authority::Error;
use crate::authority::settings::Settings;
use crate::ledger::{LicenseRecord, Tables};
use crate::license::{Customer, Date, LicenseId, LicenseType, Timestamp};
use crate::mail::message::one_line;
use crate::mail::{Attachment, Draft, Mailbox, Message, Part, TemplateError, Templates, address, sheet, template};

/// The columns of the attachment.
const COLUMNS: [&str; 12] = [
    "account",
    "account_slug",
    "license",
    "product",
    "type",
    "tier",
    "internal",
    "license_count",
    "creator",
    "created",
    "ends",
    "days_left",
];

/// Words the mails of one authority.
pub struct Composer {
    templates: Templates,
    settings: Settings,
}

/// A mail in words.
#[derive(Debug, Clone)]
pub struct Composed {
    /// Who writes.
    pub from: Mailbox,
    /// Who is written to.
    pub to: Mailbox,
    /// Who gets the answers, where not the sender.
    pub reply_to: Option<Mailbox>,
    /// The name of the file that comes with it.
    pub attachment: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The mail as it goes over the wire.
    pub message: Message,
}

/// A license, as templates see it.
#[derive(Debug, Serialize)]
struct LicenseValues {
    id: LicenseId,
    customer: String,
    slug: String,
    product: String,
    tier: String,
    r#type: LicenseType,
    internal: bool,
    seats: Option<u32>,
    creator: String,
    created: String,
    ends: String,
    days_left: i64,
}

/// Someone, as templates see them.
#[derive(Debug, Serialize)]
struct PersonValues {
    name: Option<String>,
    mail: String,
}

impl From<&Mailbox> for PersonValues {
    fn from(mailbox: &Mailbox) -> Self {
        Self { name: mailbox.name.as_deref().map(one_line), mail: mailbox.address.clone() }
    }
}

#[derive(Serialize)]
struct CustomerName {
    name: String,
    slug: String,
}

/// What the templates of the mail to a customer are told.
#[derive(Serialize)]
struct CustomerValues {
    vendor: String,
    date: String,
    customer: CustomerName,
    contact: PersonValues,
    owner: Option<PersonValues>,
    licenses: Vec<LicenseValues>,
    total: usize,
    ended: usize,
    soonest: i64,
}

/// What the templates of the digest are told.
#[derive(Serialize)]
struct DigestValues {
    vendor: String,
    date: String,
    groups: Vec<Group>,
    total: usize,
    urgent: usize,
    attachment: String,
}

/// Licenses of one urgency: those that ended, or those that end within so many days.
#[derive(Serialize)]
struct Group {
    days: Option<u32>,
    licenses: Vec<LicenseValues>,
}

impl Composer {
    /// Reads the templates, and words a mail of each kind to nobody, so that a mistake is found before anything is sent.
    ///
    /// # Errors
    /// [`Error::Notify`] names the template, the file and the line.
    pub fn new(settings: &Settings, home: &Path) -> Result<Self, Error> {
        let templates = Templates::load(&home.join("templates")).map_err(NotifyError::from)?;
        let composer = Self { templates, settings: settings.clone() };
        let usual = settings.mail.as_ref().map_or(template::ENGLISH, |mail| mail.language.as_str());
        composer.check(usual, "digest")?;
        for language in settings.notify.languages.values().map(|slug| slug.as_str()).chain([usual]) {
            composer.check(language, "customer")?;
        }
        Ok(composer)
    }

    fn check(&self, language: &str, mail: &str) -> Result<(), Error> {
        let tried = || -> Result<(), TemplateError> {
            self.templates.require(language)?;
            for part in Part::ALL {
                match mail {
                    "digest" => self.templates.word(mail, part, language, &self.sample_digest())?,
                    _ => self.templates.word(mail, part, language, &self.sample_customer())?,
                };
            }
            Ok(())
        };
        tried().map_err(|error| NotifyError::from(error).into())
    }

    /// A mail's subject.
    ///
    /// # Errors
    /// [`Error::Notify`] where a template uses what there is not.
    pub fn subject(&self, planned: &Planned, tables: &Tables<'_>) -> Result<String, Error> {
        let (subject, ..) = self.words(planned, tables, &[Part::Subject])?;
        Ok(subject)
    }

    /// A mail in words, written at `at`.
    ///
    /// # Errors
    /// [`Error::Notify`] where there is no sender, or a template uses what there is not; [`Error::Invalid`] where the recipient
    /// cannot be written to.
    pub fn compose(&self, planned: &Planned, tables: &Tables<'_>, at: Timestamp) -> Result<Composed, Error> {
        let mail = self.settings.mail.as_ref().ok_or(NotifyError::NoMail)?;
        let (subject, text, html) = self.words(planned, tables, &Part::ALL)?;
        let (owner, list) = match &planned.recipient {
            Recipient::Customer(customer) => (owner(customer, tables)?, "customers"),
            Recipient::Digest => (None, "digest"),
        };
        let reply_to = owner.or_else(|| mail.reply_to.clone());
        let rows = match planned.recipient {
            Recipient::Digest => self.rows(planned, tables)?,
            Recipient::Customer(_) => Vec::new(),
        };
        let name = attachment(planned.day);
        let content = sheet::csv(&COLUMNS, rows);
        let file = Attachment { name: &name, kind: "text/csv; charset=utf-8", content: &content };
        let draft = Draft {
            id: &planned.message_id,
            date: at,
            from: &mail.from,
            to: &planned.to,
            reply_to: reply_to.as_ref(),
            subject: &subject,
            text: &text,
            html: &html,
            attachment: matches!(planned.recipient, Recipient::Digest).then_some(file),
            list,
        };
        let message = Message::new(&draft).map_err(|why| Error::Invalid(why.to_string()))?;
        let attachment = matches!(planned.recipient, Recipient::Digest).then_some(name);
        let (from, to) = (mail.from.clone(), planned.to.clone());
        Ok(Composed { from, to, reply_to, attachment, subject, text, html, message })
    }

    /// Subject, text and HTML, as far as they are asked for.
    fn words(&self, planned: &Planned, tables: &Tables<'_>, parts: &[Part]) -> Result<(String, String, String), Error> {
        let language = self.language(planned);
        let word = |part: Part| -> Result<String, Error> {
            if !parts.contains(&part) {
                return Ok(String::new());
            }
            let worded = match &planned.recipient {
                Recipient::Customer(customer) => {
                    self.templates.word("customer", part, language, &self.customer(customer, planned, tables)?)
                }
                Recipient::Digest => self.templates.word("digest", part, language, &self.digest(planned, tables)?),
            };
            Ok(worded.map_err(NotifyError::from)?)
        };
        let prefix = self.settings.mail.as_ref().and_then(|mail| mail.subject_prefix.as_deref()).unwrap_or_default();
        let subject = one_line(&format!("{prefix} {}", word(Part::Subject)?));
        Ok((subject, word(Part::Text)?, word(Part::Html)?))
    }

    fn language(&self, planned: &Planned) -> &str {
        let own = planned.recipient.customer().and_then(|slug| self.settings.notify.languages.get(slug));
        let usual = self.settings.mail.as_ref().map(|mail| &mail.language);
        own.or(usual).map_or(template::ENGLISH, |slug| slug.as_str())
    }

    fn vendor(&self) -> String {
        one_line(&self.settings.authority.name)
    }

    fn customer(&self, customer: &Customer, planned: &Planned, tables: &Tables<'_>) -> Result<CustomerValues, Error> {
        let licenses = licenses(planned, tables)?;
        Ok(CustomerValues {
            vendor: self.vendor(),
            date: planned.day.to_string(),
            customer: CustomerName { name: one_line(&customer.name), slug: customer.slug.to_string() },
            contact: (&planned.to).into(),
            owner: owner(customer, tables)?.as_ref().map(Into::into),
            total: licenses.len(),
            ended: licenses.iter().filter(|license| license.days_left < 0).count(),
            soonest: licenses.iter().map(|license| license.days_left).min().unwrap_or_default(),
            licenses,
        })
    }

    fn digest(&self, planned: &Planned, tables: &Tables<'_>) -> Result<DigestValues, Error> {
        let licenses = licenses(planned, tables)?;
        let total = licenses.len();
        let urgent = licenses.iter().filter(|license| license.days_left <= 0).count();
        // `None` sorts before every number of days: what has ended comes first.
        let mut groups: BTreeMap<Option<u32>, Vec<LicenseValues>> = BTreeMap::new();
        for license in licenses {
            let tightest =
                self.settings.notify.windows.iter().copied().filter(|days| i64::from(*days) >= license.days_left).min();
            // Beyond every window lies only what an example shows.
            let days = tightest.or(u32::try_from(license.days_left).ok()).filter(|_| license.days_left >= 0);
            groups.entry(days).or_default().push(license);
        }
        let groups = groups.into_iter().map(|(days, licenses)| Group { days, licenses }).collect();
        Ok(DigestValues {
            vendor: self.vendor(),
            date: planned.day.to_string(),
            groups,
            total,
            urgent,
            attachment: attachment(planned.day),
        })
    }

    fn rows(&self, planned: &Planned, tables: &Tables<'_>) -> Result<Vec<Vec<sheet::Cell>>, Error> {
        let row = |license: LicenseValues| {
            vec![
                sheet::Cell::Text(license.customer),
                sheet::Cell::Text(license.slug),
                sheet::Cell::Text(license.id.to_string()),
                sheet::Cell::Text(license.product),
                sheet::Cell::Text(license.r#type.to_string()),
                sheet::Cell::Text(license.tier),
                sheet::Cell::Text(license.internal.to_string()),
                sheet::Cell::Number(license.seats.map(i64::from)),
                sheet::Cell::Text(license.creator),
                sheet::Cell::Text(license.created),
                sheet::Cell::Text(license.ends),
                sheet::Cell::Number(Some(license.days_left)),
            ]
        };
        Ok(licenses(planned, tables)?.into_iter().map(row).collect())
    }

    fn sample_customer(&self) -> CustomerValues {
        CustomerValues {
            vendor: self.vendor(),
            date: "2027-01-01".into(),
            customer: CustomerName { name: "Acme".into(), slug: "acme".into() },
            contact: PersonValues { name: Some("Jane".into()), mail: "jane@acme.example".into() },
            owner: Some(PersonValues { name: None, mail: "anna@vendor.example".into() }),
            licenses: vec![sample_license()],
            total: 1,
            ended: 0,
            soonest: 7,
        }
    }

    fn sample_digest(&self) -> DigestValues {
        DigestValues {
            vendor: self.vendor(),
            date: "2027-01-01".into(),
            groups: vec![Group { days: Some(7), licenses: vec![sample_license()] }],
            total: 1,
            urgent: 0,
            attachment: "licenses-2027-01-01.csv".into(),
        }
    }
}

fn attachment(day: Date) -> String {
    format!("licenses-{day}.csv")
}

/// The licenses of a mail, the most urgent first.
fn licenses(planned: &Planned, tables: &Tables<'_>) -> Result<Vec<LicenseValues>, Error> {
    let mut creators: BTreeMap<String, String> = BTreeMap::new();
    let mut values = Vec::with_capacity(planned.licenses.len());
    for license in &planned.licenses {
        let slug = license.issued_by.to_string();
        if !creators.contains_key(&slug) {
            let name = tables.operator(&license.issued_by)?.and_then(|operator| operator.name);
            creators.insert(slug.clone(), one_line(&name.unwrap_or_else(|| slug.clone())));
        }
        values.push(license_values(license, creators.get(&slug).cloned().unwrap_or(slug), planned.day));
    }
    Ok(values)
}

fn license_values(license: &LicenseRecord, creator: String, day: Date) -> LicenseValues {
    let last = license.ends.map_or(Date::LAST, Timestamp::last_day);
    LicenseValues {
        id: license.id,
        customer: one_line(&license.customer_name),
        slug: license.customer.to_string(),
        product: license.product.to_string(),
        tier: one_line(&license.tier_name),
        r#type: license.kind,
        internal: license.internal,
        seats: license.seats,
        creator,
        created: license.issued_at.date().to_string(),
        ends: last.to_string(),
        days_left: last.days_since(day),
    }
}

fn sample_license() -> LicenseValues {
    LicenseValues {
        id: LicenseId::from_random(0),
        customer: "Acme".into(),
        slug: "acme".into(),
        product: "cockpit".into(),
        tier: "Professional".into(),
        r#type: LicenseType::Commercial,
        internal: false,
        seats: Some(5),
        creator: "anna".into(),
        created: "2026-01-01".into(),
        ends: "2027-01-08".into(),
        days_left: 7,
    }
}

/// The account owner, where there is an address: the customer's own entry, or that of the operator it names.
fn owner(customer: &Customer, tables: &Tables<'_>) -> Result<Option<Mailbox>, Error> {
    let Some(owner) = &customer.owner else { return Ok(None) };
    if let Ok(mailbox) = address::check(owner) {
        return Ok(Some(mailbox));
    }
    let Ok(slug) = owner.parse() else { return Ok(None) };
    let operator = tables.operator(&slug)?;
    Ok(operator.and_then(|operator| Some(Mailbox { address: operator.mail?, name: operator.name })))
}
