//! Workers that end, and requesters that go, while there is mail.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use skep::error::SendError;
use skep::{State, WorkerOptions};
use skep_tests::trial::attack;
use skep_tests::wait::until;

use super::{blocked, done, unblock};

/// What is queued becomes dead letters, and whoever asked is told.
#[test]
pub(super) fn g6_6_stopped_receiver() {
    attack(row!(g6_6_stopped_receiver.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        let script = trial.row.script();
        trial
            .beside(async |yard| {
                blocked(yard, |_| {}).await;
                yard.node.drop_dead_letters();
                let asked = async {
                    let asked = yard.failure("sink", "reply");
                    let stopped = async {
                        let queued =
                            || yard.status("sink").filter(|sink| sink.mailbox_messages > 1);
                        until("it is queued", queued).await;
                        assert_eq!(done(&yard.answer("w", &script).await), 10);
                        unblock(yard).await;
                    };
                    tokio::join!(asked, stopped).0
                };
                let why = asked.await;
                let letters = yard.node.dead_letters();
                let late = letters.iter().filter(|letter| *letter.payload == *b"late");
                assert_eq!(late.count(), 10);
                why
            })
            .await
    });
}

/// Requests that are given up as soon as they are on their way.
#[test]
pub(super) fn g6_7_cancelled_requests() {
    attack(row!(g6_7_cancelled_requests.wat), async |trial| {
        trial.start(|_| {}).await;
        let mut given_up = 0;
        trial
            .beside(async |yard| {
                for _ in 0..1_000 {
                    let mut asked = pin!(yard.app.send_and_receive::<String>("w", "x"));
                    // Once, and never again.
                    let _ = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    given_up += 1;
                }
                tokio::task::yield_now().await;
            })
            .await;
        until("no mail is left", || {
            trial.yard.status("w").filter(|w| w.mailbox_messages == 0 && w.mailbox_bytes == 0)
        })
        .await;
        assert_eq!(trial.yard.answer("w", "still here").await, "still here");
        assert_eq!(trial.yard.workers(), ["neighbour", "w"]);
        format!("{given_up} requests were given up")
    });
}

/// An order to stop needs no place in a mailbox, and the list no answer of the worker's.
#[test]
pub(super) fn g6_8_full_and_busy() {
    attack(row!(g6_8_full_and_busy.wat), async |trial| {
        let module = trial.row.core();
        let took = trial
            .beside(async |yard| {
                let set = |options: &mut WorkerOptions| {
                    options.limits.fuel = u64::MAX;
                    options.limits.deadline = Duration::from_secs(60);
                    options.limits.mailbox_messages = 4;
                };
                yard.try_start("w", module.clone(), set).await.unwrap();
                yard.node.drop_dead_letters();
                for _ in 0..4 {
                    yard.send("w", "x").await;
                }
                assert_eq!(yard.app.send("w", "x").await, Err(SendError::MailboxFull("w".into())));
                let status = yard.status("w").unwrap();
                assert_eq!((status.state, status.mailbox_messages), (State::Running, 4));
                let began = Instant::now();
                yard.node.stop_worker("w").await.unwrap();
                assert_eq!(yard.node.dead_letters().len(), 4);
                began.elapsed()
            })
            .await;
        format!("stopped after {} ms, 200 of them to come to an end by itself", took.as_millis())
    });
}
