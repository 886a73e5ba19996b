//! Putting on record that a key was seen that was not issued here.

use super::Args;
use crate::authority::Authority;
use crate::cli::error::Failure;
use crate::cli::session::{Session, shown_path};
use crate::token::Verdict;

/// Records the key where that was asked for; else says, to a person, how.
pub(super) fn tell(
    args: &Args,
    mut authority: Authority,
    verdict: &Verdict,
    pasted: &[u8],
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let doubt = authority.doubt(verdict, pasted)?;
    match doubt {
        None if args.record => session.note("nothing to record: no key that somebody else made"),
        Some(_) if !args.record && session.is_table() => {
            let is_file = session.path(&args.key).is_file();
            let file = if is_file { shown_path(&args.key) } else { "FILE".to_owned() };
            session.hint(&format!("put it on record, for 'lic dashboard', with 'lic verify {file} --record'"));
        }
        Some(why) if args.record => {
            let actor = session.actor(&authority)?;
            let (at, mode) = (session.now(), session.mode());
            if authority.keep_doubt(&actor, why, pasted, at, mode)? {
                session.done("put the key on record", "put the key on record; 'lic dashboard' tells of it for 90 days");
            } else {
                session.note("the key is on record already");
            }
        }
        _ => {}
    }
    Ok(authority.close()?)
}
