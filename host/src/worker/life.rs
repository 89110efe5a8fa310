//! The life of a worker: an instance when there is reason for one, its messages
//! one by one, and the next instance when it fails.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{Limit, Restart};
use crate::engine::{Birth, Ended, Failure, Instance};
use crate::events::What;
use crate::executor::yield_now;
use crate::hostcalls::Overrun;
use crate::outbox::Handling;
use crate::router::{Message, Recipient, State, Stats};
use crate::sanitize::{brief, sanitize};
use crate::sync::{Ordering, lock};
use crate::worker::awake::Slot;
use crate::worker::cell::Cell;
use crate::worker::generation::Generation;
use crate::worker::intensity::Intensity;
use crate::worker::orders::Order;
use crate::worker::saved::Saved;
use crate::worker::settle::{Step, succeeded, unsettled};
use crate::worker::swap::{self, Fallback, Live, Reload, Rest, Seat};

/// When a worker tries again that the node had no place for: for its next message, which may find
/// one, or because it has something to do without.
const SOON: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_secs(1);

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

impl Line {
    /// Why the first instance of a new generation begins, while there is none of the old.
    pub(super) fn birth_of_reload(&self) -> Birth {
        match self.birth {
            Birth::First => Birth::First,
            _ => Birth::Reload,
        }
    }

    /// The instance was ended in the middle of a message.
    pub(super) fn interrupted(&mut self, why: &str) {
        self.birth = Birth::Restart(why.into());
    }

    /// It begins anew as if nothing had failed.
    pub(super) fn forgive(&mut self) {
        self.intensity.progressed();
    }
}

/// How an instance ended.
enum End {
    /// In good order, and the worker with it.
    Stopped(String),
    /// In good order, and another takes its place.
    Renewed(String),
    /// In good order; the next message brings another.
    Slept,
    /// It was discarded.
    Failed(String),
    /// It was discarded on trial: the generation before has its place again.
    RolledBack(String),
}

/// What a worker does next.
enum Next {
    Message(Box<Message>),
    Order(Order<Reload>),
    Sleep,
    Rest,
}

/// Why no instance has begun.
enum Unborn {
    /// It failed.
    Failed(String),
    /// The node has no place for it.
    NoPlace(String),
    /// The worker was told something while it waited for one.
    Told,
}

/// From the first reason for an instance until there is none, or the worker is over.
pub(super) async fn live(cell: Arc<Cell>) {
    loop {
        if let Some(why) = cell.stop_asked() {
            return cell.finish(&why);
        }
        let begun = match cell.orders.reload() {
            Some(order) => match swap::enter(&cell, order).await {
                Some(seat) => Ok(seat),
                None => continue,
            },
            None if cell.state() == State::Parked => {
                return bury_mail(&cell, "its receiver is parked");
            }
            None if !has_reason(&cell) => return cell.set_state(State::Asleep),
            None => awaken(&cell).await,
        };
        let end = match begun {
            Ok(seat) => serve(&cell, seat).await,
            Err(Unborn::Failed(why)) => End::Failed(why),
            Err(Unborn::NoPlace(why)) => {
                go_without(&cell, &why);
                // Without a reason to try again the next message finds it asleep, and need not wait.
                if has_reason(&cell) {
                    pause(&cell, if cell.has_mail() { SOON } else { LATER }).await;
                }
                continue;
            }
            Err(Unborn::Told) => continue,
        };
        let why = match end {
            End::Stopped(why) => return cell.finish(&why),
            End::Failed(why) if cell.generation().options.restart == Restart::Temporary => {
                cell.warn(&format!("ended, being temporary: {why}"));
                return cell.finish(&why);
            }
            End::Slept => {
                lock(&cell.line).birth = Birth::Wake;
                continue;
            }
            End::RolledBack(why) => {
                lock(&cell.line).birth = Birth::Restart(why);
                continue;
            }
            End::Failed(why) | End::Renewed(why) => why,
        };
        let wait = {
            let most = cell.generation().options.limits.failures;
            let mut line = lock(&cell.line);
            line.birth = Birth::Restart(why.clone());
            line.intensity.failed(Instant::now(), most)
        };
        let Some(wait) = wait else {
            let most = cell.generation().options.limits.failures;
            cell.stats.reach(Limit::Failures);
            park(&cell, &format!("{}; {why}", Intensity::words(most)));
            continue;
        };
        Stats::add(&cell.stats.restarts, 1);
        cell.happens(What::Restarted { reason: why });
        pause(&cell, wait).await;
    }
}

