//! The life of a signing key, from `new` over `activate` to `retire`.

use insta::assert_snapshot;

use super::{kid, kids, protected};
use crate::support::{Desk, Enter, No, Yes, authority, pick, secret, with_customer};

/// A desk with a customer, the license `old.lic`, and a next license key; gives the kids of the old key and of the next one.
pub fn with_next() -> (Desk, String, String) {
    let desk = with_customer("acme");
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "old.lic", "-q"]).done();
    let old = kid(&desk, "license");
    let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name", "-q"]).done().stdout.trim().to_owned();
    (desk, old, next)
}

/// A desk on which the next key was activated after `old.lic`.
pub fn rotated() -> (Desk, String, String) {
    let (desk, old, new) = with_next();
    desk.lic(&["key", "activate", &new, "-q"]).done();
    (desk, old, new)
}

/// Which keys are in which state, by purpose.
fn states(desk: &Desk, purpose: &str) -> Vec<(String, String)> {
    let json = desk.lic(&["key", "list", "--json"]).done().json();
    let keys = json["signing_keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
    keys.map(|key| (key["kid"].as_str().unwrap().to_owned(), key["state"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn a_rotation_from_the_first_command_to_the_last() {
    let desk = with_customer("acme");
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "old.lic", "-q"]).done();
    let old = kid(&desk, "license");
    assert_snapshot!("new", desk.lic(&["key", "new", "--no-passphrase"]));
    let next = kids(&desk, "license")[1].clone();
    assert_snapshot!("list_with_a_next_key", desk.lic_on_terminal(&["key", "list"], []));
    assert_snapshot!("activate", desk.lic(&["key", "activate", &next]));
    assert_snapshot!("list_after_the_rotation", desk.command(&["key", "list"]).terminal(140).run());
    // Jane was warned about: she signs again with a copy of her own.
    assert_snapshot!(
        "who_was_left_behind",
        desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane", "--out", "j.lic"]).code(4)
    );
    assert_snapshot!("give", desk.lic(&["key", "give", &next, "jane", "--no-passphrase"]));
    desk.lic(&["issue", "acme", "--tier", "basic", "--as", "jane", "--out", "new.lic", "-q"]).done();
    for (file, kid, state) in [("old.lic", &old, "retired"), ("new.lic", &next, "active")] {
        let said = desk.lic(&["verify", file, "--explain", "-o", "table"]).done().stdout;
        assert!(said.contains(&format!("kid {kid} ({state})")), "{said}");
    }
    assert_snapshot!("plan_of_the_retired_key", desk.lic_on_terminal(&["key", "plan", &old], []));
    assert_snapshot!("reissue", desk.lic_on_terminal(&["key", "reissue", "--kid", &old, "--out", "reissued/"], [Yes]));
    assert_snapshot!("plan_after_all", desk.lic_on_terminal(&["key", "plan"], []));
    assert_snapshot!("history", desk.lic_on_terminal(&["show", "old.lic", "--history"], []));
}

#[test]
fn a_next_key_is_published_before_it_signs() {
    let (desk, old, next) = with_next();
    for args in [&["--format", "pem"][..], &["--format", "jwks"]] {
        let exported = desk.lic(&[&["key", "export"], args].concat()).done().stdout;
        let keys = lic::token::KeySet::parse(&exported).unwrap();
        let mut exported: Vec<String> = keys.iter().map(|key| key.kid().to_string()).collect();
        let mut both = [old.clone(), next.clone()];
        exported.sort();
        both.sort();
        assert_eq!(exported, both);
    }
    for language in ["python", "node", "go", "java", "csharp", "php", "rust", "c"] {
        let program = desk.lic(&["key", "export", "--lang", language]).done().stdout;
        assert!(program.contains(&old) && program.contains(&next), "{language}");
    }
    // Products that were shipped with this file take the first license that the next key signs.
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.lic(&["key", "activate", &next]).done();
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "new.lic"]).done();
    for file in ["old.lic", "new.lic"] {
        desk.lic(&["verify", file, "--keys", "vendor.pem"]).done();
    }
}

#[test]
fn a_new_key_signs_nothing_before_it_is_activated() {
    let (desk, old, next) = with_next();
    assert_eq!(states(&desk, "license"), [(old.clone(), "active".into()), (next, "next".into())]);
    desk.lic(&["issue", "acme", "--tier", "basic", "--out", "still.lic"]).done();
    let header = desk.lic(&["inspect", "still.lic", "--json"]).done().stdout;
    assert!(header.contains(&old), "{header}");
}

#[test]
fn the_keys_of_one_purpose_rotate_alone() {
    let (desk, old, _) = with_next();
    let test = kid(&desk, "test");
    let next = desk.lic(&["key", "new", "--purpose", "test", "-o", "name"]).done().stdout.trim().to_owned();
    desk.lic(&["key", "activate", &next]).done();
    assert_eq!(states(&desk, "test"), [(test, "retired".into()), (next, "active".into())]);
    assert_eq!(states(&desk, "license")[0], (old, "active".into()));
    desk.lic(&["quick", "--out", "test.lic"]).done();
}

#[test]
fn the_keys_of_the_authority_itself_rotate_without_a_passphrase() {
    let (desk, ..) = protected();
    for purpose in ["status", "log"] {
        let old = kid(&desk, purpose);
        let next = desk.lic(&["key", "new", "--purpose", purpose, "-o", "name"]).done().stdout.trim().to_owned();
        desk.lic(&["key", "activate", &next]).done();
        assert_eq!(states(&desk, purpose), [(old, "retired".into()), (next.clone(), "active".into())]);
        assert!(desk.lic(&["key", "export", "--purpose", purpose, "--format", "jwks"]).done().stdout.contains(&next));
        desk.lic(&["key", "give", &next, "jane"]).code(1).says("nobody needs a copy");
    }
    desk.write_private("pass", "correct horse");
    desk.lic(&["key", "new", "--purpose", "log", "--passphrase-file", "pass"]).code(2).says("opens without a passphrase");
}

#[test]
fn a_new_key_is_protected_as_init_protects_one() {
    let desk = authority();
    let typed = secret("battery staple");
    assert_snapshot!(
        "new_with_a_typed_passphrase",
        desk.lic_on_terminal(&["key", "new"], [pick("Type"), secret("short"), typed.clone(), typed])
    );
    let next = kids(&desk, "license")[1].clone();
    assert_snapshot!(
        "activate_on_a_terminal",
        desk.lic_on_terminal(&["key", "activate", &next[..6]], [Yes, secret("battery staple")])
    );
    let generated = desk.lic_on_terminal(&["key", "new"], [pick("Generate")]).done();
    let shown = generated.stderr.lines().find(|line| line.trim().len() == 23 && line.matches('-').count() == 3).unwrap();
    let newest = kids(&desk, "license")[2].clone();
    desk.write_private("pass", shown.trim());
    desk.lic(&["key", "activate", &newest, "--passphrase-file", "pass"]).done();
    assert_snapshot!("new_without_anybody_to_ask", desk.lic(&["key", "new"]).code(2));
}

#[test]
fn a_key_that_does_not_open_is_not_activated() {
    let desk = authority();
    desk.write_private("pass", "battery staple");
    desk.write_private("wrong", "incorrect horse");
    let next = desk.lic(&["key", "new", "--passphrase-file", "pass", "-o", "name"]).done().stdout.trim().to_owned();
    let events = desk.events();
    let wrong = secret("incorrect horse");
    assert_snapshot!(
        "activate_with_three_wrong_passphrases",
        desk.lic_on_terminal(&["key", "activate", &next], [Yes, wrong.clone(), wrong.clone(), wrong]).code(4)
    );
    desk.lic(&["key", "activate", &next, "--passphrase-file", "wrong"]).code(4);
    assert_snapshot!("activate_without_a_passphrase", desk.lic(&["key", "activate", &next]).code(4));
    // A file that holds another key opens, and is found out.
    let copy = desk.home().join("keys").join(&next).join("ops.pem");
    let other = desk.home().join("keys").join(kid(&desk, "license")).join("ops.pem");
    let kept = std::fs::read(&copy).unwrap();
    std::fs::copy(&other, &copy).unwrap();
    desk.lic(&["key", "activate", &next]).code(1).says("holds another signing key than its name says");
    std::fs::remove_file(&copy).unwrap();
    desk.lic(&["key", "activate", &next]).code(1).says("is missing from the keys folder");
    std::fs::write(&copy, kept).unwrap();
    assert_eq!(desk.events(), events);
}

#[test]
fn a_person_may_think_again() {
    let (desk, _, next) = with_next();
    let events = desk.events();
    for answer in [No, Enter, crate::support::Cancel] {
        desk.lic_on_terminal(&["key", "activate", &next], [answer]).code(130);
    }
    assert_eq!(desk.events(), events);
}

#[test]
fn a_retired_key_can_be_activated_again() {
    let (desk, old, new) = rotated();
    desk.lic(&["key", "activate", &old]).done();
    assert_eq!(states(&desk, "license"), [(old, "active".into()), (new.clone(), "retired".into())]);
    desk.lic(&["key", "activate", &new]).done();
}

#[test]
fn the_key_that_signs_is_retired_only_for_another_one() {
    let desk = with_customer("acme");
    let old = kid(&desk, "license");
    assert_snapshot!("retire_the_only_active_key", desk.lic(&["key", "retire", &old]).code(1));
    let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name"]).done().stdout.trim().to_owned();
    assert_snapshot!("retire_with_a_next_key", desk.lic(&["key", "retire", &old]));
    assert_eq!(states(&desk, "license"), [(old.clone(), "retired".into()), (next.clone(), "active".into())]);
    assert_snapshot!("retire_a_retired_key", desk.lic(&["key", "retire", &old]).code(1));
    // A next key that nobody wants any more makes room for another.
    let unwanted = desk.lic(&["key", "new", "--no-passphrase", "-o", "name"]).done().stdout.trim().to_owned();
    assert_snapshot!("a_second_next_key", desk.lic(&["key", "new", "--no-passphrase"]).code(1));
    assert_snapshot!("retire_a_next_key", desk.lic(&["key", "retire", &unwanted]));
    desk.lic(&["key", "new", "--no-passphrase"]).done();
}

#[test]
fn a_key_is_named_by_any_beginning_that_no_other_has() {
    let (desk, old, next) = with_next();
    let shared = old.chars().zip(next.chars()).take_while(|(a, b)| a == b).count();
    desk.lic(&["key", "activate", &next[..=shared]]).done();
    for command in ["activate", "retire", "plan", "compromised"] {
        assert_snapshot!(format!("{command}_unknown"), desk.lic(&["key", command, "AAAAAAAAAAAAAAAA"]).code(5));
        desk.lic(&["key", command, "~"]).code(5);
        assert_snapshot!(format!("{command}_empty"), desk.lic(&["key", command, ""]).code(5));
    }
    desk.lic(&["key", "give", "AAAA", "jane"]).code(5).says("there is no signing key that starts with 'AAAA'");
    desk.lic(&["key", "take", "AAAA", "jane"]).code(5);
    desk.lic(&["key", "passphrase", "AAAA"]).code(5);
    desk.lic(&["key", "reissue", "--kid", "AAAA"]).code(5);
    desk.lic(&["key", "export", "--kid", "AAAA"]).code(5);
    let code = desk.lic(&["key", "plan", "\u{1b}[31m"]).tame().code(5);
    assert!(code.stderr.contains("see the signing keys with 'lic key list'"), "{code}");
}

#[test]
fn a_beginning_that_several_keys_have_is_refused_with_their_names() {
    let desk = authority();
    // One next key after the other is given up, until two kids begin alike.
    let alike = loop {
        let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name"]).done().stdout.trim().to_owned();
        desk.lic(&["key", "retire", &next]).done();
        let all = desk.lic(&["key", "list", "-o", "name"]).done().stdout;
        let twin = all.lines().find(|kid| **kid != *next && kid[..1] == next[..1]);
        if twin.is_some() {
            break next[..1].to_owned();
        }
    };
    let run = desk.lic(&["key", "plan", &alike]).code(5);
    assert!(run.stderr.contains(&format!("'{alike}' is the start of several signing keys: ")), "{run}");
    assert!(run.stderr.contains("hint: type more of it"), "{run}");
}

#[test]
fn only_admins_change_the_states_of_keys() {
    let (desk, old, next) = with_next();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["operator", "add", "bob", "--role", "viewer", "-q"]).done();
    let events = desk.events();
    let mut told = String::new();
    for command in [
        &["key", "new"][..],
        &["key", "activate", &next],
        &["key", "retire", &next],
        &["key", "compromised", &old, "--yes"],
        &["key", "give", &next, "jane"],
        &["key", "take", &old, "jane"],
    ] {
        for operator in ["jane", "bob"] {
            for more in [&[][..], &["--dry-run"]] {
                let run = desk.lic(&[command, &["--as", operator], more].concat()).code(4);
                if operator == "jane" && more.is_empty() {
                    told += &format!("{run}\n");
                }
            }
        }
    }
    assert_eq!(desk.events(), events);
    // What depends on a key is no secret.
    desk.lic(&["key", "plan", "--as", "bob"]).done();
    desk.lic(&["key", "reissue", "--as", "bob"]).code(4);
    assert_snapshot!("refused_to_an_issuer", told);
}

