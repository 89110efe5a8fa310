//! A RUSM node and the guests that run on it.

use peers_shared::{Failure, Result};
use rusm_otp::{ProcessHandle, Runtime};
use rusm_wasm::{DEFAULT_MAX_INSTANCES, PreparedComponent, WasmRuntime};

/// What every guest that sends and receives is set into.
const FRAME: &str = include_str!("../wat/actor.wat");

pub const ECHO: &str = include_str!("../wat/echo.wat");
pub const DRIVER: &str = include_str!("../wat/driver.wat");
pub const FLOOD: &str = include_str!("../wat/flood.wat");
pub const SINK: &str = include_str!("../wat/sink.wat");

const EMPTY: &str = include_str!("../wat/empty.wat");
const SPINNER: &str = include_str!("../wat/spinner.wat");

/// A message starts with the process to answer to and the time that it counts from.
pub const LEAST_SIZE: usize = 16;

/// What a guest's memory has room for.
pub const MOST_SIZE: usize = (64 - 1) * 1024;

pub struct Host {
    pub processes: Runtime,
    wasm: WasmRuntime,
}

impl Host {
    pub fn new() -> Result<Self> {
        Self::with_instances(DEFAULT_MAX_INSTANCES)
    }

    /// A component takes two instances out of so many: its memory's and its code's.
    pub fn with_instances(instances: u32) -> Result<Self> {
        let processes = Runtime::new();
        let builder = WasmRuntime::builder(processes.clone()).max_instances(instances);
        Ok(Self { processes, wasm: builder.build().map_err(Failure::broken)? })
    }

    /// A guest that sends and receives.
    pub fn actor(&self, guest: &str) -> Result<PreparedComponent> {
        let (before, after) = FRAME.rsplit_once("GUEST").unwrap_or_default();
        self.prepare(&[before, guest, after].concat())
    }

    pub fn empty(&self) -> Result<PreparedComponent> {
        self.prepare(EMPTY)
    }

    pub fn spinner(&self) -> Result<PreparedComponent> {
        self.prepare(SPINNER)
    }

    fn prepare(&self, text: &str) -> Result<PreparedComponent> {
        let compiled = self.wasm.compile_component(text).map_err(Failure::broken)?;
        self.wasm.prepare_component(&compiled, "run").map_err(Failure::broken)
    }

    pub fn start(&self, guest: &PreparedComponent) -> ProcessHandle {
        self.wasm.spawn_component(guest)
    }
}
