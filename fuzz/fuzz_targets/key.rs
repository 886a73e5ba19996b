#![no_main]

use lic_fuzz::run;

libfuzzer_sys::fuzz_target!(|data: &[u8]| run("key", data));