/// Whether an instance is needed: for mail, or because it has something to do
/// without.
fn has_reason(cell: &Cell) -> bool {
    let fails_not = |birth: &Birth| matches!(birth, Birth::First | Birth::Wake);
    let restarts = cell.generation().code.has_lifecycle() && !fails_not(&lock(&cell.line).birth);
    restarts || cell.has_mail() || cell.is_beginning()
}

/// An instance of the current generation; the text says why it does not begin.
async fn awaken(cell: &Arc<Cell>) -> Result<Seat, Unborn> {
    cell.set_state(State::Starting);
    let (birth, generation) = (lock(&cell.line).birth.clone(), cell.generation());
    let slot = tokio::select! {
        biased;
        slot = cell.parts.awake.slot(cell, generation.options.limits.start) => slot,
        () = is_told(cell) => return Err(Unborn::Told),
    };
    let slot = slot.map_err(Unborn::NoPlace)?;
    let saved = lock(&cell.saved).clone();
    match begin(cell, &generation, &birth, saved.as_ref(), slot).await {
        Ok(live) => Ok(Seat::new(live)),
        Err(failure) if failure.of_host => Err(Unborn::NoPlace(failure.why)),
        Err(failure) => {
            match failure.overrun {
                Some(Overrun::Deadline) => cell.stats.reach(Limit::Start),
                Some(overrun) => cell.stats.reach(overrun.into()),
                None => {}
            }
            let why = format!("it failed to start: {}", failure.why);
            cell.stats.failure(&why);
            cell.trapped(&why, &failure);
            Err(Unborn::Failed(why))
        }
    }
}

/// The node has no place for an instance: a worker that was to begin is parked, and one that
/// has begun before gives up the message that it was to wake for.
fn go_without(cell: &Arc<Cell>, why: &str) {
    cell.stats.failure(why);
    if cell.is_beginning() {
        return park(cell, why);
    }
    cell.warn(why);
    if let Some(message) = cell.next_message() {
        cell.give_up(message, why);
    }
    cell.set_state(State::Asleep);
}

/// Instantiate, start and restore. What `start` asked for is done once all succeeded.
pub(super) async fn begin(
    cell: &Arc<Cell>,
    generation: &Arc<Generation>,
    birth: &Birth,
    saved: Option<&Saved>,
    slot: Slot,
) -> Result<Live, Failure> {
    let parts = &cell.parts;
    let Generation { code, options, .. } = &**generation;
    let handling = Handling::new(parts.core.clone(), cell.clone(), options.clone());
    let (limits, log) = (&options.limits, cell.log.clone());
    let mail = cell.clone();
    let mut instance =
        Instance::new(&parts.engine, code, handling, limits, log, cell.gauge.clone(), mail).await?;
    let refused = |text: String| Failure {
        why: sanitize(&brief(text)).into_owned(),
        overrun: None,
        of_host: false,
    };
    instance.start(&options.args, birth).await?.map_err(refused)?;
    if let Some(saved) = saved {
        instance.restore(saved.bytes()).await?.map_err(refused)?;
    }
    instance.handling().commit_all().await;
    Stats::peak(&cell.stats.peaks.start, instance.usage().time);
    cell.used();
    Ok(Live { generation: generation.clone(), instance, slot })
}

