//! `lic renew --from FILE`: the licenses of a file.

use std::path::Path;

use super::args::Args;
use crate::authority::bulk::BulkFile;
use crate::authority::renew::Which;
use crate::cli::commands::bulk::{self, Job, RENEW, mapped, spool};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::Role;

pub fn run(path: &Path, args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.chooses() {
        let failure = Failure::usage("a file names the licenses, and so do the other arguments");
        return Err(failure.hint("lic renew --from renewals.csv --for 1y"));
    }
    let map = mapped(&args.bulk.map)?;
    let authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "renew licenses", &authority.read())?;
    let defaults = args.asked(Which::These(Vec::new()));
    let spool = spool(path, &authority, session)?;
    let file = BulkFile::renewals(spool, &map, defaults, args.request_id.clone());
    let job = Job { verb: RENEW, typed: path, file, args: &args.bulk, out: args.out.as_deref(), signing: &args.signing };
    bulk::run(job, authority, &actor, session)
}
