//! Waiting until a mailbox has room.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use crate::executor::yield_now;
use crate::router::{Router, Unplaced};

/// How often whoever waits looks again: a link tells nobody of its room, and a mailbox only when
/// half of it becomes free, which may not do.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Wait until there may be room for a message, at the longest until `end`.
pub(super) async fn wait(router: &Router, message: &Unplaced, end: Instant) {
    // Others have their turns meanwhile, whatever comes of this.
    yield_now().await;
    let end = end.min(Instant::now() + LOOK_AGAIN);
    let Some(to) = message.to.stops.first().and_then(|name| router.find(name)) else {
        return sleep_until(end).await;
    };
    let mut room = pin!(to.mailbox().room());
    room.as_mut().enable();
    if !to.mailbox().has_room(message.weight()) {
        let _ = timeout_at(end, room).await;
    }
}
