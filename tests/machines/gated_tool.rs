//! The sample program: what a customer reads when the gate opens, and when it does not.

#![cfg(feature = "authority")]

#[path = "../../examples/gated_tool/gate.rs"]
mod gate;

use std::fmt::Write;

use insta::assert_snapshot;
use lic::license::{LicenseId, LicenseType, MachineKind, MachineTerms, Terms, Timestamp};
use lic::machine::Machine;
use lic::token::{Claims, Grant, KeySet, PublicKey, sign};

use crate::layout::Layout;
use crate::{product, read};

const NOW: &str = "2027-03-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn terms(machine: Option<&Machine>) -> Terms {
    let machines =
        MachineTerms { max: Some(1), bound: machine.map(Machine::id).into_iter().collect(), ..MachineTerms::default() };
    Terms {
        product: product(),
        tier: "pro".parse().unwrap(),
        tier_name: "Professional".into(),
        rank: 1,
        kind: LicenseType::Commercial,
        internal: false,
        starts: at("2027-01-01"),
        ends: Some(at("2028-01-01")),
        grace_days: 14,
        warn_days: 30,
        offline_days: None,
        seats: Some(5),
        features: [lic::license::Slug::clone(&"words".parse().unwrap())].into(),
        limits: Default::default(),
        machines,
        meta: None,
    }
}

fn key(rev: u32, terms: &Terms) -> String {
    let customer = "acme".parse().unwrap();
    let id = LicenseId::from_random(7);
    let grant =
        Grant { issuer: "example", customer: &customer, customer_name: "Acme GmbH", id, rev, at: at("2027-01-01"), status: None };
    sign(&Claims::new(grant, terms), &ed25519_dalek::SigningKey::from_bytes(&[9; 32]))
}

#[test]
fn what_a_customer_reads() {
    let mut keys = KeySet::new();
    keys.insert(PublicKey::try_from(ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key()).unwrap());
    let trusted = keys.to_pem();
    let folder = tempfile::tempdir().unwrap();
    let laptop = read(&Layout::of("laptop"));
    let other = read(&Layout::of("bare-metal"));
    let mut said = String::new();
    let mut start = |what: &str, state: &str, key: &str, machine: &Machine, now: &str| {
        let _ = writeln!(said, "# {what}");
        match gate::open(key.as_bytes(), &trusted, &product(), machine, &folder.path().join(state), at(now)) {
            Err(why) => _ = writeln!(said, "{why}"),
            Ok(gate) => {
                gate.notices.iter().for_each(|notice| _ = writeln!(said, "{notice}"));
                let _ = writeln!(said, "{}", gate.greeting());
                for asked in [gate.feature("words"), gate.feature("export"), gate.seat(4), gate.seat(5)] {
                    let _ = writeln!(said, "  {}", asked.err().unwrap_or_else(|| "go on".into()));
                }
            }
        }
        said.push('\n');
    };
    let bound = key(2, &terms(Some(&laptop)));
    start("before it is activated", "a", &key(1, &terms(None)), &laptop, NOW);
    start("the first start", "a", &bound, &laptop, NOW);
    start("every other start", "a", &bound, &laptop, NOW);
    start("a month before its end", "b", &bound, &laptop, "2027-12-20");
    start("in its grace days", "c", &bound, &laptop, "2028-01-05");
    start("after them", "c", &bound, &laptop, "2028-02-01");
    start("the clock set back", "c", &bound, &laptop, NOW);
    start("on another machine", "d", &bound, &other, NOW);
    start("with the state of another machine", "a", &bound, &other, NOW);
    start("with an older key", "e", &key(3, &terms(Some(&laptop))), &laptop, NOW);
    start("with an older key, later", "e", &bound, &laptop, NOW);
    let mut hardware = terms(Some(&laptop));
    hardware.machines.kinds = [MachineKind::Virtual].into();
    start("on a machine of the wrong sort", "f", &key(2, &hardware), &laptop, NOW);
    start("with something else", "f", "hello", &laptop, NOW);
    assert_snapshot!(said);
}
