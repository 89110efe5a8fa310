//! A worker as the executor has it: a task whose turns poll the future that owns its
//! instance.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::{Body, Cell};
use crate::executor::{Executor, Rest, Schedule, Share, Task, Turn};
use crate::router::State;
use crate::sync::{Ordering, lock};
use crate::worker::life;

/// Turns after a long one in which no sender's thread takes a turn of this worker.
const LONG_TURNS: u8 = 16;

impl Task for Cell {
    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn share(&self) -> &Share {
        &self.share
    }

    fn is_short(&self) -> bool {
        self.long.load(Ordering::Relaxed) == 0
    }

    fn executor(&self) -> &Arc<Executor> {
        &self.parts.core.executor
    }

    fn turn(&self) -> Turn {
        self.gauge.spent.store(false, Ordering::Relaxed);
        let now = self.parts.engine.ticker().now();
        self.gauge.turn.store(now, Ordering::Relaxed);
        self.slice.begin(now);
        self.at_rest.store(false, Ordering::Relaxed);
        let rest = self.poll_body();
        let overlong = self.gauge.spent.load(Ordering::Relaxed);
        let calm = self.long.load(Ordering::Relaxed).saturating_sub(1);
        self.long.store(if overlong { LONG_TURNS } else { calm }, Ordering::Relaxed);
        Turn { rest, spent: overlong || self.slice.is_spent() }
    }
}

impl Cell {
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
