//! `lic export`: the whole ledger as JSON Lines.

use insta::assert_snapshot;

use super::audit::busy;
use crate::support::{Pipe, mode};

#[test]
fn the_whole_ledger_is_written_as_json_lines() {
    let desk = busy();
    let run = desk.lic(&["export"]).done();
    let lines: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, desk.events() + 1);
    assert_snapshot!("heading", lines[0]);
    assert!(lines[1..].iter().zip(1..).all(|(line, number)| line["event"]["number"] == number));
    assert_eq!(run.stdout, desk.lic(&["export"]).done().stdout, "the same ledger gives the same bytes");
    assert_eq!(run.stdout, desk.lic_on_terminal(&["export", "-q"], []).done().stdout);
    let checkpoint = desk.lic(&["audit", "checkpoint", "--json"]).done().json()["checkpoint"].clone();
    assert_eq!((&lines[0]["lic-ledger"]["size"], &lines[0]["lic-ledger"]["root"]), (&checkpoint["size"], &checkpoint["root"]));
}

#[test]
fn an_export_holds_no_private_key() {
    let desk = busy();
    let text = desk.lic(&["export"]).done().stdout;
    assert!(!text.contains("PRIVATE"));
    for (path, content) in desk.files() {
        if path.extension().is_some_and(|end| end == "pem") && !path.to_string_lossy().ends_with(".pub.pem") {
            let secret = String::from_utf8(content).unwrap().lines().nth(1).unwrap().to_owned();
            assert!(!text.contains(&secret), "{}", path.display());
        }
    }
}

#[test]
fn an_export_is_written_to_a_new_file_for_its_owner_alone() {
    let desk = busy();
    assert_snapshot!("saved", desk.lic(&["export", "--out", "ledger.jsonl"]).done());
    assert_eq!(desk.read("ledger.jsonl"), desk.lic(&["export", "--out", "-"]).done().stdout);
    #[cfg(unix)]
    assert_eq!(mode(&desk.path("ledger.jsonl")), 0o600);
    assert_snapshot!("in_the_way", desk.lic(&["export", "--out", "ledger.jsonl"]).code(1));
    assert_snapshot!("no_folder", desk.lic(&["export", "--out", "none/ledger.jsonl"]).code(1));
    assert_snapshot!("rehearsed", desk.lic(&["export", "--out", "other.jsonl", "--dry-run"]).done());
    assert!(!desk.path("other.jsonl").exists());
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure_and_a_full_disk_is() {
    let desk = busy();
    assert_eq!(desk.command(&["export", "-q"]).output(Pipe::Closed).run().code, 0);
    assert_snapshot!(desk.command(&["export"]).output(Pipe::Full).run().code(1));
}

#[test]
fn a_ledger_that_was_tampered_with_is_not_exported_as_a_good_one() {
    let desk = busy();
    let db = rusqlite::Connection::open(desk.home().join("ledger.db")).unwrap();
    db.execute_batch("DROP TRIGGER events_are_never_changed; UPDATE events SET body = replace(body, 'Kim', 'Tim')").unwrap();
    drop(db);
    assert_snapshot!(desk.lic(&["export", "--out", "ledger.jsonl"]).code(1));
    assert!(!desk.path("ledger.jsonl").exists());
    assert_eq!(
        std::fs::read_dir(desk.path(""))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'))
            .count(),
        0
    );
}
