//! Frames between nodes, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::frame::body(data));
