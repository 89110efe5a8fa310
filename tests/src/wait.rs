//! The one place where tests wait: for an event, and never for longer than a
//! machine under load may need.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// Whatever is waited for fails the test after this long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Wait for a future that has to end.
///
/// # Panics
/// When it does not end in time.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(PATIENCE, future).await;
    ended.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Look again and again, where nothing tells of the event.
///
/// # Panics
/// When it does not come about in time.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
