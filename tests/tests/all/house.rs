//! The layers of the host, as `host/ARCHITECTURE.md` draws them: who may name whom.

use std::fs;
use std::path::{Path, PathBuf};

use skep_tests::guests::ROOT;

/// The modules of the host, from the facade down. None names one above it.
const LAYERS: [&str; 20] = [
    "control",
    "offline",
    "fuzzing",
    "run_main",
    "node",
    "loader",
    "transport",
    "worker",
    "native",
    "engine",
    "hostcalls",
    "outbox",
    "timers",
    "router",
    "mailbox",
    "executor",
    "events",
    "config",
    "sanitize",
    "sync",
];

/// Those of the secure channel.
const SECURE_LAYERS: [&str; 13] = [
    "ends",
    "handshake",
    "noise",
    "transport",
    "message",
    "way",
    "presented",
    "known",
    "trust",
    "identity",
    "pair",
    "cipher",
    "seed",
];

/// The modules that may name wasmtime.
const OF_WASM: [&str; 2] = ["engine", "hostcalls"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// Where the modules are, and their layers.
const CRATES: [(&str, &[&str]); 2] = [("host/src", &LAYERS), ("host/secure/src", &SECURE_LAYERS)];

/// The files of each module.
fn modules(folder: &str, layers: &[&str]) -> Vec<(usize, PathBuf)> {
    let root = Path::new(ROOT).join(folder);
    let layer = |path: &Path| {
        let first = path.strip_prefix(&root).unwrap().iter().next().unwrap();
        let name = Path::new(first).file_stem().unwrap().to_str().unwrap().to_owned();
        layers.iter().position(|layer| *layer == name)
    };
    sources(&root).into_iter().filter_map(|path| Some((layer(&path)?, path))).collect()
}

#[test]
fn every_module_has_its_layer() {
    for (folder, layers) in CRATES {
        let main = fs::read_to_string(Path::new(ROOT).join(folder).join("lib.rs")).unwrap();
        let declared = main.replace("#[cfg(test)]\nmod testing;\n", "");
        let declared = declared
            .lines()
            .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
        for module in declared.filter_map(|line| line.strip_suffix(';')) {
            assert!(layers.contains(&module), "`{module}` of {folder} has no place");
        }
    }
}

#[test]
fn no_module_names_one_above_it() {
    for (folder, layers) in CRATES {
        for (layer, path) in modules(folder, layers) {
            let text = fs::read_to_string(&path).unwrap();
            for above in &layers[..layer] {
                assert!(
                    !text.contains(&format!("crate::{above}::")),
                    "{} names `{above}`",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn only_the_engine_and_the_host_calls_name_wasmtime() {
    for (layer, path) in modules("host/src", &LAYERS) {
        let text = fs::read_to_string(&path).unwrap();
        let names = text.contains("wasmtime::") || text.contains("wasmtime_wasi::");
        assert!(!names || OF_WASM.contains(&LAYERS[layer]), "{} names wasmtime", path.display());
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let of_host = ["host/src", "host/protocol/src", "host/secure", "host/macros/src"];
    for folder in of_host.into_iter().chain(["guest-sdk", "tests"]) {
        for path in sources(&Path::new(ROOT).join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not open with `//!`", path.display());
        }
    }
}
