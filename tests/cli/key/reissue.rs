//! `lic key reissue`.

use std::thread;

use insta::assert_snapshot;

use lic::authority::rotation::ReissueWish;
use lic::authority::signer::NoPassphrase;
use lic::authority::{Authority, Home};
use lic::ledger::{Access, KeyPurpose};

use super::rotation::rotated;
use crate::support::{Desk, No, Yes, with_customer};

/// The newest revision of every license, by id.
fn revisions(desk: &Desk) -> Vec<(String, i64)> {
    let json = desk.lic(&["list", "--json"]).done().json();
    let licenses = json["licenses"].as_array().unwrap().iter();
    licenses.map(|one| (one["id"].as_str().unwrap().to_owned(), one["revision"].as_i64().unwrap())).collect()
}

fn saved(desk: &Desk, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(desk.path(folder))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// A desk with so many licenses of Acme under a key that was retired since.
fn many(count: u32) -> (Desk, String) {
    let desk = with_customer("acme");
    let old = super::kid(&desk, "license");
    desk.lic(&["issue", "acme", "--tier", "basic", "--count", &count.to_string(), "--out", "-", "-q", "-o", "name"]).done();
    let next = desk.lic(&["key", "new", "--no-passphrase", "-o", "name", "-q"]).done().stdout.trim().to_owned();
    desk.lic(&["key", "activate", &next, "-q"]).done();
    (desk, old)
}

#[test]
fn a_license_signed_again_grants_what_it_granted() {
    let (desk, old, new) = rotated();
    let claims = |file: &str| lic::token::inspect(desk.read(file).as_bytes()).unwrap();
    assert_snapshot!("reissue_one", desk.lic(&["key", "reissue", "old.lic", "--out", "new.lic"]));
    let ((before_header, mut before), (after_header, after)) = (claims("old.lic"), claims("new.lic"));
    assert_eq!((before_header.kid, after_header.kid), (old, new));
    (before.rev, before.iat) = (after.rev, after.iat);
    assert_eq!((before, after.rev), (after, 2));
    desk.lic(&["verify", "new.lic"]).done();
    assert_snapshot!("reissue_one_again", desk.lic(&["key", "reissue", "old.lic", "--out", "newer.lic"]));
    assert!(!desk.path("newer.lic").exists());
}

#[test]
fn what_is_revoked_or_expired_is_left_out() {
    let (desk, _, _) = rotated();
    // As later commands do it: the ledger's own facts.
    let id = revisions(&desk)[0].0.clone();
    let mut ledger = lic::ledger::Ledger::open(&desk.home().join("ledger.db"), Access::ReadWrite).unwrap();
    let revoked = lic::ledger::Fact::LicenseRevoked { license: id.parse().unwrap(), reason: "refund".into(), note: None };
    let at = "2026-11-22T10:00:00Z".parse().unwrap();
    ledger.write(|tx| tx.record(at, &"ops".parse().unwrap(), &revoked)).unwrap();
    ledger.close().unwrap();
    assert_snapshot!("reissue_a_revoked_license", desk.lic(&["key", "reissue", &id]));
    desk.lic(&["key", "reissue", "--out", "new/"]).done().says("nothing to sign again");
    assert_eq!(revisions(&desk)[0].1, 1);

    let (desk, _, _) = rotated();
    desk.set_time("2028-03-01");
    let id = revisions(&desk)[0].0.clone();
    desk.lic(&["key", "reissue", &id]).done().says("stays as it is: it has expired");
    desk.lic(&["key", "reissue", "--out", "new/"]).done().says("nothing to sign again");
}

#[test]
fn more_than_one_batch_is_signed_and_saved() {
    let (desk, old) = many(1003);
    assert_snapshot!("dry_run_of_many", desk.lic(&["key", "reissue", "--kid", &old, "--dry-run"]));
    let run = desk.lic_on_terminal(&["key", "reissue", "--kid", &old, "--out", "new/"], [Yes]).done();
    assert_snapshot!("many_on_a_terminal", run.stderr.replace('\r', "\n[over] "));
    assert_eq!(saved(&desk, "new").len(), 1003);
    assert!(revisions(&desk).iter().all(|(_, rev)| *rev == 2));
    // Again: nothing is left, and nothing is written.
    let files = desk.files();
    assert_snapshot!("many_again", desk.lic(&["key", "reissue", "--kid", &old, "--out", "new/", "-o", "table"]));
    assert_eq!(desk.files().len(), files.len());
}

#[test]
fn what_was_cut_off_goes_on_where_it_stopped() {
    let (desk, old) = many(30);
    // One batch of ten, as a process that was killed after it was kept and before its files were written.
    let mut authority = Authority::open(Home::at(desk.home()), Access::ReadWrite).unwrap();
    let actor = authority.actor("ops").unwrap();
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    let plan = authority.reissue_plan(&actor, &ReissueWish::default(), at).unwrap();
    assert_eq!(plan.licenses, 30);
    let signer = authority.unlock(&actor, KeyPurpose::License, &mut NoPassphrase).unwrap();
    let part = plan.parts.iter().find(|part| part.purpose == KeyPurpose::License).unwrap();
    let batch = authority.reissue(&actor, part, &signer, None, 10, at).unwrap();
    assert_eq!(batch.issued.len(), 10);
    authority.close().unwrap();

    desk.write("new/kept.txt", "");
    let run = desk.lic(&["key", "reissue", "--kid", &old, "--out", "new/", "-o", "table"]).done();
    assert_snapshot!("gone_on_after_a_batch", run);
    assert_eq!(saved(&desk, "new").len(), 31);
    assert!(revisions(&desk).iter().all(|(_, rev)| *rev == 2), "a license was signed twice");
}

#[test]
fn two_at_once_sign_each_license_once() {
    let (desk, _) = many(200);
    let home = desk.home();
    let run = || {
        let mut authority = Authority::open(Home::at(home.clone()), Access::ReadWrite).unwrap();
        let actor = authority.actor("ops").unwrap();
        let at = "2026-11-22T12:00:00Z".parse().unwrap();
        let plan = authority.reissue_plan(&actor, &ReissueWish::default(), at).unwrap();
        let signer = authority.unlock(&actor, KeyPurpose::License, &mut NoPassphrase).unwrap();
        let part = plan.parts.iter().find(|part| part.purpose == KeyPurpose::License).unwrap();
        let (mut after, mut signed) = (None, 0);
        loop {
            let batch = authority.reissue(&actor, part, &signer, after, 7, at).unwrap();
            signed += batch.issued.len();
            after = batch.next;
            if after.is_none() {
                return signed;
            }
        }
    };
    let signed: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(signed, 200);
    assert!(revisions(&desk).iter().all(|(_, rev)| *rev == 2));
}

#[test]
fn a_key_that_went_out_of_use_after_it_was_unlocked_signs_no_more() {
    let (desk, old) = many(3);
    let mut authority = Authority::open(Home::at(desk.home()), Access::ReadWrite).unwrap();
    let actor = authority.actor("ops").unwrap();
    let at = "2026-11-22T12:00:00Z".parse().unwrap();
    let signer = authority.unlock(&actor, KeyPurpose::License, &mut NoPassphrase).unwrap();
    let plan = authority.reissue_plan(&actor, &ReissueWish::default(), at).unwrap();
    // Another process activates the old key again.
    desk.lic(&["key", "activate", &old]).done();
    let part = plan.parts.iter().find(|part| part.purpose == KeyPurpose::License).unwrap();
    let refused = authority.reissue(&actor, part, &signer, None, 10, at).unwrap_err().to_string();
    assert_eq!(refused, format!("signing key {} is retired and cannot be used to sign", signer.kid()));
    assert!(revisions(&desk).iter().all(|(_, rev)| *rev == 1));
}

#[test]
fn some_are_chosen_by_customer_and_by_name() {
    let (desk, _, _) = rotated();
    desk.lic(&["customer", "add", "globex", "--name", "Globex AG", "-q"]).done();
    let id = revisions(&desk)[0].0.clone();
    desk.lic(&["key", "reissue", "--customer", "globex", "--out", "new/"]).done().says("nothing to sign again");
    desk.lic(&["key", "reissue", &id, "--customer", "globex"]).done().says("it belongs to another customer");
    assert_snapshot!("reissue_unknown_customer", desk.lic(&["key", "reissue", "--customer", "acne", "--out", "new/"]).code(5));
    desk.lic(&["key", "reissue", "LIC-0000-0000"]).code(5);
    desk.lic(&["key", "reissue", &id, &id[..8], "old.lic", "--out", "-"]).done();
    assert_eq!(revisions(&desk)[0].1, 2);
}

#[test]
fn where_the_keys_go_is_told_beforehand() {
    let (desk, old) = many(3);
    let events = desk.events();
    assert_snapshot!("reissue_without_a_folder", desk.lic(&["key", "reissue"]).code(2));
    desk.write("file", "");
    desk.lic(&["key", "reissue", "--out", "file"]).code(2).says("do not fit into one file");
    desk.lic_on_terminal(&["key", "reissue", "--out", "new/"], [No]).code(130);
    let active = super::kids(&desk, "license")[1].clone();
    assert_snapshot!("reissue_the_active_key", desk.lic(&["key", "reissue", "--kid", &active, "--out", "new/"]).code(1));
    assert_eq!(desk.events(), events);
    let run = desk.lic(&["key", "reissue", "--kid", &old, "--out", "-", "--json"]).done().json();
    assert!(run["licenses"].as_array().unwrap().iter().all(|one| one["key"].is_string() && one["revision"] == 2), "{run}");
}

#[test]
fn a_file_of_the_same_name_is_not_overwritten() {
    let (desk, old) = many(1);
    let id = revisions(&desk)[0].0.clone();
    let name = format!("new/acme-basic-{}-r2.lic", &id[4..]);
    desk.write(&name, "something else");
    let run = desk.lic(&["key", "reissue", "--kid", &old, "--out", "new/"]).code(75);
    assert!(run.stderr.contains("1 license is signed again, but not all keys are saved"), "{run}");
    assert_eq!(desk.read(&name), "something else");
}
