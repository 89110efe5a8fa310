//! State that outlives an instance: when it is saved, and what comes back.

use std::time::Duration;

use skep::error::RequestError;
use skep::{Node, Save, Sleep, State, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::wait::until;

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
        ("save is large", "its save failed: 17825792 bytes of state, 16777216 are allowed"),
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

/// One that is too large to be kept costs nothing but that: the instance goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_too_large_stays_where_it_is() {
    let yard = Yard::new().await;
    let brief =
        |options: &mut WorkerOptions| options.sleep = Sleep::After(Duration::from_millis(50));
    yard.start_with("k", "keeper", brief).await;
    yard.answer("k", "set save is large; reply").await;
    let why = until("it was asked to sleep", || yard.status("k")?.last_failure).await;
    assert!(why.contains("17825792 bytes of state"), "{why}");
    assert_eq!(yard.answer("k", "state; birth; reply").await, "save is large\nfirst");
    let status = yard.status("k").unwrap();
    let state = status.limits.iter().find(|limit| limit.key == "state").unwrap();
    assert_eq!((state.used, state.reached, status.restarts), (Some(17 << 20), 1, 0));
}

/// What is kept of those that sleep counts as their instances do: there is no room for more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_counts_against_the_node_s_memory() {
    let yard = Yard::of(Node::builder().threads(2).memory(12 << 20)).await;
    let brief =
        |options: &mut WorkerOptions| options.sleep = Sleep::After(Duration::from_millis(50));
    let state = "s".repeat(1_000_000);
    let mut kept = 0;
    for number in 0..12 {
        let name = format!("k{number}");
        let started = yard.try_start(&name, guest("keeper"), brief).await;
        if started.is_err() || yard.ask(&name, &format!("set {state}; reply")).await.is_err() {
            break;
        }
        let ended = until("it sleeps, or cannot", || {
            let status = yard.status(&name)?;
            let cannot = status.last_failure.is_some();
            (status.state == State::Asleep || cannot).then_some(cannot)
        });
        if ended.await {
            break;
        }
        kept += 1;
    }
    assert!((2..12).contains(&kept), "{kept} of 1 MB each are kept in 12 MiB");
    let (used, most) = yard.node.memory();
    assert!(used >= kept * 1_000_000 && used <= most, "{used} of {most}");
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
