//! The check of the machine: whether a key is bound to this one, matched factor by factor, and what to tell people of it.

use std::collections::BTreeSet;

use super::claims::Claims;
use super::describe;
use super::reason::{Reason, Refusal};
use super::released::MachineDigest;
use crate::license::fingerprint::Change;
use crate::license::{Comparison, Factor, Fingerprint, MachineId, MachineKind, MachineTerms, Slug};

/// What the verifier knows about the machine.
#[derive(Debug, Clone)]
pub(super) enum Machine {
    /// Nothing: a key that is bound to machines is refused.
    Unknown,
    /// That it does not matter.
    Any,
    /// Its ID, and what stands in it where `lic fingerprint` made it.
    This(MachineId, Option<Fingerprint>),
}

impl Machine {
    pub(super) fn this(id: MachineId) -> Self {
        let fingerprint = id.fingerprint();
        Self::This(id, fingerprint)
    }

    /// Whether a key of this product with these terms is good on this machine.
    pub(super) fn check(&self, terms: &MachineTerms, product: &Slug) -> Result<(), Refusal> {
        if let Self::This(_, Some(fingerprint)) = self {
            check_kind(terms, fingerprint)?;
        }
        if terms.bound.is_empty() {
            return Ok(());
        }
        let described = || describe::machines(terms);
        match self {
            Self::Any => Ok(()),
            Self::Unknown => Err(Refusal::new(Reason::MachineRequired, format!("{}, and no machine ID was given", described()))),
            Self::This(id, _) if terms.bound.contains(id) => Ok(()),
            Self::This(_, None) => Err(Refusal::new(Reason::WrongMachine, format!("{}, not to this one", described()))),
            Self::This(_, Some(fingerprint)) if !fingerprint.is_for(product) => {
                let detail = format!("the machine ID is not for {product}: it was made for another product");
                Err(Refusal::new(Reason::WrongMachine, detail))
            }
            Self::This(_, Some(fingerprint)) => match nearest(terms, fingerprint) {
                Some(nearest) if nearest.passes(terms.require) => Ok(()),
                nearest => {
                    let changes = nearest.map(|nearest| format!(": {}", difference(&nearest, terms.require)));
                    Err(Refusal::new(
                        Reason::WrongMachine,
                        format!("{}, not to this one{}", described(), changes.unwrap_or_default()),
                    ))
                }
            },
        }
    }

    /// What to tell of a machine that passed.
    pub(super) fn passed(&self, terms: &MachineTerms) -> String {
        match self {
            Self::This(id, Some(fingerprint)) if !terms.bound.is_empty() && !terms.bound.contains(id) => {
                let changes = nearest(terms, fingerprint).map(|nearest| format!(": {}", likeness(&nearest)));
                format!("bound to this machine{}", changes.unwrap_or_default())
            }
            Self::This(..) if !terms.bound.is_empty() => "bound to this machine".to_owned(),
            _ => describe::machines(terms),
        }
    }

    /// Whether the machine is one of these, which gave their seats of the license back.
    ///
    /// It is one by its very ID. Where it is known by another ID since, because a part was swapped, it is one if every bound
    /// machine that it still matches is: nobody who may hold another seat is locked out.
    pub(super) fn is_among(&self, released: &BTreeSet<MachineDigest>, claims: &Claims) -> bool {
        let Self::This(id, fingerprint) = self else { return false };
        let gone = |machine: &MachineId| released.contains(&MachineDigest::of(claims.jti, machine));
        if gone(id) || claims.machines.bound.contains(id) {
            return gone(id);
        }
        let Some(now) = fingerprint else { return false };
        let fits =
            |bound: &&MachineId| bound.fingerprint().is_some_and(|bound| bound.compare(now).passes(claims.machines.require));
        let mut matched = claims.machines.bound.iter().filter(fits).peekable();
        matched.peek().is_some() && matched.all(gone)
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self, Self::This(..))
    }
}

fn check_kind(terms: &MachineTerms, fingerprint: &Fingerprint) -> Result<(), Refusal> {
    let environment = fingerprint.environment();
    if terms.allows(environment.kind()) {
        return Ok(());
    }
    let allowed: Vec<&str> = terms.kinds.iter().copied().map(MachineKind::plural).collect();
    let detail = format!("this is {}, and the license is for {} only", environment.described(), allowed.join(" and "));
    Err(Refusal::new(Reason::WrongMachineKind, detail))
}

/// The bound machine that this one is most like.
fn nearest(terms: &MachineTerms, now: &Fingerprint) -> Option<Comparison> {
    let known = terms.bound.iter().filter_map(MachineId::fingerprint);
    known.map(|bound| bound.compare(now)).max_by_key(|found| (found.passes(terms.require), found.same()))
}

