//! How bulk work ends before its end, and goes on.

use insta::assert_snapshot;

use super::{licenses, rows};
use crate::support::lifecycle::house;
use crate::support::{Pipe, Yes};

/// More rows than are recorded in one transaction.
const MANY: u32 = 150;
const BATCH: [&str; 2] = ["--batch", "100"];

#[test]
fn ctrl_c_stops_after_a_batch_and_the_same_file_goes_on() {
    let desk = house();
    desk.write("orders.csv", rows(MANY));
    let args = [&["issue", "--from", "orders.csv", "--out", "keys.csv"][..], &BATCH].concat();
    assert_snapshot!("interrupted_check", desk.command(&args).interrupted_after(0).run());
    assert_eq!(licenses(&desk), 0);
    let run = desk.command(&args).interrupted_after(1).run();
    assert_snapshot!("interrupted", run);
    assert_eq!((run.code, licenses(&desk)), (130, 100));
    assert!(!desk.path("keys.csv").exists(), "nothing half done is left");
    assert_snapshot!("gone_on", desk.lic(&args));
    assert_eq!(licenses(&desk), MANY as usize);
    let ids = desk.lic(&["list", "--sort", "id", "-o", "name"]).done().stdout;
    let mut keys: Vec<String> = desk.read("keys.csv").lines().skip(1).map(|line| line[..13].to_owned()).collect();
    keys.sort();
    assert_eq!(keys, ids.lines().collect::<Vec<_>>(), "the list holds every license once, those from before too");
    let seats: Vec<String> =
        desk.read("keys.csv").lines().skip(1).map(|line| line.split(',').nth(4).unwrap().to_owned()).collect();
    assert_eq!(seats, (1..=MANY).map(|seats| seats.to_string()).collect::<Vec<_>>(), "in the order of the file");
    desk.lic(&["audit", "verify", "-q"]).done();
}

#[test]
fn a_bar_is_drawn_for_a_person_and_taken_away() {
    let desk = house();
    desk.write("orders.csv", rows(2_000));
    let run = desk.lic_on_terminal(&["issue", "--from", "orders.csv", "--out", "keys.csv"], [Yes]);
    let errors = run.done().stderr;
    assert!(errors.contains("\r  ████████████████████████ 100%  issued 2000 of 2000"), "{errors:?}");
    let last = errors.rsplit('\r').next().unwrap();
    assert!(last.starts_with("  keys saved in keys.csv") && !last.contains('█'), "{last:?}");
    let quiet = desk.lic(&["issue", "--from", "orders.csv", "-q", "-o", "name"]).done();
    assert_eq!(quiet.stderr, "");
    let piped = desk.lic(&["issue", "--from", "orders.csv", "-o", "name"]).done();
    assert!(!piped.stderr.contains(['\r', '█']), "{}", piped.stderr);
}

#[test]
fn a_reader_that_goes_away_and_a_full_disk_lose_nothing() {
    let desk = house();
    desk.write("orders.csv", rows(50));
    for (pipe, code) in [(Pipe::Closed, 0), (Pipe::Full, 1)] {
        let run = desk.command(&["issue", "--from", "orders.csv", "-o", "csv"]).output(pipe).run();
        assert_eq!(run.code, code, "{run}");
        assert_eq!(licenses(&desk), 50);
    }
    assert_eq!(desk.lic(&["issue", "--from", "orders.csv", "-o", "name"]).done().stdout.lines().count(), 50);
    assert_eq!(licenses(&desk), 50);
}
