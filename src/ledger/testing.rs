//! Facts and small ledgers for the tests.

use crate::ledger::{Fact, Foreign, KeyPurpose, KeyState, Ledger, Request};
use crate::license::{
    Contact, Customer, CustomerKind, Doubt, LicenseId, LicenseType, MachineId, MachineTerms, Occasion, Operator, OperatorLimits,
    RefusedFor, Role, Slug, Terms, Tier, Timestamp,
};
use crate::token::Kid;
use proptest::prelude::*;

/// 2026-01-01 00:00 UTC and some days.
pub(crate) fn day(days: i64) -> Timestamp {
    "2026-01-01".parse::<Timestamp>().unwrap().plus_days(days)
}

pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

pub(crate) fn kid() -> Kid {
    "Qm9vdHN0cmFwS2V5".parse().unwrap()
}

pub(crate) fn id(number: u64) -> LicenseId {
    // Spread as random ids are, and different for different numbers.
    LicenseId::from_random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

pub(crate) fn customer(name: &str) -> Customer {
    Customer {
        slug: Slug::suggest(name).unwrap(),
        name: name.to_owned(),
        kind: CustomerKind::Customer,
        contacts: Vec::new(),
        owner: None,
        reference: None,
        notes: None,
        archived: false,
    }
}

pub(crate) fn tier(name: &str, rank: u32) -> Tier {
    Tier {
        product: slug("cockpit"),
        slug: slug(name),
        name: name.to_uppercase(),
        rank,
        term: "1y".parse().unwrap(),
        seats: Some(5),
        machines: None,
        machine_kinds: Default::default(),
        machine_factors: None,
        transfers: None,
        grace_days: 14,
        warn_days: 30,
        offline_days: None,
        features: ["sso", "export"].into_iter().map(slug).collect(),
        limits: [(slug("users"), 50)].into(),
        monthly: Some("49.90 EUR".parse().unwrap()),
        yearly: None,
        retired: false,
    }
}

pub(crate) fn operator(name: &str, role: Role) -> Operator {
    Operator {
        slug: slug(name),
        name: None,
        mail: Some(format!("{name}@vendor.example")),
        role,
        limits: OperatorLimits::default(),
    }
}

pub(crate) fn terms() -> Terms {
    Terms {
        product: slug("cockpit"),
        tier: slug("pro"),
        tier_name: "PRO".into(),
        rank: 30,
        kind: LicenseType::Commercial,
        internal: false,
        starts: day(0),
        ends: Some(day(365)),
        grace_days: 14,
        warn_days: 30,
        offline_days: None,
        seats: Some(5),
        features: ["sso"].into_iter().map(slug).collect(),
        limits: [(slug("users"), 50)].into(),
        machines: MachineTerms::default(),
        meta: None,
    }
}

/// The first revision of license `number`.
pub(crate) fn issue(number: u64, customer: &str, change: impl FnOnce(&mut Terms)) -> Fact {
    revise(number, 1, customer, change)
}

pub(crate) fn revise(number: u64, rev: u32, customer: &str, change: impl FnOnce(&mut Terms)) -> Fact {
    let mut terms = terms();
    change(&mut terms);
    let license = id(number);
    let key = format!("header.{license}-{rev}.signature");
    Fact::LicenseIssued {
        license,
        customer: slug(customer),
        terms,
        rev,
        kid: kid(),
        key,
        note: None,
        request: None,
        unusual: None,
        occasion: (rev > 1).then_some(Occasion::Renewal),
    }
}

/// A license of the older system `keybox`.
pub(crate) fn taken_over(number: u64, customer: &str, reference: &str, key: Option<&str>) -> Fact {
    let foreign = Foreign { system: "keybox".into(), reference: reference.into(), key: key.map(str::to_owned) };
    Fact::LicenseTakenOver { license: id(number), customer: slug(customer), terms: terms(), foreign, note: None }
}

pub(crate) fn noted(mut fact: Fact, text: &str) -> Fact {
    let Fact::LicenseIssued { note, .. } = &mut fact else { panic!("no license") };
    *note = Some(text.to_owned());
    fact
}

pub(crate) fn requested(mut fact: Fact, name: &str) -> Fact {
    let Fact::LicenseIssued { request, .. } = &mut fact else { panic!("no license") };
    *request = Some(Request { id: name.to_owned(), digest: "digest".to_owned() });
    fact
}

/// What `lic init` and a few minutes of work leave behind: an authority, two operators, a signing key, customers and tiers.
pub(crate) fn beginnings() -> Vec<Fact> {
    let contact = Contact { name: Some("Jörg Ångström".into()), mail: "jorg@globex.example".into() };
    let globex =
        Customer { contacts: vec![contact], reference: Some("CRM-7".into()), kind: CustomerKind::Partner, ..customer("Globex") };
    vec![
        Fact::AuthorityCreated { name: "Vendor Inc".into(), issuer: "https://vendor.example".into() },
        Fact::OperatorAdded(operator("anna", Role::Admin)),
        Fact::SigningKeyCreated { kid: kid(), purpose: KeyPurpose::License, state: KeyState::Active, public: "AAAA".into() },
        Fact::SigningKeyCopied { kid: kid(), operator: slug("anna"), protected: true },
        Fact::OperatorAdded(operator("ben", Role::Issuer)),
        Fact::CustomerAdded(customer("Acme")),
        Fact::CustomerAdded(globex),
        Fact::TierAdded(tier("basic", 10)),
        Fact::TierAdded(tier("pro", 30)),
    ]
}

/// Publication `number` of the status lists below an address.
pub(crate) fn published(number: u64, uri: &str) -> Fact {
    Fact::StatusListPublished { number, uri: uri.into(), lists: 2, kid: kid(), expires: day(9), revoked: 1, suspended: 0 }
}

fn machine(name: &str) -> MachineId {
    name.parse().unwrap()
}

fn activated(number: u64, name: &str, nonce: Option<&str>) -> Fact {
    Fact::MachineActivated {
        license: id(number),
        machine: machine(name),
        replaces: nonce.map(|_| machine("host-0")),
        label: Some("a server".into()),
        nonce: nonce.map(str::to_owned),
        key: nonce.map(|_| "a key".into()),
    }
}

/// Something that was refused for license `number`.
pub(crate) fn refused(number: u64, why: RefusedFor, name: Option<&str>) -> Fact {
    let asked = if why == RefusedFor::Revoked { Occasion::Renewal } else { Occasion::Activation };
    Fact::LicenseRefused { license: id(number), asked, why, machine: name.map(machine) }
}

pub(crate) fn one_fact_of_each_kind() -> Vec<Fact> {
    let mut facts = beginnings();
    let full =
        noted(requested(issue(1, "acme", |terms| terms.meta = Some(serde_json::json!({"b": 1, "a": [0.5, "x"]}))), "r"), "n");
    facts.extend([
        Fact::SigningKeyCopyRemoved { kid: kid(), operator: slug("anna") },
        Fact::OperatorChanged(operator("ben", Role::Viewer)),
        Fact::OperatorRemoved { operator: slug("ben") },
        Fact::CustomerChanged(Customer { archived: true, ..customer("Acme") }),
        Fact::TierChanged(tier("pro", 40)),
        full,
        Fact::LicenseSuspended { license: id(1), reason: None },
        Fact::LicenseReinstated { license: id(1), reason: Some("paid".into()) },
        Fact::LicenseRevoked { license: id(1), reason: "refund".into(), note: Some("invoice 7".into()) },
        Fact::LicenseNoted { license: id(1), note: Some("by letter".into()) },
        Fact::SigningKeyStateChanged { kid: kid(), state: KeyState::Retired, reason: Some("rotation".into()) },
        published(1, "https://licenses.vendor.example/status"),
        activated(1, "host-1", Some("0123456789ABCDEF")),
        Fact::MachineRenamed { license: id(1), machine: machine("host-1"), label: Some("build server".into()) },
        Fact::MachineDeactivated {
            license: id(1),
            machine: machine("host-1"),
            reason: Some("scrapped".into()),
            receipt: Some("a receipt".into()),
        },
    ]);
    facts.push(taken_over(90, "acme", "A-1", Some("AAAA-BBBB")));
    facts.extend([
        refused(1, RefusedFor::NoSeat, Some("host-9")),
        Fact::KeyDoubted {
            why: Doubt::UnknownKey,
            digest: "ab".repeat(32),
            kid: "somebody's".into(),
            claims_license: Some(id(7)),
            claims_customer: Some(slug("acme")),
        },
    ]);
    facts
}

/// Records facts, a second apart from the start of day `days`, as `anna`.
pub(crate) fn record(ledger: &mut Ledger, days: i64, facts: &[Fact]) {
    ledger
        .write(|transaction| {
            for (second, fact) in facts.iter().enumerate() {
                transaction.record(day(days).plus_seconds(second as i64), &slug("anna"), fact)?;
            }
            Ok::<_, crate::ledger::LedgerError>(())
        })
        .unwrap();
}

/// A ledger in memory with [`beginnings`].
pub(crate) fn ledger() -> Ledger {
    let mut ledger = Ledger::in_memory().unwrap();
    record(&mut ledger, 0, &beginnings());
    ledger
}

/// One of the things that people do, on few enough names that they meet.
pub(crate) fn deed() -> impl Strategy<Value = Fact> {
    let names = prop::sample::select(vec!["acme", "globex", "initech"]);
    (0u8..21, 0u64..6, 1u32..4, names, 0i64..800, any::<bool>()).prop_map(|(deed, number, rev, name, days, flag)| match deed {
        0 => Fact::CustomerAdded(Customer { reference: flag.then(|| "CRM-9".into()), ..customer(name) }),
        1 => Fact::CustomerChanged(Customer { archived: flag, notes: Some(days.to_string()), ..customer(name) }),
        2 => Fact::TierChanged(tier("pro", rev)),
        3 => Fact::TierAdded(tier(name, rev)),
        4 => Fact::OperatorAdded(operator(name, Role::Issuer)),
        5 => Fact::OperatorRemoved { operator: slug(name) },
        15 => Fact::SigningKeyStateChanged {
            kid: kid(),
            state: KeyState::ALL[usize::try_from(rev).unwrap_or_default()],
            reason: flag.then(|| "stolen".into()),
        },
        6 => Fact::SigningKeyCopied { kid: kid(), operator: slug(name), protected: flag },
        7 => Fact::SigningKeyCopyRemoved { kid: kid(), operator: slug("anna") },
        8 => Fact::LicenseSuspended { license: id(number), reason: flag.then(|| "unpaid".into()) },
        9 => Fact::LicenseRevoked { license: id(number), reason: "refund".into(), note: flag.then(|| days.to_string()) },
        10 => Fact::LicenseReinstated { license: id(number), reason: flag.then(|| "paid".into()) },
        11 => requested(issue(number, name, |terms| terms.internal = flag), &rev.to_string()),
        12 => noted(issue(number, name, |terms| terms.ends = flag.then(|| day(days))), "noted"),
        14 => Fact::LicenseNoted { license: id(number), note: flag.then(|| days.to_string()) },
        16 => activated(number, name, flag.then_some(["AAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBB"][usize::from(rev > 1)])),
        17 => Fact::MachineDeactivated { license: id(number), machine: machine(name), reason: None, receipt: None },
        18 => Fact::MachineRenamed { license: id(number), machine: machine(name), label: flag.then(|| days.to_string()) },
        13 => revise(number, rev, name, |terms| terms.ends = flag.then(|| day(days))),
        19 => taken_over(number, name, &rev.to_string(), flag.then_some("AAAA")),
        _ => issue(number, name, |terms| {
            terms.starts = day(days);
            terms.ends = Some(day(days + 30));
        }),
    })
}
