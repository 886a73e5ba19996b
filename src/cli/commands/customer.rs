//! `lic customer`: the accounts that licenses belong to.

mod args;
mod import;

use clap::Subcommand;

use crate::authority::customers::CustomerChange;
use crate::authority::find;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::customer::CustomerView;
use crate::ledger::{CustomerFilter, LicenseFilter};
use crate::license::{Customer, Slug};
use args::{AddArgs, ArchiveArgs, EditArgs, ListArgs, ShowArgs};

/// How many nearly equal names are told.
const ALIKE_TOLD: usize = 3;

/// Keep customers: add, list, show, edit, archive, import
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
    Archive(ArchiveArgs),
    Import(import::Args),
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Add(args) => add(args, session),
        Action::List(args) => list(args, session),
        Action::Show(args) => show(&args, session),
        Action::Edit(args) => {
            let clearable = |text: Option<String>| text.map(|text| (!text.is_empty()).then_some(text));
            let change = CustomerChange {
                name: args.name,
                kind: args.kind,
                add_contacts: args.add_contact,
                remove_contacts: args.remove_contact,
                owner: clearable(args.owner),
                reference: clearable(args.reference),
                notes: clearable(args.notes),
                archived: None,
            };
            edit(&args.customer, &change, session)
        }
        Action::Archive(args) => {
            let change = CustomerChange { archived: Some(!args.undo), ..CustomerChange::default() };
            edit(&args.customer, &change, session)
        }
        Action::Import(args) => import::run(args, session),
    }
}

fn add(args: AddArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    const EXAMPLE: &str = "lic customer add acme --name 'Acme GmbH'";
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let asked = args.name.is_none();
    let name = match args.name {
        Some(name) => name,
        None => {
            let default = args.slug.as_ref().map(Slug::as_str);
            session.ask_line("name", EXAMPLE, "Display name", default, |text| match text {
                "" => Err("a customer needs a name"),
                text => Ok(text.to_owned()),
            })?
        }
    };
    let slug = args.slug.or_else(|| Slug::suggest(&name));
    let slug = slug.ok_or_else(|| Failure::usage("no short name can be made from that name").hint(EXAMPLE))?;
    let (kind, contacts, owner) = (args.kind, args.contact, args.owner);
    let customer = Customer { slug, name, kind, contacts, owner, reference: args.reference, notes: args.notes, archived: false };
    let (at, mode) = (session.now(), session.mode());
    let alike = authority.add_customer(&actor, &customer, at, mode)?;
    for other in alike.iter().take(ALIKE_TOLD) {
        session.warn(&format!("customer '{}' has nearly the same name: {}", other.slug, other.name));
    }
    if alike.len() > ALIKE_TOLD {
        session.note(&format!("… and {} more: lic customer list '{}'", alike.len() - ALIKE_TOLD, customer.name));
    }
    let what = format!("{} '{}' ({})", customer.kind, customer.slug, customer.name);
    session.done(&format!("add {what}"), &format!("added {what}"));
    if asked {
        let command = session.typed_with(&["--name".to_owned(), customer.name.clone()]);
        session.hint(&format!("the same without questions: {command}"));
    }
    Ok(authority.close()?)
}

fn list(args: ListArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let filter = CustomerFilter {
        kind: args.kind,
        archived: if args.all { None } else { Some(args.archived) },
        owner: args.owner,
        text: (!args.text.is_empty()).then(|| args.text.join(" ")),
        limit: None,
    };
    let customers = authority.read().customers(&filter)?;
    let views: Vec<CustomerView> = customers.iter().map(|customer| CustomerView::new(customer, None)).collect();
    session.list(&views, "no customers match; add one with 'lic customer add'", None)
}

fn show(args: &ShowArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let tables = authority.read();
    let customer = find::customer(&tables, &args.customer)?;
    let mut filter = LicenseFilter::new(session.now());
    filter.customer = Some(customer.slug.clone());
    let licenses = tables.count_licenses(&filter)?;
    session.detail(&CustomerView::new(&customer, Some(licenses)))
}

fn edit(name: &str, change: &CustomerChange, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (at, mode) = (session.now(), session.mode());
    let (customer, changes) = authority.edit_customer(&actor, name, change, at, mode)?;
    session.changes(&format!("customer '{}'", customer.slug), &changes);
    Ok(authority.close()?)
}
