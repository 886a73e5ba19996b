//! `lic init`: a new authority.

use crate::authority::home::Origin;
use crate::authority::init::Founding;
use crate::authority::sample_tiers::sample_tiers;
use crate::authority::settings::default_issuer;
use crate::authority::{Authority, Error};
use crate::cli::args::SigningArgs;
use crate::cli::error::Failure;
use crate::cli::passphrase;
use crate::cli::session::Session;
use crate::keyring::Passphrase;
use crate::license::Slug;

const EXAMPLE: &str = "lic init --name 'Example Software' --product cockpit --passphrase-file FILE";

/// Set up an authority: settings, ledger, signing keys
///
/// On a terminal, what is missing is asked for. Nothing is ever overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic init
  lic init --home /srv/lic --name 'Example Software' --product cockpit --passphrase-file ~/lic.pass --no-input")]
pub struct Args {
    /// The vendor's name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What stands in every key as its issuer [default: made from the name]
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// The first product
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// The first operator, an admin [default: the system user]
    #[arg(long, value_name = "OPERATOR")]
    operator: Option<Slug>,
    /// Leave the signing key without a passphrase
    #[arg(long, conflicts_with = "passphrase_file")]
    no_passphrase: bool,
    /// Start with no tiers in place of the five sample tiers
    #[arg(long)]
    no_sample_tiers: bool,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let home = session.home();
    for path in [home.settings_path(), home.ledger_path(), home.keys_path()] {
        if path.symlink_metadata().is_ok() {
            return Err(Error::Occupied(path).into());
        }
    }
    if session.can_ask() {
        session.note(&format!("a new authority in {}", home.path().display()));
    }
    let mut answered = Vec::new();
    let founding = founding(&args, &mut answered, session)?;
    founding.check()?;
    let at = session.now();
    if session.globals.dry_run {
        session.done(&format!("set up '{}' in {}", founding.name, home.path().display()), "");
        return Ok(());
    }
    let authority = Authority::init(home, &founding, at, &mut *session.world.entropy)?;
    if founding.passphrase.is_none() {
        session.warn("the signing key has no passphrase: whoever can read the keys folder can sign");
    }
    report(&authority, &founding, session)?;
    if !answered.is_empty() {
        let command = session.typed_with(&answered);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

fn founding(args: &Args, answered: &mut Vec<String>, session: &mut Session<'_>) -> Result<Founding, Failure> {
    let wanted = |what: &'static str| move |text: &str| if text.is_empty() { Err(what) } else { Ok(text.to_owned()) };
    let name = match args.name.clone() {
        Some(name) => name,
        None => {
            let name = session.ask_line("name", EXAMPLE, "Name of your company", None, wanted("a name is needed"))?;
            answered.extend(["--name".to_owned(), name.clone()]);
            name
        }
    };
    if name.trim().is_empty() {
        return Err(Failure::usage("the name must not be empty").hint(EXAMPLE));
    }
    let issuer = args.issuer.clone().or_else(|| default_issuer(&name));
    let issuer = issuer.ok_or_else(|| Failure::usage("no issuer can be made from that name").hint("give one: --issuer NAME"))?;
    let product = match args.product.clone() {
        Some(product) => product,
        None => {
            let product = session.ask_line("product", EXAMPLE, "Short name of your product", None, str::parse::<Slug>)?;
            answered.extend(["--product".to_owned(), product.to_string()]);
            product
        }
    };
    let operator = match args.operator.clone() {
        Some(operator) => operator,
        None => {
            let operator = first_operator(session)?;
            if session.can_ask() {
                answered.extend(["--operator".to_owned(), operator.to_string()]);
            }
            operator
        }
    };
    let tiers = if args.no_sample_tiers {
        Vec::new()
    } else if wants_sample_tiers(session)? {
        sample_tiers(&product)
    } else {
        answered.push("--no-sample-tiers".into());
        Vec::new()
    };
    let passphrase = first_passphrase(args, &operator, answered, session)?;
    Ok(Founding { name, issuer, operator, passphrase, product, tiers })
}

/// The system user, or whoever is named; on a terminal, asked for.
fn first_operator(session: &mut Session<'_>) -> Result<Slug, Failure> {
    let user = session.operator_name()?.to_lowercase();
    let parsed = user.parse::<Slug>();
    if session.can_ask() {
        return session.ask_line("operator", EXAMPLE, "First operator (an admin)", Some(&user), str::parse::<Slug>);
    }
    parsed.map_err(|why| {
        Failure::usage(format!("the system user '{user}' cannot be an operator: {why}")).hint("name one with --operator")
    })
}

fn wants_sample_tiers(session: &mut Session<'_>) -> Result<bool, Failure> {
    if !session.can_ask() {
        return Ok(true);
    }
    session.ask_confirm("Start with the five sample tiers (free to enterprise)?", true)
}

fn first_passphrase(
    args: &Args,
    operator: &Slug,
    answered: &mut Vec<String>,
    session: &mut Session<'_>,
) -> Result<Option<Passphrase>, Failure> {
    if args.no_passphrase {
        return Ok(None);
    }
    if let Some(passphrase) = passphrase::from_files(session, &args.signing).map_err(Error::Passphrase)? {
        passphrase.check_strength().map_err(Error::Passphrase)?;
        return Ok(Some(passphrase));
    }
    let passphrase = passphrase::ask_new(session, &format!("'{operator}'"), EXAMPLE)?;
    answered.extend(["--passphrase-file".to_owned(), "FILE".to_owned()]);
    Ok(Some(passphrase))
}

fn report(authority: &Authority, founding: &Founding, session: &mut Session<'_>) -> Result<(), Failure> {
    session.tick(&format!("{} is set up in {}", founding.name, authority.home.path().display()));
    for key in authority.read().signing_keys()? {
        session.note(&format!("{:<8} signing key {}", key.purpose.as_str(), key.kid));
    }
    session.note(&format!("operator '{}' is an admin", founding.operator));
    if !founding.tiers.is_empty() {
        let names: Vec<&str> = founding.tiers.iter().map(|tier| tier.slug.as_str()).collect();
        session.note(&format!("tiers of {}: {}", founding.product, names.join(", ")));
    }
    if authority.home.origin() == Origin::Flag {
        session.hint(&format!("use it without --home: export LIC_HOME={}", authority.home.path().display()));
    }
    session.hint("add a customer with 'lic customer add acme --name \"Acme GmbH\"', then 'lic issue acme'");
    session.hint("keep a copy of the keys folder in a safe place: without it nobody signs");
    Ok(())
}
