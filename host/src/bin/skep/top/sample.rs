//! How the workers are, and what they did since the sample before. Of all of them two
//! numbers are kept; the rest of a worker only while it is among the first.

use std::collections::HashMap;
use std::time::{Instant, SystemTime};

use serde::Serialize;
use skep::control::{Client, ClientError, MailboxInfo, NodeInfo, Pages, WorkerInfo, time};

use super::order::Order;

/// The workers at one time.
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    /// When, in UTC.
    pub(super) time: String,
    /// How many there are.
    pub(super) workers: usize,
    /// How many of them handle a message, or begin.
    pub(super) running: usize,
    /// How many of them take no messages.
    pub(super) parked: usize,
    /// Messages that all of them handled in a second.
    pub(super) per_second: f64,
    pub(super) memory_bytes: usize,
    pub(super) memory_most: usize,
    pub(super) dead_letters: usize,
    /// How many have no row.
    pub(super) more: usize,
    /// Those that come first.
    pub(super) rows: Vec<Row>,
}

/// A worker.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) address: String,
    pub(super) generation: u32,
    pub(super) state: String,
    pub(super) per_second: f64,
    pub(super) handled: u64,
    pub(super) failed: u64,
    pub(super) restarts: u64,
    pub(super) mailbox: MailboxInfo,
    pub(super) memory_bytes: usize,
    pub(super) fuel: u64,
    pub(super) fuel_per_second: f64,
}

/// What is kept of each worker until the next sample.
#[derive(Clone, Copy, Debug)]
struct Counts {
    handled: u64,
    fuel: u64,
}

pub(super) struct Sampler<'a> {
    client: &'a Client,
    before: HashMap<String, Counts>,
    taken: Option<Instant>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, before: HashMap::new(), taken: None }
    }

    /// Look, and keep the rows of the first `most`.
    pub(super) async fn take(&mut self, order: Order, most: usize) -> Result<Sample, ClientError> {
        let node = self.client.node().await?;
        let mut pages = Pages::new(self.client, false);
        let now = Instant::now();
        let seconds = self.taken.map(|before| (now - before).as_secs_f64());
        let mut counts = HashMap::with_capacity(self.before.len());
        let mut sample = Sample::of(&node);
        while let Some(page) = pages.next().await? {
            for worker in page {
                let now = Counts { handled: worker.handled, fuel: worker.fuel };
                let before = self.before.get(&worker.address).copied().unwrap_or(now);
                counts.insert(worker.address.clone(), now);
                sample.add(worker, before, seconds);
            }
            sample.cut(order, most);
        }
        sample.more = sample.workers - sample.rows.len();
        (self.before, self.taken) = (counts, Some(now));
        Ok(sample)
    }
}

impl Sample {
    fn of(node: &NodeInfo) -> Self {
        Self {
            time: time::full(SystemTime::now()),
            workers: 0,
            running: 0,
            parked: 0,
            per_second: 0.0,
            memory_bytes: node.memory_bytes,
            memory_most: node.memory_most,
            dead_letters: node.dead_letters,
            more: 0,
            rows: Vec::new(),
        }
    }

    fn add(&mut self, worker: WorkerInfo, before: Counts, seconds: Option<f64>) {
        let per_second = |now: u64, before: u64| {
            #[expect(clippy::cast_precision_loss, reason = "shown to a few digits")]
            let done = now.saturating_sub(before) as f64;
            seconds.filter(|seconds| *seconds > 0.0).map_or(0.0, |seconds| done / seconds)
        };
        let row = Row {
            per_second: per_second(worker.handled, before.handled),
            fuel_per_second: per_second(worker.fuel, before.fuel),
            address: worker.address,
            generation: worker.generation,
            state: worker.state,
            handled: worker.handled,
            failed: worker.failed,
            restarts: worker.restarts,
            mailbox: worker.mailbox,
            memory_bytes: worker.memory_bytes,
            fuel: worker.fuel,
        };
        self.workers += 1;
        self.running += usize::from(matches!(row.state.as_str(), "running" | "starting"));
        self.parked += usize::from(row.state == "parked");
        self.per_second += row.per_second;
        self.rows.push(row);
    }

    fn cut(&mut self, order: Order, most: usize) {
        self.rows.sort_by(|a, b| order.compare(a, b));
        self.rows.truncate(most);
    }
}
