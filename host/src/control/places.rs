//! How many clients the node may keep waiting: for answers, for what stops, and for what
//! happens. There are always fewer than there may be connections, so that others get through.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::control::guest::{Guest, Kept};

/// Clients that wait for one kind of thing at a time.
const WAITING: usize = 64;
/// Clients that wait for one of those places: a script that sends much at once need not
/// know how many there are.
const QUEUED: usize = 64;
/// How long they do.
const QUEUE: Duration = Duration::from_secs(1);
/// All that may be kept waiting.
pub(super) const MOST: usize = 3 * (WAITING + QUEUED);

/// The places of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// For messages that are sent.
    pub(super) sending: Kind,
    /// For workers, and the node, to stop.
    pub(super) stopping: Kind,
    /// For whatever happens.
    pub(super) listening: Kind,
}

/// Places to wait for one kind of thing.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Kind {
    fn default() -> Self {
        Self { places: Semaphore::new(WAITING).into(), queue: Semaphore::new(QUEUED).into() }
    }
}

/// A client may wait while this lives.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _kept: Kept,
}

impl Kind {
    /// Take a place; none if there are too many that wait already.
    pub(super) async fn take(&self, guest: &Arc<Guest>) -> Option<Place> {
        let kept = guest.keep();
        let permit = match self.places.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _queued = self.queue.try_acquire().ok()?;
                let wait = self.places.clone().acquire_owned();
                tokio::time::timeout(QUEUE, wait).await.ok()?.ok()?
            }
        };
        Some(Place { _permit: permit, _kept: kept })
    }

    /// What is said to whom there is no place for.
    pub(super) fn full(what: &str) -> String {
        format!("{WAITING} clients wait for {what} already")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_house_refuses_and_a_free_place_is_given() {
        let kind = Kind::default();
        let mut held = Vec::new();
        for _ in 0..WAITING {
            held.push(kind.take(&Guest::new()).await.unwrap());
        }
        let guest = Guest::new();
        assert!(kind.take(&guest).await.is_none());
        assert!(!guest.is_kept());
        let (place, ()) = tokio::join!(kind.take(&guest), async {
            tokio::time::sleep(QUEUE / 2).await;
            held.pop();
        });
        assert!(place.is_some() && guest.is_kept());
    }
}
