//! `lic backup`: making backups while others work, keeping some, and checking them.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;

use crate::support::{Desk, authority, mode, set_mode, with_customer};

/// The finished backups, by name.
fn backups(desk: &Desk) -> Vec<String> {
    names(&desk.home().join("backups"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn newest(desk: &Desk) -> PathBuf {
    desk.home().join("backups").join(backups(desk).pop().expect("a backup"))
}

#[test]
fn a_backup_holds_the_ledger_the_settings_and_a_manifest_for_its_owner_alone() {
    let desk = with_customer("acme");
    assert_snapshot!("made", desk.lic(&["backup"]));
    let folder = newest(&desk);
    assert_eq!(names(&folder), ["ledger.db", "lic.toml", "manifest.json"]);
    assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
    assert!(names(&folder).iter().all(|name| mode(&folder.join(name)) == 0o600));
    assert_eq!(std::fs::read(folder.join("lic.toml")).unwrap(), std::fs::read(desk.home().join("lic.toml")).unwrap());
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((manifest["format"].as_u64(), manifest["log"]["size"].as_u64()), (Some(1), Some(desk.events())));
    assert_eq!(manifest["authority"]["name"], "Example Software");
}

#[test]
fn in_a_pipe_and_quietly_nothing_is_said() {
    let desk = with_customer("acme");
    let run = desk.lic(&["backup", "-q"]).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let run = desk.lic(&["backup", "-q", "--with-keys", "--keep", "1", "--verify"]).done();
    assert_eq!(run.stdout, "");
    let json = desk.lic(&["backup", "-q", "--json"]).done().json();
    assert_eq!(json["backups"][0]["events"].as_u64(), Some(desk.events()));
}

#[test]
fn the_oldest_go_once_the_new_one_is_there_and_nothing_else_does() {
    let desk = with_customer("acme");
    for _ in 0..3 {
        desk.lic(&["backup"]).done();
    }
    let first = backups(&desk);
    let folder = desk.home().join("backups");
    // What somebody else put there: of another authority, of another program, unreadable.
    let other = authority();
    other.set_time("2020-01-01");
    other.lic(&["init", "--home", "other", "--name", "Other", "--product", "radar", "--no-passphrase"]).done();
    other.lic(&["backup", "--home", "other", "--to", folder.to_str().unwrap()]).done();
    std::fs::create_dir(folder.join("2019-01-01T000000Z")).unwrap();
    std::fs::write(folder.join("2019-01-01T000000Z/ledger.db"), "mine").unwrap();
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert_snapshot!("removed", desk.lic(&["backup", "--keep", "2"]));
    let left = backups(&desk);
    assert_eq!(left.len(), 2 + 3, "{left:?}");
    assert!(!left.contains(&first[0]) && !left.contains(&first[1]) && left.contains(&first[2]));
    // Too narrow for the sizes, which grow with every version of the ledger.
    assert_snapshot!("listed", desk.command(&["backup", "--list"]).terminal(55).run());
    let listed = desk.lic(&["backup", "--list", "-o", "name"]).done();
    assert_eq!(listed.stdout.lines().count(), 3);
}

#[test]
fn a_backup_that_fails_removes_none() {
    let desk = with_customer("acme");
    desk.lic(&["backup"]).done();
    let before = backups(&desk);
    let ledger = desk.home().join("ledger.db");
    let bytes = std::fs::read(&ledger).unwrap();
    std::fs::write(&ledger, &bytes[..bytes.len() / 2]).unwrap();
    let run = desk.lic(&["backup", "--keep", "1"]).code(1);
    assert!(run.stderr.contains("damaged"), "{run}");
    assert_eq!(backups(&desk), before);
}

#[test]
fn settings_say_where_backups_go_and_how_many_are_kept() {
    let desk = with_customer("acme");
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("# folder = \"backups\"", "folder = \"../work/safe\"").replace("# keep = 30", "keep = 2");
    std::fs::write(&settings, text).unwrap();
    for _ in 0..3 {
        desk.lic(&["backup"]).done();
    }
    assert_eq!((names(&desk.path("safe")).len(), backups(&desk).len()), (2, 0));
    // A flag goes before the setting.
    desk.lic(&["backup", "--keep", "1", "--to", "elsewhere"]).done();
    desk.lic(&["backup", "--keep", "1"]).done();
    assert_eq!((names(&desk.path("safe")).len(), names(&desk.path("elsewhere")).len()), (1, 1));
}

#[test]
fn keys_come_along_when_asked_for_and_only_those_that_a_passphrase_protects() {
    let desk = crate::support::empty();
    let pass = desk.write_private("pass", "correct horse battery staple\n");
    desk.lic(&["init", "--name", "Example", "--product", "cockpit", "--passphrase-file", pass]).done();
    assert_snapshot!("with_keys", desk.lic(&["backup", "--with-keys"]));
    let keys = newest(&desk).join("keys");
    let mut copies = 0;
    for kid in names(&keys).iter().filter(|name| !name.ends_with(".pub.pem")) {
        for name in names(&keys.join(kid)) {
            let path = keys.join(kid).join(name);
            assert!(std::fs::read_to_string(&path).unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
            assert_eq!(mode(&path), 0o600);
            copies += 1;
        }
    }
    assert_eq!((copies, names(&keys).iter().filter(|name| name.ends_with(".pub.pem")).count()), (1, 4));
    // Without any passphrase the copy that signs licenses is told at every run, also quietly.
    assert_snapshot!("bare_keys", authority().lic(&["backup", "--with-keys", "-q"]));
}

#[test]
fn what_a_killed_backup_left_is_no_backup_and_is_taken_away() {
    let desk = with_customer("acme");
    desk.lic(&["backup"]).done();
    let folder = desk.home().join("backups");
    let left = folder.join(".lic-backup-AbCdEf");
    std::fs::create_dir(&left).unwrap();
    std::fs::copy(newest(&desk).join("ledger.db"), left.join("ledger.db")).unwrap();
    let run = desk.lic(&["restore", left.to_str().unwrap(), "--home", "new"]).code(1);
    assert!(run.stderr.contains("is not a finished backup: it has no manifest.json"), "{run}");
    assert_eq!(desk.lic(&["backup", "--list", "-o", "name"]).done().stdout.lines().count(), 1);
    desk.lic(&["backup"]).done();
    assert!(!left.exists());
    assert_eq!(backups(&desk).len(), 2);
}

#[test]
fn two_in_one_second_have_two_names() {
    let desk = with_customer("acme");
    for _ in 0..2 {
        desk.set_time("2027-01-01T00:00:00Z");
        desk.lic(&["backup"]).done();
    }
    assert_eq!(backups(&desk), ["2027-01-01T000000Z", "2027-01-01T000000Z-2"]);
}

#[test]
fn verify_checks_what_was_made_before_and_keeps_every_backup_where_one_is_bad() {
    let desk = with_customer("acme");
    desk.lic(&["backup"]).done();
    desk.lic(&["backup"]).done();
    assert_snapshot!("verified", desk.lic(&["backup", "--verify"]));
    let oldest = desk.home().join("backups").join(&backups(&desk)[0]);
    let ledger = oldest.join("ledger.db");
    let mut bytes = std::fs::read(&ledger).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&ledger, bytes).unwrap();
    assert_snapshot!("one_is_bad", desk.lic(&["backup", "--verify", "--keep", "1"]));
    assert_eq!(backups(&desk).len(), 4);
    let good = newest(&desk);
    desk.lic(&["backup", "--verify", good.to_str().unwrap()]).done().says("is good");
    desk.lic(&["backup", "--verify", oldest.to_str().unwrap()]).code(1).says("was changed after the backup was made");
    assert_eq!(backups(&desk).len(), 4);
    let run = desk.lic(&["backup", "--verify", good.to_str().unwrap(), "--keep", "1"]).code(2);
    assert!(run.stderr.contains("makes no backup"), "{run}");
}

#[test]
fn a_backup_that_was_only_read_is_as_it_was() {
    let desk = with_customer("acme");
    desk.lic(&["backup"]).done();
    let before = desk.files();
    desk.lic(&["backup", "--verify", newest(&desk).to_str().unwrap()]).done();
    desk.lic(&["backup", "--list"]).done();
    assert_eq!(desk.files(), before);
}

#[test]
fn bad_arguments_and_folders_are_told() {
    let desk = with_customer("acme");
    desk.write("file", "text");
    for (name, args) in [
        ("keep_none", &["--keep", "0"][..]),
        ("keep_words", &["--keep", "many"]),
        ("to_a_file", &["--to", "file"]),
        ("to_below_a_file", &["--to", "file/below"]),
        ("verify_nothing", &["--verify", "nowhere"]),
        ("verify_a_file", &["--verify", "file"]),
    ] {
        assert_snapshot!(format!("bad_{name}"), desk.lic(&[&["backup"], args].concat()));
    }
    assert_eq!(names(&desk.home()), ["keys", "ledger.db", "lic.toml"]);
}

#[test]
fn a_folder_that_may_not_be_written_is_told_and_left_alone() {
    // Where the tests run as root, permissions hold nobody: a folder below a file stands in for it above.
    let desk = with_customer("acme");
    std::fs::create_dir(desk.path("closed")).unwrap();
    set_mode(&desk.path("closed"), 0o555);
    let run = desk.lic(&["backup", "--to", "closed/below"]);
    set_mode(&desk.path("closed"), 0o755);
    assert!(run.code == 0 || (run.code == 1 && run.stderr.contains("permission denied")), "{run}");
}
