//! `lic config`: the settings in force.

use std::borrow::Cow;

use clap::Subcommand;
use serde::Serialize;

use crate::authority::settings::Entry;
use crate::cli::error::Failure;
use crate::cli::session::Session;
use crate::render::{Cell, Column, Noun, View};

/// Show the settings in force
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Show(ShowArgs),
}

/// Show every setting, and where it comes from
#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// Say where each setting comes from
    #[arg(long)]
    origin: bool,
}

#[derive(Serialize)]
struct SettingView {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl View for SettingView {
    const NOUN: Noun = Noun { one: "setting", many: "settings" };

    fn columns() -> &'static [Column] {
        const { &[Column::new("key", "Setting"), Column::text("value", "Value"), Column::text("origin", "From").optional(1)] }
    }

    fn cells(&self) -> Vec<Cell<'_>> {
        vec![(&self.key).into(), self.value.as_ref().into(), self.origin.as_ref().into()]
    }

    fn name(&self) -> Cow<'_, str> {
        self.key.as_str().into()
    }
}

pub fn run(args: Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let Action::Show(args) = args.action;
    let authority = session.reading()?;
    let home = &authority.home;
    let mut views = vec![SettingView {
        key: "home".into(),
        value: Some(home.path().display().to_string()),
        origin: args.origin.then(|| home.origin().as_str().to_owned()),
    }];
    let view =
        |entry: Entry| SettingView { key: entry.key, value: entry.value, origin: args.origin.then(|| entry.origin.to_string()) };
    views.extend(authority.settings.entries().into_iter().map(view));
    session.list(&views, "there are no settings", None)
}
