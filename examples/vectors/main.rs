//! Makes `keys.example/`: an authority's keys folder with throw-away keys, sample licenses, and golden vectors for verifiers.
//!
//! `cargo run --example vectors` compares the folder with what belongs there; `cargo run --example vectors -- --write
//! keys.example` writes it. The same bytes come out each time: keys, salts and times are fixed, and therefore public.

#![forbid(unsafe_code)]

mod files;
mod forge;
mod index;
mod sets;
mod sidecar;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (write, folder) = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (false, PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/keys.example"))),
        ["--write", folder] => (true, PathBuf::from(folder)),
        [folder] if !folder.starts_with('-') => (false, PathBuf::from(folder)),
        _ => {
            eprintln!("usage: vectors [FOLDER] | vectors --write FOLDER");
            return ExitCode::from(2);
        }
    };
    if write {
        return match files::write(&folder) {
            Ok(count) => {
                println!("{count} files written to {}", folder.display());
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("error: {}: {error}", folder.display());
                ExitCode::FAILURE
            }
        };
    }
    let differences = files::differences(&folder);
    if differences.is_empty() {
        println!("{} is as it should be", folder.display());
        return ExitCode::SUCCESS;
    }
    differences.iter().for_each(|difference| eprintln!("{difference}"));
    eprintln!("hint: cargo run --example vectors -- --write {}", folder.display());
    ExitCode::FAILURE
}
