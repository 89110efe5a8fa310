//! Workers without an instance: when they come to that, and what they still know after it.

use std::time::Duration;

use skep::error::{RequestError, StartError};
use skep::{Node, Save, Sleep, State, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::{guest, handler};
use skep_tests::process::{held, is_shared};
use skep_tests::wait::until;
use tokio::task::JoinSet;

/// Soon.
fn soon(options: &mut WorkerOptions) {
    options.sleep = Sleep::After(Duration::ZERO);
}

fn seldom(options: &mut WorkerOptions) {
    options.sleep = Sleep::Seldom;
}

fn stateless(options: &mut WorkerOptions) {
    seldom(options);
    options.stateless = true;
}

/// A node that has room for so few instances.
async fn small(instances: usize) -> Yard {
    Yard::of(Node::builder().threads(2).instances(instances)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_worker_sleeps_and_goes_on_where_it_was() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| {
        soon(options);
        options.args = b"birth; tell app".into();
    })
    .await;
    assert_eq!(yard.receive().await.body(), "first");
    for number in 1..4 {
        yard.answer("k", &format!("set {number}; reply")).await;
        yard.until_state("k", State::Asleep).await;
        assert_eq!(yard.status("k").unwrap().memory_bytes, 0);
        // Nothing but mail wakes it.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(yard.status("k").unwrap().state, State::Asleep);
        assert_eq!(yard.answer("k", "state; reply").await, number.to_string());
        assert_eq!(yard.receive().await.body(), "wake");
    }
    let status = yard.status("k").unwrap();
    assert_eq!((status.handled, status.failed, status.restarts, status.generation), (6, 0, 0, 1));
}

/// A worker that never sleeps keeps its instance, but not the memory of a stack that it has once
/// used to its depth.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_nothing_to_do_needs_no_stack() {
    const WORKERS: u64 = 64;
    const DEPTH: u64 = 4_000;
    let Some(_) = held().filter(|_| cfg!(target_os = "linux") && !is_shared()) else { return };
    let yard = Yard::new().await;
    let deep =
        "(func $deep (param i32) local.get 0 if local.get 0 i32.const 1 i32.sub call $deep end)";
    let body = format!("i32.const {DEPTH} call $deep i32.const 0");
    let component = yard.node.load_component("deep", handler(deep, &body)).await.unwrap();
    for number in 0..WORKERS {
        let options = WorkerOptions::default();
        yard.node.start_loaded(&format!("w{number}"), &component, options).await.unwrap();
    }
    let memory = || held().map_or(0, |held| held.memory);
    let all = async || {
        for number in 0..WORKERS {
            let name = format!("w{number}");
            let answer = yard.app.send_and_receive::<Vec<u8>>(name.as_str(), [1_u8]).await;
            assert!(matches!(answer, Err(RequestError::Dropped(_))), "{answer:?}");
        }
    };
    for _ in 0..2 {
        all().await;
        // Each level takes two words at least.
        let least = WORKERS * DEPTH * 16;
        let used = memory();
        until("their stacks are given back", || (memory() + least <= used).then_some(())).await;
    }
    let status = yard.status("w0").unwrap();
    assert_eq!((status.state, status.handled, status.restarts), (State::Idle, 2, 0));
}

/// What it set up is its own, asleep or awake.
#[tokio::test(flavor = "multi_thread")]
async fn its_timers_wake_it() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", soon).await;
    yard.answer("k", "set here; after 1500 k {state; tell app}; reply").await;
    yard.until_state("k", State::Asleep).await;
    assert_eq!(yard.receive().await.body(), "here");
}

/// `stop` before it sleeps, as before any end in good order.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_before() {
    let mut yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| {
        soon(options);
        options.config.insert("stop".into(), "send app bye".into());
    })
    .await;
    yard.answer("k", "reply").await;
    assert_eq!(yard.receive().await.body(), "bye");
    yard.until_state("k", State::Asleep).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_forget_something_stays_awake() {
    let yard = Yard::new().await;
    yard.start_with("p", "puppet", soon).await;
    yard.start_with("q", "puppet", |options| {
        soon(options);
        options.stateless = true;
    })
    .await;
    yard.answer("p", "reply").await;
    yard.answer("q", "reply").await;
    yard.until_state("q", State::Asleep).await;
    assert_eq!(yard.status("p").unwrap().state, State::Idle);
    assert_eq!(yard.answer("q", "reply again").await, "again");
}

/// A `save` that fails keeps the instance, and one that traps costs it; neither is asked
/// again, and what was saved last is what there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_save_that_fails_keeps_it_awake() {
    for state in ["save fails", "save traps", "save is large"] {
        let yard = Yard::new().await;
        yard.start_with("k", "keeper", soon).await;
        yard.answer("k", "set one; reply").await;
        yard.until_state("k", State::Asleep).await;
        yard.answer("k", &format!("set {state}; reply")).await;
        let told = || {
            let failure = yard.status("k")?.last_failure;
            (yard.status("k")?.state != State::Asleep && failure.is_some()).then_some(())
        };
        let kept = state != "save traps";
        if !kept {
            until("its save is over", told).await;
        }
        tokio::time::sleep(Duration::from_millis(800)).await;
        let left = if kept { state } else { "one" };
        assert_eq!(yard.answer("k", "state; reply").await, left, "{state}");
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert_eq!(yard.status("k").unwrap().state, State::Idle, "{state}");
    }
}

