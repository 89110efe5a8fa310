//! Everything that compiles, links and instantiates components.

pub(crate) mod admission;
pub(crate) mod cache;
mod code;
mod instance;
mod wrap;

use std::sync::Arc;

pub(crate) use admission::AdmissionError;
pub(crate) use cache::{Cache, CacheError};
pub(crate) use code::Code;
pub(crate) use instance::{Ended, Failure, Instance};
pub(crate) use crate::hostcalls::bindings::exports::skep::worker::lifecycle::Birth;
use wasmtime::component::Linker;
use wasmtime::{Config, Result};

use crate::config::Limits;
use crate::executor::Ticker;
use crate::hostcalls::{self, Host, NodeMemory};

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
}

impl Engine {
    /// An engine whose instances have so many bytes of memory together, and which
    /// keeps compiled code in `cache`.
    ///
    /// # Errors
    /// When the machine cannot run compiled Wasm, or gives no thread.
    pub(crate) fn new(memory: usize, cache: Option<Cache>) -> Result<Arc<Self>> {
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
    /// What is wrong with the bytes, or what the component imports in vain.
    pub(crate) fn load(&self, bytes: Vec<u8>, limits: &Limits) -> std::result::Result<Arc<Code>, AdmissionError> {
        let admitted = admission::admit(&self.wasmtime, bytes, self.cache.as_ref())?;
        admitted.scan.check(limits)?;
        Code::link(self.linker(admitted.scan.needs_wasi), admitted)
    }

    #[cfg_attr(not(feature = "wasi"), expect(unused_variables, reason = "there is one linker only"))]
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
