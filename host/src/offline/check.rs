//! Whether a node would take a component: by the node's own admission, compiler and linker.

use crate::config::{Limits, NodeConfig};
use crate::engine::{AdmissionError, Engine, Settings};

/// Does with a component all that a node does before it runs it.
pub(super) fn check(
    bytes: Vec<u8>,
    limits: &Limits,
    node: &NodeConfig,
) -> Result<(), AdmissionError> {
    let engine = Engine::new(&Settings::without_instances(node), None)
        .map_err(|why| AdmissionError::Compile(format!("{why:#}")))?;
    engine.load_here(bytes, limits).map(drop)
}
