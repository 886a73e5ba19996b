//! What holds for licenses whatever is done to them, by however many at once: the rules of `authority` without a command line.

#![cfg(feature = "authority")]

use lic::authority::change::Change;
use lic::authority::init::Founding;
use lic::authority::issue::Batch;
use lic::authority::order::{End, Order, Quantity};
use lic::authority::planned::Planned;
use lic::authority::renew::{CountFrom, Renewal, Which};
use lic::authority::signer::{NoPassphrase, Signers};
use lic::authority::standing::Decision;
use lic::authority::transfer::Transfer;
use lic::authority::{Actor, Authority, Error, Home, Mode};
use lic::ledger::{Access, Ledger};
use lic::license::{
    Customer, CustomerKind, LicenseId, LicenseType, Operator, OperatorLimits, RevocationReason, Role, Slug, Standing, Tier,
    Timestamp,
};
use lic::token::Verifier;
use lic::world::Entropy;
use proptest::prelude::*;
use tempfile::TempDir;

/// Different bytes each time, the same in each run.
struct Counting(u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
        Ok(())
    }
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn day(days: i64) -> Timestamp {
    "2026-11-22T09:00:00Z".parse::<Timestamp>().unwrap().plus_days(days)
}

fn customer(name: &str) -> Customer {
    Customer {
        slug: slug(name),
        name: name.to_uppercase(),
        kind: CustomerKind::Customer,
        contacts: Vec::new(),
        owner: None,
        reference: None,
        notes: None,
        archived: false,
    }
}

fn tier() -> Tier {
    toml::from_str(
        "product = 'cockpit'\nslug = 'pro'\nname = 'Pro'\nrank = 30\nterm = '1y'\nseats = 5\ngrace_days = 14\nwarn_days = 30\n",
    )
    .unwrap()
}

/// An authority with the admin `anna`, the issuer `ben`, two customers, and some licenses.
struct House {
    folder: TempDir,
    ids: Vec<LicenseId>,
}

impl House {
    fn new(licenses: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let founding = Founding {
            name: "Example".into(),
            issuer: "example".into(),
            operator: slug("anna"),
            passphrase: None,
            product: slug("cockpit"),
            tiers: vec![tier()],
        };
        let mut entropy = Counting(7);
        let home = Home::at(folder.path().join("home"));
        let mut authority = Authority::init(home, &founding, day(0), &mut entropy).unwrap();
        let anna = authority.actor("anna").unwrap();
        for name in ["acme", "globex"] {
            authority.add_customer(&anna, &customer(name), day(0), Mode::Commit).unwrap();
        }
        let ben = Operator { slug: slug("ben"), name: None, mail: None, role: Role::Issuer, limits: OperatorLimits::default() };
        authority.add_operator(&anna, &ben, day(0), Mode::Commit).unwrap();
        let order = Order { end: Some(End::For("1y".parse().unwrap())), ..Order::new(slug("acme"), "pro") };
        let batch = Batch { count: licenses, request: None };
        let signer = authority.unlock(&anna, lic::ledger::KeyPurpose::License, &mut NoPassphrase).unwrap();
        let issued = authority.issue(&anna, &order, &batch, &signer, day(0), &mut entropy).unwrap();
        authority.close().unwrap();
        Self { folder, ids: issued.iter().map(|one| one.id).collect() }
    }

    /// As another process opens it.
    fn open(&self) -> (Authority, Actor, Signers) {
        let authority = Authority::open(Home::at(self.folder.path().join("home")), Access::ReadWrite).unwrap();
        let anna = authority.actor("anna").unwrap();
        let signers = authority.unlock_for(&anna, [LicenseType::Commercial], &mut NoPassphrase).unwrap();
        (authority, anna, signers)
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.folder.path().join("home/ledger.db"), Access::ReadOnly).unwrap()
    }
}

fn renewal(ids: &[LicenseId]) -> Renewal {
    let (end, from) = (Some(End::For("1y".parse().unwrap())), None);
    Renewal { which: Which::These(ids.to_vec()), end, from, reprice: false, seats: None, note: None }
}

fn revoke(reason: RevocationReason) -> Decision {
    Decision::Revoke { reason, note: None }
}

