//! Fills a new ledger with many licenses, for measuring: `cargo run --example fill_ledger -- PATH COUNT [REVOKED]`, where one
//! license in REVOKED is revoked.
//!
//! What stands in it is said by `content.rs`: a customer for ten licenses, a note for one in five, a machine for three in ten, a
//! renewal of one in ten. Ends are spread over four years, of which one lies in the past on 2026-01-01.

mod content;

use std::path::Path;
use std::time::Instant;

use content::{Ends, Extent, Outcome};
use lic::ledger::{Fact, KeyPurpose, KeyState, Ledger, Transaction};
use lic::license::{Operator, OperatorLimits, Role, Slug, Tier, Timestamp};
use lic::token::Kid;

const TIERS: [&str; 4] = ["free", "basic", "pro", "enterprise"];
const BATCH: u64 = 10_000;

fn main() -> Outcome<()> {
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
    let (extent, ends) = (Extent::of(count), Ends { around: "2026-01-01".parse()?, thin: false });
    ledger.write(|transaction| beginnings(transaction, begin, &anna, extent))?;

    let started = Instant::now();
    for batch in 0..count.div_ceil(BATCH) {
        ledger.write(|transaction| {
            for number in batch * BATCH..count.min((batch + 1) * BATCH) {
                let at = begin.plus_seconds((number * 365 * 86_400 / count) as i64);
                for fact in content::life(number, ends, &TIERS, extent, kid()?)? {
                    transaction.record(at, &anna, &fact)?;
                }
                if revoked.is_some_and(|every| number % every == every / 2) {
                    let license = content::id(number);
                    let reason = "made to be measured".to_owned();
                    transaction.record(at, &anna, &Fact::LicenseRevoked { license, reason, note: None })?;
                }
            }
            Outcome::Ok(())
        })?;
    }
    let seconds = started.elapsed().as_secs_f64();
    ledger.close()?;
    println!("{count} licenses in {seconds:.1} s, {:.0} a second", count as f64 / seconds);
    Ok(())
}

fn beginnings(transaction: &Transaction<'_>, at: Timestamp, by: &Slug, extent: Extent) -> Outcome<()> {
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
    for number in 0..extent.customers() {
        transaction.record(at, by, &content::customer(number, extent)?)?;
    }
    Ok(())
}

fn kid() -> Outcome<Kid> {
    Ok("kPrK_qmxVWaYVA9w".parse()?)
}
