//! A worker as the executor has it: a task whose turns poll the future that owns its
//! instance.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{Body, Cell};
use crate::executor::{Executor, Rest, Schedule, Share, Task, Turn};
use crate::router::State;
use crate::sync::{Ordering, lock};
use crate::worker::life;

/// From here on no sender's thread takes a turn of this worker: such a thread may have others to
/// serve, like the one that reads all links.
const LONG: u8 = 8;
/// What a turn adds in which a tick passed. Short ones meet a tick now and then, and each of
/// those without takes one away: it comes to [`LONG`] where more than a third of them do, which
/// are turns of 300 µs and more. (64 echoes are less.)
const FOR_A_TICK: u8 = 2;
/// The most, to which a turn leads at once that used up its time: the next 16 are for others.
const LONGEST: u8 = LONG + 15;

impl Task for Cell {
    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn share(&self) -> &Share {
        &self.share
    }

    fn is_short(&self) -> bool {
        self.long.load(Ordering::Relaxed) < LONG
    }

    fn executor(&self) -> &Arc<Executor> {
        &self.parts.core.executor
    }

    fn turn(&self) -> Turn {
        self.gauge.spent.store(false, Ordering::Relaxed);
        self.gauge.turn.store(self.parts.engine.ticker().now(), Ordering::Relaxed);
        self.slice.begin();
        self.at_rest.store(false, Ordering::Relaxed);
        let rest = self.poll_body();
        let overlong = self.gauge.spent.load(Ordering::Relaxed);
        let ticked = self.ticks_of_turn() > 0;
        let long = after_a_turn(self.long.load(Ordering::Relaxed), overlong, ticked);
        self.long.store(long, Ordering::Relaxed);
        Turn { rest, spent: overlong || self.slice.is_spent() }
    }
}

/// How long its recent turns were, after one more.
fn after_a_turn(long: u8, overlong: bool, ticked: bool) -> u8 {
    match (overlong, ticked) {
        (true, _) => LONGEST,
        (false, true) => (long + FOR_A_TICK).min(LONGEST),
        (false, false) => long.saturating_sub(1),
    }
}

impl Cell {
    /// The ticks since the turn in progress began.
    pub(in crate::worker) fn ticks_of_turn(&self) -> u64 {
        let began = self.gauge.turn.load(Ordering::Relaxed);
        self.parts.engine.ticker().now().saturating_sub(began)
    }

    fn poll_body(&self) -> Rest {
        let mut body = lock(&self.body);
        if self.state() == State::Stopped {
            return Rest::Finished;
        }
        if self.is_killed() {
            // Dropping the body unwinds the guest; what it was handling becomes a
            // dead letter on the way.
            drop(body.take());
            let why = self.orders.with(|told| told.stop.clone()).flatten();
            self.finish(why.as_deref().unwrap_or("it was stopped"));
            return Rest::Finished;
        }
        if self.is_interrupted() {
            // What it was handling goes back to its mailbox on the way.
            drop(body.take());
            self.in_hand.store(false, Ordering::Relaxed);
            let why = "it did not finish in time for the next generation";
            lock(&self.line).interrupted(why);
            self.orders.with(|told| told.interrupt = false);
        }
        if body.is_none() {
            *body = self.me().map(Body::new);
        }
        let Some(Body { future, waker }) = &mut *body else { return Rest::Finished };
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(waker))
        }));
        match polled {
            Ok(Poll::Pending) if self.at_rest.load(Ordering::Relaxed) => Rest::Idle,
            Ok(Poll::Pending) => Rest::Waiting,
            Ok(Poll::Ready(())) => {
                *body = None;
                if self.state() == State::Stopped { Rest::Finished } else { Rest::Idle }
            }
            Err(_) => {
                // A defect of the node itself; the worker goes, the node stays.
                *body = None;
                tracing::error!(worker = %self.parts.address, "the node failed while it ran this worker");
                self.finish("the node failed while it ran this worker");
                Rest::Finished
            }
        }
    }
}

impl Body {
    fn new(cell: Arc<Cell>) -> Self {
        Self { future: Box::pin(life::live(cell.clone())), waker: Waker::from(cell) }
    }
}

impl Wake for Cell {
    fn wake(self: Arc<Self>) {
        self.wake_up();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_up();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether turns are long of which a tick meets one of so many.
    fn is_long(of: u32) -> bool {
        let long = (1..=100).fold(0, |long, turn| after_a_turn(long, false, turn % of == 0));
        long >= LONG
    }

    #[test]
    fn a_tick_now_and_then_makes_no_turn_long() {
        assert_eq!([1, 2, 3, 5, 20].map(is_long), [true, true, false, false, false]);
        let calm =
            (0..16).fold(after_a_turn(0, true, true), |long, _| after_a_turn(long, false, false));
        assert_eq!((after_a_turn(0, true, false), calm), (LONGEST, LONG - 1));
    }
}
