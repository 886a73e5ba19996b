//! `lic key plan`: what depends on a key.

use clap::ValueEnum;

use crate::authority::{Authority, find};
use crate::cli::args::parse_moment;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::key_plan::KeyPlanView;
use crate::cli::views::license::LicenseView;
use crate::ledger::{SignedBy, SigningKeyRecord};
use crate::license::Timestamp;

/// How many licenses are read at a time.
const PAGE: u32 = 10_000;

/// Show which live licenses would stop if a key were taken out of the products, or marked as compromised
///
/// Live are those that are neither revoked nor past their end and grace days. 'Replaced' counts licenses that were signed by
/// another key since, of which an earlier key of this signer still works: they stop for customers who did not install the
/// newest.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key plan
  lic key plan KID
  lic key plan KID --by license -o csv > depends.csv
  lic key plan KID --at 2028-01-01")]
pub struct Args {
    /// The key: its kid, or a beginning of it [default: every key that signs licenses]
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: Option<String>,
    /// List what depends on the key, by customer, tier or license
    #[arg(long, value_name = "WHAT", requires = "kid")]
    by: Option<By>,
    /// The moment to look at: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// One line for a customer
    Customer,
    /// One line for a tier
    Tier,
    /// One line for a license
    License,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let at = args.at.unwrap_or_else(|| session.now());
    let authority = session.reading()?;
    let Some(name) = &args.kid else {
        let mut views = Vec::new();
        for key in authority.read().signing_keys()?.into_iter().filter(|key| key.purpose.signs_licenses()) {
            views.push(KeyPlanView::new(&authority.key_plan(key, at)?));
        }
        return session.list(&views, "there are no signing keys", None);
    };
    let key = find::signing_key(&authority.read(), name)?;
    if let Some(By::License) = args.by {
        let views = licenses(&authority, &key, at)?;
        return session.list(&views, "no live license depends on it", None);
    }
    let view = KeyPlanView::new(&authority.key_plan(key, at)?);
    match args.by {
        None => session.detail(&view),
        Some(By::Customer) => session.list(view.customers(), "no live license depends on it", None),
        Some(By::Tier | By::License) => session.list(view.tiers(), "no live license depends on it", None),
    }
}

fn licenses(authority: &Authority, key: &SigningKeyRecord, at: Timestamp) -> Result<Vec<LicenseView>, Failure> {
    let which = SignedBy::key(key.kid, at);
    let (mut views, mut after) = (Vec::new(), None);
    loop {
        let page = authority.read().signed_by(&which, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(views) };
        after = Some(last.status_index);
        views.extend(page.iter().map(|record| LicenseView::new(record, at)));
    }
}
