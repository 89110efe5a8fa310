//! Busy workers: those that run into their limits, and those that never do.

use std::time::{Duration, Instant};

use skep_tests::Yard;
use skep_tests::guests::core;

/// The length of an honest handler that is not tiny: below the millisecond of a slice.
const SHORT: Duration = Duration::from_micros(700);

/// What keeps workers busy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// An endless loop in one handler.
    Loops,
    /// Handlers of a microsecond; each sends to the next of them, the last to the first.
    Ring,
    /// Handlers of 0.7 ms of computing; each sends to itself.
    Computing,
    /// Handlers of 0.7 ms of calls to the node; each sends to itself.
    Calling,
}

/// Turns of a loop, and calls to the node, that take [`SHORT`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    turns: u32,
    calls: u32,
}

impl Measure {
    /// Take the measure of this machine, and say it.
    pub(crate) async fn take() -> Self {
        let mut yard = Yard::new().await;
        yard.try_start("w", busy(), |options| options.limits.fuel = u64::MAX).await.expect("w");
        let turns = scaled(100_000, best(&mut yard, 100_000, 0).await);
        let calls = scaled(20, best(&mut yard, 0, 20).await);
        println!("a handler of {SHORT:?}: {turns} turns of a loop, or {calls} calls for 4 KiB");
        Self { turns, calls }
    }

    /// Turns and calls of a handler that computes.
    pub(crate) fn computing(self) -> (u32, u32) {
        (self.turns, 0)
    }

    /// Turns and calls of a handler that asks the node.
    pub(crate) fn calling(self) -> (u32, u32) {
        (0, self.calls)
    }
}

/// The shortest of some handlers with so much to do.
async fn best(yard: &mut Yard, turns: u32, calls: u32) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..30 {
        let began = Instant::now();
        let sent = yard.app.send("w", payload(turns, calls, "app")).await;
        sent.expect("room");
        yard.app.receive::<Vec<u8>>().await.expect("a message");
        best = best.min(began.elapsed());
    }
    best
}

fn scaled(count: u32, took: Duration) -> u32 {
    (f64::from(count) * SHORT.as_secs_f64() / took.as_secs_f64()) as u32
}

/// Start so many busy workers, and wait until they are.
pub(crate) async fn start(yard: &Yard, kind: Kind, count: usize, measure: Measure) {
    for number in 0..count {
        let name = format!("w{number}");
        match kind {
            Kind::Loops => start_loop(yard, &name).await,
            _ => drop(yard.try_start(&name, busy(), |_| {}).await.expect("a worker")),
        }
    }
    for number in 0..count {
        let (own, next) = (format!("w{number}"), format!("w{}", (number + 1) % count));
        let (message, times) = match kind {
            Kind::Loops => continue,
            Kind::Ring => (payload(0, 0, &next), 8),
            Kind::Computing => (payload(measure.turns, 0, &own), 2),
            Kind::Calling => (payload(0, measure.calls, &own), 2),
        };
        for _ in 0..times {
            yard.app.send(own.as_str(), message.as_slice()).await.expect("room");
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
}

async fn start_loop(yard: &Yard, name: &str) {
    yard.start_with(name, "puppet", |options| {
        options.limits.fuel = u64::MAX;
        options.limits.deadline = Duration::from_secs(600);
    })
    .await;
    yard.send(name, "loop").await;
}

/// What the honest ones are made from.
pub(crate) fn busy() -> Vec<u8> {
    core(include_str!("../../guests/fairness/busy.wat"))
}

/// A message that keeps one of them busy.
pub(crate) fn payload(turns: u32, calls: u32, next: &str) -> Vec<u8> {
    [&turns.to_le_bytes(), &calls.to_le_bytes(), next.as_bytes()].concat()
}
