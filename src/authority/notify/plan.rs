//! What is due: which licenses reached a window, who is to be told, and what of the outbox no longer applies.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::authority::Error;
use crate::authority::settings::{NotifySettings, Settings};
use crate::ledger::{Ledger, LicenseFilter, LicenseRecord, MailKind, MailLine, MailRecord, NewMail, Tables};
use crate::license::{Contact, Customer, CustomerKind, Date, LicenseId, LicenseType, Slug, Timestamp};
use crate::mail::{Mailbox, address};

/// How many days back a run looks for what an outage kept from being told.
const LONGEST_OUTAGE: i64 = 30;

/// A mail that is to go.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number in the outbox, where it stands there already.
    pub number: Option<i64>,
    /// The Message-ID, without its angle brackets.
    pub message_id: String,
    /// Whom it is for.
    pub recipient: Recipient,
    /// The address and the name.
    pub to: Mailbox,
    /// What it tells.
    pub licenses: Vec<LicenseRecord>,
    /// The same as rows of the outbox; none for a digest.
    pub lines: Vec<MailLine>,
    /// The day on which days are counted.
    pub day: Date,
    /// How often it was handed over without an answer.
    pub unanswered: u32,
}

/// Whom a mail is for.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// A contact of this customer.
    Customer(Rc<Customer>),
    /// The vendor's own people.
    Digest,
}

impl Recipient {
    /// The customer's short name.
    #[must_use]
    pub fn customer(&self) -> Option<&Slug> {
        match self {
            Self::Customer(customer) => Some(&customer.slug),
            Self::Digest => None,
        }
    }
}

/// One license, and one person who is to be told of it.
type Telling = (LicenseId, String);

/// Everything that is due on a day.
struct Due {
    day: Date,
    since: Date,
    digest_since: Date,
    /// What stands in the outbox and still has to go.
    open: Vec<MailRecord>,
    /// By end.
    licenses: Vec<LicenseRecord>,
    /// The place of each of them.
    places: HashMap<LicenseId, usize>,
    /// The customers that are told, with their contacts.
    customers: HashMap<Slug, Rc<Customer>>,
    /// The window that each license has reached, where its customer is told.
    windows: HashMap<LicenseId, u32>,
}

impl Due {
    fn read(tables: &Tables<'_>, settings: &Settings, at: Timestamp) -> Result<Self, Error> {
        let notify = &settings.notify;
        let (day, yesterday) = (at.date(), at.plus_days(-1).date());
        let earliest = at.plus_days(-LONGEST_OUTAGE).date();
        let runs = tables.mail_runs()?;
        let back_to = |last: Option<Date>| {
            last.or(runs.map(|runs| runs.began.plus_days(-1).date())).map_or(yesterday, |last| last.min(yesterday))
        };
        let since = back_to(runs.and_then(|runs| runs.good).map(Timestamp::date)).max(earliest);
        let digest_since = back_to(tables.last_digest()?).max(earliest);
        let widest = notify.windows.first().copied().unwrap_or_default();
        // An end is the first second after the last day.
        let to = day.end().plus_days(widest.into());
        let open = tables.open_mails()?;
        let from = open.iter().map(|mail| mail.since).chain([since, digest_since]).min().unwrap_or(since).max(earliest);
        let licenses = tables.licenses_ending(from.start(), to, at)?;
        let places = licenses.iter().enumerate().map(|(place, license)| (license.id, place)).collect();
        let (customers, windows) = (HashMap::new(), HashMap::new());
        let mut due = Self { day, since, digest_since, open, licenses, places, customers, windows };
        if notify.customers {
            due.choose(tables, notify)?;
        }
        Ok(due)
    }

    /// Chooses the licenses of which customers are told.
    fn choose(&mut self, tables: &Tables<'_>, notify: &NotifySettings) -> Result<(), Error> {
        let mut known: HashMap<Slug, Option<Rc<Customer>>> = HashMap::new();
        for license in &self.licenses {
            if license.internal || license.kind == LicenseType::Test {
                continue;
            }
            if notify.no_customers.contains(&license.customer)
                || notify.no_tiers.iter().any(|tier| tier.means(&license.product, &license.tier))
            {
                continue;
            }
            let Some(window) = self.window(license, &notify.windows) else { continue };
            if !known.contains_key(&license.customer) {
                known.insert(license.customer.clone(), tables.customer(&license.customer)?.map(Rc::new));
            }
            if let Some(Some(customer)) = known.get(&license.customer)
                && is_told(customer)
            {
                self.windows.insert(license.id, window);
            }
        }
        self.customers = known.into_iter().filter_map(|(slug, customer)| Some((slug, customer?))).collect();
        Ok(())
    }

