//! A program that does nothing: what starting any program of this profile costs. `benches/table/process.rs` measures against it.

fn main() {}
