//! Manifests and `node.toml`, under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| skep_fuzz::manifest::body(data));