    /// The tightest window that a license has reached. One that has ended counts while nobody could have been told.
    fn window(&self, license: &LicenseRecord, windows: &[u32]) -> Option<u32> {
        let last = license.ends?.last_day();
        let left = last.days_since(self.day);
        if left < 0 && last < self.since {
            return None;
        }
        windows.iter().copied().filter(|window| i64::from(*window) >= left).min()
    }

    fn license(&self, id: LicenseId) -> Option<&LicenseRecord> {
        self.places.get(&id).and_then(|place| self.licenses.get(*place))
    }

    /// The licenses that lines tell of.
    fn told_in(&self, lines: &[MailLine]) -> Vec<LicenseRecord> {
        lines.iter().filter_map(|line| self.license(line.license).cloned()).collect()
    }

    fn digest(&self, since: Date) -> Vec<LicenseRecord> {
        let recent = |license: &&LicenseRecord| license.ends.is_some_and(|ends| ends.last_day() >= since);
        self.licenses.iter().filter(recent).cloned().collect()
    }

    /// Whether a line of the outbox is what a run would write today.
    fn still_holds(&self, line: &MailLine, mail: &MailRecord) -> bool {
        let license = self.license(line.license);
        let told = |license: &LicenseRecord| {
            license.ends == Some(line.ends)
                && mail.customer.as_ref() == Some(&license.customer)
                && self.windows.get(&license.id) == Some(&line.window)
        };
        let known = |slug: &Slug| {
            self.customers.get(slug).is_some_and(|customer| customer.contacts.iter().any(|one| one.mail == mail.recipient))
        };
        license.is_some_and(told) && mail.customer.as_ref().is_some_and(known)
    }
}

fn is_told(customer: &Customer) -> bool {
    !customer.archived && customer.kind != CustomerKind::Internal
}

/// What to do with the outbox before anything is sent.
struct Changes {
    /// Lines to take out of mails that stay.
    take_out: Vec<(i64, MailLine)>,
    /// Mails to give up, and why.
    give_up: Vec<(i64, &'static str)>,
    /// Mails to put in.
    queue: Vec<NewMail>,
}

/// What a run at `at` has to do, on the tables as they are.
fn changes(tables: &Tables<'_>, settings: &Settings, due: &Due) -> Result<Changes, Error> {
    let mut changes = Changes { take_out: Vec::new(), give_up: Vec::new(), queue: Vec::new() };
    let mut free: HashSet<(LicenseId, Timestamp, u32, String)> = HashSet::new();
    for mail in &due.open {
        match mail.kind {
            MailKind::Digest if mail.day != due.day => changes.give_up.push((mail.number, "a newer digest takes its place")),
            MailKind::Digest if !settings.notify.digest.iter().any(|one| one.address == mail.recipient) => {
                changes.give_up.push((mail.number, "no longer to be told"));
            }
            MailKind::Digest if due.digest(mail.since).is_empty() => changes.give_up.push((mail.number, "nothing left to tell")),
            MailKind::Digest => {}
            MailKind::Customer => {
                let lines = tables.mail_lines(mail.number)?;
                let (good, gone): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| due.still_holds(line, mail));
                free.extend(gone.iter().map(|line| (line.license, line.ends, line.window, mail.recipient.clone())));
                if good.is_empty() {
                    changes.give_up.push((mail.number, "no longer so: renewed, changed, switched off, or told in another mail"));
                } else {
                    changes.take_out.extend(gone.into_iter().map(|line| (mail.number, line)));
                }
            }
        }
    }
    // The digests first: those who read them can help where the rest fails.
    changes.queue = digests(tables, settings, due)?;
    changes.queue.extend(customers(tables, settings, due, &free)?);
    Ok(changes)
}

