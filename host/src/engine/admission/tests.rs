//! Workers made of text, what is wrong with them, and binaries that nobody's toolchain made.

use proptest::prelude::*;
use wasmtime::Engine;

use super::error::SHOWN;
use super::*;

/// A worker with more in it: `parts` come first, so that imports may be among them.
fn worker_with(parts: &str, version: &str) -> Vec<u8> {
    wat(&format!(
        r#"(component {parts}
            (core module $code (memory (export "memory") 1)
                (func (export "handle") (param i32 i32) (result i32) i32.const 0)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16))
            (core instance $core (instantiate $code))
            (alias core export $core "memory" (core memory $memory))
            (func $handle (param "payload" (list u8)) (result (result))
                (canon lift (core func $core "handle") (memory $memory)
                    (realloc (core func $core "realloc"))))
            (instance $handler (export "handle" (func $handle)))
            (export "skep:worker/handler@{version}" (instance $handler)))"#
    ))
}

fn worker() -> Vec<u8> {
    worker_with("", "0.1.0")
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("text that wat can read")
}

fn scan(bytes: &[u8]) -> Result<Scan, AdmissionError> {
    let scan = prescan(bytes)?;
    scan.check(&Limits::default()).map(|()| scan)
}

fn admit(bytes: Vec<u8>) -> Result<Admitted, AdmissionError> {
    Checked::new(bytes, 1 << 20)?.compile(&engine(), None)
}

#[test]
fn too_many_bytes_are_not_looked_at() {
    let error = Checked::new(vec![0; 9], 8).err().expect("it is refused").to_string();
    assert!(error.starts_with("has 9 bytes, and the node takes at most 8"), "{error}");
}

fn engine() -> Engine {
    Engine::new(&config()).expect("an engine")
}