/// Everything that another operator may do while a person looks at a plan.
#[test]
fn what_was_planned_is_not_signed_when_somebody_else_was_faster() {
    let house = House::new(2);
    let id = house.ids[0];
    let (mut slow, anna, signers) = house.open();
    let (mut fast, ben, others) = house.open();
    let plan = |authority: &Authority| authority.plan_renewal(&anna, &renewal(&house.ids), day(1)).unwrap().0;
    let seats = Change { seats: Some(Quantity::Count(9)), ..Change::default() };
    let transfer = Transfer { license: id, to: slug("globex"), force: false, note: None };
    for faster in 0..5 {
        let plans = plan(&slow);
        let change = slow.plan_change(&anna, id, &seats, day(1)).unwrap();
        let gone = slow.plan_transfer(&anna, &transfer).unwrap();
        match faster {
            0 => drop(fast.renew(&ben, &renewal(&[id]), &plan(&fast)[..1], None, &others, day(1)).unwrap()),
            1 => {
                let other = Change { seats: Some(Quantity::Count(100)), ..Change::default() };
                let shown = fast.plan_change(&ben, id, &other, day(1)).unwrap();
                fast.change_license(&ben, &other, &shown, Some(&others), day(1)).unwrap();
            }
            2 => drop(fast.decide(&ben, &[id], &Decision::Suspend { reason: None }, day(1), Mode::Commit).unwrap()),
            3 => drop(fast.decide(&ben, &[id], &Decision::Reinstate { reason: None }, day(1), Mode::Commit).unwrap()),
            _ => drop(fast.decide(&ben, &[id], &revoke(RevocationReason::Other), day(1), Mode::Commit).unwrap()),
        }
        let before = house.ledger().head().unwrap();
        let renewed = slow.renew(&anna, &renewal(&house.ids), &plans, None, &signers, day(1)).unwrap_err();
        assert!(matches!(&renewed, Error::Several { all: 2, failed } if failed[0].0 == id), "{faster}: {renewed}");
        let changed = slow.change_license(&anna, &seats, &change, Some(&signers), day(1)).unwrap_err();
        assert!(matches!(changed, Error::Changed(_)), "{faster}: {changed}");
        let transferred = slow.transfer(&anna, &transfer, &gone, &signers, day(1)).unwrap_err();
        assert!(matches!(transferred, Error::Changed(_)), "{faster}: {transferred}");
        assert_eq!(house.ledger().head().unwrap(), before, "{faster}");
    }
}

#[test]
fn of_two_who_renew_the_same_license_at_once_one_does() {
    let house = House::new(1);
    let wish = renewal(&house.ids);
    let sides = [house.open(), house.open()];
    let plans: Vec<Vec<Planned>> = sides.iter().map(|(one, anna, _)| one.plan_renewal(anna, &wish, day(1)).unwrap().0).collect();
    let renewed = std::thread::scope(|scope| {
        let running: Vec<_> = sides
            .into_iter()
            .zip(&plans)
            .map(|((mut one, anna, signers), plans)| {
                let wish = &wish;
                scope.spawn(move || one.renew(&anna, wish, plans, None, &signers, day(1)).is_ok())
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
    });
    assert_eq!(renewed, 1);
    let license = house.ledger().read().license(house.ids[0]).unwrap().unwrap();
    assert_eq!((license.rev, license.ends.unwrap().last_day().to_string()), (2, "2028-11-22".into()));
}

#[test]
fn of_two_who_send_the_same_request_both_get_the_one_revision() {
    let house = House::new(3);
    let wish = renewal(&house.ids);
    let sides = [house.open(), house.open()];
    let plans: Vec<Vec<Planned>> = sides.iter().map(|(one, anna, _)| one.plan_renewal(anna, &wish, day(1)).unwrap().0).collect();
    let keys: Vec<Vec<String>> = sides
        .into_iter()
        .zip(&plans)
        .map(|((mut one, anna, signers), plans)| {
            let issued = one.renew(&anna, &wish, plans, Some("year-2"), &signers, day(1)).unwrap();
            issued.into_iter().map(|one| one.key).collect()
        })
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert!(house.ids.iter().all(|id| house.ledger().read().license(*id).unwrap().unwrap().rev == 2));
}

#[test]
fn an_operator_who_lost_the_role_meanwhile_does_nothing_any_more() {
    let house = House::new(1);
    let (mut authority, anna, _) = house.open();
    let ben = authority.actor("ben").unwrap();
    authority.edit_operator(&anna, &slug("ben"), |ben| ben.role = Role::Viewer, day(1), Mode::Commit).unwrap();
    let refused = authority.decide(&ben, &house.ids, &Decision::Suspend { reason: None }, day(1), Mode::Commit).unwrap_err();
    assert!(matches!(refused, Error::NotAllowed { .. }), "{refused}");
    authority.remove_operator(&anna, &slug("ben"), day(1), Mode::Commit).unwrap();
    let refused = authority.decide(&ben, &house.ids, &Decision::Suspend { reason: None }, day(1), Mode::Commit).unwrap_err();
    assert!(matches!(refused, Error::UnknownOperator(_)), "{refused}");
}

/// What can be done to a license.
#[derive(Debug, Clone)]
enum Deed {
    Renew(Option<CountFrom>, u32),
    Change(u32),
    Transfer(bool),
    Suspend,
    Revoke(usize),
    Reinstate { by_admin: bool },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (prop::option::of(prop::sample::select(vec![CountFrom::End, CountFrom::Today])), 1u32..40)
            .prop_map(|(from, months)| Deed::Renew(from, months)),
        2 => (1u32..50).prop_map(Deed::Change),
        1 => any::<bool>().prop_map(Deed::Transfer),
        1 => Just(Deed::Suspend),
        1 => (0..RevocationReason::ALL.len()).prop_map(Deed::Revoke),
        2 => any::<bool>().prop_map(|by_admin| Deed::Reinstate { by_admin }),
    ]
}

/// How a license stands by the rules, told apart from the ledger.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stands {
    Good,
    Suspended,
    Revoked { last: bool },
}

