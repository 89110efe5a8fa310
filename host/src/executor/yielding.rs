//! Going behind the others.

use std::future::poll_fn;
use std::task::Poll;

/// Let the others have their turns first. Unlike tokio's it wakes at once, whatever thread this
/// is.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
