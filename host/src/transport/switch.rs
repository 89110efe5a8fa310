//! Something that comes about once, and is waited for.

use tokio::sync::watch;

/// Off, until it is on for good.
#[derive(Clone, Debug)]
pub(super) struct Switch(watch::Sender<bool>);

impl Switch {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(super) fn turn_on(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_on(&self) -> bool {
        *self.0.borrow()
    }

    /// Wait until it is on.
    pub(super) async fn on(&self) {
        let _ = self.0.subscribe().wait_for(|on| *on).await;
    }
}
