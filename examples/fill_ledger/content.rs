//! What a large ledger to be measured holds: customers with contacts, licenses with notes, machines with labels. Also used by
//! `benches/table/home.rs`.
//!
//! The keys are text of the usual length, not signatures: what is measured is the ledger. Everything follows from the numbers
//! of the rows, so that two ledgers filled alike hold the same.

use lic::ledger::Fact;
use lic::license::{
    Contact, Customer, CustomerKind, Environment, Factor, Fingerprint, LicenseId, LicenseType, MachineId, MachineTerms, Occasion,
    Slug, Terms, Timestamp,
};
use lic::token::Kid;

/// What goes wrong while a ledger is filled.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// One word in each customer's name is the customer's own: its number. Of the rest each stands in thousands of names.
const TRADES: [&str; 12] = [
    "Analytics",
    "Anlagenbau",
    "Logistics",
    "Robotics",
    "Müller",
    "Söhne",
    "Instruments",
    "Aérospatiale",
    "Foods",
    "Shipping",
    "Optics",
    "Werke",
];
const FORMS: [&str; 6] = ["GmbH", "Ltd", "Inc", "S.A.", "AG", "& Co. KG"];
const PEOPLE: [&str; 8] =
    ["Jane Doe", "Jörg Ångström", "Ann Miller", "Zoë O'Neil", "Li Wei", "Ivan Petrov", "Inès Dupré", "Bob Stone"];
const PLACES: [&str; 5] = ["build server", "laptop", "test bench", "plant floor", "office"];
const CALLS: [&str; 4] =
    ["renewal by phone, order", "Rechnung an Zentrale, Auftrag", "asked for an invoice, order", "pilot of order"];

/// How much there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// How many licenses.
    pub licenses: u64,
    /// One customer for so many licenses.
    pub per_customer: u64,
}

impl Extent {
    /// As many licenses, and what usually comes with them.
    pub fn of(licenses: u64) -> Self {
        Self { licenses, per_customer: 10 }
    }

    /// How many customers.
    pub fn customers(self) -> u64 {
        (self.licenses / self.per_customer).max(1)
    }

    fn slug(self, number: u64) -> Outcome<Slug> {
        Ok(format!("customer-{:06}", number % self.customers()).parse()?)
    }
}

/// When the licenses end: evenly spread, from a year before a moment to three years after it.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The moment.
    pub around: Timestamp,
    /// Of the half year before it and the half year after it, about a thousand licenses alone in each 30 days.
    pub thin: bool,
}

impl Ends {
    fn end(self, number: u64, licenses: u64) -> Timestamp {
        let random = scatter(number);
        let away = (random % (4 * YEAR) as u64) as i64 - YEAR;
        let end = self.around.plus_seconds(away);
        // So many licenses of each thousand stay where they are; the others end a year and a half later.
        let kept = 1_000_000 * 4 * YEAR as u64 / (licenses.max(1) * 30 * DAY as u64);
        if self.thin && away.abs() < YEAR / 2 && (random >> 8) % 1000 >= kept { end.plus_seconds(YEAR + YEAR / 2) } else { end }
    }
}

/// The customer with this number: a name of three words, and one or two contacts.
pub fn customer(number: u64, extent: Extent) -> Outcome<Fact> {
    let random = scatter(number);
    let (trade, form) = (of(&TRADES, random), of(&FORMS, random >> 8));
    let contact = |place: u64| {
        let name = of(&PEOPLE, random >> (16 + 4 * place));
        let mail = format!("{}@customer-{number:06}.example", local_part(name));
        Contact { name: Some(name.to_owned()), mail }
    };
    let contacts = (0..1 + random % 2).map(contact).collect();
    Ok(Fact::CustomerAdded(Customer {
        slug: extent.slug(number)?,
        name: format!("{trade} {number} {form}"),
        kind: CustomerKind::Customer,
        contacts,
        owner: Some("anna".into()),
        reference: Some(format!("CRM-{number}")),
        notes: random.is_multiple_of(4).then(|| format!("met at the fair of {}, likes mail", 2010 + random % 16)),
        archived: false,
    }))
}