/// One mail for each contact of each customer, with every license of which the contact was not yet told in this window.
fn customers(
    tables: &Tables<'_>,
    settings: &Settings,
    due: &Due,
    free: &HashSet<(LicenseId, Timestamp, u32, String)>,
) -> Result<Vec<NewMail>, Error> {
    let mut lines: BTreeMap<(Slug, String), (Option<String>, Vec<MailLine>)> = BTreeMap::new();
    let mut seen: HashSet<Telling> = HashSet::new();
    for license in &due.licenses {
        let (Some(window), Some(ends)) = (due.windows.get(&license.id).copied(), license.ends) else { continue };
        let contacts = due.customers.get(&license.customer).map(|customer| customer.contacts.as_slice());
        for Contact { name, mail } in contacts.unwrap_or_default() {
            if !seen.insert((license.id, mail.clone())) {
                continue;
            }
            let told = tables.window_told(license.id, ends, mail)?;
            // A window whose mail is being given up counts as not told.
            let told = told.filter(|told| *told <= window && !free.contains(&(license.id, ends, *told, mail.clone())));
            if told.is_none() {
                let entry = lines.entry((license.customer.clone(), mail.clone())).or_insert_with(|| (name.clone(), Vec::new()));
                entry.1.push(MailLine { license: license.id, ends, window });
            }
        }
    }
    let mail = |((customer, recipient), (name, lines)): ((Slug, String), (Option<String>, Vec<MailLine>))| NewMail {
        kind: MailKind::Customer,
        day: due.day,
        since: due.since,
        message_id: message_id(settings, due.day, &recipient, &lines),
        customer: Some(customer),
        recipient,
        name,
        lines,
    };
    Ok(lines.into_iter().map(mail).collect())
}

/// One digest a day for each of those who get it, where there is anything to tell.
fn digests(tables: &Tables<'_>, settings: &Settings, due: &Due) -> Result<Vec<NewMail>, Error> {
    let mut mails = Vec::new();
    if due.digest(due.digest_since).is_empty() {
        return Ok(mails);
    }
    for mailbox in &settings.notify.digest {
        if !tables.has_digest(due.day, &mailbox.address)? {
            mails.push(NewMail {
                kind: MailKind::Digest,
                day: due.day,
                since: due.digest_since,
                customer: None,
                recipient: mailbox.address.clone(),
                name: mailbox.name.clone(),
                message_id: message_id(settings, due.day, &mailbox.address, &[]),
                lines: Vec::new(),
            });
        }
    }
    Ok(mails)
}

/// A Message-ID that follows from what the mail is: the same mail always has the same.
fn message_id(settings: &Settings, day: Date, recipient: &str, lines: &[MailLine]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{}\n{day}\n{recipient}\n", settings.authority.issuer));
    for line in lines {
        digest.update(format!("{} {} {}\n", line.license, line.ends, line.window));
    }
    let hex: String = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let kind = if lines.is_empty() { "digest" } else { "license" };
    let from = settings.mail.as_ref().and_then(|mail| address::on_the_wire(&mail.from.address).ok());
    let domain = from.as_deref().and_then(|from| from.rsplit_once('@')).map_or("localhost", |(_, domain)| domain);
    format!("{kind}-{day}-{hex}@{domain}")
}

/// The mails that stand in the outbox, with what they tell.
fn standing(tables: &Tables<'_>, due: &Due) -> Result<Vec<Planned>, Error> {
    let mut planned = Vec::new();
    for mail in &due.open {
        let (recipient, licenses, lines) = match mail.kind {
            MailKind::Digest => (Recipient::Digest, due.digest(mail.since), Vec::new()),
            MailKind::Customer => {
                let Some(customer) = mail.customer.as_ref().and_then(|slug| due.customers.get(slug)) else { continue };
                let mut lines = tables.mail_lines(mail.number)?;
                lines.retain(|line| due.still_holds(line, mail));
                (Recipient::Customer(customer.clone()), due.told_in(&lines), lines)
            }
        };
        planned.push(Planned {
            number: Some(mail.number),
            message_id: mail.message_id.clone(),
            recipient,
            to: Mailbox { name: mail.name.clone(), address: mail.recipient.clone() },
            licenses,
            lines,
            day: due.day,
            unanswered: mail.unanswered,
        });
    }
    Ok(planned)
}

