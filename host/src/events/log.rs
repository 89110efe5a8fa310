//! An event's line in the log.

use super::{Event, What};

impl Event {
    /// Log it. What happens `in passing`, to one of many workers that another one has
    /// started, is nothing that a person would read line by line.
    pub(super) fn log(&self, in_passing: bool) {
        let Some(worker) = &self.worker else {
            // The program around the node says this in its own words.
            return tracing::debug!(target: "skep::node", "{self}");
        };
        match self.what {
            What::Parked { .. } => tracing::error!(target: "skep::worker", %worker, "{self}"),
            What::Trapped { .. } | What::RolledBack { .. } => {
                tracing::warn!(target: "skep::worker", %worker, "{self}")
            }
            What::Refused { .. } => tracing::error!(target: "skep::node", %worker, "{self}"),
            // The failure itself was logged.
            What::Restarted { .. } => tracing::debug!(target: "skep::node", %worker, "{self}"),
            _ if in_passing => tracing::debug!(target: "skep::node", %worker, "{self}"),
            _ => tracing::info!(target: "skep::node", %worker, "{self}"),
        }
    }
}