#[test]
fn a_dry_run_of_a_rotation_tells_what_would_come_of_it() {
    let (desk, old, next) = with_next();
    desk.lic(&["operator", "add", "jane", "--role", "issuer", "--no-passphrase", "-q"]).done();
    desk.lic(&["key", "take", &next, "jane"]).done();
    let (events, files) = (desk.events(), desk.files());
    let mut told = String::new();
    for command in [
        &["key", "new", "--purpose", "test"][..],
        &["key", "activate", &next],
        &["key", "retire", &next],
        &["key", "retire", &old],
        &["key", "compromised", &old],
        &["key", "give", &next, "jane"],
        &["key", "take", &old, "jane"],
        &["key", "passphrase"],
        &["key", "reissue"],
    ] {
        told += &format!("{}\n", desk.lic(&[command, &["--dry-run"]].concat()).done());
    }
    assert_eq!((desk.events(), desk.files()), (events, files));
    assert_snapshot!("dry_runs", told);
}

#[test]
fn what_a_next_key_signed_elsewhere_is_found_out() {
    let (desk, old, next) = with_next();
    // Somebody with the next key signs what the ledger recorded under the old one.
    let claims = lic::token::inspect(desk.read("old.lic").as_bytes()).unwrap().1;
    let pem = std::fs::read_to_string(desk.home().join("keys").join(&next).join("ops.pem")).unwrap();
    let key = <ed25519_dalek::SigningKey as ed25519_dalek::pkcs8::DecodePrivateKey>::from_pkcs8_pem(&pem).unwrap();
    desk.write("forged.lic", lic::token::sign(&claims, &key));
    let run = desk.lic(&["verify", "forged.lic", "--explain", "-o", "table"]).code(3);
    assert!(run.stdout.contains(&format!("kid {next} (next)")), "{run}");
    assert!(run.stdout.contains("is not what the ledger recorded"), "{run}");
    // A product cannot tell: it trusts what is published.
    desk.write("vendor.pem", desk.lic(&["key", "export"]).done().stdout);
    desk.lic(&["verify", "forged.lic", "--keys", "vendor.pem"]).done();
    assert!(desk.lic(&["verify", "old.lic", "--explain", "-o", "table"]).done().stdout.contains(&format!("kid {old} (active)")));
}