/// In the middle of a message, or of a wait, nobody is put to sleep.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_answer_is_not_put_to_sleep() {
    let mut yard = small(3).await;
    yard.start_with("k", "keeper", soon).await;
    yard.block("k").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(yard.status("k").unwrap().state, State::Running);
    yard.unblock("k").await;
    yard.until_state("k", State::Asleep).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_used_least_recently_makes_room() {
    let yard = small(3).await;
    for name in ["a", "b", "c", "d"] {
        yard.start_with(name, "keeper", seldom).await;
    }
    // Each has an instance from its start, and so the first one sleeps already.
    yard.until_state("a", State::Asleep).await;
    for name in ["b", "c", "d"] {
        yard.answer(name, &format!("set {name}; reply")).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    yard.answer("b", "reply").await;
    yard.answer("a", "set a; reply").await;
    yard.until_state("c", State::Asleep).await;
    let awake = |name| yard.status(name).unwrap().state != State::Asleep;
    assert_eq!([awake("a"), awake("b"), awake("d")], [true; 3]);
    assert_eq!(yard.node.instances(), (3, 3));
    for name in ["a", "b", "c", "d"] {
        assert_eq!(yard.answer(name, "state; reply").await, name);
    }
}

/// Many more workers than instances, all of them asked at once and again.
#[tokio::test(flavor = "multi_thread")]
async fn many_share_few_instances() {
    let yard = small(8).await;
    for number in 0..64 {
        yard.start_with(&format!("k{number}"), "keeper", seldom).await;
    }
    for round in 0..5 {
        let mut asked = JoinSet::new();
        for number in 0..64 {
            let app = yard.node.app();
            asked.spawn(async move {
                let (name, script) = (format!("k{number}"), format!("set {number}; state; reply"));
                (number, app.send_and_receive::<String>(name, script).await)
            });
        }
        while let Some(answered) = asked.join_next().await {
            let (number, answer) = answered.unwrap();
            assert_eq!(answer, Ok(number.to_string()));
        }
        let (live, most) = yard.node.instances();
        assert!(live <= most, "round {round}: {live} of {most}");
    }
    // An answer leaves before its message is counted.
    let all = || {
        let handled: u64 = yard.node.workers().iter().map(|worker| worker.handled).sum();
        (handled == 64 * 5).then_some(())
    };
    until("all are handled", all).await;
    assert_eq!(yard.node.dead_letter_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_sleep_a_start_is_refused() {
    let yard = small(2).await;
    yard.start("a", "keeper").await;
    yard.start_with("p", "puppet", |_| {}).await;
    yard.answer("p", "reply").await;
    yard.start("q", "puppet").await;
    // `a` has made room for the puppet, which may not.
    yard.answer("q", "reply").await;
    let refused = yard.try_start("b", guest("keeper"), |_| {}).await;
    let Err(StartError::Failed(why)) = refused else { panic!("{refused:?}") };
    for words in ["all 2 instances", "`state`", "`stateless`", "`instances` in [node]"] {
        assert!(why.contains(words), "{why}");
    }
    // A worker that was there before gives up the message that it cannot wake for.
    let outcome = yard.ask("a", "reply").await;
    let Err(RequestError::Dropped(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("all 2 instances"), "{why}");
    // And is there again once there is room.
    yard.node.stop_worker("q").await.unwrap();
    assert_eq!(yard.answer("a", "reply here").await, "here");
}

/// A new generation is on trial for a while: nobody sleeps in that time, and it is the old
/// one's own state that comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_on_trial_stays_awake() {
    let yard = small(4).await;
    yard.start_with("k", "keeper", soon).await;
    yard.answer("k", "set old; reply").await;
    let mut options = WorkerOptions::default();
    soon(&mut options);
    options.config.insert("v".into(), "2".into());
    yard.node.reload_component("k", guest("keeper"), options).await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(yard.status("k").unwrap().state, State::Idle);
    for _ in 0..8 {
        assert_eq!(yard.answer("k", "state; reply").await, "old");
    }
    yard.until_state("k", State::Asleep).await;
    assert_eq!(yard.answer("k", "state; reply").await, "old");
    assert_eq!(yard.status("k").unwrap().generation, 2);
}

/// Saved with every third message: a crash costs what came since.
#[tokio::test(flavor = "multi_thread")]
async fn state_is_saved_with_every_so_many_messages() {
    let yard = Yard::new().await;
    yard.start_with("k", "keeper", |options| {
        options.save = Save::Every(3.try_into().unwrap());
    })
    .await;
    for number in 1..=8 {
        yard.answer("k", &format!("set {number}; reply")).await;
    }
    assert!(yard.ask("k", "trap").await.is_err());
    assert_eq!(yard.answer("k", "state; reply").await, "6");
}

/// A stateless worker keeps nothing and sleeps when others need its place.
#[tokio::test(flavor = "multi_thread")]
async fn the_stateless_make_room() {
    let yard = small(1).await;
    for name in ["a", "b", "c"] {
        yard.start_with(name, "puppet", stateless).await;
    }
    for name in ["a", "b", "c", "a", "b"] {
        assert_eq!(yard.answer(name, &format!("reply {name}")).await, name);
    }
    assert_eq!(yard.node.instances(), (1, 1));
}