/// What stands in the outbox, once it was brought up to `at`.
pub(super) fn open(tables: &Tables<'_>, settings: &Settings, at: Timestamp) -> Result<Vec<Planned>, Error> {
    standing(tables, &Due::read(tables, settings, at)?)
}

/// Every mail that a run at `at` would send, on the tables as they are.
pub(super) fn due(tables: &Tables<'_>, settings: &Settings, at: Timestamp) -> Result<Vec<Planned>, Error> {
    let due = Due::read(tables, settings, at)?;
    let changes = changes(tables, settings, &due)?;
    let given_up: HashSet<i64> = changes.give_up.iter().map(|(number, _)| *number).collect();
    let mut planned = standing(tables, &due)?;
    planned.retain(|mail| mail.number.is_none_or(|number| !given_up.contains(&number)));
    for mail in changes.queue {
        let customer = mail.customer.as_ref().and_then(|slug| due.customers.get(slug));
        let licenses = if customer.is_some() { due.told_in(&mail.lines) } else { due.digest(mail.since) };
        planned.push(Planned {
            number: None,
            message_id: mail.message_id,
            recipient: customer.map_or(Recipient::Digest, |customer| Recipient::Customer(customer.clone())),
            to: Mailbox { name: mail.name, address: mail.recipient },
            licenses,
            lines: mail.lines,
            day: mail.day,
            unanswered: 0,
        });
    }
    Ok(planned)
}

/// Brings the outbox up to `at`, in one transaction.
pub(super) fn bring_up(ledger: &mut Ledger, settings: &Settings, at: Timestamp) -> Result<(), Error> {
    ledger.outbox(|outbox| {
        outbox.begin(at)?;
        let tables = outbox.read();
        let changes = changes(&tables, settings, &Due::read(&tables, settings, at)?)?;
        for (mail, line) in &changes.take_out {
            outbox.take_out(*mail, line)?;
        }
        for (mail, why) in &changes.give_up {
            outbox.give_up(*mail, why)?;
        }
        for mail in &changes.queue {
            outbox.queue(mail)?;
        }
        Ok(())
    })
}

/// A mail that nobody planned, to be looked at: the one that is due next of its kind, else one about the licenses that end next.
pub(super) fn example(
    tables: &Tables<'_>,
    settings: &Settings,
    customer: Option<&Customer>,
    kind: MailKind,
    at: Timestamp,
) -> Result<Option<Planned>, Error> {
    let fits = |mail: &Planned| match (&mail.recipient, kind) {
        (Recipient::Digest, MailKind::Digest) => true,
        (Recipient::Customer(one), MailKind::Customer) => customer.is_none_or(|wanted| wanted.slug == one.slug),
        _ => false,
    };
    if let Some(mail) = due(tables, settings, at)?.into_iter().find(fits) {
        return Ok(Some(mail));
    }
    let next = LicenseFilter {
        customer: customer.map(|customer| customer.slug.clone()),
        ends_before: Some(Date::LAST.end()),
        limit: Some(5),
        ..LicenseFilter::new(at)
    };
    let mut licenses = tables.licenses(&next)?;
    let Some(first) = licenses.first().map(|license| license.customer.clone()) else { return Ok(None) };
    let (recipient, to) = match kind {
        MailKind::Digest => {
            let to = settings.notify.digest.first().cloned();
            (Recipient::Digest, to.unwrap_or(Mailbox { name: None, address: "sales@example.com".into() }))
        }
        MailKind::Customer => {
            licenses.retain(|license| license.customer == first);
            let Some(customer) = tables.customer(&first)? else { return Ok(None) };
            let to = customer.contacts.first().map(Into::into);
            let nobody = || Mailbox { name: None, address: format!("contact@{}.example", customer.slug) };
            let to = to.unwrap_or_else(nobody);
            (Recipient::Customer(Rc::new(customer)), to)
        }
    };
    let message_id = message_id(settings, at.date(), &to.address, &[]);
    Ok(Some(Planned { number: None, message_id, recipient, to, licenses, lines: Vec::new(), day: at.date(), unanswered: 0 }))
}
