//! Full mailboxes: refused, retried, waited for.

use skep::Node;
use skep::error::SendError;
use skep_tests::Yard;
use skep_tests::wait::until;

/// A node with a worker `w` in the middle of a message, whose mailbox is full.
async fn full() -> Yard {
    let mut yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.mailbox_messages = 1).await;
    yard.block("w").await;
    yard
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_to_a_full_one_is_told_at_once() {
    let mut yard = full().await;
    yard.start("sender", "puppet").await;
    assert_eq!(yard.app.send("w", "x").await, Err(SendError::MailboxFull("w".into())));
    let said = yard.answer("sender", "send w x; reply").await;
    assert_eq!(said, r#"SendError::MailboxFull("w")"#);
    yard.unblock("w").await;
    until("room", || (yard.status("w")?.mailbox_messages == 0).then_some(())).await;
    yard.send("w", "send app through").await;
    assert_eq!(yard.receive().await.body(), "through");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_counted_as_messages_are() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.mailbox_bytes = 2_000).await;
    let refused = yard.app.send("w", "x".repeat(2_000)).await;
    assert_eq!(refused, Err(SendError::MailboxFull("w".into())));
    assert_eq!(yard.answer("w", "reply room").await, "room");
}

/// With the SDK's `?` pressure travels upstream by itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_tries_again() {
    let yard = full().await;
    yard.start_with("relay", "relay", |options| {
        options.config.insert("route".into(), "w".into());
    })
    .await;
    let (answer, ()) = tokio::join!(yard.ask("relay", "reply {}"), async {
        // It has tried at least once.
        until("a retry", || (yard.status("relay")?.mailbox_messages == 1).then_some(())).await;
        yard.unblock("w").await;
    });
    assert_eq!(answer.as_deref(), Ok(""));
}

/// A sender that waits handles nothing else until all that it sent has left.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_room_goes_on_in_order() {
    let mut yard = full().await;
    yard.start_with("sender", "puppet", |options| options.wait = true).await;
    yard.send("sender", "send w {send app 1}; send w {send app 2}; send app 3").await;
    yard.send("sender", "send app 4").await;
    yard.unblock("w").await;
    let mut bodies = yard.bodies(4).await;
    // What `w` says and what the sender says are each in order.
    let at = |bodies: &[String], body: &str| bodies.iter().position(|each| each == body).unwrap();
    assert!(at(&bodies, "1") < at(&bodies, "2"), "{bodies:?}");
    assert!(at(&bodies, "3") < at(&bodies, "4"), "{bodies:?}");
    bodies.sort();
    assert_eq!(bodies, ["1", "2", "3", "4"]);
}

/// What finds no room in time is a dead letter, and the sender goes on.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_room_gives_up() {
    let mut yard = full().await;
    yard.start_with("sender", "puppet", |options| {
        options.wait = true;
        options.limits.request = std::time::Duration::from_millis(50);
    })
    .await;
    yard.send("sender", "send w lost; send app next").await;
    assert_eq!(yard.receive().await.body(), "next");
    let letter = yard.letter("there was no room for it within the time given").await;
    assert_eq!((letter.to.to_string(), &*letter.payload), ("w".into(), b"lost".as_slice()));
}

/// What a handler has asked for that succeeded happens, though its worker is cut off while that
/// waits for room.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_stopped_while_it_waits_for_room_loses_nothing() {
    let drain = std::time::Duration::from_millis(50);
    let mut yard = Yard::of(Node::builder().drain(drain)).await;
    yard.start_with("w", "puppet", |options| options.limits.mailbox_messages = 1).await;
    yard.block("w").await;
    yard.start_with("sender", "puppet", |options| options.wait = true).await;
    yard.send("sender", "send app before; send w one; send w two; send app behind").await;
    assert_eq!(yard.receive().await.body(), "before");
    assert_eq!(yard.node.stop_worker("sender").await, Ok(1));
    assert_eq!(yard.receive().await.body(), "behind");
    let letters = yard.letters(2).await;
    for (letter, payload) in letters.iter().zip(["one", "two"]) {
        assert_eq!(&*letter.payload, payload.as_bytes());
        assert!(letter.reason.contains("its sender was stopped"), "{}", letter.reason);
    }
}

/// A request waits for room no longer than for its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_finds_no_room_ends_in_its_own_time() {
    let yard = full().await;
    yard.start_with("sender", "puppet", |options| options.wait = true).await;
    let said = yard.answer("sender", "request w 100 hi; reply").await;
    assert!(said.contains("there was no room for it"), "{said}");
}

/// Nobody waits for room in a mailbox that is emptied only once that wait is over.
#[tokio::test(flavor = "multi_thread")]
async fn who_would_wait_for_room_in_a_circle_does_not() {
    let mut yard = Yard::new().await;
    for name in ["a", "b"] {
        yard.start_with(name, "puppet", |options| {
            options.wait = true;
            options.limits.mailbox_messages = 2;
        })
        .await;
    }
    yard.send("a", "send a {log 1}; send a {log 2}; send a {log 3}; send app done").await;
    assert_eq!(yard.receive().await.body(), "done");
    let letter = yard.letter("to wait for room would close a circle: a → a").await;
    assert_eq!(&*letter.payload, b"log 3");
    until("room", || (yard.status("a")?.mailbox_messages == 0).then_some(())).await;
    let other = "repeat 4 {send a {log x}}; send app other";
    yard.send("a", &format!("send b {{{other}}}; repeat 4 {{send b {{log y}}}}; send app one"))
        .await;
    let mut bodies = yard.bodies(2).await;
    bodies.sort();
    assert_eq!(bodies, ["one", "other"]);
    // Whichever of the two was the second to wait.
    let letters = yard.letters(2).await;
    assert!(letters.iter().any(|letter| letter.reason.contains("a → b")), "{letters:?}");
}

/// What is heavier than the whole mailbox waits for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_never_finds_room_does_not_wait() {
    let yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.mailbox_bytes = 100).await;
    yard.start_with("sender", "puppet", |options| options.wait = true).await;
    let said = yard.answer("sender", "send w x; reply").await;
    assert_eq!(said, r#"SendError::MailboxFull("w")"#);
}

/// Whoever floods a worker leaves room for the others who write to it.
#[tokio::test(flavor = "multi_thread")]
async fn one_sender_does_not_fill_it_alone() {
    let mut yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| options.limits.mailbox_messages = 100).await;
    yard.block("w").await;
    for name in ["flood", "other"] {
        yard.start(name, "puppet").await;
    }
    for _ in 0..3 {
        yard.answer("flood", "repeat 60 {send w log}; reply").await;
    }
    let said = yard.answer("flood", "send w log; reply").await;
    assert_eq!(said, r#"SendError::MailboxFull("w")"#);
    assert_eq!(yard.status("w").unwrap().mailbox_messages, 75);
    // As many as there are places left, and the message that is being handled has one.
    let said = yard.answer("other", "repeat 25 {send w {send app here}}; reply done").await;
    assert_eq!(said, "done");
    yard.unblock("w").await;
    assert_eq!(yard.bodies(25).await, vec!["here"; 25]);
    assert_eq!(yard.answer("flood", "send w {send app again}; reply done").await, "done");
    assert_eq!(yard.receive().await.body(), "again");
}
