//! `lic quick`: a key with no questions asked.

use std::path::{Path, PathBuf};

use crate::authority::issue::Batch;
use crate::authority::order::Order;
use crate::authority::quick::DEFAULT_PRESET;
use crate::authority::signer::purpose;
use crate::authority::states::{ConditionKey, KeyCondition, test_order};
use crate::authority::{Actor, Authority, Error, find};
use crate::cli::args::SigningArgs;
use crate::cli::commands::issue::issue;
use crate::cli::commands::saving::{Destination, write_new};
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::condition::ConditionView;
use crate::license::{LicenseType, Slug};
use crate::token::armour;

/// Issue a key from a preset of lic.toml, with no questions asked
///
/// 'lic quick' alone gives a test key for the internal customer. With --state, keys in any state that a program can
/// meet are made for the product's own test suite, signed by the test signing key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
States: valid, expiring, grace, expired, not-yet-valid, revoked, suspended, wrong-product, wrong-machine, tampered,
unknown-signer, all. That a key is revoked or suspended stands in the ledger and in status lists, not in the key.

Examples:
  lic quick
  lic quick trial acme
  lic quick --state all --out tests/keys/")]
pub struct Args {
    /// The preset: trial, demo, internal, test, or one of your own in lic.toml
    #[arg(value_name = "PRESET", default_value = DEFAULT_PRESET)]
    preset: Slug,
    /// The customer's short name [default: the preset's, else the internal customer]
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// Make keys in this state, for the product's own tests
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Save to this file or folder, or print with -
    #[arg(long, value_name = "FILE|FOLDER|-", value_hint = clap::ValueHint::AnyPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let customer = match &args.customer {
        Some(name) => Some(find::customer(&authority.read(), name)?.slug),
        None => None,
    };
    let order = authority.quick_order(&args.preset, customer.as_ref())?;
    match &args.state {
        Some(state) => in_states(state, &mut authority, &actor, &order, &args, session)?,
        None => {
            issue(&mut authority, &actor, &order, &Batch::one(), args.out.as_deref(), &args.signing, false, session)?;
        }
    }
    Ok(authority.close()?)
}

fn in_states(
    state: &str,
    authority: &mut Authority,
    actor: &Actor,
    order: &Order,
    args: &Args,
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let conditions = match state {
        "all" => KeyCondition::ALL.to_vec(),
        one => vec![one.parse().map_err(|why| Failure::usage(format!("--state {one}: {why}")))?],
    };
    let at = session.now();
    // Refuses, before any passphrase is asked for, who may not.
    authority.plan(actor, &test_order(order), at)?;
    if session.globals.dry_run {
        session.done(&format!("make {} test keys", conditions.len()), "");
        return Ok(());
    }
    let count = u32::try_from(conditions.len()).unwrap_or(u32::MAX);
    let destination = Destination::of(args.out.as_deref(), count, authority, session);
    destination.check(count)?;
    if let Destination::Folder(folder) = &destination {
        let names = conditions.iter().map(|one| file_name(*one)).chain([EXPECTED.to_owned()]);
        if let Some(path) = names.map(|name| folder.join(name)).find(|path| path.exists()) {
            return Err(Failure::from(Error::Occupied(path)).hint("name an empty folder with --out"));
        }
    }
    let signer = authority.unlock(actor, purpose(LicenseType::Test), &mut Asking::new(session, &args.signing))?;
    let keys = authority.keys_in_conditions(actor, &conditions, order, &signer, at, &mut *session.world.entropy)?;
    let mut views = Vec::with_capacity(keys.len());
    for key in &keys {
        views.push(ConditionView::new(key, save(key, &destination, session)?));
    }
    if let Destination::Folder(folder) = &destination
        && keys.len() > 1
    {
        let expected: Vec<_> = keys.iter().map(|key| ConditionView::new(key, Some(file_name(key.condition)))).collect();
        let text = serde_json::to_string_pretty(&expected).unwrap_or_default() + "\n";
        let path = folder.join(EXPECTED);
        write_new(&path, &text).map_err(|source| Error::file(&path, source))?;
        session.note("expected.json tells what a verifier says of each; pin the test key: lic key export --test");
    }
    if session.is_table() || destination == Destination::Output { Ok(()) } else { session.list(&views, "", None) }
}

/// What a verifier of the product is to say of each key of a folder.
const EXPECTED: &str = "expected.json";

fn file_name(condition: KeyCondition) -> String {
    format!("{condition}.lic")
}

/// Saves a key. Gives the file, where there is one.
fn save(key: &ConditionKey, destination: &Destination, session: &mut Session<'_>) -> Result<Option<String>, Failure> {
    let path: &Path = match destination {
        Destination::Output => return session.data(armour::wrap(&key.key).as_bytes()).map(|()| None),
        Destination::Folder(folder) => &folder.join(file_name(key.condition)),
        Destination::File(path) => path,
    };
    write_new(path, &armour::wrap(&key.key)).map_err(|source| Error::file(path, source))?;
    let shown = session.shorten(path);
    session.tick(&format!("{:<14} {}  {shown}", key.condition, key.id));
    Ok(Some(shown))
}
