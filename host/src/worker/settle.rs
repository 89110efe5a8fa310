//! What becomes of a message, and of what its handler asked for, once the handler
//! is over.

use std::sync::Arc;

use crate::config::Save;
use crate::engine::{Ended, Failure, Instance};
use crate::hostcalls::Overrun;
use crate::mailbox::Weigh;
use crate::router::{Message, Recipient, RequestError, Stats};
use crate::sync::{Ordering, lock};
use crate::worker::cell::Cell;
use crate::worker::generation::Generation;
use crate::worker::swap::Live;

/// Deliveries after one that trapped.
const AFTER_TRAPS: u32 = 2;
/// Deliveries after one that used up its fuel, memory or time.
const AFTER_OVERRUNS: u32 = 1;
/// What the worker does after a message.
pub(super) enum Step {
    /// Take the next one.
    Next,
    /// The same; this one was set aside, to be delivered again.
    Again,
    /// Discard the instance; whether the message is settled for good.
    Discard { why: String, settled: bool },
}

/// The handler has succeeded: be done with its message, once its state is safe.
pub(super) async fn succeeded(cell: &Arc<Cell>, live: &mut Live, on_trial: bool) -> Step {
    match save(cell, live).await {
        Ok(()) => done(cell, &mut live.instance).await,
        Err(failure) => unsettled(cell, live, Err(failure), on_trial),
    }
}

/// The handler has not: what it asked for is released, and its message delivered again or
/// buried. On trial a failure is the generation's, and does not count against the message,
/// which the old one is to have.
pub(super) fn unsettled(
    cell: &Arc<Cell>,
    live: &mut Live,
    ended: Result<Ended, Failure>,
    on_trial: bool,
) -> Step {
    let Some(mut message) = live.instance.handling().end() else { return Step::Next };
    let idempotent = live.generation.options.idempotent;
    match ended {
        Ok(Ended::Ok) => Step::Next,
        Ok(Ended::Retry(why)) => retry(cell, message, &why, idempotent),
        Ok(Ended::Reject(why)) => {
            let reason = format!("rejected: {why}");
            cell.bury(message, &reason, RequestError::Rejected(why));
            Step::Next
        }
        Err(failure) => {
            count(cell, &failure);
            let done = message.committed && !idempotent;
            let settled = done || (!on_trial && is_last(&mut message, &failure));
            if settled {
                let reason = format!("{} (delivery {})", failure.why, message.deliveries);
                cell.bury(message, &reason, RequestError::Failed(failure.why.clone()));
            } else {
                put_back(cell, message);
            }
            Step::Discard { why: failure.why, settled }
        }
    }
}

/// All that the handler asked for is done.
async fn done(cell: &Cell, instance: &mut Instance) -> Step {
    // Its place is free before its answer leaves, so that whoever gets that can
    // send the next message.
    if let Some(message) = instance.handling().succeeded() {
        cell.mailbox().release(message.weight());
    }
    instance.handling().commit_all().await;
    // Nothing of this message is left for what comes without one, such as `stop`.
    instance.handling().end();
    Stats::add_alone(&cell.stats.handled, 1);
    Step::Next
}

/// Save the state after a message, if the worker wants that; what the handler
/// asked for is done only once the state is safe.
async fn save(cell: &Cell, live: &mut Live) -> Result<(), Failure> {
    let Generation { code, options, .. } = &*live.generation;
    if !code.has_state() || !is_due(cell, options.save) {
        return Ok(());
    }
    let refused = |why: String| Failure {
        why: format!("its save failed: {}", crate::sanitize::brief(why)),
        overrun: None,
        of_host: false,
    };
    let state = live.instance.save().await?.map_err(refused)?;
    *lock(&cell.saved) = Some(cell.keep(state, options).map_err(refused)?);
    Ok(())
}

/// Whether the state is to be saved with this message.
fn is_due(cell: &Cell, save: Save) -> bool {
    match save {
        Save::Handover => false,
        Save::EveryMessage => true,
        Save::Every(messages) => {
            let handled = cell.stats.handled.load(Ordering::Relaxed) + 1;
            handled.is_multiple_of(messages.get().into())
        }
    }
}

fn retry(cell: &Arc<Cell>, mut message: Box<Message>, why: &str, idempotent: bool) -> Step {
    let Some(wait) = message.retry(idempotent) else {
        let reason = format!("it was to be delivered again, until it was given up: {why}");
        cell.bury(message, &reason, RequestError::Failed(why.into()));
        return Step::Next;
    };
    let retries = message.failures.retries;
    cell.stats.failure(&format!("`retry` {retries} of a message: {why}"));
    cell.set_aside(message, wait);
    Step::Again
}

/// Count a failure, and say it.
fn count(cell: &Cell, failure: &Failure) {
    cell.stats.failure(&failure.why);
    cell.trapped(&failure.why, failure);
    // Memory that was refused is counted with the call, whether that failed or not.
    if let Some(overrun) = failure.overrun.filter(|overrun| *overrun != Overrun::Memory) {
        cell.stats.reach(overrun.into());
    }
}

/// Count a delivery that failed. Whether it was the last that the message has.
fn is_last(message: &mut Message, failure: &Failure) -> bool {
    let (count, most) = match failure.overrun {
        Some(_) => (&mut message.failures.overruns, AFTER_OVERRUNS),
        None => (&mut message.failures.traps, AFTER_TRAPS),
    };
    *count += 1;
    *count > most
}

/// The message is delivered again before all others.
fn put_back(cell: &Arc<Cell>, message: Box<Message>) {
    if let Some(message) = cell.put_back(message) {
        let me: Arc<dyn Recipient> = cell.clone();
        cell.parts.core.router.bury(*message, &me, "its receiver has stopped");
    }
}

impl Cell {
    /// A message that was taken from the mailbox becomes a dead letter.
    fn bury(&self, message: Box<Message>, reason: &str, told: RequestError) {
        Stats::add(&self.stats.failed, 1);
        self.stats.failure(reason);
        self.mailbox().release(message.weight());
        self.parts.core.router.bury_telling(*message, self.address(), reason, told);
    }

    /// A message that nobody waits for any more becomes a dead letter; a requester that is
    /// about to see that its time is over is told just that.
    pub(super) fn expire(&self, message: Box<Message>) {
        self.bury(message, "nobody waits for its answer any more", RequestError::Timeout);
    }

    /// The same, where the requester is told no more than that it was dropped.
    pub(super) fn give_up(&self, message: Box<Message>, why: &str) {
        let told = RequestError::Dropped(format!("at `{}`: {why}", self.address()));
        self.bury(message, why, told);
    }
}
