//! What is looked through before it is compiled. The first byte says what the rest is: bytes
//! as they are, with the header of a module or a component in front, or a recipe for
//! WebAssembly that is valid.

use arbitrary::Unstructured;
use skep::fuzzing::{Scan, scan};

use crate::{smith, words};

/// What there may be of each in what is admitted, as `engine/admission/bounds.rs` has it.
const INSTANCES: u64 = 200;
const MEMORIES: u64 = 32;
const TABLES: u64 = 200;
const STEPS: u64 = 1_000_000;

/// The target.
pub fn body(data: &[u8]) {
    let Some((how, data)) = data.split_first() else {
        return;
    };
    match how % 6 {
        0 => drop(any(data)),
        1 => drop(any(&[b"\0asm\x01\0\0\0", data].concat())),
        2 => drop(any(&[b"\0asm\x0d\0\x01\0", data].concat())),
        // A recipe that ends too early makes nothing.
        how => made(how, &mut Unstructured::new(data)).unwrap_or_default(),
    }
}

fn made(how: u8, recipe: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    match how {
        3 => component(&smith::component(recipe)?),
        4 => admitted(&smith::worker(recipe)?),
        _ => module(&smith::module(recipe)?),
    }
    Ok(())
}

/// Anything: refused in words, or within all bounds.
fn any(bytes: &[u8]) -> Result<Scan, String> {
    let found = scan(bytes.to_vec());
    match &found {
        Ok(found) => {
            assert!(found.instances <= INSTANCES && found.memories <= MEMORIES);
            assert!(found.tables <= TABLES && found.steps <= STEPS);
            assert!(found.exports.iter().any(|name| name.starts_with("skep:worker/handler@0.1.")));
            let offered =
                |name: &String| name.starts_with("skep:worker/") || name.starts_with("wasi:");
            assert!(found.imports.iter().all(offered), "{:?}", found.imports);
        }
        Err(why) => words::are_safe(why),
    }
    found
}

/// What is valid is not taken for damaged, whatever else is said of it.
fn valid(bytes: &[u8]) -> Option<Scan> {
    match any(bytes) {
        Ok(found) => Some(found),
        Err(why) => {
            let damaged = why.starts_with("is damaged") || why.starts_with("ends too early");
            assert!(!damaged, "{why}");
            None
        }
    }
}

fn component(bytes: &[u8]) {
    assert_eq!(valid(bytes), None, "nobody has made it a worker");
    valid(&smith::with_component(bytes));
}

/// A worker within the limits is admitted.
fn admitted(module: &[u8]) {
    let found = any(module).unwrap_or_else(|why| panic!("{why}"));
    assert!(found.memories >= 1 && found.bytes >= 1 << 16);
}

/// Each instance of a module takes as much as the one before.
fn module(bytes: &[u8]) {
    let found: Vec<_> = (0..4).map_while(|n| valid(&smith::with_module(bytes, n))).collect();
    for three in found.windows(3) {
        let [a, b, c] = three else { continue };
        let grows = |what: fn(&Scan) -> u64| {
            assert_eq!(what(b) - what(a), what(c) - what(b));
            what(b) - what(a)
        };
        assert_eq!(grows(|scan| scan.instances), 1);
        grows(|scan| scan.memories);
        grows(|scan| scan.tables);
        grows(|scan| scan.bytes);
        assert!(grows(|scan| scan.steps) >= 1);
    }
}
