//! How long a worker does not answer when its next generation takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use skep::{Node, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::guest;
use skep_tests::times::{Times, title};
use tokio::time::Instant;

use crate::line;

/// Generations, and messages of each before the next.
const GENERATIONS: u32 = 200;
const BETWEEN: usize = 20;

/// The longest that someone who asks without a pause waits for an answer, over each change.
pub(crate) async fn swap() {
    title("the longest wait for an answer around each of 200 changes of generation");
    for (name, bytes) in
        [("no state", 0), ("64 KiB of state", 65_536), ("1 MiB of state", 1_000_000)]
    {
        let yard = Yard::of(Node::builder().threads(2)).await;
        yard.start("k", "keeper").await;
        if bytes > 0 {
            yard.answer("k", &format!("set {}; reply", "x".repeat(bytes))).await;
        }
        let (mut quiet, mut waits) = (Times::default(), Times::default());
        for number in 0..GENERATIONS {
            for _ in 0..BETWEEN {
                let began = Instant::now();
                yard.answer("k", "reply x").await;
                quiet.add(began.elapsed());
            }
            waits.add(around(&yard, number).await);
        }
        line(&format!("{name}, an answer else"), &quiet);
        line(name, &waits);
    }
}

async fn around(yard: &Yard, number: u32) -> std::time::Duration {
    let over = Arc::new(AtomicBool::new(false));
    let (app, ends) = (yard.node.app(), over.clone());
    let asking = tokio::spawn(async move {
        let mut longest = std::time::Duration::ZERO;
        // Once more after it is over: the change may come with the last answer.
        let mut left = 2;
        while left > 0 {
            let began = Instant::now();
            let answer = app.send_and_receive::<String>("k", "reply x").await;
            assert_eq!(answer.as_deref(), Ok("x"));
            longest = longest.max(began.elapsed());
            left -= i32::from(ends.load(Ordering::Relaxed));
        }
        longest
    });
    let mut options = WorkerOptions::default();
    options.config.insert("number".into(), number.to_string());
    yard.node.reload_component("k", guest("keeper"), options).await.expect("a generation");
    over.store(true, Ordering::Relaxed);
    asking.await.expect("answers")
}
