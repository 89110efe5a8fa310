//! How workers, and the node with them, come to an end.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::node::registry::Registry;
use crate::router::{Recipient, State, Stats};
use crate::sync::Ordering;

/// How often the node looks whether its workers have nothing left to do.
const LOOK: Duration = Duration::from_millis(5);

/// How long a worker may take to end beyond the drain deadline, its `stop` included.
const GRACE: Duration = Duration::from_secs(3);

/// Stop one worker: after its mail, or in the middle of it after the drain deadline. Says how
/// many of its messages became dead letters meanwhile.
pub(super) async fn stop_one(registry: &Registry, worker: &Arc<dyn Recipient>, why: &str) -> u64 {
    let failed = || counts(worker).1;
    let (before, mut in_hand) = (failed(), false);
    // An idle worker ends on this thread: waking another one takes far longer.
    registry.core.executor.helping(|| worker.end(why, true));
    let deadline = Instant::now() + registry.drain;
    if timeout_at(deadline, gone(registry, worker)).await.is_err() {
        in_hand = worker.has_one_in_hand();
        worker.kill(why);
        let _ = timeout_at(Instant::now() + GRACE, gone(registry, worker)).await;
    }
    log(worker);
    // What is cut off is a dead letter that nobody counts as failed.
    let left = failed().saturating_sub(before) + u64::from(in_hand);
    if left > 0 {
        let noun = if left == 1 { "message" } else { "messages" };
        let worker = worker.address();
        tracing::warn!(target: "skep::node", %worker, "{left} {noun} became dead letters while it stopped");
    }
    left
}

/// Stop all, and with them the node. Says how many messages were not handled.
pub(super) async fn stop_all(registry: &Registry, drain: Duration) -> usize {
    registry.core.events.stopping();
    #[cfg(feature = "watch")]
    registry.unfollow_directory().await;
    #[cfg(feature = "tcp")]
    registry.links.stop_listening();
    let why = "the node stops";
    let workers = || registry.recipients().into_iter().filter(|each| each.is_worker());
    let _ = timeout_at(Instant::now() + drain, async {
        while workers().any(|worker| is_busy(&worker)) {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    let mut all: Vec<_> = workers().collect();
    all.sort_by(|a, b| a.address().cmp(b.address()));
    let mut left: Vec<_> = all.iter().map(Left::of).collect();
    // The time of these is over; the others may still end in good order.
    left.iter().filter(|left| left.in_hand).for_each(|left| left.worker.kill(why));
    end_all(registry, &all, why, drain).await;
    left.iter_mut().for_each(Left::settle);
    all.iter().for_each(|worker| worker.kill(why));
    let _ = timeout_at(Instant::now() + GRACE, all_gone(registry, &all)).await;
    all.iter().for_each(log);
    #[cfg(feature = "tcp")]
    {
        registry.channels.shut_down();
        registry.links.part().await;
    }
    registry.app.close();
    let unhandled = left.iter().map(Left::tell).sum();
    registry.core.events.close();
    unhandled
}

/// End them in good order, those that need others before these.
async fn end_all(registry: &Registry, all: &[Arc<dyn Recipient>], why: &str, drain: Duration) {
    let end = Instant::now() + if drain.is_zero() { drain } else { GRACE };
    let mut left = all.to_vec();
    while !left.is_empty() {
        let first = registry.unneeded(&left);
        let chosen: HashSet<_> = first.iter().map(|one| Arc::as_ptr(one).addr()).collect();
        left.retain(|worker| !chosen.contains(&Arc::as_ptr(worker).addr()));
        first.iter().for_each(|worker| worker.end(why, false));
        let _ = timeout_at(end, all_gone(registry, &first)).await;
    }
}

/// Say it of one that is not over: of the others that was told.
fn log(worker: &Arc<dyn Recipient>) {
    let address = worker.address();
    if worker.doing().is_some_and(|doing| doing != State::Stopped) {
        tracing::error!(target: "skep::node", worker = %address, "did not stop in time");
    }
}

/// What a worker had and did not handle: it is lost with the node.
struct Left<'a> {
    worker: &'a Arc<dyn Recipient>,
    /// How many it had handled, and how many had failed, before.
    handled: u64,
    failed: u64,
    /// It is cut off in the middle of one.
    in_hand: bool,
    messages: usize,
}

impl<'a> Left<'a> {
    /// What it has when it is told to end. It may still take a few of what is queued.
    fn of(worker: &'a Arc<dyn Recipient>) -> Self {
        let in_hand = worker.has_one_in_hand();
        let (handled, failed) = counts(worker);
        Self { worker, handled, failed, in_hand, messages: worker.queued() }
    }

    /// What of that it has not handled when it ends.
    fn settle(&mut self) {
        let Some(doing) = self.worker.doing() else { return };
        let (handled, failed) = counts(self.worker);
        // What is cut off is a dead letter that nobody counts as failed.
        self.in_hand &= handled == self.handled;
        if doing == State::Stopped {
            let failed = failed.saturating_sub(self.failed);
            self.messages = self.messages.min(usize::try_from(failed).unwrap_or(usize::MAX));
        } else if !self.in_hand {
            self.messages = self.worker.queued();
            self.in_hand = self.worker.has_one_in_hand();
        }
        self.messages += usize::from(self.in_hand);
    }

    fn tell(&self) -> usize {
        let (worker, left) = (self.worker.address(), self.messages);
        if left > 0 {
            let noun = if left == 1 { "message was" } else { "messages were" };
            tracing::warn!(target: "skep::node", %worker, "{left} {noun} not handled in time");
        }
        left
    }
}

/// The messages that it has handled, and those that have failed.
fn counts(worker: &Arc<dyn Recipient>) -> (u64, u64) {
    let Stats { handled, failed, .. } = worker.stats();
    (handled.load(Ordering::Relaxed), failed.load(Ordering::Relaxed))
}

fn is_busy(worker: &Arc<dyn Recipient>) -> bool {
    worker.doing().is_some_and(|doing| matches!(doing, State::Running | State::Starting))
        || !worker.mailbox().is_empty()
}

async fn all_gone(registry: &Registry, workers: &[Arc<dyn Recipient>]) {
    for worker in workers {
        gone(registry, worker).await;
    }
}

/// Sandboxed workers tell when their state changes; at the others it is looked.
async fn gone(registry: &Registry, worker: &Arc<dyn Recipient>) {
    loop {
        let mut changed = std::pin::pin!(registry.changed.notified());
        changed.as_mut().enable();
        if worker.doing().is_none_or(|doing| doing == State::Stopped) {
            return;
        }
        let _ = tokio::time::timeout(LOOK, changed).await;
    }
}
