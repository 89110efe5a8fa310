//! Monitors: who hears of a stop for good, and when.

use skep::State;
use skep_tests::Yard;

/// What a monitor's message does, to be seen.
const SEEN: &str = "{sender; tell app}";

fn stopped(worker: &str, why: &str) -> String {
    format!("Origin::Node(Notice::Stopped({:?}))", (worker, why))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_told_with_its_reason() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("other", "bare").await;
    assert_eq!(yard.answer("w", &format!("monitor other {SEEN}; reply")).await, "ok");
    yard.node.stop_worker("other").await.unwrap();
    assert_eq!(*yard.receive().await.body(), stopped("other", "it was told to stop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_that_is_not_there_it_is_told_at_once() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", &format!("monitor nobody {SEEN}")).await;
    assert_eq!(*yard.receive().await.body(), stopped("nobody", "there is no such worker"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_changed_its_mind_is_not_told() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("other", "bare").await;
    yard.answer("w", &format!("monitor other {SEEN}; reply")).await;
    yard.answer("w", "demonitor other; reply").await;
    yard.node.stop_worker("other").await.unwrap();
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A restart is no stop; a monitor lives through it, on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_restart_nobody_hears() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("other", "puppet").await;
    yard.answer("w", &format!("monitor other {SEEN}; reply")).await;
    for worker in ["other", "w"] {
        assert!(yard.ask(worker, "trap").await.is_err());
        yard.answer(worker, "reply alive").await;
    }
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
    yard.send("other", "stop other").await;
    assert_eq!(*yard.receive().await.body(), stopped("other", "it stopped itself"));
}

#[tokio::test(flavor = "multi_thread")]
async fn monitors_are_counted_and_given_back() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("other", "bare").await;
    yard.answer("w", "repeat 60 {monitor other log}; reply").await;
    let said = yard.answer("w", "repeat 5 {monitor other log}; reply").await;
    assert_eq!(said, "ok\nok\nok\nok\nSendError::Quota(\"64 monitors\")");
    yard.node.stop_worker("other").await.unwrap();
    assert_eq!(yard.answer("w", "monitor w log; reply").await, "ok");
}

/// A watcher that is gone is forgotten, and its name told nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_ends_with_its_worker() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("other", "bare").await;
    yard.answer("w", &format!("monitor other {SEEN}; reply")).await;
    yard.node.stop_worker("w").await.unwrap();
    yard.start("w", "puppet").await;
    yard.node.stop_worker("other").await.unwrap();
    yard.until_state("other", State::Stopped).await;
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
    assert!(yard.node.dead_letters().is_empty());
}
