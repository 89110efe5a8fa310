//! The life of a worker: an instance when there is reason for one, its messages
//! one by one, and the next instance when it fails.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{Limit, Restart};
use crate::engine::{Birth, Failure, Instance};
use crate::hostcalls::Overrun;
use crate::outbox::{Asker, Handling};
use crate::router::{Message, Recipient, State, Stats};
use crate::sanitize::{brief, sanitize};
use crate::sync::{Ordering, lock};
use crate::worker::cell::Cell;
use crate::worker::generation::Generation;
use crate::worker::intensity::Intensity;
use crate::worker::settle::{Step, settle};

/// Messages of one slice: then others have their turn.
const SLICE: u32 = 64;

/// What the next instance has to know of those before.
#[derive(Debug)]
pub(super) struct Line {
    birth: Birth,
    intensity: Intensity,
}

impl Default for Line {
    fn default() -> Self {
        Self { birth: Birth::First, intensity: Intensity::default() }
    }
}

/// How an instance ended.
enum End {
    /// In good order, and the worker with it.
    Stopped(String),
    /// In good order, and another takes its place.
    Renewed(String),
    /// It was discarded.
    Failed(String),
}

/// What a worker does next.
enum Next {
    Message(Box<Message>),
    Stop(String),
    Renew(String),
}

/// From the first reason for an instance until there is none, or the worker is over.
pub(super) async fn live(cell: Arc<Cell>) {
    loop {
        if cell.state() == State::Parked {
            bury_mail(&cell, "its receiver is parked");
            // What else it may be told, once the mail is gone, is to stop.
            return cell.stop_asked().map_or((), |why| cell.finish(&why));
        }
        if let Some(why) = cell.stop_asked() {
            return cell.finish(&why);
        }
        if !has_reason(&cell) {
            return cell.set_state(State::Asleep);
        }
        let why = match one_instance(&cell).await {
            End::Stopped(why) => return cell.finish(&why),
            End::Failed(why) if cell.generation().options.restart == Restart::Temporary => {
                tracing::warn!(target: "skep::worker", worker = %cell.address(), "ended, being temporary: {why}");
                return cell.finish(&why);
            }
            End::Failed(why) | End::Renewed(why) => why,
        };
        let wait = {
            let mut line = lock(&cell.line);
            line.birth = Birth::Restart(why.clone());
            line.intensity.failed(Instant::now(), cell.generation().options.limits.failures)
        };
        let Some(wait) = wait else { return park(&cell, &why) };
        Stats::add(&cell.stats.restarts, 1);
        pause(&cell, wait).await;
    }
}

/// Whether an instance is needed: for mail, or because it has something to do
/// without.
fn has_reason(cell: &Cell) -> bool {
    let restarts =
        cell.generation().code.has_lifecycle() && !matches!(lock(&cell.line).birth, Birth::First);
    restarts || !cell.mailbox().is_empty() || cell.control(|control| control.begin).unwrap_or(false)
}

/// One instance, from its begin to its end.
async fn one_instance(cell: &Arc<Cell>) -> End {
    cell.set_state(State::Starting);
    let birth = lock(&cell.line).birth.clone();
    match begin(cell, &birth).await {
        Ok(mut instance) => {
            cell.begun();
            cell.set_state(State::Idle);
            serve(cell, &mut instance).await
        }
        Err(failure) => {
            let why = format!("it failed to start: {}", failure.why);
            match failure.overrun {
                Some(Overrun::Deadline) => cell.stats.reach(Limit::Start),
                Some(overrun) => cell.stats.reach(overrun.into()),
                None => {}
            }
            cell.stats.failure(&why);
            tracing::warn!(target: "skep::worker", worker = %cell.address(), "{why}");
            End::Failed(why)
        }
    }
}

