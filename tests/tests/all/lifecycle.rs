//! How workers begin, fail to begin, and end.

use std::time::Duration;

use skep::State;
use skep::error::{RequestError, SendError, StartError};
use skep_tests::Yard;
use skep_tests::guests::guest;

fn on_stop(script: &str) -> impl FnOnce(&mut skep::WorkerOptions) {
    move |options| _ = options.config.insert("stop".into(), script.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn start_is_told_its_arguments_and_why() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| options.args = b"birth; tell app".into()).await;
    assert_eq!(yard.receive().await.body(), "first");
    assert!(yard.ask("k", "trap").await.is_err());
    // Once for each delivery of the message that traps.
    for _ in 0..3 {
        let birth = yard.receive().await.into_body();
        assert!(birth.starts_with("restart: it trapped: wasm trap: wasm `unreachable`"), "{birth}");
    }
    assert_eq!(yard.answer("k", "count; reply").await, "1");
}

/// Ways of not starting, and what is said of them.
const FAILING: [(&str, &str); 7] = [
    ("reject broken", "broken"),
    ("trap", "it trapped: wasm trap: wasm `unreachable`"),
    ("loop", "it used up its fuel (1000000)"),
    ("allocate 100000000", "it needed more memory"),
    // There is no message in `start`.
    ("return", "there is no message here"),
    ("reply x", "there is no message here"),
    ("attempt", "there is no message here"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_does_not_start_is_not_there() {
    let yard = Yard::new().await;
    for (script, why) in FAILING {
        let started = yard
            .try_start("k", guest("keeper"), |options| {
                options.args = script.into();
                options.limits.fuel = 1_000_000;
            })
            .await;
        let Err(StartError::Failed(found)) = started else { panic!("{script}: {started:?}") };
        assert!(found.contains(why), "{script}: {found}");
        yard.until_state("k", State::Stopped).await;
    }
    // The name is free again.
    yard.start("k", "keeper").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_does_not_end_is_told_its_own_limit() {
    let yard = Yard::new().await;
    let started = yard
        .try_start("k", guest("keeper"), |options| {
            options.args = b"loop".into();
            options.limits.fuel = u64::MAX;
            options.limits.start = Duration::from_millis(30);
        })
        .await;
    let Err(StartError::Failed(why)) = started else { panic!("{started:?}") };
    assert!(why.contains("it ran longer than its deadline (30ms)"), "{why}");
}

/// What `start` asks for is done when it succeeds, and not when it fails.
#[tokio::test(flavor = "multi_thread")]
async fn start_is_all_or_nothing_too() {
    let mut yard = Yard::new().await;
    let failing = "send app lost; reject broken";
    assert!(
        yard.try_start("k", guest("keeper"), |options| options.args = failing.into())
            .await
            .is_err()
    );
    yard.start_with("l", "keeper", |options| options.args = b"send app sent".into()).await;
    assert_eq!(yard.receive().await.body(), "sent");
}

/// Failing five times without handling anything: the worker is parked, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_restart_is_parked() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| {
        options.args = b"on restart {send app lost; reject broken}".into();
    })
    .await;
    yard.start("asker", "puppet").await;
    let outcome = yard.ask("k", "trap").await;
    let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("parked") && why.contains("broken"), "{why}");
    yard.until_state("k", State::Parked).await;
    let status = yard.status("k").unwrap();
    let reason = status.last_failure.unwrap();
    assert!(reason.contains("it failed 5 times") && reason.contains("broken"), "{reason}");
    assert_eq!(yard.app.send("k", "x").await, Err(SendError::Closed));
    assert_eq!(yard.ask("k", "x").await, Err(SendError::Closed.into()));
    assert_eq!(yard.answer("asker", "send k x; reply").await, "SendError::Closed");
    yard.send("asker", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
    // Parked is not gone: it can be stopped, and its name is taken until then.
    let again = yard.try_start("k", guest("keeper"), |_| {}).await;
    assert_eq!(again, Err(StartError::AddressTaken("k".into())));
    yard.node.stop_worker("k").await.unwrap();
    yard.start("k", "keeper").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_called_after_the_last_message() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", on_stop("send app bye")).await;
    for number in 0..20 {
        yard.send("k", &format!("send app {number}")).await;
    }
    yard.node.stop_worker("k").await.unwrap();
    let mut expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    expected.push("bye".into());
    assert_eq!(yard.bodies(21).await, expected);
    assert!(yard.status("k").is_none());
    assert!(yard.node.dead_letters().is_empty());
}

/// A `stop` that goes wrong does not keep the worker.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_stop_ends_the_worker_all_the_same() {
    let mut yard = Yard::new().await;
    for script in ["send app lost; trap", "send app lost; return", "send app lost; loop"] {
        yard.start_with("k", "keeper", |options| {
            options.limits.fuel = 1_000_000;
            on_stop(script)(options);
        })
        .await;
        yard.node.stop_worker("k").await.unwrap();
        assert!(yard.status("k").is_none(), "{script}");
    }
    yard.start_with("k", "keeper", on_stop("send app bye")).await;
    yard.node.stop_worker("k").await.unwrap();
    assert_eq!(yard.receive().await.body(), "bye");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_lets_its_workers_finish() {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("k", "keeper", on_stop("send app bye")).await;
    for number in 0..5 {
        yard.send("k", &format!("request bare 5000 {number}; tell app")).await;
    }
    yard.node.stop().await;
    assert_eq!(yard.bodies(6).await, ["0", "1", "2", "3", "4", "bye"]);
    assert!(yard.app.receive::<String>().await.is_err());
    assert_eq!(yard.app.send("k", "x").await, Err(SendError::NoRoute("k".into())));
    assert!(yard.workers().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_at_once_keeps_what_was_queued() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    for _ in 0..3 {
        yard.send("w", "send app lost").await;
    }
    yard.node.stop_now().await;
    let letters = yard.node.dead_letters();
    let queued = letters.iter().filter(|letter| *letter.payload == *b"send app lost");
    assert_eq!(queued.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_stop_is_said_with_the_nearest_name() {
    let yard = Yard::new().await;
    yard.start("echoer", "bare").await;
    let error = yard.node.stop_worker("echor").await.unwrap_err();
    assert_eq!(error.to_string(), "no worker has the address `echor` (did you mean `echoer`?)");
    let bad = yard.try_start("Bad Name", guest("bare"), |_| {}).await;
    assert!(matches!(bad, Err(StartError::Invalid(_))), "{bad:?}");
    for name in ["app", "_x"] {
        assert!(yard.try_start(name, guest("bare"), |_| {}).await.is_err(), "{name}");
    }
}
