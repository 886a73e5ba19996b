//! What the actions of `lic customer` take.

use crate::license::{Contact, CustomerKind, Slug};
use crate::mail::address;

/// Add a customer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic customer add acme --name 'Acme GmbH' --contact 'Jane Doe <jane@acme.example>' --owner bob
  lic customer add --name 'Acme GmbH'")]
pub struct AddArgs {
    /// The short name [default: made from --name]
    #[arg(value_name = "SLUG")]
    pub slug: Option<Slug>,
    /// The display name, which stands in every key
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// customer, prospect, partner or internal
    #[arg(long, value_name = "KIND", default_value = "customer")]
    pub kind: CustomerKind,
    /// A contact: a mail address, or 'Name <address>' (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = parse_contact)]
    pub contact: Vec<Contact>,
    /// The account owner: an operator or a mail address
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// The account's number in another system, such as a CRM
    #[arg(long, value_name = "ID")]
    pub reference: Option<String>,
    /// Anything worth knowing
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
}

/// List customers
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Words that must all occur in the slug, the name, a contact, the reference or the notes
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
    /// Only customers, prospects, partners or internal ones
    #[arg(long, value_name = "KIND")]
    pub kind: Option<CustomerKind>,
    /// Only those of this account owner
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// Only archived ones
    #[arg(long, conflicts_with = "all")]
    pub archived: bool,
    /// Archived ones too
    #[arg(long)]
    pub all: bool,
}

/// Show one customer
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The customer's short name
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    pub customer: String,
}

/// Change a customer; keys already issued keep the name they were issued with
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An empty text clears: --owner ''. Example:\n  lic customer edit acme --name 'Acme SE' --add-contact ops@acme.example"
)]
pub struct EditArgs {
    /// The customer's short name
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    pub customer: String,
    /// The display name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// customer, prospect, partner or internal
    #[arg(long, value_name = "KIND")]
    pub kind: Option<CustomerKind>,
    /// Add a contact, or rename the one with this address (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = parse_contact)]
    pub add_contact: Vec<Contact>,
    /// Take off the contact with this mail address (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    pub remove_contact: Vec<String>,
    /// The account owner
    #[arg(long, value_name = "OWNER")]
    pub owner: Option<String>,
    /// The account's number in another system
    #[arg(long, value_name = "ID")]
    pub reference: Option<String>,
    /// Anything worth knowing
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
}

/// Set a customer aside: it keeps its licenses and gets no new ones
#[derive(Debug, clap::Args)]
pub struct ArchiveArgs {
    /// The customer's short name
    #[arg(value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    pub customer: String,
    /// Take it back
    #[arg(long)]
    pub undo: bool,
}

/// A contact as typed.
fn parse_contact(text: &str) -> Result<Contact, String> {
    address::check(text).map(Contact::from).map_err(|why| why.to_string())
}
