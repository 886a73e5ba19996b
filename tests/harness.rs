//! The reliability harness (`examples/harness/`), at a size that fits a test run. Its own first lines say how to run it in full.

#![cfg(feature = "authority")]

#[path = "../examples/harness/backups.rs"]
mod backups;
#[path = "../examples/harness/failures.rs"]
mod failures;
#[path = "../examples/harness/flips.rs"]
mod flips;
#[path = "../examples/harness/inside.rs"]
mod inside;
#[path = "../examples/harness/kills.rs"]
mod kills;
#[path = "../examples/harness/mails.rs"]
mod mails;
#[path = "../examples/harness/month.rs"]
mod month;
#[path = "smtp/server.rs"]
mod server;
#[path = "../examples/harness/stage.rs"]
mod stage;
#[path = "../examples/harness/writers.rs"]
mod writers;

use std::path::Path;

fn lic() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_lic"))
}

#[test]
fn every_flipped_byte_that_changes_data_is_found() {
    println!("{}", flips::run(lic(), 60, 40, 7).unwrap());
}

#[test]
fn every_backup_taken_while_two_processes_write_restores_and_verifies() {
    println!("{}", backups::run(lic(), 4).unwrap());
}

#[test]
fn work_that_is_killed_is_done_whole_or_not_at_all_and_never_twice() {
    println!("{}", kills::run(lic(), 4, 7, None).unwrap());
}

#[test]
fn two_writers_at_once_never_hear_that_the_ledger_is_busy() {
    println!("{}", writers::run(lic(), 20, 1).unwrap());
    println!("{}", writers::run(lic(), 60, 20).unwrap());
}

#[test]
fn an_issue_without_room_fails_cleanly_and_leaves_nothing_half_done() {
    println!("{}", failures::run(lic(), 64).unwrap());
}

#[test]
fn a_run_of_notify_that_is_killed_loses_no_mail_and_sends_none_three_times() {
    println!("{}", mails::run(lic(), 6, 7).unwrap());
}

#[test]
fn a_month_of_days_with_outages_tells_everybody_once() {
    println!("{}", month::run(12, 7).unwrap());
}
