//! `lic completions`: the script that teaches a shell to complete.

use clap_complete::Shell;

use crate::cli::complete;
use crate::cli::error::Failure;
use crate::cli::session::Session;

/// Print the script that teaches a shell to complete commands, customers, tiers and license ids
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic completions bash > ~/.local/share/bash-completion/completions/lic
  lic completions zsh > \"${fpath[1]}/_lic\"
  lic completions fish > ~/.config/fish/completions/lic.fish")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    complete::write_script(args.shell, &mut script).map_err(|error| Failure::stream(&error))?;
    session.data(&script)
}
