//! One client of the socket: whose turn it is, and how long it may take.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// How long a client may take in all to say what it wants and to read its answer, besides
/// the time that it waits for the node.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that is being served.
#[derive(Debug)]
pub(super) struct Guest {
    /// Whether the node keeps it waiting; otherwise it is the client's turn.
    kept: watch::Sender<bool>,
}

impl Guest {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { kept: watch::Sender::new(false) })
    }

    /// From now until the value goes, it is the node that takes its time.
    pub(super) fn keep(self: &Arc<Self>) -> Kept {
        self.kept.send_replace(true);
        Kept(self.clone())
    }

    pub(super) fn is_kept(&self) -> bool {
        *self.kept.borrow()
    }

    /// Wait until the client has taken too long.
    pub(super) async fn overdue(&self) {
        self.slower_than(PATIENCE).await;
    }

    async fn slower_than(&self, patience: Duration) {
        let mut kept = self.kept.subscribe();
        loop {
            // The sender lives as long as this guest.
            let _ = kept.wait_for(|kept| !kept).await;
            tokio::select! {
                () = tokio::time::sleep(patience) => return,
                _ = kept.wait_for(|kept| *kept) => {}
            }
        }
    }
}

/// A client is kept waiting while this lives.
#[derive(Debug)]
pub(super) struct Kept(Arc<Guest>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.kept.send_replace(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_clients_own_time_counts() {
        let guest = Guest::new();
        let kept = guest.keep();
        let mut slower = std::pin::pin!(guest.slower_than(Duration::from_millis(10)));
        let waited = tokio::time::timeout(Duration::from_millis(100), &mut slower).await;
        assert!(guest.is_kept() && waited.is_err());
        drop(kept);
        slower.await;
    }
}
