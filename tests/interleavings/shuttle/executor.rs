//! The parts of the host's executor whose threads park.

#[path = "../../../host/src/executor/activity.rs"]
pub(crate) mod activity;
#[path = "../../../host/src/executor/queue.rs"]
pub(crate) mod queue;

/// To a queue a task is no more than that.
pub(crate) trait Task: Send + Sync + 'static {
    /// Its turn.
    fn run(&self);
}
