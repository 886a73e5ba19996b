//! `lic operator`: the people who may act on the ledger.

mod fields;
pub mod keys;

use clap::Subcommand;

use crate::authority::Mode;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::operator::OperatorView;
use crate::license::{Operator, OperatorLimits, Role, Slug};
use fields::FieldArgs;
use keys::{KeyArgs, give_keys, new_passphrase, unlock_missing};

/// Keep operators: add, list, edit, remove
///
/// A role is a rule among people who share a home: whoever may write the ledger's file is not held by it, though the
/// audit log tells. Who may sign is decided by cryptography: only an operator with a copy of the signing key can.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(AddArgs),
    /// List operators, their roles and limits, and what they have keys for
    List,
    Edit(EditArgs),
    Remove(RemoveArgs),
}

/// Add an operator; issuers and admins get their own copy of the signing keys
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic operator add jane --role issuer --longest 1y --tier basic --tier professional
  lic operator add bob --role viewer")]
struct AddArgs {
    /// The operator: the name of the system user
    #[arg(value_name = "OPERATOR")]
    operator: Slug,
    /// admin, issuer or viewer
    #[arg(long, value_name = "ROLE")]
    role: Role,
    #[command(flatten)]
    fields: FieldArgs,
    #[command(flatten)]
    keys: KeyArgs,
}

/// Change an operator
#[derive(Debug, clap::Args)]
struct EditArgs {
    /// The operator
    #[arg(value_name = "OPERATOR", add = crate::cli::complete::operators())]
    operator: Slug,
    /// admin, issuer or viewer
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    #[command(flatten)]
    fields: FieldArgs,
    /// Lift all limits before setting those given
    #[arg(long)]
    no_limits: bool,
    /// Give a copy of the signing keys that the operator lacks
    #[arg(long)]
    give_keys: bool,
    #[command(flatten)]
    keys: KeyArgs,
}

/// Remove an operator and the operator's copies of the signing keys; the history stays
#[derive(Debug, clap::Args)]
struct RemoveArgs {
    /// The operator
    #[arg(value_name = "OPERATOR", add = crate::cli::complete::operators())]
    operator: Slug,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Add(args) => add(&args, session),
        Action::List => list(session),
        Action::Edit(args) => edit(&args, session),
        Action::Remove(args) => remove(&args, session),
    }
}

fn add(args: &AddArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let slug = args.operator.clone();
    let mut operator = Operator { slug, name: None, mail: None, role: args.role, limits: OperatorLimits::default() };
    args.fields.apply(&mut operator);
    let at = session.now();
    // Tried first, so that nobody chooses a passphrase for an operator who cannot be added.
    authority.add_operator(&actor, &operator, at, Mode::Rehearse)?;
    let what = format!("{} '{}'", operator.role, operator.slug);
    if session.globals.dry_run {
        session.done(&format!("add {what}"), "");
        return Ok(());
    }
    if operator.role == Role::Viewer {
        authority.add_operator(&actor, &operator, at, Mode::Commit)?;
    } else {
        // Everything that can be refused comes first, so that nobody is added who could then not be given keys.
        let keys = unlock_missing(&authority, &actor, &operator.slug, &args.keys, session)?;
        let example = format!("lic operator add {} --role {} --new-passphrase-file FILE", operator.slug, operator.role);
        let passphrase = new_passphrase(&operator.slug, &args.keys, &example, session)?;
        authority.add_operator(&actor, &operator, at, Mode::Commit)?;
        give_keys(&mut authority, &actor, &operator.slug, &keys, passphrase.as_ref(), session)?;
    }
    session.tick(&format!("added {what}"));
    Ok(authority.close()?)
}

fn list(session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let keys = authority.read().signing_keys()?;
    let operators = authority.read().operators()?;
    let views: Vec<OperatorView> = operators.iter().map(|operator| OperatorView::new(operator, &keys)).collect();
    session.list(&views, "there are no operators", None)
}

fn edit(args: &EditArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (at, mode) = (session.now(), session.mode());
    let edit = |operator: &mut Operator| {
        operator.role = args.role.unwrap_or(operator.role);
        if args.no_limits {
            operator.limits = OperatorLimits::default();
        }
        args.fields.apply(operator);
    };
    let (operator, changes) = authority.edit_operator(&actor, &args.operator, edit, at, mode)?;
    if !args.give_keys || !changes.is_empty() {
        session.changes(&format!("operator '{}'", operator.slug), &changes);
        if operator.role == Role::Viewer && !changes.is_empty() && authority.has_keys(&operator.slug)? {
            session.warn(&format!(
                "viewer '{}' keeps a copy of the signing keys; 'lic operator remove' takes it away",
                operator.slug
            ));
        }
    }
    if args.give_keys && !session.globals.dry_run {
        let keys = unlock_missing(&authority, &actor, &operator.slug, &args.keys, session)?;
        if keys.is_empty() {
            session.note(&format!("operator '{}' has a copy of every signing key", operator.slug));
        } else {
            let example = format!("lic operator edit {} --give-keys --new-passphrase-file FILE", operator.slug);
            let passphrase = new_passphrase(&operator.slug, &args.keys, &example, session)?;
            give_keys(&mut authority, &actor, &operator.slug, &keys, passphrase.as_ref(), session)?;
        }
    }
    Ok(authority.close()?)
}

fn remove(args: &RemoveArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let what = format!("operator '{}' and the operator's copies of the signing keys", args.operator);
    if session.can_ask() && !session.globals.dry_run && !session.ask_confirm(&format!("Remove {what}?"), false)? {
        return Err(Failure::cancelled());
    }
    let (at, mode) = (session.now(), session.mode());
    authority.remove_operator(&actor, &args.operator, at, mode)?;
    session.done(&format!("remove {what}"), &format!("removed {what}"));
    session.hint("a copy that was made of those files before still opens; rotate the signing key if that worries you");
    Ok(authority.close()?)
}
