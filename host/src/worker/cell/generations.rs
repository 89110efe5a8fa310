//! The versions of a worker's code, and how one follows the other.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Cell, capacity};
use crate::config::WorkerOptions;
use crate::events::What;
use crate::sync::{Ordering, lock};
use crate::worker::generation::Generation;
use crate::worker::swap::Reload;

/// The versions of its code.
#[derive(Debug)]
pub(super) struct Generations {
    pub(super) current: Arc<Generation>,
    pub(super) previous: Option<Arc<Generation>>,
    /// The highest number that was given.
    pub(super) newest: u32,
    /// Which one had taken over and was rolled back since, and why.
    pub(super) given_up: Option<String>,
}

impl Cell {
    /// What its next instance is made from.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        lock(&self.generations).current.clone()
    }

    /// Look at how its current generation runs.
    pub(super) fn look_at_options<T>(&self, look: impl FnOnce(&WorkerOptions) -> T) -> T {
        look(&lock(&self.generations).current.options)
    }

    /// The generation before, if there was one.
    pub(crate) fn previous(&self) -> Option<Arc<Generation>> {
        lock(&self.generations).previous.clone()
    }

    /// The number of a generation to come.
    pub(crate) fn next_number(&self) -> u32 {
        let mut generations = lock(&self.generations);
        generations.newest += 1;
        generations.newest
    }

    /// A generation has taken over.
    pub(in crate::worker) fn set_generation(&self, generation: Arc<Generation>) {
        self.apply(&generation.options);
        let mut generations = lock(&self.generations);
        let before = std::mem::replace(&mut generations.current, generation);
        generations.previous = Some(before);
        generations.given_up = None;
        drop(generations);
        lock(&self.line).forgive();
        self.sleepless.store(false, Ordering::Relaxed);
        self.watchers.reopen();
    }

    /// The generation that had taken over has failed: the one before has its place again.
    pub(in crate::worker) fn rolled_back(&self, generation: Arc<Generation>, why: &str) {
        self.apply(&generation.options);
        let failed = {
            let mut generations = lock(&self.generations);
            let failed = std::mem::replace(&mut generations.current, generation).number;
            generations.previous = None;
            generations.given_up = Some(format!("generation {failed} has failed on trial: {why}"));
            failed
        };
        self.happens(What::RolledBack { previous: failed, reason: why.into() });
    }

    /// Which generation had taken over and was rolled back, and why.
    pub(crate) fn given_up(&self) -> Option<String> {
        lock(&self.generations).given_up.clone()
    }

    /// The bounds of what is kept beside the instance are those of this generation.
    fn apply(&self, options: &WorkerOptions) {
        let limits = &options.limits;
        self.mailbox.resize(capacity(limits));
        self.ledger.resize(limits.descendants);
        self.log.resize(limits);
    }

    /// What runs is what is wanted.
    pub(crate) fn forget_given_up(&self) {
        lock(&self.generations).given_up = None;
    }

    /// Have a generation take over after the message in progress.
    pub(crate) fn reload(
        &self,
        generation: Arc<Generation>,
    ) -> oneshot::Receiver<Result<(), String>> {
        let (done, outcome) = oneshot::channel();
        self.orders.have_take_over(Reload { generation, done });
        self.wake_up();
        outcome
    }

    /// End the message in progress, if a generation waits for it: the next one gets it.
    pub(crate) fn interrupt(&self) {
        self.tell(|told| told.interrupt = told.reload.is_some());
    }

    /// One reload at a time.
    pub(crate) fn reloading(&self) -> &tokio::sync::Mutex<()> {
        &self.reloading
    }
}