fn list(factors: impl Iterator<Item = Factor>) -> Option<String> {
    let names: Vec<&str> = factors.map(Factor::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// `4 of 5 factors match, disk changed`.
fn likeness(found: &Comparison) -> String {
    let mut line = format!("{} of {} factors match", found.same(), found.known());
    for (change, word) in [(Change::Changed, "changed"), (Change::Gone, "not to be read now")] {
        if let Some(names) = list(found.all(change)) {
            line.push_str(&format!(", {names} {word}"));
        }
    }
    line
}

/// `1 of 5 factors matches, 3 must: os, board, disk changed`.
fn difference(found: &Comparison, require: Option<u8>) -> String {
    let same = found.same();
    if same == 0 {
        return "no factor matches".to_owned();
    }
    let must = found.required(require);
    if same >= must {
        return format!("{}, and the processor alone is not enough", likeness(found));
    }
    format!("{}; {must} must", likeness(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::Environment;

    fn product() -> Slug {
        "cockpit".parse().unwrap()
    }

    fn made(environment: Environment, values: [&str; 5]) -> MachineId {
        let known = Factor::ALL.into_iter().zip(values).filter(|(_, value)| !value.is_empty());
        Fingerprint::new(&product(), environment, known).into()
    }

    fn bound(values: [&str; 5]) -> MachineTerms {
        MachineTerms { bound: vec![made(Environment::Physical, values)], ..MachineTerms::default() }
    }

    fn said(terms: &MachineTerms, now: MachineId) -> String {
        let machine = Machine::this(now);
        match machine.check(terms, &product()) {
            Ok(()) => machine.passed(terms),
            Err(refusal) => format!("{}: {}", refusal.reason, refusal.detail),
        }
    }

    #[test]
    fn what_changed_is_told() {
        let terms = bound(["a", "b", "c", "d", "e"]);
        for (now, want) in [
            (["a", "b", "c", "d", "e"], "bound to this machine"),
            (["a", "b", "X", "d", "e"], "bound to this machine: 4 of 5 factors match, disk changed"),
            (["a", "b", "X", "", "e"], "bound to this machine: 3 of 5 factors match, disk changed, network not to be read now"),
            (
                ["X", "b", "X", "", "e"],
                "wrong-machine: bound to 1 machine, not to this one: 2 of 5 factors match, os, disk changed, network not to be read now; 3 must",
            ),
            (["V", "W", "X", "Y", "Z"], "wrong-machine: bound to 1 machine, not to this one: no factor matches"),
        ] {
            assert_eq!(said(&terms, made(Environment::Physical, now)), want);
        }
        let cpu = bound(["", "", "", "", "e"]);
        assert_eq!(
            said(&cpu, made(Environment::Physical, ["a", "b", "c", "d", "e"])),
            "wrong-machine: bound to 1 machine, not to this one: 1 of 1 factors match, and the processor alone is not enough"
        );
    }

    #[test]
    fn an_id_of_another_product_is_told_as_such() {
        let other = Fingerprint::new(&"radar".parse().unwrap(), Environment::Physical, [(Factor::Os, "a")]);
        assert_eq!(
            said(&bound(["a", "b", "c", "d", "e"]), other.into()),
            "wrong-machine: the machine ID is not for cockpit: it was made for another product"
        );
    }

    #[test]
    fn a_sort_that_the_license_refuses_is_told_as_such() {
        let terms =
            MachineTerms { kinds: [MachineKind::Physical, MachineKind::Virtual].into(), ..bound(["a", "b", "c", "d", "e"]) };
        let now = ["a", "b", "c", "d", "e"];
        assert_eq!(said(&terms, made(Environment::Kvm, now)), "bound to this machine: 5 of 5 factors match");
        assert_eq!(
            said(&terms, made(Environment::Docker, now)),
            "wrong-machine-kind: this is a Docker container, and the license is for physical machines and virtual machines only"
        );
        let unbound = MachineTerms { bound: vec![], ..terms };
        assert!(said(&unbound, made(Environment::Docker, now)).starts_with("wrong-machine-kind"));
        assert_eq!(said(&unbound, made(Environment::Kvm, now)), "any machine");
    }

    #[test]
    fn the_nearest_of_several_machines_counts() {
        let mut terms = bound(["1", "2", "3", "4", "e"]);
        terms.bound.push(made(Environment::Physical, ["a", "b", "c", "d", "e"]));
        terms.bound.push("host-7".parse().unwrap());
        assert_eq!(
            said(&terms, made(Environment::Physical, ["a", "b", "c", "X", "e"])),
            "bound to this machine: 4 of 5 factors match, network changed"
        );
        assert_eq!(said(&terms, "host-7".parse().unwrap()), "bound to this machine");
    }

    #[test]
    fn a_machine_like_one_that_is_gone_keeps_the_seat_that_it_may_hold() {
        let gone = made(Environment::Physical, ["a", "b", "c", "d", "e"]);
        let twin = made(Environment::Physical, ["a", "b", "c", "1", "2"]);
        let claims = |bound: &[&MachineId]| {
            let mut claims = Claims::read(super::super::claims::tests::least().to_string().as_bytes()).unwrap();
            claims.machines.bound = bound.iter().copied().cloned().collect();
            claims
        };
        let released = [MachineDigest::of(claims(&[]).jti, &gone)].into();
        let among =
            |machine: &MachineId, bound: &[&MachineId]| Machine::this(machine.clone()).is_among(&released, &claims(bound));
        // By its very ID, whatever the key is bound to.
        assert!(among(&gone, &[]) && among(&gone, &[&twin]) && among(&gone, &[&twin, &gone]));
        // A machine that only resembles it is refused where the key has no other seat for it.
        let other_disk = made(Environment::Physical, ["a", "b", "X", "1", "e"]);
        assert!(among(&twin, &[&gone]) && among(&other_disk, &[&gone]));
        assert!(!among(&twin, &[&gone, &twin]) && !among(&other_disk, &[&gone, &twin]) && !among(&twin, &[]));
        // Of another license it is none.
        let mut other = claims(&[&gone]);
        other.jti = crate::license::LicenseId::from_random(99);
        assert!(!Machine::this(gone.clone()).is_among(&released, &other));
        assert!(![Machine::Any, Machine::Unknown].iter().any(|machine| machine.is_among(&released, &claims(&[&gone]))));
    }
}
