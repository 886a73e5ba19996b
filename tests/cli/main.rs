//! The command line, run in-process: one file for each command, with snapshots of what it prints.
//!
//! To add a command: a module here, and `tests/cli/<command>.rs` beside it. See `support` for how a test is written.

#![cfg(feature = "authority")]

mod support;

mod activate;
mod audit;
mod backup;
mod bulk;
mod change;
mod completions;
mod config;
mod customer;
mod dashboard;
mod demo;
mod doctor;
mod export;
mod fingerprint;
mod globals;
mod home;
mod import;
mod init;
mod inspect;
mod issue;
mod key;
mod list;
mod machine;
mod man;
mod migrate_from;
mod notify;
mod operator;
mod quick;
mod reinstate;
mod renew;
mod report;
mod restore;
mod revoke;
mod seats;
mod show;
mod status;
mod suspend;
mod tier;
mod transfer;
mod verify;
