//! `lic key compromised`: a key that somebody else may have.

use super::states::signs;
use crate::authority::rotation::Compromise;
use crate::authority::{Mode, find};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::key_plan::KeyPlanView;
use crate::ledger::{KeyPurpose, KeyState};

/// Mark a key as compromised: whatever it signed is refused, for good
///
/// Afterwards it is told which live licenses depend on it, and how to sign them again. Products refuse the key only when it is
/// taken out of them, or when they get a status list that says so of the licenses.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lic key compromised KID --reason 'laptop stolen'
  lic key compromised KID --dry-run
  lic key compromised KID --yes --no-input")]
pub struct Args {
    /// The key: its kid, or a beginning of it
    #[arg(value_name = "KID", add = crate::cli::complete::signing_keys())]
    kid: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut authority = session.writing()?;
    let actor = session.actor(&authority)?;
    let (kid, at) = (find::signing_key(&authority.read(), &args.kid)?.kid, session.now());
    // Tried first, so that nobody is asked about what would be refused.
    let Compromise { key, .. } = authority.compromise_key(&actor, &kid, args.reason.as_deref(), at, Mode::Rehearse)?;
    let plan = authority.key_plan(key.clone(), at)?;
    let view = KeyPlanView::new(&plan);
    let live: u64 = plan.groups.iter().map(|group| group.licenses).sum();
    let depend = match live {
        0 => "no live license depends".to_owned(),
        1 => "1 live license depends".to_owned(),
        _ => format!("{live} live licenses depend"),
    };
    let what = format!("{} key {kid}", key.purpose);
    if session.globals.dry_run {
        session.done(&format!("mark the {what} ({}) as compromised; {depend} on it", key.state), "");
        return show(&view, session);
    }
    if !session.globals.yes {
        if !session.can_ask() {
            let hint = format!("see what depends on it with 'lic key plan {kid}', then say --yes");
            return Err(Failure::usage("a key that is marked as compromised stays so, and there is nobody to ask").hint(hint));
        }
        session.reveal(&format!("{what} is {}; {depend} on it; this cannot be undone", key.state));
        if !session.ask_confirm("Refuse everything that it signed, for good?", false)? {
            return Err(Failure::cancelled());
        }
    }
    let compromise = authority.compromise_key(&actor, &kid, args.reason.as_deref(), at, Mode::Commit)?;
    session.tick(&format!("{what} is compromised: whatever it signed is refused"));
    let key = find::signing_key(&authority.read(), kid.as_str())?;
    show(&KeyPlanView::new(&authority.key_plan(key, at)?), session)?;
    what_comes_next(&compromise, live, plan.superseded, session);
    Ok(authority.close()?)
}

/// What depends on the key: to people line by line, to programs as data.
fn show(view: &KeyPlanView, session: &mut Session<'_>) -> Result<(), Failure> {
    if !session.is_table() {
        return session.detail(view);
    }
    view.lines().iter().for_each(|line| session.note(line));
    Ok(())
}

fn what_comes_next(compromise: &Compromise, live: u64, superseded: u64, session: &mut Session<'_>) {
    let Compromise { key, next } = compromise;
    let (kid, purpose) = (&key.kid, key.purpose);
    if !purpose.signs_licenses() {
        return session.hint(&format!("another is made when one is needed; publish it: lic key export --purpose {purpose}"));
    }
    if key.state == KeyState::Active {
        session.warn(&format!("nobody can sign {} until another key is active", signs(purpose)));
        match next {
            Some(next) => session.hint(&format!("let the next one sign: lic key activate {next}")),
            None if purpose == KeyPurpose::License => session.hint("make one with 'lic key new', then 'lic key activate KID'"),
            None => session.hint(&format!("make one with 'lic key new --purpose {purpose}', then 'lic key activate KID'")),
        }
    }
    session.hint("take it out of your products: 'lic key export' leaves it out from now on");
    if live > 0 {
        session.hint(&format!("sign what depends on it again: lic key reissue --kid {kid} --out reissued/"));
    }
    if superseded > 0 {
        session.hint(&format!("{superseded} more were signed again before: make sure that customers installed their newest key"));
    }
}
