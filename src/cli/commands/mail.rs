//! `lic mail`: how mails read, and whether they arrive.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use crate::authority::notify::{Composer, NotifyError, test_message, way_out};
use crate::authority::{Error, find};
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::mail::PreviewView;
use crate::ledger::MailKind;
use crate::license::Slug;
use crate::mail::{Mailbox, Outcome, address};

/// See how mails read, and whether they arrive: preview, test
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Preview(PreviewArgs),
    Test(TestArgs),
}

/// Show a mail as its reader would see it, without sending it
///
/// The one that is due today; where none is, one about the licenses that end next.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic mail preview
  lic mail preview digest --part html > digest.html
  lic mail preview customer --customer acme --language de")]
struct PreviewArgs {
    /// Which mail
    #[arg(value_name = "MAIL", default_value = "customer")]
    mail: Which,
    /// To this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<String>,
    /// In this language [default: the customer's, or that of lic.toml]
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Slug>,
    /// Print one part as it is
    #[arg(long, value_name = "PART")]
    part: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The mail to a customer's contact
    Customer,
    /// The digest to your own people
    Digest,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Part {
    /// The text
    Text,
    /// The HTML
    Html,
    /// The whole mail as it goes over the wire
    Eml,
}

/// Send a test mail to an address
///
/// It goes the way that lic.toml describes, and says what the mail server answered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic mail test you@example.com")]
struct TestArgs {
    /// The address
    #[arg(value_name = "ADDRESS", value_parser = parse_address)]
    address: Mailbox,
}

fn parse_address(text: &str) -> Result<Mailbox, String> {
    address::check(text).map_err(|why| why.to_string())
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.action {
        Action::Preview(args) => preview(args, session),
        Action::Test(args) => test(&args, session),
    }
}

fn preview(args: PreviewArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.reading()?;
    let customer = match &args.customer {
        Some(_) if args.mail == Which::Digest => {
            return Err(Failure::usage("a digest is for no customer").hint("leave --customer out"));
        }
        Some(name) => Some(find::customer(&authority.read(), name)?),
        None => None,
    };
    if let Some(language) = &args.language {
        authority.settings.notify.languages.clear();
        let mail = authority.settings.mail.as_mut().ok_or(Error::Notify(NotifyError::NoMail))?;
        mail.language = language.clone();
    }
    let kind = if args.mail == Which::Digest { MailKind::Digest } else { MailKind::Customer };
    let at = session.now();
    let composer = Composer::new(&authority.settings, authority.home.path())?;
    let Some(planned) = authority.example_mail(kind, customer.as_ref(), at)? else {
        return Err(
            Failure::new(exit::NOT_FOUND, "there is no license with an end to tell of").hint("issue one with 'lic issue'")
        );
    };
    let composed = composer.compose(&planned, &authority.read(), at)?;
    match args.part {
        Some(Part::Text) => session.data(composed.text.as_bytes()),
        Some(Part::Html) => session.data(composed.html.as_bytes()),
        Some(Part::Eml) => session.data(composed.message.text.as_bytes()),
        None => session.detail(&PreviewView::new(composed)),
    }
}

fn test(args: &TestArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let mail = authority.settings.mail.clone().ok_or(Error::Notify(NotifyError::NoMail))?;
    let random = session.world.random::<8>().map_err(Error::Entropy)?;
    let message = test_message(&authority.settings, &args.address, random, session.now())?;
    let credentials = session.world.variable("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let mut transport = way_out(&mail, &authority.home, credentials.as_deref().map(Path::new))?;
    if session.globals.dry_run {
        session.done(&format!("send a test mail to {}", args.address), "");
        return Ok(());
    }
    let outcome = transport.send(&message, || Ok::<_, Error>(true))?;
    transport.close();
    let (why, hint) = match outcome {
        Outcome::Sent(answer) => {
            session.tick(&format!("sent to {}: {answer}", args.address));
            return Ok(());
        }
        Outcome::Refused(why) => (why, "try another address"),
        Outcome::Unknown(why) => (why, "look whether it arrived all the same"),
        Outcome::Failed(why) | Outcome::Down(why) => (why, "look at [mail] in lic.toml"),
        Outcome::Withheld => ("it was held back".into(), "try again"),
    };
    let why = crate::render::escape::human(&why).into_owned();
    Err(Failure::failed(format!("not sent to {}: {why}", crate::render::escape::human(&args.address.to_string()))).hint(hint))
}
