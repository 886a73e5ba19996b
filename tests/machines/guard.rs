//! The guard of a license: what it notices, what it lets pass, and what a state file goes through.

#![cfg(feature = "authority")]

use std::path::PathBuf;

use ed25519_dalek::{Signer, SigningKey};
use lic::guard::{CannotGiveBack, Guard, GuardError, InvalidText, Receipt, Request};
use lic::license::{LicenseId, LicenseType, MachineTerms, Terms, Timestamp};
use lic::machine::Machine;
use lic::token::{
    Claims, Grant, KeySet, Kid, ListClaims, Outcome, PublicKey, Reason, Released, StatusRef, Statuses, Verifier, sign, sign_list,
};

use crate::layout::Layout;
use crate::{product, read};

const NOW: &str = "2027-03-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id() -> LicenseId {
    LicenseId::from_random(7)
}

fn vendor() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// A key of this revision, bound to this machine.
fn key(rev: u32, machine: &Machine) -> String {
    let terms = Terms {
        product: product(),
        tier: "pro".parse().unwrap(),
        tier_name: "Pro".into(),
        rank: 1,
        kind: LicenseType::Commercial,
        internal: false,
        starts: at("2027-01-01"),
        ends: None,
        grace_days: 0,
        warn_days: 30,
        offline_days: None,
        seats: None,
        features: Default::default(),
        limits: Default::default(),
        machines: MachineTerms { bound: vec![machine.id()], ..MachineTerms::default() },
        meta: None,
    };
    let customer = "acme".parse().unwrap();
    let grant = Grant {
        issuer: "example",
        customer: &customer,
        customer_name: "Acme",
        id: id(),
        rev,
        at: at("2027-01-01"),
        status: None,
    };
    sign(&Claims::new(grant, &terms), &vendor())
}

/// A machine, a folder for its state, and a verifier.
struct Stage {
    machine: Machine,
    folder: tempfile::TempDir,
    verifier: Verifier,
}

impl Stage {
    fn new() -> Self {
        let machine = read(&Layout::of("raspberry-pi"));
        let mut keys = KeySet::new();
        keys.insert(PublicKey::try_from(vendor().verifying_key()).unwrap());
        let verifier = Verifier::new(keys, product()).machine(machine.id());
        Self { machine, folder: tempfile::tempdir().unwrap(), verifier }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cockpit.state")
    }

    fn open(&self) -> Result<Guard, GuardError> {
        Guard::open(self.path(), &self.machine)
    }

    /// One start of the program: opens the state, verifies, saves.
    fn start(&self, rev: u32, now: &str) -> Result<(), Reason> {
        let mut guard = self.open().map_err(|error| error.reason())?;
        let done = guard.verify(&self.verifier, key(rev, &self.machine), at(now)).map(|_| ()).map_err(|refusal| refusal.reason);
        if done.is_ok() {
            guard.save().unwrap();
        }
        done
    }

    /// The state with one text put in place of another.
    fn edit(&self, what: &str, with: &str) {
        let text = std::fs::read_to_string(self.path()).unwrap();
        assert!(text.contains(what), "{text}");
        std::fs::write(self.path(), text.replacen(what, with, 1)).unwrap();
    }
}

#[test]
fn a_clock_may_go_back_a_day_and_no_more() {
    let stage = Stage::new();
    stage.start(1, NOW).unwrap();
    for (now, want) in [
        ("2027-03-01T12:00:00Z", Ok(())),
        ("2027-02-28T12:00:00Z", Ok(())),
        ("2027-02-28T11:59:59Z", Err(Reason::ClockSetBack)),
        ("2027-01-02", Err(Reason::ClockSetBack)),
        ("2027-03-02", Ok(())),
        ("2027-02-28T23:59:59Z", Err(Reason::ClockSetBack)),
    ] {
        assert_eq!(stage.start(1, now), want, "{now}");
    }
    assert_eq!(stage.open().unwrap().newest(), Some(at("2027-03-02")));
}