#[test]
fn two_who_make_or_activate_a_key_at_once_do_not_make_two() {
    use lic::authority::{Authority, Error, Home};
    use lic::ledger::{Access, KeyPurpose, KeyState};

    struct Constant(u8);

    impl lic::world::Entropy for Constant {
        fn fill(&mut self, bytes: &mut [u8]) -> std::io::Result<()> {
            // Another draw each time: a kid that begins with a hyphen is drawn anew.
            self.0 = self.0.wrapping_add(2);
            bytes.fill(self.0);
            Ok(())
        }
    }

    let desk = authority();
    let (home, at) = (desk.home(), "2026-11-22T12:00:00Z".parse().unwrap());
    let open = || {
        let authority = Authority::open(Home::at(home.clone()), Access::ReadWrite).unwrap();
        let actor = authority.actor("ops").unwrap();
        (authority, actor)
    };
    let made: Vec<_> = std::thread::scope(|scope| {
        let make = |number| {
            let (mut authority, actor) = open();
            authority.new_key(&actor, KeyPurpose::License, None, at, &mut Constant(number))
        };
        let threads: Vec<_> = (0..4).map(|number| scope.spawn(move || make(number))).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let next = *made.iter().find_map(|one| one.as_ref().ok()).unwrap();
    assert_eq!(made.iter().filter(|one| matches!(one, Err(Error::NextExists { kid, .. }) if *kid == next)).count(), 3);
    // The others left nothing behind: two entries for each of the four keys of init, and for this one.
    assert_eq!(std::fs::read_dir(desk.home().join("keys")).unwrap().count(), 10);

    let (first, actor) = open();
    let activation = first.activation(&actor, &next).unwrap();
    let signer = first.unlock_copy(&actor, &activation.key, &mut lic::authority::signer::NoPassphrase).unwrap();
    let activated: Vec<_> = std::thread::scope(|scope| {
        let (signer, open) = (&signer, &open);
        let activate = move || {
            let (mut authority, actor) = open();
            authority.activate_key(&actor, signer, at)
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(activate)).collect();
        threads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(activated.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(activated.iter().any(|one| matches!(one, Err(Error::KeyState { state: KeyState::Active, .. }))));
    let active = states(&desk, "license").into_iter().filter(|(_, state)| state == "active").count();
    assert_eq!(active, 1);
}
