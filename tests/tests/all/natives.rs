//! Workers of the program beside sandboxed ones, in one address space.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use skep::error::{RequestError, StartError};
use skep::{Context, Failure, Routed, State, Worker};
use skep_tests::Yard;

type Handled = Result<(), Failure>;

/// Answers with what it got, and with who sent it.
struct Echo;

impl Worker for Echo {
    type Message = String;

    async fn handle_message(&mut self, context: &mut Context, message: Routed<String>) -> Handled {
        context.reply(format!("{} from {}", message.body(), message.sender()))?;
        Ok(())
    }
}

/// Passes messages on.
struct Hop;

impl Worker for Hop {
    type Message = Vec<u8>;

    async fn handle_message(&mut self, context: &mut Context, _: Routed<Vec<u8>>) -> Handled {
        context.forward("")?;
        Ok(())
    }
}

/// Does what one word says.
#[derive(Default)]
struct Puppet {
    count: u32,
}

impl Worker for Puppet {
    type Message = String;

    async fn handle_message(&mut self, context: &mut Context, message: Routed<String>) -> Handled {
        self.count += 1;
        context.send("app", "lost")?;
        match message.body().as_str() {
            "panic" => panic!("out of honey"),
            "reject" => return Err(Failure::Reject("no".into())),
            "retry" if message.attempt() < 3 => return Err(Failure::Retry("later".into())),
            "start" => {
                let started = context.start_worker("bare", Some("kid"), Vec::new());
                return Err(Failure::Reject(started.unwrap_err().to_string()));
            }
            "ask" => {
                let answer: String =
                    context.request("bare", "hello", Duration::from_secs(5)).await?;
                context.reply(answer)?;
            }
            "circle" => {
                context
                    .request::<String>(
                        "asker",
                        "request native 5000 x; reply",
                        Duration::from_secs(5),
                    )
                    .await?;
            }
            "timer" => {
                _ = context.send_after(
                    Duration::from_millis(1),
                    context.address().clone(),
                    "ring",
                )?
            }
            "ring" => context.send("app", message.sender().to_string())?,
            _ => context.reply(self.count.to_string())?,
        }
        Ok(())
    }
}

async fn yard() -> Yard {
    let yard = Yard::new().await;
    yard.start("bare", "bare").await;
    yard.start("asker", "puppet").await;
    yard.node.start_worker("echo", Echo).await.unwrap();
    yard.node.start_worker("hop", Hop).await.unwrap();
    yard.node.start_worker("native", Puppet::default()).await.unwrap();
    yard
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_lead_through_both_kinds() {
    let mut yard = yard().await;
    yard.start("h1", "hop").await;
    assert_eq!(yard.answer("hop,bare", "hello").await, "hello");
    assert_eq!(yard.answer("h1,hop,h1,echo", "hello").await, "hello from app");
    yard.send("hop,h1,asker", "return; reply").await;
    assert_eq!(yard.receive().await.body(), "h1,hop,app");
    let said = yard.answer("asker", "request hop,echo 5000 hello; reply").await;
    assert_eq!(said, "hello from asker");
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_end_as_those_of_guests_do() {
    let mut yard = yard().await;
    let refused = yard.ask("native", "reject").await;
    assert_eq!(refused, Err(RequestError::Rejected("no".into())));
    assert_eq!(yard.answer("native", "retry").await, "4");
    assert_eq!(*yard.receive().await.body(), "lost");
    let unreadable = yard.app.send_and_receive::<String>("native", b"\xff".as_slice()).await;
    assert!(matches!(unreadable, Err(RequestError::Rejected(_))), "{unreadable:?}");
    let denied = yard.ask("native", "start").await;
    let why = "not allowed: the grant `start-workers` is missing";
    assert_eq!(denied, Err(RequestError::Rejected(why.into())));
    yard.send("asker", "send app fence").await;
    assert_eq!(yard.receive().await.body(), "fence");
}

/// A panic ends the worker, not the node; who watches is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_the_worker() {
    let mut yard = yard().await;
    yard.answer("asker", "monitor native {sender; tell app}; reply").await;
    let outcome = yard.ask("native", "panic").await;
    assert_eq!(outcome, Err(RequestError::Failed("out of honey".into())));
    let told = yard.receive().await.into_body();
    assert_eq!(told, r#"Origin::Node(Notice::Stopped(("native", "it panicked: out of honey")))"#);
    yard.until_state("native", State::Stopped).await;
    yard.node.start_worker("native", Puppet::default()).await.unwrap();
    assert_eq!(yard.answer("native", "x").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn natives_may_ask_and_set_timers() {
    let mut yard = yard().await;
    assert_eq!(yard.answer("native", "ask").await, "hello");
    let outcome = yard.ask("native", "circle").await;
    assert!(matches!(outcome, Err(RequestError::Dropped(_))), "{outcome:?}");
    yard.send("native", "timer").await;
    let bodies = yard.bodies(5).await;
    assert_eq!(bodies, ["lost", "lost", "lost", "lost", "the node (timer 1)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_shared_with_guests() {
    let yard = yard().await;
    let taken = yard.node.start_worker("bare", Echo).await;
    assert_eq!(taken, Err(StartError::AddressTaken("bare".into())));
    let states: Vec<_> =
        yard.node.workers().into_iter().map(|worker| worker.component.is_some()).collect();
    assert_eq!(states, [true, true, false, false, false]);
    yard.node.stop_worker("echo").await.unwrap();
    yard.start("echo", "bare").await;
    assert_eq!(yard.answer("echo", "hello").await, "hello");
}

/// Always has mail, since it writes to itself, up to a bound.
#[derive(Clone, Default)]
struct Restless(Arc<AtomicU32>);

const RESTLESS: u32 = 100_000;

impl Worker for Restless {
    type Message = String;

    async fn handle_message(&mut self, context: &mut Context, _: Routed<String>) -> Handled {
        if self.0.fetch_add(1, Ordering::Relaxed) < RESTLESS {
            let me = context.address().clone();
            context.send(me, "again")?;
        }
        Ok(())
    }
}

/// There is one thread for it and for everything else.
#[tokio::test]
async fn one_that_always_has_mail_gives_way() {
    let yard = Yard::new().await;
    let restless = Restless::default();
    yard.node.start_worker("restless", restless.clone()).await.unwrap();
    yard.send("restless", "go").await;
    tokio::task::yield_now().await;
    yard.node.stop_worker("restless").await.unwrap();
    assert!(restless.0.load(Ordering::Relaxed) < RESTLESS, "it went on to its end");
}

/// What the program sends while others wait for it is handled whether it takes those or not.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_between_two_is_handled_soon() {
    let mut yard = Yard::new().await;
    yard.start("w", "puppet").await;
    for taken in 1..=3_u64 {
        yard.send("w", "repeat 4 {send app waits}").await;
        for _ in 0..taken {
            assert_eq!(yard.receive().await.body(), "waits");
            yard.send("w", "send app sent").await;
        }
        let handled = taken * (taken + 1) / 2 + taken;
        skep_tests::wait::until("all are handled", || {
            (yard.status("w")?.handled == handled).then_some(())
        })
        .await;
        let mut rest = yard.bodies(4).await;
        rest.sort();
        let expected = (0..4).map(|number| if number < taken { "sent" } else { "waits" });
        assert_eq!(rest, expected.collect::<Vec<_>>());
    }
}
