//! G6: mailboxes that are flooded, full, or lose their worker.

mod endings;
mod floods;

use endings::*;
use floods::*;
use skep::WorkerOptions;
use skep_tests::Yard;
use skep_tests::wait::until;

foreach_g6!(assert_test_exists);

/// Start a puppet `sink` that is in the middle of a message, and stays there: it waits for
/// the answer of `silent`, which gives none.
async fn blocked(yard: &Yard, set: impl FnOnce(&mut WorkerOptions)) {
    yard.start("silent", "puppet").await;
    yard.start_with("sink", "puppet", set).await;
    yard.send("sink", "request silent 30000 keep").await;
    until("it waits", || yard.status("silent").filter(|silent| silent.handled == 1)).await;
}

/// Stop both.
async fn unblock(yard: &Yard) {
    yard.node.stop_worker("sink").await.unwrap();
    yard.node.stop_worker("silent").await.unwrap();
}

/// How many of the commands of a script were done.
fn done(said: &str) -> u64 {
    said.lines().filter(|line| *line == "ok").count() as u64
}
