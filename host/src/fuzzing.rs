//! What reads bytes from outside, one function for each, for `tests/fuzz`.

use std::sync::{Arc, LazyLock};

use crate::config::{ConfigError, Limits, Manifest, NodeConfig, WorkerOptions};
use crate::engine::{Engine, Settings, admission};

/// What errors call the two files.
const MANIFEST: &str = "worker.toml";
const NODE: &str = "node.toml";

/// An engine as nodes have it, without a cache.
static ENGINE: LazyLock<Result<Arc<Engine>, String>> = LazyLock::new(|| {
    let settings = Settings::without_instances(&NodeConfig::default());
    Engine::new(&settings, None).map_err(|why| format!("{why:#}"))
});

/// What a component comes to, as [`scan`] finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// What it imports.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// Instances of core modules.
    pub instances: u64,
    /// Their memories.
    pub memories: u64,
    /// Their tables.
    pub tables: u64,
    /// The bytes that memories and tables have to begin with.
    pub bytes: u64,
    /// The steps of instantiating it all.
    pub steps: u64,
}

/// What a worker is started with whose manifest is `manifest`, on a node whose file is `node`.
///
/// # Errors
/// Why one of the two is refused.
pub fn manifest(manifest: &str, node: &str) -> Result<WorkerOptions, ConfigError> {
    let node = NodeConfig::parse(node, NODE)?;
    Manifest::parse(manifest, MANIFEST)?.into_options(&node)
}

/// What the workers are started with that have their manifests in a node's file.
///
/// # Errors
/// Why it is refused.
pub fn node(text: &str) -> Result<Vec<WorkerOptions>, ConfigError> {
    let node = NodeConfig::parse(text, NODE)?;
    node.workers().map(|(_, manifest)| manifest.clone().into_options(&node)).collect()
}

/// Looks through a file's bytes as before compiling.
///
/// # Errors
/// Why they are refused, in words.
pub fn scan(bytes: Vec<u8>) -> Result<Scan, String> {
    let (_, scan) = admission::scan(bytes).map_err(|why| why.to_string())?;
    let admission::Footprint { instances, memories, tables, bytes, steps } = scan.footprint;
    let admission::Scan { imports, exports, .. } = scan;
    Ok(Scan { imports, exports, instances, memories, tables, bytes, steps })
}

/// Does with a file's bytes all that comes before an instance of a worker with the default
/// limits.
///
/// # Errors
/// Why they are refused, in words.
pub fn load(bytes: Vec<u8>) -> Result<(), String> {
    let engine = ENGINE.as_ref().map_err(Clone::clone)?;
    engine.load_here(bytes, &Limits::default()).map(drop).map_err(|why| why.to_string())
}
