//! Where `lic issue` leaves its keys: whole files, in place of no other.

use insta::assert_snapshot;

use super::desk;
use crate::support::{Desk, Pipe, set_mode};

fn issue<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["issue", "acme", "--tier", "basic"], more].concat()
}

fn names(desk: &Desk, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(desk.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_key_is_printed_alone_where_no_file_is_wanted() {
    let desk = desk();
    let run = desk.lic(&issue(&["--out", "-"])).done();
    assert_snapshot!(run);
    desk.command(&["verify"]).input(run.stdout).run().done();
    assert_eq!(names(&desk, "."), [""; 0]);
}

#[test]
fn a_format_that_is_asked_for_is_given_without_a_file_too() {
    let desk = desk();
    let json = desk.lic(&issue(&["--out", "-", "--json"])).done().json();
    assert_eq!(json["licenses"][0].get("file"), None);
    assert_eq!(desk.lic(&issue(&["--out", "-", "-o", "name"])).done().stdout.lines().count(), 1);
    assert_eq!(names(&desk, "."), [""; 0]);
}

#[test]
fn a_second_key_of_the_same_name_gets_its_id_in_its_name() {
    let desk = desk();
    for _ in 0..3 {
        desk.lic(&issue(&[])).done();
    }
    let names = names(&desk, ".");
    assert_eq!(names.iter().filter(|name| name.starts_with("acme-basic-")).count(), 2, "{names:?}");
    assert!(names.contains(&"acme-basic.lic".to_owned()), "{names:?}");
}

#[test]
fn a_folder_is_made_where_one_is_named() {
    let desk = desk();
    desk.lic(&issue(&["--out", "new/keys/"])).done();
    desk.lic(&issue(&["--out", "new/keys"])).done();
    assert_eq!(names(&desk, "new/keys").len(), 2);
}

#[test]
fn the_settings_may_name_the_folder() {
    let desk = desk();
    let settings = desk.home().join("lic.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("# out = \".\"", "out = \"issued\"")).unwrap();
    desk.lic(&issue(&[])).done();
    assert_eq!(names(&desk, "issued"), ["acme-basic.lic"]);
}

#[test]
fn a_file_that_is_there_stays_as_it_is_and_nothing_is_issued() {
    let desk = desk();
    desk.write("there.lic", "minutes of the meeting\n");
    let before = desk.files();
    assert_snapshot!("a_file_is_there", desk.lic(&issue(&["--out", "there.lic"])));
    assert_snapshot!("one_file_for_two", desk.lic(&issue(&["--out", "there.lic", "--count", "2"])));
    assert_snapshot!("a_folder_that_is_not_there", desk.lic(&issue(&["--out", "nowhere/key.lic"])));
    assert_snapshot!("a_file_for_a_folder", desk.lic(&issue(&["--out", "there.lic/key.lic"])));
    assert!(desk.files() == before);
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let desk = desk();
    std::os::unix::fs::symlink("nowhere", desk.path("link.lic")).unwrap();
    let before = desk.events();
    assert_snapshot!("a_link_to_nowhere", desk.lic(&issue(&["--out", "link.lic"])));
    assert_eq!((desk.events(), desk.path("nowhere").exists()), (before, false));
}

/// Only somebody who is not root is kept out by permission bits.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_refused_before_anything_is_issued() {
    let desk = desk();
    std::fs::create_dir(desk.path("closed")).unwrap();
    set_mode(&desk.path("closed"), 0o555);
    if std::fs::write(desk.path("closed/probe"), "").is_ok() {
        return;
    }
    let before = desk.events();
    desk.lic(&issue(&["--out", "closed/"])).code(1).says("permission denied");
    desk.lic(&issue(&["--out", "closed/key.lic"])).code(1).says("permission denied");
    assert_eq!(desk.events(), before);
    set_mode(&desk.path("closed"), 0o755);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    for pipe in [Pipe::Closed, Pipe::ClosedWhenFlushed] {
        let desk = desk();
        let run = desk.command(&issue(&["--out", "-", "-q"])).output(pipe).run();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{pipe:?}");
    }
}

#[test]
fn a_key_that_cannot_be_printed_is_issued_and_can_be_printed_later() {
    let desk = desk();
    let run = desk.command(&issue(&["--out", "-"])).output(Pipe::Full).run();
    assert_snapshot!(run);
    let id = desk.lic(&["list", "-o", "name"]).done().stdout;
    assert!(run.stderr.contains(id.trim()), "{run}");
    desk.lic(&["show", id.trim(), "--key"]).done();
}

#[test]
fn what_cannot_be_saved_keeps_nothing_else_from_being_saved() {
    // The same draws give the same ids, so that the names can be taken beforehand.
    let ids = desk().lic(&issue(&["--count", "3", "--out", "-", "-o", "name"])).done().stdout;
    let second = ids.lines().nth(1).unwrap().to_owned();
    let desk = desk();
    desk.write(&format!("keys/acme-basic-{}.lic", &second[4..]), "minutes of the meeting\n");
    let run = desk.lic(&issue(&["--count", "3", "--out", "keys/", "-o", "name"]));
    assert_snapshot!(run);
    assert_eq!((run.code, run.stdout), (75, ids));
    assert_eq!(names(&desk, "keys").len(), 3);
    // The file that was there is what it was.
    assert_eq!(desk.read(&format!("keys/acme-basic-{}.lic", &second[4..])), "minutes of the meeting\n");
}
