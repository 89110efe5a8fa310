//! How the node's end is asked for, and how those who wait for it are told.

use std::sync::Arc;

use tokio::sync::watch;

use crate::control::Ended;

/// What the socket has to do with the node's end.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending {
    /// Whether the workers are not to handle what they have.
    at_once: Arc<watch::Sender<bool>>,
    ended: Arc<watch::Sender<Option<Ended>>>,
}

impl Ending {
    pub(super) fn hurry(&self) {
        self.at_once.send_replace(true);
    }

    /// Wait until somebody wants the end at once.
    pub(super) fn hurried(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.at_once.subscribe();
        let sender = self.at_once.clone();
        async move {
            // It is not closed before: the sender is held.
            let _ = told.wait_for(|at_once| *at_once).await;
            drop(sender);
        }
    }

    /// The node has stopped, with so many messages that were not handled.
    pub(super) fn tell(&self, unhandled: Option<usize>) {
        self.ended.send_replace(Some(Ended { stopped: std::process::id(), unhandled }));
    }

    /// Wait until the node has stopped.
    pub(super) async fn wait(&self) -> Ended {
        let unknown = || Ended { stopped: std::process::id(), unhandled: None };
        match self.ended.subscribe().wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or_else(unknown),
            Err(_) => unknown(),
        }
    }
}