#[test]
fn a_key_that_was_replaced_is_refused() {
    let stage = Stage::new();
    stage.start(1, NOW).unwrap();
    stage.start(3, NOW).unwrap();
    assert_eq!(stage.start(2, NOW), Err(Reason::OlderRevision));
    assert_eq!(stage.start(1, NOW), Err(Reason::OlderRevision));
    assert_eq!((stage.start(3, NOW), stage.start(4, NOW)), (Ok(()), Ok(())));
    assert_eq!(stage.open().unwrap().revision(id()), Some(4));
}

#[test]
fn an_older_status_list_is_refused_after_a_restart() {
    const URI: &str = "https://licenses.example.com/0.jwt";
    let stage = Stage::new();
    let signer = SigningKey::from_bytes(&[3; 32]);
    let mut keys = stage.verifier.keys().clone();
    keys.insert_status(PublicKey::try_from(signer.verifying_key()).unwrap());
    let (_, mut claims) = lic::token::inspect(key(1, &stage.machine).as_bytes()).unwrap();
    claims.status = Some(StatusRef { idx: 0, uri: URI.into() });
    let key = sign(&claims, &vendor());
    let start = |number: u64| {
        let list = ListClaims {
            sub: URI.into(),
            iat: at("2027-02-28"),
            exp: at("2027-03-10"),
            ttl: None,
            number,
            checkpoint: None,
            released: Released::new(),
        };
        let list =
            sign_list(&list, &Statuses::all_good(), &Kid::of(&signer.verifying_key()), |bytes| signer.sign(bytes).to_bytes());
        let verifier = Verifier::new(keys.clone(), product()).machine(stage.machine.id()).status_list(list);
        let mut guard = stage.open().unwrap();
        guard.verify(&verifier, &key, at(NOW)).map_err(|refusal| refusal.reason)?;
        guard.save().unwrap();
        Ok(())
    };
    assert_eq!((start(7), start(6), start(7), start(8)), (Ok(()), Err(Reason::ListSuperseded), Ok(()), Ok(())));
    assert_eq!(start(7), Err(Reason::ListSuperseded));
    assert_eq!(stage.open().unwrap().seen_lists().number(URI), Some(8));
}

#[test]
fn a_missing_state_is_told_and_no_reason_to_stop() {
    let stage = Stage::new();
    let guard = stage.open().unwrap();
    assert!(guard.is_new());
    let (_, claims) = lic::token::inspect(key(1, &stage.machine).as_bytes()).unwrap();
    let told = guard.examine(&claims, at(NOW));
    assert_eq!((told.outcome, told.reason), (Outcome::Warned, Some(Reason::StateMissing)));
    stage.start(1, NOW).unwrap();
    assert!(!stage.open().unwrap().is_new());
    assert_eq!(stage.open().unwrap().examine(&claims, at(NOW)).outcome, Outcome::Passed);
}

#[test]
fn an_edited_state_is_refused() {
    for (what, with) in [
        ("\"rev\": 3", "\"rev\": 1"),
        ("\"newest\": 1803902400", "\"newest\": 1703902400"),
        ("\"seals\": {", "\"seals\": {}, \"more\": {"),
        ("\"version\": 1", "\"version\": 2"),
        ("{", "["),
    ] {
        let stage = Stage::new();
        stage.start(3, NOW).unwrap();
        stage.edit(what, with);
        assert!(matches!(stage.open(), Err(GuardError::Damaged(_))), "{what}: {:?}", stage.open());
        // It stays as it is: nothing is lost by looking.
        assert_eq!(stage.start(3, NOW), Err(Reason::StateDamaged));
    }
    let stage = Stage::new();
    for content in [&b""[..], b"nonsense", b"{}", b"\xff\xfe", &[b' '; 300 * 1024]] {
        std::fs::write(stage.path(), content).unwrap();
        assert!(matches!(stage.open(), Err(GuardError::Damaged(_))));
    }
}

