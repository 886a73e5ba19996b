//! `lic tier`: the plans of a product.

mod apply;
mod fields;

use clap::Subcommand;

use crate::authority::tiers_file::tiers_to_toml;
use crate::authority::{Error, find};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::tier::TierView;
use crate::ledger::TierFilter;
use crate::license::{Slug, Term, Tier};
use fields::FieldArgs;

/// Keep tiers: add, list, show, edit, retire, apply
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(AddArgs),
    List(ListArgs),
    Show(ShowArgs),
    Edit(EditArgs),
    Retire(RetireArgs),
    Apply(apply::Args),
}

/// Add a tier
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic tier add cockpit/team --name Team --rank 25 --seats 10 --term 1y --feature reports --limit users=10
  lic tier add cockpit/site --name Site --rank 60 --term perpetual")]
struct AddArgs {
    /// The tier, as PRODUCT/TIER; with a default product in lic.toml, TIER alone will do
    #[arg(value_name = "PRODUCT/TIER")]
    tier: String,
    #[command(flatten)]
    fields: FieldArgs,
}

/// List tiers
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Of this product
    #[arg(long, value_name = "PRODUCT")]
    product: Option<Slug>,
    /// Retired ones too
    #[arg(long)]
    all: bool,
    /// Print a file for 'lic tier apply' in place of a list
    #[arg(long)]
    toml: bool,
}

/// Show one tier
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// The tier
    #[arg(value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: String,
}

/// Change a tier; keys already issued stay as they are
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  lic tier edit pro --seats 25 --monthly '59 EUR' --remove-feature sso")]
struct EditArgs {
    /// The tier
    #[arg(value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: String,
    #[command(flatten)]
    fields: FieldArgs,
    /// Take away a feature (repeatable)
    #[arg(long, value_name = "FEATURE")]
    remove_feature: Vec<Slug>,
}

/// Retire a tier: its licenses stay as they are, and it gives no new ones
#[derive(Debug, clap::Args)]
struct RetireArgs {
    /// The tier
    #[arg(value_name = "TIER", add = crate::cli::complete::tiers())]
    tier: String,
    /// Offer it again
    #[arg(long)]
    undo: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Add(args) => add(&args, session),
        Action::List(args) => list(args, session),
        Action::Show(args) => show(&args, session),
        Action::Edit(args) => edit(&args, session),
        Action::Retire(args) => retire(&args, session),
        Action::Apply(args) => apply::run(args, session),
    }
}

fn add(args: &AddArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (product, slug) = match args.tier.split_once('/') {
        Some((product, slug)) => (Some(parse(product)?), parse(slug)?),
        None => (authority.settings.defaults.product.clone(), parse(&args.tier)?),
    };
    let product = product.ok_or_else(|| {
        Failure::usage("no product given, and lic.toml names no default").hint(format!("lic tier add PRODUCT/{slug}"))
    })?;
    let mut tier = Tier {
        product,
        name: slug.to_string(),
        slug,
        rank: 0,
        term: Term::For(crate::license::Period::years(1)),
        seats: None,
        machines: None,
        machine_kinds: Default::default(),
        machine_factors: None,
        transfers: None,
        grace_days: 0,
        warn_days: 30,
        offline_days: None,
        features: Default::default(),
        limits: Default::default(),
        monthly: None,
        yearly: None,
        retired: false,
    };
    args.fields.apply(&mut tier);
    let (at, mode) = (session.now(), session.mode());
    authority.add_tier(&actor, &tier, at, mode)?;
    let what = format!("tier {} ({})", tier.full_name(), tier.name);
    session.done(&format!("add {what}"), &format!("added {what}"));
    Ok(authority.close()?)
}

fn parse(text: &str) -> Result<Slug, Failure> {
    text.parse().map_err(|why| Failure::usage(format!("'{}': {why}", crate::render::escape::human(text))))
}

fn list(args: ListArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let filter = TierFilter { product: args.product, retired: if args.all { None } else { Some(false) } };
    let tiers = authority.read().tiers(&filter)?;
    if args.toml {
        return session.data(tiers_to_toml(&tiers).as_bytes());
    }
    let views: Vec<TierView> = tiers.iter().map(TierView::new).collect();
    session.list(&views, "there are no tiers; add them with 'lic tier apply tiers.toml' or 'lic tier add'", None)
}

fn show(args: &ShowArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let tier = find::tier(&authority.read(), &args.tier, None)?;
    session.detail(&TierView::new(&tier))
}

fn edit(args: &EditArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    change(&args.tier, session, |tier| {
        args.fields.apply(tier);
        for feature in &args.remove_feature {
            if !tier.features.remove(feature) {
                return Err(Error::Invalid(format!("tier '{}' has no feature '{feature}'", tier.slug)));
            }
        }
        Ok(())
    })
}

fn retire(args: &RetireArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    change(&args.tier, session, |tier| {
        tier.retired = !args.undo;
        Ok(())
    })
}

fn change(name: &str, session: &mut Session<'_>, edit: impl FnOnce(&mut Tier) -> Result<(), Error>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (at, mode) = (session.now(), session.mode());
    let (tier, changes) = authority.edit_tier(&actor, name, edit, at, mode)?;
    session.changes(&format!("tier {}", tier.full_name()), &changes);
    Ok(authority.close()?)
}
