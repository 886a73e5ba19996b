//! A small tool that runs with a license only: it counts words for everybody who is licensed, and exports for those who paid for
//! it.
//!
//! ```text
//! cargo run --example gated_tool -- --keys vendor.pem --license cockpit.lic words README.md
//! cargo run --example gated_tool -- --keys vendor.pem --license cockpit.lic --users 5 words README.md
//! cargo run --example gated_tool -- --keys vendor.pem --license cockpit.lic export README.md
//! ```
//!
//! A real program has the vendor's keys compiled in (`include_str!("vendor.pem")`) and counts its users itself.

mod gate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lic::license::Timestamp;
use lic::machine::Machine;

const PRODUCT: &str = "cockpit";

struct Options {
    keys: PathBuf,
    license: PathBuf,
    users: u32,
    command: String,
    file: PathBuf,
}

fn options() -> Option<Options> {
    let (mut keys, mut license, mut users, mut rest) = ("vendor.pem".into(), PathBuf::from("cockpit.lic"), 0, Vec::new());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--keys" => keys = args.next()?.into(),
            "--license" => license = args.next()?.into(),
            "--users" => users = args.next()?.parse().ok()?,
            _ => rest.push(arg),
        }
    }
    let [command, file] = rest.try_into().ok()?;
    Some(Options { keys, license, users, command, file: file.into() })
}

fn run(options: &Options) -> Result<(), String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()));
    let (keys, key) = (read(&options.keys)?, read(&options.license)?);
    let now = Timestamp::try_from(std::time::SystemTime::now()).map_err(|why| why.to_string())?;
    let machine = Machine::this(PRODUCT).map_err(|why| format!("Not licensed: {why}."))?;
    let state = options.license.with_extension("state");
    let gate = gate::open(key.as_bytes(), &keys, machine.product(), &machine, &state, now)?;
    gate.notices.iter().for_each(|notice| eprintln!("{notice}"));
    eprintln!("{}", gate.greeting());
    gate.seat(options.users)?;
    let text = read(&options.file)?;
    match options.command.as_str() {
        "words" => println!("{}", text.split_whitespace().count()),
        "export" => {
            gate.feature("export")?;
            println!("{{\"words\": {}, \"lines\": {}}}", text.split_whitespace().count(), text.lines().count());
        }
        other => return Err(format!("there is no command '{other}': say words or export")),
    }
    Ok(())
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("usage: gated_tool [--keys FILE] [--license FILE] [--users COUNT] words|export FILE");
        return ExitCode::from(2);
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
