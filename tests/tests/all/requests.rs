//! Every request has one outcome: the first answer, a failure, or a timeout.

use std::time::Duration;

use skep::error::{RequestError, SendError};
use skep::{Node, Overflow};
use skep_tests::Yard;

const SHORT: Duration = Duration::from_millis(50);
const UNANSWERED: &str = "it was handled, and nobody answered it";
const TRAPPED: &str = "it trapped: wasm trap: wasm `unreachable` instruction executed";

/// A failure with this text, which a trap's backtrace may follow.
fn is(found: &RequestError, expected: &RequestError) -> bool {
    match (found, expected) {
        (RequestError::Failed(found), RequestError::Failed(text)) => found.starts_with(text),
        (found, expected) => found == expected,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_there_is_a_reason() {
    let cases = [
        ("trap", RequestError::Failed(TRAPPED.into())),
        ("retry", RequestError::Timeout),
        ("reject no", RequestError::Rejected("no".into())),
        ("log", RequestError::Dropped(UNANSWERED.into())),
        // Its return route is known: it could still be answered.
        ("keep", RequestError::Timeout),
    ];
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("h1", "bare-hop").await;
    for (script, expected) in cases {
        for to in ["w", "h1,w"] {
            let wait =
                if expected == RequestError::Timeout { SHORT } else { Duration::from_secs(30) };
            let asked = yard.app.send_and_receive_within::<String>(to, script, wait);
            let outcome = asked.await.unwrap_err();
            assert!(is(&outcome, &expected), "{to} on {script}: {outcome:?}");
        }
    }
    let unknown = yard.ask("nobody", "x").await;
    assert_eq!(unknown, Err(SendError::NoRoute("nobody".into()).into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_told_the_same() {
    let cases = [
        ("w 5000 {reply hi}", "hi"),
        ("w 5000 {trap}", r#"RequestError::Failed("it trapped"#),
        ("w 5000 {reject no}", r#"RequestError::Rejected("no")"#),
        ("w 5000 log", r#"RequestError::Dropped("it was handled, and nobody"#),
        ("w 20 keep", "RequestError::Timeout"),
        ("h1,w 20 retry", "RequestError::Timeout"),
        ("h1,nobody 5000 x", r#"RequestError::Rejected("nothing answers to nobody")"#),
        ("nobody 5000 x", r#"RequestError::Send(SendError::NoRoute("nobody"))"#),
        ("- 5000 x", r#"RequestError::Send(SendError::Other("the route is empty"))"#),
        ("w 5000 @1048577", "RequestError::Send(SendError::TooLarge(1048576))"),
    ];
    let yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("asker", "puppet").await;
    yard.start("h1", "hop").await;
    for (request, expected) in cases {
        let said = yard.answer("asker", &format!("request {request}; reply")).await;
        assert!(said.starts_with(expected), "{request}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_counts() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    assert_eq!(yard.answer("w", "reply one; reply two").await, "one");
    yard.send("w", "reply one; reply two").await;
    assert_eq!(yard.bodies(2).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_come_later_but_not_too_late() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    let app = yard.app.clone();
    let asked =
        tokio::spawn(
            async move { app.send_and_receive::<String>("w", "keep; send app kept").await },
        );
    assert_eq!(yard.receive().await.body(), "kept");
    yard.send("w", "answer later").await;
    assert_eq!(asked.await.unwrap().unwrap(), "later");

    let late = yard.app.send_and_receive_within::<String>("w", "keep", SHORT).await;
    assert_eq!(late, Err(RequestError::Timeout));
    let said = yard.answer("w", "answer late; reply").await;
    assert!(said.starts_with(r#"SendError::NoRoute("_"#), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_knows_whether_somebody_waits() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    assert_eq!(yard.answer("w", "awaited; reply").await, "true");
    yard.send("w", "awaited; reply").await;
    assert_eq!(yard.receive().await.body(), "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_is_cut_to_the_worker_s_limit() {
    let yard = Yard::new().await;
    yard.start_with("asker", "puppet", |options| options.limits.request = SHORT).await;
    yard.start("silent", "puppet").await;
    let said = yard.answer("asker", "request silent 4000000000 keep; reply").await;
    assert_eq!(said, "RequestError::Timeout");
}

/// A worker is stopped while a request is in its mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_queued_at_a_stop_is_dropped() {
    let mut yard = Yard::of(Node::builder().threads(2).drain(Duration::ZERO)).await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    let (queued, ()) = tokio::join!(yard.ask("w", "reply hi"), async {
        yard.node.stop_worker("w").await.unwrap();
    });
    let why = "at `w`: it was told to stop";
    assert_eq!(queued, Err(RequestError::Dropped(why.into())));
    let reasons: Vec<_> = yard.letters(2).await.into_iter().map(|each| each.reason).collect();
    assert!(reasons.contains(&"it was told to stop".to_owned()), "{reasons:?}");
    assert!(reasons.iter().any(|why| why.contains("while it handled it")), "{reasons:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_makes_room_where_the_mailbox_says_so() {
    let mut yard = Yard::new().await;
    yard.start_with("w", "puppet", |options| {
        options.overflow = Overflow::DropOldest;
        options.limits.mailbox_messages = 2;
    })
    .await;
    yard.block("w").await;
    let (oldest, newest) = tokio::join!(yard.ask("w", "reply old"), async {
        let newest = yard.ask("w", "reply new");
        tokio::join!(newest, yard.unblock("w")).0
    });
    let why = "at `w`: the mailbox was full, and it was the oldest message";
    assert_eq!(oldest, Err(RequestError::Dropped(why.into())));
    assert_eq!(yard.status("w").unwrap().dropped, 1);
    assert_eq!(newest.as_deref(), Ok("new"));
}

/// What nobody waits for any more is not handled.
#[tokio::test(flavor = "multi_thread")]
async fn expired_work_is_dropped() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.block("w").await;
    let late = yard.app.send_and_receive_within::<String>("w", "send app handled", SHORT).await;
    assert_eq!(late, Err(RequestError::Timeout));
    yard.unblock("w").await;
    yard.letter("nobody waits for its answer any more").await;
    yard.send("w", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A worker that waits handles nothing else, and its mail waits with it.
#[tokio::test(flavor = "multi_thread")]
async fn one_message_at_a_time_also_while_it_waits() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    yard.start("silent", "puppet").await;
    yard.send("w", "request silent 30000 {keep; send app asked}; tell app").await;
    yard.send("w", "send app second").await;
    assert_eq!(yard.receive().await.body(), "asked");
    yard.send("silent", "answer first").await;
    assert_eq!(yard.bodies(2).await, ["first", "second"]);
}

/// A worker answers on the thread that sends, so that this program never waits; what else the
/// runtime has to do gets its turn all the same.
#[tokio::test]
async fn a_program_that_is_always_answered_at_once_gives_way() {
    let mut yard = Yard::new().await;
    yard.start("w", "bare").await;
    let other = tokio::spawn(async {});
    for _ in 0..10_000 {
        yard.send("w", "hi").await;
        yard.app.receive::<String>().await.unwrap();
        if other.is_finished() {
            break;
        }
    }
    assert!(other.is_finished(), "by a loop that sends and receives");
    let other = tokio::spawn(async {});
    for _ in 0..10_000 {
        yard.answer("w", "hi").await;
        if other.is_finished() {
            return;
        }
    }
    panic!("not by a loop of requests");
}
