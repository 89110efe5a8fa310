//! What happens to a worker is told: to who listens, and in the log.

use super::Cell;
use crate::config::Limit;
use crate::engine::Failure;
use crate::events::What;
use crate::sync::Ordering;

impl Cell {
    /// Something happened to it.
    pub(in crate::worker) fn happens(&self, what: What) {
        let generation = self.generation().number;
        self.parts.core.events.worker(&self.parts.address, Some(generation), what);
    }

    /// An instance of it failed.
    pub(in crate::worker) fn trapped(&self, why: &str, failure: &Failure) {
        let limit = failure.overrun.map(|overrun| Limit::from(overrun).key());
        self.happens(What::Trapped { reason: why.into(), limit });
    }

    /// It has started; said once.
    pub(super) fn has_started(&self) {
        if !self.announced.swap(true, Ordering::Relaxed) {
            self.comes_or_goes(What::Started);
        }
    }

    /// It is over. Of one that has never started there is nothing to tell.
    pub(super) fn has_stopped(&self, why: &str) {
        if self.announced.load(Ordering::Relaxed) {
            self.comes_or_goes(What::Stopped { reason: why.into() });
        }
    }

    /// Of children there may be thousands, for a moment each.
    fn comes_or_goes(&self, what: What) {
        if self.parts.parent.is_none() {
            return self.happens(what);
        }
        let generation = self.generation().number;
        self.parts.core.events.in_passing(&self.parts.address, Some(generation), what);
    }
}
