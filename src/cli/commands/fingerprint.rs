//! `lic fingerprint`: the machine ID to send to the vendor. Needs no home, no root and no network.

use std::path::Path;

use crate::cli::commands::verify::read_key;
use crate::cli::error::{Failure, exit};
use crate::cli::qr;
use crate::cli::session::Session;
use crate::cli::views::fingerprint::{ComparisonView, FingerprintView};
use crate::license::{Environment, Factor, Fingerprint, MachineKind, Slug};
use crate::machine::Machine;
use crate::render::Format;
use crate::token;

/// Print the ID of this machine, to be sent to the vendor
///
/// No serial number and no address leaves this machine: the ID holds short hashes of them, which are different for every
/// product. A license that is bound to the ID stays good when a part is swapped: three of five must match.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic fingerprint --product cockpit
  lic fingerprint cockpit.lic --qr
  lic fingerprint --product cockpit -q | mail sales@vendor.example
  lic fingerprint --product cockpit --compare MID-10ZVN-BNJ3P-52CZB-44HFB-DV9HZ-NN32R")]
pub struct Args {
    /// A key of the product, or a file that holds one, in place of --product
    #[arg(value_name = "KEY|FILE", conflicts_with = "product", value_hint = clap::ValueHint::FilePath)]
    key: Option<std::path::PathBuf>,
    /// The product that the license is for
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// Show what changed since this ID was made, and whether a license bound to it is still good here
    #[arg(long, value_name = "MACHINE ID")]
    compare: Option<String>,
    /// How many factors the license asks for [default: 3]
    #[arg(long, value_name = "COUNT", requires = "compare", value_parser = parse_factors, allow_hyphen_values = true)]
    factors: Option<u8>,
    /// Show the ID as a QR code too
    #[arg(long, conflicts_with = "compare")]
    qr: bool,
}

fn parse_factors(text: &str) -> Result<u8, String> {
    let most = u8::try_from(Factor::ALL.len()).unwrap_or(u8::MAX);
    let count = text.parse().ok().filter(|count| (1..=most).contains(count));
    count.ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let product = match (&args.product, &args.key) {
        (Some(product), _) => product.clone(),
        (None, Some(key)) => product_of(session, key)?,
        (None, None) => session.ask_line(
            "product",
            "lic fingerprint --product NAME, as the vendor calls it",
            "Which product is the license for?",
            None,
            str::parse::<Slug>,
        )?,
    };
    let machine = Machine::read(&product, &session.world.system);
    if let Some(text) = &args.compare {
        return compare(session, &machine, text, args.factors);
    }
    if !machine.fingerprint().identifies() {
        return Err(unidentified(&machine));
    }
    let view = FingerprintView::new(&machine);
    let bare = session.globals.quiet && !session.is_format_given();
    if bare || session.format() == Format::Name {
        session.data(format!("{}\n", machine.id()).as_bytes())?;
    } else {
        session.detail(&view)?;
    }
    if args.qr {
        session.data(qr::of(machine.id().as_str())?.as_bytes())?;
    }
    advise(session, &machine);
    Ok(())
}

/// What the customer should know before sending the ID.
fn advise(session: &mut Session<'_>, machine: &Machine) {
    let environment = machine.environment();
    if environment.kind() == MachineKind::Container {
        let goes = matches!(environment, Environment::Lxc | Environment::Nspawn);
        let until = if goes { "the container is made anew" } else { "the container goes, which is at the next update" };
        session.warn(&format!("this is {}: the ID is good until {until}", environment.described()));
        session.hint("run 'lic fingerprint' on the host, or ask the vendor for a license that is not bound to machines");
    }
    let private: Vec<&str> =
        machine.readings().iter().filter(|one| one.is_for_root_only()).map(|one| one.factor().as_str()).collect();
    if !private.is_empty() {
        session.warn(&format!("only root can read: {}", private.join(", ")));
        session.hint("run 'lic fingerprint' as the user that the program runs as, and send that ID");
    }
}

fn unidentified(machine: &Machine) -> Failure {
    let reasons: Vec<String> =
        machine.readings().iter().filter_map(|one| Some(format!("{}: {}", one.factor(), one.missing()?.described()))).collect();
    Failure::failed(format!("nothing here tells this machine from the next ({})", reasons.join("; "))).hint(
        "give the system an id with 'systemd-machine-id-setup', or ask the vendor for a license that is not bound to machines",
    )
}

fn compare(session: &mut Session<'_>, machine: &Machine, text: &str, require: Option<u8>) -> Result<(), Failure> {
    let bound = parse_id(text)?;
    if !bound.is_for(machine.product()) {
        return Err(Failure::failed(format!("this ID is not for {}: it was made for another product", machine.product()))
            .hint("name the product that it was made for with --product"));
    }
    let now = machine.fingerprint();
    let found = bound.compare(&now);
    session.detail(&ComparisonView::new(&bound, &now, &found, require))?;
    if found.passes(require) { Ok(()) } else { Err(Failure::silent(exit::NOT_VALID)) }
}

/// An ID of `lic fingerprint` as somebody typed it.
pub fn parse_id(text: &str) -> Result<Fingerprint, Failure> {
    text.parse().map_err(|why| {
        let shown = crate::render::escape::human(text).into_owned();
        Failure::usage(format!("'{shown}' is no machine ID: {why}"))
            .hint("compare it group by group with what 'lic fingerprint' printed on that machine")
    })
}

/// The product that a key is for, whether the key is good or not.
pub fn product_of(session: &mut Session<'_>, key: &Path) -> Result<Slug, Failure> {
    let pasted = read_key(session, key)?;
    let (_, claims) = token::inspect(&pasted).map_err(|refusal| Failure::new(exit::NOT_VALID, refusal.to_string()))?;
    Ok(claims.aud)
}
