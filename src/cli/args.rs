//! The arguments that every command knows, and value parsers that several share.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::license::terms::LARGEST_LIMIT;
use crate::license::time::DAY;
use crate::license::{Slug, Timestamp};
use crate::render::Format;

const GLOBAL: &str = "Global options";

/// The arguments that every command knows.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Globals {
    /// Use the authority in this folder [default: LIC_HOME, a lic.toml here, or the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER", help_heading = GLOBAL, value_hint = clap::ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Print as table, json, jsonl, csv, tsv, md or name [default: table on a terminal, tsv in a pipe]
    #[arg(short, long, global = true, value_name = "FORMAT", help_heading = GLOBAL, value_parser = parse_format)]
    pub output: Option<Output>,
    /// Print as JSON: short for -o json
    #[arg(long, global = true, conflicts_with = "output", help_heading = GLOBAL)]
    pub json: bool,
    /// Say nothing but data, warnings and errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub quiet: bool,
    /// Say more: which home and which operator
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = GLOBAL)]
    pub verbose: bool,
    /// Answer yes to every "are you sure"
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub yes: bool,
    /// Never ask; fail where something is missing
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub no_input: bool,
    /// Show what would be changed, and change nothing
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub dry_run: bool,
    /// Color what people read
    #[arg(long, global = true, value_name = "WHEN", help_heading = GLOBAL)]
    pub color: Option<Color>,
    /// Act as this operator [default: the system user]
    #[arg(long = "as", id = "as", global = true, value_name = "OPERATOR", help_heading = GLOBAL)]
    pub operator: Option<String>,
}

/// When to color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What `-o` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// A format of every list.
    Format(Format),
    /// A calendar, which `lic report expiring` alone can be.
    Calendar,
}

fn parse_format(text: &str) -> Result<Output, String> {
    if text == "ics" {
        return Ok(Output::Calendar);
    }
    text.parse().map(Output::Format).map_err(|why| format!("{why}"))
}

/// Where the passphrase of a signing key comes from.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SigningArgs {
    /// Read the passphrase of the signing key from this file [default: LIC_PASSPHRASE_FILE, lic-passphrase in
    /// $CREDENTIALS_DIRECTORY, or a prompt]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
}

/// `name=number` or `name=unlimited`.
pub fn parse_limit(text: &str) -> Result<(Slug, Option<u64>), String> {
    let (name, value) = text.split_once('=').ok_or("a limit is written name=number or name=unlimited")?;
    let name: Slug = name.parse().map_err(|why| format!("{why}"))?;
    if value == "unlimited" {
        return Ok((name, None));
    }
    match value.parse::<u64>() {
        Ok(limit) if limit <= LARGEST_LIMIT => Ok((name, Some(limit))),
        _ => Err(format!("'{value}' is not a whole number from 0 to {LARGEST_LIMIT}, and not 'unlimited'")),
    }
}

/// A moment for `--at`: a date or RFC 3339.
pub fn parse_moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|why| format!("{why}"))
}

/// A span of time in seconds: a number and `min`, `h`, `d` or `w`.
pub fn parse_span(text: &str) -> Result<i64, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "min" => 60,
        "h" => 60 * 60,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return Err("a time is a number and a unit: 30min, 12h, 7d or 2w".into()),
    };
    let span = number.parse::<i64>().ok().and_then(|number| number.checked_mul(seconds));
    span.filter(|span| (1..=LONGEST_SPAN).contains(span)).ok_or_else(|| "a time is from 1min to 1000d long".into())
}

/// The longest span of time.
const LONGEST_SPAN: i64 = 1_000 * DAY;

/// A whole number from `LEAST` to `MOST`.
pub fn whole<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("must be a whole number from {LEAST} to {MOST}"))
}
