//! Who begins again after an end, who does not, and who is told.

use skep::{Restart, State, WorkerOptions};
use skep_tests::Yard;

/// What a monitor's message does, to be seen.
const SEEN: &str = "{sender; tell app}";

fn restarting(restart: Restart) -> impl FnOnce(&mut WorkerOptions) {
    move |options| options.restart = restart
}

async fn watched(restart: Restart) -> Yard {
    let yard = Yard::new().await;
    yard.start("watcher", "puppet").await;
    yard.start_with("w", "keeper", restarting(restart)).await;
    yard.answer("watcher", &format!("monitor w {SEEN}; reply")).await;
    yard
}

/// After a failure all but the temporary ones begin again, and know why.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure() {
    for restart in [Restart::Permanent, Restart::Transient] {
        let yard = watched(restart).await;
        assert!(yard.ask("w", "trap").await.is_err());
        let birth = yard.answer("w", "birth; reply").await;
        assert!(birth.starts_with("restart: it trapped"), "{restart:?}: {birth}");
    }
    let mut yard = watched(Restart::Temporary).await;
    yard.send("w", "trap").await;
    let told = yard.receive().await.into_body();
    assert!(told.contains("Stopped((\"w\", \"it trapped"), "{told}");
    yard.until_state("w", State::Stopped).await;
    // The message that it failed on, and was to have again, is not lost.
    let letter = yard.letter("it trapped").await;
    assert_eq!(&letter.payload[..], b"trap");
    // Its name is free.
    yard.start_with("w", "keeper", restarting(Restart::Temporary)).await;
    assert_eq!(yard.answer("w", "birth; reply").await, "first");
}

/// After an end of its own only a permanent one begins again; its mail stays.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_end_of_its_own() {
    let mut yard = watched(Restart::Permanent).await;
    yard.block("watcher").await;
    yard.send("w", "set kept; stop w; request watcher 9000 x").await;
    yard.send("w", "birth; state; tell app").await;
    yard.unblock("watcher").await;
    assert_eq!(yard.receive().await.body(), "restart: it stopped itself\n");
    for restart in [Restart::Transient, Restart::Temporary] {
        let mut yard = watched(restart).await;
        yard.send("w", "stop w").await;
        let told = yard.receive().await.into_body();
        assert!(told.contains("Stopped((\"w\", \"it stopped itself\"))"), "{restart:?}: {told}");
    }
}

/// However it is set, an order from outside is an order.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_order() {
    let mut yard = watched(Restart::Permanent).await;
    yard.node.stop_worker("w").await.unwrap();
    let told = yard.receive().await.into_body();
    assert!(told.contains("Stopped((\"w\", \"it was told to stop\"))"), "{told}");
    yard.until_state("w", State::Stopped).await;
}

/// One that stops itself for ever is parked like one that fails for ever, and who
/// watches it hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn endless_restarts_are_parked_and_told() {
    let mut yard = watched(Restart::Permanent).await;
    yard.start_with("v", "keeper", |options| {
        options.restart = Restart::Permanent;
        options.limits.failures = 3;
        options.args = b"on restart {stop v}".to_vec();
    })
    .await;
    yard.answer("watcher", &format!("monitor v {SEEN}; reply")).await;
    yard.send("v", "stop v").await;
    let told = yard.receive().await.into_body();
    assert!(told.contains("Stopped((\"v\", \"parked: it failed 3 times within 10s"), "{told}");
    yard.until_state("v", State::Parked).await;
    let status = yard.status("v").unwrap();
    assert!(status.ended.is_some_and(|why| why.contains("it stopped itself")));
    let failures = status.limits.iter().find(|limit| limit.key == "failures").unwrap();
    assert_eq!((failures.most, failures.reached), (3, 1));
    // Who comes later hears at once.
    yard.answer("watcher", &format!("monitor v {SEEN}; reply")).await;
    assert!(yard.receive().await.body().contains("parked"));
}

/// Poison does not add up: each message has its attempts, and the worker lives.
#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_poison_messages_leaves_it_alive() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for _ in 0..30 {
        yard.send("w", "trap").await;
    }
    assert_eq!(yard.answer("w", "reply alive").await, "alive");
    yard.until_state("w", State::Idle).await;
    let status = yard.status("w").unwrap();
    assert_eq!((status.failed, status.handled), (30, 1));
    assert_eq!(yard.letters(30).await.len(), 30);
}
