//! Authorities to be measured: a small one made anew for each run, and large ones that are made once and used again.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use lic::ledger::{Access, KeyPurpose, Ledger};
use lic::license::Timestamp;

use crate::Outcome;
use crate::content::{self, Ends, Extent};
use crate::sheet::Wanted;

/// The program to measure, built by cargo with the profile of this bench.
pub const LIC: &str = env!("CARGO_BIN_EXE_lic");
/// The product that all licenses are for.
pub const PRODUCT: &str = "cockpit";
/// The tiers that the large ledgers use, of those that a new authority has.
const TIERS: [&str; 4] = ["basic", "standard", "professional", "enterprise"];
/// How many licenses stand in one transaction while a large ledger is filled.
const BATCH: u64 = 10_000;
/// Stands in a large home once it is filled; its name changes with what it is filled with.
const CONTENT: &str = "filled-4";

/// Where the authorities stand.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench")
}

/// What the program prints.
pub fn lic(home: &Path, arguments: &[&str]) -> Outcome<Vec<u8>> {
    let output = Command::new(LIC).arg("--home").arg(home).args(arguments).arg("--no-input").output()?;
    let said = || format!("lic {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(output.stdout) } else { Err(said().into()) }
}

/// A new authority, in the place of whatever stood there.
pub fn new(home: &Path) -> Outcome<()> {
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    fs::create_dir_all(home)?;
    lic(home, &["init", "--name", "Example Software", "--product", PRODUCT, "--no-passphrase"]).map(|_| ())
}

/// A new authority with one customer, one key in `acme.lic` and the public keys in `vendor.pem`.
pub fn small() -> Outcome<PathBuf> {
    let home = folder().join("small");
    new(&home)?;
    lic(&home, &["customer", "add", "acme", "--name", "Acme GmbH"])?;
    let key = home.join("acme.lic").display().to_string();
    lic(&home, &["issue", "acme", "--tier", "professional", "--out", &key])?;
    fs::write(home.join("vendor.pem"), lic(&home, &["key", "export", "--format", "pem"])?)?;
    fs::create_dir(home.join("saved"))?;
    Ok(home)
}

/// An authority with so many licenses; the one of an earlier run, where it is whole and of the ledger's present version.
pub fn filled(licenses: u64) -> Outcome<PathBuf> {
    let home = folder().join(licenses.to_string());
    let ledger = Ledger::open(&home.join("ledger.db"), Access::ReadOnly);
    let last = ledger.and_then(|ledger| ledger.read().license(content::id(licenses - 1)));
    if !last.is_ok_and(|last| last.is_some()) || !home.join(CONTENT).exists() {
        eprintln!("filling a ledger with {licenses} licenses, once");
        // A program that is started has, for the system, at least the memory of the one that started it.
        let status = Command::new(env::current_exe()?).args(["fill", &licenses.to_string()]).status()?;
        if !status.success() {
            return Err(format!("fill: {status}").into());
        }
    }
    Ok(home)
}

/// Makes the authority with so many licenses.
pub fn fill(wanted: &Wanted) -> Outcome<()> {
    let licenses = wanted.number().ok_or("fill: how many licenses?")?;
    let home = folder().join(licenses.to_string());
    let extent = Extent::of(licenses);
    new(&home)?;
    let mut ledger = Ledger::open(&home.join("ledger.db"), Access::ReadWrite)?;
    ledger.expect_bulk()?;
    // Yesterday, so that the ledger has a past to be looked at.
    let now = now()?.plus_days(-1);
    let ends = Ends { around: now, thin: true };
    let operators = ledger.read().operators()?;
    let by = operators.first().ok_or("no operator")?.slug.clone();
    let keys = ledger.read().signing_keys()?;
    let kid = keys.iter().find(|key| key.purpose == KeyPurpose::License).ok_or("no signing key")?.kid;
    ledger.write(|transaction| {
        for number in 0..extent.customers() {
            transaction.record(now, &by, &content::customer(number, extent)?)?;
        }
        Outcome::Ok(())
    })?;
    for batch in 0..licenses.div_ceil(BATCH) {
        ledger.write(|transaction| {
            for number in batch * BATCH..licenses.min((batch + 1) * BATCH) {
                for fact in content::life(number, ends, &TIERS, extent, kid)? {
                    transaction.record(now, &by, &fact)?;
                }
            }
            Outcome::Ok(())
        })?;
    }
    ledger.close()?;
    let mail = "\n[mail]\ntransport = \"folder\"\nfrom = \"licenses@example.com\"\n[notify]\ndigest = [\"sales@example.com\"]\n";
    let settings = fs::read_to_string(home.join("lic.toml"))?;
    fs::write(home.join("lic.toml"), settings + mail)?;
    fs::write(home.join(CONTENT), "")?;
    Ok(())
}

/// This moment.
pub fn now() -> Outcome<Timestamp> {
    Ok(Timestamp::try_from(SystemTime::now())?)
}