#[test]
fn seals_that_were_taken_off_do_not_open_a_state() {
    let stage = Stage::new();
    stage.start(3, NOW).unwrap();
    let text = std::fs::read_to_string(stage.path()).unwrap();
    let end = text.find("\"seals\": {").unwrap();
    std::fs::write(stage.path(), format!("{}\"seals\": {{}}}}", &text[..end]).replace("\"rev\": 3", "\"rev\": 1")).unwrap();
    assert!(matches!(stage.open(), Err(GuardError::Damaged(_))));
}

#[test]
fn a_state_of_another_machine_or_product_is_refused_as_such() {
    let stage = Stage::new();
    stage.start(1, NOW).unwrap();
    let elsewhere = read(&Layout::of("laptop"));
    assert_eq!(Guard::open(stage.path(), &elsewhere).unwrap_err(), GuardError::OfAnotherMachine);
    let radar = Machine::read(&"radar".parse().unwrap(), &Layout::of("raspberry-pi").system());
    assert_eq!(Guard::open(stage.path(), &radar).unwrap_err(), GuardError::OfAnotherProduct(product()));
}

#[test]
fn a_state_outlives_a_new_disk() {
    let stage = Stage::new();
    stage.start(1, NOW).unwrap();
    let swapped = read(&Layout::changed("raspberry-pi", |text| text.replace("0x1a2b3c4d", "0x99999999")));
    let mut guard = Guard::open(stage.path(), &swapped).unwrap();
    guard.save().unwrap();
    // It is sealed anew with what the machine is now; the next part may go.
    let again = read(&Layout::changed("raspberry-pi", |text| {
        text.replace("0x1a2b3c4d", "0x99999999").replace("b8:27:eb:b1:c2:d4", "b8:27:eb:00:00:01")
    }));
    assert!(Guard::open(stage.path(), &again).is_ok());
}

#[test]
fn what_another_process_saw_is_kept() {
    let stage = Stage::new();
    stage.start(1, NOW).unwrap();
    let mut slow = stage.open().unwrap();
    slow.verify(&stage.verifier, key(1, &stage.machine), at(NOW)).unwrap();
    stage.start(2, "2027-04-01").unwrap();
    slow.save().unwrap();
    let kept = stage.open().unwrap();
    assert_eq!((kept.revision(id()), kept.newest()), (Some(2), Some(at("2027-04-01"))));
}

#[test]
fn a_state_that_cannot_be_read_or_written_says_so() {
    let stage = Stage::new();
    std::fs::create_dir(stage.path()).unwrap();
    assert_eq!(stage.open().unwrap_err().reason(), Reason::StateUnreadable);
    let mut guard = Guard::open(stage.folder.path().join("no/such/folder/state"), &stage.machine).unwrap();
    assert!(matches!(guard.save(), Err(GuardError::Unwritable { .. })));
    // Nothing half-written is left behind.
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 1);
}

fn asked(stage: &Stage) -> Request {
    let mut guard = stage.open().unwrap();
    let request = guard.request(id(), Some("build server".parse().unwrap()), [5; 32], [6; 10], at(NOW));
    guard.save().unwrap();
    request
}

#[test]
fn a_request_is_read_however_it_was_sent() {
    let request = asked(&Stage::new());
    let text = request.text();
    for sent in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("Hello,\n\n{}\n-- \nJane", text.lines().map(|line| format!("> {line}\n")).collect::<String>()),
        format!("\u{feff}{text}"),
    ] {
        let read = Request::read(sent.as_bytes()).unwrap();
        assert_eq!((&read.license, &read.machine, &read.label), (&request.license, &request.machine, &request.label));
        assert_eq!((&read.nonce, &read.key, read.made), (&request.nonce, &request.key, request.made));
    }
}

