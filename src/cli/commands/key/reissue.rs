//! `lic key reissue`: licenses signed again, because the key that signed them goes out of use.

mod files;

use std::path::PathBuf;

use crate::authority::rotation::{Reissue, ReissuePlan, ReissueWish};
use crate::authority::signer::Signer;
use crate::authority::{Actor, Authority, find};
use crate::cli::args::SigningArgs;
use crate::cli::commands::saving::Destination;
use crate::cli::commands::show::find_license;
use crate::cli::error::Failure;
use crate::cli::passphrase::Asking;
use crate::cli::session::Session;
use crate::cli::views::license::until;
use crate::cli::views::reissued::ReissuedView;
use crate::ledger::KeyPurpose;
use crate::license::Slug;
use files::Files;

/// How many licenses one transaction signs: half a second in which others wait.
const BATCH: u32 = 1000;

/// How many licenses are told one by one.
const TOLD: u64 = 20;

/// Sign licenses again, with unchanged terms, by the key that signs now
///
/// Without a LICENSE, all live licenses whose newest key was signed by a retired or compromised key, or by --kid. Revoked and
/// expired ones are left out. What is cut off goes on where it stopped when it is run again, and writes the files that are
/// missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key reissue --kid KID --out reissued/
  lic key reissue --customer acme --out reissued/
  lic key reissue LIC-7QK3-M2ZD
  lic key reissue --dry-run")]
pub struct Args {
    /// A license: its id, a beginning of it that only one has, a key, or a file that holds a key (repeatable)
    #[arg(value_name = "LICENSE", add = crate::cli::complete::licenses())]
    licenses: Vec<String>,
    /// Those that this key signed: its kid, or a beginning of it
    #[arg(long, value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: Option<String>,
    /// Those of this customer
    #[arg(long, value_name = "CUSTOMER", add = crate::cli::complete::customers())]
    customer: Option<Slug>,
    /// Save the new keys in this folder, or print them with -
    #[arg(long, value_name = "FOLDER|-", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    signing: SigningArgs,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let wish = wish(args, &authority, session)?;
    let at = session.now();
    let plan = authority.reissue_plan(&actor, &wish, at)?;
    for (license, why) in &plan.passed_over {
        session.note(&format!("{license} stays as it is: {why}"));
    }
    let licenses = match plan.licenses {
        1 => "1 license".to_owned(),
        many => format!("{many} licenses"),
    };
    if session.globals.dry_run {
        session.done(&format!("sign {licenses} again"), "");
        return Ok(());
    }
    let one_by_one = !wish.licenses.is_empty();
    if args.out.is_none() && !one_by_one && plan.licenses > 0 {
        return Err(Failure::usage(format!("no folder given for {licenses}")).hint("save them with --out reissued/"));
    }
    let count = u32::try_from(plan.licenses).unwrap_or(u32::MAX).max(if one_by_one { 1 } else { 2 });
    let destination = Destination::of(args.out.as_deref(), count, &authority, session);
    if plan.licenses > 0 {
        destination.check(count)?;
        let question = format!("Sign {licenses} again?");
        if session.can_ask() && !one_by_one && !session.ask_confirm(&question, true)? {
            return Err(Failure::cancelled());
        }
    }
    let mut files = Files::new(destination);
    if args.out.is_some() {
        files.write_missing(&authority, &plan, session)?;
    }
    let views = sign(args, &mut authority, &actor, &plan, &mut files, session)?;
    tell(&plan, &licenses, &files, session);
    if !session.is_table() && (files.has_folder() || session.is_format_given()) {
        session.list(&views, "", None)?;
    }
    Ok(authority.close()?)
}

fn wish(args: &Args, authority: &Authority, session: &mut Session<'_>) -> Result<ReissueWish, Failure> {
    let kid = args.kid.as_ref().map(|name| find::signing_key(&authority.read(), name)).transpose()?;
    let mut wish = ReissueWish { kid: kid.map(|key| key.kid), customer: args.customer.clone(), ..ReissueWish::default() };
    for named in &args.licenses {
        let id = find_license(named, authority, session)?.id;
        if !wish.licenses.contains(&id) {
            wish.licenses.push(id);
        }
    }
    Ok(wish)
}

/// Signs batch after batch, and saves each when it is in the ledger.
fn sign(
    args: &Args,
    authority: &mut Authority,
    actor: &Actor,
    plan: &ReissuePlan,
    files: &mut Files,
    session: &mut Session<'_>,
) -> Result<Vec<ReissuedView>, Failure> {
    let mut views = Vec::new();
    let mut signers: Vec<(KeyPurpose, Signer)> = Vec::new();
    let mut done = 0;
    for part in plan.parts.iter().filter(|_| plan.licenses > 0) {
        if is_empty(authority, part)? {
            continue;
        }
        let place = match signers.iter().position(|(purpose, _)| *purpose == part.purpose) {
            Some(place) => place,
            None => {
                let signer = authority.unlock(actor, part.purpose, &mut Asking::new(session, &args.signing))?;
                signers.push((part.purpose, signer));
                signers.len() - 1
            }
        };
        let mut after = None;
        loop {
            let at = session.now();
            let batch = authority.reissue(actor, part, &signers[place].1, after, BATCH, at)?;
            done += batch.issued.len();
            for issued in &batch.issued {
                let file = files.save(issued, done, session)?;
                if plan.licenses <= TOLD {
                    let (name, end) = (&issued.customer.name, until(issued.terms.ends));
                    session.tick(&format!("{}  {name} · {} · {end} · revision {}", issued.id, issued.terms.tier, issued.rev));
                }
                if !session.is_table() {
                    views.push(ReissuedView::new(issued, file));
                }
            }
            if plan.licenses > TOLD {
                session.progress_line(&format!("{done} of {} signed again", plan.licenses));
            }
            after = batch.next;
            if after.is_none() {
                break;
            }
        }
    }
    if plan.licenses > TOLD {
        session.progress_done();
    }
    Ok(views)
}

fn is_empty(authority: &Authority, part: &Reissue) -> Result<bool, Failure> {
    Ok(authority.read().signed_by(&part.which, None, 1)?.is_empty())
}

fn tell(plan: &ReissuePlan, licenses: &str, files: &Files, session: &mut Session<'_>) {
    if plan.licenses == 0 {
        session.note("nothing to sign again: no live license depends on another key");
    } else {
        session.tick(&format!("signed {licenses} again, with unchanged terms"));
    }
    if let Some(saved) = files.told(session) {
        session.note(&saved);
    }
    if plan.licenses > 0 {
        session.hint("the old keys stop where products refuse their signing key: send the new ones to the customers");
    }
}
