//! Makes a component of a worker's core module, as compilers for `wasm32-unknown-unknown`
//! leave it.
//!
//! Such a module usually has its world embedded, in WIT's binary form. That is not read:
//! its decoder was made for one's own toolchain, and one changed byte sends it into endless
//! recursion, which ends the process. The node knows the world of a worker itself.

use std::fmt::Display;

use wasmparser::{CustomSectionReader, Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::engine::admission::contract::{self, HANDLER, Name};
use crate::engine::admission::{self, AdmissionError};

/// The contract between workers and their node.
const WIT: &str = include_str!("../../../../wit/worker.wit");
/// What a worker may export of it.
const EXPORTS: [&str; 4] = [HANDLER, "series", "lifecycle", "state"];
/// The name of the world that a module is given.
const WRAPPED: &str = "wrapped-worker";
/// The module that programs for WASI 0.1 import.
const PREVIEW1: &str = "wasi_snapshot_preview1";
/// Custom sections with an embedded world are called so, and some with more behind it.
const WORLD: &str = "component-type";
/// Within an embedded world, the section that says how its strings are encoded.
const ENCODING: &str = "wit-component-encoding";

/// Makes a component of a core module that is a worker's.
pub(super) fn wrap(module: &[u8]) -> Result<Vec<u8>, AdmissionError> {
    admission::bounded(module)?;
    let outline = Outline::of(module)?;
    let (world, version) = (outline.world()?, outline.version()?);
    admission::guarded(|| encode(outline.bare, &world, &version))
        .map_err(|text| AdmissionError::Wrap(admission::shown(&text)))
}

/// What a module imports and exports, and the module without its embedded world.
#[derive(Default)]
struct Outline<'a> {
    imports: Vec<&'a str>,
    exports: Vec<&'a str>,
    bare: Vec<u8>,
}

impl<'a> Outline<'a> {
    fn of(module: &'a [u8]) -> Result<Self, AdmissionError> {
        let mut outline = Self { bare: b"\0asm\x01\0\0\0".to_vec(), ..Self::default() };
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            match &payload {
                Payload::CustomSection(section) if section.name().starts_with(WORLD) => {
                    check_encoding(section)?;
                    continue;
                }
                Payload::ImportSection(section) => {
                    for import in section.clone().into_imports() {
                        outline.imports.push(import?.module);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section.clone() {
                        outline.exports.push(export?.name);
                    }
                }
                _ => {}
            }
            if let Some((id, range)) = payload.as_section() {
                push_section(&mut outline.bare, id, module.get(range).unwrap_or_default());
            }
        }
        outline.imports.dedup();
        Ok(outline)
    }

    /// The interfaces between worker and node that functions are exported for.
    fn exported(&self) -> impl Iterator<Item = Name<'a>> {
        let interfaces = self.exports.iter().filter_map(|export| export.split_once('#'));
        interfaces.filter_map(|(interface, _)| Name::of(interface)).filter(Name::is_ours)
    }

    /// The world of a worker with what this module exports, to stand beside those in [`WIT`].
    /// A component imports of it what the module does.
    fn world(&self) -> Result<String, AdmissionError> {
        let exports = |interface: &str| self.exported().any(|name| name.interface == interface);
        if self.imports.contains(&PREVIEW1) {
            return Err(AdmissionError::Preview1);
        }
        if !exports(HANDLER) {
            return Err(AdmissionError::CoreModule);
        }
        let exported = EXPORTS.iter().filter(|name| exports(name));
        let exported: String = exported.map(|name| format!("export {name}; ")).collect();
        Ok(format!("world {WRAPPED} {{ import message; import node; import mail; {exported}}}"))
    }

    /// The version of the contract that it was built for.
    fn version(&self) -> Result<String, AdmissionError> {
        let imported = |import: &&'a str| Name::of(import).filter(Name::is_ours);
        let others: Vec<_> =
            self.imports.iter().filter(|import| imported(import).is_none()).collect();
        if !others.is_empty() {
            return Err(AdmissionError::ModuleImports(contract::list(&others)));
        }
        let mut names = self.exported().chain(self.imports.iter().filter_map(imported));
        let first = names.next().ok_or(AdmissionError::CoreModule)?;
        match names.find(|name| name.version != first.version) {
            None if first.is_spoken() => Ok(first.version.to_owned()),
            None => Err(AdmissionError::Version { found: admission::shown(first.version) }),
            Some(other) => Err(AdmissionError::Wrap(admission::shown(&format!(
                "it mixes versions {} and {} of `skep:worker`",
                first.version, other.version
            )))),
        }
    }
}

/// All of a section as it stood: what kind it is, its length, and what is in it.
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn push_section(module: &mut Vec<u8>, id: u8, data: &[u8]) {
    module.push(id);
    let mut length = data.len();
    while let Some(more) = length.checked_shr(7).filter(|more| *more > 0) {
        module.push((length & 0x7f) as u8 | 0x80);
        length = more;
    }
    module.push((length & 0x7f) as u8);
    module.extend_from_slice(data);
}

/// The node's strings are UTF-8. A module that would take them for something else has to
/// become a component by other means.
fn check_encoding(world: &CustomSectionReader<'_>) -> Result<(), AdmissionError> {
    for payload in Parser::new(0).parse_all(world.data()) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == ENCODING
            && !matches!(section.data(), [_, 0])
        {
            return Err(AdmissionError::Wrap("its strings are not UTF-8".to_owned()));
        }
    }
    Ok(())
}

/// Makes the component. The version in its names is the one that the module has in its own.
fn encode(mut module: Vec<u8>, world: &str, version: &str) -> Result<Vec<u8>, String> {
    let wit: String = WIT.lines().map(|line| with_version(line, version) + "\n").collect();
    let wit = wit + world;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("worker.wit", &wit).map_err(words)?;
    let world = resolve.select_world(&[package], Some(WRAPPED)).map_err(words)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(words)?;
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    encoder.and_then(|mut encoder| encoder.encode()).map_err(words)
}

fn with_version(line: &str, version: &str) -> String {
    match line.strip_prefix("package ").and_then(|rest| rest.split_once('@')) {
        Some((package, _)) => format!("package {package}@{version};"),
        None => line.to_owned(),
    }
}

/// An error of wit-component's or wit-parser's, with all of its causes.
fn words(error: impl Display) -> String {
    format!("{error:#}")
}