/// The part of an address before the `@`.
fn local_part(name: &str) -> String {
    let letters: String = name.chars().filter(|sign| sign.is_ascii_alphabetic() || *sign == ' ').collect();
    letters.to_lowercase().replace(' ', ".")
}

/// What happens to the license with this number: it is issued, may be activated, and one in ten is renewed.
pub fn life(number: u64, ends: Ends, tiers: &[&str], extent: Extent, kid: Kid) -> Outcome<Vec<Fact>> {
    let issued = license(number, ends, tiers, extent, kid)?;
    let activated = activation(number)?;
    let renewed = renewal(number, &issued, activated.as_ref());
    Ok([Some(issued), activated, renewed].into_iter().flatten().collect())
}

/// The license with this number. One in five has a note.
fn license(number: u64, ends: Ends, tiers: &[&str], extent: Extent, kid: Kid) -> Outcome<Fact> {
    let random = scatter(number);
    let tier = of(tiers, random);
    let end = ends.end(number, extent.licenses);
    Ok(Fact::LicenseIssued {
        license: id(number),
        customer: extent.slug(random >> 3)?,
        terms: Terms {
            product: "cockpit".parse()?,
            tier: tier.parse()?,
            tier_name: tier.to_uppercase(),
            rank: 30,
            kind: LicenseType::Commercial,
            internal: random.is_multiple_of(100),
            starts: end.plus_seconds(-YEAR).date().start(),
            ends: (!random.is_multiple_of(20)).then(|| end.date().start()),
            grace_days: 14,
            warn_days: 30,
            offline_days: None,
            seats: Some((random % 500) as u32 + 1),
            features: ["sso", "export", "api"].iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            limits: [("users".parse()?, 500), ("requests".parse()?, 10_000)].into(),
            machines: MachineTerms::default(),
            meta: None,
        },
        rev: 1,
        kid,
        key: "k".repeat(800),
        note: random.is_multiple_of(5).then(|| format!("{} {random}", of(&CALLS, random >> 8))),
        request: None,
        unusual: None,
        occasion: None,
    })
}

/// A machine for three licenses of ten; most have a label.
fn activation(number: u64) -> Outcome<Option<Fact>> {
    let random = scatter(number);
    if random % 10 >= 3 {
        return Ok(None);
    }
    let serial = format!("serial {random}");
    let factors =
        [(Factor::Os, serial.as_str()), (Factor::Board, serial.as_str()), (Factor::Disk, serial.as_str()), (Factor::Cpu, "Xeon")];
    Ok(Some(Fact::MachineActivated {
        license: id(number),
        machine: Fingerprint::new(&"cockpit".parse()?, Environment::Physical, factors).into(),
        replaces: None,
        label: (!random.is_multiple_of(7)).then(|| format!("{} {}", of(&PLACES, random >> 4), random % 100_000)),
        nonce: None,
        key: None,
    }))
}

/// The second revision of one license in ten that ends: it runs for three years longer, so that as many as before end soon, and is
/// bound to the machine that was activated.
fn renewal(number: u64, issued: &Fact, activated: Option<&Fact>) -> Option<Fact> {
    let Fact::LicenseIssued { license, customer, terms, rev, kid, key, .. } = issued else { return None };
    let end = terms.ends.filter(|_| number.is_multiple_of(10))?;
    let bound: Vec<MachineId> = match activated {
        Some(Fact::MachineActivated { machine, .. }) => vec![machine.clone()],
        _ => Vec::new(),
    };
    let machines = MachineTerms { max: Some(2), bound, ..MachineTerms::default() };
    Some(Fact::LicenseIssued {
        license: *license,
        customer: customer.clone(),
        terms: Terms { ends: Some(end.plus_seconds(3 * YEAR)), machines, ..terms.clone() },
        rev: rev + 1,
        kid: *kid,
        key: key.clone(),
        note: None,
        request: None,
        unusual: None,
        occasion: Some(Occasion::Renewal),
    })
}

/// The id of the license with this number.
pub fn id(number: u64) -> LicenseId {
    LicenseId::from_random(scatter(number))
}

fn of<'t>(texts: &[&'t str], random: u64) -> &'t str {
    texts[(random % texts.len() as u64) as usize]
}

/// Numbers that look random, each used once (an odd factor permutes the 64-bit numbers).
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29
}
