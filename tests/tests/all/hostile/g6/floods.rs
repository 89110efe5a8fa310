//! More messages than anyone can handle.

use std::time::{Duration, Instant};

use skep::error::{RequestError, SendError};
use skep::{Overflow, State};
use skep_tests::process;
use skep_tests::trial::attack;
use skep_tests::wait::until;
use tokio::time::sleep;

use super::{blocked, done, unblock};

/// Nothing that was accepted is lost, and no more is accepted than there is room for.
#[test]
pub(super) fn g6_1_fast_producer() {
    attack(row!(g6_1_fast_producer.script), async |trial| {
        trial.puppets(&["sink"], |_| {}).await;
        let script = trial.row.script();
        let (mut sent, mut refused) = (0, 0);
        trial
            .beside(async |yard| {
                let said = yard.answer("w", &script).await;
                sent += done(&said);
                refused += said.matches(r#"SendError::MailboxFull("sink")"#).count();
                assert!(yard.status("sink").unwrap().mailbox_messages <= 1_024);
            })
            .await;
        trial.yard.until_state("sink", State::Idle).await;
        let status = trial.yard.status("sink").unwrap();
        assert_eq!((status.handled, status.failed), (sent, 0));
        assert!(refused > 0);
        format!("{sent} sent, {refused} refused: mailbox-full")
    });
}

/// Bytes are a bound of their own.
#[test]
pub(super) fn g6_2_huge_messages() {
    attack(row!(g6_2_huge_messages.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        blocked(&trial.yard, |_| {}).await;
        let (script, mut sent) = (trial.row.script(), 0);
        let said = trial
            .beside(async |yard| {
                let said = yard.answer("w", &script).await;
                sent += done(&said);
                said
            })
            .await;
        let status = trial.yard.status("sink").unwrap();
        assert!(status.mailbox_bytes <= 8 << 20, "{status:?}");
        // With the one that it waits in.
        assert_eq!((sent, status.mailbox_messages), (8, 9));
        assert_eq!(said, [r#"SendError::MailboxFull("sink")"#; 4].join("\n"));
        unblock(&trial.yard).await;
        format!("8 MB sent, then {}", said.lines().next().unwrap())
    });
}

/// There is no share for each sender: what the others see is only counted.
#[test]
pub(super) fn g6_3_noisy_sender() {
    attack(row!(g6_3_noisy_sender.wat), async |trial| {
        trial.yard.start("sink", "puppet").await;
        trial.start(|_| {}).await;
        trial.yard.send("w", "").await;
        let full = SendError::MailboxFull("sink".into());
        let (mut answered, mut refused) = (0, 0);
        trial
            .beside(async |yard| {
                match yard.ask("sink", "reply here").await {
                    Ok(answer) if answer == "here" => answered += 1,
                    Err(RequestError::Send(why)) if why == full => refused += 1,
                    other => panic!("{other:?}"),
                }
                sleep(Duration::from_millis(1)).await;
            })
            .await;
        assert!(answered + refused > 0);
        format!(
            "another sender's messages: {answered} answered, {refused} refused for lack of room"
        )
    });
}

/// What a worker costs that has nothing to do, with and without an instance.
#[test]
pub(super) fn g6_4_idle_workers() {
    const MANY: u64 = 400;
    attack(row!(g6_4_idle_workers.wat), async |trial| {
        let module = trial.row.core();
        let memory = || process::held().map_or(0, |held| held.memory);
        let mut each = Vec::new();
        let mut started = false;
        trial
            .beside(async |yard| {
                if std::mem::replace(&mut started, true) {
                    return sleep(Duration::from_millis(20)).await;
                }
                let empty = memory();
                for number in 0..MANY {
                    yard.try_start(&format!("w{number}"), module.clone(), |_| {}).await.unwrap();
                }
                let asleep = memory();
                for number in 0..MANY {
                    assert_eq!(yard.answer(&format!("w{number}"), "here").await, "here");
                }
                let live = memory();
                each =
                    vec![asleep.saturating_sub(empty) / MANY, live.saturating_sub(asleep) / MANY];
            })
            .await;
        assert!(
            process::is_shared() || each[0] < 16 << 10 && each[1] < 128 << 10,
            "{each:?} bytes each"
        );
        let [asleep, live] = [each[0], each[1]].map(|bytes| bytes as f64 / 1_024.0);
        format!("{asleep:.1} KiB each asleep, {live:.1} KiB more with an instance")
    });
}

/// Both always have mail, and no room for more: sends fail, and nobody waits for ever.
#[test]
pub(super) fn g6_5_full_cycle() {
    attack(row!(g6_5_full_cycle.wat), async |trial| {
        let mut saw = Vec::new();
        for waits in [false, true] {
            for (name, peer) in [("a", "b"), ("b", "a")] {
                let started = trial.start_as(name, |options| {
                    options.config.insert("peer".into(), peer.into());
                    options.limits.mailbox_messages = 4;
                    options.limits.request = Duration::from_millis(20);
                    options.wait = waits;
                });
                started.await;
            }
            trial.yard.send("a", "").await;
            trial.beside(async |_| sleep(Duration::from_millis(300)).await).await;
            let handled = || ["a", "b"].map(|name| trial.yard.status(name).unwrap().handled);
            let before = handled();
            until("both go on", || {
                let now = handled();
                (now[0] > before[0] && now[1] > before[1]).then_some(())
            })
            .await;
            saw.push(format!("{} handled, waiting for room: {waits}", before[0] + before[1]));
            for name in ["a", "b"] {
                trial.yard.node.stop_worker(name).await.unwrap();
            }
        }
        saw.join("; ")
    });
}

/// Each that goes is a dead letter, and its requester is told.
#[test]
pub(super) fn g6_9_drop_oldest() {
    attack(row!(g6_9_drop_oldest.script), async |trial| {
        trial.puppets(&[], |_| {}).await;
        blocked(&trial.yard, |options| {
            options.overflow = Overflow::DropOldest;
            options.limits.mailbox_messages = 8;
        })
        .await;
        let (script, mut sent) = (trial.row.script(), 0);
        let why = trial
            .beside(async |yard| {
                let asked = yard.failure("sink", "reply");
                let sent_after = async {
                    for _ in 0..2 {
                        assert_eq!(done(&yard.answer("w", &script).await), 5);
                    }
                };
                let (why, ()) = tokio::join!(asked, sent_after);
                sent += 11;
                why
            })
            .await;
        // The one that it waits in keeps its place.
        let sink = trial.yard.status("sink").unwrap();
        assert_eq!(sink.mailbox_messages, 8, "{sink:?}");
        let dropped = trial.yard.node.dead_letters().pop().unwrap().number;
        assert_eq!(dropped, sent - 7);
        unblock(&trial.yard).await;
        why
    });
}

/// Whoever answers a worker that has no room for answers is not kept from the others.
#[test]
pub(super) fn g6_3_full_sender() {
    attack(row!(g6_3_full_sender.wat), async |trial| {
        trial.yard.start("victim", "bare").await;
        trial.yard.start("silent", "puppet").await;
        trial.start(|options| options.limits.mailbox_messages = 1).await;
        trial.yard.send("w", "").await;
        let asked = || trial.yard.status("silent").filter(|silent| silent.handled == 1);
        until("it waits", asked).await;
        let began = Instant::now();
        let answer = trial
            .beside(async |yard| {
                let within = Duration::from_secs(5);
                yard.app.send_and_receive_within::<String>("victim", "hello", within).await
            })
            .await;
        assert_eq!(answer.as_deref(), Ok("hello"), "after {:?}", began.elapsed());
        "its victim answers others".into()
    });
}
