//! A node that is gone leaves nothing behind.

use skep::error::RequestError;
use skep::{Node, State};
use skep_tests::wait::{soon, until};
use skep_tests::{Yard, logs};

/// Threads of this process that are a node's.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("skep-")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_end_with_their_node() {
    for stopped in [true, false] {
        let mut yard = Yard::alone(Node::builder().threads(2)).await;
        until("the last node's threads are gone", || (threads() == 8).then_some(())).await;
        yard.start("bare", "bare").await;
        yard.start_with("w", "puppet", |options| options.limits.fuel = u64::MAX).await;
        yard.start("waiting", "puppet").await;
        assert_eq!(yard.answer("bare", "hello").await, "hello");
        // One in an endless loop, one in the middle of a request, and timers ahead.
        yard.block("waiting").await;
        yard.answer("bare", "hello").await;
        yard.send("w", "loop").await;
        if stopped {
            soon("it stops", yard.node.stop_now()).await;
        }
        drop(yard);
        until("no threads", || (threads() == 0).then_some(())).await;
    }
}

/// Who waits for an answer when the node goes is told.
#[tokio::test(flavor = "multi_thread")]
async fn requesters_hear_of_the_end() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    let app = yard.app.clone();
    let asked = tokio::spawn(async move { app.send_and_receive::<String>("w", "reply hi").await });
    until("it is queued", || (yard.status("w")?.mailbox_messages == 2).then_some(())).await;
    yard.node.stop_now().await;
    let outcome = soon("an outcome", asked).await.unwrap();
    assert!(matches!(outcome, Err(RequestError::Dropped(_))), "{outcome:?}");
}

/// A panic in a call from a worker costs that worker, visibly, and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_defect_in_a_host_call_costs_one_worker() {
    let yard = Yard::alone(Node::builder().threads(2)).await;
    yard.start("bare", "bare").await;
    for round in 0..5 {
        yard.start("w", "puppet").await;
        let outcome = yard.ask("w", &format!("log {}", logs::DEFECT)).await;
        assert!(matches!(outcome, Err(RequestError::Dropped(_))), "{round}: {outcome:?}");
        yard.until_state("w", State::Stopped).await;
        assert_eq!(yard.answer("bare", "hello").await, "hello");
    }
    let told = |line: &logs::Line| line.text.contains("the node failed while it ran this worker");
    assert!(logs::lines().iter().any(told));
}