/// The worker with `parts` is refused, in words that include `words`.
#[track_caller]
fn refused(parts: &str, words: &str) {
    let error = scan(&worker_with(parts, "0.1.0")).expect_err("it is refused").to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_worker_is_admitted_as_it_is() {
    let import = r#"(import "skep:worker/message@0.1.3" (instance))"#;
    let scan = scan(&worker_with(import, "0.1.7")).expect("a worker");
    assert_eq!(scan.imports, ["skep:worker/message@0.1.3"]);
    assert_eq!(scan.exports, ["skep:worker/handler@0.1.7"]);
    assert!(!scan.needs_wasi);
    let (instances, memories, tables) =
        (scan.footprint.instances, scan.footprint.memories, scan.footprint.tables);
    assert_eq!((instances, memories, tables, scan.footprint.bytes), (1, 1, 0, 65_536));

    let bytes = worker();
    let admitted = admit(bytes.clone()).expect("a worker");
    assert_eq!(admitted.digest, blake3::hash(&bytes));
}

#[test]
fn what_the_node_does_not_offer_is_named() {
    let imports = r#"(import "wasi:http/types@0.2.3" (instance))
        (import "skep:worker/node@0.2.0" (instance)) (import "env" (func))"#;
    refused(imports, "`wasi:http/types@0.2.3`, `skep:worker/node@0.2.0`, `env`");
    refused(r#"(import "skep:worker/state@0.1.0" (instance))"#, "`skep:worker/state@0.1.0`");
    let many: String = (0..20).map(|i| format!(r#"(import "a{i}" (func))"#)).collect();
    refused(&many, "`a11`, and 8 more");
    // A type that only names another needs nothing.
    let alias = r#"(type $t (list u8)) (import "t" (type (eq $t)))"#;
    assert!(scan(&worker_with(alias, "0.1.0")).is_ok());
}

#[test]
fn wasi_is_offered_by_builds_that_have_it() {
    let scanned = scan(&worker_with(r#"(import "wasi:cli/exit@0.2.9" (instance))"#, "0.1.0"));
    assert_eq!(scanned.is_ok_and(|scan| scan.needs_wasi), cfg!(feature = "wasi"));
}

#[test]
fn what_is_no_worker_is_told_what_one_is() {
    let error = |bytes: &[u8]| scan(bytes).expect_err("no worker").to_string();
    assert!(error(&wat("(component)")).ends_with("exports nothing"));
    assert!(error(&worker_with("", "0.2.0")).contains("found version 0.2.0"));
    assert!(error(&worker_with("", "0.1.0-rc1")).contains("found version 0.1.0-rc1"));
    let program = r#"(component (instance $run) (export "wasi:cli/run@0.2.6" (instance $run)))"#;
    assert!(error(&wat(program)).contains("it is a command-line program"));
    let function = r#"(component (core module $m (func (export "f")))
        (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f")))
        (export "skep:worker/handler@0.1.0" (func $f)))"#;
    assert!(error(&wat(function)).contains("is not a worker"), "a function is no interface");
}

#[test]
fn wasi_03_and_async_are_named() {
    refused("(core func (canon task.cancel))", "needs `task.cancel`");
    refused("(core func (canon waitable-set.new))", "needs `waitable.set-new`");
    refused(r#"(import "wasi:clocks/monotonic-clock@0.3.0" (instance))"#, "--sync");
    refused("(type (stream u8))", "a `stream`");
    refused("(type (func async))", "an `async` function");
    refused(r#"(type (instance (type (future)) (export "f" (type (eq 0)))))"#, "a `future`");
    let lift = r#"(core module $m (func (export "f") (result i32) unreachable)
            (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func (canon lift (core func $i "f") async (callback (core func $i "cb"))))"#;
    refused(lift, "lifted `async`");
}

#[test]
fn memory_beyond_the_limit_is_refused() {
    let module = "(core module $m (memory 600)) (core instance (instantiate $m))";
    assert!(scan(&worker_with(module, "0.1.0")).is_ok());
    // The same module twice has its memory twice.
    refused(&format!("{module} (core instance (instantiate $m))"), "bytes of memory to begin with");
    refused(
        "(core module $m (table 9000000 funcref)) (core instance (instantiate $m))",
        "bytes of memory",
    );
    // What is never instantiated needs none.
    assert!(scan(&worker_with("(core module (memory 6000))", "0.1.0")).is_ok());
    refused("(core module (memory i64 1))", "a 64-bit memory");
    refused("(core module (memory 1 1 shared))", "a memory shared between threads");
    refused("(core module (table i64 1 funcref))", "a 64-bit table");
    let tables = format!(
        "(core module $m {}) (core instance (instantiate $m))",
        "(table 0 funcref)".repeat(201)
    );
    refused(&tables, "has 201 tables");
}

#[test]
fn what_takes_the_compiler_too_long_is_refused() {
    refused(&format!("(core module {})", "(func)".repeat(200_001)), "200001 functions");
    refused(&format!("(core module (func {}))", "nop ".repeat(1 << 20)), "bytes in one function");
    refused(&format!("(core module (func (local {})))", "i32 ".repeat(20_001)), "20001 local");
    let nested = format!("{}{}", "(component ".repeat(17), ")".repeat(17));
    refused(&nested, "levels of nested components");
    refused(&format!("(core module {})", "(type (func))".repeat(100_001)), "types");
    let branches = "steps of compiling";
    refused(&format!("(core module (func {}))", "(loop)".repeat(15_000)), branches);
    let ifs = "(if (i32.const 0) (then))".repeat(50_000);
    refused(&format!("(core module (func {ifs}))"), branches);
    let tables = "(table.set (i32.const 0) (table.get (i32.const 0)))".repeat(12_000);
    refused(&format!("(core module (table 1 funcref) (func {tables}))"), branches);
    let cases = format!("(block (br_table {} (i32.const 0)))", "0 ".repeat(50_000));
    refused(&format!("(core module (func {cases}))"), branches);
    // As many in many functions take no longer than what is in them.
    let spread = "(func (loop) (loop) (loop))".repeat(5_000);
    assert!(scan(&worker_with(&format!("(core module {spread})"), "0.1.0")).is_ok());
}

/// Each component instantiates the one before twice.
fn doubling(levels: usize) -> String {
    let level = |n: usize| {
        format!(
            "(component $c{n} (alias outer 1 {} (component $p)) (instance (instantiate $p)) (instance (instantiate $p)))",
            n.saturating_sub(1)
        )
    };
    let levels: String = (1..=levels).map(level).collect();
    format!("(component $c0 (core module $m) (core instance (instantiate $m))) {levels}")
}

#[test]
fn instances_that_multiply_are_refused() {
    refused(&format!("{} (instance (instantiate $c60))", doubling(60)), "instances of modules");
    assert!(
        scan(&worker_with(&format!("{} (instance (instantiate $c6))", doubling(6)), "0.1.0"))
            .is_ok()
    );
    assert!(scan(&worker_with(&doubling(60), "0.1.0")).is_ok(), "nothing is instantiated");
    let passed = "(component $outer (import \"c\" (component $c)) (instance (instantiate $c)))";
    refused(passed, "instantiates a component that is passed to it");
}

/// A component of one type section, in which each type is an instance type with one type in it.
#[expect(clippy::cast_possible_truncation, reason = "seven bits")]
fn nested_types(levels: usize) -> Vec<u8> {
    let mut types = vec![1];
    types.extend([0x42, 1, 1].repeat(levels));
    types.extend([0x42, 0]);
    let mut bytes = b"\0asm\x0d\0\x01\0\x07".to_vec();
    let seven_bits = |at: usize| (types.len() >> (7 * at) & 0x7f) as u8;
    bytes.extend([seven_bits(0) | 0x80, seven_bits(1) | 0x80, seven_bits(2) | 0x80, seven_bits(3)]);
    bytes.extend(types);
    bytes
}

#[test]
fn types_within_types_overflow_no_stack() {
    let error = |levels| scan(&nested_types(levels)).expect_err("no worker").to_string();
    assert!(error(20).contains("is not a worker"));
    assert!(error(1_000_000).contains("levels of nested types"));
}

#[test]
fn every_part_of_a_worker_is_refused_in_words() {
    let bytes = worker_with(r#"(import "skep:worker/node@0.1.0" (instance))"#, "0.1.0");
    let mut whole = Vec::new();
    for end in 0..bytes.len() {
        let part = wrap::component_bytes(bytes[..end].to_vec());
        match part.and_then(|part| scan(&part)).map_err(|error| error.to_string()) {
            Ok(_) => whole.push(end),
            Err(error) => {
                assert!(!error.is_empty() && !error.contains(char::is_control), "{error}")
            }
        }
    }
    // Names for debuggers come last, and may be missing.
    assert!(whole.len() <= 1, "{whole:?}");
}

#[test]
fn texts_from_outside_are_printable_and_short() {
    let text = shown("it's \"a\"\n\x1b[31mb\u{202e}");
    assert_eq!(text, "it's \"a\" \\u{1b}[31mb\\u{202e}");
    assert_eq!(shown(&"a".repeat(2_000)).len(), SHOWN + 3);
}

proptest! {
    #[test]
    fn random_bytes_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0..3) {
        let magic: &[u8] = match head {
            0 => b"",
            1 => b"\0asm\x01\0\0\0",
            _ => b"\0asm\x0d\0\x01\0",
        };
        bytes.splice(0..0, magic.iter().copied());
        let admitted = admit(bytes);
        prop_assert!(admitted.is_err());
    }

    #[test]
    fn damaged_workers_do_no_harm(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = worker();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut.index(4));
        let _ = admit(bytes);
    }
}
