//! Waiting until a mailbox has room.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::executor::yield_now;
use crate::outbox::Asker;
use crate::router::{Recipient, Router, Unplaced};

/// How often whoever waits looks again: a link tells nobody of its room, and a mailbox only when
/// half of it becomes free, which may not do.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Wait until there may be room for a message of this worker, at the longest until `end`.
///
/// # Errors
/// That there never will be: whose mailbox it is waits for this worker.
pub(super) async fn wait(
    router: &Router,
    asker: &Arc<dyn Asker>,
    message: &Unplaced,
    end: Instant,
) -> Result<(), String> {
    // Others have their turns meanwhile, whatever comes of this.
    yield_now().await;
    let end = end.min(Instant::now() + LOOK_AGAIN);
    let Some(to) = message.nearest().and_then(|name| router.find(name)) else {
        sleep_until(end).await;
        return Ok(());
    };
    let mut room = pin!(to.mailbox().room());
    room.as_mut().enable();
    if !to.mailbox().has_room(message.weight()) {
        let _waiting = RoomWait::begin(router, asker, &to)?;
        let _ = timeout_at(end, room).await;
    }
    Ok(())
}

/// While this lives, a worker waits for room in a mailbox.
struct RoomWait<'a>(&'a Arc<dyn Asker>);

impl<'a> RoomWait<'a> {
    /// # Errors
    /// The circle of those who would wait for each other.
    fn begin(
        router: &Router,
        asker: &'a Arc<dyn Asker>,
        at: &Arc<dyn Recipient>,
    ) -> Result<Self, String> {
        let me: Arc<dyn Recipient> = asker.clone();
        let begin = || asker.wait_slot().wait_for_room(Some(at.clone()));
        router.waits().add_room(&me, at, begin)?;
        Ok(Self(asker))
    }
}

impl Drop for RoomWait<'_> {
    fn drop(&mut self) {
        self.0.wait_slot().wait_for_room(None);
    }
}
