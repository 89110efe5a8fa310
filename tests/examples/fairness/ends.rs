//! How soon a loop ends, and how much memory a bomb reaches.

use std::time::{Duration, Instant};

use skep::{Node, State, WorkerOptions};
use skep_tests::Yard;
use skep_tests::guests::{core, handler};
use skep_tests::process;
use skep_tests::times::{Times, title};

use crate::micros;

/// Which limit ends a loop.
const LIMITS: [(&str, u64, Duration); 4] = [
    ("the default limits", 50_000_000, Duration::from_secs(2)),
    ("a deadline of 20 ms", u64::MAX, Duration::from_millis(20)),
    ("a deadline of 100 ms", u64::MAX, Duration::from_millis(100)),
    ("a deadline of 2 s", u64::MAX, Duration::from_secs(2)),
];

pub(crate) async fn kill() {
    title("from `loop {}` to its end (us: p50 p99 max)");
    for (label, fuel, deadline) in LIMITS {
        let (mut first, mut told) = (Times::default(), Times::default());
        let times = if deadline > Duration::from_secs(1) && fuel == u64::MAX { 2 } else { 20 };
        for _ in 0..times {
            let (ended, answered) = one(fuel, deadline).await;
            first.add(ended);
            told.add(answered);
        }
        println!("{label:22} ended {first}, requester told after two deliveries {told}");
    }
    kill_by_order().await;
}

/// Until a loop has ended for the first time, and until its requester is told.
async fn one(fuel: u64, deadline: Duration) -> (Duration, Duration) {
    let yard = Yard::new().await;
    let set = move |options: &mut WorkerOptions| {
        (options.limits.fuel, options.limits.deadline) = (fuel, deadline);
    };
    let endless = handler("", "(loop $on (br $on)) unreachable");
    yard.try_start("w", endless, set).await.expect("a worker");
    let watch = tokio::task::spawn_blocking({
        let node = yard.node.clone();
        move || first_restart(&node)
    });
    let began = Instant::now();
    let outcome = yard.ask("w", "x").await;
    assert!(outcome.is_err(), "{outcome:?}");
    let told = began.elapsed();
    (watch.await.expect("a restart").saturating_duration_since(began), told)
}

/// When the worker `w` is seen to have failed.
fn first_restart(node: &Node) -> Instant {
    let restarts = || node.worker(&"w".into()).map_or(0, |status| status.restarts);
    while restarts() == 0 {
        std::thread::sleep(Duration::from_micros(200));
    }
    Instant::now()
}

/// A loop that is stopped by a person, on a node that grants it no time to finish.
async fn kill_by_order() {
    let mut times = Times::default();
    let yard = Yard::of(Node::builder().threads(2).drain(Duration::ZERO)).await;
    for _ in 0..20 {
        let endless = handler("", "(loop $on (br $on)) unreachable");
        let tireless = |options: &mut WorkerOptions| {
            options.limits.fuel = u64::MAX;
            options.limits.deadline = Duration::from_secs(60);
        };
        yard.try_start("w", endless, tireless).await.expect("a worker");
        yard.send("w", "x").await;
        yard.until_state("w", State::Running).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let began = Instant::now();
        yard.node.stop_worker("w").await.expect("a worker");
        times.add(began.elapsed());
    }
    println!("{:22} ended {times}", "an order to stop");
}

/// What takes memory until it is refused.
fn bombs() -> [(&'static str, Vec<u8>); 3] {
    let page_by_page = core(include_str!("../../guests/hostile/g2_4_memory_grow.wat"));
    let at_once = handler(
        "",
        "(memory.grow (i32.const 1022)) i32.const -1 i32.eq if unreachable end
         (memory.fill (i32.const 65536) (i32.const 1) (i32.const 66977792))
         (memory.grow (i32.const 2)) drop unreachable",
    );
    let table = handler(
        "(table $table 1 funcref) (elem declare func $f) (func $f)",
        "(loop $on (br_if $on (i32.ne (i32.const -1)
            (table.grow $table (ref.func $f) (i32.const 10000))))) unreachable",
    );
    [("page by page", page_by_page), ("all at once", at_once), ("a table", table)]
}

pub(crate) async fn bomb() {
    title("the most memory that a bomb reached (limit 64.0 MiB a worker)");
    let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
    for (label, bomb) in bombs() {
        let yard = Yard::new().await;
        let set = |options: &mut WorkerOptions| options.limits.fuel = u64::MAX;
        yard.try_start("w", bomb, set).await.expect("a worker");
        let before = process::held().map_or(0, |held| held.memory);
        let peak = process::Peak::begin();
        let watch = tokio::spawn(most_memory(yard.node.clone()));
        let began = Instant::now();
        let outcome = yard.ask("w", "x").await;
        let took = began.elapsed();
        let peak = peak.grown();
        yard.node.stop_worker("w").await.expect("a worker");
        let most = watch.await.expect("a watcher");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let after = process::held().map_or(0, |held| held.memory);
        println!(
            "{label:14} process {:+.1} MiB at its peak, {:+.1} MiB after; `ps` saw {:.1} MiB; {:.0} us; {}",
            mib(peak),
            mib(after) - mib(before),
            mib(most),
            micros(took),
            outcome.expect_err("it must fail"),
        );
    }
}

/// The most that `ps` shows of the worker `w`, until it is gone.
async fn most_memory(node: Node) -> u64 {
    let mut most = 0;
    while let Some(status) = node.worker(&"w".into()) {
        most = most.max(status.memory_bytes as u64);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    most
}
