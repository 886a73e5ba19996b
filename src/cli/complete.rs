//! Completion in the shell: the shell calls the program back, so that customers, tiers, operators and license ids of the
//! ledger are offered. A ledger that cannot be read offers nothing and says nothing.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::{CompleteEnv, Shell};

use super::error::exit;
use crate::authority::{Authority, Error, Home};
use crate::ledger::{Access, CustomerFilter, LicenseFilter, LicenseSort, Tables, TierFilter};
use crate::world::World;

/// The variable by which a shell asks for candidates.
pub const VARIABLE: &str = "LIC_COMPLETE";

/// How many licenses are offered, the newest first.
const LICENSES: u32 = 200;

/// Answers a shell that asks for candidates.
pub fn answer(args: &[OsString], world: &World) -> u8 {
    let engine = CompleteEnv::with_factory(super::definition).var(VARIABLE);
    match engine.try_complete(args, Some(&world.folder)) {
        Ok(_) => exit::DONE,
        Err(_) => exit::FAILED,
    }
}

/// Writes the script that a shell loads once.
pub fn write_script(shell: Shell, out: &mut dyn Write) -> std::io::Result<()> {
    use clap_complete::env::Shells;
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&shell.to_string()) else { return Ok(()) };
    completer.write_registration(VARIABLE, "lic", "lic", "lic", out)
}

fn offered(
    current: &OsStr,
    read: impl FnOnce(&Tables<'_>) -> Result<Vec<CompletionCandidate>, Error>,
) -> Vec<CompletionCandidate> {
    let world = World::real();
    // The shell hands the words over one by one, so that a --home typed earlier is not known here.
    let home = Home::find(None, &world);
    let Some(start) = current.to_str() else { return Vec::new() };
    let Ok(authority) = Authority::open(home, Access::ReadOnly) else { return Vec::new() };
    let mut found = read(&authority.read()).unwrap_or_default();
    let start = start.to_lowercase();
    found.retain(|candidate| candidate.get_value().to_string_lossy().to_lowercase().starts_with(&start));
    found
}

fn candidate(value: impl ToString, help: String) -> CompletionCandidate {
    CompletionCandidate::new(value.to_string()).help(Some(help.into()))
}

/// Customers that are not archived.
pub fn customers() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        offered(current, |tables| {
            let filter = CustomerFilter { archived: Some(false), ..CustomerFilter::default() };
            Ok(tables.customers(&filter)?.into_iter().map(|customer| candidate(customer.slug, customer.name)).collect())
        })
    })
}

/// Tiers that are on offer.
pub fn tiers() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        offered(current, |tables| {
            let tiers = tables.tiers(&TierFilter { retired: Some(false), ..TierFilter::default() })?;
            Ok(tiers.into_iter().map(|tier| candidate(&tier.slug, format!("{} ({})", tier.name, tier.product))).collect())
        })
    })
}

/// Operators.
pub fn operators() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        offered(current, |tables| {
            Ok(tables.operators()?.into_iter().map(|operator| candidate(operator.slug, operator.role.to_string())).collect())
        })
    })
}

/// Signing keys.
pub fn signing_keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        offered(current, |tables| {
            Ok(tables
                .signing_keys()?
                .into_iter()
                .map(|key| candidate(key.kid, format!("{} {}", key.purpose, key.state)))
                .collect())
        })
    })
}

/// License ids, the newest first.
pub fn licenses() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        offered(current, |tables| {
            let mut newest = LicenseFilter::new(World::real().clock.now());
            newest.sort = LicenseSort::Issued;
            newest.reverse = true;
            newest.limit = Some(LICENSES);
            Ok(tables
                .licenses(&newest)?
                .into_iter()
                .map(|license| candidate(license.id, format!("{} {}", license.customer_name, license.tier)))
                .collect())
        })
    })
}
