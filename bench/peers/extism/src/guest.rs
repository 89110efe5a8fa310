//! A compiled guest, and the plugins that are made from it.

use std::time::Duration;

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};
use peers_shared::{Failure, Result, Settings};

pub const ECHO: &str = include_str!("../wat/echo.wat");
pub const SPINNER: &str = include_str!("../wat/spinner.wat");

/// What a guest's memory has room for.
const MOST_SIZE: usize = 64 * 1024;

/// What a guest exports.
const RUN: &str = "run";

/// Each guest has an engine of its own, so that no timeout ends the calls of another guest.
pub struct Guest(CompiledPlugin);

impl Guest {
    /// As Extism is without being told: with no fuel, no timeout and no limit of memory.
    pub fn new(text: &str) -> Result<Self> {
        Self::compile(Manifest::new([Wasm::data(text)]))
    }

    pub fn with_timeout(text: &str, timeout: Duration) -> Result<Self> {
        Self::compile(Manifest::new([Wasm::data(text)]).with_timeout(timeout))
    }

    /// The cache on the disk would only spare the compiling, which is not measured.
    fn compile(manifest: Manifest) -> Result<Self> {
        let builder = PluginBuilder::new(manifest).with_cache_disabled();
        builder.compile().map(Self).map_err(Failure::broken)
    }

    /// A plugin, which has no instance before it is called.
    pub fn start(&self) -> Result<Plugin> {
        Plugin::new_from_compiled(&self.0).map_err(Failure::broken)
    }
}

/// A message of the size that is asked for.
pub fn message(settings: &Settings) -> Result<Vec<u8>> {
    Ok(vec![1; settings.size_within(0, MOST_SIZE)?])
}

pub fn ask(plugin: &mut Plugin, message: &[u8]) -> Result<Vec<u8>> {
    plugin.call(RUN, message).map_err(Failure::broken)
}

/// Asks an echo, whose answer has to be what it was sent.
pub fn echoed(plugin: &mut Plugin, message: &[u8]) -> Result<()> {
    if ask(plugin, message)? == message {
        return Ok(());
    }
    Err(Failure::broken("an answer is not what was sent"))
}
