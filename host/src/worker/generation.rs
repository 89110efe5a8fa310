//! One version of a worker's code, and how it is to run: what an instance is made from.

use std::sync::Arc;

use crate::config::{Save, WorkerOptions};
use crate::engine::Code;

/// A generation of a worker.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    /// Counted from 1; a reload makes the next.
    pub(crate) number: u32,
    /// The name of its component, for people.
    pub(crate) component: Arc<str>,
    pub(crate) code: Arc<Code>,
    pub(crate) options: Arc<WorkerOptions>,
}

impl Generation {
    /// Whether it is what a file with these bytes, and these settings, ask for.
    pub(crate) fn is_of(&self, digest: &blake3::Hash, options: &WorkerOptions) -> bool {
        self.code.digest() == *digest && *self.options == *options
    }

    /// Whether there are messages after which its state is saved.
    pub(crate) fn saves_often(&self) -> bool {
        self.code.has_state() && self.options.save != Save::Handover
    }
}
