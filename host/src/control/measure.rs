//! Many messages along one route, from inside the node: what came of them, and how long
//! it took.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::Either;
use futures_util::stream::{FuturesUnordered, Stream};
use skep_protocol::Route;

use crate::control::Measured;
use crate::control::histogram::Histogram;
use crate::executor::in_one_go;
use crate::native::App;
use crate::router::RequestError;
use crate::sync::{Mutex, lock};

/// After so many in a row that brought nothing, or as many as may be outstanding, there is nothing
/// to measure: where a link cannot be opened, each takes as long as the next try.
const IN_VAIN: u64 = 64;

/// After so many messages a sender lets others have its thread.
const SLICE: u64 = 64;

/// What is sent, how often, and how.
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
    ///
    /// All senders are of one task: answers that come together wake it once, and what is sent
    /// then leaves together.
    pub(super) async fn run(self) -> Measured {
        let tally = Mutex::new(Tally::new(self.count, IN_VAIN.max(self.outstanding.into())));
        let mut senders: FuturesUnordered<_> =
            (0..self.outstanding).map(|_| Either::Left(self.send_until(&tally))).collect();
        // Once all of them were polled it has the task polled again, in vain.
        senders.push(Either::Right(pending()));
        let (mut left, began) = (self.outstanding, Instant::now());
        poll_fn(|context| {
            in_one_go(|| {
                while left > 0 && ready!(Pin::new(&mut senders).poll_next(context)).is_some() {
                    left -= 1;
                }
                Poll::Ready(())
            })
        })
        .await;
        lock(&tally).measured(self.no_reply, began.elapsed())
    }

    async fn send_until(&self, tally: &Mutex<Tally>) {
        let (mut sent, mut began) = (0_u64, Instant::now());
        while lock(tally).begins() {
            let outcome = self.send_one().await;
            // The end of one is the beginning of the next: to read a clock takes time.
            let now = Instant::now();
            lock(tally).add(outcome, now.duration_since(began));
            (sent, began) = (sent + 1, now);
            if sent.is_multiple_of(SLICE) {
                tokio::task::yield_now().await;
                began = Instant::now();
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

/// What became of the messages.
struct Tally {
    begun: u64,
    /// How many are to be sent.
    count: u64,
    /// Those that were sent in vain since one was not, and after how many no more are.
    in_vain: u64,
    most_in_vain: u64,
    sent: u64,
    received: u64,
    failed: u64,
    timeouts: u64,
    times: Histogram,
    first_failure: Option<String>,
}

impl Tally {
    fn new(count: u64, most_in_vain: u64) -> Self {
        Self {
            begun: 0,
            count,
            in_vain: 0,
            most_in_vain,
            sent: 0,
            received: 0,
            failed: 0,
            timeouts: 0,
            times: Histogram::new(),
            first_failure: None,
        }
    }

    /// Whether there is one more to send.
    fn begins(&mut self) -> bool {
        let begins = self.begun < self.count && self.in_vain < self.most_in_vain;
        self.begun += u64::from(begins);
        begins
    }

    fn add(&mut self, outcome: Result<bool, RequestError>, took: Duration) {
        self.sent += 1;
        self.in_vain = match &outcome {
            Ok(_) => 0,
            // Refused at once: that takes no time.
            Err(RequestError::Send(_)) => self.in_vain,
            Err(_) => self.in_vain + 1,
        };
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

    fn measured(&mut self, no_reply: bool, took: Duration) -> Measured {
        let done = if no_reply { self.sent - self.failed } else { self.received };
        #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 messages")]
        let per_second = done as f64 / took.as_secs_f64().max(1e-9);
        Measured {
            sent: self.sent,
            received: self.received,
            failed: self.failed,
            timeouts: self.timeouts,
            p50_us: self.times.percentile_us(50).map(rounded),
            p99_us: self.times.percentile_us(99).map(rounded),
            per_second: per_second.round(),
            first_failure: self.first_failure.take(),
        }
    }
}

/// To hundredths: more digits than were measured only look exact.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
