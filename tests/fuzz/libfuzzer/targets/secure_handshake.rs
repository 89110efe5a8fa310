//! Handshakes of secure channels, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::secure_handshake::body(data));
