//! The parts of the host's executor whose threads park.

#[path = "../../../host/src/executor/activity.rs"]
pub(crate) mod activity;
#[path = "../../../host/src/executor/queues.rs"]
pub(crate) mod queues;

/// To the queues a task is no more than that.
pub(crate) trait Task: Send + Sync + 'static {
    /// Its turn.
    fn run(&self);
}