impl Stands {
    /// Whether the deed may be done, and how the license stands after it.
    fn after(self, deed: &Deed) -> Option<Self> {
        match (deed, self) {
            (Deed::Renew(..) | Deed::Change(_) | Deed::Transfer(_), Self::Good | Self::Suspended) => Some(self),
            (Deed::Suspend, Self::Good) => Some(Self::Suspended),
            (Deed::Revoke(reason), Self::Good | Self::Suspended) => {
                Some(Self::Revoked { last: RevocationReason::ALL[*reason].is_final() })
            }
            (Deed::Reinstate { .. }, Self::Suspended) => Some(Self::Good),
            (Deed::Reinstate { by_admin: true }, Self::Revoked { last: false }) => Some(Self::Good),
            _ => None,
        }
    }
}

fn carry_out(
    authority: &mut Authority,
    id: LicenseId,
    deed: &Deed,
    actors: (&Actor, &Actor),
    signers: &Signers,
    at: Timestamp,
) -> Result<(), Error> {
    let (anna, ben) = actors;
    let decide = |authority: &mut Authority, actor: &Actor, decision| {
        authority.decide(actor, &[id], &decision, at, Mode::Commit).map(drop)
    };
    match deed {
        Deed::Renew(from, months) => {
            let end = Some(End::For(format!("{months}mo").parse().unwrap()));
            let wish = Renewal { end, from: *from, ..renewal(&[id]) };
            let (plans, _) = authority.plan_renewal(anna, &wish, at)?;
            authority.renew(anna, &wish, &plans, None, signers, at).map(drop)
        }
        Deed::Change(seats) => {
            let change = Change { seats: Some(Quantity::Count(*seats)), ..Change::default() };
            let shown = authority.plan_change(anna, id, &change, at)?;
            authority.change_license(anna, &change, &shown, Some(signers), at).map(drop)
        }
        Deed::Transfer(to_acme) => {
            let to = slug(if *to_acme { "acme" } else { "globex" });
            let transfer = Transfer { license: id, to, force: false, note: None };
            let plan = authority.plan_transfer(anna, &transfer)?;
            authority.transfer(anna, &transfer, &plan, signers, at).map(drop)
        }
        Deed::Suspend => decide(authority, anna, Decision::Suspend { reason: None }),
        Deed::Revoke(reason) => decide(authority, anna, revoke(RevocationReason::ALL[*reason])),
        Deed::Reinstate { by_admin } => {
            decide(authority, if *by_admin { anna } else { ben }, Decision::Reinstate { reason: None })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_deed_but_reinstating_brings_back_what_was_revoked(deeds in prop::collection::vec((deed(), 0i64..200), 1..30)) {
        let house = House::new(1);
        let id = house.ids[0];
        let (mut authority, anna, signers) = house.open();
        let ben = authority.actor("ben").unwrap();
        let (mut stands, mut now) = (Stands::Good, 0);
        for (deed, days) in &deeds {
            now += days;
            let before = authority.read().license(id).unwrap().unwrap();
            let done = carry_out(&mut authority, id, deed, (&anna, &ben), &signers, day(now));
            let after = authority.read().license(id).unwrap().unwrap();
            match (stands.after(deed), &done) {
                (Some(next), Ok(())) => stands = next,
                // The rules of standing allow it; other rules may not: an end that would not be later, the same customer.
                (Some(_), Err(Error::NotLonger { .. } | Error::Invalid(_))) => prop_assert_eq!(&before, &after),
                (None, Err(_)) => prop_assert_eq!(&before, &after),
                (allowed, _) => prop_assert!(false, "{deed:?} from {stands:?} to {allowed:?} gave {done:?}"),
            }
            let expected = match stands {
                Stands::Good => Standing::Good,
                Stands::Suspended => Standing::Suspended,
                Stands::Revoked { .. } => Standing::Revoked,
            };
            prop_assert_eq!(after.standing, expected);
            // A renewal never takes days away.
            if matches!(deed, Deed::Renew(..)) {
                prop_assert!(after.ends >= before.ends);
            }
            // The newest key says what the ledger says, and a verifier takes it.
            let key = authority.read().key_text(id, after.rev).unwrap().unwrap();
            let verifier = Verifier::new(authority.key_set().unwrap(), slug("cockpit")).customer(after.customer.clone()).any_machine();
            let license = verifier.verify(&key, after.starts).unwrap();
            prop_assert_eq!((license.id(), license.revision()), (id, after.rev));
        }
        authority.close().unwrap();
        prop_assert_eq!(house.ledger().replay(|_| {}).unwrap().difference, None);
    }
}
