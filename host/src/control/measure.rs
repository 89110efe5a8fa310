//! Many messages along one route, from inside the node: what came of them, and how long
//! it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use skep_protocol::Route;
use tokio::task::JoinSet;

use crate::control::Measured;
use crate::control::histogram::Histogram;
use crate::native::App;
use crate::router::RequestError;
use crate::sync::{Mutex, lock};

/// After so many messages a sender lets others have its thread.
const SLICE: u64 = 64;
/// So many tallies are kept: each has its own histogram, and a thousand of those would be
/// many megabytes for one order.
const TALLIES: u32 = 16;

/// What is sent, how often, and how.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) app: App,
    pub(super) route: Route,
    pub(super) payload: Bytes,
    pub(super) timeout: Duration,
    pub(super) count: u64,
    pub(super) outstanding: u32,
    pub(super) no_reply: bool,
}

impl Load {
    /// Send it all. Dropping the future ends it early.
    pub(super) async fn run(self) -> Measured {
        let taken = Arc::new(AtomicU64::new(0));
        let tallies: Arc<[Mutex<Tally>]> =
            (0..self.outstanding.min(TALLIES)).map(|_| Mutex::new(Tally::new())).collect();
        let began = Instant::now();
        let mut senders = JoinSet::new();
        for number in 0..self.outstanding {
            senders.spawn(self.clone().send_until(taken.clone(), tallies.clone(), number));
        }
        while senders.join_next().await.is_some() {}
        let took = began.elapsed();
        let mut all = Tally::new();
        tallies.iter().for_each(|tally| all.merge(&mut lock(tally)));
        let done = if self.no_reply { all.sent - all.failed } else { all.received };
        all.measured(done, took)
    }

    async fn send_until(self, taken: Arc<AtomicU64>, tallies: Arc<[Mutex<Tally>]>, number: u32) {
        let Some(tally) = tallies.get(number as usize % tallies.len()) else { return };
        let mut sent = 0_u64;
        while taken.fetch_add(1, Ordering::Relaxed) < self.count {
            let began = Instant::now();
            let outcome = self.send_one().await;
            lock(tally).add(outcome, began.elapsed());
            sent += 1;
            if sent.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Whether there is an answer now.
    async fn send_one(&self) -> Result<bool, RequestError> {
        if self.no_reply {
            self.app.send(&self.route, &self.payload[..]).await?;
            return Ok(false);
        }
        self.app.request(self.route.clone(), self.payload.clone(), self.timeout).await?;
        Ok(true)
    }
}

/// What became of some senders' messages.
struct Tally {
    sent: u64,
    received: u64,
    failed: u64,
    timeouts: u64,
    times: Histogram,
    first_failure: Option<String>,
}

impl Tally {
    fn new() -> Self {
        let times = Histogram::new();
        Self { sent: 0, received: 0, failed: 0, timeouts: 0, times, first_failure: None }
    }

    fn add(&mut self, outcome: Result<bool, RequestError>, took: Duration) {
        self.sent += 1;
        match outcome {
            Ok(false) => {}
            Ok(true) => {
                self.received += 1;
                self.times.add(took);
            }
            Err(RequestError::Timeout) => self.timeouts += 1,
            Err(why) => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| why.to_string());
            }
        }
    }

    fn merge(&mut self, other: &mut Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.failed += other.failed;
        self.timeouts += other.timeouts;
        self.times.merge(&other.times);
        self.first_failure = self.first_failure.take().or(other.first_failure.take());
    }

    fn measured(self, done: u64, took: Duration) -> Measured {
        #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 messages")]
        let per_second = done as f64 / took.as_secs_f64().max(1e-9);
        Measured {
            sent: self.sent,
            received: self.received,
            failed: self.failed,
            timeouts: self.timeouts,
            p50_us: rounded(self.times.percentile_us(50)),
            p99_us: rounded(self.times.percentile_us(99)),
            per_second: per_second.round(),
            first_failure: self.first_failure,
        }
    }
}

/// To hundredths: more digits than were measured only look exact.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
