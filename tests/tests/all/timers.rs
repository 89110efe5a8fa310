//! Timers: whose message comes, from whom, and how many there may be.

use skep::{Address, Origin};
use skep_tests::Yard;

#[tokio::test(flavor = "multi_thread")]
async fn one_s_own_comes_from_the_node() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    let number = yard.answer("w", "after 1 w {sender; return; awaited; tell app}; reply").await;
    let seen = format!("Origin::Node(Notice::Timer({number}))\n\nfalse");
    assert_eq!(*yard.receive().await.body(), seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_s_comes_from_who_set_it() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("h1", "bare-hop").await;
    yard.send("w", "after 1 h1,app hello").await;
    let message = yard.receive().await;
    assert_eq!(message.body(), "hello");
    assert_eq!(message.sender(), &Origin::Worker("w".into()));
    assert_eq!(message.return_route(), ["h1", "w"].map(Address::from).into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn they_come_in_the_order_of_their_delays() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", "after 90 app 3; after 10 app 1; after 50 app 2; after 0 app 0").await;
    assert_eq!(yard.bodies(4).await, ["0", "1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_one_does_not_come() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", "after 200 app late; cancel 1; cancel 99; after 300 app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// It belongs to the worker, not to its instance or its name.
#[tokio::test(flavor = "multi_thread")]
async fn one_outlives_an_instance_and_not_the_worker() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.answer("w", "after 100 w {send app rang}; reply").await;
    assert!(yard.ask("w", "trap").await.is_err());
    assert_eq!(yard.receive().await.body(), "rang");

    yard.answer("w", "after 300 app late; after 300 w {send app late}; reply").await;
    yard.node.stop_worker("w").await.unwrap();
    yard.start("w", "puppet").await;
    yard.send("w", "after 400 app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_counted_and_given_back() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    let numbers = yard.answer("w", "repeat 62 {after 600000 w log}; reply").await;
    assert_eq!(numbers.lines().count(), 62);
    let refused = r#"SendError::Quota("64 timers")"#;
    let said = yard.answer("w", "repeat 3 {after 600000 app x}; reply").await;
    assert_eq!(said, format!("63\n64\n{refused}"));
    // What is cancelled gives its place back once that is done.
    let said = yard.answer("w", "cancel 1; after 600000 w log; reply").await;
    assert_eq!(said, refused);
    assert_ne!(yard.answer("w", "after 600000 w log; reply").await, refused);
}

/// What a timer holds until it runs out counts, too.
#[tokio::test(flavor = "multi_thread")]
async fn their_bytes_are_counted_and_given_back() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    let refused = r#"SendError::Quota("4194304 bytes held for later (`held-bytes`)")"#;
    for number in 1..=4 {
        let said = yard.answer("w", "after 600000 app @1048576; reply").await;
        assert_eq!(said, number.to_string());
    }
    assert_eq!(yard.answer("w", "after 600000 app @1; reply").await, refused);
    let held = |yard: &Yard| {
        let limits = yard.status("w").unwrap().limits;
        let held = limits.iter().find(|limit| limit.key == "held-bytes").unwrap();
        (held.used, held.reached)
    };
    assert_eq!(held(&yard), (Some(4 << 20), 1));
    yard.answer("w", "cancel 2; reply").await;
    assert_eq!(held(&yard), (Some(3 << 20), 1));
    assert_eq!(yard.answer("w", "after 600000 app @1; reply").await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_for_nobody_is_a_dead_letter() {
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", "after 1 nobody x").await;
    let letter = yard.letter("no worker has the address `nobody`").await;
    assert_eq!((letter.to, letter.origin), ("nobody".into(), Origin::Worker("w".into())));
}

/// The largest delay there is does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn one_in_the_far_future_is_only_counted() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.send("w", "after 4294967295 app late; after 1 app soon").await;
    assert_eq!(yard.receive().await.body(), "soon");
}
