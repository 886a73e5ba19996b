//! `lic deactivate`: on the customer's machine, give the seat of a license back. Needs no home and no network.

use std::path::{Path, PathBuf};

use super::activate::{Named, license_of, state_path, write_file};
use crate::cli::error::{Failure, exit};
use crate::cli::session::{Session, shown_path};
use crate::guard::{CannotGiveBack, Guard};
use crate::license::Slug;
use crate::machine::Machine;

const EXAMPLE: &str = "lic deactivate cockpit.lic --receipt receipt.txt";

/// Give the seat of this machine back: write a receipt for the vendor
///
/// Run it on the machine that the license was activated for with 'lic activate --request'. From then on the keys that this machine has
/// seen are refused here, and the vendor frees the seat with 'lic machine deactivate --receipt'. The vendor takes any other machine
/// off with 'lic machine deactivate'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic deactivate cockpit.lic --receipt receipt.txt
  lic deactivate LIC-7QK3-M2ZD --product cockpit --receipt -")]
pub struct Args {
    /// The license: a key, a file that holds one, or an id with --product
    #[arg(value_name = "LICENSE", value_hint = clap::ValueHint::FilePath)]
    license: Option<String>,
    /// Write the receipt to this file, or print it with -
    #[arg(long, value_name = "FILE", default_value = "-", value_hint = clap::ValueHint::FilePath)]
    receipt: PathBuf,
    /// The file that remembers the activation [default: LICENSE.state here]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    state: Option<PathBuf>,
    /// The product, where LICENSE is an id and no key
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let Named { license, product, rev } = license_of(session, args.license.as_deref(), args.product.as_ref(), EXAMPLE)?;
    let machine = Machine::read(&product, &session.world.system);
    let state = state_path(session, args.state.as_deref(), license);
    let mut guard = Guard::open(&state, &machine)?;
    if guard.is_new() {
        let message = format!("{}: there is no such state file", session.shorten(&state));
        return Err(
            Failure::failed(message).hint("name the one that 'lic activate --request' wrote with --state, or ask the vendor")
        );
    }
    if let Some(rev) = rev.filter(|_| guard.asked_for(license)) {
        guard.saw(license, rev);
    }
    let at = session.now();
    let (receipt, again) = match guard.give_back(license, at) {
        Ok(receipt) => (receipt, false),
        Err(CannotGiveBack::Already(_)) => {
            let receipt = guard.receipt_again(license, at).ok_or_else(|| Failure::failed("the state has lost its key"))?;
            (receipt, true)
        }
        Err(why @ CannotGiveBack::NoKeySeen(_)) => {
            return Err(Failure::failed(why.to_string()).hint("name the newest key file in place of the id"));
        }
        Err(why @ CannotGiveBack::NeverAsked(_)) => {
            return Err(Failure::new(exit::NOT_FOUND, why.to_string())
                .hint(format!("ask the vendor for 'lic machine deactivate {license} {}'", machine.id())));
        }
    };
    if session.globals.dry_run {
        session.done(&format!("give {license} back"), "");
        return Ok(());
    }
    let printed = args.receipt == Path::new("-");
    if !printed && session.path(&args.receipt).exists() {
        return Err(Failure::failed(format!("{} already exists, and nothing is ever overwritten", shown_path(&args.receipt)))
            .hint("name another file with --receipt"));
    }
    if session.can_ask() && !again && !session.ask_confirm(&format!("Give {license} back? It stops working here"), false)? {
        return Err(Failure::cancelled());
    }
    // The state first: a receipt must not leave while the license still works here. Where the receipt is lost, the same command gives
    // it once more.
    guard.save()?;
    let text = receipt.text();
    if printed {
        session.data(text.as_bytes())?;
    } else {
        write_file(session, &args.receipt, text)?;
    }
    session.tick(&if again {
        format!("{license} was given back before; the same receipt once more")
    } else {
        format!("{license} is given back")
    });
    if !printed {
        session.note(&format!("saved {}; send it to the vendor", shown_path(&args.receipt)));
    }
    session.hint("the vendor frees the seat with: lic machine deactivate --receipt RECEIPT");
    Ok(())
}
