//! The time on processors that messages take which come to nothing, beside one that is
//! answered.

use std::future::Future;
use std::time::{Duration, Instant};

use skep_tests::Yard;
use skep_tests::guests::handler;
use skep_tests::process;
use skep_tests::times::title;

use crate::{SPAN, micros};

/// Workers that trap beside each other: after a trap each has to wait.
const TRAPPING: usize = 64;

pub(crate) async fn cost() {
    title("time on processors, us each");
    let mut yard = Yard::new().await;
    yard.start("bare", "bare").await;
    let app = yard.app.clone();
    report("an echo", 1, || async {
        assert!(app.send_and_receive::<String>("bare", "x").await.is_ok());
    })
    .await;
    yard.start_with("full", "puppet", |options| options.limits.mailbox_messages = 1).await;
    yard.block("full").await;
    report("refused: mailbox full", 1, || async {
        assert!(app.send("full", "x").await.is_err());
    })
    .await;
    report("refused: nobody there", 1, || async {
        assert!(app.send("nobody", "x").await.is_err());
    })
    .await;
    report("refused: request to nobody", 1, || async {
        assert!(app.send_and_receive::<String>("nobody", "x").await.is_err());
    })
    .await;
    report("refused: too large", 1, || async {
        assert!(app.send("bare", "x".repeat((1 << 20) + 1)).await.is_err());
    })
    .await;
    from_a_guest(&yard).await;
    yard.start("w", "puppet").await;
    report("rejected by its handler", 1, || async {
        assert!(app.send_and_receive::<String>("w", "reject no").await.is_err());
    })
    .await;
    traps(&yard).await;
}

/// What a guest itself sends to a full mailbox, or to nobody.
async fn from_a_guest(yard: &Yard) {
    let flood = |target| skep_tests::guests::core(&FLOOD.replace("TARGET", target));
    for (label, name, target) in
        [("a guest's send: mailbox full", "f", "full"), ("a guest's send: nobody", "n", "none")]
    {
        let all = |options: &mut skep::WorkerOptions| options.limits.fuel = u64::MAX;
        yard.try_start(name, flood(target), all).await.expect("a worker");
        report(label, 1_000, || async {
            assert!(yard.app.send_and_receive::<Vec<u8>>(name, "x").await.is_ok());
        })
        .await;
    }
}

/// Sends a thousand times, and then answers.
const FLOOD: &str = r#"(module
    (import "skep:worker/node@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32)))
    (import "skep:worker/message@0.1.0" "reply" (func $reply (param i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (data (i32.const 16) "\20\00\00\00\04\00\00\00")
    (data (i32.const 32) "TARGET")
    (func (export "skep:worker/handler@0.1.0#handle") (param i32 i32) (result i32)
        (local $left i32)
        (local.set $left (i32.const 1000))
        (loop $on
            (call $send (i32.const 16) (i32.const 1) (i32.const 32) (i32.const 4) (i32.const 64))
            (if (i32.eqz (i32.load8_u (i32.const 64))) (then unreachable))
            (br_if $on (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (call $reply (i32.const 32) (i32.const 4) (i32.const 64))
        i32.const 0))"#;

/// Each message is delivered three times, each time to an instance of its own.
async fn traps(yard: &Yard) {
    for number in 0..TRAPPING {
        let trap = handler("", "unreachable");
        yard.try_start(&format!("t{number}"), trap, |_| {}).await.expect("a worker");
    }
    let until = Instant::now() + SPAN;
    let before = process::cpu().unwrap_or_default();
    let tasks = (0..TRAPPING).map(|number| {
        let app = yard.app.clone();
        tokio::spawn(async move {
            let mut messages = 0_u32;
            while Instant::now() < until {
                let outcome = app.send_and_receive::<String>(format!("t{number}"), "x").await;
                assert!(outcome.is_err());
                messages += 1;
            }
            messages
        })
    });
    let mut messages = 0;
    for task in tasks.collect::<Vec<_>>() {
        messages += task.await.expect("messages");
    }
    let used = process::cpu().unwrap_or_default().saturating_sub(before);
    let each = micros(used) / f64::from(messages);
    line("a trap: its message", each, messages);
    line("a trap: one delivery", each / 3.0, messages * 3);
}

/// Do it for a while, and say what time on processors each took. `of` is how many are in one.
async fn report<F: Future<Output = ()>>(label: &str, of: u32, mut once: impl FnMut() -> F) {
    for _ in 0..100 / of.min(100) {
        once().await;
    }
    let (before, until) = (process::cpu().unwrap_or_default(), Instant::now() + SPAN);
    let mut count = 0;
    while Instant::now() < until {
        for _ in 0..16 {
            once().await;
            count += of;
        }
        tokio::task::yield_now().await;
    }
    let used: Duration = process::cpu().unwrap_or_default().saturating_sub(before);
    line(label, micros(used) / f64::from(count), count);
}

fn line(label: &str, each: f64, count: u32) {
    println!("{label:30} {each:9.2}   ({count} measured)");
}
