//! `lic issue --from FILE`: the orders of a file.

use std::path::Path;

use super::order::{Args, filled};
use crate::authority::bulk::{BulkFile, OrderDefaults};
use crate::authority::find;
use crate::cli::commands::bulk::{self, ISSUE, Job, mapped, spool};
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::license::Role;

pub fn run(path: &Path, args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if args.count > 1 {
        return Err(Failure::usage("--count goes with one order").hint("give the file a row for each license"));
    }
    let map = mapped(&args.bulk.map)?;
    let authority = session.writing()?;
    let actor = session.actor(&authority)?;
    actor.require(Role::Issuer, "issue licenses", &authority.read())?;
    let customer = args.customer.as_deref().map(|name| find::customer(&authority.read(), name)).transpose()?;
    let product = args.product.clone().or_else(|| authority.settings.defaults.product.clone());
    let tier = args.tier.clone().or_else(|| authority.settings.defaults.tier.as_ref().map(ToString::to_string));
    if let Some(tier) = &args.tier {
        find::tier(&authority.read(), tier, product.as_ref())?;
    }
    // Whose it is and of which tier is said row by row.
    let order = filled(args, actor.slug().clone(), "", product, session)?;
    let defaults = OrderDefaults { customer: customer.map(|customer| customer.slug.to_string()), tier, order };
    let spool = spool(path, &authority, session)?;
    let file = BulkFile::orders(spool, &map, defaults, args.request_id.clone());
    let job = Job { verb: ISSUE, typed: path, file, args: &args.bulk, out: args.out.as_deref(), signing: &args.signing };
    bulk::run(job, authority, &actor, session)
}
