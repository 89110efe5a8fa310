//! From a file's bytes to compiled code: what is refused before, and why, in words.

mod bounds;
pub(super) mod contract;
mod scope;
#[cfg(test)]
mod tests;
mod types;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Engine;
use wasmtime::component::Component;

pub(crate) use self::scope::Footprint;
use super::cache::Cache;
use super::wrap;
use crate::config::{COMPONENT, Limits};

/// The most that is shown of a text that came from outside.
const SHOWN: usize = 800;

/// Why a file does not become a worker: what is wrong with it, and what to do.
///
/// It names no file; whoever shows it puts that in front.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// There is nothing in it.
    #[error("is empty: copy the file again")]
    Empty,
    /// The file is larger than the node reads.
    #[error("has {size} bytes, and the node takes at most {most}: strip it (`wasm-tools strip`) or build it optimised for size")]
    TooLarge {
        /// Its bytes.
        size: u64,
        /// The most there may be.
        most: u64,
    },
    /// It ends in the middle.
    #[error("ends too early, at byte {offset}: copy the file again")]
    Truncated {
        /// Where something more should come.
        offset: usize,
    },
    /// It is WebAssembly in text.
    #[error("is WebAssembly text, which is not loaded: translate it with `wasm-tools parse IN.wat -o OUT.wasm`")]
    Text,
    /// It is machine code of wasmtime's.
    #[error("is precompiled code (`.cwasm`), which is never loaded, since it could do anything: give the component that it was made from")]
    Precompiled,
    /// It is machine code.
    #[error("is a native program or library, not WebAssembly: build it for a wasm target (`wasm32-wasip2` or, with the SDK, `wasm32-unknown-unknown`)")]
    Native,
    /// It is something else.
    #[error("is not WebAssembly (its first bytes are {first}): give a component")]
    NotWasm {
        /// In hexadecimal.
        first: String,
    },
    /// Its first bytes name a form that this node does not read.
    #[error("is WebAssembly of an unknown form (version {version:#x}, layer {layer:#x}): build it with a current toolchain, or use a newer node")]
    UnknownForm {
        /// The version in its header.
        version: u16,
        /// 0 for modules, 1 for components.
        layer: u16,
    },
    /// It is a core module, and not a worker's.
    #[error("is a core module that does not export `skep:worker/handler@0.1.0#handle`: build it with a Skep SDK, or make a component of it with `wasm-tools component embed` and `wasm-tools component new`")]
    CoreModule,
    /// It is a worker's core module, and needs more than the node gives to those.
    #[error("is a core module that imports {0}: of modules the node takes those that import `skep:worker` alone; make a component of it with `wasm-tools component new`")]
    ModuleImports(String),
    /// It is a core module that needs an adapter.
    #[error("is a core module that imports `wasi_snapshot_preview1`: make a component of it with `wasm-tools component new IN.wasm --adapt wasi_snapshot_preview1.reactor.wasm -o OUT.wasm`, or build it for `wasm32-wasip2`, or without WASI for `wasm32-unknown-unknown`")]
    Preview1,
    /// It is a core module that does not fit the interfaces that it names.
    #[error("is a core module that does not fit the world of a worker: {0}; rebuild it with a matching SDK")]
    Wrap(String),
    /// Its bytes make no sense.
    #[error("is damaged or not valid at byte {offset}: {why}")]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong there.
        why: String,
    },
    /// It is larger or more intricate than the node compiles.
    #[error("has {found} {what}, and the node compiles at most {most}")]
    Beyond {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there may be.
        most: u64,
    },
    /// Its memories and tables are larger than a worker may have.
    #[error("needs {found} bytes of memory to begin with, and the worker may have {most}: raise `limits.memory`, or build it with less initial memory")]
    Memory {
        /// What its memories and tables have to begin with.
        found: u64,
        /// The worker's limit.
        most: u64,
    },
    /// It uses a feature that the node leaves off.
    #[error("has {0}, which the node does not offer: build it without")]
    Unsupported(&'static str),
    /// It instantiates what is only passed to it, so that nobody knows how much that is.
    #[error("instantiates a {0} that is passed to it, which the node does not take: compose the parts into one component that names each")]
    Passed(&'static str),
    /// It needs component-model-async.
    #[error("needs {0} of component-model-async (WASI 0.3), which the node does not offer: build it for WASI 0.2, with componentize-qjs by `--sync`")]
    Async(String),
    /// It imports what the node does not have.
    #[error("imports what this node does not offer: {0} (offered: `skep:worker/{{types,message,node}}@0.1`{wasi}): build it without, or stub it", wasi = wasi_offer())]
    Imports(String),
    /// It exports the handler of another version.
    #[error("is a worker for another node: expected `skep:worker/handler@0.1`, found version {found}; rebuild it with a matching SDK")]
    Version {
        /// The version that it exports.
        found: String,
    },
    /// It is no worker.
    #[error("is not a worker: it must export `skep:worker/handler@0.1`, and exports {found}")]
    NoHandler {
        /// What it exports instead.
        found: String,
    },
    /// The compiler refuses it.
    #[error("does not compile: {0}")]
    Compile(String),
    /// It takes an interface of the node's for something that it is not.
    #[error("does not fit this node: {0}; rebuild it with a matching SDK")]
    Link(String),
}

/// What this build of the node offers besides its own interfaces.
fn wasi_offer() -> &'static str {
    if cfg!(feature = "wasi") { " and WASI 0.2 without `wasi:http`" } else { "; no WASI in this build" }
}

