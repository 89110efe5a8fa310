//! WebAssembly that nobody's toolchain made, by the recipe of the fuzzer's bytes.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use wasm_smith::{Component, Config, Module};

/// What a worker's core module exports.
static EXPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat(r#"(module (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32) unreachable))"#)
});

/// What it may import.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat(r#"(module
        (import "skep:worker/message@0.1.0" "attempt" (func (result i32)))
        (import "skep:worker/message@0.1.0" "awaited" (func (param i32)))
        (import "skep:worker/message@0.1.0" "reply" (func (param i32 i32 i32)))
        (import "skep:worker/node@0.1.0" "now" (func (result i64)))
        (import "skep:worker/node@0.1.0" "cancel" (func (param i64)))
        (import "skep:worker/node@0.1.0" "random-bytes" (func (param i32 i32))))"#)
});

/// A worker in its own words, as small as they come.
static WORKER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat(r#"(component
        (core module $code (memory (export "memory") 1)
            (func (export "handle") (param i32 i32) (result i32) i32.const 0)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16))
        (core instance $core (instantiate $code))
        (alias core export $core "memory" (core memory $memory))
        (func $handle (param "payload" (list u8)) (result (result))
            (canon lift (core func $core "handle") (memory $memory)
                (realloc (core func $core "realloc"))))
        (instance $handler (export "handle" (func $handle)))
        (export "skep:worker/handler@0.1.0" (instance $handler)))"#)
});

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("text that wat can read")
}

/// A valid core module, with whatever there is in WebAssembly.
pub(crate) fn module(recipe: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let config = Config::arbitrary(recipe)?;
    Ok(Module::new(config, recipe)?.to_bytes())
}

/// A valid component.
pub(crate) fn component(recipe: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let config = Config::arbitrary(recipe)?;
    Ok(Component::new(config, recipe)?.to_bytes())
}

/// A worker's core module, of what the node's engine compiles, and within the limits of the
/// defaults.
pub(crate) fn worker(recipe: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let config = Config {
        available_imports: Some(IMPORTS.clone()),
        exports: Some(EXPORTS.clone()),
        max_memory32_bytes: 16 << 20,
        max_table_elements: 1_000,
        max_instructions: recipe.int_in_range(0..=300)?,
        max_memories: recipe.int_in_range(1..=4)?,
        max_tables: recipe.int_in_range(0..=4)?,
        tail_call_enabled: recipe.arbitrary()?,
        simd_enabled: recipe.arbitrary()?,
        // Left off in the node's engine.
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    Ok(Module::new(config, recipe)?.to_bytes())
}

/// A worker with one more core module in it, of which it makes so many instances.
pub(crate) fn with_module(module: &[u8], instances: u8) -> Vec<u8> {
    let mut worker = WORKER.clone();
    put_section(&mut worker, 1, module);
    let mut list = vec![instances];
    // The second module, without arguments.
    list.extend([0, 1, 0].repeat(usize::from(instances)));
    put_section(&mut worker, 2, &list);
    worker
}

/// A worker with one more component in it, which it does not use.
pub(crate) fn with_component(component: &[u8]) -> Vec<u8> {
    let mut worker = WORKER.clone();
    put_section(&mut worker, 4, component);
    worker
}

fn put_section(bytes: &mut Vec<u8>, kind: u8, content: &[u8]) {
    bytes.push(kind);
    let mut length = content.len();
    while length > 0x7f {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
}