#[test]
fn an_edited_request_is_refused_line_by_line() {
    let request = asked(&Stage::new());
    let text = request.text();
    let other = LicenseId::from_random(8).to_string();
    for (what, with) in [
        (id().to_string(), other),
        ("build server".to_owned(), "another server".to_owned()),
        (NOW.to_owned(), "2027-03-02T12:00:00Z".to_owned()),
        (request.nonce.as_str().to_owned(), "0123456789ABCDEF".to_owned()),
        ("Label: build server\n".to_owned(), String::new()),
    ] {
        assert!(text.contains(&what), "{what}");
        assert!(matches!(Request::read(text.replace(&what, &with).as_bytes()), Err(InvalidText::Edited(_))), "{what}");
    }
    let half = &text[..text.len() / 2];
    assert!(matches!(Request::read(half.as_bytes()), Err(InvalidText::Cut(_))));
    assert!(matches!(Request::read(b"hello"), Err(InvalidText::NotFound(_))));
    assert!(matches!(Request::read(b"-----BEGIN ACTIVATION REQUEST-----"), Err(InvalidText::Cut(_))));
    let twice = text.replacen("Nonce:", "Made: x\nNonce:", 1);
    assert!(matches!(Request::read(twice.as_bytes()), Err(InvalidText::Line { .. })));
    let more = text.replacen("Nonce:", "Seats: 9\nNonce:", 1);
    assert!(matches!(Request::read(more.as_bytes()), Err(InvalidText::Line { .. })));
}

#[test]
fn what_was_given_back_is_good_no_more_until_a_new_revision_comes() {
    let stage = Stage::new();
    let request = asked(&stage);
    stage.start(2, NOW).unwrap();
    let mut guard = stage.open().unwrap();
    let receipt = guard.give_back(id(), at(NOW)).unwrap();
    guard.save().unwrap();
    assert_eq!((stage.start(2, NOW), stage.start(1, NOW)), (Err(Reason::GivenBack), Err(Reason::GivenBack)));
    assert_eq!(stage.open().unwrap().give_back(id(), at(NOW)).unwrap_err(), CannotGiveBack::Already(id()));
    let again = stage.open().unwrap().receipt_again(id(), at(NOW)).unwrap();
    assert_eq!(again.text(), receipt.text());
    let proof = Receipt::read(receipt.text().as_bytes()).unwrap();
    assert_eq!(proof.claimed(), (id(), &request.nonce));
    assert_eq!(proof.check(&request.key).unwrap().machine, stage.machine.id());
    // Activated anew, it is good again.
    assert_eq!(stage.start(4, NOW), Ok(()));
}

#[test]
fn nobody_else_gives_a_seat_back() {
    let stage = Stage::new();
    let request = asked(&stage);
    stage.start(2, NOW).unwrap();
    let receipt = stage.open().unwrap().give_back(id(), at(NOW)).unwrap();
    let edited = receipt.text().replace(&id().to_string(), &LicenseId::from_random(8).to_string());
    assert!(matches!(Receipt::read(edited.as_bytes()).unwrap().check(&request.key), Err(InvalidText::Edited(_))));
    let mut stranger = Guard::open(stage.folder.path().join("other"), &stage.machine).unwrap();
    stranger.request(id(), None, [8; 32], [6; 10], at(NOW));
    assert_eq!(stranger.give_back(id(), at(NOW)).unwrap_err(), CannotGiveBack::NoKeySeen(id()));
    stranger.saw(id(), 2);
    let forged = stranger.give_back(id(), at(NOW)).unwrap();
    assert!(matches!(Receipt::read(forged.text().as_bytes()).unwrap().check(&request.key), Err(InvalidText::Edited(_))));
    let never = Guard::open(stage.folder.path().join("none"), &stage.machine).unwrap().give_back(id(), at(NOW));
    assert_eq!(never.unwrap_err(), CannotGiveBack::NeverAsked(id()));
}
