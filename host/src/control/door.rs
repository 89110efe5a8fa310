//! How many clients there are at a time. Who comes is let in at once: when all places are
//! taken, one goes that has said nothing yet, or does not read its answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::control::guest::Guest;
use crate::control::places;

/// Connections at a time: those that may be kept waiting, and as many others as come at
/// once where a script asks for much.
const CONNECTIONS: usize = places::MOST + 128;
/// So long nobody has to go: a client needs a moment to speak.
const FRESH: Duration = Duration::from_millis(250);

/// All clients, and the tasks that serve them.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// Oldest first.
    clients: VecDeque<Client>,
    tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Client {
    guest: Arc<Guest>,
    task: AbortHandle,
    since: Instant,
}

impl Door {
    /// Wait until one more may come in.
    pub(super) async fn room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.clients.retain(|client| !client.task.is_finished());
            if self.clients.len() < CONNECTIONS {
                return;
            }
            let idle = self.clients.iter().position(|client| !client.guest.is_kept());
            let since = idle.and_then(|at| self.clients.get(at)).map(|client| client.since);
            let fresh = since.map_or(FRESH, |since| FRESH.saturating_sub(since.elapsed()));
            if let Some(at) = idle
                && fresh.is_zero()
                && let Some(client) = self.clients.remove(at)
            {
                return client.task.abort();
            }
            tokio::select! {
                _ = self.tasks.join_next() => {}
                () = tokio::time::sleep(fresh) => {}
            }
        }
    }

    /// Serve a client: until it is served, or has taken too long.
    pub(super) fn enter(&mut self, guest: Arc<Guest>, served: impl Future + Send + 'static) {
        let overdue = guest.clone();
        let task = self.tasks.spawn(async move {
            tokio::select! {
                // A client that hangs up in the middle is no error of the node's.
                _ = served => {}
                () = overdue.overdue() => {}
            }
        });
        self.clients.push_back(Client { guest, task, since: Instant::now() });
    }

    /// All are gone after this.
    pub(super) async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn who_is_kept_stays_and_the_oldest_other_goes() {
        let (mut door, began) = (Door::default(), Instant::now());
        let kept = Guest::new();
        let _kept = kept.keep();
        let oldest = Guest::new();
        for guest in [kept.clone(), oldest.clone()] {
            door.enter(guest, pending::<()>());
        }
        for _ in 2..CONNECTIONS {
            door.room().await;
            door.enter(Guest::new(), pending::<()>());
        }
        door.room().await;
        assert!(began.elapsed() >= FRESH, "all were fresh");
        let is_in = |guest| door.clients.iter().any(|client| Arc::ptr_eq(&client.guest, guest));
        assert!(is_in(&kept) && !is_in(&oldest));
        door.enter(Guest::new(), pending::<()>());
        door.room().await;
        door.close().await;
    }
}