/// Instantiate, start and restore. What `start` asked for is done once all succeeded.
async fn begin(cell: &Arc<Cell>, birth: &Birth) -> Result<Instance, Failure> {
    let parts = &cell.parts;
    let asker: Arc<dyn Asker> = cell.clone();
    let Generation { code, options, .. } = cell.generation();
    let handling = Handling::new(parts.core.clone(), asker, options.clone());
    let (limits, log) = (&options.limits, cell.log.clone());
    let mut instance =
        Instance::new(&parts.engine, code, handling, limits, log, cell.gauge.clone()).await?;
    let refused =
        |text: String| Failure { why: sanitize(&brief(text)).into_owned(), overrun: None };
    instance.start(&options.args, birth).await?.map_err(refused)?;
    let saved = lock(&cell.saved).clone();
    if let Some(saved) = saved {
        instance.restore(&saved).await?.map_err(refused)?;
    }
    instance.handling().commit_all().await;
    Ok(instance)
}

/// Handle one message after the other.
async fn serve(cell: &Arc<Cell>, instance: &mut Instance) -> End {
    let ticker = cell.parts.engine.ticker();
    let (mut handled, mut began) = (0, ticker.now());
    // An instance before this one failed, or so it may be.
    let mut troubled = true;
    loop {
        let message = match next(cell).await {
            Next::Message(message) => message,
            Next::Stop(why) => {
                wind_down(cell, instance).await;
                return End::Stopped(why);
            }
            Next::Renew(why) => {
                wind_down(cell, instance).await;
                return End::Renewed(why);
            }
        };
        match handle(cell, instance, message).await {
            Step::Next if troubled => lock(&cell.line).intensity.progressed(),
            Step::Next => {}
            Step::Pause(wait) => pause(cell, wait).await,
            Step::Discard { why, settled } => {
                if settled {
                    lock(&cell.line).intensity.progressed();
                }
                return End::Failed(why);
            }
        }
        troubled = false;
        handled += 1;
        if handled >= SLICE || ticker.now() != began {
            if !cell.mailbox().is_empty() {
                cell.sliced.store(true, Ordering::Relaxed);
                yield_now().await;
            }
            (handled, began) = (0, ticker.now());
        }
    }
}

/// The next message, or the word to stop.
async fn next(cell: &Cell) -> Next {
    poll_fn(|_| {
        if let Some(why) = cell.stop_asked() {
            return Poll::Ready(Next::Stop(why));
        }
        if let Some(why) = cell.renewal() {
            return Poll::Ready(Next::Renew(why));
        }
        match cell.mailbox().pop() {
            Some(message) => Poll::Ready(Next::Message(message)),
            None => {
                cell.rest();
                Poll::Pending
            }
        }
    })
    .await
}

async fn handle(cell: &Arc<Cell>, instance: &mut Instance, message: Box<Message>) -> Step {
    if message.is_expired() {
        Stats::add(&cell.stats.expired, 1);
        cell.give_up(message, "nobody waits for its answer any more");
        return Step::Next;
    }
    let payload = message.payload.clone();
    instance.handling().begin(message);
    let ended = instance.handle(&payload).await;
    cell.count(instance.usage());
    settle(cell, instance, ended).await
}

/// End an instance in good order.
async fn wind_down(cell: &Cell, instance: &mut Instance) {
    match instance.stop().await {
        Ok(()) => instance.handling().commit_all().await,
        Err(failure) => {
            tracing::warn!(target: "skep::worker", worker = %cell.address(), "its stop failed: {}", failure.why);
        }
    }
}

/// Wait, unless the worker is told to stop.
async fn pause(cell: &Cell, wait: Duration) {
    if wait.is_zero() {
        return;
    }
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = poll_fn(|_| if cell.stop_asked().is_some() { Poll::Ready(()) } else { Poll::Pending }) => {}
    }
}

/// The worker failed too often: it takes no more messages, and says why.
fn park(cell: &Arc<Cell>, failure: &str) {
    let most = cell.generation().options.limits.failures;
    let why = format!("parked: {}; {failure}", Intensity::words(most));
    cell.stats.reach(Limit::Failures);
    cell.stats.failure(&why);
    tracing::error!(target: "skep::worker", worker = %cell.address(), "{why}");
    cell.set_state(State::Parked);
    bury_mail(cell, &format!("its receiver is {why}"));
    cell.tell_watchers(&why);
}

fn bury_mail(cell: &Arc<Cell>, why: &str) {
    while let Some(message) = cell.mailbox().pop() {
        cell.give_up(message, why);
    }
}

/// Let others have their turn.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
