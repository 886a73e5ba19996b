//! `lic key`: the signing keys.

mod compromised;
mod copies;
mod export;
mod new;
mod passphrase;
mod plan;
mod reissue;
mod states;

use clap::Subcommand;

use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::key::KeyView;

/// Keep signing keys: rotate them, give out copies, export what verifies
///
/// A key is made as 'next' and published with the others, so that products know it before it signs. It is activated, and the
/// one before is retired: what that one signed stays good. A compromised key is refused for good.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the signing keys, their states, and who has a copy
    List,
    Export(export::Args),
    New(new::Args),
    Activate(states::ActivateArgs),
    Retire(states::RetireArgs),
    Compromised(compromised::Args),
    Plan(plan::Args),
    Reissue(reissue::Args),
    Give(copies::GiveArgs),
    Take(copies::TakeArgs),
    Passphrase(passphrase::Args),
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::List => list(session),
        Action::Export(args) => export::run(&args, session),
        Action::New(args) => new::run(&args, session),
        Action::Activate(args) => states::activate(&args, session),
        Action::Retire(args) => states::retire(&args, session),
        Action::Compromised(args) => compromised::run(&args, session),
        Action::Plan(args) => plan::run(&args, session),
        Action::Reissue(args) => reissue::run(&args, session),
        Action::Give(args) => copies::give(&args, session),
        Action::Take(args) => copies::take(&args, session),
        Action::Passphrase(args) => passphrase::run(&args, session),
    }
}

fn list(session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let views: Vec<KeyView> = authority.read().signing_keys()?.iter().map(KeyView::new).collect();
    session.list(&views, "there are no signing keys", None)
}
