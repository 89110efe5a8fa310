//! What is looked through before it is compiled, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::prescan::body(data));
