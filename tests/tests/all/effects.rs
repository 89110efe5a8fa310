//! All or nothing: what a handler asks for is done when it succeeds, or never.

use skep::{Grant, WorkerOptions};
use skep_tests::Yard;

/// Everything that may be asked for, to be noticed if it happens.
const ASKED: &str = "send app lost; reply lost; after 0 app lost; monitor nobody {send app lost}; \
    start bare kid; stop bare; forward bare";

/// Ways of not succeeding.
const ENDS: [&str; 5] = ["trap", "reject no", "loop", "recurse", "allocate 100000000"];

fn set(options: &mut WorkerOptions) {
    options.grants = vec![Grant::StartWorkers];
    options.limits.fuel = 1_000_000;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_failed_handler_happens() {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("w", "puppet", set).await;
    for (number, end) in ENDS.iter().enumerate() {
        yard.send("w", &format!("{ASKED}; {end}")).await;
        yard.letters(number + 1).await;
        // A timer that was set nevertheless would be before this one.
        yard.send("w", "after 5 app fence").await;
        assert_eq!(yard.receive().await.body(), "fence", "{end}");
        assert_eq!(yard.workers(), ["bare", "w"], "{end}");
    }
    // The name that was taken for the child is free again.
    assert_eq!(yard.answer("w", "start bare kid; reply").await, "w.kid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_handler_happens_once() {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("w", "puppet", set).await;
    let script = "send app sent; start bare kid; until-attempt 3 {retry later}; attempt; tell app";
    yard.send("w", script).await;
    assert_eq!(yard.bodies(2).await, ["sent", "ok\nw.kid\n3"]);
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_done_in_the_order_asked_for() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", "send app 1; reply 2; send app 3; reply 4").await;
    assert_eq!(yard.bodies(4).await, ["1", "2", "3", "4"]);
}

/// A request is a commit point: what was asked for before it has happened, and the
/// message is not delivered again, however the handler ends.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_committed_stays_and_happens_once() {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("w", "puppet", set).await;
    for (number, end) in ENDS.iter().chain(&["retry later"]).enumerate() {
        yard.send("w", &format!("send app before; request bare 5000 x; send app after; {end}"))
            .await;
        assert_eq!(yard.letters(number + 1).await.len(), number + 1);
        yard.send("w", "send app fence").await;
        assert_eq!(yard.bodies(2).await, ["before", "fence"], "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_worker_gets_it_again_nevertheless() {
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start_with("w", "puppet", |options| options.idempotent = true).await;
    yard.send("w", "send app before; request bare 5000 x; trap").await;
    yard.letters(1).await;
    yard.send("w", "send app fence").await;
    assert_eq!(yard.bodies(4).await, ["before", "before", "before", "fence"]);
}

/// What is reserved for a handler is given back when it fails.
#[tokio::test(flavor = "multi_thread")]
async fn reserved_places_are_given_back() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start_with("sink", "puppet", |options| options.limits.mailbox_messages = 3).await;
    for _ in 0..5 {
        let refused = yard.ask("w", "repeat 3 {send sink log}; reject no").await;
        assert!(refused.is_err());
    }
    let sink = yard.status("sink").unwrap();
    assert_eq!((sink.mailbox_messages, sink.mailbox_bytes), (0, 0));
    assert_eq!(yard.answer("w", "repeat 4 {send sink log}; reply").await.matches("ok").count(), 3);
}