impl AdmissionError {
    /// What wasmtime says when compiled code and the node do not fit.
    pub(super) fn link(error: wasmtime::Error) -> Self {
        Self::Link(shown(&format!("{error:#}")))
    }
}

impl From<wasmparser::Error> for AdmissionError {
    fn from(error: wasmparser::Error) -> Self {
        let offset = error.offset();
        if error.message().contains("unexpected end") {
            return Self::Truncated { offset };
        }
        Self::Malformed { offset, why: shown(error.message()) }
    }
}

/// What a component asks for and gives, read before it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// The names that it imports.
    pub(crate) imports: Vec<String>,
    /// The names that it exports.
    pub(crate) exports: Vec<String>,
    /// Whether any of WASI is among the imports.
    pub(crate) needs_wasi: bool,
    /// What an instance of it comes to.
    pub(crate) footprint: Footprint,
}

impl Scan {
    /// Whether an instance may begin within a worker's limits. Not a matter of admission
    /// itself: workers with other limits may share the component.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), AdmissionError> {
        let (found, most) = (self.footprint.bytes, limits.memory as u64);
        if found > most {
            return Err(AdmissionError::Memory { found, most });
        }
        Ok(())
    }
}

/// Code that may be instantiated, and where it came from.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub(crate) component: Component,
    /// The hash of the bytes as they were given.
    pub(crate) digest: blake3::Hash,
    pub(crate) scan: Scan,
    /// How many bytes were given.
    pub(crate) bytes: usize,
}

/// Checks a file's bytes and compiles them, or takes the code from the cache.
///
/// This takes up to seconds: it is for a thread that may block.
pub(crate) fn admit(
    engine: &Engine,
    bytes: Vec<u8>,
    cache: Option<&Cache>,
) -> Result<Admitted, AdmissionError> {
    let (digest, size) = (blake3::hash(&bytes), bytes.len());
    let component = wrap::component_bytes(bytes)?;
    let scan = prescan(&component)?;
    let component = match cache.and_then(|cache| cache.load(engine, &digest)) {
        Some(cached) => cached,
        None => {
            let compiled = compile(engine, &component)?;
            if let Some(cache) = cache {
                cache.store(engine, &digest, &compiled);
            }
            compiled
        }
    };
    Ok(Admitted { component, digest, scan, bytes: size })
}

/// Looks through a component without compiling it, and refuses what is no worker or is out of bounds.
pub(crate) fn prescan(bytes: &[u8]) -> Result<Scan, AdmissionError> {
    fits(bytes)?;
    let outline = walk::walk(bytes)?;
    check_footprint(&outline.footprint)?;
    contract::check_imports(&outline.imports)?;
    contract::check_exports(&outline.exports)?;
    Ok(Scan {
        needs_wasi: contract::needs_wasi(&outline.imports),
        imports: outline.imports,
        exports: outline.exports.into_iter().map(|(name, _)| name).collect(),
        footprint: outline.footprint,
    })
}

/// Refuses bytes that are too many to look at.
pub(super) fn fits(bytes: &[u8]) -> Result<(), AdmissionError> {
    let size = bytes.len() as u64;
    if size > COMPONENT {
        return Err(AdmissionError::TooLarge { size, most: COMPONENT });
    }
    Ok(())
}

/// The bounds of [`prescan`] alone, for binaries that are not yet a worker.
pub(super) fn bounded(bytes: &[u8]) -> Result<(), AdmissionError> {
    walk::walk(bytes).map(drop)
}

fn check_footprint(footprint: &Footprint) -> Result<(), AdmissionError> {
    bounds::within("instances of modules", footprint.instances, bounds::INSTANCES)?;
    bounds::within("memories", footprint.memories, bounds::MEMORIES)?;
    bounds::within("tables", footprint.tables, bounds::TABLES)?;
    bounds::within("steps of instantiation", footprint.steps, bounds::STEPS)
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, AdmissionError> {
    guarded(|| Component::from_binary(engine, bytes).map_err(|error| format!("{error:#}")))
        .map_err(|text| AdmissionError::Compile(shown(&text)))
}

/// Runs what reads untrusted bytes by others' code: a panic there costs this file, not the node.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the compiler failed on it; please report this file".to_owned()))
}

/// A text from outside, in printable characters and not too long.
pub(super) fn shown(text: &str) -> String {
    let mut safe: String = text.chars().take(SHOWN).flat_map(printable).collect();
    if text.chars().nth(SHOWN).is_some() {
        safe.push_str("...");
    }
    safe
}

/// Line ends become spaces, and what is not printable is escaped.
fn printable(letter: char) -> impl Iterator<Item = char> {
    let plain = letter == '"' || letter == '\'' || letter == '\\';
    let (kept, escaped) = match letter {
        '\n' => (Some(' '), None),
        letter if plain => (Some(letter), None),
        letter => (None, Some(letter.escape_debug())),
    };
    kept.into_iter().chain(escaped.into_iter().flatten())
}