/// Handle one message after the other.
async fn serve(cell: &Arc<Cell>, mut seat: Seat) -> End {
    cell.begun();
    cell.set_state(State::Idle);
    // An instance before this one failed, or so it may be.
    let mut troubled = true;
    loop {
        let message = match next(cell).await {
            Next::Message(message) => {
                if cell.is_to_sleep() {
                    seat.live.slot.keep();
                }
                message
            }
            Next::Sleep => match seat.fall_asleep(cell).await {
                Rest::Asleep => return End::Slept,
                Rest::Failed(why) => return End::Failed(why),
                Rest::Awake => {
                    seat.live.slot.keep();
                    continue;
                }
            },
            Next::Rest => {
                seat.live.instance.rest();
                continue;
            }
            Next::Order(Order::Stop(why)) => {
                seat.wind_down(cell).await;
                return End::Stopped(why);
            }
            Next::Order(Order::Renew(why)) => {
                seat.wind_down(cell).await;
                return End::Renewed(why);
            }
            Next::Order(Order::Reload(order)) => match seat.take_over(cell, order).await {
                Ok(()) => continue,
                Err(why) => return End::Failed(why),
            },
        };
        match handle(cell, &mut seat, message, !troubled).await {
            Step::Next => {
                if troubled {
                    lock(&cell.line).intensity.progressed();
                }
                seat.passed(cell).await;
            }
            Step::Again => {}
            Step::Discard { why, settled } => {
                match seat.roll_back(cell, &why) {
                    Fallback::Kept => continue,
                    Fallback::Anew => return End::RolledBack(why),
                    Fallback::None => {}
                }
                if settled {
                    lock(&cell.line).intensity.progressed();
                }
                return End::Failed(why);
            }
        }
        troubled = false;
        if cell.slice.is_over_with_it(cell.ticks_of_turn()) && !cell.mailbox().is_empty() {
            cell.slice.spend();
            yield_now().await;
        }
    }
}

/// The next message, or what the worker is told.
async fn next(cell: &Cell) -> Next {
    loop {
        let Some(due) = cell.next_due() else { return told(cell).await };
        tokio::select! {
            biased;
            next = told(cell) => return next,
            () = tokio::time::sleep_until(due) => {}
        }
    }
}

async fn told(cell: &Cell) -> Next {
    poll_fn(|_| {
        if let Some(order) = cell.orders.next(|| cell.has_mail()) {
            return Poll::Ready(Next::Order(order));
        }
        match cell.next_message() {
            Some(message) => Poll::Ready(Next::Message(message)),
            None if cell.is_told_to_sleep() && cell.is_to_sleep() => Poll::Ready(Next::Sleep),
            None if cell.is_to_rest() => Poll::Ready(Next::Rest),
            None => {
                cell.rest();
                Poll::Pending
            }
        }
    })
    .await
}

/// Handle a message, and where more wait and it may go `on`, those in the same call.
async fn handle(cell: &Arc<Cell>, seat: &mut Seat, message: Box<Message>, on: bool) -> Step {
    if message.is_expired() {
        Stats::add(&cell.stats.expired, 1);
        cell.expire(message);
        return Step::Next;
    }
    cell.used();
    let on_trial = seat.on_trial();
    // Whatever comes between two messages needs a call for each.
    let on = on && !cell.mailbox().is_empty() && !on_trial && !seat.live.generation.saves_often();
    let instance = &mut seat.live.instance;
    instance.handling().begin(message);
    cell.in_hand.store(true, Ordering::Relaxed);
    let ended = instance.handle(on).await;
    cell.count(instance.usage());
    let step = match ended {
        Ok(Ended::Ok) => succeeded(cell, &mut seat.live, on_trial).await,
        ended => unsettled(cell, &mut seat.live, ended, on_trial),
    };
    cell.in_hand.store(false, Ordering::Relaxed);
    step
}

/// Wait, unless the worker is told something.
async fn pause(cell: &Cell, wait: Duration) {
    if wait.is_zero() {
        return;
    }
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = is_told(cell) => {}
    }
}

/// Wait for that.
async fn is_told(cell: &Cell) {
    poll_fn(|_| if cell.is_told() { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// The worker takes no more messages, and says why.
fn park(cell: &Arc<Cell>, why: &str) {
    let why = format!("parked: {why}");
    cell.stats.failure(&why);
    cell.happens(What::Parked { reason: why.clone() });
    cell.set_state(State::Parked);
    bury_mail(cell, &format!("its receiver is {why}"));
    // Of what was buried just now that is the reason, and not the worker's last failure.
    cell.stats.failure(&why);
    cell.tell_watchers(&why);
}

fn bury_mail(cell: &Arc<Cell>, why: &str) {
    for message in cell.take_aside().drain() {
        cell.give_up(message, why);
    }
    while let Some(message) = cell.mailbox().pop() {
        cell.give_up(message, why);
    }
}
