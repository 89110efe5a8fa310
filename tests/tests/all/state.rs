//! State that outlives an instance: when it is saved, and what comes back.

use skep::error::RequestError;
use skep::{Save, State, WorkerOptions};
use skep_tests::Yard;

fn every_message(options: &mut WorkerOptions) {
    options.save = Save::EveryMessage;
}

async fn yard() -> Yard {
    let yard = Yard::new().await;
    yard.start_with("k", "keeper", every_message).await;
    yard.answer("k", "set one; reply").await;
    yard
}

/// Each of these costs the instance; what was saved before is there again, and what
/// the failed message had set is not.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_restored_after_a_failure() {
    let yard = yard().await;
    for end in ["trap", "loop", "recurse", "allocate 100000000"] {
        assert!(yard.ask("k", &format!("set lost; {end}")).await.is_err());
        assert_eq!(yard.answer("k", "state; count; reply").await, "one\n1", "{end}");
    }
}

/// By default it is saved only when an instance ends in good order.
#[tokio::test(flavor = "multi_thread")]
async fn without_saving_it_is_gone() {
    let yard = Yard::new().await;
    yard.start("k", "keeper").await;
    yard.answer("k", "set one; reply").await;
    assert!(yard.ask("k", "trap").await.is_err());
    assert_eq!(yard.answer("k", "state; reply").await, "");
}

/// A message whose state cannot be saved has failed, with all that it asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_saved_did_not_happen() {
    let cases = [
        ("save fails", "its save failed: save fails"),
        ("save traps", "it trapped: wasm trap: wasm `unreachable`"),
        ("save sends", "`save` and `restore` may ask the node for nothing but `log`"),
        ("save is large", "it trapped"),
    ];
    let mut yard = yard().await;
    for (state, reason) in cases {
        let outcome = yard.ask("k", &format!("set {state}; send app lost; reply lost")).await;
        let Err(RequestError::Failed(why)) = outcome else { panic!("{state}: {outcome:?}") };
        assert!(why.contains(reason), "{state}: {why}");
        assert_eq!(yard.answer("k", "state; reply").await, "one", "{state}");
    }
    yard.send("k", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A state that no instance takes parks the worker, visibly.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_cannot_be_restored_parks_the_worker() {
    for state in ["restore fails", "restore traps"] {
        let yard = yard().await;
        yard.answer("k", &format!("set {state}; reply")).await;
        assert!(yard.ask("k", "trap").await.is_err());
        yard.until_state("k", State::Parked).await;
        let why = yard.status("k").unwrap().last_failure.unwrap();
        assert!(why.contains("it failed to start"), "{state}: {why}");
    }
}

/// Refusing a message costs no state, saved or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_what_is_in_memory() {
    let yard = yard().await;
    assert!(yard.ask("k", "reject no").await.is_err());
    assert_eq!(yard.answer("k", "state; count; reply").await, "one\n3");
}

/// The SDK's state, in a real example.
#[tokio::test(flavor = "multi_thread")]
async fn a_counter_counts_on() {
    let yard = Yard::new().await;
    yard.start_with("counter", "counter", |options| {
        every_message(options);
        options.limits.fuel = 500_000;
    })
    .await;
    for expected in ["1", "2"] {
        assert_eq!(yard.answer("counter", "count").await, expected);
    }
    // More than its fuel can look through.
    assert!(yard.ask("counter", &" ".repeat(1_000_000)).await.is_err());
    assert!(yard.status("counter").unwrap().restarts > 0);
    assert_eq!(yard.answer("counter", "count").await, "3");
}
