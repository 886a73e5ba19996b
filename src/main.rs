//! The `lic` program: the real world handed to [`lic::cli::run`].

use std::process::ExitCode;

fn main() -> ExitCode {
    lic::cli::report_panics_as_bugs();
    let mut world = lic::world::World::real();
    ExitCode::from(lic::cli::run(std::env::args_os(), &mut world))
}
