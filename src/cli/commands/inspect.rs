//! `lic inspect`: what a key says, without a word about whether it is true.

use std::path::PathBuf;

use crate::cli::commands::verify::read_key;
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::claims::ClaimsView;
use crate::token;

/// Show what a key says, without verifying it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic inspect acme-pro.lic
  xclip -o | lic inspect -o json")]
pub struct Args {
    /// The key, a file that holds it, or - for standard input
    #[arg(value_name = "KEY|FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    key: PathBuf,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let pasted = read_key(session, &args.key)?;
    let (header, claims) = token::inspect(&pasted).map_err(|refusal| Failure::new(exit::NOT_VALID, refusal.to_string()))?;
    session.warn("NOT VERIFIED: anybody can write this; 'lic verify' tells whether it is true");
    session.detail(&ClaimsView::unverified(&header, &claims))
}
