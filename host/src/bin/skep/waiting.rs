//! What is said of a wait that takes long.

use std::time::Duration;

use crate::output;

/// A wait that is no longer needs no word of what it is for.
const LONG: Duration = Duration::from_secs(1);

/// Wait; say what for when it takes long.
pub(crate) async fn noting<T>(wait: impl Future<Output = T>, tell: impl Future<Output = ()>) -> T {
    let mut wait = std::pin::pin!(wait);
    let later = async {
        tokio::time::sleep(LONG).await;
        tell.await;
    };
    tokio::select! {
        ended = &mut wait => return ended,
        () = later => {}
    }
    wait.await
}

/// The same, with a text.
pub(crate) async fn saying<T>(wait: impl Future<Output = T>, text: &str) -> T {
    noting(wait, async { output::note(text) }).await
}
