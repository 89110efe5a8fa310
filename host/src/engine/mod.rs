//! Everything that compiles, links and instantiates components.

pub(crate) mod admission;
pub(crate) mod cache;
mod code;
mod compilers;
#[cfg(feature = "cli")]
mod examine;
mod exports;
mod held;
mod instance;
mod language;
#[cfg(unix)]
mod stacks;
mod typed;
mod wrap;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use self::admission::{Admitted, Checked, Found, shown};
use self::compilers::Compilers;
pub(crate) use crate::hostcalls::bindings::exports::skep::worker::lifecycle::Birth;
pub(crate) use admission::AdmissionError;
#[cfg(feature = "watch")]
pub(crate) use admission::may_be_unfinished;
#[cfg(feature = "cli")]
pub(crate) use admission::{Footprint, Scan};
pub(crate) use cache::Cache;
pub use cache::CacheError;
pub(crate) use code::Code;
#[cfg(feature = "cli")]
pub(crate) use examine::{Examined, examine};
pub(crate) use instance::{Ended, Failure, Instance};
use wasmtime::Config;
use wasmtime::component::Linker;

use crate::config::{Limits, NodeConfig};
use crate::executor::Ticker;
pub(crate) use crate::hostcalls::Holding;
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
    /// The most bytes of a component's file.
    component: u64,
    compilers: Compilers,
    /// What is in use, so that the same file is compiled once for many workers.
    loaded: Mutex<HashMap<blake3::Hash, Weak<Code>>>,
    /// Who loads what just now: the same file waits for the first that came.
    loading: Mutex<HashMap<blake3::Hash, Weak<tokio::sync::Mutex<()>>>>,
}

impl Settings {
    /// For an engine that compiles, and has no instances.
    pub(crate) fn without_instances(node: &NodeConfig) -> Self {
        let (component, compile) = (node.component(), node.compile());
        Self { memory: 0, component, compilers: 1, compile }
    }
}

/// What an engine may take of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Bytes of memory that all instances have together.
    pub(crate) memory: usize,
    /// The most bytes of a component's file.
    pub(crate) component: u64,
    /// How many files are compiled at a time.
    pub(crate) compilers: usize,
    /// How long one may take.
    pub(crate) compile: Duration,
}

impl Engine {
    /// An engine with these settings, which keeps compiled code in `cache`.
    ///
    /// # Errors
    /// When the machine cannot run compiled Wasm, or gives no thread.
    pub(crate) fn new(settings: &Settings, cache: Option<Cache>) -> wasmtime::Result<Arc<Self>> {
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
        let memory = NodeMemory::new(settings.memory);
        Ok(Arc::new(Self {
            wasmtime,
            lean,
            #[cfg(feature = "wasi")]
            wasi,
            ticker,
            memory,
            cache,
            component: settings.component,
            compilers: Compilers::new(settings.compilers, settings.compile),
            loaded: Mutex::default(),
            loading: Mutex::default(),
        }))
    }

    /// What advances the epoch, and counts the ticks that run-time is counted in.
    pub(crate) fn ticker(&self) -> &Arc<Ticker> {
        &self.ticker
    }

    /// The most bytes of a component's file.
    pub(crate) fn component(&self) -> u64 {
        self.component
    }

    /// The bytes of memory that all instances have together, and may have.
    pub(crate) fn memory(&self) -> (usize, usize) {
        self.memory.usage()
    }

    /// Count bytes that are held for a worker besides its instances.
    ///
    /// # Errors
    /// How many bytes there may be in all, where there is no room for these.
    pub(crate) fn hold(&self, bytes: usize) -> Result<Holding, usize> {
        self.memory.hold(bytes)
    }

    /// Check, compile and link a component.
    ///
    /// # Errors
    /// What is wrong with the bytes, what the component imports in vain, that it takes too
    /// long, or that an instance needs more memory to begin with than it may have.
    pub(crate) async fn load(
        self: &Arc<Self>,
        bytes: Vec<u8>,
        limits: &Limits,
    ) -> Result<Arc<Code>, AdmissionError> {
        let most = self.component;
        let checked = blocking(move || Checked::new(bytes, most)).await?;
        let turn = self.turn(checked.digest());
        let _turn = turn.lock().await;
        let known = lock(&self.loaded).get(&checked.digest()).and_then(Weak::upgrade);
        let code = match known {
            Some(code) => code,
            None => self.link(self.clone().compile(checked).await?)?,
        };
        code.check(limits)?;
        Ok(code)
    }

    /// The same on this thread, however long it takes, and without a cache: where no node is.
    ///
    /// # Errors
    /// What is wrong with the bytes, as a node would say it.
    pub(crate) fn load_here(
        &self,
        bytes: Vec<u8>,
        limits: &Limits,
    ) -> Result<Arc<Code>, AdmissionError> {
        let checked = Checked::new(bytes, self.component)?;
        let code = self.link(checked.compile(&self.wasmtime, None)?)?;
        code.check(limits)?;
        Ok(code)
    }

    /// The lock that loading a file takes.
    fn turn(&self, digest: blake3::Hash) -> Arc<tokio::sync::Mutex<()>> {
        let mut loading = lock(&self.loading);
        if let Some(turn) = loading.get(&digest).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        loading.retain(|_, turn| turn.strong_count() > 0);
        loading.insert(digest, Arc::downgrade(&turn));
        turn
    }

    async fn compile(self: Arc<Self>, checked: Checked) -> Result<Admitted, AdmissionError> {
        let this = self.clone();
        let cached = blocking(move || Ok(checked.cached(&this.wasmtime, this.cache.as_ref())));
        match cached.await? {
            Found::Cached(admitted) => Ok(admitted),
            Found::Uncompiled(checked) => {
                let this = self.clone();
                let compile = move || checked.compile(&this.wasmtime, this.cache.as_ref());
                self.compilers.run(compile).await
            }
        }
    }

    fn link(&self, admitted: Admitted) -> Result<Arc<Code>, AdmissionError> {
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

/// Work that reads and checks, on a thread that may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AdmissionError> + Send + 'static,
) -> Result<T, AdmissionError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|why| Err(AdmissionError::Compile(shown(&why.to_string()))))
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
    #[cfg(unix)]
    config.with_host_stack(Arc::new(stacks::Stacks::default()));
    config
}
