//! Genuine keys that do not fit the question: the wrong product, customer, machine, feature, or moment.

use lic::license::{Environment, MachineKind, MachineTerms, Terms};
use lic::token::Reason;

use super::Vector;
use crate::forge::*;

/// What one machine is known by.
const WHOLE: &str = "os;board;disk;network;cpu";

/// A key bound to that machine, of which so many factors were known.
fn matched(known: usize, require: Option<u8>) -> String {
    let values: Vec<&str> = WHOLE.split(';').take(known).collect();
    let bound = vec![machine("cockpit", Environment::Physical, &values.join(";"))];
    with_claims(claims_of(&Terms { machines: MachineTerms { bound, require, ..MachineTerms::default() }, ..terms() }).to_json())
}

pub fn vectors() -> Vec<Vector> {
    let bound = MachineTerms { bound: vec!["host-7f3a9c".parse().expect("a machine ID")], ..MachineTerms::default() };
    let bound = with_claims(claims_of(&Terms { machines: bound, ..terms() }).to_json());
    let ungraced = with_claims(claims_of(&Terms { grace_days: 0, ..terms() }).to_json());
    let unfit = Vector::unfit;
    vec![
        unfit("wrong-issuer", Reason::WrongIssuer, "from another issuer", genuine())
            .ask(|ask| ask.issuer = Some("Example Software Ltd".to_owned())),
        unfit("wrong-product", Reason::WrongProduct, "for another product", genuine())
            .ask(|ask| ask.product = Some("autopilot".to_owned())),
        unfit("wrong-product-prefix", Reason::WrongProduct, "for a product whose name only begins alike", genuine())
            .ask(|ask| ask.product = Some("cockpit-pro".to_owned())),
        unfit("wrong-customer", Reason::WrongCustomer, "for another customer", genuine())
            .ask(|ask| ask.customer = Some("globex".to_owned())),
        unfit("machine-required", Reason::MachineRequired, "bound to a machine, and none is named", bound.clone()),
        unfit("wrong-machine", Reason::WrongMachine, "bound to another machine", bound.clone())
            .ask(|ask| ask.machine = Some("host-000000".to_owned())),
        unfit("wrong-machine-case", Reason::WrongMachine, "a machine ID in capitals", bound)
            .ask(|ask| ask.machine = Some("HOST-7F3A9C".to_owned())),
        unfit("machine-two-of-five", Reason::WrongMachine, "bound to a machine of which two factors are left", matched(5, None))
            .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Physical, "os;new;new;new;cpu").to_string())),
        unfit(
            "machine-four-must-match",
            Reason::WrongMachine,
            "three factors are left, and the key asks for four",
            matched(5, Some(4)),
        )
        .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Physical, "os;board;new;new;cpu").to_string())),
        unfit(
            "machine-not-on-missing",
            Reason::WrongMachine,
            "what is not known on either side does not match",
            matched(2, None),
        )
        .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Physical, "os;;;;cpu").to_string())),
        unfit("machine-of-another-product", Reason::WrongMachine, "the same machine's ID for another product", matched(5, None))
            .ask(|ask| ask.machine = Some(machine("autopilot", Environment::Physical, WHOLE).to_string())),
        unfit("wrong-machine-kind", Reason::WrongMachineKind, "for physical machines only, on a virtual one", {
            let machines = MachineTerms { kinds: [MachineKind::Physical].into(), ..MachineTerms::default() };
            with_claims(claims_of(&Terms { machines, ..terms() }).to_json())
        })
        .ask(|ask| ask.machine = Some(machine("cockpit", Environment::Kvm, WHOLE).to_string())),
        unfit("not-activated", Reason::NotActivated, "bound to no machine yet, where that is asked for", {
            let machines = MachineTerms { max: Some(2), ..MachineTerms::default() };
            with_claims(claims_of(&Terms { machines, ..terms() }).to_json())
        })
        .ask(|ask| ask.activated_only = true),
        unfit("missing-feature", Reason::MissingFeature, "does not grant the feature", genuine())
            .ask(|ask| ask.features = vec!["audit".to_owned()]),
        unfit("missing-one-feature", Reason::MissingFeature, "grants one of two features", genuine())
            .ask(|ask| ask.features = vec!["reports".to_owned(), "audit".to_owned()]),
        unfit("not-yet-valid", Reason::NotYetValid, "a year before its term", genuine())
            .at("2025-11-23T00:00:00Z")
            .status("scheduled"),
        unfit("not-yet-valid-by-a-second", Reason::NotYetValid, "a second before its term", genuine())
            .at("2026-11-22T23:59:59Z")
            .status("scheduled"),
        unfit("expired", Reason::Expired, "long after its term", genuine()).at("2030-01-01T00:00:00Z").status("expired"),
        unfit("expired-after-grace", Reason::Expired, "in the first second after its grace period", genuine())
            .at("2027-11-26T00:00:00Z")
            .status("expired"),
        unfit("expired-without-grace", Reason::Expired, "in the first second after a term without grace days", ungraced)
            .at("2027-11-23T00:00:00Z")
            .status("expired"),
    ]
}
