//! Writes the seeds of the fuzz targets, most of them made of the golden vectors in `keys.example/`: one folder for each target.
//!
//!     cargo run --example fuzz_seeds -- fuzz/corpus

#![forbid(unsafe_code)]

#[path = "../tests/fuzz/mod.rs"]
mod bodies;

use std::path::Path;
use std::process::ExitCode;

use sha2::{Digest, Sha256};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(corpus), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: fuzz_seeds FOLDER");
        return ExitCode::from(2);
    };
    for target in bodies::TARGETS {
        let folder = Path::new(&corpus).join(target.name);
        let seeds = (target.seeds)(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/keys.example")));
        if let Err(error) = write(&folder, &seeds) {
            eprintln!("error: {}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
        println!("{:<14} {:>4} seeds", target.name, seeds.len());
    }
    ExitCode::SUCCESS
}

/// Writes each seed under the name of its hash, as libFuzzer names its own, so that none is there twice.
fn write(folder: &Path, seeds: &[Vec<u8>]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for seed in seeds {
        let name: String = Sha256::digest(seed).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(folder.join(name), seed)?;
    }
    Ok(())
}
