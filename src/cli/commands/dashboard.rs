//! `lic dashboard`: the state of the authority on one screen, or as a page.

mod screen;

use std::path::PathBuf;

use super::saving::save_page;
use crate::cli::args::parse_moment;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::cli::views::board_page::BoardPage;
use crate::cli::views::dashboard::DashboardView;
use crate::license::Timestamp;
use crate::render::Format;
use crate::render::page::Page;
use screen::Screen;

/// Show the state of the authority on one screen
///
/// Counts by status and tier, what ends in the next 12 weeks, the newest licenses, and what needs attention. In use are the licenses
/// that are active, expiring or in their grace days. Reads the ledger and changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Alerts, what each goes by, and what to type next:
  unknown signer     A key that was not issued here was put on record with 'verify --record' in the last 90 days: its
                     signing key is not one of this authority, its signature is not good, or the signature is good
                     and the ledger does not know the key.
                     lic audit log --kind key.doubted
  cloned machines    One machine ID has seats of several customers, or a machine was refused a seat in the last 90
                     days because it has one of another customer.
                     lic machine list --clones
  over-used          More machines are bound to a license than it has seats; or a machine was refused a seat in the
                     last 90 days because all were taken, or had passed on too often, and the license got no new key
                     since.
                     lic machine list LICENSE
  renewed while off  A license was renewed after it was suspended or revoked, and is so still; or a renewal or an
                     activation of a license that is still revoked was asked for in the last 90 days.
                     lic show LICENSE --history
  expiring           Licenses are inside their warning window, or in their grace days.
                     lic list --status expiring --status grace

Examples:
  lic dashboard
  lic dashboard --at 2026-06-30
  lic dashboard --html board.html
  lic dashboard -o json")]
pub struct Args {
    /// As of this moment, past or future: a date or RFC 3339 [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    at: Option<Timestamp>,
    /// Write a page for a browser to this file, or print it with -
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    html: Option<PathBuf>,
    /// Write over the file where it is there already
    #[arg(long, requires = "html")]
    replace: bool,
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let authority = session.reading()?;
    let now = session.now();
    let board = authority.dashboard(args.at.unwrap_or(now), now)?;
    let view = DashboardView::new(&board);
    if let Some(file) = &args.html {
        return save_page(Page::Dashboard, &BoardPage::new(&view), file, args.replace, session);
    }
    match session.format() {
        Format::Table => {
            let screen = Screen::new(session.output_styles(), session.glyphs(), session.world.terminal.width()).show(&view);
            session.data(screen.as_bytes())
        }
        Format::Csv | Format::Tsv => session.list(&view.figures(), "", None),
        Format::Json | Format::Jsonl | Format::Markdown | Format::Name => session.detail(&view),
    }
}
