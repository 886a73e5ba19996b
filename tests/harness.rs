//! The reliability harness (`examples/harness/`), at a size that fits a test run. Its own first lines say how to run it in full.

#![cfg(feature = "authority")]

#[path = "../examples/harness/backups.rs"]
mod backups;
#[path = "../examples/harness/flips.rs"]
mod flips;
#[path = "../examples/harness/stage.rs"]
mod stage;

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
