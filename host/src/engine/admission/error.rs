//! Why a file does not become a worker, in words for who put it there.

use std::time::Duration;

use crate::sanitize::sanitize;

/// The most that is shown of a text that came from outside.
pub(super) const SHOWN: usize = 800;

/// Why a file does not become a worker: what is wrong with it, and what to do.
///
/// It names no file; whoever shows it puts that in front.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AdmissionError {
    /// There is nothing in it.
    #[error("is empty: copy the file again")]
    Empty,
    /// The file is larger than the node reads.
    #[error(
        "has {size} bytes, and the node takes at most {most}: strip it (`wasm-tools strip`), build it optimised for size, or raise `component` under [node] in node.toml"
    )]
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
    #[error(
        "is WebAssembly text, which is not loaded: translate it with `wasm-tools parse IN.wat -o OUT.wasm`"
    )]
    Text,
    /// It is machine code of wasmtime's.
    #[error(
        "is precompiled code (`.cwasm`), which is never loaded, since it could do anything: give the component that it was made from"
    )]
    Precompiled,
    /// It is machine code.
    #[error(
        "is a native program or library, not WebAssembly: build it for a wasm target (`wasm32-wasip2` or, with the SDK, `wasm32-unknown-unknown`)"
    )]
    Native,
    /// It is something else.
    #[error("is not WebAssembly (its first bytes are {first}): give a component")]
    NotWasm {
        /// In hexadecimal.
        first: String,
    },
    /// Its first bytes name a form that this node does not read.
    #[error(
        "is WebAssembly of an unknown form (version {version:#x}, layer {layer:#x}): build it with a current toolchain, or use a newer node"
    )]
    UnknownForm {
        /// The version in its header.
        version: u16,
        /// 0 for modules, 1 for components.
        layer: u16,
    },
    /// It is a core module, and not a worker's.
    #[error(
        "is a core module that does not export `skep:worker/handler@0.1.0#handle`: build it with a Skep SDK, or make a component of it with `wasm-tools component embed` and `wasm-tools component new`"
    )]
    CoreModule,
    /// It is a worker's core module, and needs more than the node gives to those.
    #[error(
        "is a core module that imports {0}: of modules the node takes those that import `skep:worker` alone; make a component of it with `wasm-tools component new`"
    )]
    ModuleImports(String),
    /// It is a core module that needs an adapter.
    #[error(
        "is a core module that imports `wasi_snapshot_preview1`: make a component of it with `wasm-tools component new IN.wasm --adapt wasi_snapshot_preview1.reactor.wasm -o OUT.wasm`, or build it for `wasm32-wasip2`, or without WASI for `wasm32-unknown-unknown`"
    )]
    Preview1,
    /// It is a core module that does not fit the interfaces that it names.
    #[error(
        "is a core module that does not fit the world of a worker: {0}; rebuild it with a matching SDK"
    )]
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
    #[error(
        "needs {found} bytes of memory to begin with, and the worker may have {most}: raise `limits.memory`, or build it with less initial memory"
    )]
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
    #[error(
        "instantiates a {0} that is passed to it, which the node does not take: compose the parts into one component that names each"
    )]
    Passed(&'static str),
    /// It needs component-model-async.
    #[error(
        "needs {0} of component-model-async (WASI 0.3), which the node does not offer: build it for WASI 0.2, with componentize-qjs by `--sync`"
    )]
    Async(String),
    /// It imports what the node does not have.
    #[error("imports what this node does not offer: {0} (offered: `skep:worker/{{types,message,node,mail}}@0.1`{wasi}): build it without, or stub it", wasi = wasi_offer())]
    Imports(String),
    /// It exports the handler of another version.
    #[error(
        "is a worker for another node: expected `skep:worker/handler@0.1`, found version {found}; rebuild it with a matching SDK"
    )]
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
    /// It takes too long to compile.
    #[error(
        "does not compile within {budget:?}: make its functions smaller, or raise `compile` under [node] in node.toml"
    )]
    Slow {
        /// How long it may take.
        budget: Duration,
    },
    /// Others take too long to compile, and nobody can stop a compiler.
    #[error(
        "is not compiled: {most} files before it take longer than {budget:?} each, and still go on; remove them, and start it again later"
    )]
    Busy {
        /// How many are compiled at a time.
        most: usize,
        /// How long each may take.
        budget: Duration,
    },
    /// It takes an interface of the node's for something that it is not.
    #[error("does not fit this node: {0}; rebuild it with a matching SDK")]
    Link(String),
}

/// What this build of the node offers besides its own interfaces.
fn wasi_offer() -> &'static str {
    if cfg!(feature = "wasi") {
        " and WASI 0.2 without `wasi:http`"
    } else {
        "; no WASI in this build"
    }
}

impl AdmissionError {
    /// Whether the bytes may be the beginning of a component that is still being written,
    /// its room on the disk perhaps taken already. Exports come last in a file.
    #[cfg(feature = "watch")]
    pub(crate) fn may_be_unfinished(&self) -> bool {
        match self {
            Self::NotWasm { first } => first.bytes().all(|digit| matches!(digit, b'0' | b' ')),
            Self::Empty
            | Self::Truncated { .. }
            | Self::Malformed { .. }
            | Self::CoreModule
            | Self::Wrap(_)
            | Self::NoHandler { .. } => true,
            _ => false,
        }
    }

    /// A function that a worker has to have, and that is not what it should be.
    pub(in crate::engine) fn contract(interface: &str, function: &str, why: &str) -> Self {
        Self::Link(shown(&format!(
            "its export `{interface}` is not that of a worker: `{function}`: {why}"
        )))
    }

    /// What wasmtime says when compiled code and the node do not fit.
    pub(in crate::engine) fn link(error: wasmtime::Error) -> Self {
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

/// A text from outside, in one line, in printable characters and not too long.
pub(in crate::engine) fn shown(text: &str) -> String {
    let start = text.chars().take(SHOWN).map(|c| if c == '\n' { ' ' } else { c });
    let mut safe = sanitize(&start.collect::<String>()).into_owned();
    if text.chars().nth(SHOWN).is_some() {
        safe.push_str("...");
    }
    safe
}
