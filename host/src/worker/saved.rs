//! A worker's state between two instances: it counts against the node's memory.

use std::sync::Arc;

use crate::config::{Limit, WorkerOptions};
use crate::engine::Holding;
use crate::router::Stats;
use crate::worker::cell::Cell;

/// A state that was saved.
#[derive(Clone, Debug)]
pub(super) struct Saved(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    bytes: Vec<u8>,
    _holding: Holding,
}

impl Saved {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl Cell {
    /// Keep a state; its size is counted.
    ///
    /// # Errors
    /// That it is too large, or that the node has no memory for it.
    pub(super) fn keep(
        &self,
        mut bytes: Vec<u8>,
        options: &WorkerOptions,
    ) -> Result<Saved, String> {
        let most = options.limits.state;
        Stats::peak(&self.stats.peaks.state, bytes.len() as u64);
        if bytes.len() > most {
            self.stats.reach(Limit::State);
            return Err(format!("{} bytes of state, {most} are allowed", bytes.len()));
        }
        bytes.shrink_to_fit();
        let holding = self.parts.engine.hold(bytes.len()).map_err(|most| {
            format!("the node's workers and their states need more memory than its {most} bytes")
        })?;
        Ok(Saved(Arc::new(Kept { bytes, _holding: holding })))
    }
}
