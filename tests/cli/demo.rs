//! `lic demo`: the main job from end to end, with no configuration.

use std::path::PathBuf;

use insta::assert_snapshot;

use crate::support::{Desk, Pipe, authority, empty};

/// The folder that the demonstration left.
fn folder(desk: &Desk) -> PathBuf {
    let entries = std::fs::read_dir(desk.home().parent().unwrap().join("tmp")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("lic-demo-")).expect("the demo's folder")
}

#[test]
fn the_main_job_is_shown_from_end_to_end() {
    assert_snapshot!(empty().lic(&["demo"]));
}

#[test]
fn the_commands_that_it_names_work_there() {
    let desk = empty();
    desk.lic(&["demo"]).done();
    let path = |name: &str| folder(&desk).join(name).to_string_lossy().into_owned();
    let verify = ["verify", &path("acme-professional.lic"), "--keys", &path("vendor.pem"), "--explain"];
    assert!(desk.lic(&verify).done().stdout.contains("passed"));
    desk.lic(&["list", "--home", &path("home")]).done();
    let snippet = desk.lic(&["key", "export", "--home", &path("home"), "--format", "snippet", "--lang", "python"]).done();
    assert!(snippet.stdout.contains("cockpit"));
}

#[test]
fn its_public_key_is_the_one_that_signed_its_key() {
    let desk = empty();
    desk.lic(&["demo"]).done();
    let read = |name: &str| std::fs::read_to_string(folder(&desk).join(name)).unwrap();
    // One block: what reads PEM in other languages takes the first and passes over the rest.
    assert_eq!(read("vendor.pem").matches("BEGIN PUBLIC KEY").count(), 1);
    let (header, _) = lic::token::inspect(read("key.jwt").as_bytes()).unwrap();
    let keys = lic::token::KeySet::parse(&read("vendor.pem")).unwrap();
    assert_eq!(keys.iter().next().unwrap().kid().as_str(), header.kid);
    // As a shell hands it on: one line without an end.
    assert!(!read("key.jwt").contains('\n'));
}

#[test]
fn it_leaves_the_authority_alone_that_is_there() {
    let desk = authority();
    let before = desk.files();
    desk.lic(&["demo"]).done();
    std::fs::remove_dir_all(folder(&desk)).unwrap();
    assert!(desk.files() == before);
}

#[test]
fn where_no_folder_can_be_made_it_says_so() {
    let desk = empty();
    let run = desk.command(&["demo"]).env("TMPDIR", desk.path("nowhere")).run();
    assert_snapshot!(run);
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let run = empty().command(&["demo"]).output(Pipe::Closed).run();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}
