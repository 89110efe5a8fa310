//! Who is to be told when a worker has stopped for good.

use skep_protocol::Address;

use crate::router::{Router, Watcher};
use crate::sync::{Mutex, lock};

/// The watchers of one worker.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    /// Why the worker has stopped.
    stopped: Option<String>,
    list: Vec<Watcher>,
}

impl Watchers {
    /// Add one, unless the worker has stopped: then it and the reason come back.
    pub(crate) fn add(&self, watcher: Watcher) -> Result<(), (Watcher, String)> {
        let mut watched = lock(&self.0);
        match &watched.stopped {
            Some(why) => Err((watcher, why.clone())),
            None => {
                watched.list.push(watcher);
                Ok(())
            }
        }
    }

    /// Why the worker takes no more messages, once it does not.
    pub(crate) fn ended(&self) -> Option<String> {
        lock(&self.0).stopped.clone()
    }

    /// The worker takes messages again.
    pub(crate) fn reopen(&self) {
        lock(&self.0).stopped = None;
    }

    /// Forget all of this address.
    pub(crate) fn remove(&self, watcher: &Address) {
        // What they held is given back outside of the lock.
        let _gone: Vec<_> = lock(&self.0)
            .list
            .extract_if(.., |each| each.place.address() == Some(watcher))
            .collect();
    }

    /// The worker of this address takes no more messages, since it is parked or has
    /// stopped for good: tell all.
    pub(crate) fn tell(&self, router: &Router, address: &Address, why: &str) {
        let list = {
            let mut watched = lock(&self.0);
            watched.stopped = Some(why.into());
            std::mem::take(&mut watched.list)
        };
        for watcher in list {
            watcher.tell(router, address.clone(), why.into());
        }
    }
}

impl std::fmt::Debug for Watchers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Watchers").finish_non_exhaustive()
    }
}
