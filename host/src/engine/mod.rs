//! Everything that compiles, links and instantiates components.

pub(crate) mod admission;
pub(crate) mod cache;
mod code;
mod instance;
mod wrap;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

pub(crate) use crate::hostcalls::bindings::exports::skep::worker::lifecycle::Birth;
pub(crate) use admission::AdmissionError;
pub(crate) use cache::Cache;
pub use cache::CacheError;
pub(crate) use code::Code;
pub(crate) use instance::{Ended, Failure, Instance};
use wasmtime::Config;
use wasmtime::component::Linker;

use crate::config::Limits;
use crate::executor::Ticker;
use crate::hostcalls::{self, Host, NodeMemory};
use crate::sync::{Mutex, lock};

/// The engine of a node: one compiler, one linker with WASI and one without.
pub(crate) struct Engine {
    wasmtime: wasmtime::Engine,
    /// For components that import no WASI.
    lean: Linker<Host>,
    #[cfg(feature = "wasi")]
    wasi: Linker<Host>,
    ticker: Arc<Ticker>,
    memory: Arc<NodeMemory>,
    cache: Option<Cache>,
    /// What is in use, so that the same file is compiled once for many workers.
    loaded: Mutex<HashMap<blake3::Hash, Weak<Code>>>,
}

impl Engine {
    /// An engine whose instances have so many bytes of memory together, and which
    /// keeps compiled code in `cache`.
    ///
    /// # Errors
    /// When the machine cannot run compiled Wasm, or gives no thread.
    pub(crate) fn new(memory: usize, cache: Option<Cache>) -> wasmtime::Result<Arc<Self>> {
        let wasmtime = wasmtime::Engine::new(&config())?;
        let mut lean = Linker::new(&wasmtime);
        hostcalls::add_to_linker(&mut lean)?;
        #[cfg(feature = "wasi")]
        let wasi = {
            let mut wasi = lean.clone();
            hostcalls::add_wasi_to_linker(&mut wasi)?;
            wasi
        };
        let ticking = wasmtime.clone();
        let ticker = Ticker::start(move || ticking.increment_epoch())?;
        let memory = NodeMemory::new(memory);
        Ok(Arc::new(Self {
            wasmtime,
            lean,
            #[cfg(feature = "wasi")]
            wasi,
            ticker,
            memory,
            cache,
            loaded: Mutex::default(),
        }))
    }

    /// What advances the epoch, and counts the ticks that run-time is counted in.
    pub(crate) fn ticker(&self) -> &Arc<Ticker> {
        &self.ticker
    }

    /// Check, compile and link a component. Takes milliseconds to seconds: call it
    /// where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong with the bytes, what the component imports in vain, or that an
    /// instance needs more memory to begin with than it may have.
    pub(crate) fn load(
        &self,
        bytes: Vec<u8>,
        limits: &Limits,
    ) -> Result<Arc<Code>, AdmissionError> {
        let digest = blake3::hash(&bytes);
        let known = lock(&self.loaded).get(&digest).and_then(Weak::upgrade);
        let code = match known {
            Some(code) => code,
            None => self.compile(bytes)?,
        };
        code.check(limits)?;
        Ok(code)
    }

    fn compile(&self, bytes: Vec<u8>) -> Result<Arc<Code>, AdmissionError> {
        let admitted = admission::admit(&self.wasmtime, bytes, self.cache.as_ref())?;
        let digest = admitted.digest;
        let code = Code::link(self.linker(admitted.scan.needs_wasi), admitted)?;
        let mut loaded = lock(&self.loaded);
        loaded.retain(|_, code| code.strong_count() > 0);
        loaded.insert(digest, Arc::downgrade(&code));
        Ok(code)
    }

    #[cfg_attr(
        not(feature = "wasi"),
        expect(unused_variables, reason = "there is one linker only")
    )]
    fn linker(&self, wasi: bool) -> &Linker<Host> {
        #[cfg(feature = "wasi")]
        if wasi {
            return &self.wasi;
        }
        &self.lean
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Fuel and epochs on; what the SDKs do not emit off; no support for concurrent
/// guests, which makes calls about three times cheaper.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(true);
    config
}
