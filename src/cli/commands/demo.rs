//! `lic demo`: the main job from end to end, in a temporary home.

use std::path::{Path, PathBuf};

use crate::authority::init::Founding;
use crate::authority::issue::{Batch, Issued};
use crate::authority::order::{End, Order};
use crate::authority::sample_tiers::sample_tiers;
use crate::authority::signer::{NoPassphrase, Signer, purpose};
use crate::authority::states::tamper;
use crate::authority::{Actor, Authority, Error, Home, Mode};
use crate::cli::commands::saving::write_new;
use crate::cli::error::{Failure, exit};
use crate::cli::session::Session;
use crate::cli::views::issued::summary;
use crate::license::{Contact, Customer, CustomerKind, LicenseType, Period, Slug, Timestamp};
use crate::render::escape;
use crate::token::{KeySet, PublicKey, Verdict, Verifier, armour};

/// Show the main job from end to end, in a temporary home, with no configuration
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let folder = temporary_folder(session)?;
    let at = session.now();
    let mut demo = Demo::set_up(&folder, at, session)?;

    let sold = demo.issue("professional", |order| order.end = Some(End::For(Period::years(1))), session)?;
    let line = summary(&sold.customer.name, &sold.terms, at.date());
    say(session, "✓", &format!("issued      {}  {line}", sold.id))?;
    let product = demo.product.clone();
    let verdict = Verifier::new(demo.keys.clone(), product.clone()).verify(&sold.key, at);
    match verdict {
        Ok(license) => say(session, "✓", &format!("verified    offline, with the public key alone: {}", license.status(at)))?,
        Err(refusal) => return Err(Failure::new(exit::BUG, refusal.to_string())),
    }
    demo.refused("one byte changed", &tamper(&sold.key)?, &product, session)?;
    demo.refused("another product", &sold.key, &slug("radar")?, session)?;
    let old = demo.issue_expired(session)?;
    demo.refused("expired", &old.key, &product, session)?;

    write(&folder.join("acme-professional.lic"), &armour::wrap(&sold.key))?;
    write(&folder.join("key.jwt"), &sold.key)?;
    write(&folder.join("vendor.pem"), &demo.vendor_pem()?)?;
    demo.authority.close()?;
    session.data(closing(&folder, &product).as_bytes())
}

struct Demo {
    authority: Authority,
    actor: Actor,
    signer: Signer,
    test_signer: Signer,
    customer: Slug,
    product: Slug,
    keys: KeySet,
    at: Timestamp,
}

impl Demo {
    fn set_up(folder: &Path, at: Timestamp, session: &mut Session<'_>) -> Result<Self, Failure> {
        let product = slug("cockpit")?;
        let founding = Founding {
            name: "Demo Software".into(),
            issuer: "demo-software".into(),
            operator: slug("demo")?,
            passphrase: None,
            tiers: sample_tiers(&product),
            product: product.clone(),
        };
        let home = Home::at(folder.join("home"));
        let mut authority = Authority::init(home, &founding, at, &mut *session.world.entropy)?;
        say(session, "✓", &format!("authority   {} in {}", founding.name, authority.home.path().display()))?;
        let actor = authority.actor("demo")?;
        let customer = Customer {
            slug: slug("acme")?,
            name: "Acme GmbH".into(),
            kind: CustomerKind::Customer,
            contacts: vec![Contact { name: Some("Jane Doe".into()), mail: "jane@acme.example".into() }],
            owner: None,
            reference: None,
            notes: None,
            archived: false,
        };
        authority.add_customer(&actor, &customer, at, Mode::Commit)?;
        say(session, "✓", &format!("customer    {} ({})", customer.name, customer.slug))?;
        let tiers: Vec<&str> = founding.tiers.iter().map(|tier| tier.slug.as_str()).collect();
        say(session, "✓", &format!("tiers       {}", tiers.join(", ")))?;
        let signer = authority.unlock(&actor, purpose(LicenseType::Commercial), &mut NoPassphrase)?;
        let test_signer = authority.unlock(&actor, purpose(LicenseType::Test), &mut NoPassphrase)?;
        let keys = authority.key_set()?;
        Ok(Self { authority, actor, signer, test_signer, customer: customer.slug, product, keys, at })
    }

