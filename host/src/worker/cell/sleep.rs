//! When a worker sleeps: it has no instance then, and what it needs of it is saved.

use std::time::Duration;

use tokio::time::Instant;

use super::Cell;
use crate::config::Sleep;
use crate::router::State;
use crate::sync::{Ordering, lock};

/// After so much time with nothing to do a worker's stack goes back to the system: longer than
/// most pauses, since to take it again costs the next message microseconds.
const REST: Duration = Duration::from_secs(1);

impl Cell {
    /// A message is handled, or an instance has begun.
    pub(in crate::worker) fn used(&self) {
        self.used.store(self.parts.engine.ticker().clock(), Ordering::Relaxed);
    }

    /// When that was last, by the ticker's clock.
    pub(in crate::worker) fn last_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether nothing is lost when its instance goes: that can be written down, or the
    /// worker keeps nothing.
    pub(in crate::worker) fn may_sleep(&self) -> bool {
        let generation = self.generation();
        let keeps_nothing_else = generation.code.has_state() || generation.options.stateless;
        keeps_nothing_else && !self.sleepless.load(Ordering::Relaxed)
    }

    /// The same, and it has nothing to do.
    pub(in crate::worker) fn may_sleep_now(&self) -> bool {
        self.is_at_rest()
            && self.trial().is_none_or(|until| until <= Instant::now())
            && self.may_sleep()
    }

    /// Whether it has had nothing to do for long enough, after `idle`. Where a trial is
    /// over and no message has come since, the instance that is kept for it is given up.
    pub(in crate::worker) fn is_tired(&self, idle: Duration) -> bool {
        let Sleep::After(most) = self.generation().options.sleep else {
            return self.is_at_rest() && self.is_trial_over();
        };
        (self.is_at_rest() && self.is_trial_over()) || (idle >= most && self.may_sleep_now())
    }

    /// Whether it has had nothing to do for so long that it needs no stack.
    pub(in crate::worker) fn may_rest(&self, idle: Duration) -> bool {
        idle >= REST && self.is_at_rest()
    }

    fn is_at_rest(&self) -> bool {
        self.state() == State::Idle && self.schedule.is_idle() && !self.has_mail()
    }

    fn is_trial_over(&self) -> bool {
        self.trial().is_some_and(|until| until <= Instant::now())
    }

    /// Until when its current generation is on trial, if it is.
    fn trial(&self) -> Option<Instant> {
        *lock(&self.trial)
    }

    pub(in crate::worker) fn set_trial(&self, until: Option<Instant>) {
        *lock(&self.trial) = until;
    }

    /// Have it sleep, unless mail comes first.
    pub(in crate::worker) fn ask_to_sleep(&self) {
        self.tell(|told| told.sleep = true);
    }

    /// Whether it is to sleep, and no mail has come meanwhile.
    pub(in crate::worker) fn is_told_to_sleep(&self) -> bool {
        self.orders.is(|told| told.sleep) && !self.has_mail()
    }

    /// Whether it is to sleep; said once. Who has mail does not rest either.
    pub(in crate::worker) fn is_to_sleep(&self) -> bool {
        let asked = self.orders.with(|told| {
            told.rest = false;
            std::mem::take(&mut told.sleep)
        });
        asked.unwrap_or(false)
    }

    /// Have it give back what it does not need while it has nothing to do.
    pub(in crate::worker) fn ask_to_rest(&self) {
        self.tell(|told| told.rest = true);
    }

    /// Whether it is to do that; said once.
    pub(in crate::worker) fn is_to_rest(&self) -> bool {
        self.orders.with(|told| std::mem::take(&mut told.rest)).unwrap_or(false)
    }

    /// Its state could not be saved: from now on its instance is kept, as long as that is of
    /// this generation.
    pub(in crate::worker) fn cannot_sleep(&self, why: &str) {
        self.sleepless.store(true, Ordering::Relaxed);
        let why = format!("does not sleep any more: {why}");
        self.stats.failure(&why);
        self.warn(&why);
    }
}
