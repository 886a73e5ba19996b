//! The customer's side of an activation: a request file for the vendor. Needs no home and no network.

use std::path::{Path, PathBuf};

use super::Args;
use crate::cli::commands::saving::write_new;
use crate::cli::commands::verify::read_key;
use crate::cli::error::{Failure, exit};
use crate::cli::qr;
use crate::cli::session::{Session, shown_path};
use crate::guard::Guard;
use crate::license::{LicenseId, Slug};
use crate::machine::Machine;
use crate::token;

const EXAMPLE: &str = "lic activate cockpit.lic --request request.txt";

/// What only the customer's side takes.
#[derive(Debug, clap::Args)]
pub struct AskArgs {
    /// With --request: the file that remembers the activation [default: LICENSE.state here]
    #[arg(long, value_name = "FILE", requires = "request", value_hint = clap::ValueHint::FilePath)]
    state: Option<PathBuf>,
    /// With --request: the product, where LICENSE is an id and no key
    #[arg(long, value_name = "PRODUCT", requires = "request")]
    product: Option<Slug>,
    /// With --request: show the request as a QR code too
    #[arg(long, requires = "request")]
    qr: bool,
}

/// The license that is meant, its product, and the revision of the key that named it.
pub struct Named {
    pub license: LicenseId,
    pub product: Slug,
    pub rev: Option<u32>,
}

/// The license: from a key, or from an id and `--product`.
pub fn license_of(
    session: &mut Session<'_>,
    name: Option<&str>,
    product: Option<&Slug>,
    example: &str,
) -> Result<Named, Failure> {
    let Some(name) = name else {
        return Err(Failure::usage("no license given").hint(example));
    };
    if let Ok(id) = name.parse::<LicenseId>() {
        let Some(product) = product else {
            return Err(
                Failure::usage("an id does not tell the product").hint("give the key file in its place, or --product NAME")
            );
        };
        return Ok(Named { license: id, product: product.clone(), rev: None });
    }
    let pasted = read_key(session, Path::new(name))?;
    let (_, claims) = token::inspect(&pasted).map_err(|refusal| Failure::new(exit::NOT_VALID, refusal.to_string()))?;
    Ok(Named { license: claims.jti, product: claims.aud, rev: Some(claims.rev) })
}

/// The state file of a license, unless another is named.
pub fn state_path(session: &Session<'_>, given: Option<&Path>, license: LicenseId) -> PathBuf {
    session.path(given.unwrap_or(Path::new(&format!("{license}.state"))))
}

pub fn run(args: &Args, file: &Path, session: &mut Session<'_>) -> Result<(), Failure> {
    let Named { license, product, .. } = license_of(session, args.license.as_deref(), args.ask.product.as_ref(), EXAMPLE)?;
    let machine = Machine::read(&product, &session.world.system);
    if !machine.fingerprint().identifies() {
        return Err(Failure::failed("nothing here tells this machine from the next").hint("see why with 'lic fingerprint'"));
    }
    let state = state_path(session, args.ask.state.as_deref(), license);
    let mut guard = Guard::open(&state, &machine)?;
    let (seed, nonce) = (random(session)?, random(session)?);
    let request = guard.request(license, args.label.clone(), seed, nonce, session.now());
    let printed = file == Path::new("-");
    let what = format!("a request for {license} on {}", machine.id());
    if session.globals.dry_run {
        session.done(&format!("write {what}"), "");
        return Ok(());
    }
    if !printed && session.path(file).exists() {
        return Err(Failure::failed(format!("{} already exists, and nothing is ever overwritten", shown_path(file)))
            .hint("name another file with --request"));
    }
    // First what remembers it: a request that is answered and forgotten would cost a seat.
    guard.save()?;
    if printed {
        session.data(request.text().as_bytes())?;
    } else {
        write_file(session, file, request.text())?;
    }
    if args.ask.qr {
        session.data(qr::of(request.text())?.as_bytes())?;
    }
    session.tick(&what);
    if !printed {
        session.note(&format!("saved {}; send it to the vendor", shown_path(file)));
    }
    let shown = session.shorten(&state);
    session.note(&format!("keep {shown}: it is needed to give the seat back"));
    session.hint("the vendor answers it with: lic activate --from REQUEST");
    Ok(())
}

/// Writes a file where there was none.
pub fn write_file(session: &Session<'_>, file: &Path, text: &str) -> Result<(), Failure> {
    write_new(&session.path(file), text).map_err(|source| crate::authority::Error::file(file, source).into())
}

fn random<const N: usize>(session: &mut Session<'_>) -> Result<[u8; N], Failure> {
    Ok(session.world.random().map_err(crate::authority::Error::Entropy)?)
}
