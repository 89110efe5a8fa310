//! All that comes before an instance: wrapping, the look through, compiling and linking. The
//! bytes are a recipe: which worker, and what happens to its file on the way.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use skep::fuzzing::{load, scan};
use skep_tests::guests::{OWN, component, guest, handler, module};

use crate::mutate::mutate;
use crate::{smith, words};

/// What a worker may have to begin with.
const MEMORY: u64 = 64 << 20;

/// Workers that load: built from Rust, which are core modules, and from text.
static WORKERS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let wasi = r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))"#;
    let clock = "package wasi:clocks@0.2.0; interface monotonic-clock { now: func() -> u64; }";
    let world = "package test:guest; world guest {
        import wasi:clocks/monotonic-clock@0.2.0; export skep:worker/handler@0.1.0; }";
    let body = "(drop (call $now)) i32.const 0";
    let mut workers: Vec<_> = OWN.into_iter().map(guest).collect();
    workers.push(handler("", "i32.const 0"));
    workers.push(component(&module(wasi, "(table 4 funcref)", body), world, &[clock]));
    workers
});

/// The target.
pub fn body(data: &[u8]) {
    // A recipe that ends too early makes nothing.
    follow(&mut Unstructured::new(data)).unwrap_or_default();
}

fn follow(recipe: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let workers = &*WORKERS;
    let which = recipe.int_in_range(0..=workers.len())?;
    let other = recipe.choose(workers)?;
    // What is made anew each time takes most of the bytes, so the changes come first.
    let changes: &[u8] = recipe.bytes(recipe.len().min(64))?;
    let mut bytes = match workers.get(which) {
        Some(worker) => worker.clone(),
        None => smith::worker(recipe)?,
    };
    let changed = mutate(&mut bytes, other, &mut Unstructured::new(changes))?;
    let loaded = loads(bytes);
    if changed == 0 {
        loaded.unwrap_or_else(|why| panic!("worker {which}: {why}"));
    }
    Ok(())
}

/// Refused in words, by the look through or after it; what is not has passed it.
fn loads(bytes: Vec<u8>) -> Result<(), String> {
    let scanned = scan(bytes.clone());
    let loaded = load(bytes);
    match (&scanned, &loaded) {
        (Ok(scan), Ok(())) => assert!(scan.bytes <= MEMORY),
        (Ok(_), Err(why)) => words::are_safe(why),
        (Err(first), Err(why)) => assert_eq!(first, why),
        (Err(why), Ok(())) => panic!("loaded although it {why}"),
    }
    loaded
}
