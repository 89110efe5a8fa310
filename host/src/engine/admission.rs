//! From a file's bytes to compiled code: what is refused before, and why, in words.

mod bounds;
pub(super) mod contract;
mod effort;
mod error;
mod scope;
#[cfg(test)]
mod tests;
mod types;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Engine;
use wasmtime::component::Component;

pub(crate) use self::error::AdmissionError;
pub(super) use self::error::shown;
pub(crate) use self::scope::Footprint;
use self::walk::Outline;
use super::cache::Cache;
use super::config;
use super::language::languages;
use super::wrap;
use crate::config::Limits;

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

impl From<Outline> for Scan {
    fn from(outline: Outline) -> Self {
        Self {
            needs_wasi: contract::needs_wasi(&outline.imports),
            imports: outline.imports,
            exports: outline.exports.into_iter().map(|(name, _)| name).collect(),
            footprint: outline.footprint,
        }
    }
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
    /// What it was written in, where it says so.
    pub(crate) language: Option<String>,
}

/// A worker's component that was looked through, and is still to be compiled.
pub(crate) struct Checked {
    component: Vec<u8>,
    digest: blake3::Hash,
    scan: Scan,
    language: Option<String>,
}

/// Whether there is code for a component already.
pub(crate) enum Found {
    Cached(Admitted),
    Uncompiled(Checked),
}

impl Checked {
    /// Looks through a file's bytes, of which there are at most `most`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn new(bytes: Vec<u8>, most: u64) -> Result<Self, AdmissionError> {
        fits(&bytes, most)?;
        let digest = blake3::hash(&bytes);
        let language = languages(&bytes).join(", ");
        let language = (!language.is_empty()).then_some(language);
        let (component, scan) = scan(bytes)?;
        Ok(Self { component, digest, scan, language })
    }

    /// The hash of the bytes as they were given.
    pub(crate) fn digest(&self) -> blake3::Hash {
        self.digest
    }

    /// Takes its code from the cache, if it is there.
    pub(crate) fn cached(self, engine: &Engine, cache: Option<&Cache>) -> Found {
        match cache.and_then(|cache| cache.load(engine, &self.digest)) {
            Some(component) => Found::Cached(self.admitted(component)),
            None => Found::Uncompiled(self),
        }
    }

    /// Compiles it, and keeps the code. This takes milliseconds to a minute.
    pub(crate) fn compile(
        self,
        engine: &Engine,
        cache: Option<&Cache>,
    ) -> Result<Admitted, AdmissionError> {
        let compiled = compile(engine, &self.component)?;
        if let Some(cache) = cache {
            cache.store(engine, &self.digest, &compiled);
        }
        Ok(self.admitted(compiled))
    }

    fn admitted(self, component: Component) -> Admitted {
        let Self { digest, scan, language, .. } = self;
        Admitted { component, digest, scan, language }
    }
}

/// The component in a file's bytes, and what a look through it finds.
pub(crate) fn scan(bytes: Vec<u8>) -> Result<(Vec<u8>, Scan), AdmissionError> {
    let component = wrap::component_bytes(bytes)?;
    let scan = prescan(&component)?;
    Ok((component, scan))
}

/// Looks through a component without compiling it, and refuses what is no worker or is out of bounds.
pub(crate) fn prescan(bytes: &[u8]) -> Result<Scan, AdmissionError> {
    let outline = walk::walk(bytes)?;
    check_footprint(&outline.footprint)?;
    contract::check_imports(&outline.imports)?;
    contract::check_exports(&outline.exports)?;
    Ok(outline.into())
}

/// Whether a file with these bytes may still be growing.
#[cfg(feature = "watch")]
pub(crate) fn may_be_unfinished(bytes: Vec<u8>) -> bool {
    scan(bytes).is_err_and(|why| why.may_be_unfinished())
}

/// The same of what may be no worker at all. It is not refused for that.
#[cfg(feature = "cli")]
pub(super) fn survey(bytes: &[u8]) -> Result<Scan, AdmissionError> {
    walk::walk(bytes).map(Scan::from)
}

/// Refuses bytes that are too many to look at.
fn fits(bytes: &[u8], most: u64) -> Result<(), AdmissionError> {
    let size = bytes.len() as u64;
    if size > most {
        return Err(AdmissionError::TooLarge { size, most });
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

/// Compiles with a compiler of its own: it keeps what it works with, as much as the largest file
/// has needed, for as long as it lives.
fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, AdmissionError> {
    let compiled = || {
        let code = Engine::new(&config())?.precompile_component(bytes)?;
        #[expect(unsafe_code, reason = "there is no other way from one engine to the next")]
        // SAFETY: these are wasmtime's own bytes, made just now in memory that nobody else has.
        unsafe {
            Component::deserialize(engine, code)
        }
    };
    guarded(|| compiled().map_err(|error| format!("{error:#}")))
        .map_err(|text| AdmissionError::Compile(shown(&text)))
}

/// Runs what reads untrusted bytes by others' code: a panic there costs this file, not the node.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the compiler failed on it; please report this file".to_owned()))
}
