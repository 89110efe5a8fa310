//! The texts of addresses and routes, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::route::body(data));
