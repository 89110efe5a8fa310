//! How the watcher's thread is woken: by events of the file system, and by the node.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Instant;

use crate::config::NodeConfig;
use crate::sync::{Condvar, Mutex, lock};

/// What became of a change that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was dealt with: that worker is as its files say, or they were found wanting.
    Done,
    /// It could not be dealt with now.
    Again,
}

/// What has come in since the last time. It is bounded: events are one bit, and of each
/// worker at most one change is being dealt with.
#[derive(Debug, Default)]
pub(super) struct Rung {
    pub(super) stop: bool,
    /// Something may have changed in the folder.
    pub(super) look: bool,
    pub(super) answers: Vec<(String, Answer)>,
    /// What is to be told again: one worker, or all.
    pub(super) again: BTreeSet<Option<String>>,
    /// Other settings of the node.
    pub(super) settings: Option<NodeConfig>,
}

impl Rung {
    fn is_urgent(&self) -> bool {
        self.stop || !self.answers.is_empty() || !self.again.is_empty() || self.settings.is_some()
    }
}

/// What wakes the watcher's thread.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: Mutex<Rung>,
    told: Condvar,
}

impl Bell {
    pub(super) fn ring(&self, write: impl FnOnce(&mut Rung)) {
        write(&mut lock(&self.rung));
        self.told.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        lock(&self.rung).stop
    }

    /// What has come in. That something may have changed stays rung.
    pub(super) fn take(&self) -> Rung {
        let mut rung = lock(&self.rung);
        let left = Rung { look: rung.look, stop: rung.stop, ..Rung::default() };
        std::mem::replace(&mut *rung, left)
    }

    /// Waits until it is time to look (`until`), and says so, or until something has come in.
    /// Events of the folder make it time earlier, but not before `look_from`.
    pub(super) fn wait(&self, until: Instant, look_from: Instant) -> bool {
        let mut rung = lock(&self.rung);
        loop {
            let now = Instant::now();
            if now >= until || (rung.look && now >= look_from) {
                rung.look = false;
                return true;
            }
            if rung.is_urgent() {
                return false;
            }
            let end = if rung.look { until.min(look_from) } else { until };
            let waited = self.told.wait_timeout(rung, end.saturating_duration_since(now));
            (rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}
