//! Waiting until a mailbox has room.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::executor::yield_now;
use crate::router::{Router, Unplaced};

/// How often whoever waits looks again: a link tells nobody of its room.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Wait until there may be room for a message, at the longest until `end`.
pub(super) async fn wait(router: &Router, message: &Unplaced, end: Instant) {
    // Others have their turns meanwhile, whatever comes of this.
    yield_now().await;
    let end = end.min(Instant::now() + LOOK_AGAIN);
    let Some(to) = message.to.stops.first().and_then(|name| router.find(name)) else {
        return tokio::time::sleep_until(end).await;
    };
    let weight = message.weight();
    let room = poll_fn(|context| match to.mailbox().has_room(weight, context.waker()) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    });
    tokio::select! {
        biased;
        () = room => {}
        () = tokio::time::sleep_until(end) => {}
    }
}
