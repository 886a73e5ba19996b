//! The targets of `tests/fuzz/`, for the files in `fuzz_targets/`.

#![forbid(unsafe_code)]

#[path = "../tests/fuzz/mod.rs"]
mod bodies;

/// Puts an input to the target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = bodies::TARGETS.iter().find(|target| target.name == name);
    (target.unwrap_or_else(|| panic!("no target is called {name}")).run)(data);
}