    fn issue(&mut self, tier: &str, adjust: impl FnOnce(&mut Order), session: &mut Session<'_>) -> Result<Issued, Failure> {
        let mut order = Order::new(self.customer.clone(), tier);
        adjust(&mut order);
        let signer = if order.kind == LicenseType::Test { &self.test_signer } else { &self.signer };
        let entropy = &mut *session.world.entropy;
        let issued = self.authority.issue(&self.actor, &order, &Batch::one(), signer, self.at, entropy)?;
        issued.into_iter().next().ok_or_else(|| Failure::new(exit::BUG, "nothing was issued"))
    }

    /// A license that has ended: only test licenses may be issued so.
    fn issue_expired(&mut self, session: &mut Session<'_>) -> Result<Issued, Failure> {
        let today = self.at.date();
        let past = self.at.plus_days(-90).date();
        let adjust = |order: &mut Order| {
            order.kind = LicenseType::Test;
            order.from = Some(past);
            order.end = Some(End::Until(today.start().plus_days(-30).date()));
            order.grace_days = Some(0);
        };
        self.issue("professional", adjust, session)
    }

    /// The public key that a vendor ships: the one that signs licenses, without the one that signs test keys.
    fn vendor_pem(&self) -> Result<String, Failure> {
        let key = self.keys.get(self.signer.kid());
        key.map(PublicKey::to_pem).ok_or_else(|| Failure::new(exit::BUG, "the signing key has no public half"))
    }

    /// Shows that a key is refused, and why.
    fn refused(&self, what: &str, key: &str, product: &Slug, session: &mut Session<'_>) -> Result<(), Failure> {
        let verdict: Verdict = Verifier::new(self.keys.clone(), product.clone()).examine(key, self.at);
        match verdict.failure() {
            Some(failure) => say(session, "✗", &format!("refused     {what}: {}", failure.detail)),
            None => Err(Failure::new(exit::BUG, format!("{what} was not refused"))),
        }
    }
}

fn say(session: &mut Session<'_>, mark: &str, text: &str) -> Result<(), Failure> {
    let styles = session.output_styles();
    let mark = if mark == "✓" { styles.good(mark) } else { styles.bad(mark) };
    session.data(format!("{mark} {}\n", escape::human(text)).as_bytes())
}

fn slug(text: &str) -> Result<Slug, Failure> {
    text.parse().map_err(|why| Failure::new(exit::BUG, format!("{text}: {why}")))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    write_new(path, text).map_err(|source| Error::file(path, source).into())
}

/// A folder that stays, so that its files can be tried.
fn temporary_folder(session: &Session<'_>) -> Result<PathBuf, Failure> {
    let parent = session.world.variable("TMPDIR").map_or_else(std::env::temp_dir, |path| session.path(Path::new(path)));
    let folder = tempfile::Builder::new().prefix("lic-demo-").tempdir_in(&parent);
    let folder = folder.map_err(|source| Error::file(&parent, source))?;
    Ok(folder.keep())
}

fn closing(folder: &Path, product: &Slug) -> String {
    let folder = folder.display();
    format!(
        "
Check the same key without lic, in {folder}:

  cd {folder}

  # Python: pip install 'pyjwt[crypto]'
  python3 -c \"import jwt; print(jwt.decode(open('key.jwt').read(), open('vendor.pem').read(), algorithms=['EdDSA'], audience='{product}'))\"

  # openssl 3
  cut -d. -f1,2 key.jwt | tr -d '\\n' > signed
  printf '%s==' \"$(cut -d. -f3 key.jwt)\" | tr '_-' '/+' | base64 -d > signature
  openssl pkeyutl -verify -pubin -inkey vendor.pem -rawin -in signed -sigfile signature

Next:

  lic verify acme-professional.lic --keys vendor.pem --explain
  lic list --home home
  lic key export --home home --format snippet --lang python
  lic init                      your own authority
  rm -r {folder}
"
    )
}
