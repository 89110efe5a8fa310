//! How large and how intricate a binary may be. What is beyond is refused before it is
//! compiled: wasmtime promises no bounds on the time and memory that compiling takes.
//!
//! Each is a few times what the largest guests in use need (CPython and SpiderMonkey).

use super::AdmissionError;

/// Components within components.
pub(super) const DEPTH: u64 = 16;
/// Types of components and instances within such types. Readers of wasm recurse here.
pub(super) const TYPE_DEPTH: u64 = 32;
/// Types of all kinds, those nested in others included.
pub(super) const TYPES: u64 = 100_000;
/// Imports of all modules and components.
pub(super) const IMPORTS: u64 = 50_000;
/// Exports of all modules and components.
pub(super) const EXPORTS: u64 = 100_000;
/// Functions of all modules: about 9 s of compiling when they are empty. CPython has 13,000.
pub(super) const FUNCTIONS: u64 = 50_000;
/// The bytes of one function.
pub(super) const BODY: u64 = 1 << 20;
/// The local variables of one function.
pub(super) const LOCALS: u64 = 20_000;
/// The branches of each function squared, all of them together: about 20 s of compiling.
pub(super) const EFFORT: u64 = 2_000_000_000;
/// The variables of a function, times its branches: what the compiler keeps of each at each.
/// About 0.3 GiB, as measured.
pub(super) const TANGLE: u64 = 8_000_000;
/// Data and element segments.
pub(super) const SEGMENTS: u64 = 100_000;
/// Whatever else is counted: modules, components, aliases, memories, globals, ...
pub(super) const PARTS: u64 = 300_000;
/// Instances of core modules that one instance of a component makes.
pub(super) const INSTANCES: u64 = 200;
/// Their linear memories.
pub(super) const MEMORIES: u64 = 32;
/// Their tables.
pub(super) const TABLES: u64 = 64;
/// The steps of making it all.
pub(super) const STEPS: u64 = 1_000_000;

/// Refuses what is beyond its bound.
pub(super) fn within(what: &'static str, found: u64, most: u64) -> Result<(), AdmissionError> {
    if found > most {
        return Err(AdmissionError::Beyond { what, found, most });
    }
    Ok(())
}

/// A sum over a whole binary, and its bound.
pub(super) struct Tally {
    what: &'static str,
    most: u64,
    seen: u64,
}

impl Tally {
    pub(super) fn new(what: &'static str, most: u64) -> Self {
        Self { what, most, seen: 0 }
    }

    pub(super) fn add(&mut self, count: u32) -> Result<(), AdmissionError> {
        self.seen = self.seen.saturating_add(count.into());
        within(self.what, self.seen, self.most)
    }

    /// Checks a number that says the same once more.
    pub(super) fn at_most(&self, count: u32) -> Result<(), AdmissionError> {
        within(self.what, count.into(), self.most)
    }
}
