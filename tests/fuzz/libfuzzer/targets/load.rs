//! All that comes before an instance, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::load::body(data));
