//! The commands, one file each. The doc comment of a command's arguments is its help; the function under it reads as a page.

mod activate;
mod audit;
mod backup;
mod bulk;
mod change;
mod completions;
mod config;
mod customer;
mod dashboard;
mod deactivate;
mod deciding;
mod demo;
mod doctor;
mod export;
mod fingerprint;
mod import;
mod init;
mod inspect;
mod issue;
mod key;
mod list;
mod machine;
mod mail;
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
mod saving;
mod show;
mod status;
mod suspend;
mod tier;
mod transfer;
mod verify;
mod which;

use clap::Subcommand;

use super::error::Failure;
use super::session::Session;

/// The word that is typed for a command: its module's name, where nothing else is said.
macro_rules! word {
    ($module:ident) => {
        stringify!($module)
    };
    ($module:ident $word:literal) => {
        $word
    };
}

/// Lists every command once: its name and its module, in the order of the help; and its word, where that is no name of a module.
macro_rules! commands {
    ($($name:ident: $module:ident $($word:literal)?,)*) => {
        // No doc comment here: clap would take it for the description of the program.
        #[derive(Subcommand)]
        pub enum Command {
            $(#[command(name = word!($module $($word)?))] $name($module::Args),)*
        }

        impl Command {
            /// Adds to the definition the command that `word` names, and no other.
            pub fn define_only(top: clap::Command, word: &str) -> Option<clap::Command> {
                $(if word == word!($module $($word)?) {
                    let command = clap::Command::new(word!($module $($word)?));
                    return Some(top.subcommand(<$module::Args as clap::Args>::augment_args(command)));
                })*
                None
            }

            /// Whether what it shows can be a calendar (`-o ics`).
            pub fn can_be_a_calendar(&self) -> bool {
                matches!(self, Self::Report(args) if args.can_be_a_calendar())
            }

            /// Runs the command.
            pub fn run(self, session: &mut Session<'_>) -> Result<(), Failure> {
                match self {
                    $(Self::$name(args) => $module::run(args, session),)*
                }
            }
        }
    };
}

commands! {
    Demo: demo,
    Init: init,
    Issue: issue,
    Quick: quick,
    Verify: verify,
    Inspect: inspect,
    Fingerprint: fingerprint,
    Activate: activate,
    Deactivate: deactivate,
    Machine: machine,
    List: list,
    Show: show,
    Renew: renew,
    Change: change,
    Suspend: suspend,
    Revoke: revoke,
    Reinstate: reinstate,
    Transfer: transfer,
    Customer: customer,
    Tier: tier,
    Operator: operator,
    Key: key,
    Status: status,
    Report: report,
    Audit: audit,
    Export: export,
    Import: import,
    Backup: backup,
    Restore: restore,
    Doctor: doctor,
    MigrateFrom: migrate_from "migrate-from",
    Dashboard: dashboard,
    Notify: notify,
    Mail: mail,
    Config: config,
    Completions: completions,
    Man: man,
}
