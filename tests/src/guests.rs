//! The guests' bytes: built from Rust by `make guests`, or here from text.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The tests' own workers, each a folder in `tests/guests`.
pub const OWN: [&str; 6] = ["bare", "bare-hop", "keeper", "panicker", "puppet", "traffic"];

/// Where the workspace is.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The contract.
const WIT: &str = include_str!("../../wit/worker.wit");

/// A worker that `make guests` has built.
///
/// # Panics
/// When it has not.
pub fn guest(name: &str) -> Vec<u8> {
    let file = Path::new(ROOT)
        .join("target/guests/wasm32-unknown-unknown/release")
        .join(format!("{}.wasm", name.replace('-', "_")));
    std::fs::read(&file)
        .unwrap_or_else(|why| panic!("{}: {why}; run `make guests` first", file.display()))
}

/// A worker from the text of a core module that imports `skep:worker` alone: the node
/// makes a component of it.
///
/// # Panics
/// When the text is wrong.
pub fn core(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a core module's text")
}

/// A component from the text of a core module, for a world in WIT. `packages` come
/// before the contract's own, which the world may use.
///
/// # Panics
/// When one of the texts is wrong.
pub fn component(core: &str, world: &str, packages: &[&str]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    for package in packages {
        resolve.push_str("package.wit", package).expect("a package");
    }
    resolve.push_str("worker.wit", WIT).expect("the contract");
    let package = resolve.push_str("world.wit", world).expect("a world");
    let world = resolve.select_world(&[package], None).expect("one world");
    let mut module = self::core(core);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("a world");
    let mut encoder = ComponentEncoder::default().validate(true).module(&module).expect("a module");
    encoder.encode().expect("a component")
}

/// A worker without imports, whose `handle` is `body`: it has the payload in `$at`
/// and `$length`, and leaves the address of its result. At address 0 lies `ok`.
/// `parts` are further parts of the core module.
pub fn handler(parts: &str, body: &str) -> Vec<u8> {
    let world = "package test:guest; world guest { export skep:worker/handler@0.1.0; }";
    component(&module("", parts, body), world, &[])
}

/// The core module of [`handler`]; `imports` come first.
pub fn module(imports: &str, parts: &str, body: &str) -> String {
    format!(
        r#"(module {imports}
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            {parts}
            (func (export "skep:worker/handler@0.1.0#handle")
                (param $at i32) (param $length i32) (result i32)
                {body}))"#
    )
}
