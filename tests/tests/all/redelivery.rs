//! How often a message is delivered, and what becomes of it and of those behind it.

use std::time::Duration;

use skep::error::RequestError;
use skep::{Node, State};
use skep_tests::{Yard, logs};

/// How a handler ends, how often its message is delivered, and why no more often.
const ENDS: [(&str, u32, &str); 5] = [
    ("trap", 3, "it trapped: wasm trap: wasm `unreachable`"),
    ("recurse", 3, "it trapped: wasm trap: call stack exhausted"),
    ("loop", 2, "it used up its fuel (1000000)"),
    ("allocate 100000000", 2, "it needed more memory than its 67108864 bytes"),
    ("reject no", 1, "rejected: no"),
];

/// The numbers of delivery that a worker has logged.
fn attempts(worker: &str) -> Vec<u32> {
    logs::of(worker).iter().filter_map(|line| line.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_counted_and_numbered() {
    let yard = Yard::alone(Node::builder().threads(2)).await;
    for (number, (end, deliveries, reason)) in ENDS.into_iter().enumerate() {
        let name = format!("w{number}");
        yard.start_with(&name, "puppet", |options| options.limits.fuel = 1_000_000).await;
        yard.send(&name, &format!("attempt; write; {end}")).await;
        let letter = yard.letters(number + 1).await.pop().unwrap();
        assert!(letter.reason.starts_with(reason), "{end}: {}", letter.reason);
        assert_eq!(attempts(&name), (1..=deliveries).collect::<Vec<_>>(), "{end}");
        assert_eq!(letter.attempts, deliveries, "{end}");
        let status = yard.status(&name).unwrap();
        assert_eq!((status.handled, status.failed), (0, 1), "{end}");
        assert_eq!(yard.answer(&name, "attempt; reply").await, "1", "{end}");
        // The last one is counted after the letter is written, and before the next message.
        let restarts = yard.status(&name).unwrap().restarts;
        assert_eq!(restarts, if deliveries == 1 { 0 } else { u64::from(deliveries) }, "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_an_overrun_as_spent_fuel_is() {
    let yard = Yard::alone(Node::builder().threads(2)).await;
    yard.start_with("w", "puppet", |options| {
        options.limits.fuel = u64::MAX;
        options.limits.deadline = Duration::from_millis(30);
    })
    .await;
    let outcome = yard.ask("w", "attempt; write; loop").await;
    let Err(RequestError::Failed(why)) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("it ran longer than its deadline (30ms)"), "{why}");
    assert_eq!(attempts("w"), [1, 2]);
}

/// A message that was never delivered says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_says_how_often_it_was_delivered() {
    let mut yard = Yard::of(Node::builder().threads(2).drain(Duration::ZERO)).await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    yard.send("w", "log").await;
    yard.node.stop_worker("w").await.unwrap();
    let letters = yard.letters(2).await;
    let queued = letters.iter().find(|letter| *letter.payload == *b"log").unwrap();
    assert_eq!((queued.attempts, queued.to.to_string()), (0, "w".into()));
    let handled = letters.iter().find(|letter| *letter.payload != *b"log").unwrap();
    assert_eq!(handled.attempts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_for_a_while_succeeds_in_the_end() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.fuel = 1_000_000).await;
    for (script, attempt) in [
        ("until-attempt 3 {trap}; attempt; reply", "3"),
        ("until-attempt 2 {loop}; attempt; reply", "2"),
        ("until-attempt 4 {retry later}; attempt; reply", "4"),
    ] {
        assert_eq!(yard.answer("w", script).await, attempt, "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_delivered_again_stays_ahead_of_the_others() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for (first, others) in [
        ("until-attempt 3 {retry later}; send app 1", 2),
        ("until-attempt 2 {trap}; send app 1", 2),
    ] {
        yard.send("w", first).await;
        for number in 2..2 + others {
            yard.send("w", &format!("send app {number}")).await;
        }
        assert_eq!(yard.bodies(3).await, ["1", "2", "3"]);
    }
}

/// The worker lives on, however many messages it cannot handle.
#[tokio::test(flavor = "multi_thread")]
async fn poison_ends_as_dead_letters() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.fuel = 100_000).await;
    for number in 0..12 {
        let end = ["trap", "loop", "reject no"][number % 3];
        yard.send("w", end).await;
        assert_eq!(yard.answer("w", &format!("reply {number}")).await, number.to_string());
    }
    let letters = yard.node.dead_letters();
    assert_eq!(letters.len(), 12);
    assert_eq!(
        letters.iter().map(|letter| letter.number).collect::<Vec<_>>(),
        (1..=12).collect::<Vec<_>>()
    );
    yard.until_state("w", State::Idle).await;
}

/// A guest's memory goes with its instance, and stays with a mere refusal.
#[tokio::test(flavor = "multi_thread")]
async fn a_trap_costs_the_instance_and_a_refusal_does_not() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    assert_eq!(yard.answer("w", "count; reply").await, "1");
    for (end, count) in [("reject no", "3"), ("trap", "1")] {
        assert!(yard.ask("w", end).await.is_err());
        assert_eq!(yard.answer("w", "count; reply").await, count, "{end}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_forgotten_one_by_one_or_all() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for number in 0..4 {
        assert!(yard.ask("w", &format!("reject {number}")).await.is_err());
    }
    assert!(yard.node.drop_dead_letter(2));
    assert!(!yard.node.drop_dead_letter(2));
    let numbers: Vec<_> = yard.node.dead_letters().iter().map(|letter| letter.number).collect();
    assert_eq!(numbers, [1, 3, 4]);
    assert_eq!(yard.node.drop_dead_letters(), 3);
    assert!(yard.node.dead_letters().is_empty());
}
