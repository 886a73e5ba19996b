//! Fills a new ledger with many licenses, for measuring: `cargo run --example fill_ledger -- PATH COUNT [REVOKED]`, where one
//! license in REVOKED is revoked.
//!
//! The keys are text of the usual length, not signatures: what is measured is the ledger. Ends are spread over four years,
//! of which one lies in the past on 2026-01-01.

use std::path::Path;
use std::time::Instant;

use lic::ledger::{Fact, KeyPurpose, KeyState, Ledger, Transaction};
use lic::license::{
    Customer, CustomerKind, LicenseId, LicenseType, MachineTerms, Operator, OperatorLimits, Role, Slug, Terms, Tier, Timestamp,
};
use lic::token::Kid;

const CUSTOMERS: u64 = 20_000;
const TIERS: [&str; 4] = ["free", "basic", "pro", "enterprise"];
const BATCH: u64 = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: fill_ledger PATH COUNT [REVOKED]".into());
    };
    let count: u64 = count.parse()?;
    let revoked: Option<u64> = arguments.next().map(|every| every.parse()).transpose()?;
    let mut ledger = Ledger::create(Path::new(&path))?;
    ledger.expect_bulk()?;
    let begin: Timestamp = "2025-01-01".parse()?;
    let anna: Slug = "anna".parse()?;
    ledger.write(|transaction| beginnings(transaction, begin, &anna))?;

    let started = Instant::now();
    for batch in 0..count.div_ceil(BATCH) {
        ledger.write(|transaction| {
            for number in batch * BATCH..count.min((batch + 1) * BATCH) {
                let at = begin.plus_seconds((number * 365 * 86_400 / count) as i64);
                let issued = license(number, at)?;
                transaction.record(at, &anna, &issued)?;
                if let Some(license) = issued.license().filter(|_| revoked.is_some_and(|every| number % every == every / 2)) {
                    let reason = "made to be measured".to_owned();
                    transaction.record(at, &anna, &Fact::LicenseRevoked { license, reason, note: None })?;
                }
            }
            Ok::<_, Box<dyn std::error::Error>>(())
        })?;
    }
    let seconds = started.elapsed().as_secs_f64();
    ledger.close()?;
    println!("{count} licenses in {seconds:.1} s, {:.0} a second", count as f64 / seconds);
    Ok(())
}

fn beginnings(transaction: &Transaction<'_>, at: Timestamp, by: &Slug) -> Result<(), Box<dyn std::error::Error>> {
    let record = |fact: Fact| transaction.record(at, by, &fact).map(|_| ());
    record(Fact::AuthorityCreated { name: "Vendor Inc".into(), issuer: "https://vendor.example".into() })?;
    record(Fact::OperatorAdded(Operator {
        slug: by.clone(),
        name: None,
        mail: None,
        role: Role::Admin,
        limits: OperatorLimits::default(),
    }))?;
    record(Fact::SigningKeyCreated {
        kid: kid()?,
        purpose: KeyPurpose::License,
        state: KeyState::Active,
        public: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
    })?;
    for (rank, name) in (1..).zip(TIERS) {
        record(Fact::TierAdded(Tier {
            product: "cockpit".parse()?,
            slug: name.parse()?,
            name: name.to_uppercase(),
            rank: rank * 10,
            term: "1y".parse()?,
            seats: Some(10),
            machines: None,
            machine_kinds: Default::default(),
            machine_factors: None,
            transfers: None,
            grace_days: 14,
            warn_days: 30,
            offline_days: None,
            features: Default::default(),
            limits: Default::default(),
            monthly: Some("49.90 EUR".parse()?),
            yearly: None,
            retired: false,
        }))?;
    }
    for number in 0..CUSTOMERS {
        record(Fact::CustomerAdded(Customer {
            slug: format!("customer-{number:05}").parse()?,
            name: format!("Customer {number} Ltd"),
            kind: CustomerKind::Customer,
            contacts: Vec::new(),
            owner: Some("anna".into()),
            reference: Some(format!("CRM-{number}")),
            notes: None,
            archived: false,
        }))?;
    }
    Ok(())
}

fn kid() -> Result<Kid, Box<dyn std::error::Error>> {
    Ok("kPrK_qmxVWaYVA9w".parse()?)
}

/// Numbers that look random, each used once (an odd factor permutes the 64-bit numbers).
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 29
}

fn license(number: u64, at: Timestamp) -> Result<Fact, Box<dyn std::error::Error>> {
    let random = scatter(number);
    let tier = TIERS[(random % 4) as usize];
    let perpetual = random.is_multiple_of(20);
    let starts = at.date().start();
    Ok(Fact::LicenseIssued {
        license: LicenseId::from_random(random),
        customer: format!("customer-{:05}", random % CUSTOMERS).parse()?,
        terms: Terms {
            product: "cockpit".parse()?,
            tier: tier.parse()?,
            tier_name: tier.to_uppercase(),
            rank: 30,
            kind: LicenseType::Commercial,
            internal: random.is_multiple_of(100),
            starts,
            ends: (!perpetual).then(|| starts.plus_days((random % (3 * 365)) as i64)),
            grace_days: 14,
            warn_days: 30,
            offline_days: None,
            seats: Some((random % 500) as u32 + 1),
            features: ["sso", "export", "api"].iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            limits: [("users", 500), ("requests", 10_000)]
                .iter()
                .map(|(name, most)| Ok((name.parse()?, *most)))
                .collect::<Result<_, Box<dyn std::error::Error>>>()?,
            machines: MachineTerms::default(),
            meta: None,
        },
        rev: 1,
        kid: kid()?,
        key: "k".repeat(800),
        note: (random.is_multiple_of(50)).then(|| format!("renewal of order {random}")),
        request: None,
        unusual: None,
        occasion: None,
    })
}
