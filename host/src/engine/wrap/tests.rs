//! What files may be instead of components, and core modules with and without their world.

use proptest::prelude::*;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;

/// A worker's core module, as linkers make it.
const CORE: &str = r#"(module
    (import "skep:worker/message@0.1.0" "attempt" (func $attempt (result i32)))
    (memory (export "memory") 1)
    (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
        (drop (call $attempt)) i32.const 1024)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 2048))"#;

fn module(text: &str, embed: bool) -> Vec<u8> {
    let mut bytes = wat::parse_str(text).expect("text that wat can read");
    if embed {
        let mut resolve = Resolve::default();
        let wit = include_str!("../../../../wit/worker.wit");
        let package = resolve.push_str("worker.wit", wit).expect("the worker's WIT");
        let world = resolve.select_world(&[package], Some("worker")).expect("its world");
        embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8)
            .expect("it is embedded");
    }
    bytes
}

#[track_caller]
fn refused(bytes: &[u8], words: &str) {
    let error = component_bytes(bytes.to_vec()).expect_err("it is refused").to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_workers_module_becomes_a_worker() {
    for (text, embed) in [(CORE, true), (CORE, false), (&*CORE.replace("0.1.0", "0.1.7"), false)] {
        let component = component_bytes(module(text, embed)).expect("a component");
        let scan = crate::engine::admission::prescan(&component).expect("a worker");
        let version = if text == CORE { "0.1.0" } else { "0.1.7" };
        assert_eq!(scan.exports, [format!("skep:worker/handler@{version}")]);
        assert!(scan.imports.contains(&format!("skep:worker/message@{version}")));
        assert_eq!(component_bytes(component.clone()).expect("a component"), component);
    }
}

#[test]
fn a_module_that_is_none_is_told_what_is_missing() {
    refused(&module("(module)", false), "build it with a Skep SDK");
    refused(&module("(module)", true), "build it with a Skep SDK");
    let preview1 = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#;
    refused(&module(preview1, false), "--adapt wasi_snapshot_preview1");
    let env = r#"(import "env" "abort" (func)) (import "skep:worker/message@0.1.0""#;
    let env = CORE.replace(r#"(import "skep:worker/message@0.1.0""#, env);
    refused(&module(&env, true), "imports `env`: of modules");
    refused(&module(&CORE.replace("0.1.0", "0.2.0"), false), "found version 0.2.0");
    refused(&module(&CORE.replacen("0.1.0", "0.1.1", 1), false), "mixes versions 0.1.0 and 0.1.1");
    refused(&module(&CORE.replace("attempt\"", "retry\""), false), "does not fit the world");
    let utf16 = r#"(module (@custom "component-type:c" "\00asm\0d\00\01\00\00\19\16wit-component-encoding\04\01"))"#;
    refused(&module(utf16, false), "its strings are not UTF-8");
}

#[test]
fn an_embedded_world_is_not_read() {
    // Its decoder goes round in circles here: `skep:aorker` and `skep:worker` use each other.
    let mut bytes = module(CORE, true);
    let name = b"\x19skep:worker/message@0.1.0";
    let found: Vec<_> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(name)).collect();
    let last = found.last().expect("it is imported by the embedded world");
    bytes[last + 6] = b'a';
    assert!(component_bytes(bytes).is_ok());
}

#[test]
fn everything_else_is_named() {
    refused(b"", "is empty");
    refused(b"\0", "ends too early, at byte 1");
    refused(b"\0asm\x01", "ends too early, at byte 5");
    refused(b"\0asm\x02\0\0\0", "unknown form (version 0x2, layer 0x0)");
    refused(b"\x7fELF\x02\x01\x01", "native program");
    refused(b"MZ\x90", "native program");
    refused(b"PK\x03\x04", "its first bytes are 50 4b 03 04");
    refused(b"  ;; (a\n (; (; b ;) ;) (component)", "WebAssembly text");
    refused(b"(; never ends", "WebAssembly text");
    refused(b";; nothing else", "is not WebAssembly");
}

#[test]
fn precompiled_code_is_told_from_other_machine_code() {
    let engine = Engine::default();
    let code = engine.precompile_component(b"\0asm\x0d\0\x01\0").expect("an empty component");
    refused(&code, "never loaded");
}

#[test]
fn every_part_of_a_module_is_refused() {
    let bytes = module(CORE, false);
    let whole = (0..bytes.len()).filter(|&end| component_bytes(bytes[..end].to_vec()).is_ok());
    // Names for debuggers come last, and may be missing.
    assert!(whole.count() <= 1);
}

proptest! {
    #[test]
    fn damaged_modules_do_no_harm(at: prop::sample::Index, byte: u8) {
        let mut bytes = module(CORE, at.index(2) == 0);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = component_bytes(bytes).map(|bytes| crate::engine::admission::prescan(&bytes));
    }

    #[test]
    fn any_bytes_are_named(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(component_bytes(bytes).is_err());
    }
}
